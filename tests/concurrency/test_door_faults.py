"""
The door dies, its line is cut, its database dies or falls asleep: an independent checker, which reads only what clients
were told and the ledger, finds nothing lost, doubled or oversold – and finds each bug that is planted (LIV-11).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from kaibo.database import embedded
from kaibo.room import batching, ledger
from kaibo.room.audit import differences
from kaibo.room.claims import Door
from kaibo.room.ledger import Ask, Outcome
from kaibo.room.schema import migrate
from tests.concurrency.door_house import (
    Clients,
    FaultyLine,
    claim_all,
    claim_until_answered,
    door_in_a_child,
    heard_from,
    socket_of,
)
from tests.room.house import database_name, drop_database, make_sale, own_database

pytestmark = pytest.mark.processes

CYCLES = int(os.environ.get("KAIBO_KILL_CYCLES", "100"))
"""How often a door process is killed; KAIBO_KILL_CYCLES=1000 for the long run."""


@pytest.fixture(scope="module")
def dsn():
    made = own_database(database_name("faults"))
    yield made
    drop_database(made)


def proof(clients):
    """The checker's verdict, and the ledger's own proof of its totals."""
    with psycopg.connect(clients.sale.dsn) as connection, connection.cursor() as cur:
        own = [one for one in differences(cur) if clients.sale.item in one.subject or clients.sale.room in one.subject]
    return clients.verdict(), own


def assert_exact(clients, *, sold):
    verdict, own = proof(clients)
    assert own == []
    assert (verdict.lost, verdict.doubled, verdict.oversold_units) == (0, 0, 0)
    assert verdict.acknowledged >= sold
    assert clients.sale.one("select count(*) from room.claims where room = %s", clients.sale.room) == sold


def test_a_door_killed_again_and_again_keeps_every_promise(dsn, tmp_path):
    """Each cycle a fresh door process is killed at another moment of its work; unanswered keys are asked again of the next."""
    chance = random.Random(20261122)
    stock = CYCLES * 12
    clients = Clients(make_sale(dsn, units=stock), tmp_path / "clients.log")
    waiting: list[str] = []
    cut_short = 0
    for cycle in range(CYCLES):
        waiting += [f"c{cycle}-{n}" for n in range(15)]
        pid, reading = door_in_a_child(dsn, clients.asks(waiting[:60]))
        time.sleep(chance.uniform(0.0, 0.08))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        heard_from(reading, clients)
        cut_short += any(key not in clients.answered for key in waiting[:60])
        waiting = [key for key in waiting if key not in clients.answered]
    while waiting:
        pid, reading = door_in_a_child(dsn, clients.asks(waiting[:1000]))
        os.waitpid(pid, 0)
        heard_from(reading, clients)
        waiting = [key for key in waiting if key not in clients.answered]
    assert cut_short > CYCLES // 4, "the kills came too late to matter"
    assert len(clients.answered) == CYCLES * 15
    assert_exact(clients, sold=stock)
    print(f"\n{CYCLES} kills, {cut_short} of them with asks in hand, {clients.verdict()}")


@pytest.mark.parametrize("way", ["up", "down"])
def test_a_line_cut_at_every_point_of_a_batch_loses_and_doubles_nothing(dsn, tmp_path, way):
    """The line to the ledger breaks after each possible number of bytes (in steps) of one batch, asked or answered."""
    clients = Clients(make_sale(dsn, units=100_000), tmp_path / "clients.log")

    async def play():
        with tempfile.TemporaryDirectory(prefix="kb-") as folder:
            async with FaultyLine(Path(folder), socket_of(dsn)).open() as line:
                door = Door(line.dsn(dsn))
                await door.start()
                try:
                    for n in range(3):  # the statement is prepared from the second time on
                        line.arm()
                        await claim_all(door, clients, [f"warm{n}-{k}" for k in range(5)])
                    whole = line.passed_up if way == "up" else line.passed_down
                    points = sorted({*range(0, whole, max(1, whole // 40)), *range(max(0, whole - 8), whole)})
                    for point in points:
                        # a new connection asks with a longer, unprepared statement first: warm it up uncut
                        await claim_until_answered(door, clients, [f"calm{point}-{n}-{k}" for n in range(2) for k in range(2)])
                        line.arm(**{way: point})
                        await claim_until_answered(door, clients, [f"cut{point}-{k}" for k in range(5)])
                    return line.cuts, len(points)
                finally:
                    await door.stop()

    cuts, points = asyncio.run(play())
    assert cuts >= points // 2
    assert_exact(clients, sold=len(clients.answered))


@pytest.fixture(scope="module")
def own_server():
    """A PostgreSQL of this test's own, which may be killed."""
    with tempfile.TemporaryDirectory(prefix="kb-") as folder:
        place = embedded.Place(Path(folder))
        embedded.start(place)
        migrate(place.url)
        try:
            yield place
        finally:
            with contextlib.suppress(Exception):
                embedded.stop(place)


def test_a_database_killed_restarted_and_put_to_sleep_keeps_every_promise(own_server, tmp_path, monkeypatch):
    monkeypatch.setattr(batching, "COMMIT_SECONDS", 0.4)
    clients = Clients(make_sale(own_server.url, units=100_000), tmp_path / "clients.log")

    def kill_and_start():
        os.kill(embedded.status(own_server).pid, signal.SIGKILL)
        embedded.start(own_server)

    def stop_and_start():
        embedded.stop(own_server)
        embedded.start(own_server)

    def sleep_and_wake():
        with psycopg.connect(own_server.url) as connection:
            found = connection.execute("select pid from pg_stat_activity where application_name = 'kaibo-room-claims'").fetchall()
        for (pid,) in found:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(1.5)  # longer than a commit may take: the door gives the line up and asks on another
        for (pid,) in found:
            os.kill(pid, signal.SIGCONT)

    async def play():
        door = Door(own_server.url)
        await door.start()
        try:
            for number, trouble in enumerate((kill_and_start, sleep_and_wake, stop_and_start, kill_and_start)):
                crowd = [
                    asyncio.create_task(claim_until_answered(door, clients, [f"t{number}-{viewer}-{n}" for n in range(40)], seconds=90))
                    for viewer in range(10)
                ]
                await asyncio.to_thread(trouble)
                await asyncio.gather(*crowd)
                await claim_until_answered(door, clients, [f"after{number}-{n}" for n in range(10)])
        finally:
            await door.stop()

    asyncio.run(play())
    assert len(clients.answered) == 4 * (400 + 10)
    assert_exact(clients, sold=4 * 410)


def test_an_ask_in_hand_while_the_ledger_sleeps_gets_one_true_answer(own_server, tmp_path, monkeypatch):
    """The commit itself is asleep when the door gives up on it; awake again it must not sell a second time."""
    monkeypatch.setattr(batching, "COMMIT_SECONDS", 0.5)
    clients = Clients(make_sale(own_server.url, units=10), tmp_path / "clients.log")

    async def play():
        door = Door(own_server.url)
        await door.start()
        try:
            await claim_all(door, clients, ["first"])
            pid = door._sale._connection.info.backend_pid
            os.kill(pid, signal.SIGSTOP)
            try:
                [answer] = await claim_all(door, clients, ["second"])  # answered by another connection
            finally:
                os.kill(pid, signal.SIGCONT)
            await claim_all(door, clients, ["second", "third"])
            return answer
        finally:
            await door.stop()

    answer = asyncio.run(play())
    assert answer.result == "claimed"
    assert len(clients.log.read_text().splitlines()) == 4
    assert_exact(clients, sold=3)


# ── planted bugs: a checker that cannot find them proves nothing ──────────────────────────────────────────────────────


def test_an_answer_before_the_commit_is_caught(dsn, tmp_path, monkeypatch):
    """The planted door promises before it commits, and its line dies in between."""
    clients = Clients(make_sale(dsn, units=100), tmp_path / "clients.log")

    async def promising(connection, asks):
        await connection.close()
        return [Outcome("claimed", ask.attempt, 5990, None, False, 50) for ask in asks]

    async def play():
        door = Door(dsn)
        monkeypatch.setattr(door._sale, "_commit", promising)
        await door.start()
        try:
            await claim_all(door, clients, [f"k{n}" for n in range(7)])
        finally:
            await door.stop()

    asyncio.run(play())
    verdict, _ = proof(clients)
    assert (verdict.acknowledged, verdict.lost) == (7, 7)


def planted(dsn, *changes):
    """`room.admit` with parts of its source replaced."""
    with psycopg.connect(dsn) as connection:
        source = connection.execute("select pg_get_functiondef('room.admit'::regproc)").fetchone()[0]
    for old, new in changes:
        assert source.count(old) >= 1, old
        source = source.replace(old, new)
    return source


@pytest.fixture
def spoilt():
    """A database of its own: what is planted in it harms nobody."""
    made = own_database(database_name("spoilt"))
    yield made
    drop_database(made)


def test_dropped_deduplication_is_caught(spoilt, tmp_path):
    """The ledger forgets which keys it knows, and the constraint that would notice is gone too: one key buys twice."""
    clients = Clients(make_sale(spoilt, units=100), tmp_path / "clients.log")
    with psycopg.connect(spoilt) as connection:
        connection.execute(planted(spoilt, ("v_results[v_no] := 'known';\n        v_known := true;", "null;")))
        connection.execute("alter table room.answers drop constraint one_answer_for_each_key")

    async def play():
        door = Door(spoilt)
        await door.start()
        try:
            for _ in range(2):
                await claim_all(door, clients, ["same"])
        finally:
            await door.stop()

    asyncio.run(play())
    verdict, _ = proof(clients)
    assert verdict.doubled >= 1


def test_a_skipped_lock_is_caught(spoilt, tmp_path):
    """Without the lock two doors read the same level and both sell it; without the CHECK nothing else would notice."""
    clients = Clients(make_sale(spoilt, units=60), tmp_path / "clients.log")
    with psycopg.connect(spoilt) as connection:
        connection.execute(
            planted(
                spoilt,
                ("order by i.item for no key update", "order by i.item"),
                ("v_start := v_left;", "v_start := v_left; perform pg_sleep(1.5);"),
            )
        )
        for (name,) in connection.execute(
            "select conname from pg_constraint where conrelid = 'room.items'::regclass and contype = 'c' and pg_get_constraintdef(oid) like '%left_units%'"
        ).fetchall():
            connection.execute(f'alter table room.items drop constraint "{name}"')

    async def play():
        doors = [Door(spoilt), Door(spoilt)]
        for door in doors:
            await door.start()
        try:
            await asyncio.gather(*(claim_all(door, clients, [f"d{n}-{k}" for k in range(60)]) for n, door in enumerate(doors)))
        finally:
            for door in doors:
                await door.stop()

    asyncio.run(play())
    verdict, own = proof(clients)
    assert verdict.oversold_units > 0
    assert own != []


def test_a_full_disk_refuses_and_sells_nothing(own_server, tmp_path):
    """
    PostgreSQL answers "no space left" as it does on a full disk (class 53); the door says 503, the ledger stays as it was.

    A really full file system needs a mount of its own; where the machine allows none, the error is raised inside the commit.
    """
    clients = Clients(make_sale(own_server.url, units=100), tmp_path / "clients.log")
    with psycopg.connect(own_server.url) as connection:
        connection.execute(
            """create function disk_is_full() returns trigger language plpgsql as $$ begin
                 raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$;
               create trigger full_disk before insert on room.answers for each statement execute function disk_is_full()"""
        )

    async def play():
        door = Door(own_server.url)
        await door.start()
        try:
            refused = await claim_all(door, clients, [f"k{n}" for n in range(5)])
            with psycopg.connect(own_server.url) as connection:
                connection.execute("drop trigger full_disk on room.answers")
            await claim_until_answered(door, clients, [f"k{n}" for n in range(5)])
            return refused
        finally:
            await door.stop()

    refused = asyncio.run(play())
    assert {one.code for one in refused} == {"ledger_away"}
    assert_exact(clients, sold=5)
