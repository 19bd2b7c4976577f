"""The address of the database, and making the database it names."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from kaibo.database import embedded
from kaibo.database.complaints import DatabaseTooOld, DatabaseUnreachable

OLDEST_MAJOR = 15


class Surroundings(Protocol):
    """The two settings that decide where the database is."""

    @property
    def data(self) -> Path: ...
    @property
    def database_url(self) -> str: ...


def address(env: Surroundings) -> str:
    """
    This function will give the libpq URL of the database: the configured one, else the embedded server's, started when it does not run.

    The process becomes a user of the embedded server; whoever leaves last stops it. Nothing is contacted for a configured URL.
    """
    return env.database_url or embedded.use(env.data)


def release(env: Surroundings) -> None:
    """This function will end this process's use of the embedded server (also done by itself when the process ends)."""
    if not env.database_url:
        embedded.leave(env.data)


def create_if_missing(url: str) -> bool:
    """
    This function will create the database that `url` names when its server does not have it, and say whether it did.

    Safe when two do it at once. Raises: DatabaseUnreachable, DatabaseTooOld.
    """
    name = str(conninfo_to_dict(url).get("dbname") or "")
    shown = shown_address(url)
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            _check_version(connection, shown)
            return False
    except psycopg.OperationalError as refused:
        if f'database "{name}" does not exist' not in str(refused):
            raise DatabaseUnreachable(where=shown, reason=_first_line(refused)) from refused
    try:
        with psycopg.connect(make_conninfo(url, dbname="postgres"), connect_timeout=10, autocommit=True) as connection:
            _check_version(connection, shown)
            connection.execute(
                sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(sql.Identifier(name))
            )
    except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
        return False
    except psycopg.Error as refused:
        raise DatabaseUnreachable(where=shown, reason=_first_line(refused)) from refused
    return True


def shown_address(url: str) -> str:
    """This function will give an address fit for a log or a message: host and name, never the password."""
    parts = conninfo_to_dict(url)
    return f"{parts.get('host') or 'localhost'}/{parts.get('dbname') or ''}"


def _check_version(connection: psycopg.Connection, shown: str) -> None:
    found = connection.info.server_version // 10_000
    if found < OLDEST_MAJOR:
        raise DatabaseTooOld(where=shown, found=found)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
