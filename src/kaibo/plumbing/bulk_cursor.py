"""A cursor for statements over thousands of rows: psycopg's compiled loaders, and lists of ids written in one go."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg.abc import Buffer, DumperKey
from psycopg.adapt import Dumper, PyFormat
from psycopg.types.array import ListDumper
from psycopg.types.datetime import TimestamptzLoader

_IDS = re.compile(r"[0-9a-f,-]*")
"""Ids as texts; other words need quoting, and some of them (`null`) mean something in an array."""


class IdsDumper(ListDumper):
    """Writes lists of nothing but whole numbers, UUIDs or their texts as one literal; every other list as psycopg does."""

    def get_key(self, obj: Any, format: PyFormat) -> DumperKey:
        return (list,) if _literal(obj) is not None else super().get_key(obj, format)

    def upgrade(self, obj: Any, format: PyFormat) -> Dumper:
        return self if _literal(obj) is not None else super().upgrade(obj, format)

    def quote(self, obj: Any) -> Buffer:
        literal = _literal(obj)
        return super().quote(obj) if literal is None else b"'{" + literal.encode() + b"}'"


def _literal(values: Sequence[Any]) -> str | None:
    kinds = set(map(type, values))
    if kinds == {int}:
        return ",".join(map(str, values))
    if kinds == {UUID}:
        return ",".join([f"{value.int:032x}" for value in values])
    if kinds == {str} and "" not in values and _IDS.fullmatch(joined := ",".join(values)) and joined.count(",") == len(values) - 1:
        return joined
    return None


@contextmanager
def bulk_cursor() -> Iterator[CursorWrapper]:
    """
    This function will open a cursor of Django's connection that reads times and writes lists without Python's help a value.

    Times come in UTC, as always; lists that need a type are cast in the statement (`%s::uuid[]`) or compared with a column.
    """
    with connection.cursor() as cursor:
        cursor.cursor.adapters.register_loader("timestamptz", TimestamptzLoader)
        cursor.cursor.adapters.register_dumper(list, IdsDumper)
        yield cursor
