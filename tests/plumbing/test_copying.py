"""What COPY writes is what a reader gets back, whatever stands in it, and as a statement would have written it."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from kaibo.kit.ids import new_id
from kaibo.plumbing import copy_text, copying
from kaibo.plumbing.copying import copy_rows
from kaibo.plumbing.outbox.models import OutboxFact
from kaibo.stages.orders.rules import State

NOW = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
COLUMNS = "n int, words text, big bigint, yes bool, key uuid, raw bytea, flags text[], said jsonb, at timestamptz, on_day date, sum numeric"
pytestmark = pytest.mark.django_db

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20) | st.sampled_from(
    ["\\N", "\\.", "\\", "\t", "a\nb", "\r\n", "{}", '"', "NULL", "，全角", ""]
)
rows = st.lists(
    st.tuples(
        st.none() | texts, st.none() | st.integers(-(2**63), 2**63 - 1), st.none() | st.booleans(), st.none() | st.uuids(),
        st.none() | st.binary(max_size=8), st.none() | st.lists(st.none() | texts, max_size=3), st.none() | st.dictionaries(texts, st.none() | texts, max_size=2),
        st.none() | st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)), st.none() | st.dates(date(1990, 1, 1)),
        st.none() | st.decimals(-10**6, 10**6, places=4),
    ),
    min_size=1, max_size=4,
)  # fmt: skip


def written_and_read(made: list[tuple]) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS copied ({COLUMNS})")
        cursor.execute("TRUNCATE copied")
        with cursor.copy("COPY copied FROM STDIN") as copy:
            copy.write(copying._lines([(place, *one[:6], None if one[6] is None else Jsonb(one[6]), *one[7:]) for place, one in enumerate(made)], "\n"))
        cursor.execute("SELECT words, big, yes, key, raw, flags, said::text, at, on_day, sum FROM copied ORDER BY n")
        return cursor.fetchall()


@settings(deadline=None, max_examples=25)
@given(rows)
def test_every_value_comes_back_as_it_went(made):
    found = written_and_read(made)
    assert [(*one[:4], None if one[4] is None else bytes(one[4]), one[5], None if one[6] is None else json.loads(one[6]), *one[7:]) for one in found] == made


@settings(deadline=None, max_examples=25)
@given(texts)
def test_a_column_of_one_value_repeated_comes_back_in_every_row(word):
    key = uuid.uuid4()
    same = (word, 7, True, key, b"\\", [word], {"a": word}, NOW, date(2026, 11, 22), Decimal("1.5000"))
    assert [(one[0], one[3], one[5], one[7]) for one in written_and_read([same] * 3)] == [(word, key, [word], NOW)] * 3


def test_a_word_of_an_enumeration_is_written_as_its_value():
    assert copy_text.text(State.PAID) == "paid"


def test_a_value_without_a_text_of_its_own_is_refused_before_anything_is_written():
    with pytest.raises(TypeError, match="no text for object"):
        copy_text.text(object())


def test_columns_left_out_take_the_default_of_the_model_one_each():
    copy_rows(OutboxFact, ("name", "payload", "announced_at"), [("a.b", Jsonb({"钱": 1}), NOW)] * 2)
    facts = list(OutboxFact.objects.all())
    assert [(one.name, one.payload, one.announced_at) for one in facts] == [("a.b", {"钱": 1}, NOW)] * 2
    assert facts[0].pk != facts[1].pk


def test_more_rows_than_go_into_one_write_are_all_there():
    count = copying.ROWS_A_WRITE * 2 + 1
    copy_rows(OutboxFact, ("id", "name", "payload", "announced_at"), ((new_id(), f"a.{place}", Jsonb({}), NOW) for place in range(count)))
    assert set(OutboxFact.objects.values_list("name", flat=True)) == {f"a.{place}" for place in range(count)}


def test_a_row_the_table_refuses_fails_all_of_them():
    key = new_id()
    with pytest.raises(IntegrityError), transaction.atomic():
        copy_rows(OutboxFact, ("id", "name", "payload", "announced_at"), [(key, "a.b", Jsonb({}), NOW)] * 2)
    assert not OutboxFact.objects.exists()


def test_no_rows_are_no_statement(django_assert_num_queries):
    with django_assert_num_queries(0):
        copy_rows(OutboxFact, ("name",), [])


FIRST, REST = ("id", "payload"), ("name", "announced_at")


def facts_made(count):
    return (((new_id(), Jsonb({})), copy_text.row_texts([(f"test.{number}", NOW)])[0].encode()) for number in range(count))


def test_rows_made_while_they_are_copied_all_arrive(monkeypatch):
    monkeypatch.setattr(copying, "ROWS_A_WRITE", 3)
    for count in (0, 1, 3, 7):
        OutboxFact.objects.all().delete()
        copying.copy_half_written(OutboxFact, FIRST, REST, facts_made(count))
        assert sorted(OutboxFact.objects.values_list("name", flat=True)) == sorted(f"test.{number}" for number in range(count))


@pytest.mark.parametrize("rows_before", [2, 3, 5])
def test_a_row_that_asks_the_database_while_it_is_copied_is_refused_and_does_not_wait_for_ever(monkeypatch, rows_before):
    monkeypatch.setattr(copying, "ROWS_A_WRITE", 3)

    def asking():
        yield from facts_made(rows_before)
        OutboxFact.objects.count()
        yield from facts_made(1)

    expected = OutboxFact.objects.count()
    if rows_before < 3:  # the first rows are made before the COPY begins, and may ask
        copying.copy_half_written(OutboxFact, FIRST, REST, asking())
        assert OutboxFact.objects.count() == expected + rows_before + 1
        return
    with pytest.raises(copying.AskedWhileCopying), transaction.atomic():
        copying.copy_half_written(OutboxFact, FIRST, REST, asking())
    assert OutboxFact.objects.count() == expected


def test_rows_written_down_in_part_before_arrive_whole_with_the_defaults_of_the_rest(monkeypatch):
    monkeypatch.setattr(copying, "ROWS_A_WRITE", 3)
    words = [f"围\t巾\\{number}" for number in range(7)]
    texts = [text.encode() for text in copy_text.row_texts([(word, NOW) for word in words])]
    for count in (0, 3, 7):
        OutboxFact.objects.all().delete()
        copying.copy_half_written(OutboxFact, ("payload",), ("name", "announced_at"), (((Jsonb({"n": place}),), text) for place, text in enumerate(texts[:count])))
        assert sorted(OutboxFact.objects.values_list("name", "payload__n", "announced_at")) == sorted((words[place], place, NOW) for place in range(count))
    assert OutboxFact.objects.values("pk").distinct().count() == 7
