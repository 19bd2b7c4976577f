"""What every test stands on: a real PostgreSQL with all tables, the room's schema and the roles; loopback sockets only."""

from __future__ import annotations

import functools
import gc
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import OperationalError
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.setdefault("KAIBO_DATA", str(Path(tempfile.gettempdir()) / f"kaibo-tests-{os.getuid()}")))
os.environ.setdefault("KAIBO_ENV", "development")

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)  # 20:00 in Shanghai


LONG_FIRST = ("tests/concurrency/test_kill_nine", "tests/cli/", "tests/concurrency/", "tests/browser/", "tests/flows/", "tests/ingest/", "tests/room/")
"""Where the long files stand: begun last, one of them would keep a single core busy while the other has nothing left."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: next((place for place, start in enumerate(LONG_FIRST) if item.nodeid.startswith(start)), len(LONG_FIRST)))


# A client of httpx reads all the certificates this machine trusts, 30 to 70 ms of processor time each, and tests make thousands of clients
httpx._transports.default.create_ssl_context = functools.cache(httpx._transports.default.create_ssl_context)


# A password is hashed slowly on purpose, a tenth of a second and 100 MB: thousands of tests have people with one, and none is about how slow it is
# but tests/config/test_passwords.py. The same algorithm, as cheap as it goes; programs that tests start keep the slow one.
PASSWORD_COST = {name: getattr(Argon2PasswordHasher, name) for name in ("time_cost", "memory_cost", "parallelism")}
Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost, Argon2PasswordHasher.parallelism = 1, 8, 1


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What is loaded by now stands until the end: the collector of cycles need not walk through half a million things every few tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


def pytest_sessionfinish() -> None:
    gc.unfreeze()


# How long an example takes says how busy the machine is, not whether the rule holds
settings.register_profile("kaibo", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("kaibo")


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The test database as `kaibo migrate` leaves one: Django's tables, the room's schema, the roles."""
    from django.db import connection
    from django.test import TransactionTestCase

    from kaibo.config.setup import after_migrate
    from kaibo.room import schema

    TransactionTestCase._fixture_teardown = empty_tables
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        schema.migrate_in(cursor.connection)
        after_migrate()


KEPT = frozenset({"django_content_type", "auth_permission"})


def empty_tables(_self) -> None:
    """
    What Django does after a test that committed, but for the names of models and their permissions.

    No test writes them, and to fill them again (the signal after a migration) costs as much as emptying all the rest.
    """
    from django.core.management.color import no_style
    from django.db import connection

    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT
    connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), sorted(tables)))


@pytest.fixture(scope="session")
def migrated(tmp_path_factory, worker_id) -> Path:
    """A data folder to copy (`copy_of`), for tests of what happens to a shop's processes after its first start."""
    from tests.make.processes import migrated_once

    base = tmp_path_factory.getbasetemp()
    return migrated_once(base if worker_id == "master" else base.parent)


@pytest.fixture
def shop(db):
    from tests.make.people import make_shop

    return make_shop()


@pytest.fixture
def owner(shop):
    """Alice owns the company and may do everything everywhere."""
    from tests.make.people import make_actor

    return make_actor("alice", "owner")


COMMITTING = frozenset({"transactional_db", "live_server", "django_db_reset_sequences"})


def commits(item: pytest.Item) -> bool:
    """This function will say whether a test really commits, so that Django empties its tables afterwards."""
    marker = item.get_closest_marker("django_db")
    return bool(marker and marker.kwargs.get("transaction")) or bool(COMMITTING & set(getattr(item, "fixturenames", ())))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_teardown(item):
    """After a test that committed, the ground the next one stands on is laid again: the roles, and an empty room."""
    yield
    if not commits(item):
        return
    from django.db import connection
    from pytest_django.plugin import blocking_manager_key

    from kaibo.config.setup import after_migrate

    if not str(connection.settings_dict["NAME"]).startswith("test_"):
        return  # the test database was never made: this is somebody's own, and nothing of it is emptied
    with item.config.stash[blocking_manager_key].unblock():
        after_migrate()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
                "WHERE schemaname = 'room' AND tablename NOT IN ('schema_version', 'secrets')"
            )
            tables = ", ".join(row[0] for row in cursor.fetchall())
            if tables:
                _empty(cursor, tables)


def _empty(cursor, tables: str) -> None:
    """A room that is just stopping may still hold a lock: one of the two gives way, and it may be us."""
    for tries in range(4):
        try:
            cursor.execute(f"TRUNCATE {tables} CASCADE")
        except OperationalError:
            if tries == 3:
                raise
        else:
            return
