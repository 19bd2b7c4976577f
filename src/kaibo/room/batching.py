"""
Group commit: what many callers want written goes to the database as one batch, while the previous batch commits the
next one gathers, and while the next one commits the previous one is answered. Nobody is answered before the commit.

The function that commits must be safe to repeat with the same asks. When a connection is lost during a commit, the outcome
is not guessed: the same batch is sent again on a new connection, which finds out what happened, or does it now.
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
from typing import Any, Generic, TypeVar

import psycopg
from psycopg import errors as pg

from kaibo.kit.errors import KaiboError
from kaibo.room import ledger
from kaibo.room.refusals import LedgerAway, OutcomeUnknown, QueueFull

log = logging.getLogger("kaibo.room.batching")

Ask = TypeVar("Ask")
Answer = TypeVar("Answer")
Connection = psycopg.AsyncConnection[tuple[Any, ...]]

MOST_WAITING = 10_000
MOST_IN_A_BATCH = 500
RESOLVE_SECONDS = 8.0
"""How long a batch whose connection was lost keeps asking what became of it, before it says that it does not know."""
COMMIT_SECONDS = 6.0
"""How long one commit may take before its connection is given up as dead: a stopped server says nothing at all."""
# Rolled back as a whole by the server: nothing was written, and trying again can help.
_ROLLED_BACK = (pg.LockNotAvailable, pg.QueryCanceled, pg.DeadlockDetected, pg.UniqueViolation, pg.SerializationFailure)


class Batcher(Generic[Ask, Answer]):
    """
    One connection, one commit at a time, a bounded queue before it. `who` names the person an ask is from, where no one may
    have more than `most_of_one` waiting.
    """

    def __init__(
        self, name: str, dsn: str, commit: Callable[[Connection, Sequence[Ask]], Awaitable[list[Answer]]], *,
        most_waiting: int = MOST_WAITING, most_in_a_batch: int = MOST_IN_A_BATCH, who: Callable[[Ask], str] | None = None, most_of_one: int = 0,
    ) -> None:  # fmt: skip
        self._name = name
        self._dsn = dsn
        self._commit = commit
        self._most_waiting = most_waiting
        self._most_in_a_batch = most_in_a_batch
        self._who = who
        self._most_of_one = most_of_one
        self._queue: deque[tuple[Ask, Callable[[Answer | KaiboError], None]]] = deque()
        self._waiting_of: Counter[str] = Counter()
        self._wake = asyncio.Event()
        self._connection: Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_stopping = False
        self.batches = 0

    @property
    def is_connected(self) -> bool:
        return self._connection is not None and not self._connection.closed

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=self._name)

    async def stop(self) -> None:
        """This function will answer what is already waiting, then let go of the database."""
        self._is_stopping = True
        self._wake.set()
        if self._task:
            await self._task
        await self._close()

    def put(self, ask: Ask) -> asyncio.Future[Answer]:
        """This function will queue one ask; its future is done after the commit.   Raises: QueueFull, LedgerAway."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def reply(answer: Answer | KaiboError) -> None:
            if future.done():
                return
            if isinstance(answer, KaiboError):
                future.set_exception(answer)
            else:
                future.set_result(answer)

        self.submit(ask, reply)
        return future

    def submit(self, ask: Ask, reply: Callable[[Answer | KaiboError], None]) -> None:
        """This function will do the same without a future: `reply` is called once, after the commit.   Raises: QueueFull, LedgerAway."""
        if len(self._queue) >= self._most_waiting:
            raise QueueFull(retry_after_seconds=1)
        if self._is_stopping:
            raise LedgerAway
        if self._who is not None:
            who = self._who(ask)
            waiting = self._waiting_of.get(who, 0)
            if waiting >= self._most_of_one:
                raise QueueFull(retry_after_seconds=1)
            self._waiting_of[who] = waiting + 1
        self._queue.append((ask, reply))
        self._wake.set()

    def _take(self) -> list[tuple[Ask, Callable[[Answer | KaiboError], None]]]:
        """The next batch out of the queue; what is in it waits no longer, it is being answered."""
        if len(self._queue) <= self._most_in_a_batch:
            batch = list(self._queue)
            self._queue.clear()
            self._waiting_of.clear()
            return batch
        batch = [self._queue.popleft() for _ in range(self._most_in_a_batch)]
        if self._who is not None:
            self._waiting_of.subtract(self._who(ask) for ask, _ in batch)
            self._waiting_of = +self._waiting_of
        return batch

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while not (self._is_stopping and not self._queue):
            if not self._queue:
                await self._wait()
                continue
            if not self.is_connected:
                await self._reconnect()
                continue
            batch = self._take()
            try:
                answers = await self._commit_surely([ask for ask, _ in batch])
            except KaiboError as refusal:
                self._tell(batch, [refusal] * len(batch))
            except Exception:  # the writer must outlive any batch
                log.exception("batch failed", extra={"batch": self._name, "asks": len(batch)})
                self._tell(batch, [OutcomeUnknown()] * len(batch))
            else:
                self.batches += 1
                # Told in the loop's next turn, when the next batch is on its way: writing answers takes as long as a commit.
                loop.call_soon(self._tell, batch, answers)

    async def _wait(self) -> None:
        """Until something is asked, looking after the connection meanwhile."""
        if not self.is_connected:
            await self._reconnect()
        if not self._queue and not self._is_stopping:
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), 1.0)

    def _tell(
        self, batch: Sequence[tuple[Ask, Callable[[Answer | KaiboError], None]]], answers: Sequence[Answer | KaiboError]
    ) -> None:
        for (_, reply), answer in zip(batch, answers, strict=True):
            try:
                reply(answer)
            except Exception:  # one viewer's broken connection is not the next one's
                log.exception("an answer was not told", extra={"batch": self._name})

    async def _commit_surely(self, asks: Sequence[Ask]) -> list[Answer]:
        """Commit, and after a lost connection find out by sending the same asks again.   Raises: LedgerAway, OutcomeUnknown."""
        give_up_at = time.monotonic() + RESOLVE_SECONDS
        is_unknown = False
        tries = 0
        while True:
            try:
                if self._connection is None:
                    raise psycopg.OperationalError("no connection")
                answers = await self._commit_in_time(self._connection, asks)
            except psycopg.Error as failed:
                if self.is_connected:  # the server said no, and with that rolled back: locked, disk full, read-only …
                    tries += 1
                    if isinstance(failed, _ROLLED_BACK) and tries < 3:
                        continue
                    log.warning("batch refused by the database", extra={"batch": self._name, "reason": type(failed).__name__, "asks": len(asks)})
                    raise (OutcomeUnknown() if is_unknown else LedgerAway()) from failed
                is_unknown = True
                log.warning("connection lost during a batch", extra={"batch": self._name, "asks": len(asks)})
                if time.monotonic() > give_up_at:
                    raise OutcomeUnknown from failed
                await self._reconnect()
            else:
                if len(answers) != len(asks):
                    raise AssertionError("each ask has one answer")
                return answers

    async def _commit_in_time(self, connection: Connection, asks: Sequence[Ask]) -> list[Answer]:
        """Wait for a commit; past its time its socket is shut, so that it ends like any lost connection."""
        timer = asyncio.get_running_loop().call_later(COMMIT_SECONDS, _hang_up, connection)
        try:
            return await self._commit(connection, asks)
        finally:
            timer.cancel()

    async def _reconnect(self) -> None:
        """Try once; while it fails, those who wait are told that nothing was written, because nothing was sent."""
        await self._close()
        try:
            self._connection = await ledger.connect(self._dsn, self._name.replace(" ", "-"))
        except (psycopg.Error, OSError) as away:
            log.warning("the ledger is away", extra={"batch": self._name, "reason": type(away).__name__})
            away_for = list(self._queue)
            self._queue.clear()
            self._waiting_of.clear()
            self._tell(away_for, [LedgerAway()] * len(away_for))
            await asyncio.sleep(0.1 if self._is_stopping else 0.3)

    async def _close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(Exception):
                await self._connection.close()
            self._connection = None


def _hang_up(connection: Connection) -> None:
    if not connection.closed:
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(connection.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)
