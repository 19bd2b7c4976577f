"""`POST /rooms/{room}/reports`: a viewer reports 举报 what is wrong; the back of house takes it from there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kaibo.kit.ids import new_id
from kaibo.room.asgi import read_body
from kaibo.room.rates import Rate
from kaibo.room.refusals import NotReadable
from kaibo.room.rooms import AWAY, Pool, Rooms, RoomsAway
from kaibo.room.visitors import Desk

MOST_REPORT_BYTES = 8_192

Kind = Literal["untrue", "price", "quality", "conduct", "minor", "other"]


class ReportAsk(Struct, frozen=True):
    """What is wrong; `text` may be empty, the kind alone is a report."""

    kind: Kind
    text: Annotated[str, Meta(max_length=500)] = ""
    item: UUID | None = None


class ReportAnswer(Struct, frozen=True):
    report: UUID


_decode = msgspec.json.Decoder(ReportAsk).decode
_encode = msgspec.json.Encoder().encode


class Reports:
    """Takes reports of viewers; the few each may send keep one person from flooding the register."""

    def __init__(self, rooms: Rooms, pool: Pool, desk: Callable[[], Desk]) -> None:
        self._rooms = rooms
        self._pool = pool
        self._desk = desk
        self._pace = Rate(per_second=0.05, burst=3)

    def routes(self) -> list[Route]:
        return [Route("/rooms/{room}/reports", self._report, methods=["POST"])]

    async def _report(self, request: Request) -> Response:
        """Answer after the commit: a report that was thanked for is never lost.   Source: facts/law L2, LIV-9."""
        room = request.path_params["room"]
        live = await self._rooms.get(room)
        desk = self._desk()
        who = desk.visitor_of(request.scope, room)
        body = await read_body(request.receive, limit_bytes=MOST_REPORT_BYTES)
        try:
            asked = _decode(body)
        except msgspec.DecodeError as wrong:
            raise NotReadable(why=str(wrong)) from wrong
        desk.require_pace(self._pace, who, live)
        report = new_id()
        try:
            async with self._pool.connection(timeout=3) as connection:
                await connection.execute(
                    """insert into room.reports (report, room, visitor, kind, item, text)
                       values (%s, %s, %s, %s, (select item from room.items where item = %s and room = %s), %s)""",
                    (report, room, who.visitor, asked.kind, asked.item, room, asked.text.strip()),
                )
        except AWAY as away:
            raise RoomsAway from away
        return Response(_encode(ReportAnswer(report)), 201, {"cache-control": "no-store"}, "application/json")
