"""Brings the database up to date: Django's tables, the room's schema, the roles. One at a time, however many start at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import psycopg
from django.core.management import call_command

from kaibo.config.setup import after_migrate, django_ready
from kaibo.database.address import create_if_missing
from kaibo.room import schema

MIGRATION_LOCK = 0x4B61_6962_6F01  # "Kaibo" and a number: this lock is ours among all advisory locks of the database


def migrate_everything(url: str, *, out: TextIO | None = None, verbosity: int = 0) -> None:
    """
    This function will create the database when it is missing and bring every table, the room's schema and the roles up to date.

    Safe to repeat, and safe when two do it at once: the second waits and finds nothing to do.
    """
    create_if_missing(url)
    with _alone(url):
        django_ready()
        call_command("migrate", interactive=False, verbosity=verbosity, stdout=out)
        schema.migrate(url)
        after_migrate()


@contextmanager
def _alone(url: str) -> Iterator[None]:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        yield
