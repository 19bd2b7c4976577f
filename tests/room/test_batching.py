"""Group commit: nobody is answered before the commit, everybody after it, and the next batch commits meanwhile."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from kaibo.room import batching, ledger
from kaibo.room.batching import Batcher
from kaibo.room.refusals import LedgerAway, OutcomeUnknown, QueueFull


class Line:
    """As much of a connection as the batcher itself touches."""

    def __init__(self):
        self.closed = False

    async def close(self):
        self.closed = True


class Ledger:
    """Commits when it is let; each batch is seen as it is sent."""

    def __init__(self):
        self.sent: asyncio.Queue[list[str]] = asyncio.Queue()
        self.let: asyncio.Queue[object] = asyncio.Queue()
        self.lines: list[Line] = []
        self.log: list[str] = []

    async def connect(self, dsn, name):
        self.lines.append(Line())
        return self.lines[-1]

    async def commit(self, connection, asks):
        self.log.append("sent " + " ".join(asks))
        self.sent.put_nowait(list(asks))
        outcome = await self.let.get()
        if isinstance(outcome, psycopg.Error):
            connection.closed = type(outcome) is psycopg.OperationalError  # DiskFull and its kin are kinds of it
            raise outcome
        return [f"{ask}!" for ask in asks][: outcome if isinstance(outcome, int) else None]


@pytest.fixture
def house(monkeypatch):
    made = Ledger()
    monkeypatch.setattr(ledger, "connect", made.connect)
    return made


def play(house, story, **limits):
    """Run `story(batcher, told, ask)`; `told` fills with (ask, answer) as the replies come."""

    async def run():
        batcher = Batcher("batches", "dsn", house.commit, **limits)
        told: list[tuple[str, object]] = []
        batcher.start()
        await asyncio.wait_for(story(batcher, told, lambda ask: batcher.submit(ask, lambda answer: told.append((ask, answer)))), 10)
        await asyncio.wait_for(batcher.stop(), 10)
        return told

    return asyncio.run(run())


def test_nobody_is_answered_before_the_commit_and_everybody_when_it_is_done(house):
    async def story(batcher, told, ask):
        ask("a")
        ask("b")
        assert await house.sent.get() == ["a", "b"]
        for _ in range(20):
            await asyncio.sleep(0)
        assert told == []
        house.let.put_nowait("done")

    assert play(house, story) == [("a", "a!"), ("b", "b!")]


def test_a_batch_is_answered_while_the_next_one_commits(house):
    async def story(batcher, told, ask):
        for one in "abc":
            batcher.submit(one, house.log.append)
            if one == "a":
                await house.sent.get()
        house.let.put_nowait("done")
        assert await house.sent.get() == ["b", "c"]
        while len(house.log) < 3:  # the next batch is at the database and stays there
            await asyncio.sleep(0)
        house.let.put_nowait("done")

    play(house, story)
    assert house.log == ["sent a", "sent b c", "a!", "b!", "c!"]


def test_a_batch_the_database_refuses_is_told_so_and_the_next_one_goes_through(house):
    async def story(batcher, told, ask):
        ask("a")
        await house.sent.get()
        ask("b")
        house.let.put_nowait(psycopg.errors.DiskFull("no room"))
        await house.sent.get()
        house.let.put_nowait("done")

    (_, refusal), second = play(house, story)
    assert isinstance(refusal, LedgerAway)
    assert second == ("b", "b!")


def test_a_batch_whose_line_is_lost_is_sent_again_on_a_new_one(house):
    async def story(batcher, told, ask):
        ask("a")
        await house.sent.get()
        house.let.put_nowait(psycopg.OperationalError("server closed the connection"))
        assert await house.sent.get() == ["a"]
        house.let.put_nowait("done")

    assert play(house, story) == [("a", "a!")]
    assert [line.closed for line in house.lines] == [True, True]  # the lost one, and the last one by `stop`


def test_what_became_of_a_batch_is_said_to_be_unknown_after_a_while(house, monkeypatch):
    monkeypatch.setattr(batching, "RESOLVE_SECONDS", -1.0)

    async def story(batcher, told, ask):
        ask("a")
        await house.sent.get()
        house.let.put_nowait(psycopg.OperationalError("server closed the connection"))

    ((_, answer),) = play(house, story)
    assert isinstance(answer, OutcomeUnknown)


def test_an_answer_too_few_is_no_answer_to_anybody(house):
    async def story(batcher, told, ask):
        for one in "abc":
            ask(one)
        await house.sent.get()
        house.let.put_nowait(2)

    assert [type(answer) for _, answer in play(house, story)] == [OutcomeUnknown] * 3


def test_one_who_cannot_be_answered_keeps_nobody_from_the_answer(house):
    async def story(batcher, told, ask):
        batcher.submit("gone", lambda answer: 1 / 0)
        ask("a")
        await house.sent.get()
        house.let.put_nowait("done")

    assert play(house, story) == [("a", "a!")]


def test_what_waits_is_answered_before_the_end_and_nothing_is_taken_after_it(house):
    async def story(batcher, told, ask):
        ask("a")
        await house.sent.get()
        ask("b")
        stopping = asyncio.create_task(batcher.stop())
        await asyncio.sleep(0)
        with pytest.raises(LedgerAway):
            ask("c")
        house.let.put_nowait("done")
        assert await house.sent.get() == ["b"]
        house.let.put_nowait("done")
        await stopping
        assert told == [("a", "a!"), ("b", "b!")]

    play(house, story)


def test_no_one_fills_the_queue_and_nobody_may_beyond_its_end(house):
    async def story(batcher, told, ask):
        ask("x0")
        await house.sent.get()  # what is at the database waits no longer
        ask("x1")
        ask("x2")
        with pytest.raises(QueueFull):
            ask("x3")
        ask("y1")
        with pytest.raises(QueueFull):
            ask("z1")
        house.let.put_nowait("done")
        assert await house.sent.get() == ["x1", "x2"]
        ask("x4")
        ask("z2")
        for _ in range(3):
            house.let.put_nowait("done")

    told = play(house, story, who=lambda ask: ask[0], most_of_one=2, most_waiting=3, most_in_a_batch=2)
    assert [ask for ask, _ in told] == ["x0", "x1", "x2", "y1", "x4", "z2"]
