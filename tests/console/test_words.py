"""How figures, times and lists are written for people."""

from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Template
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from kaibo.console import words
from kaibo.console.threshold_units import NotAThreshold, text_from_value, value_from_text
from kaibo.kit.money import NotMoney

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rate_bp", "written"),
    [(4640, "46.4%"), (300, "3%"), (1234, "12.34%"), (5, "0.05%"), (0, "0%"), (-3800, "−38%"), (-50, "−0.5%"), (1_000_000, "10,000%"), (None, "—")],
)
def test_basis_points_read_as_per_cent_with_the_decimals_they_carry(rate_bp, written):
    assert words.bp(rate_bp) == written


@given(st.integers(-10_000_000, 10_000_000))
def test_per_cent_loses_nothing_of_the_basis_points(rate_bp):
    number = words.bp(rate_bp).rstrip("%").replace(",", "").replace("−", "-")
    assert round(float(number) * 100) == rate_bp


@pytest.mark.parametrize(("fen", "written"), [(59900, "¥599"), (990, "¥9.90"), (-1200, "−¥12"), (0, "¥0"), (None, "—")])
def test_fen_read_as_yuan(fen, written):
    assert words.yuan(fen) == written


@pytest.mark.parametrize(("quantity", "unit", "written"), [(1234, "件", "1,234 件"), (0, "", "0"), (None, "件", "—"), (1.25, "", "1.2")])
def test_quantities_carry_separators_and_their_unit(quantity, unit, written):
    assert words.count(quantity, unit) == written


def test_moments_stand_on_a_shanghai_clock():
    assert words.when(NOW) == "11-22 20:00"
    assert words.when(datetime(2026, 12, 31, 16, 30, tzinfo=UTC), "full") == "2027-01-01 00:30"
    assert words.when(None) == "—"


@pytest.mark.parametrize(
    ("before", "zh", "en"),
    [
        (timedelta(seconds=59), "刚刚", "just now"),
        (timedelta(minutes=3), "3 分钟前", "3 min ago"),
        (timedelta(hours=23, minutes=59), "23 小时前", "23 h ago"),
        (timedelta(days=2), "2 天前", "2 d ago"),
        (-timedelta(hours=2), "2 小时后", "in 2 h"),
    ],
)
def test_distances_in_time_are_said_in_the_largest_unit(before, zh, en):
    with translation.override("zh-hans"):
        assert words.ago(NOW - before, NOW) == zh
    with translation.override("en"):
        assert words.ago(NOW - before, NOW) == en


@pytest.mark.parametrize(
    ("left", "said", "state"),
    [
        (timedelta(hours=41, minutes=20), "剩 1 天 17 小时", ""),
        (timedelta(hours=2, minutes=5), "剩 2 小时 05 分", "soon"),
        (timedelta(hours=3), "剩 3 小时 00 分", ""),
        (timedelta(minutes=29), "剩 29 分", "soon"),
        (-timedelta(minutes=42), "超 42 分", "late"),
        (timedelta(0), "剩 0 分", "soon"),
    ],
)
def test_a_deadline_says_what_is_left_or_over_before_any_script_ran(left, said, state):
    with translation.override("zh-hans"):
        html = Template("{% clock due now=now %}").render(Context({"due": NOW + left, "now": NOW}))
    assert said in html
    assert f'data-state="{state}"' in html


def test_a_red_gate_says_its_state_in_words_and_not_by_colour_alone():
    html = Template("{% gate found label=label %}").render(Context({"found": {"state": "red", "reason": "违禁词 1 处"}, "label": "合规"}))
    assert "未通过" in html
    assert "违禁词 1 处" in html
    assert ">!<" in html


def test_a_quote_from_outside_cannot_bring_markup_into_the_page():
    html = Template("{% evidence items %}{% pill label %}").render(
        Context({"items": [{"quote": "<script>alert(1)</script>", "source": "<b>x</b>", "href": "", "weight": ""}], "label": "<i>y</i>"})
    )
    assert "<script>" not in html and "<b>x" not in html and "<i>" not in html


@given(st.sampled_from(["bp", "fen", "count", "minutes", "days"]), st.integers(0, 10_000_000))
def test_a_threshold_reads_back_as_it_was_written(unit, value):
    assert value_from_text(text_from_value(value, unit=unit), unit=unit) == value


@pytest.mark.parametrize(("text", "unit", "value"), [("30%", "bp", 3000), (" 2.5 ", "bp", 250), ("1,234.5", "fen", 123450), ("1，000", "count", 1000)])
def test_thresholds_are_read_as_people_write_them(text, unit, value):
    assert value_from_text(text, unit=unit) == value


@pytest.mark.parametrize(("text", "unit"), [("-1", "count"), ("2.555", "bp"), ("", "minutes"), ("1e3", "count"), ("三十", "bp"), ("1.5", "days")])
def test_what_is_no_threshold_is_refused(text, unit):
    with pytest.raises(NotAThreshold):
        value_from_text(text, unit=unit)


def test_money_thresholds_keep_the_rules_of_money():
    with pytest.raises(NotMoney):
        value_from_text("1.234", unit="fen")
