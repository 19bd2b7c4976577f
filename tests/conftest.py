"""What every test stands on: a real PostgreSQL with all tables, the room's schema and the roles; loopback sockets only."""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.setdefault("KAIBO_DATA", str(Path(tempfile.gettempdir()) / f"kaibo-tests-{os.getuid()}")))
os.environ.setdefault("KAIBO_ENV", "development")

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)  # 20:00 in Shanghai


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The test database as `kaibo migrate` leaves one: Django's tables, the room's schema, the roles."""
    from django.db import connection

    from kaibo.config.setup import after_migrate
    from kaibo.room import schema

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        schema.migrate_in(cursor.connection)
        after_migrate()


@pytest.fixture
def shop(db):
    from tests.make.people import make_shop

    return make_shop()


@pytest.fixture
def owner(shop):
    """Alice owns the company and may do everything everywhere."""
    from tests.make.people import make_actor

    return make_actor("alice", "owner")


@pytest.fixture(autouse=True)
def _ground_of_committing_tests(request):
    """Tests that really commit find roles in place and the room empty; Django empties its own tables after each."""
    marker = request.node.get_closest_marker("django_db")
    if marker is None or not marker.kwargs.get("transaction"):
        yield
        return
    request.getfixturevalue("transactional_db")
    from django.db import connection

    from kaibo.config.setup import after_migrate

    after_migrate()
    yield
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
            "WHERE schemaname = 'room' AND tablename NOT IN ('schema_version', 'secrets')"
        )
        tables = ", ".join(row[0] for row in cursor.fetchall())
        if tables:
            cursor.execute(f"TRUNCATE {tables} CASCADE")
