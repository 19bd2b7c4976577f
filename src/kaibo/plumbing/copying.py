"""Writing many new rows of a table at once by COPY: several times cheaper than statements with thousands of values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from itertools import chain, islice, repeat
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection
from django.db.models import AutoField, Field, Model
from psycopg import sql
from psycopg.types.json import Jsonb

from kaibo.kit.ids import new_id, new_ids

ROWS_A_WRITE = 500
"""Rows sent at once: the server reads these while the next are written down."""

_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPED = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_json = msgspec.json.Encoder()


def copy_rows(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """
    This function will insert rows whose values stand in the order of `columns`; the other columns take the model's
    defaults. JSON values are given as `psycopg.types.json.Jsonb`.

    A row the table refuses fails all of them. Raises: IntegrityError and its kin, as statements do.
    """
    # Made before the COPY begins: a row that asks the database while it is made would wait for this very connection for ever.
    ready = list(rows)
    if ready:
        _copy(model, columns, (ready[first : first + ROWS_A_WRITE] for first in range(0, len(ready), ROWS_A_WRITE)))


def copy_while_made(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """
    This function will do the same while the rows are still being made, so that the server writes the first as the last are made.

    A row that asks the database is refused at once, and whatever a row raises costs the caller's transaction (or savepoint).
    Raises: AskedWhileCopying.
    """
    made = iter(rows)
    chunks = iter(lambda: list(islice(made, ROWS_A_WRITE)), [])
    first = next(chunks, None)
    if first is not None:
        with connection.execute_wrapper(_refuse):
            _copy(model, columns, chain([first], chunks))


class AskedWhileCopying(RuntimeError):
    """A row of a COPY asked the connection that is copying it: it would have waited for ever."""


def _refuse(*_: Any) -> None:
    raise AskedWhileCopying


def _copy(model: type[Model], columns: Sequence[str], chunks: Iterable[list[Sequence[Any]]]) -> None:
    rest = [field for field in model._meta.concrete_fields if field.column not in columns and not isinstance(field, AutoField)]
    made = [field for field in rest if callable(field.default) and field.default is not list]  # an empty list is the same each time
    usual = [field for field in rest if field not in made]
    names = [*columns, *(field.column for field in [*made, *usual])]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    ends = "".join(f"\t{_text(field.get_default())}" for field in usual) + "\n"
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        for chunk in chunks:
            copy.write(_lines(chunk, ends, [_made(field, len(chunk)) for field in made]))


def _made(field: Field[Any, Any], count: int) -> Sequence[Any]:
    return new_ids(count) if field.default is new_id else [field.get_default() for _ in range(count)]


def _lines(rows: Sequence[Sequence[Any]], ends: str, made: Sequence[Sequence[Any]] = ()) -> bytes:
    """Written column by column: the values of one are mostly of one type, and the choice of how to write them is made once."""
    columns = map(_column, [*zip(*rows, strict=True), *made])
    return (ends.join(map("\t".join, zip(*columns, strict=True))) + ends).encode()


def _column(values: Sequence[Any]) -> Iterable[str]:
    if values[0] is values[-1] and len(set(map(id, values))) == 1:
        return repeat(_text(values[0]), len(values))
    kinds = set(map(type, values))
    if len(kinds) > 1:
        return map(_text, values)
    kind = kinds.pop()
    if kind is UUID:
        return [f"{value.int:032x}" for value in values]
    if kind is not str and kind is not Jsonb:
        return map(_WRITERS.get(kind, _other), values)
    texts = values if kind is str else [_json.encode(value.obj).decode() for value in values]
    return map(_of_str, texts) if _SPECIAL.search("".join(texts)) else texts


def _text(value: Any) -> str:
    """A value as COPY's text format has it."""
    return _WRITERS.get(type(value), _other)(value)


def _of_str(value: str) -> str:
    return _SPECIAL.sub(_escape, value) if _SPECIAL.search(value) else value


def _escape(match: re.Match[str]) -> str:
    return _ESCAPED[match.group()]


def _of_list(value: Sequence[Any]) -> str:
    """An array; its items are quoted, so that no comma, brace or NULL in them is taken for its own."""
    return _of_str("{" + ",".join(map(_item, value)) + "}") if value else "{}"


def _item(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, list | tuple):
        return "{" + ",".join(map(_item, value)) + "}"
    plain = value if isinstance(value, str) else _text(value)
    return '"' + str(plain).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _of_bytes(value: bytes | bytearray | memoryview) -> str:
    return "\\\\x" + value.hex()


def _of_json(value: Jsonb) -> str:
    return _of_str(_json.encode(value.obj).decode())


_WRITERS: dict[type, Callable[[Any], str]] = {
    str: _of_str, int: int.__repr__, type(None): lambda _: "\\N", bool: lambda value: "t" if value else "f", UUID: lambda value: f"{value.int:032x}",
    float: repr, Decimal: str, datetime: datetime.isoformat, date: date.isoformat, time: time.isoformat, list: _of_list, tuple: _of_list,
    bytes: _of_bytes, bytearray: _of_bytes, memoryview: _of_bytes, Jsonb: _of_json,
}  # fmt: skip


def _other(value: Any) -> str:
    """A word of an enumeration and other kinds of the above; what has no known form is a mistake of the caller."""
    for kind in (str, bool, int):
        if isinstance(value, kind):
            return _WRITERS[kind](str.__str__(value) if kind is str else kind(value))
    raise TypeError(f"COPY has no text for {type(value).__name__}")
