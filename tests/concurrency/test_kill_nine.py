"""
A whole shop under kill -9: a real `kaibo up`, a live session, viewers who claim all the time, and every process of it
killed at random moments, again and again. What a viewer was told stays true, once.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psycopg
import pytest

from kaibo.database import embedded
from tests.make.claimers import Claimers
from tests.make.processes import ROOT, children_of, copy_of, end, health, is_alive, surroundings, until, verb

pytestmark = [pytest.mark.processes, pytest.mark.timeout(1200)]

KILLS = 50
UNITS = 10_000
MOST_SECONDS = 600  # a quiet machine of two cores needs about two minutes
DOORS = {"serve": "CONSOLE", "room": "ROOM", "work": "WORK"}
WEIGHTS = {"room": 5, "work": 2, "serve": 2}
# `up` itself; only its patience with what crashes again and again is turned off (tests/cli/test_supervisor.py is about that)
UP = "import sys; from kaibo.cli import main, supervisor; supervisor.STEADY_AFTER_SECONDS = 0.0; sys.exit(main.main(['up', '--quiet']))"


class Shop:
    """An `up` on a data folder of its own, and what was done to it."""

    def __init__(self, data: Path) -> None:
        self.environment = surroundings(data)
        self.environment["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
        self.place = embedded.Place(data)
        self.kills: Counter[str] = Counter()
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        self.process = subprocess.Popen([sys.executable, "-P", "-c", UP], env=self.environment, stderr=subprocess.DEVNULL)

    def is_open(self, doors=tuple(DOORS.values())) -> bool:
        assert self.process.poll() is None, f"up ended with {self.process.returncode}"
        return all(health(self.environment, door) == 200 for door in doors)

    def kill(self, name: str) -> bool:
        """Kill one process this very moment; False when it is not there to be killed."""
        pid = children_of(self.process.pid).get(name)
        if pid is None:
            return False
        os.kill(pid, signal.SIGKILL)
        self.kills[name] += 1
        return True

    def kill_supervisor(self) -> None:
        children = children_of(self.process.pid)
        end(self.process, signal.SIGKILL)
        self.kills["up"] += 1
        until(lambda: not any(map(is_alive, children.values())), 30)
        self.start()

    def kill_database(self) -> None:
        if pid := embedded.status(self.place).pid:
            os.kill(pid, signal.SIGKILL)
            self.kills["postgres"] += 1
            until(lambda: embedded.status(self.place).pid not in {None, pid}, 60)

    def put_on_sale(self) -> dict[str, str]:
        command = [sys.executable, "-m", "tests.make.shop_on_sale", str(UNITS)]
        done = subprocess.run(command, env=self.environment, cwd=ROOT, text=True, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def check(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(verb("check"), env=self.environment, text=True, capture_output=True, check=False)

    def ask(self, query: str, *values) -> list[tuple]:
        with psycopg.connect(self.place.url) as connection:
            return connection.execute(query, values).fetchall()

    @property
    def killed(self) -> int:
        return sum(self.kills[name] for name in DOORS)


@pytest.fixture
def shop(migrated, tmp_path):
    made = Shop(copy_of(migrated, tmp_path / "var"))
    made.start()
    try:
        until(made.is_open, 120)
        yield made
    finally:
        end(made.process)
        with contextlib.suppress(Exception):
            embedded.stop(made.place)


def kill_at_random(shop: Shop, chance: random.Random) -> None:
    """One after the other until KILLS; mostly whole processes, sometimes one that is just starting, now and then `up` or the database."""
    began = time.monotonic()
    while shop.killed < KILLS and time.monotonic() - began < MOST_SECONDS:
        time.sleep(chance.uniform(0.0, 0.6))
        victims = list(dict.fromkeys(chance.choices(list(WEIGHTS), list(WEIGHTS.values()), k=chance.randint(1, 4))))
        for name in victims:
            shop.kill(name)
            time.sleep(chance.uniform(0.0, 0.2))
        if chance.random() < 0.2:  # killed again while it starts
            time.sleep(chance.uniform(0.5, 1.5))
            shop.kill(victims[0])
        if shop.killed // 16 > shop.kills["up"]:
            shop.kill_supervisor()
        elif shop.killed // 13 > shop.kills["postgres"]:
            shop.kill_database()
        until(shop.is_open, 120)


async def play(shop: Shop, claimers: Claimers, chance: random.Random) -> None:
    crowd = asyncio.create_task(claimers.run())
    await asyncio.to_thread(kill_at_random, shop, chance)
    claimers.quantities = (60, 99)  # the rush for the rest, while the room is killed twice more
    for _ in range(2):
        await asyncio.sleep(1)
        shop.kill("room")
        await asyncio.to_thread(until, shop.is_open, 120)
    while not claimers.seen["sold_out"] and not crowd.done():
        await asyncio.sleep(0.1)
    claimers.stopping = True
    await crowd


def test_whatever_is_killed_every_acknowledged_claim_becomes_one_order_and_nothing_is_oversold(shop):
    seed = int(os.environ.get("KILL_SEED", time.time()))
    on_sale = shop.put_on_sale()
    claimers = Claimers(f"http://127.0.0.1:{shop.environment['KAIBO_ROOM_PORT']}", **on_sale, seed=seed)
    began = time.monotonic()
    asyncio.run(play(shop, claimers, random.Random(seed)))
    shop.kill_supervisor()
    until(shop.is_open, 120)
    until(lambda: shop.ask("select count(*) from room.claims where settled_at is null") == [(0,)], 120)
    print(f"\nseed {seed}: killed {dict(shop.kills)} in {time.monotonic() - began:.0f} s; answers {dict(claimers.seen)}")

    assert shop.killed >= KILLS
    assert claimers.twice == []
    claims = {who: told for who, told in claimers.told.items() if told.result == "claimed"}
    assert len(claims) > 200
    stored = {
        (visitor, key): (str(claim), quantity, amount)
        for visitor, key, claim, quantity, amount in shop.ask("select visitor, key, claim, quantity, amount_fen from room.claims")
    }
    assert stored == {who: (told.claim, told.quantity, told.amount_fen) for who, told in claims.items()}
    assert all(told.amount_fen == told.quantity * 59_900 for told in claims.values())
    orders = shop.ask(
        """select o.id::text, o.amount_fen, sum(l.quantity)::int from orders_order o join orders_orderline l on l.order_id = o.id
            group by o.id, o.amount_fen"""
    )
    assert sorted(orders) == sorted((told.claim, told.amount_fen, told.quantity) for told in claims.values())
    sold = sum(told.quantity for told in claims.values())
    [(stock, claimed, left)] = shop.ask("select stock_units, claimed_units, left_units from room.items")
    assert (stock, claimed, left) == (UNITS, sold, UNITS - sold)
    assert 0 <= left < 99
    assert shop.ask("select quantity, settled from stock_allotment") == [(UNITS, sold)]
    done = shop.check()
    assert (done.returncode, done.stdout) == (0, ""), done.stdout
