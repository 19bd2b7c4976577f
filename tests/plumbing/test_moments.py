"""Times are read fast, and are those that psycopg's own loader reads."""

import datetime as dt
from contextlib import contextmanager

import pytest
from django.db import DataError, connection
from django.db.backends.postgresql.psycopg_any import BaseTzLoader

from kaibo.plumbing.moments import Moments

pytestmark = pytest.mark.django_db


class Before(BaseTzLoader):
    """Django's loader for a session in UTC, as it was."""

    timezone = dt.UTC


@contextmanager
def a_cursor_reading_as(loader):
    with connection.cursor() as cursor:
        cursor.cursor.adapters.register_loader("timestamptz", loader)
        yield cursor


def test_every_connection_reads_its_times_so():
    with connection.cursor() as cursor:
        assert cursor.cursor.adapters.get_loader(1184, 0) is Moments


MANY = """
    SELECT '0001-01-01 00:00:00+00'::timestamptz + make_interval(days => n * 241, secs => n * 7919 % 86400, hours => n % 24)
        + (n * 7907 % 1000000) * interval '1 microsecond' FROM generate_series(0, 15000) AS n
    UNION ALL SELECT date_trunc(unit, '2026-11-22 13:14:15.123456+08'::timestamptz) + n * interval '1 second'
        FROM unnest('{microseconds,milliseconds,second,minute,hour,day,year}'::text[]) AS unit, generate_series(0, 50) AS n
    UNION ALL SELECT '2026-11-22 13:14:15+08'::timestamptz + (10 ^ n)::int * interval '1 microsecond' FROM generate_series(0, 6) AS n
    UNION ALL SELECT unnest('{0001-01-01 00:00:00+00,9999-12-31 23:59:59.999999+00,NULL}'::timestamptz[])
"""


def test_many_times_are_those_they_were():
    read = {}
    for loader in (Before, Moments):
        with a_cursor_reading_as(loader) as cursor:
            cursor.execute(MANY)
            read[loader] = [moment for (moment,) in cursor.fetchall()]
    assert len(read[Moments]) > 15_000
    assert read[Moments] == read[Before]
    assert {moment.tzinfo for moment in read[Moments] if moment} == {dt.UTC}


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "Africa/Abidjan"])
def test_a_session_in_another_zone_is_read_as_before(zone):
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('TimeZone', %s, true)", [zone])
    read = []
    for loader in (Before, Moments):
        with a_cursor_reading_as(loader) as cursor:
            cursor.execute("SELECT '2026-07-22 05:14:15.5+00'::timestamptz, ARRAY['2026-01-22 05:14:15+00'::timestamptz, NULL]")
            read.append(cursor.fetchone())
    assert read[0] == read[1]


@pytest.mark.parametrize("beyond", ["infinity", "-infinity", "0044-03-15 12:00:00+00 BC", "10000-01-01 00:00:00+00"])
def test_what_python_cannot_hold_is_refused_as_before(beyond):
    said = []
    for loader in (Before, Moments):
        with a_cursor_reading_as(loader) as cursor:
            cursor.execute("SELECT %s::timestamptz", [beyond])
            with pytest.raises(DataError) as refused:
                cursor.fetchone()
            said.append(str(refused.value))
    assert said[0] == said[1]


def test_another_date_style_is_refused_as_before():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL DateStyle = 'German'")
    with a_cursor_reading_as(Moments) as cursor:
        cursor.execute("SELECT '2026-11-22 13:14:15+00'::timestamptz")
        with pytest.raises(NotImplementedError):
            cursor.fetchone()
