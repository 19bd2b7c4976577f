"""Lists go to the database as PostgreSQL writes arrays: whatever is in them comes back as it was."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import psycopg
from hypothesis import given, settings
from hypothesis import strategies as st

from kaibo.room.ledger import array

WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=12)


def back(connection, kind, values):
    return connection.execute(f"select %s::{kind}[]", (array(values),)).fetchone()[0]


def test_texts_with_quotes_commas_braces_and_control_characters_come_back(dsn):
    with psycopg.connect(dsn) as connection:

        @settings(max_examples=200, deadline=None)
        @given(st.lists(WORDS | st.sampled_from(["", "null", "NULL", "{}", '"', "\\", "a\\nb", "a\nb", "\t", "\x01", "，é", " "]) | st.none(), max_size=5))
        def all_texts(values):
            assert back(connection, "text", values) == values

        all_texts()


def test_numbers_ids_times_and_nulls_come_back(dsn):
    at = dt.datetime(2026, 11, 22, 1, 2, 3, 456789, tzinfo=dt.UTC)
    with psycopg.connect(dsn) as connection:
        assert back(connection, "bigint", [1, -(2**40), 0]) == [1, -(2**40), 0]
        assert back(connection, "uuid", [UUID(int=7), None]) == [UUID(int=7), None]
        assert back(connection, "timestamptz", [at, at + dt.timedelta(hours=9)]) == [at, at + dt.timedelta(hours=9)]
        assert back(connection, "timestamptz", [at.astimezone(dt.timezone(dt.timedelta(hours=8)))]) == [at]
