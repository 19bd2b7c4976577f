"""Writing many new rows of a table at once by COPY: several times cheaper than statements with thousands of values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any

from django.db import connection
from django.db.models import AutoField, Field, Model
from psycopg import Copy, sql
from psycopg.types.json import Jsonb

from kaibo.kit.ids import new_id, new_ids
from kaibo.plumbing import copy_text
from kaibo.plumbing.copy_text import of_json, row_texts

ROWS_A_WRITE = 500
"""Rows sent at once: the server reads these while the next are written down."""

copy_text.WRITERS[Jsonb] = lambda value: of_json(value.obj)


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


def copy_half_written(
    model: type[Model], columns: Sequence[str], rest: Sequence[str], rows: Iterable[tuple[Sequence[Any], bytes]]
) -> None:
    """
    This function will do the same for rows of which a part was written down before (`row_texts`, encoded): each comes as its
    values of `columns` and its text of `rest`. It may still be made then, so that the server writes the first as the last are made.

    A row that asks the database is refused at once, and whatever a row raises costs the caller's transaction (or savepoint).
    Raises: AskedWhileCopying.
    """
    made = iter(rows)
    chunks = iter(lambda: list(islice(made, ROWS_A_WRITE)), [])
    first = next(chunks, None)
    if first is None:
        return
    usual, ends, made_anew = _behind(model, [*columns, *rest])
    between = ends[:-1].encode() + b"\t"
    with connection.execute_wrapper(_refuse), _copying(model, [*columns, *(field.column for field in made_anew), *usual, *rest]) as copy:
        for chunk in chain([first], chunks):
            values, texts = zip(*chunk, strict=True)
            heads = row_texts(values, [_made(field, len(chunk)) for field in made_anew])
            copy.write(b"".join([head.encode() + between + text + b"\n" for head, text in zip(heads, texts, strict=True)]))


class AskedWhileCopying(RuntimeError):
    """A row of a COPY asked the connection that is copying it: it would have waited for ever."""


def _refuse(*_: Any) -> None:
    raise AskedWhileCopying


def _copy(model: type[Model], columns: Sequence[str], chunks: Iterable[list[Sequence[Any]]]) -> None:
    names, ends, made = _behind(model, columns)
    with _copying(model, [*columns, *(field.column for field in made), *names]) as copy:
        for chunk in chunks:
            copy.write(_lines(chunk, ends, [_made(field, len(chunk)) for field in made]))


def _behind(model: type[Model], columns: Sequence[str]) -> tuple[list[str], str, list[Field[Any, Any]]]:
    """What stands behind the given columns: those of one value for all rows, their text, and those made anew for each row."""
    rest = [field for field in model._meta.concrete_fields if field.column not in columns and not isinstance(field, AutoField)]
    # an empty list is the same each time, and so is a field without a default, whose `NOT_PROVIDED` can be called too
    made = [field for field in rest if field.has_default() and callable(field.default) and field.default is not list]
    usual = [field for field in rest if field not in made]
    return [field.column for field in usual], "".join(f"\t{copy_text.text(field.get_default())}" for field in usual) + "\n", made


@contextmanager
def _copying(model: type[Model], names: Sequence[str]) -> Iterator[Copy]:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        yield copy


def _made(field: Field[Any, Any], count: int) -> Sequence[Any]:
    return new_ids(count) if field.default is new_id else [field.get_default() for _ in range(count)]


def _lines(rows: Sequence[Sequence[Any]], ends: str, made: Sequence[Sequence[Any]] = ()) -> bytes:
    return (ends.join(row_texts(rows, made)) + ends).encode()
