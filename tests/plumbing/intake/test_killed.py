"""A real process imports and is killed at random moments; whoever comes next finishes the same work exactly once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings as django_settings
from django.db import connection

from kaibo.plumbing.intake import engine, jobs, services
from kaibo.plumbing.intake.models import ImportRun, QuarantinedRow
from tests.plumbing.intake.conftest import ALICE, NOW, SHOP, counts, csv_bytes
from tests.plumbing.intake.kinds import TABLE, contents, make_table

ROWS = 6_000
KILLS = {"thread": 2, "process": 4}
KIND = {"thread": "parcels", "process": "handed_parcels"}
SCRIPT = Path(__file__).with_name("imported_by_a_process.py")


def lines() -> list[str]:
    """Every 50th row is wrong, every 500th comes twice."""
    made = []
    for number in range(ROWS):
        paid = "很多钱" if number % 50 == 0 else f"{number}.50"
        made.append(f"69{number:017d},大衣{number},{paid},1,13800{number:06d},2026-11-22 20:00:00")
        if number % 500 == 1:
            made.append(made[-1])
    return made


def database_url() -> str:
    told = connection.settings_dict
    return f"postgresql://{told['USER']}:{told['PASSWORD']}@/{told['NAME']}?host={quote(told['HOST'], safe='')}&port={told['PORT']}"


def start(run: ImportRun, reader: str) -> subprocess.Popen[str]:
    environ = {**os.environ, "KAIBO_DATABASE_URL": database_url(), "KAIBO_SECRET_KEY": django_settings.SECRET_KEY}
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), str(run.pk), str(django_settings.ENV.data), reader], env=environ, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.fixture
def committed(transactional_db):
    make_table()
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {TABLE}")


def children_of(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []


def is_reading(pid: int) -> bool:
    """A process of that id that reads for an import; a dead one that nobody has seen off yet has no command line."""
    try:
        return b"intake.reader" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def wait_until_gone(pids: set[int], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while any(map(is_reading, pids)):
        assert time.monotonic() < until, "a reading process outlived who started it"
        time.sleep(0.05)


@pytest.mark.processes
@pytest.mark.parametrize("reader", ["thread", "process"])
def test_an_import_killed_at_random_moments_ends_as_if_it_never_was(committed, reader):
    file = csv_bytes(*lines())
    run = services.start_import(actor=ALICE, kind_key=KIND[reader], chunks=[file], file_name="a.csv", platform="", shop_id=SHOP, now=NOW)
    chance = random.Random(20261122)
    positions = []
    readers: set[int] = set()
    for target in sorted(chance.sample(range(100, ROWS - 1_500), KILLS[reader])):
        process = start(run, reader)
        while process.poll() is None and ImportRun.objects.get(pk=run.pk).position < target:
            time.sleep(0.002)
        time.sleep(chance.uniform(0, 0.02))  # somewhere inside the next batch
        readers |= {child for child in children_of(process.pid) if is_reading(child)}
        process.send_signal(signal.SIGKILL)
        process.wait()
        run.refresh_from_db()
        positions.append(run.position)
        assert (run.state, run.rows_read) == ("running", run.position)
    assert positions == sorted(positions)
    if sys.platform == "linux":
        assert len(readers) == (KILLS[reader] if reader == "process" else 0)
    wait_until_gone(readers)
    assert start(run, reader).wait(timeout=60) == 0
    run.refresh_from_db()
    wrong = ROWS // 50
    assert (run.state, run.rows_total) == ("done", ROWS + ROWS // 500)
    assert counts(run) == (ROWS + ROWS // 500, ROWS - wrong, 0, ROWS // 500, wrong)
    numbers = [number for number in range(ROWS) if number % 50]
    assert contents() == [(f"69{number:017d}", f"大衣{number}", number * 100 + 50, 1, f"13800{number:06d}") for number in numbers]
    assert QuarantinedRow.objects.filter(run=run, state="waiting").count() == wrong
    assert QuarantinedRow.objects.values("row_number").distinct().count() == wrong


@pytest.mark.processes
def test_two_processes_on_one_run_take_every_row_once(committed):
    run = services.start_import(actor=ALICE, kind_key="handed_parcels", chunks=[csv_bytes(*lines())], file_name="a.csv", platform="", shop_id=SHOP, now=NOW)
    both = [start(run, "thread"), start(run, "process")]
    codes = sorted(process.wait(timeout=60) for process in both)
    run.refresh_from_db()
    assert codes[0] == 0
    assert (run.state, run.rows_new, run.rows_quarantined) == ("done", ROWS - ROWS // 50, ROWS // 50)


@pytest.mark.django_db
def test_a_run_without_a_heartbeat_is_queued_again_once(parcels):
    run = services.start_import(actor=ALICE, kind_key="parcels", chunks=[csv_bytes()], file_name="a.csv", platform="", shop_id=SHOP, now=NOW)
    assert jobs.resume_stalled(NOW) == 0
    ImportRun.objects.update(state="running", beat_at=NOW)
    assert jobs.resume_stalled(NOW + timedelta(seconds=30)) == 0
    later = NOW + timedelta(minutes=5)
    assert [jobs.resume_stalled(later), jobs.resume_stalled(later)] == [1, 0]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'intake.run_import' AND args->>'run_id' = %s", [str(run.pk)])
        assert cursor.fetchone() == (1,)
    assert engine.run_import(run.pk, clock=lambda: later).state == "done"
