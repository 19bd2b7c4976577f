"""Writing many new rows of a table at once by COPY: several times cheaper than statements with thousands of values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import AutoField, Model
from psycopg import sql


def copy_rows(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """
    This function will insert rows whose values stand in the order of `columns`; the other columns take the model's
    defaults. JSON values are given as `psycopg.types.json.Jsonb`.

    A row the table refuses fails all of them. Raises: IntegrityError and its kin, as statements do.
    """
    rest = [field for field in model._meta.concrete_fields if field.column not in columns and not isinstance(field, AutoField)]
    usual = [field.get_default() for field in rest if not callable(field.default)]
    made = [field.get_default for field in rest if callable(field.default)]
    names = [*columns, *(f.column for f in rest if not callable(f.default)), *(f.column for f in rest if callable(f.default))]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    # Made before the COPY begins: a row that asks the database while it is made would wait for this very connection for ever.
    ready = [[*row, *usual, *(make() for make in made)] for row in rows]
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        for row in ready:
            copy.write_row(row)
