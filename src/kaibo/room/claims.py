"""
The claim door: a bounded queue before one writer, which collects while the previous commit runs and commits a whole
batch at once (LIV-11). Nobody is answered before the commit.

When a connection is lost during a commit, the outcome is not guessed: the same batch is sent again on a new
connection. The ledger knows each key, so this finds out what happened, or does it now, but never does it twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import psycopg
from psycopg import errors as pg

from kaibo.kit.errors import KaiboError
from kaibo.room import ledger
from kaibo.room.ledger import Ask, Outcome
from kaibo.room.refusals import LedgerAway, OutcomeUnknown, QueueFull

log = logging.getLogger("kaibo.room.claims")

MOST_WAITING = 8_000
"""About half a second of work; who comes later is told at once to come back, rather than kept waiting for longer."""
MOST_WAITING_OF_A_VISITOR = 8
"""So that no viewer fills the queue: the ninth ask of one who has eight waiting is refused, whoever else waits."""
MOST_IN_A_BATCH = 1_000
RESOLVE_SECONDS = 8.0
"""How long the door keeps asking what became of a batch before it says that it does not know."""

COMMIT_SECONDS = 6.0
"""How long one commit may take before its connection is given up as dead: a stopped server says nothing at all."""

SENT_AFTER_TURNS = 3
"""Turns of the event loop until a batch is on its way: the task that commits, the one that watches its time, the statement."""

Connection = psycopg.AsyncConnection[tuple[Any, ...]]
Reply = Callable[[Outcome | KaiboError], None]
"""Takes the committed outcome of an ask, or why there is none."""
Commit = Callable[[Connection, Sequence[Ask]], Awaitable[list[Outcome]]]
# Rolled back as a whole by the server: nothing was sold, and trying again can help.
_ROLLED_BACK = (pg.LockNotAvailable, pg.QueryCanceled, pg.DeadlockDetected, pg.UniqueViolation, pg.SerializationFailure)


class Door:
    """Takes asks and answers each with its committed outcome."""

    def __init__(
        self,
        dsn: str,
        *,
        on_left: Callable[[str, UUID, int], None] = lambda room, item, left: None,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self._on_left = on_left
        self._sold_out: set[UUID] = set()
        self._sale = _Writer(dsn, ledger.admit, most_waiting=most_waiting, after=self._note_levels)
        self._refusal = _Writer(dsn, ledger.refuse_sold_out, most_waiting=most_waiting)

    @property
    def is_ready(self) -> bool:
        return self._sale.is_connected

    @property
    def waiting(self) -> int:
        return self._sale.waiting + self._refusal.waiting

    @property
    def batches(self) -> int:
        return self._sale.batches

    async def start(self) -> None:
        self._sale.start()
        self._refusal.start()

    async def stop(self) -> None:
        """This function will answer what is already waiting, then let go of the database."""
        await self._sale.stop()
        await self._refusal.stop()

    def restocked(self, item: UUID) -> None:
        """This function will forget that an item was sold out, because units came (back)."""
        self._sold_out.discard(item)

    async def claim(self, ask: Ask) -> Outcome:
        """
        This function will give the durable outcome of an ask.

        Raises: QueueFull, LedgerAway (nothing was sold), OutcomeUnknown (repeat with the same key).
        """
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def reply(answer: Outcome | KaiboError) -> None:
            if future.done():
                return
            if isinstance(answer, KaiboError):
                future.set_exception(answer)
            else:
                future.set_result(answer)

        self.submit(ask, reply)
        return await future

    def submit(self, ask: Ask, reply: Reply) -> None:
        """This function will do the same without a task to wait in: `reply` is called once.   Raises: QueueFull, LedgerAway."""
        if not self._sold_out or ask.item not in self._sold_out:
            self._sale.put(ask, reply)
            return

        def told(answer: Outcome | KaiboError) -> None:
            if isinstance(answer, KaiboError) or answer.result != "undecided":
                reply(answer)
                return
            self._sold_out.discard(ask.item)
            try:
                self._sale.put(ask, reply)
            except KaiboError as refusal:
                reply(refusal)

        self._refusal.put(ask, told)

    def _note_levels(self, asks: Sequence[Ask], outcomes: Sequence[Outcome]) -> None:
        # an item that is not on sale may be any id a client made up: nothing is remembered of it
        levels = {
            (ask.room, ask.item.int): (ask.item, out.left_units)
            for ask, out in zip(asks, outcomes, strict=True)
            if out.result != "not_on_sale"
        }
        for (room, _), (item, left) in levels.items():
            if left is None:
                continue
            if left == 0:
                self._sold_out.add(item)
            self._on_left(room, item, left)


class _Writer:
    """One connection, one commit at a time, a bounded queue before it."""

    def __init__(
        self,
        dsn: str,
        commit: Commit,
        *,
        most_waiting: int,
        after: Callable[[Sequence[Ask], Sequence[Outcome]], None] = lambda asks, outcomes: None,
    ) -> None:
        self._dsn = dsn
        self._commit = commit
        self._most_waiting = most_waiting
        self._after = after
        self._queue: deque[tuple[Ask, Reply]] = deque()
        self._waiting_of: Counter[str] = Counter()
        self._wake = asyncio.Event()
        self._connection: Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_stopping = False
        self._decided: list[tuple[Reply, Outcome]] = []
        self.batches = 0

    @property
    def is_connected(self) -> bool:
        return self._connection is not None and not self._connection.closed

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="claim writer")

    async def stop(self) -> None:
        self._is_stopping = True
        self._wake.set()
        if self._task:
            await self._task
        if self._connection:
            with contextlib.suppress(psycopg.Error):
                await self._connection.close()

    def put(self, ask: Ask, reply: Reply) -> None:
        """This function will queue an ask.   Raises: QueueFull, LedgerAway."""
        if len(self._queue) >= self._most_waiting:
            raise QueueFull(retry_after_seconds=1)
        if self._is_stopping:
            raise LedgerAway
        waiting = self._waiting_of.get(ask.visitor, 0)
        if waiting >= MOST_WAITING_OF_A_VISITOR:
            raise QueueFull(retry_after_seconds=1)
        self._waiting_of[ask.visitor] = waiting + 1
        self._queue.append((ask, reply))
        self._wake.set()

    def _take(self) -> list[tuple[Ask, Reply]]:
        """The next batch out of the queue; what is in it waits no longer, it is being answered."""
        batch = [self._queue.popleft() for _ in range(min(len(self._queue), MOST_IN_A_BATCH))]
        if self._queue:
            for ask, _ in batch:
                self._waiting_of[ask.visitor] -= 1
                if not self._waiting_of[ask.visitor]:
                    del self._waiting_of[ask.visitor]
        else:
            self._waiting_of.clear()
        return batch

    async def _run(self) -> None:
        while not (self._is_stopping and not self._queue and not self._decided):
            if not self._queue:
                self._tell()
                await self._wait()
                continue
            if not self.is_connected:
                self._tell()
                await self._reconnect()
                continue
            batch = self._take()
            try:
                await self._answer(batch)
            except Exception:  # the writer must outlive any batch
                log.exception("claim batch failed", extra={"asks": len(batch)})
                _refuse(batch, OutcomeUnknown())

    async def _wait(self) -> None:
        """Until something is asked, looking after the connection meanwhile."""
        if not self.is_connected:
            await self._reconnect()
        if not self._queue and not self._is_stopping:
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), 1.0)

    async def _answer(self, batch: list[tuple[Ask, Reply]]) -> None:
        """Commit a batch; the one before it is answered while the database works, since writing answers takes as long."""
        asks = [ask for ask, _ in batch]
        committing = asyncio.ensure_future(self._commit_surely(asks))
        try:
            for _ in range(SENT_AFTER_TURNS):
                await asyncio.sleep(0)
        finally:
            self._tell()
        outcomes = await committing
        if isinstance(outcomes, KaiboError):
            _refuse(batch, outcomes)
            return
        self.batches += 1
        self._after(asks, outcomes)
        self._decided = [(reply, outcome) for (_, reply), outcome in zip(batch, outcomes, strict=True)]

    def _tell(self) -> None:
        """Answer what is committed."""
        decided, self._decided = self._decided, []
        for reply, outcome in decided:
            try:
                reply(outcome)
            except Exception:  # one viewer's broken connection is not the next one's
                log.exception("claim not answered")

    async def _commit_surely(self, asks: Sequence[Ask]) -> list[Outcome] | KaiboError:
        """Commit, and after a lost connection find out by sending the same asks again."""
        give_up_at = time.monotonic() + RESOLVE_SECONDS
        is_unknown = False
        tries = 0
        while True:
            try:
                if self._connection is None:
                    raise psycopg.OperationalError("no connection")
                return await _within(COMMIT_SECONDS, self._connection, self._commit(self._connection, asks))
            except _ROLLED_BACK as rolled_back:
                tries += 1
                if tries >= 3:
                    log.warning(
                        "claim batch rolled back", extra={"reason": type(rolled_back).__name__, "asks": len(asks)}
                    )
                    return OutcomeUnknown() if is_unknown else LedgerAway()
            except psycopg.Error as failed:
                if self.is_connected:  # the server said no, and with that rolled back: disk full, read-only …
                    log.warning("claim batch refused by the database", extra={"reason": type(failed).__name__})
                    return OutcomeUnknown() if is_unknown else LedgerAway()
                is_unknown = True
                log.warning("connection lost during a claim batch", extra={"asks": len(asks)})
                if time.monotonic() > give_up_at:
                    return OutcomeUnknown()
                await self._reconnect()

    async def _reconnect(self) -> None:
        """Try once; while it fails, those who wait are told that nothing was sold, because nothing was sent."""
        if self._connection is not None:
            with contextlib.suppress(Exception):
                await self._connection.close()
            self._connection = None
        try:
            self._connection = await ledger.connect(self._dsn)
        except (psycopg.Error, OSError) as away:
            log.warning("ledger is away", extra={"reason": type(away).__name__})
            away_for = list(self._queue)
            self._queue.clear()
            self._waiting_of.clear()
            _refuse(away_for, LedgerAway())
            await asyncio.sleep(0.1 if self._is_stopping else 0.3)


async def _within(seconds: float, connection: Connection, commit: Awaitable[list[Outcome]]) -> list[Outcome]:
    """Wait for a commit; past its time its socket is shut, so that it ends like any lost connection."""
    task = asyncio.ensure_future(commit)
    done, _ = await asyncio.wait({task}, timeout=seconds)
    if not done and not connection.closed:
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(connection.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)
    return await task


def _refuse(batch: Sequence[tuple[Ask, Reply]], refusal: KaiboError) -> None:
    for _, reply in batch:
        reply(refusal)
