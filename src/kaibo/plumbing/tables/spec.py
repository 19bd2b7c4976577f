"""What a stage says about a list: its columns, its filters, its order. No database here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from kaibo.plumbing.tables.manifest import EXPORT

NUMBERS = frozenset({"money", "count", "rate"})


@dataclass(frozen=True, slots=True)
class Column:
    """
    A column of a list.

    `kind` says how values are written: text, money (fen), count, rate (bp), when, day, pill (a `Cell` with its state),
    clock (a deadline), lead (the row's name and link). `sort` names the model field to order by; empty = not sortable.
    `personal` columns never leave the house through a list's export.
    """

    key: str
    title: Any
    sort: str = ""
    kind: str = "text"
    align: str = ""
    export: bool = True
    personal: bool = False

    @property
    def css(self) -> str:
        if self.align == "center":
            return "center"
        return "number" if self.align == "right" or self.kind in NUMBERS else ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A value with what stands around it: a link, a small line beneath, a state (ok, warn, bad, live, note) for pills."""

    value: Any
    href: str = ""
    note: Any = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `cells` maps column keys to plain values or `Cell`s; `href` opens it (the lead column carries the link)."""

    id: Any
    cells: Mapping[str, Any]
    href: str = ""


RowOf = Callable[[Any], Row]
Ahead = Callable[[Sequence[Any]], object]
"""What asks for many rows at once what each of them needs."""
Options = Iterable[tuple[str, Any]] | Callable[[HttpRequest], Iterable[tuple[str, Any]]]


@dataclass(frozen=True, slots=True)
class Search:
    """
    A text field over `lookups`, any of which may match, e.g. `("order_no__startswith", "buyer_code")`.

    At 100,000 rows only exact and prefix lookups on an index stay fast; `__icontains` is for small tables.
    """

    lookups: tuple[str, ...]
    placeholder: Any = ""
    key: str = "q"

    def narrow(self, queryset: QuerySet[Any], words: str) -> QuerySet[Any]:
        wanted = Q()
        for lookup in self.lookups:
            wanted |= Q(**{lookup: words})
        return queryset.filter(wanted)


@dataclass(frozen=True, slots=True)
class Choice:
    """
    One of some values of `lookup`. `options` are pairs (value, words) or a function of the request that gives them.

    `as_chips` shows them above the table, `counted` with how many rows each has (one more query, whatever the options).
    """

    key: str
    title: Any
    options: Options
    lookup: str = ""
    as_chips: bool = False
    counted: bool = False

    def options_for(self, request: HttpRequest) -> list[tuple[str, Any]]:
        return list(self.options(request) if callable(self.options) else self.options)

    @property
    def field(self) -> str:
        return self.lookup or self.key


@dataclass(frozen=True, slots=True)
class DateRange:
    """Shanghai days from–to over a moment `field`; half open in the database."""

    key: str
    title: Any
    field: str


@dataclass(frozen=True, slots=True)
class Flag:
    """A chip that is on or off. `condition` is a `Q`, or a function of now that gives one."""

    key: str
    title: Any
    condition: Q | Callable[[datetime], Q]
    state: str = ""

    def condition_at(self, now: datetime) -> Q:
        return self.condition if isinstance(self.condition, Q) else self.condition(now)


Filter = Search | Choice | DateRange | Flag


@dataclass(frozen=True, slots=True)
class Bulk:
    """A deed on picked rows: their ids are posted as `ids` to `action`."""

    label: Any
    action: str
    key: str = ""
    is_danger: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A list of the console. `default_sort` is a column key, with `-` for the other way round."""

    key: str
    title: Any
    columns: tuple[Column, ...]
    filters: tuple[Filter, ...] = ()
    default_sort: str = ""
    page_size: int = 50
    unit: Any = ""
    empty_title: Any = ""
    empty_text: Any = ""
    empty_action_label: Any = ""
    empty_action_href: str = ""
    bulk: tuple[Bulk, ...] = ()
    export_ability: str = EXPORT
    extra: Mapping[str, Any] = field(default_factory=dict)

    def column(self, key: str) -> Column | None:
        return next((column for column in self.columns if column.key == key), None)
