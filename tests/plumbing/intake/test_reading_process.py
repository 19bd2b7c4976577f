"""A large file is read in a process of its own: the same outcome as in a thread, whatever becomes of that process."""

from __future__ import annotations

import logging
import os
import signal
from dataclasses import replace

import pytest

from kaibo.plumbing.intake import engine, quarantine, reading_ahead, services
from kaibo.plumbing.intake.kinds import ParsedRow
from kaibo.plumbing.intake.models import ImportRun, QuarantinedRow
from tests.plumbing.intake.conftest import ALICE, HEADER, NOW, SHOP, counts
from tests.plumbing.intake.handed import ParcelIn
from tests.plumbing.intake.kinds import HANDED, contents

pytestmark = pytest.mark.django_db
ROWS = 400
BATCH = 20


@pytest.fixture(autouse=True)
def large(monkeypatch):
    monkeypatch.setattr(reading_ahead, "LARGE_BYTES", 0)
    monkeypatch.setattr(engine, "BATCH_ROWS", BATCH)


@pytest.fixture
def started(monkeypatch):
    """The processes that were started."""
    made = []

    class Watched(reading_ahead._Process):
        def __init__(self, told):
            super().__init__(told)
            made.append(self)

    monkeypatch.setattr(reading_ahead, "_Process", Watched)
    return made


def file() -> bytes:
    """Wrong amounts, goods a rule refuses, rows that come twice, one without a meaning in ten, a line of totals."""
    lines = []
    for number in range(ROWS):
        paid = "很多钱" if number % 50 == 3 else f"{number}.50"
        goods = "违禁品" if number % 100 == 11 else f"大衣,{number}"
        lines.append(f'69{number:017d},"{goods}",{paid},1,13800{number:06d},2026-11-22 20:00:00')
        if number % 90 == 5:
            lines.append(lines[-1])
    return "\n".join([HEADER, *lines, "合计,,99.00,,,", ""]).encode()


def start(content: bytes = b"", kind: str = "handed_parcels") -> ImportRun:
    return services.start_import(actor=ALICE, kind_key=kind, chunks=[content or file()], file_name="a.csv", platform="douyin", shop_id=SHOP, now=NOW)


def take(run: ImportRun) -> ImportRun:
    return engine.run_import(run.pk, clock=lambda: NOW)


def outcome(run: ImportRun):
    waiting = QuarantinedRow.objects.filter(run=run).order_by("row_number")
    return run.state, counts(run), run.rows_total, run.notes, contents(), [(one.row_number, one.cells, one.reasons) for one in waiting]


def seen_by_apply(monkeypatch) -> list[tuple[str, ParcelIn | None]]:
    seen = []

    def apply(context, rows):
        seen.extend((row.meaning.goods if row.meaning else None, row.meaning) for row in rows)
        return HANDED.apply(context, rows)

    monkeypatch.setattr(engine, "kind_for", lambda key: replace(HANDED, apply=apply))
    return seen


def test_a_process_and_a_thread_come_to_the_same(parcels, started, monkeypatch):
    by_process = take(start())
    assert len(started) == 1
    found = outcome(by_process)
    # 8 wrong amounts and 4 forbidden goods of 400 rows, 5 of which come twice
    assert found[:4] == ("done", (405, 388, 0, 5, 12), 405, {"407": "total"})
    monkeypatch.setattr(reading_ahead, "LARGE_BYTES", 10**9)
    from tests.plumbing.intake.kinds import make_table

    make_table()
    by_thread = take(start())
    assert len(started) == 1
    assert outcome(by_thread) == found


def test_meanings_arrive_prepared_and_rows_without_one_arrive_with_their_values(parcels, started, monkeypatch, settings):
    seen = seen_by_apply(monkeypatch)
    take(start())
    assert len(started) == 1
    with_meaning = [meaning for _, meaning in seen if meaning]
    assert {one.prepared_for for one in with_meaning} == {f"douyin {SHOP} {settings.SECRET_KEY[:4]}"}
    assert not any(one.goods.endswith("7") for one in with_meaning)
    assert "大衣,7" in {goods for _, goods, *_ in contents()}


def test_the_same_file_again_changes_nothing_and_is_soon_no_longer_prepared(parcels, started, monkeypatch):
    take(start())
    before = contents()
    seen = seen_by_apply(monkeypatch)
    again = take(start())
    assert counts(again) == (405, 0, 0, 393, 12)
    assert contents() == before
    prepared = [bool(meaning.prepared_for) for _, meaning in seen if meaning]
    assert prepared[0]
    assert not any(prepared[BATCH * (reading_ahead.BATCHES_AHEAD + 3) :])


def test_a_small_file_and_a_kind_that_hands_nothing_over_start_no_process(parcels, started, monkeypatch):
    assert take(start(kind="parcels")).state == "done"
    monkeypatch.setattr(reading_ahead, "LARGE_BYTES", len(file()) + 1)
    assert take(start()).state == "done"
    assert started == []


def test_a_process_that_is_killed_stops_the_run_with_its_reason_and_a_retry_goes_on(parcels, started, monkeypatch):
    def apply(context, rows):
        started[0]._process.kill()  # it may be two batches ahead of twenty, never at the end
        return HANDED.apply(context, rows)

    monkeypatch.setattr(engine, "kind_for", lambda key: replace(HANDED, apply=apply))
    stopped = take(start())
    assert (stopped.state, stopped.error["code"]) == ("failed", "intake.reader_lost")
    assert "重试" in stopped.error["zh"]
    assert stopped.position == stopped.rows_read
    assert BATCH <= stopped.position < ROWS
    assert started[0]._process.returncode == -signal.SIGKILL
    monkeypatch.undo()
    monkeypatch.setattr(reading_ahead, "LARGE_BYTES", 0)
    services.retry_run(actor=ALICE, run_id=stopped.pk, now=NOW)
    done = take(stopped)
    assert (done.state, counts(done), done.notes) == ("done", (405, 388, 0, 5, 12), {"407": "total"})


def test_where_no_process_can_be_started_a_thread_reads(parcels, monkeypatch, caplog):
    def nowhere(*_args, **_more):
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(reading_ahead.subprocess, "Popen", nowhere)
    with caplog.at_level(logging.WARNING):
        assert counts(take(start())) == (405, 388, 0, 5, 12)
    assert "no process" in caplog.text


def test_functions_that_no_other_process_can_find_are_called_in_a_thread(parcels, started, monkeypatch):
    monkeypatch.setattr(engine, "kind_for", lambda key: replace(HANDED, meaning_of=lambda row: ParcelIn(row["goods"], 1)))
    assert counts(take(start())) == (405, 388, 0, 5, 12)
    assert started == []


def test_what_the_process_cannot_say_the_thread_finds_out_from_where_it_stopped(parcels, started, monkeypatch, caplog):
    real = reading_ahead._Process._frame
    asked = []

    def frame(self):
        asked.append(1)
        return (b"X", b"MemoryError") if len(asked) == 4 else real(self)

    monkeypatch.setattr(reading_ahead._Process, "_frame", frame)
    done = take(start())
    assert (done.state, counts(done), done.notes) == ("done", (405, 388, 0, 5, 12), {"407": "total"})
    assert len(asked) == 4


def test_a_file_that_is_none_gets_the_same_complaint_as_without_a_process(parcels, started):
    stopped = take(start(b"%PDF-1.7 " + b"\x00" * 100))
    assert (stopped.state, stopped.error["code"]) == ("failed", "intake.not_a_spreadsheet")
    unmapped = take(start("订单,名称\n1,2\n".encode()))
    assert (unmapped.state, unmapped.error["code"]) == ("unmapped", "intake.columns_missing")


def test_a_downloaded_quarantine_file_is_restored_by_who_knows_the_database(parcels, started):
    first = take(start())
    waiting = QuarantinedRow.objects.filter(run=first).order_by("row_number").first()
    again = HEADER + "," + quarantine.ID_COLUMN + "\n" + f"69{3:017d},大衣3,5.00,1,{quarantine.PLACEHOLDER},2026-11-22 20:00:00,{waiting.pk}\n"
    assert counts(take(start(again.encode()))) == (1, 1, 0, 0, 0)
    waiting.refresh_from_db()
    assert waiting.state == "corrected"
    assert [one for one in contents() if one[0] == f"69{3:017d}"] == [(f"69{3:017d}", "大衣3", 500, 1, "13800000003")]


def test_no_process_is_left_behind_and_no_argument_shows_the_secret(parcels, started, settings, monkeypatch):
    shown = []

    def apply(context, rows):
        pid = started[0]._process.pid
        for name in ("cmdline", "environ"):
            path = f"/proc/{pid}/{name}"
            if os.path.exists(path):
                shown.append(open(path, "rb").read())
        return HANDED.apply(context, rows)

    monkeypatch.setattr(engine, "kind_for", lambda key: replace(HANDED, apply=apply))
    take(start())
    assert not any(settings.SECRET_KEY.encode() in text for text in shown)
    assert [one._process.returncode for one in started] == [0]


def test_a_handed_row_reads_its_values_when_asked():
    from kaibo.plumbing.intake.batches import HandedRow

    asked = []
    row = HandedRow(7, "meaning", lambda: asked.append(1) or ParsedRow(7, {"goods": "大衣"}))
    assert (row.row_number, row.meaning, asked) == (7, "meaning", [])
    assert (row["goods"], row.get("code")) == ("大衣", None)
    assert asked == [1]
    with pytest.raises(AttributeError):
        _ = row.nothing
