"""
Group commit: what many callers want written goes to the database as one batch, while the previous batch commits the
next one gathers. Whoever waits is answered after the commit.

The function that commits must be safe to repeat with the same asks: after a lost connection it is called again, which
finds out what happened or does it now.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import psycopg
from psycopg import errors as pg

from kaibo.kit.errors import KaiboError
from kaibo.room import ledger
from kaibo.room.refusals import LedgerAway, OutcomeUnknown, QueueFull

log = logging.getLogger("kaibo.room.batching")

Ask = TypeVar("Ask")
Answer = TypeVar("Answer")
Connection = psycopg.AsyncConnection[tuple[object, ...]]

MOST_WAITING = 10_000
MOST_IN_A_BATCH = 500
RESOLVE_SECONDS = 8.0
_ROLLED_BACK = (pg.LockNotAvailable, pg.QueryCanceled, pg.DeadlockDetected, pg.UniqueViolation, pg.SerializationFailure)


class Batcher(Generic[Ask, Answer]):
    """One connection, one commit at a time, a bounded queue before it."""

    def __init__(
        self, name: str, dsn: str, commit: Callable[[Connection, Sequence[Ask]], Awaitable[list[Answer]]]
    ) -> None:
        self._name = name
        self._dsn = dsn
        self._commit = commit
        self._queue: deque[tuple[Ask, Callable[[Answer | KaiboError], None]]] = deque()
        self._wake = asyncio.Event()
        self._connection: Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_stopping = False

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
        if len(self._queue) >= MOST_WAITING:
            raise QueueFull(retry_after_seconds=1)
        if self._is_stopping:
            raise LedgerAway
        self._queue.append((ask, reply))
        self._wake.set()

    async def _run(self) -> None:
        while not (self._is_stopping and not self._queue):
            if not self._queue:
                self._wake.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), 1.0)
                continue
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), MOST_IN_A_BATCH))]
            try:
                answers = await self._commit_surely([ask for ask, _ in batch])
            except KaiboError as refusal:
                self._tell(batch, [refusal] * len(batch))
            except Exception:  # the writer must outlive any batch
                log.exception("batch failed", extra={"batch": self._name, "asks": len(batch)})
                self._tell(batch, [OutcomeUnknown()] * len(batch))
            else:  # told while the database works on the next batch
                asyncio.get_running_loop().call_soon(self._tell, batch, answers)

    def _tell(
        self, batch: Sequence[tuple[Ask, Callable[[Answer | KaiboError], None]]], answers: Sequence[Answer | KaiboError]
    ) -> None:
        for (_, reply), answer in zip(batch, answers, strict=True):
            try:
                reply(answer)
            except Exception:  # what goes wrong with one answer must not keep the others from theirs
                log.exception("an answer was not told", extra={"batch": self._name})

    async def _commit_surely(self, asks: Sequence[Ask]) -> list[Answer]:
        give_up_at = time.monotonic() + RESOLVE_SECONDS
        is_unknown = False
        tries = 0
        while True:
            try:
                if self._connection is None or self._connection.closed:
                    self._connection = await ledger.connect(self._dsn, self._name.replace(" ", "-"))
            except (psycopg.Error, OSError) as away:
                log.warning("the ledger is away", extra={"batch": self._name, "reason": type(away).__name__})
                if not is_unknown or time.monotonic() > give_up_at:
                    raise (OutcomeUnknown() if is_unknown else LedgerAway()) from away
                await asyncio.sleep(0.3)
                continue
            try:
                return await self._commit(self._connection, asks)
            except psycopg.Error as failed:
                if self._connection.closed:
                    is_unknown = True
                    log.warning("connection lost during a batch", extra={"batch": self._name, "asks": len(asks)})
                    if time.monotonic() > give_up_at:
                        raise OutcomeUnknown from failed
                    continue
                tries += 1
                if not isinstance(failed, _ROLLED_BACK) or tries >= 3:
                    log.warning("batch refused by the database", extra={"batch": self._name, "reason": type(failed).__name__})
                    raise (OutcomeUnknown() if is_unknown else LedgerAway()) from failed

    async def _close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):
                await self._connection.close()
            self._connection = None
