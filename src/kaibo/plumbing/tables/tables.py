"""
Draw a list: `tables.page(request, TABLE, queryset, row=…)` gives what `{% data_table table %}` shows.

A view needs nothing else: sorting, filters, paging and views are links back to the same address (htmx swaps only the
table), and the Excel export asks the same view for the same rows (`exporting.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.plumbing.tables.models import SavedView
from kaibo.plumbing.tables.spec import (
    Ahead,
    Bulk,
    Cell,
    Choice,
    Column,
    DateRange,
    Flag,
    Row,
    RowOf,
    Search,
    Table,
)
from kaibo.plumbing.tables.state import (
    DEEPEST_ROW,
    PAGE_SIZES,
    State,
    day_presets,
    narrowed,
    ordered,
    read_state,
)

__all__ = ["Bulk", "Cell", "Choice", "Column", "DateRange", "Flag", "Row", "Search", "Table", "TablePage", "page"]


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head: its words, and where a click on it leads."""

    title: Any
    css: str
    href: str
    aria_sort: str


@dataclass(frozen=True, slots=True)
class DrawnCell:
    """A cell ready for the template: `kind` decides the markup, the rest is what it shows."""

    kind: str
    css: str
    label: Any
    value: Any
    href: str
    note: Any
    state: str


@dataclass(frozen=True, slots=True)
class Link:
    label: Any
    href: str
    is_active: bool = False
    count: int | None = None
    state: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """A filter as a form field: kind is search, choice or days."""

    kind: str
    key: str
    title: Any
    value: str
    value_to: str = ""
    options: tuple[tuple[str, Any], ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class SavedLink:
    id: Any
    name: str
    href: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class TablePage:
    """Everything the template of a list draws."""

    table: Table
    heads: tuple[Head, ...]
    rows: tuple[tuple[Row, tuple[DrawnCell, ...]], ...]
    total: int
    first: int
    last: int
    number: int
    pages: int
    fields: tuple[Field, ...]
    hidden: tuple[tuple[str, str], ...]
    chips: tuple[tuple[Any, tuple[Link, ...]], ...]
    active: tuple[Link, ...]
    clear_href: str
    pager: tuple[Link, ...]
    previous_href: str
    next_href: str
    sizes: tuple[Link, ...]
    saved: tuple[SavedLink, ...]
    query: str
    path: str
    exports: tuple[Link, ...]
    is_narrowed: bool

    @property
    def key(self) -> str:
        return self.table.key

    @property
    def dom_id(self) -> str:
        return "table-" + self.table.key.replace(".", "-").replace(":", "-")

    @property
    def is_empty(self) -> bool:
        return self.total == 0


def page(request: HttpRequest, table: Table, queryset: QuerySet[Any], *, row: RowOf, ahead: Ahead | None = None) -> TablePage:
    """
    This function will give one page of a list as the query string asks for it.

    Queries, whatever the number of rows: the page, the person's saved views, and one for each counted choice, from which the
    total follows; a list without one counts its rows. `row` must not ask the database (select_related and annotations are
    the queryset's matter); what neither can say, `ahead` asks once for all rows of the page, before the first is drawn.
    """
    now: datetime = request.now  # type: ignore[attr-defined]
    state = read_state(request, table)
    wanted = narrowed(queryset, state, now)
    counts = {one.key: _counts(queryset, state, one, now) for one in _counted(table)}
    total = _total(wanted, state, counts)
    pages = max(1, -(-total // state.size))
    number = min(state.number, pages, DEEPEST_ROW // state.size)
    offset = (number - 1) * state.size
    sorted_rows = ordered(wanted, state)
    _offer_export(request, table, sorted_rows, row, ahead)
    shown = list(sorted_rows[offset : offset + state.size]) if total else []
    if ahead is not None and shown:
        ahead(shown)
    rows = [row(one) for one in shown]
    chips, active = _chips(request, state, counts), _active(request, state)
    return TablePage(
        table=table,
        heads=tuple(_head(column, state) for column in table.columns),
        rows=tuple((one, tuple(_drawn(column, one) for column in table.columns)) for one in rows),
        total=total,
        first=offset + 1 if total else 0,
        last=offset + len(rows),
        number=number,
        pages=pages,
        fields=tuple(_fields(request, state, now)),
        hidden=tuple(_hidden(state)),
        chips=chips,
        active=active,
        clear_href=state.href(**dict.fromkeys(_filter_names(table), "")),
        pager=tuple(_pager(state, number, pages)),
        previous_href=_to_page(state, number - 1) if number > 1 else "",
        next_href=_to_page(state, number + 1) if number < pages else "",
        sizes=tuple(Link(size, state.href(size=str(size)), size == state.size) for size in PAGE_SIZES),
        saved=_saved(request, state),
        query=state.canonical,
        path=request.path,
        exports=_exports(request, table, state),
        is_narrowed=state.is_narrowed,
    )


def _offer_export(request: HttpRequest, table: Table, queryset: QuerySet[Any], row: RowOf, ahead: Ahead | None) -> None:
    """The export asks this same view for its rows; it finds them on the request."""
    offered = getattr(request, "offered_tables", None)
    if offered is not None:
        offered[table.key] = (table, queryset, row, ahead)


def _head(column: Column, state: State) -> Head:
    if not column.sort:
        return Head(column.title, column.css, "", "")
    is_sorted = state.sort is column
    if is_sorted:
        target = column.key if state.is_descending else f"-{column.key}"
    else:
        target = f"-{column.key}" if column.kind in {"money", "count", "rate", "when"} else column.key
    words = ("descending" if state.is_descending else "ascending") if is_sorted else "none"
    return Head(column.title, column.css, state.href(sort=target), words)


def _drawn(column: Column, row: Row) -> DrawnCell:
    found = row.cells.get(column.key)
    cell = found if isinstance(found, Cell) else Cell(found)
    href = cell.href or (row.href if column.kind == "lead" else "")
    return DrawnCell(column.kind, column.css, column.title, cell.value, href, cell.note, cell.state)


def _fields(request: HttpRequest, state: State, now: datetime) -> Iterator[Field]:
    for one in state.table.filters:
        if isinstance(one, Search):
            yield Field("search", one.key, one.placeholder or _("搜索"), state.values.get(one.key, ""))
        elif isinstance(one, Choice) and not one.as_chips:
            yield Field(
                "choice", one.key, one.title, state.values.get(one.key, ""), options=tuple(one.options_for(request))
            )
        elif isinstance(one, DateRange):
            start, end = f"{one.key}_from", f"{one.key}_to"
            words = {"today": _("今天"), "yesterday": _("昨天"), "week": _("近 7 天"), "month": _("近 30 天")}
            links = tuple(
                Link(
                    words[name],
                    state.href(**{start: first, end: last}),
                    (state.values.get(start), state.values.get(end)) == (first, last),
                )
                for name, first, last in day_presets(now)
            )
            yield Field("days", one.key, one.title, state.values.get(start, ""), state.values.get(end, ""), links=links)


def _filter_names(table: Table) -> list[str]:
    names = []
    for one in table.filters:
        names += [f"{one.key}_from", f"{one.key}_to"] if isinstance(one, DateRange) else [one.key]
    return names


def _hidden(state: State) -> Iterator[tuple[str, str]]:
    """What the filter form must carry along: order, size, chips, and whatever else the page keeps in its address."""
    shown = {
        one.key
        for one in state.table.filters
        if isinstance(one, Search) or (isinstance(one, Choice) and not one.as_chips)
    }
    shown |= {f"{one.key}_{end}" for one in state.table.filters if isinstance(one, DateRange) for end in ("from", "to")}
    for name, values in state.query.lists():
        if name not in shown and name != "page":
            yield from ((name, value) for value in values if value)


def _chips(
    request: HttpRequest, state: State, counted: Mapping[str, Mapping[str, int]]
) -> tuple[tuple[Any, tuple[Link, ...]], ...]:
    groups: list[tuple[Any, tuple[Link, ...]]] = []
    flags = []
    for one in state.table.filters:
        if isinstance(one, Choice) and one.as_chips:
            counts = counted.get(one.key)
            said = state.values.get(one.key, "")
            everything = Link(
                _("全部"), state.href(**{one.key: ""}), not said, sum(counts.values()) if counts is not None else None
            )
            groups.append(
                (
                    one.title,
                    (
                        everything,
                        *(
                            Link(
                                words,
                                state.href(**{one.key: value}),
                                said == value,
                                None if counts is None else counts.get(value, 0),
                            )
                            for value, words in one.options_for(request)
                        ),
                    ),
                )
            )
        elif isinstance(one, Flag):
            is_on = one.key in state.values
            flags.append(Link(one.title, state.href(**{one.key: "" if is_on else "1"}), is_on, state=one.state))
    return (*groups, *([(_("条件"), tuple(flags))] if flags else []))


def _counts(queryset: QuerySet[Any], state: State, one: Choice, now: datetime) -> dict[str, int]:
    """How many rows each value has while the other filters hold; `count(*)`, for it may be read from an index alone."""
    kept = narrowed(queryset, state, now, but=one.key).order_by().values_list(one.field).annotate(rows=Count("*"))
    return {str(value): rows for value, rows in kept}


def _counted(table: Table) -> list[Choice]:
    return [one for one in table.filters if isinstance(one, Choice) and one.as_chips and one.counted]


def _total(wanted: QuerySet[Any], state: State, counts: Mapping[str, Mapping[str, int]]) -> int:
    """Each row has one value of a counted choice, so its counts add up to the list: no need to count the rows again."""
    for key, found in counts.items():
        said = state.values.get(key)
        return found.get(said, 0) if said else sum(found.values())
    return wanted.count()


def _active(request: HttpRequest, state: State) -> tuple[Link, ...]:
    """The filters that are on, each with the link that takes it off."""
    links: list[Link] = []
    for one in state.table.filters:
        if isinstance(one, DateRange):
            first, last = (state.values.get(f"{one.key}_{end}", "") for end in ("from", "to"))
            if first or last:
                span = first if first == last else f"{first or '…'} – {last or '…'}"
                links.append(Link(f"{one.title}：{span}", state.href(**{f"{one.key}_from": "", f"{one.key}_to": ""})))
        elif one.key in state.values and not isinstance(one, Flag) and not (isinstance(one, Choice) and one.as_chips):
            said = state.values[one.key]
            words = dict(one.options_for(request)).get(said, said) if isinstance(one, Choice) else f"“{said}”"
            title = one.title if isinstance(one, Choice) else _("搜索")
            links.append(Link(f"{title}：{words}", state.href(**{one.key: ""})))
    return tuple(links)


def _to_page(state: State, number: int) -> str:
    there = state.href()
    return f"{there}{'&' if len(there) > 1 else ''}page={number}"


def _pager(state: State, number: int, pages: int) -> Iterator[Link]:
    if pages < 2:
        return
    shown = sorted({1, pages, *(one for one in range(number - 2, number + 3) if 1 <= one <= pages)})
    before = 0
    for one in shown:
        if one - before > 1:
            yield Link("…", "")
        yield Link(one, _to_page(state, one), one == number)
        before = one


def _saved(request: HttpRequest, state: State) -> tuple[SavedLink, ...]:
    person_id = request.actor.person_id  # type: ignore[attr-defined]
    if person_id is None:
        return ()
    views = SavedView.objects.filter(person_id=person_id, table=state.table.key).order_by("name")
    return tuple(SavedLink(view.pk, view.name, f"?{view.query}", view.query == state.canonical) for view in views)


def _exports(request: HttpRequest, table: Table, state: State) -> tuple[Link, ...]:
    if not request.actor.can(table.export_ability):  # type: ignore[attr-defined]
        return ()
    list_ = f"{request.path}{state.href()}"
    base = reverse("tables:export")
    return tuple(
        Link(words, f"{base}?{urlencode({'list': list_, 'table': table.key, 'format': kind})}")
        for kind, words in (("xlsx", _("导出 Excel")), ("csv", _("导出 CSV")))
    )
