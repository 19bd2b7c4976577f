"""What is drawn without a template says the same as one would: escaped, with words beside colour, dashes for nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.template import Context, Template

from kaibo.console import drawing
from kaibo.kit.clock import in_shanghai
from kaibo.plumbing.tables.tables import DrawnCell, Row
from kaibo.plumbing.wiring import Finding

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOSTILE = '"><script>alert(1)</script>'


def row_of(*cells: DrawnCell, bulk: tuple[object, ...] = ()) -> str:
    table = SimpleNamespace(table=SimpleNamespace(bulk=bulk), rows=((Row("id-1", {}), cells),))
    return str(drawing.table_rows(table, NOW))  # type: ignore[arg-type]


def cell(kind: str, value: object, *, href: str = "", note: object = "", state: str = "") -> DrawnCell:
    return DrawnCell(kind, "number" if kind in {"money", "count", "rate"} else "", "列", value, href, note, state)


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("text", "驼色 & 黑色", "驼色 &amp; 黑色"),
        ("text", None, "—"),
        ("text", 0, "0"),
        ("text", 12_345, "12345"),
        ("money", 59_900, "¥599"),
        ("money", None, "—"),
        ("count", 12_345, "12,345"),
        ("rate", 4_640, "46.4%"),
        ("when", NOW, '<span class="num">11-22 20:00</span>'),
        ("when", None, '<span class="num">—</span>'),
        ("day", NOW.date(), "11-22"),
        ("day", None, "—"),
        ("pill", "", ""),
        ("pill", "待发货", '<span class="pill ">待发货</span>'),
        ("clock", None, ""),
    ],
)
def test_a_cell_is_written_by_its_kind(kind, value, shown):
    css = "number" if kind in {"money", "count", "rate"} else ""
    assert row_of(cell(kind, value)) == f'<tr><td class="{css}" data-label="列">{shown}</td></tr>'


def test_the_lead_carries_the_link_of_the_row_and_a_note_stands_beneath():
    drawn = row_of(cell("lead", "69…17", href="/orders/1", note="抖店"))
    assert drawn == '<tr><td class=" lead" data-label="列"><a href="/orders/1" class="row-link">69…17</a><small>抖店</small></td></tr>'


def test_rows_can_be_picked_where_there_are_deeds_for_many():
    assert 'name="ids" value="id-1"' in row_of(cell("text", "甲"), bulk=(object(),))
    assert "checkbox" not in row_of(cell("text", "甲"))


@pytest.mark.parametrize("kind", ["text", "lead", "pill", "count"])
def test_nothing_in_a_cell_is_taken_for_markup(kind):
    drawn = row_of(cell(kind, HOSTILE, href=HOSTILE, note=HOSTILE, state=HOSTILE))
    assert "<script" not in drawn and '""' not in drawn.replace('class=""', "")


def test_a_gate_says_its_state_and_reason_in_words_and_links_where_it_can():
    drawn = str(drawing.gate(Finding("red", f"违禁词{HOSTILE}", href="/c?a=1&b=2"), label="合规"))
    assert drawn.startswith('<a class="gate red" href="/c?a=1&amp;b=2" title="合规 · 未通过：违禁词&quot;&gt;&lt;script')
    assert "<script" not in drawn and drawn.endswith("</a>")
    assert str(drawing.gate(None)) == '<span class="gate none" title="未开始"><span aria-hidden="true">·</span><span class="visually-hidden"> 未开始 </span></span>'


@pytest.mark.parametrize(
    ("left", "state", "words"),
    [(timedelta(minutes=-42), "late", "超 42 分"), (timedelta(minutes=96), "soon", "剩 1 小时 36 分"), (timedelta(days=6), "", "剩 6 天 0 小时")],
)
def test_a_clock_is_right_before_any_script_ran(left, state, words):
    drawn = str(drawing.clock(NOW + left, now=NOW))
    assert f'data-state="{state}"' in drawn and f'<span class="words num">{words}</span>' in drawn
    assert f'data-due="{in_shanghai(NOW + left).isoformat()}"' in drawn


def test_a_clock_that_is_done_does_not_count():
    drawn = str(drawing.clock(NOW, now=NOW, done=True))
    assert "data-due" not in drawn and "已完成" in drawn


def test_templates_speak_them_as_before():
    said = Template('{% gate found label="合规" %}{% pill "红灯" "bad" %}{% clock due now=now %}').render(Context({"found": Finding("ok"), "due": NOW, "now": NOW}))
    assert 'class="gate ok"' in said and 'class="pill bad"' in said and 'class="clock"' in said


@pytest.mark.parametrize(
    ("given", "named", "shown"),
    [
        (("驼", "驼色"), {}, '<del><span class="visually-hidden">现在：</span>驼</del><span aria-hidden="true">→</span><ins><span class="visually-hidden">建议：</span>驼色</ins>'),
        (("驼", ""), {}, '<del><span class="visually-hidden">现在：</span>驼</del>'),
        (("", "驼色"), {"label": "规格"}, '<span class="muted">规格</span><ins><span class="visually-hidden">建议：</span>驼色</ins>'),
        (("", ""), {"confidence": "0.93", "also": 38}, '<span class="confidence">置信 0.93 · 同类 38 处</span>'),
        ((0, ""), {"also": 2}, '<del><span class="visually-hidden">现在：</span>0</del><span class="confidence">同类 2 处</span>'),
    ],
)
def test_a_wrong_value_stands_beside_the_right_one(given, named, shown):
    assert str(drawing.diff(*given, **named)) == f'<span class="diff">{shown}</span>'


def test_a_wrong_value_is_escaped_wherever_it_stands():
    drawn = str(drawing.diff(HOSTILE, HOSTILE, label=HOSTILE, confidence=HOSTILE))
    assert "<script" not in drawn
    assert drawn.count("&quot;&gt;&lt;script&gt;") == 4
