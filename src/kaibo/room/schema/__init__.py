"""The room's tables: numbered SQL files, applied once each, by whichever process comes first."""

from __future__ import annotations

import secrets
from importlib import resources

import psycopg

_LOCK = 0x6B616962_6F  # "kaibo": one migrator at a time on a database


def _steps() -> list[tuple[int, str]]:
    files = [f for f in resources.files(__name__).iterdir() if f.name.endswith(".sql")]
    return sorted((int(f.name.split("_")[0]), f.read_text(encoding="utf-8")) for f in files)


def migrate(dsn: str) -> list[int]:
    """
    This function will bring the schema `room` of a database up to date and give the numbers of the files it applied.

    Safe to call from several processes at once and any number of times; a failing file changes nothing.
    """
    with psycopg.connect(dsn) as connection:
        return migrate_in(connection)


def migrate_in(connection: psycopg.Connection[tuple[object, ...]]) -> list[int]:
    """This function will do the same inside the caller's connection, in one transaction."""
    with connection.transaction(), connection.cursor() as cur:
        cur.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
        cur.execute("create schema if not exists room")
        cur.execute(
            "create table if not exists room.schema_version (step integer primary key, applied_at timestamptz default now())"
        )
        cur.execute("select step from room.schema_version")
        done = {row[0] for row in cur.fetchall()}
        applied = []
        for number, sql in _steps():
            if number in done:
                continue
            cur.execute(sql.encode())
            cur.execute("insert into room.schema_version (step) values (%s)", (number,))
            applied.append(number)
        cur.execute(
            "insert into room.secrets (name, secret) values ('visitor_tokens', %s) on conflict (name) do nothing",
            (secrets.token_bytes(32),),
        )
        return applied
