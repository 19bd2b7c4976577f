"""A database and a data folder of the bench's own beside the shop's, gone afterwards: a bench never touches a shop's rows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from kaibo.config.env import read_env
from kaibo.database.address import address

NAME = f"kaibo_bench_{os.getpid()}"
"""Of this process alone: two benches at once do not drop each other's."""


@contextmanager
def scratch_database(folder: Path) -> Iterator[str]:
    """This function will point this process's children at an empty database of the same server, and drop it at the end."""
    shop_url = address(read_env())
    parts = urlsplit(shop_url)
    url = urlunsplit(parts._replace(path=f"/{NAME}"))
    kept = {name: os.environ.get(name) for name in ("KAIBO_DATABASE_URL", "KAIBO_DATA")}
    _drop(shop_url)
    os.environ.update(KAIBO_DATABASE_URL=url, KAIBO_DATA=str(folder))
    try:
        yield url
    finally:
        for name, value in kept.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        _drop(shop_url)


def _drop(shop_url: str) -> None:
    with psycopg.connect(shop_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(NAME)))
