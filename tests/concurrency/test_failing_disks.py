"""
Disks that fail under the room for real: the kernel refuses to sync (strace), a file system is full to its last byte.

Nothing is answered that is not durable, nothing answered is lost, and it goes on by itself when the disk does (LIV-11, INS-1).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import subprocess
import tempfile
from pathlib import Path

import httpx
import psycopg
import pytest

from kaibo.database import embedded
from kaibo.database.complaints import DatabaseDiskFull
from kaibo.lake import reading, segments
from kaibo.lake.append import Journal
from kaibo.lake.segments import payload_of, record_of
from kaibo.room.claims import Door
from kaibo.room.schema import migrate
from tests.concurrency.door_house import Clients, claim_all, claim_until_answered
from tests.concurrency.test_door_faults import assert_exact
from tests.lake.makers import make_event
from tests.make.bad_disks import SYNCS, WRITES, filled, mounted, need_strace, refused
from tests.make.room_process import RoomProcess, batch, visitor
from tests.room.house import database_name, drop_database, make_sale, own_database

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def dsn():
    made = own_database(database_name("bad_disks"))
    yield made
    drop_database(made)


@contextlib.contextmanager
def running_room(dsn, data):
    process = RoomProcess(dsn, data)
    try:
        process.start()
        yield process
    finally:
        process.kill()


def counted(http, *ids):
    """What the room said it kept, and what it knew already."""
    answer = http.post("/events", json=batch(*ids)).json()
    return answer["accepted"], answer["duplicates"]


def assert_away(answer, code):
    assert (answer.status_code, answer.json()["code"]) == (503, code)
    assert int(answer.headers["retry-after"]) >= 1


CALL = re.compile(r"(?P<call>\w+)\(\d+<(?P<path>[^>]+)>.*= (?P<result>-?\d+)")


def calls_on(log, ending):
    """(call, path, succeeded) of every traced call on files with that ending, in order."""
    found = [CALL.search(line) for line in log.read_text().splitlines()]
    return [(one["call"], one["path"], int(one["result"]) >= 0) for one in found if one and one["path"].endswith(ending)]


def test_a_sync_the_kernel_refuses_is_acknowledged_to_nobody_and_its_file_is_written_no_more(dsn, tmp_path):
    need_strace()
    sale, log = make_sale(dsn, is_bench=True), tmp_path / "calls.log"
    journal = tmp_path / "lake" / "journal"
    with running_room(dsn, tmp_path) as room, contextlib.closing(visitor(room.url, sale.room)) as http:
        assert counted(http, "a", "b") == (2, 0)
        [(spoilt, size)] = [(one, one.stat().st_size) for one in journal.glob("*/*.journal")]
        with refused([room.pid], SYNCS, "EIO", log, watch="write"):
            for ids in (("c", "d"), ("e",), ("c", "d")):
                assert_away(http.post("/events", json=batch(*ids)), "lake.events_not_written")
        told = calls_on(log, ".journal")
        assert not any(went_well for call, _, went_well in told if call != "write")
        for place, (call, path, _) in enumerate(told):
            if call != "write":
                assert ("write", path, True) not in told[place + 1 :], "written on after its sync had failed"
        assert [str(spoilt)] == [path for call, path, _ in told if call == "write"][:1]
        assert [one.name for one in journal.glob("*/*.journal")] == [spoilt.name], "a file left behind for each try"

        assert counted(http, "c", "d", "a") == (2, 1)
        assert spoilt.stat().st_size == size, "what was refused is cut off, what comes is in another segment"
        room.kill()
        room.start()
        assert counted(http, "a", "c", "e") == (1, 2)
    assert reading.figures_of(tmp_path / "lake", sale.room).event_counts == {"click": 5}


def test_what_a_killed_process_left_unsynced_is_written_anew_before_it_counts_as_known(tmp_path, monkeypatch):
    """The record stands whole in memory, nobody synced it: called "known", a power cut would lose an acknowledged event."""
    folder = tmp_path / "journal" / "room"
    folder.mkdir(parents=True)
    left = segments.segment_path(folder, 7)
    left.write_bytes(segments.MAGIC + record_of(payload_of([make_event("a")])) + b"torn")
    before, synced = left.stat().st_ino, set()
    real = os.fsync

    def fsync(handle):
        real(handle)
        synced.add(os.fstat(handle).st_ino)

    monkeypatch.setattr(os, "fsync", fsync)
    with Journal(tmp_path) as journal:
        after = left.stat().st_ino
        assert after != before and after in synced
        assert (journal.append("r1", [make_event("a"), make_event("b")]).accepted, segments.scan(left).is_torn) == (1, False)
    assert [one.name for one in folder.glob("*.afresh")] == []


@pytest.mark.parametrize("way", ["mount", "strace"])
def test_a_full_disk_refuses_events_and_takes_them_when_there_is_room(dsn, tmp_path, way):
    """On a file system of one megabyte, full to its last byte; where nobody may mount one, the kernel says so by strace."""
    sale, data = make_sale(dsn, is_bench=True), tmp_path / "data"
    data.mkdir()
    with contextlib.ExitStack() as stack:
        real = way == "mount" and stack.enter_context(mounted(data, 1))
        room = stack.enter_context(running_room(dsn, data))
        http = stack.enter_context(contextlib.closing(visitor(room.url, sale.room)))
        assert counted(http, "a") == (1, 0)
        coming = [segments.segment_path(data / "lake" / "journal" / "room", number) for number in range(1, 40)]
        full = filled(data) if real else refused([room.pid], WRITES, "ENOSPC", tmp_path / "calls.log", only=coming)
        big = [f"{n:04}-{'x' * 50}" for n in range(190)]
        with full:
            for _ in range(3):
                answer = http.post("/events", json=batch(*big))
                assert_away(answer, "lake.events_not_written")
                assert "No space left on device" in answer.json()["message"]
            assert httpx.get(f"{room.url}/rooms/{sale.room}").status_code == 200  # who watches watches on
        assert counted(http, *big, "a") == (190, 1)
        room.kill()
        room.start()
        assert counted(http, *big, "b") == (1, 190)
        assert reading.figures_of(data / "lake", sale.room).event_counts == {"click": 192}
        room.kill()


@pytest.mark.parametrize("way", ["mount", "strace"])
def test_a_database_on_a_full_disk_sells_nothing_says_so_and_goes_on(tmp_path, way):
    """The same keys are asked again and again: refused while the disk is full, answered once when there is room."""
    with contextlib.ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kb-")))
        real = way == "mount" and stack.enter_context(mounted(data, 200))
        place = embedded.Place(data / "var")
        embedded.start(place)
        stack.callback(embedded.stop, place)
        migrate(place.url)
        clients = Clients(make_sale(place.url, units=10_000), tmp_path / "clients.log")

        async def play():
            door = Door(place.url)
            await door.start()
            try:
                await claim_until_answered(door, clients, [f"before-{n}" for n in range(20)])
                with full(place, data, real, tmp_path):
                    heard = []
                    for turn in range(60):
                        heard += await claim_all(door, clients, [f"full-{turn}-{n}" for n in range(100)])
                        if any(isinstance(one, Exception) for one in heard):
                            break
                    heard += await claim_all(door, clients, [f"late-{n}" for n in range(5)])
                    told = await asyncio.to_thread(said_at_start, place, real)
                await asyncio.to_thread(embedded.start, place)
                await claim_until_answered(door, clients, [f"late-{n}" for n in range(5)])
                await claim_until_answered(door, clients, [f"full-{t}-{n}" for t in range(turn + 1) for n in range(100)])
                return [one for one in heard if isinstance(one, Exception)], told, turn
            finally:
                await door.stop()

        refusals, told, turn = asyncio.run(play())
        assert len(refusals) >= 5
        assert {one.code for one in refusals} <= {"ledger_away", "outcome_unknown"}
        assert told is None or "磁盘已满" in told.message("zh")
        assert_exact(clients, sold=20 + 5 + 100 * (turn + 1))


@contextlib.contextmanager
def full(place, data, real, tmp_path):
    """The disk of a running PostgreSQL is full: really, with what its own files still had free used up, or by strace."""
    if not real:
        found = subprocess.run(["pgrep", "-P", str(embedded.status(place).pid)], capture_output=True, text=True, check=True)
        pids = [embedded.status(place).pid, *map(int, found.stdout.split())]
        with refused(pids, WRITES, "ENOSPC", tmp_path / "calls.log"):
            yield
        return
    with filled(data):
        with contextlib.suppress(psycopg.Error), psycopg.connect(place.url, autocommit=True) as connection:
            connection.execute("create table kept (filler text)")
            while True:
                connection.execute("insert into kept select repeat(md5(i::text), 30) from generate_series(1, 1000) i")
        yield


def said_at_start(place, real):
    """What a start says while the disk is full; None where the server was able to stay up."""
    if not real or embedded.runs(place):
        return None
    with pytest.raises(DatabaseDiskFull) as complaint:
        embedded.start(place)
    return complaint.value
