"""The cursor for many rows writes every list as psycopg would, and reads the same moments."""

import datetime as dt
import uuid

import pytest
from django.db import connection

from kaibo.plumbing.bulk_cursor import bulk_cursor

pytestmark = pytest.mark.django_db
IDS = [uuid.UUID(int=number << 64 | 7) for number in range(3)]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("bigint[]", [1, -(2**62), 0]), ("uuid[]", IDS), ("uuid[]", [str(one) for one in IDS]), ("uuid[]", []), ("text[]", [str(one) for one in IDS]),
        ("text[]", ["NULL", "null"]), ("text[]", ["a,b", "c"]), ("text[]", ["", "a"]), ("text[]", [""]), ("text[]", ["它's", '"', "\\"]), ("text[]", ["a", None]),
        ("int[]", [1, None]), ("boolean[]", [True, False]), ("timestamptz[]", [dt.datetime(2026, 11, 22, 1, tzinfo=dt.UTC), None]),
    ],
)  # fmt: skip
def test_a_list_is_the_list_it_was(kind, values):
    with bulk_cursor() as cursor:
        cursor.execute(f"SELECT %s::{kind}, cardinality(%s::{kind})", [values, values])
        found, count = cursor.fetchone()
    assert [str(one) if kind == "uuid[]" else one for one in found] == [str(one) if kind == "uuid[]" else one for one in values]
    assert count == len(values)


def test_ids_are_compared_with_a_column_without_a_cast():
    with bulk_cursor() as cursor:
        cursor.execute("SELECT count(*) FROM unnest(%s::uuid[]) AS t (id) WHERE id = ANY(%s)", [IDS, IDS[:2]])
        assert cursor.fetchone() == (2,)
        cursor.execute("SELECT count(*) FROM generate_series(1, 9) AS n WHERE n = ANY(%s)", [[3, 4, 11]])
        assert cursor.fetchone() == (2,)


def test_moments_are_those_of_any_other_cursor_and_other_cursors_stay_as_they_were():
    with connection.cursor() as cursor:
        cursor.execute("SELECT '2026-11-22 23:59:59.123456+08'::timestamptz")
        (usual,) = cursor.fetchone()
    with bulk_cursor() as cursor:
        cursor.execute("SELECT '2026-11-22 23:59:59.123456+08'::timestamptz, NULL::timestamptz")
        found = cursor.fetchone()
    assert found == (usual, None)
    assert found[0].utcoffset() == dt.timedelta(0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::text[]", [["NULL", "a,b"]])
        assert cursor.fetchone() == (["NULL", "a,b"],)
