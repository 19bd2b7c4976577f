"""
Read times in one step: a `timestamptz` of any Django connection.

psycopg's loader in Python takes a time apart by a regular expression, 10 µs each; the launch board reads 450 of them. Python's own
`fromisoformat` reads what a session in UTC is sent. Whatever it cannot be sure of (another zone or date style, `infinity`, years
before Christ) goes to the loader it was.
"""

from __future__ import annotations

import datetime as dt

from django.db.backends.postgresql.psycopg_any import BaseTzLoader, get_adapters_template
from psycopg.abc import Buffer


class Moments(BaseTzLoader):
    """Reads a time of a session in UTC."""

    timezone = dt.UTC

    def load(self, data: Buffer) -> dt.datetime:
        text = str(data, "ascii", "replace")
        if text.endswith("+00"):
            try:
                return dt.datetime.fromisoformat(text)
            except ValueError:
                pass
        moment: dt.datetime = super().load(data)
        return moment


def read_moments() -> None:
    """This function will let every connection of Django opened from now on read its times so."""
    get_adapters_template(True, dt.UTC).register_loader("timestamptz", Moments)
