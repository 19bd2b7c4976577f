"""A room process killed: the stream loses no number, the lake no acknowledged event (LIV-9, INS-1)."""

from __future__ import annotations

import contextlib
import json
import random
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from kaibo.lake import reading
from kaibo.room import backoffice
from kaibo.room.app import read_secret
from kaibo.room.tokens import Tokens
from tests.make.room_process import RoomProcess
from tests.room.house import database_name, drop_database, make_sale, own_database

pytestmark = pytest.mark.processes

@pytest.fixture(scope="module")
def dsn():
    made = own_database(database_name("stream_fire"))
    yield made
    drop_database(made)


@pytest.fixture
def room(dsn, tmp_path):
    process = RoomProcess(dsn, tmp_path)
    process.start()
    yield process
    process.kill()


class Follower(threading.Thread):
    """A reader who comes back with the last number, whatever happens to the connection."""

    def __init__(self, url: str, after: int, until: int) -> None:
        super().__init__(daemon=True)
        self.url = url
        self.numbers = [after]
        self.returns = 0
        self._until = until
        self.is_new = threading.Condition()

    def run(self) -> None:
        while self.numbers[-1] < self._until:
            with contextlib.suppress(httpx.HTTPError):
                self._read()
            self.returns += 1

    def _read(self) -> None:
        headers = {"Last-Event-ID": str(self.numbers[-1])}
        with httpx.stream("GET", self.url, headers=headers, timeout=5) as answer:
            for line in answer.iter_lines():
                if line.startswith("id: "):
                    with self.is_new:
                        self.numbers.append(int(line[4:]))
                        self.is_new.notify_all()
                assert line != "event: reset"
                if self.numbers[-1] >= self._until:
                    return

    def wait_for(self, number: int) -> None:
        with self.is_new:
            assert self.is_new.wait_for(lambda: self.numbers[-1] >= number, 30)


def test_a_reader_of_a_killed_process_misses_nothing_and_hears_nothing_twice(dsn, room):
    sale = make_sale(dsn)
    start = httpx.get(f"{room.url}/rooms/{sale.room}").json()["last_event_id"]
    follower = Follower(f"{room.url}/rooms/{sale.room}/stream", start, start + 90)
    follower.start()
    for number in range(1, 91):
        sale.do(backoffice.post_notice, room=sale.room, text=str(number))
        if number in (20, 50):
            follower.wait_for(start + number - 15)  # the reader is in the middle of it
            room.kill()
        if number in (40, 70):
            room.start()
    follower.join(30)
    assert follower.numbers == list(range(start, start + 91))
    assert follower.returns >= 2


def test_replayed_shuffled_and_doubled_events_give_the_same_figures(dsn, room, tmp_path):
    import asyncio

    signer = Tokens(asyncio.run(read_secret(dsn)))
    began = datetime.now(UTC) - timedelta(minutes=20)
    deeds = [
        (f"v{n % 37}", {"id": uuid.UUID(int=n).hex, "kind": kind, "at": (began + timedelta(seconds=n)).isoformat(), "item": item})
        for n in range(900)
        for kind in (["enter", "expose", "expose", "click", "cart", "heartbeat"][n % 6],)
        for item in (str(uuid.UUID(int=10_000 + n % 5)) if kind in ("expose", "click", "cart") else None,)
    ]
    orderly, wild = make_sale(dsn, is_bench=True), make_sale(dsn, is_bench=True)
    send(room.url, signer, orderly.room, deeds, most=100)
    chance = random.Random(20)
    mixed = deeds * 2
    chance.shuffle(mixed)
    with ThreadPoolExecutor(4) as several:
        list(several.map(lambda part: send(room.url, signer, wild.room, mixed[part::4], most=3 + 12 * part), range(4)))
    room.kill()
    room.start()
    send(room.url, signer, wild.room, deeds[::3], most=200)
    found = [reading.figures_of(tmp_path / "lake", sale.room) for sale in (orderly, wild)]
    assert sum(found[0].event_counts.values()) == 900
    assert found[0].event_counts == found[1].event_counts
    assert [(f.key, f.value) for f in found[0].figures] == [(f.key, f.value) for f in found[1].figures]
    assert (found[0].items, found[0].minutes) == (found[1].items, found[1].minutes)


def send(url: str, signer: Tokens, room: str, deeds: list, *, most: int) -> None:
    by_visitor: dict[str, list] = {}
    for who, event in deeds:
        by_visitor.setdefault(who, []).append(event)
    with httpx.Client(base_url=url, timeout=20) as http:
        for who, events in by_visitor.items():
            token = signer.issue(room, who, now_seconds=int(time.time()), visitor=who)[1]
            for begin in range(0, len(events), most):
                answer = http.post(
                    f"/rooms/{room}/events",
                    content=json.dumps({"events": events[begin : begin + most]}),
                    headers={"Authorization": f"Bearer {token}", "content-type": "application/json"},
                )
                assert answer.status_code == 200, answer.text
                assert answer.json()["rejected"] == []
