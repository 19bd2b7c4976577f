"""Databases of a test's own, beside the one all tests share, on the same server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import psycopg
from django.conf import settings
from psycopg import sql


def url_of(name: str) -> str:
    """This function will give the address of a database on the server the tests run on, as `KAIBO_DATABASE_URL` would hold it."""
    found = settings.DATABASES["default"]
    account = quote(found["USER"] or "") + (f":{quote(found['PASSWORD'])}" if found["PASSWORD"] else "")
    if str(found["HOST"]).startswith("/"):
        return f"postgresql://{account}@/{name}?host={quote(found['HOST'])}"
    port = f":{found['PORT']}" if found["PORT"] else ""
    return f"postgresql://{account}@{found['HOST']}{port}/{name}"


@contextmanager
def absent_database(label: str) -> Iterator[str]:
    """This function will give the address of a database that does not exist yet, and drop it and what was put aside from it afterwards."""
    name = f"kaibo_{label}_{os.getpid()}"
    drop(name)
    yield url_of(name)
    drop(name)


def drop(name: str) -> None:
    with psycopg.connect(url_of("postgres"), autocommit=True) as connection:
        found = connection.execute("SELECT datname FROM pg_database WHERE datname = %s OR datname LIKE %s", [name, f"{name}\\_before\\_%"]).fetchall()
        for (one,) in found:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(one)))
