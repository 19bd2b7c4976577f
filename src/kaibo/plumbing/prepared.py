"""
Prepared questions: a queryset asked again and again is turned into SQL once, and later only its values are put in.

Django writes the SQL of a queryset anew each time it is asked, which costs more than the database needs to answer: 1 to 3 ms for a
list with its joins. `rows(build, *shape, **slots)` calls `build(*shape, **slots)` the first time only. What stands in `shape` decides
what the SQL says (an actor's rights, a flag): each shape has SQL of its own, so that nobody is answered with another's scope. A slot
is a value that differs from time to time (the moment, an id): `build` gets a `Slot` in its place and may only compare with it, or
add a span to it, or look for a field `__among` its values; anything else fails at once. Nothing of an answer is kept.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Field, ForeignObject, Lookup, QuerySet, Value

from kaibo.plumbing.access.actor import Actor

Written = TypeVar("Written")
MOST_KEPT = 2_000
"""How many shapes are kept: some twenty questions of a hundred people."""


class Slot(Value):
    """The place of a value that is put in when the question is asked; a span may be added to a moment's place."""

    def __init__(self, name: str, plus: timedelta | None = None) -> None:
        super().__init__(None)
        self.name, self.plus = name, plus

    def __repr__(self) -> str:
        return f"Slot({self.name}, plus={self.plus})"

    @property
    def identity(self) -> tuple[Any, ...]:
        """What Django compares expressions by; `Value` would see the same None in every slot."""
        return (type(self), self.name, self.plus)

    def __add__(self, span: timedelta) -> Slot:  # type: ignore[override]  # a moment's, not a column's
        return Slot(self.name, (self.plus or timedelta()) + span)

    def __sub__(self, span: timedelta) -> Slot:  # type: ignore[override]
        return self + -span

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        return "%s", [self]

    def put_in(self, given: Mapping[str, Any]) -> Any:
        value = given[self.name]
        return value if self.plus is None else value + self.plus


@ForeignObject.register_lookup  # a foreign key knows only the lookups of its own kind
@Field.register_lookup
class Among(Lookup):
    """
    `field__among=slot`: like `__in`, but for a slot, whose list may be of any length each time.

    It narrows what is asked for: with an empty list nothing is found and nothing asked, so it must not stand in an `exclude` or an `|`.
    """

    lookup_name = "among"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} = ANY({right})", [*left_params, *right_params]


def with_values(params: tuple[Any, ...], given: Mapping[str, Any]) -> tuple[Any, ...]:
    """This function will put the values into their places."""
    return tuple(one.put_in(given) if isinstance(one, Slot) else one for one in params)


class _Question:
    """A queryset with its SQL."""

    def __init__(self, queryset: QuerySet[Any]) -> None:
        self.queryset = queryset
        self.compiler = queryset.query.get_compiler(queryset.db)
        try:
            self.sql, self.params = self.compiler.as_sql()
        except EmptyResultSet:
            self.sql, self.params = "", ()

    def rows(self, given: Mapping[str, Any]) -> list[Any]:
        if not self.sql or any(isinstance(one, list) and not one for one in given.values()):
            return []
        asked = self.queryset.all()
        asked.query.get_compiler = lambda *_args, **_named: self._answering(given)  # type: ignore[method-assign]
        return list(asked)

    def _answering(self, given: Mapping[str, Any]) -> Any:
        """A compiler for the connection at hand that has its SQL already; the shared one is never changed, so threads may ask at once."""
        compiler = copy.copy(self.compiler)
        compiler.connection = connection
        compiler.as_sql = lambda *_args, **_named: (self.sql, with_values(self.params, given))  # type: ignore[method-assign]
        return compiler


def rows(build: Callable[..., QuerySet[Any]], *shape: Any, **given: Any) -> list[Any]:
    """This function will give the rows of `build(*shape, **slots)`, as the queryset itself would."""
    return question(_question, build, *shape, slots=tuple(given)).rows(given)


def count(build: Callable[..., QuerySet[Any]], *shape: Any, **given: Any) -> int:
    """This function will count the rows of `build(*shape, **slots)`."""
    return counts(_one_list, build, *shape, **given).get("", 0)


def counts(build: Callable[..., Iterable[tuple[str, QuerySet[Any]]]], *shape: Any, **given: Any) -> dict[str, int]:
    """
    This function will count several lists in one statement: `build(*shape, **slots)` names each; those with the same name are added up.

    Each list is counted by itself, so that each is read from its own index.
    """
    asked = question(_counting, build, *shape, slots=tuple(given))
    if not asked.names:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(asked.sql, with_values(asked.params, given))
        row = cursor.fetchone()
    found: dict[str, int] = {}
    for name, counted in zip(asked.names, row, strict=True):
        found[name] = found.get(name, 0) + counted
    return found


@dataclass(frozen=True, slots=True)
class _Counting:
    """Counts as one statement; the n-th count belongs to the n-th name."""

    names: tuple[str, ...]
    sql: str
    params: tuple[Any, ...]


def _one_list(build: Callable[..., QuerySet[Any]], *shape: Any, **slots: Slot) -> list[tuple[str, QuerySet[Any]]]:
    return [("", build(*shape, **slots))]


def _counting(build: Callable[..., Iterable[tuple[str, QuerySet[Any]]]], *shape: Any, **slots: Slot) -> _Counting:
    names: list[str] = []
    parts: list[str] = []
    values: list[Any] = []
    for name, rows_of_it in build(*shape, **slots):
        try:
            sql, params = _bare(rows_of_it).query.sql_with_params()
        except EmptyResultSet:
            continue
        names.append(name)
        parts.append(f'(SELECT count(*) FROM ({sql}) AS "counted")')
        values += params
    return _Counting(tuple(names), f"SELECT {', '.join(parts)}", tuple(values))  # the ORM wrote every part; values stand apart


def _bare(rows_of_it: QuerySet[Any]) -> QuerySet[Any]:
    """No more than what is counted: a cut list keeps its cut, and any order is as good as another."""
    return rows_of_it if rows_of_it.query.is_sliced else rows_of_it.order_by().values("pk")


def _question(build: Callable[..., QuerySet[Any]], *shape: Any, **slots: Slot) -> _Question:
    return _Question(build(*shape, **slots))


def question(write: Callable[..., Written], *shape: Any, slots: tuple[str, ...]) -> Written:
    """This function will give what `write(*shape, **slots)` made of a shape the first time; it holds no answers."""
    kept: Written = _kept(write, tuple(one.scope if isinstance(one, Actor) else one for one in shape), _Beside(shape), slots)
    return kept


class _Beside:
    """The shape itself, beside the key it is kept under: handed on, never compared."""

    __slots__ = ("shape",)

    def __init__(self, shape: tuple[Any, ...]) -> None:
        self.shape = shape

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Beside)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=MOST_KEPT)
def _kept(write: Callable[..., Any], _key: tuple[Hashable, ...], beside: _Beside, slots: tuple[str, ...]) -> Any:
    return write(*beside.shape, **{name: Slot(name) for name in slots})
