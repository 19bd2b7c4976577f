"""
Polls 投票: opened and closed by the desk, one vote for each visitor, counted in the database.

The functions with a cursor are the back of house's, like room/backoffice.py. `Ballots` is the room process's side: votes
are collected while the previous commit runs and committed as one batch, so counts stay exact whatever the crowd.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from kaibo.kit.ids import new_id
from kaibo.room.backoffice import Cursor
from kaibo.room.complaints import RoomIsNotHere
from kaibo.room.refusals import AlreadyVoted, NoSuchOption, NoSuchPoll, PollClosed, QueueFull
from kaibo.room.rooms import AWAY, Pool, RoomsAway

MOST_OPTIONS = 6
MOST_WAITING = 20_000
MOST_IN_A_BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Option:
    option: int
    title: str
    votes: int


@dataclass(frozen=True, slots=True)
class Poll:
    """A poll and how it stands."""

    poll: UUID
    title: str
    state: str
    opened_at: datetime
    closes_at: datetime | None
    votes: int
    options: tuple[Option, ...]


# ── the back of house ──────────────────────────────────────────────────────────────────────────────────────────────


def open_poll(
    cur: Cursor, *, room: str, title: str, options: Sequence[str], opened_at: datetime | None = None,
    closes_at: datetime | None = None, poll: UUID | None = None,
) -> UUID:  # fmt: skip
    """
    This function will open a poll with 2 to 6 options, numbered from 1.   Raises: RoomIsNotHere.

    `opened_at` and `closes_at` are of one clock, the caller's; without `opened_at` it is the database's.
    """
    poll = poll or new_id()
    _lock_room(cur, room)
    cur.execute(
        "insert into room.polls (poll, room, title, opened_at, closes_at) values (%s, %s, %s, coalesce(%s, clock_timestamp()), %s)",
        (poll, room, title, opened_at, closes_at),
    )
    for number, words in enumerate(options, start=1):
        cur.execute("insert into room.poll_options (poll, option, title) values (%s, %s, %s)", (poll, number, words))
    _announce_poll(cur, poll)
    return poll


def close_poll(cur: Cursor, *, room: str, poll: UUID) -> bool:
    """
    This function will close a poll and announce its final result; False when it was not open.

    It waits for the votes that are being committed, so the result is exact.   Raises: RoomIsNotHere.
    """
    _lock_room(cur, room)
    cur.execute(
        "update room.polls set state = 'closed', closed_at = now() where poll = %s and room = %s and state = 'open' returning poll",
        (poll, room),
    )
    if cur.fetchone() is None:
        return False
    _announce_poll(cur, poll)
    return True


def due_polls(cur: Cursor) -> list[tuple[str, UUID]]:
    """This function will give (room, poll) of the polls whose time is over."""
    cur.execute("select room, poll from room.polls where state = 'open' and closes_at <= now() order by closes_at")
    return [(row[0], UUID(str(row[1]))) for row in cur.fetchall()]


def polls_of(cur: Cursor, room: str, limit: int = 20) -> list[Poll]:
    """This function will give a room's polls, newest first."""
    cur.execute(
        """select p.poll, p.title, p.state, p.opened_at, p.closes_at, room.poll_card(p)
             from room.polls p where p.room = %s order by p.opened_at desc, p.poll desc limit %s""",
        (room, limit),
    )
    return [_poll(row) for row in cur.fetchall()]


def differences(cur: Cursor) -> list[str]:
    """This function will compare every option's count with its votes and name each that differs."""
    cur.execute(
        """select o.poll, o.option, o.votes, count(v.visitor) from room.poll_options o
             left join room.votes v on v.poll = o.poll and v.option = o.option
            group by o.poll, o.option, o.votes having o.votes <> count(v.visitor) order by 1, 2"""
    )
    return [f"poll {poll} option {option}: counted {counted}, votes {votes}" for poll, option, counted, votes in cur.fetchall()]


def _poll(row: Sequence[Any]) -> Poll:
    card = json.loads(row[5]) if isinstance(row[5], str) else row[5]
    options = tuple(Option(one["option"], one["title"], one["votes"]) for one in card["options"])
    return Poll(row[0], row[1], row[2], row[3], row[4], int(card["votes"]), options)


def _lock_room(cur: Cursor, room: str) -> None:
    cur.execute("select 1 from room.rooms where room = %s for no key update", (room,))
    if cur.fetchone() is None:
        raise RoomIsNotHere(room=room)


def _announce_poll(cur: Cursor, poll: UUID) -> None:
    cur.execute("select room.announce(p.room, 'poll', room.poll_card(p)) from room.polls p where p.poll = %s", (poll,))


# ── the room process ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Ballot:
    room: str
    poll: UUID
    visitor: str
    option: int
    answer: asyncio.Future[tuple[str, int | None]] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Ballots:
    """Takes votes, commits them in batches, and tells the results while they come in."""

    def __init__(self, pool: Pool, *, tell_every_seconds: float = 0.2) -> None:
        self._pool = pool
        self._waiting: list[_Ballot] = []
        self._wake = asyncio.Event()
        self._news: dict[str, set[UUID]] = {}
        self._tell_every_seconds = tell_every_seconds
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._commit_forever(), name="ballots"),
            asyncio.create_task(self._tell_forever(), name="poll results"),
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for one in self._waiting:
            if not one.answer.done():
                one.answer.set_exception(RoomsAway())
        with contextlib.suppress(*AWAY):
            await self._tell()

    async def cast(self, *, room: str, poll: UUID, visitor: str, option: int) -> int:
        """
        This function will cast one vote, answer after its commit, and give the option that counts.

        Raises: NoSuchPoll, NoSuchOption, AlreadyVoted, PollClosed, QueueFull, RoomsAway.
        """
        if len(self._waiting) >= MOST_WAITING:
            raise QueueFull(retry_after_seconds=1)
        ballot = _Ballot(room, poll, visitor, option)
        self._waiting.append(ballot)
        self._wake.set()
        result, counted = await ballot.answer
        if result == "voted":
            return option
        if result == "already_voted":
            raise AlreadyVoted(option=counted)
        raise {"no_such_poll": NoSuchPoll, "no_such_option": NoSuchOption}.get(result, PollClosed)

    async def _commit_forever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                batch, self._waiting = self._waiting[:MOST_IN_A_BATCH], self._waiting[MOST_IN_A_BATCH:]
                try:
                    await self._commit(batch)
                except AWAY:
                    _fail(batch)
                except asyncio.CancelledError:
                    _fail(batch)
                    raise

    async def _commit(self, batch: list[_Ballot]) -> None:
        columns = ([b.poll for b in batch], [b.room for b in batch], [b.visitor for b in batch], [b.option for b in batch])
        async with self._pool.connection(timeout=3) as connection:
            cursor = await connection.execute(
                "select * from room.cast_votes(%s::uuid[], %s::text[], %s::text[], %s::smallint[])", columns
            )
            rows = await cursor.fetchall()
        for number, result, option in rows:
            ballot = batch[number - 1]
            if result == "voted":
                self._news.setdefault(ballot.room, set()).add(ballot.poll)
            if not ballot.answer.done():
                ballot.answer.set_result((result, option))

    async def _tell_forever(self) -> None:
        while True:
            await asyncio.sleep(self._tell_every_seconds)
            with contextlib.suppress(*AWAY):
                await self._tell()

    async def _tell(self) -> None:
        while self._news:
            room, polls = self._news.popitem()
            try:
                async with self._pool.connection(timeout=3) as connection:
                    await connection.execute("select room.announce_polls(%s, %s::uuid[])", (room, list(polls)))
            except AWAY:
                self._news.setdefault(room, set()).update(polls)
                raise


def _fail(batch: list[_Ballot]) -> None:
    for one in batch:
        if not one.answer.done():
            one.answer.set_exception(RoomsAway())
