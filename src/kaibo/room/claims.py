"""
The claim door: a bounded queue before one writer, which collects while the previous commit runs and commits a whole
batch at once (LIV-11, `batching`). Nobody is answered before the commit.

The ledger knows each key: a batch whose connection was lost is sent again, which never does anything twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from operator import attrgetter
from uuid import UUID

from kaibo.kit.errors import KaiboError
from kaibo.room import ledger
from kaibo.room.batching import Batcher, Connection
from kaibo.room.ledger import Ask, Outcome

MOST_WAITING = 8_000
"""About half a second of work; who comes later is told at once to come back, rather than kept waiting for longer."""
MOST_WAITING_OF_A_VISITOR = 8
"""So that no viewer fills the queue: the ninth ask of one who has eight waiting is refused, whoever else waits."""
MOST_IN_A_BATCH = 1_000

Reply = Callable[[Outcome | KaiboError], None]
"""Takes the committed outcome of an ask, or why there is none."""


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
        self._sale = _writer(dsn, self._admit, most_waiting)
        self._refusal = _writer(dsn, ledger.refuse_sold_out, most_waiting)

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
            self._sale.submit(ask, reply)
            return

        def told(answer: Outcome | KaiboError) -> None:
            if isinstance(answer, KaiboError) or answer.result != "undecided":
                reply(answer)
                return
            self._sold_out.discard(ask.item)
            try:
                self._sale.submit(ask, reply)
            except KaiboError as refusal:
                reply(refusal)

        self._refusal.submit(ask, told)

    async def _admit(self, connection: Connection, asks: Sequence[Ask]) -> list[Outcome]:
        outcomes = await ledger.admit(connection, asks)
        self._note_levels(asks, outcomes)
        return outcomes

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


def _writer(dsn: str, commit: Callable[[Connection, Sequence[Ask]], Awaitable[list[Outcome]]], most_waiting: int) -> Batcher[Ask, Outcome]:
    return Batcher(
        "claims", dsn, commit, most_waiting=most_waiting, most_in_a_batch=MOST_IN_A_BATCH,
        who=attrgetter("visitor"), most_of_one=MOST_WAITING_OF_A_VISITOR,
    )  # fmt: skip
