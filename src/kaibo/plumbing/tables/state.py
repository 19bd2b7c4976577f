"""The query string is the state of a list: read it, narrow and order by it, and write the links that change it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

from kaibo.kit.clock import business_date, day_bounds
from kaibo.plumbing.tables.spec import Choice, Column, DateRange, Flag, Search, Table

PAGE_SIZES = (20, 50, 100, 200)
DEEPEST_ROW = 1_000_000


@dataclass(frozen=True, slots=True)
class State:
    """What the query string says, with everything that is not valid left out."""

    table: Table
    query: QueryDict
    values: dict[str, str]
    sort: Column | None
    is_descending: bool
    number: int
    size: int

    def href(self, **changes: str) -> str:
        """This function will give the query string with some parameters changed, empty ones dropped, from page 1."""
        query = self.query.copy()
        for name in ("page", *changes):
            query.pop(name, None)
        for name, value in changes.items():
            if value:
                query[name] = value
        return f"?{_without_blanks(query).urlencode()}"

    @property
    def canonical(self) -> str:
        """The query string without page and blanks, as a saved view keeps it."""
        return self.href().removeprefix("?")

    @property
    def is_narrowed(self) -> bool:
        return bool(self.values)


def _without_blanks(query: QueryDict) -> QueryDict:
    kept = QueryDict(mutable=True)
    for name, values in query.lists():
        if filled := [value for value in values if value]:
            kept.setlist(name, filled)
    return kept


def read_state(request: HttpRequest, table: Table) -> State:
    """This function will read a request's query string; what it does not understand it ignores, for links live long."""
    query = request.GET
    values: dict[str, str] = {}
    for one in table.filters:
        values |= _read_filter(request, one, query)
    wanted = query.get("sort") or table.default_sort
    column = table.column(wanted.lstrip("-"))
    if column is None or not column.sort:
        wanted = table.default_sort
        column = table.column(wanted.lstrip("-"))
    size = _whole(query.get("size"), table.page_size)
    return State(
        table=table,
        query=query,
        values=values,
        sort=column,
        is_descending=wanted.startswith("-"),
        number=max(1, _whole(query.get("page"), 1)),
        size=size if size in PAGE_SIZES else table.page_size,
    )


def _read_filter(request: HttpRequest, one: Any, query: QueryDict) -> dict[str, str]:
    if isinstance(one, DateRange):
        ends = {
            f"{one.key}_from": _day(query.get(f"{one.key}_from")),
            f"{one.key}_to": _day(query.get(f"{one.key}_to")),
        }
        return {name: found.isoformat() for name, found in ends.items() if found}
    said = (query.get(one.key) or "").strip().replace("\x00", "")[:100]
    if isinstance(one, Choice) and said not in {value for value, _ in one.options_for(request)}:
        return {}
    if isinstance(one, Flag):
        said = "1" if said == "1" else ""
    return {one.key: said} if said else {}


def narrowed(queryset: QuerySet[Any], state: State, now: datetime, *, but: str = "") -> QuerySet[Any]:
    """This function will apply the filters, all but one of them when its options are counted."""
    for one in state.table.filters:
        if one.key == but:
            continue
        if isinstance(one, DateRange):
            queryset = _within_days(queryset, one, state.values)
        elif one.key in state.values:
            said = state.values[one.key]
            if isinstance(one, Search):
                queryset = one.narrow(queryset, said)
            elif isinstance(one, Flag):
                queryset = queryset.filter(one.condition_at(now))
            else:
                queryset = queryset.filter(**{one.field: said})
    return queryset


def _within_days(queryset: QuerySet[Any], one: DateRange, values: dict[str, str]) -> QuerySet[Any]:
    if first := values.get(f"{one.key}_from"):
        queryset = queryset.filter(**{f"{one.field}__gte": day_bounds(date.fromisoformat(first))[0]})
    if last := values.get(f"{one.key}_to"):
        queryset = queryset.filter(**{f"{one.field}__lt": day_bounds(date.fromisoformat(last))[1]})
    return queryset


def ordered(queryset: QuerySet[Any], state: State) -> QuerySet[Any]:
    """This function will order by the chosen column, then by key, so that pages neither repeat nor skip a row."""
    if state.sort is None:
        return queryset
    sign = "-" if state.is_descending else ""
    return queryset.order_by(*(f"{sign}{name.strip()}" for name in state.sort.sort.split(",")), f"{sign}pk")


def day_presets(now: datetime) -> list[tuple[str, str, str]]:
    """This function will give (key, from, to) of the spans people ask for most."""
    today = business_date(now)
    yesterday = today - timedelta(days=1)
    return [
        ("today", today.isoformat(), today.isoformat()),
        ("yesterday", yesterday.isoformat(), yesterday.isoformat()),
        ("week", (today - timedelta(days=6)).isoformat(), today.isoformat()),
        ("month", (today - timedelta(days=29)).isoformat(), today.isoformat()),
    ]


def _whole(said: str | None, otherwise: int) -> int:
    return int(said) if said and said.isascii() and said.isdecimal() and len(said) < 8 else otherwise


def _day(said: str | None) -> date | None:
    try:
        return date.fromisoformat(said) if said and len(said) == 10 else None
    except ValueError:
        return None
