"""What a kind makes of a row while the database is still busy: found by `apply`, and no row lost where it fails."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kaibo.plumbing.intake import engine
from kaibo.plumbing.intake.kinds import Taken
from kaibo.plumbing.intake.models import QuarantinedRow
from tests.plumbing.intake.conftest import counts, csv_bytes, import_bytes
from tests.plumbing.intake.kinds import PARCELS, contents

pytestmark = pytest.mark.django_db
LINES = [f"69{number:017d},大衣{number},{number}.50,1,13800{number:06d},2026-11-22 20:00:00" for number in range(12)]


def with_meaning(monkeypatch, meaning_of, apply):
    kind = replace(PARCELS, meaning_of=meaning_of, apply=apply)
    monkeypatch.setattr(engine, "kind_for", lambda key: kind)
    monkeypatch.setattr(engine, "BATCH_ROWS", 5)


def test_every_row_reaches_the_kind_with_the_meaning_of_its_own_values(parcels, monkeypatch):
    seen = []

    def apply(context, rows):
        seen.extend((row["goods"], row.meaning) for row in rows)
        return PARCELS.apply(context, rows)

    with_meaning(monkeypatch, lambda row: f"{row['goods']}!", apply)
    assert counts(import_bytes(csv_bytes(*LINES))) == (12, 12, 0, 0, 0)
    assert seen == [(f"大衣{number}", f"大衣{number}!") for number in range(12)]


def test_a_row_without_a_meaning_is_left_to_the_kind_and_waits_alone(parcels, monkeypatch):
    def meaning_of(row):
        if row["goods"] == "大衣7":
            raise ZeroDivisionError
        return row["goods"]

    def apply(context, rows):
        for row in rows:
            if (row.meaning or meaning_of(row)) != row["goods"]:
                raise AssertionError
        return PARCELS.apply(context, rows)

    with_meaning(monkeypatch, meaning_of, apply)
    assert counts(import_bytes(csv_bytes(*LINES))) == (12, 11, 0, 0, 1)
    assert [row.cells[1] for row in QuarantinedRow.objects.all()] == ["大衣7"]
    assert "大衣7" not in {goods for _, goods, *_ in contents()}


def test_a_kind_that_asks_for_no_meaning_finds_none(parcels, monkeypatch):
    seen = []

    def apply(context, rows):
        seen.extend(row.meaning for row in rows)
        return [Taken.SAME] * len(rows)

    with_meaning(monkeypatch, None, apply)
    import_bytes(csv_bytes(*LINES))
    assert seen == [None] * 12


def with_ahead(monkeypatch, ahead, outcome):
    kind = replace(PARCELS, ahead=ahead, apply=lambda context, rows: [outcome] * len(rows))
    monkeypatch.setattr(engine, "kind_for", lambda key: kind)
    monkeypatch.setattr(engine, "BATCH_ROWS", 2)


def test_a_file_of_new_rows_is_prepared_whole_and_one_of_known_rows_only_until_that_is_seen(parcels, monkeypatch):
    prepared = []
    with_ahead(monkeypatch, lambda context, rows: prepared.extend(row["goods"] for row in rows), Taken.NEW)
    import_bytes(csv_bytes(*LINES))
    assert prepared == [f"大衣{number}" for number in range(12)]
    prepared.clear()
    with_ahead(monkeypatch, lambda context, rows: prepared.extend(row["goods"] for row in rows), Taken.SAME)
    import_bytes(csv_bytes(*LINES))
    assert prepared in ([f"大衣{number}" for number in range(rows)] for rows in (2, 4))


def test_what_cannot_be_prepared_costs_no_row(parcels, monkeypatch):
    def ahead(context, rows):
        raise ZeroDivisionError

    with_ahead(monkeypatch, ahead, Taken.NEW)
    assert counts(import_bytes(csv_bytes(*LINES))) == (12, 12, 0, 0, 0)
