"""Many claimers, several room processes, killed connections: the counts stay exact (LIV-4, LIV-11)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from pathlib import Path

import httpx
import psycopg
import pytest

from kaibo.kit.ids import new_id
from kaibo.room import backoffice, batching, claims, ledger
from kaibo.room.audit import audit, differences
from kaibo.room.claims import Door
from kaibo.room.ledger import Ask
from kaibo.room.refusals import LedgerAway, OutcomeUnknown
from tests.make.processes import free_ports
from tests.room.house import Viewer, database_name, drop_database, make_sale, own_database

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def dsn():
    made = own_database(database_name("fire"))
    yield made
    drop_database(made)


@pytest.fixture(autouse=True)
def _a_few_visitors_stand_for_many(monkeypatch):
    monkeypatch.setattr(claims, "MOST_WAITING_OF_A_VISITOR", 10_000)


def counted(sale):
    with psycopg.connect(sale.dsn) as connection, connection.cursor() as cur:
        assert differences(cur) == []
        return audit(cur, sale.room)


def asks_for(sale, count, *, visitors=50, quantity=1, prefix="k"):
    return [
        Ask(sale.room, f"v{n % visitors}", f"{prefix}{n}", uuid.UUID(sale.item), quantity, new_id()) for n in range(count)
    ]


async def ask_all(door, asks):
    return await asyncio.gather(*(door.claim(ask) for ask in asks), return_exceptions=True)


def test_several_doors_sell_every_unit_once_and_answer_every_key_the_same(dsn):
    """Three writers, each asked the same 900 keys in another order: 400 units, 900 keys, no more, no less."""
    sale = make_sale(dsn, units=400, limit_per_visitor=10)

    async def play():
        doors = [Door(dsn) for _ in range(3)]
        for door in doors:
            await door.start()
        try:
            keys = [asks_for(sale, 900) for _ in doors]
            keys[1].reverse()
            keys[2] = keys[2][450:] + keys[2][:450]
            return keys, await asyncio.gather(*(ask_all(door, asks) for door, asks in zip(doors, keys, strict=True)))
        finally:
            for door in doors:
                await door.stop()

    keys, outcomes = asyncio.run(play())
    by_key: dict[str, set] = {}
    for asks, answers in zip(keys, outcomes, strict=True):
        for ask, answer in zip(asks, answers, strict=True):
            by_key.setdefault(ask.key, set()).add((answer.result, answer.claim))
    assert len(by_key) == 900
    assert all(len(answers) == 1 for answers in by_key.values())
    results = Counter(next(iter(answers))[0] for answers in by_key.values())
    assert results["claimed"] == 400
    assert sum(results.values()) == 900
    assert counted(sale) == {"stock": 400, "claimed": 400, "left": 0, "claims": 400, "duplicates_answered": 1800}
    assert sale.one("select max(units) from room.visitor_units where item = %s", sale.item) <= 10


def test_closing_while_everybody_claims_leaves_no_unit_unaccounted(dsn):
    sale = make_sale(dsn, units=5000)

    async def play():
        door = Door(dsn)
        await door.start()
        try:
            running = asyncio.create_task(ask_all(door, asks_for(sale, 3000)))
            await asyncio.sleep(0.03)
            leftover = await asyncio.to_thread(sale.do, backoffice.close_item, room=sale.room, item=sale.item)
            return leftover, await running
        finally:
            await door.stop()

    leftover, answers = asyncio.run(play())
    results = Counter(answer.result for answer in answers)
    assert results["claimed"] + leftover == 5000
    assert results["claimed"] + results["not_on_sale"] == 3000
    assert counted(sale)["claimed"] == results["claimed"]


def test_a_connection_killed_in_the_middle_of_commits_loses_and_doubles_nothing(dsn):
    """The writer's backend is terminated again and again; each ask still gets one true answer."""
    sale = make_sale(dsn, units=100_000)

    killed: list[int] = []

    async def kill(stopped):
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
            while not stopped.is_set():
                cursor = await connection.execute(
                    """select count(*) filter (where pg_terminate_backend(pid)) from pg_stat_activity
                        where application_name = 'kaibo-room-claims' and datname = current_database()
                          and state = 'active'"""
                )
                killed.append((await cursor.fetchone())[0])
                await asyncio.sleep(0.15 if sum(killed) else 0.01)  # the first is looked for eagerly, however fast the machine

    async def play():
        door = Door(dsn)
        await door.start()
        stopped = asyncio.Event()
        killing = asyncio.create_task(kill(stopped))
        answers = []
        try:
            for round_number in range(200):
                answers.append(await ask_all(door, asks_for(sale, 400, prefix=f"r{round_number}-")))
                if round_number >= 20 and sum(killed) >= 3:
                    break
        finally:
            stopped.set()
            await killing
            await door.stop()
        return [one for batch in answers for one in batch]

    answers = asyncio.run(play())
    assert sum(killed) >= 3
    claimed = [answer.claim for answer in answers if not isinstance(answer, BaseException)]
    refused = [answer for answer in answers if isinstance(answer, BaseException)]
    # LedgerAway means that nothing was sold; anything else would be a guess
    assert {type(one) for one in refused} <= {LedgerAway}
    stored = {row[0] for row in sale.ask("select claim from room.claims where room = %s", sale.room)}
    assert set(claimed) == stored
    assert len(claimed) == len(stored)
    assert counted(sale)["duplicates_answered"] == 0


@pytest.mark.parametrize("committed", [True, False])
def test_an_unknown_outcome_is_looked_up_by_key(dsn, committed, monkeypatch):
    """The connection dies right after, or right before, the commit: the same claim id is the answer either way."""
    sale = make_sale(dsn, units=10)
    real = ledger.admit
    calls = []

    async def dying(connection, asks):
        calls.append(len(asks))
        if len(calls) > 1:
            return await real(connection, asks)
        if committed:
            await real(connection, asks)
        await connection.close()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    async def play():
        door = Door(dsn)
        monkeypatch.setattr(door._sale, "_commit", dying)
        await door.start()
        try:
            ask = asks_for(sale, 1, quantity=4)[0]
            return ask, await door.claim(ask)
        finally:
            await door.stop()

    ask, outcome = asyncio.run(play())
    assert (outcome.result, outcome.claim, outcome.is_repeat) == ("claimed", ask.attempt, False)
    assert len(calls) == 2
    assert counted(sale) == {"stock": 10, "claimed": 4, "left": 6, "claims": 1, "duplicates_answered": 0}


def test_a_database_that_stays_away_is_said_to_be_away_and_sells_nothing(dsn, monkeypatch):
    monkeypatch.setattr(batching, "RESOLVE_SECONDS", 0.5)
    sale = make_sale(dsn, units=10)

    async def gone(dsn, name):
        raise psycopg.OperationalError("could not connect")

    async def play():
        door = Door(dsn)
        await door.start()
        first = await door.claim(asks_for(sale, 1)[0])
        await door._sale._connection.close()
        monkeypatch.setattr(ledger, "connect", gone)
        away = await ask_all(door, asks_for(sale, 20, prefix="away"))
        assert not door.is_ready
        await door.stop()
        return first, away

    first, away = asyncio.run(play())
    assert first.result == "claimed"
    assert {type(one) for one in away} <= {LedgerAway, OutcomeUnknown}
    assert counted(sale)["claims"] == 1


def test_an_item_held_by_a_long_transaction_refuses_and_recovers(dsn, monkeypatch):
    monkeypatch.setattr(ledger, "LOCK_TIMEOUT_MS", 100)
    sale = make_sale(dsn, units=10)

    async def play():
        door = Door(dsn)
        await door.start()
        try:
            with psycopg.connect(dsn) as holding:
                holding.execute("select 1 from room.items where item = %s for update", (sale.item,))
                held = await ask_all(door, asks_for(sale, 5))
            after = await ask_all(door, asks_for(sale, 5))
            return held, after
        finally:
            await door.stop()

    held, after = asyncio.run(play())
    assert {type(one) for one in held} == {LedgerAway}
    assert [one.result for one in after] == ["claimed"] * 5
    assert counted(sale)["claimed"] == 5


def test_an_error_at_the_commit_itself_is_no_success(dsn):
    """A deferred constraint that fails at COMMIT must reach the viewer as a refusal."""
    sale = make_sale(dsn, units=10)
    with psycopg.connect(dsn) as connection:
        connection.execute(
            """create function refuse_commit() returns trigger language plpgsql as $$
               begin if new.visitor = 'v0' then raise exception 'no room on disk'; end if; return new; end $$;
               create constraint trigger planted after insert on room.answers deferrable initially deferred
               for each row execute function refuse_commit()"""
        )

    async def play():
        door = Door(dsn)
        await door.start()
        try:
            return await ask_all(door, asks_for(sale, 1)), await ask_all(door, [Ask(sale.room, "v1", "k", uuid.UUID(sale.item), 1, new_id())])
        finally:
            await door.stop()

    try:
        refused, fine = asyncio.run(play())
    finally:
        with psycopg.connect(dsn) as connection:
            connection.execute("drop trigger planted on room.answers; drop function refuse_commit()")
    assert [type(one) for one in refused] == [LedgerAway]
    assert [one.result for one in fine] == ["claimed"]
    assert counted(sale)["claims"] == 1


def test_a_planted_oversale_is_caught(dsn):
    """Take the lock out of the ledger and let two doors read the same level: the database refuses what the rule let through."""
    sale = make_sale(dsn, units=60)
    with psycopg.connect(dsn) as connection:
        source = connection.execute("select pg_get_functiondef('room.admit'::regproc)").fetchone()[0]
        planted = source.replace("order by i.item for no key update", "order by i.item").replace(
            "v_start := v_left;", "v_start := v_left; perform pg_sleep(0.3);"
        )
        assert planted.count("pg_sleep") == 1 and "for no key update" not in planted
        connection.execute(planted)

    async def play():
        doors = [Door(dsn), Door(dsn)]
        for door in doors:
            await door.start()
        try:
            return await asyncio.gather(*(ask_all(door, asks_for(sale, 60, prefix=f"d{n}-")) for n, door in enumerate(doors)))
        finally:
            for door in doors:
                await door.stop()

    try:
        answers = asyncio.run(play())
    finally:
        with psycopg.connect(dsn) as connection:
            connection.execute(source)
    told = Counter(getattr(one, "result", type(one).__name__) for batch in answers for one in batch)
    with psycopg.connect(dsn) as connection, connection.cursor() as cur:
        wrong = differences(cur)
        connection.execute("delete from room.answers where room = %s", (sale.room,))
        connection.execute("delete from room.tallies where room = %s", (sale.room,))
        connection.execute("delete from room.movements where item = %s", (sale.item,))
        connection.execute("delete from room.events where room = %s", (sale.room,))
        connection.execute("delete from room.announced_stock where item = %s", (sale.item,))
        connection.execute("delete from room.items where room = %s", (sale.room,))
        connection.execute("delete from room.rooms where room = %s", (sale.room,))
    assert told["claimed"] > 60 or wrong or told["LedgerAway"] > 0


def start_room(dsn, port, data):
    environment = {
        **os.environ, "KAIBO_DATABASE_URL": dsn, "KAIBO_DATA": str(data), "KAIBO_ROOM_PORT": str(port),
        "PYTHONPATH": str(Path(__file__).resolve().parents[2] / "src"),
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, "-m", "kaibo.cli.room"], env=environment, stderr=subprocess.DEVNULL)
    give_up_at = time.monotonic() + 120
    while time.monotonic() < give_up_at:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200:
                return process
        time.sleep(0.05)
    process.kill()
    raise AssertionError("the room process did not start")


def test_two_room_processes_killed_in_turn_lose_no_acknowledged_claim(dsn, tmp_path):
    """kill -9 of a room process with claims running: what was acknowledged is in the ledger, nothing is doubled."""
    sale = make_sale(dsn, units=100_000, is_bench=True)
    ports = free_ports(2)
    running = [start_room(dsn, port, tmp_path) for port in ports]
    acknowledged: list[str] = []
    tries = Counter()

    async def claimer(number, token, stopped):
        async with httpx.AsyncClient(timeout=5) as http:
            count = 0
            while not stopped.is_set():
                key = f"c{number}-{count}"
                for attempt in range(60):  # the same key until there is an answer, at either process
                    port = ports[(number + attempt) % 2]
                    try:
                        answer = await http.post(
                            f"http://127.0.0.1:{port}/rooms/{sale.room}/claims",
                            json={"item": sale.item, "quantity": 1},
                            headers={"Authorization": f"Bearer {token}", "Idempotency-Key": key},
                        )
                    except httpx.HTTPError:
                        tries["lost"] += 1
                        await asyncio.sleep(0.05)
                        continue
                    if answer.status_code == 201:
                        acknowledged.append((key, answer.json()["claim"]))
                        break
                    tries[answer.status_code] += 1
                    await asyncio.sleep(0.05)
                count += 1

    async def play():
        tokens = [Viewer(f"http://127.0.0.1:{ports[0]}", sale.room).token for _ in range(12)]
        stopped = asyncio.Event()
        claimers = [asyncio.create_task(claimer(n, token, stopped)) for n, token in enumerate(tokens)]
        for turn in range(4):
            await asyncio.sleep(0.4)
            running[turn % 2].send_signal(signal.SIGKILL)
            running[turn % 2].wait()
            running[turn % 2] = await asyncio.to_thread(start_room, dsn, ports[turn % 2], tmp_path)
        stopped.set()
        await asyncio.gather(*claimers)

    try:
        asyncio.run(play())
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(10)
    stored = {key: str(claim) for key, claim in sale.ask("select key, claim from room.claims where room = %s", sale.room)}
    assert len(acknowledged) > 100
    assert tries["lost"] > 0
    assert len({key for key, _ in acknowledged}) == len(acknowledged)
    assert {key: stored.get(key) for key, _ in acknowledged} == dict(acknowledged)
    # at most one key of each claimer was still without an answer when everything stopped
    assert set(stored) - {key for key, _ in acknowledged} == set()
    assert counted(sale)["claimed"] == len(acknowledged)


def test_a_room_process_stops_cleanly_on_sigterm(dsn, tmp_path):
    sale = make_sale(dsn, units=5, is_bench=True)
    [port] = free_ports(1)
    process = start_room(dsn, port, tmp_path)
    viewer = Viewer(f"http://127.0.0.1:{port}", sale.room)
    assert viewer.claim(sale.item).status_code == 201
    with httpx.stream("GET", f"http://127.0.0.1:{port}/rooms/{sale.room}/stream", timeout=10) as answer:
        lines = answer.iter_lines()
        next(lines)
        began = time.monotonic()
        process.terminate()
        for _ in lines:
            pass
    assert process.wait(10) == 0
    assert time.monotonic() - began < 5
    assert counted(sale)["claims"] == 1
