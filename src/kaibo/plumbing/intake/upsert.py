"""
One statement that takes a batch of rows and says of each whether it was new, changed something or changed nothing.

A set-based `INSERT … SELECT FROM unnest … ON CONFLICT DO UPDATE WHERE … IS DISTINCT FROM …` for the kinds whose rows
are one table's. A row that is the same is not written, so importing a file twice costs reads only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from psycopg import sql

from kaibo.plumbing.intake.kinds import Taken


@dataclass(frozen=True, slots=True)
class Upsert:
    """
    A table, the columns that make a row's key (a unique index must cover exactly these), and the columns it carries.

    `columns` maps every column, keys included, to its PostgreSQL type. `only_when_new` are written at insert and
    never again (ids, created_at). `newer_than` names a column: rows older there than what stands are left alone.
    """

    table: str
    key: tuple[str, ...]
    columns: Mapping[str, str]
    only_when_new: tuple[str, ...] = ()
    newer_than: str = ""

    def take(self, rows: Sequence[Sequence[Any]]) -> list[Taken]:
        """
        This function will write rows (values in the order of `columns`), no key twice, and answer one word for each.
        """
        if not rows:
            return []
        names = list(self.columns)
        key_indexes = [names.index(part) for part in self.key]
        with connection.cursor() as cursor:
            cursor.execute(self._statement(), [list(values) for values in zip(*rows, strict=True)])
            written = {tuple(row[:-1]): row[-1] for row in cursor.fetchall()}
        return [self._word(written.get(tuple(row[index] for index in key_indexes))) for row in rows]

    @staticmethod
    def _word(was_inserted: bool | None) -> Taken:
        if was_inserted is None:
            return Taken.SAME
        return Taken.NEW if was_inserted else Taken.CHANGED

    def _statement(self) -> sql.Composed:
        carried = [name for name in self.columns if name not in {*self.key, *self.only_when_new}]
        table = sql.Identifier(self.table)
        compared = [name for name in carried if name != self.newer_than]
        differs = sql.SQL("({}) IS DISTINCT FROM ({})").format(
            sql.SQL(", ").join(sql.SQL("{}.{}").format(table, sql.Identifier(name)) for name in compared),
            sql.SQL(", ").join(sql.SQL("excluded.{}").format(sql.Identifier(name)) for name in compared),
        )
        if self.newer_than:
            newer = sql.Identifier(self.newer_than)
            differs = sql.SQL("{} AND excluded.{} >= {}.{}").format(differs, newer, table, newer)
        return sql.SQL(
            "INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays}) "
            "ON CONFLICT ({key}) DO UPDATE SET {sets} WHERE {differs} RETURNING {returned}, (xmax = 0)"
        ).format(
            table=table,
            names=sql.SQL(", ").join(map(sql.Identifier, self.columns)),
            arrays=sql.SQL(", ").join(sql.SQL("%s::{}[]").format(sql.SQL(kind)) for kind in self.columns.values()),
            key=sql.SQL(", ").join(map(sql.Identifier, self.key)),
            sets=sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in carried),
            differs=differs,
            returned=sql.SQL(", ").join(sql.SQL("{}.{}").format(table, sql.Identifier(name)) for name in self.key),
        )
