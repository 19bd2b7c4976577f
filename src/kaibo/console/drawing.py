"""
What stands on a page by the hundred, drawn without a template each: gates, clocks, and the rows of a list.

A template node costs some 20 microseconds; the 400 cells of a list drawn by nodes cost more than everything else on its page.
Everything said goes through `escaped`, as in a template.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.template.defaultfilters import date as written_date
from django.utils.formats import localize
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import template_localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from kaibo.console import words
from kaibo.kit.clock import in_shanghai
from kaibo.plumbing.drawn import diff, escaped, pill
from kaibo.plumbing.listed import named
from kaibo.plumbing.tables.tables import DrawnCell, TablePage

__all__ = ["clock", "diff", "escaped", "gate", "pill", "table_rows"]
SOON_MINUTES = 180
GATE_SIGNS = {"ok": "✓", "run": "…", "red": "!", "none": "·"}


def gate(finding: Any, *, label: Any = "") -> SafeString:
    """This function will draw a gate's small sign; its title says the state and the reason in words."""
    state = words.attribute_of(finding, "state") or "none"
    said = escaped(_gate_words(state))
    reason, href = escaped(words.attribute_of(finding, "reason") or ""), escaped(words.attribute_of(finding, "href") or "")
    name = escaped(label)
    title = f"{name} · {said}" if label else said
    what, where = ("a", f' href="{href}"') if href else ("span", "")
    return mark_safe(  # noqa: S308  every part is escaped
        f'<{what} class="gate {state}"{where} title="{named(title, reason) if reason else title}"><span aria-hidden="true">{GATE_SIGNS[state]}</span>'
        f'<span class="visually-hidden">{name} {said} {reason}</span></{what}>'
    )


def _gate_words(state: str) -> str:
    if state == "ok":
        return pgettext("gate", "通过")
    if state == "run":
        return pgettext("gate", "进行中")
    return pgettext("gate", "未通过") if state == "red" else pgettext("gate", "未开始")


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
        f'{sign}<span class="words num">{escaped(said)}</span></time>'
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
    pick_label = escaped(_("选中这一行")) if picks else ""
    starts: dict[int, str] = {}
    drawn = []
    for row, cells in table.rows:
        drawn.append("<tr>")
        if picks:
            value = escaped(row.id)
            drawn.append(f'<td class="pick"><input type="checkbox" name="ids" value="{value}" aria-label="{pick_label}"></td>')
        for place, cell in enumerate(cells):
            start = starts.get(place)
            if start is None:
                lead = " lead" if cell.kind == "lead" else ""
                start = starts[place] = f'<td class="{escaped(cell.css)}{lead}" data-label="{escaped(cell.label)}">'
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
    return f"{shown}<small>{escaped(cell.note)}</small>" if cell.note else shown


def _linked(cell: DrawnCell, shown: str) -> str:
    if not cell.href:
        return shown
    marked = ' class="row-link"' if cell.kind == "lead" else ""
    return f'<a href="{escaped(cell.href)}"{marked}>{shown}</a>'


def _text(value: Any) -> str:
    """This function will write any value as a template would: dashes for nothing, the place's way for numbers and moments."""
    if value is None:
        return "—"
    if isinstance(value, str):
        return escaped(value)
    return escaped(localize(template_localtime(value)))


def _when(value: Any) -> str:
    return f'<span class="num">{words.when(value)}</span>'


def _day(value: Any) -> str:
    return escaped(written_date(value, "m-d") or "—")


_WRITTEN: Mapping[str, Callable[[Any], str]] = {
    "money": lambda value: escaped(words.yuan(value)),
    "rate": lambda value: escaped(words.bp(value)),
    "count": lambda value: escaped(words.count(value)),
    "when": _when,
    "day": _day,
}
