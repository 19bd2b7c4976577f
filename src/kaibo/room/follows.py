"""Following a shop 关注: a viewer says so, sees it in every room of the shop, and takes it back whenever they like."""

from __future__ import annotations

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kaibo.kit.clock import utc_now
from kaibo.room.rooms import AWAY, Pool, RoomsAway
from kaibo.room.talk import Calls

_SEES = "select exists (select 1 from room.follows where shop = room.followed_here(%s) and visitor = %s)"
_FOLLOW = """
insert into room.follows (shop, visitor, room, followed_at) values (room.followed_here(%s), %s, %s, %s)
on conflict (shop, visitor) do nothing
"""
_UNFOLLOW = "delete from room.follows where shop = room.followed_here(%s) and visitor = %s"


class Following(Struct, frozen=True):
    """Whether this visitor follows the shop whose room this is."""

    follows: bool


class Follows:
    """`/rooms/{room}/follow`: GET tells, PUT follows, DELETE takes it back; each as often as one likes.   Source: LIV-5, LIV-9."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def routes(self, calls: Calls) -> list[Route]:
        async def follow(request: Request) -> Response:
            live, who = await calls.caller(request)
            calls.require_pace(who, live)
            try:
                async with self._pool.connection(timeout=3) as connection:
                    if request.method == "PUT":
                        await connection.execute(_FOLLOW, (live.name, who.visitor, live.name, utc_now()))
                    elif request.method == "DELETE":
                        await connection.execute(_UNFOLLOW, (live.name, who.visitor))
                    cursor = await connection.execute(_SEES, (live.name, who.visitor))
                    row = await cursor.fetchone()
            except AWAY as away:
                raise RoomsAway from away
            return calls.answer(Following(bool(row and row[0])), 200)

        return [Route("/rooms/{room}/follow", follow, methods=["GET", "PUT", "DELETE"])]
