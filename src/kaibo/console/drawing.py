"""
What stands on a page by the hundred, drawn without a template each: gates, clocks, and the rows of a list.

A template node costs some 20 microseconds; the 400 cells of a list drawn by nodes cost more than everything else on its page.
Everything said goes through `conditional_escape`, as in a template.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.template.defaultfilters import date as written_date
from django.utils.formats import localize
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import template_localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from kaibo.console import words
from kaibo.kit.clock import in_shanghai
from kaibo.plumbing.tables.tables import DrawnCell, TablePage

SOON_MINUTES = 180
PILL_SIGNS = {"ok": "✓", "warn": "!", "bad": "✕", "live": "●", "note": ""}
GATE_SIGNS = {"ok": "✓", "run": "…", "red": "!", "none": "·"}


def pill(label: Any, state: str = "") -> SafeString:
    """This function will draw a status pill: state is ok, warn, bad, live, note or empty."""
    sign = PILL_SIGNS.get(state, "")
    seen = f'<span aria-hidden="true">{sign}</span>' if sign else ""
    return mark_safe(f'<span class="pill {conditional_escape(state)}">{seen}{conditional_escape(label)}</span>')  # noqa: S308  every part is escaped


def gate(finding: Any, *, label: Any = "") -> SafeString:
    """This function will draw a gate's small sign; its title says the state and the reason in words."""
    state = words.attribute_of(finding, "state") or "none"
    said = {
        "ok": pgettext("gate", "通过"), "run": pgettext("gate", "进行中"), "red": pgettext("gate", "未通过"), "none": pgettext("gate", "未开始"),
    }[state]  # fmt: skip
    reason, href = words.attribute_of(finding, "reason") or "", words.attribute_of(finding, "href") or ""
    title = f"{label} · {said}" if label else said
    return format_html(
        '<{} title="{}"><span aria-hidden="true">{}</span><span class="visually-hidden">{} {} {}</span></{}>',
        format_html('a class="gate {}" href="{}"', state, href) if href else format_html('span class="gate {}"', state),
        f"{title}：{reason}" if reason else title, GATE_SIGNS[state], label, said, reason, "a" if href else "span",
    )  # fmt: skip


def clock(due_at: datetime | None, *, now: datetime | None = None, done: bool = False, soon_minutes: int = SOON_MINUTES) -> SafeString:
    """
    This function will draw a deadline that counts down by itself: `剩 2 小时 05 分`, `超 40 分`.

    With `now` the words are right before any script ran. Fewer than `soon_minutes` left is shown as soon.
    """
    if due_at is None:
        return SafeString("")
    left_seconds = int((due_at - now).total_seconds()) if now else None
    state = "done" if done else _clock_state(left_seconds, soon_minutes)
    said = _("已完成") if done else words.clock_words(left_seconds) or words.when(due_at)
    moment = in_shanghai(due_at).isoformat()
    sign = '<span aria-hidden="true">✓</span>' if done else '<span aria-hidden="true">!</span>' if state == "late" else ""
    counting = "" if done else f' data-due="{moment}" data-soon-minutes="{int(soon_minutes)}"'
    return mark_safe(  # noqa: S308  moments and numbers of our own, and escaped words
        f'<time class="clock" datetime="{moment}" data-state="{state}"{counting} title="{words.when(due_at, "full")}">'
        f'{sign}<span class="words num">{conditional_escape(said)}</span></time>'
    )


def _clock_state(left_seconds: int | None, soon_minutes: int) -> str:
    if left_seconds is None:
        return ""
    if left_seconds < 0:
        return "late"
    return "soon" if left_seconds < soon_minutes * 60 else ""


def table_rows(table: TablePage, now: datetime | None) -> SafeString:
    """This function will draw the rows of a list (plumbing.tables), one `<tr>` each."""
    picks = bool(table.table.bulk)
    pick_label = conditional_escape(_("选中这一行")) if picks else ""
    starts: dict[int, str] = {}
    drawn = []
    for row, cells in table.rows:
        drawn.append("<tr>")
        if picks:
            value = conditional_escape(row.id)
            drawn.append(f'<td class="pick"><input type="checkbox" name="ids" value="{value}" aria-label="{pick_label}"></td>')
        for place, cell in enumerate(cells):
            start = starts.get(place)
            if start is None:
                lead = " lead" if cell.kind == "lead" else ""
                start = starts[place] = f'<td class="{conditional_escape(cell.css)}{lead}" data-label="{conditional_escape(cell.label)}">'
            drawn += (start, _cell(cell, now), "</td>")
        drawn.append("</tr>")
    return mark_safe("".join(drawn))  # noqa: S308  every part is escaped


def _cell(cell: DrawnCell, now: datetime | None) -> str:
    if cell.kind == "clock":
        shown = str(clock(cell.value, now=now))
    elif cell.kind == "pill":
        shown = "" if cell.value is None or cell.value == "" else _linked(cell, str(pill(cell.value, cell.state)))
    else:
        shown = _linked(cell, _WRITTEN.get(cell.kind, _text)(cell.value))
    return f"{shown}<small>{conditional_escape(cell.note)}</small>" if cell.note else shown


def _linked(cell: DrawnCell, shown: str) -> str:
    if not cell.href:
        return shown
    marked = ' class="row-link"' if cell.kind == "lead" else ""
    return f'<a href="{conditional_escape(cell.href)}"{marked}>{shown}</a>'


def _text(value: Any) -> str:
    """This function will write any value as a template would: dashes for nothing, the place's way for numbers and moments."""
    if value is None:
        return "—"
    if isinstance(value, str):
        return conditional_escape(value)
    return conditional_escape(localize(template_localtime(value)))


def _when(value: Any) -> str:
    return f'<span class="num">{words.when(value)}</span>'


def _day(value: Any) -> str:
    return conditional_escape(written_date(value, "m-d") or "—")


_WRITTEN: Mapping[str, Callable[[Any], str]] = {
    "money": lambda value: conditional_escape(words.yuan(value)),
    "rate": lambda value: conditional_escape(words.bp(value)),
    "count": lambda value: conditional_escape(words.count(value)),
    "when": _when,
    "day": _day,
}
