"""
The waitlist 候补: who came after the last unit stands in a queue, and units that come back become claims of the first
in it (room.offer_waiting). Viewers see their place by asking; nothing about one viewer goes over the shared stream.
"""

from __future__ import annotations

from uuid import UUID

from kaibo.kit.errors import Conflict, KaiboError
from kaibo.room.paying_wire import WaitState
from kaibo.room.refusals import LimitReached, NotOnSale
from kaibo.room.rooms import AWAY, Pool, RoomsAway


class NotSoldOut(Conflict):
    code = "not_sold_out"
    message_zh = "现在还有货，可以直接抢"
    message_en = "There are units left: claim one"


_REFUSALS: dict[str, type[KaiboError]] = {"not_on_sale": NotOnSale, "not_sold_out": NotSoldOut, "limit_reached": LimitReached}
_MINE = """
select w.item, w.quantity, w.state,
       case when w.state = 'waiting'
            then (select count(*) from room.waitlist b where b.item = w.item and b.state = 'waiting' and b.place < w.place) else 0 end,
       w.joined_at, w.claim
  from room.waitlist w where w.room = %s and w.visitor = %s order by w.place desc limit 30
"""


class Waitlist:
    """Joining, leaving and looking, each one short transaction."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def join(self, room: str, visitor: str, item: UUID, quantity: int) -> WaitState:
        """
        This function will give the viewer a place behind everybody who came before; joining again keeps it.

        Raises: NotSoldOut, NotOnSale, LimitReached, RoomsAway.   Source: LIV-4.
        """
        try:
            async with self._pool.connection(timeout=3) as connection:
                cursor = await connection.execute(
                    "select room.join_waitlist(%s, %s, %s, %s)", (room, visitor, item, quantity)
                )
                row = await cursor.fetchone()
        except AWAY as away:
            raise RoomsAway from away
        result = str(row[0]) if row else "not_on_sale"
        if result != "waiting":
            raise _REFUSALS[result](item=str(item))
        return next(one for one in await self.of(room, visitor) if one.item == item and one.state == "waiting")

    async def leave(self, room: str, visitor: str, item: UUID) -> bool:
        """This function will give the place up; False when there was none any more."""
        try:
            async with self._pool.connection(timeout=3) as connection:
                cursor = await connection.execute(
                    """update room.waitlist set state = 'left', ended_at = clock_timestamp()
                        where room = %s and visitor = %s and item = %s and state = 'waiting'""",
                    (room, visitor, item),
                )
                return cursor.rowcount > 0
        except AWAY as away:
            raise RoomsAway from away

    async def of(self, room: str, visitor: str) -> list[WaitState]:
        """This function will give a viewer's waits, newest first, with how many stand before each."""
        try:
            async with self._pool.connection(timeout=3) as connection:
                cursor = await connection.execute(_MINE, (room, visitor))
                return [WaitState(*row) for row in await cursor.fetchall()]
        except AWAY as away:
            raise RoomsAway from away
