"""`GET /rooms/{room}/stream`: what a reader missed, then everything new, until it leaves, is too slow, or the room stops."""

from __future__ import annotations

import asyncio
import contextlib
import random

from kaibo.kit.errors import KaiboError
from kaibo.room.asgi import ANY_ORIGIN, NO_STORE, Receive, Scope, Send, header, send_refusal
from kaibo.room.connection import RoomConnection, lent_connection
from kaibo.room.hub import STALLED_SECONDS, DirectReader, Subscriber, best_effort_frame
from kaibo.room.refusals import NotReadable
from kaibo.room.rooms import MOST_REPLAYED, LiveRoom, Rooms, RoomsAway

RETURNS_A_SECOND = 2_000
"""Readers are told to come back at different moments, so that about so many do in a second."""
_SHORTEST_RETRY_MS = 1_000
_LONGEST_RETRY_MS = 15_000
# The desk listens from the console's own address; the stream holds nothing that is not public, and takes no cookie.
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    NO_STORE,
    ANY_ORIGIN,
    (b"x-accel-buffering", b"no"),
]


class Streams:
    """Answers the stream call over the rooms of this process."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    async def stream(self, scope: Scope, receive: Receive, send: Send, room: str) -> None:
        """This function will answer one reader."""
        try:
            if self._rooms.is_stopping:
                raise RoomsAway
            live = self._rooms.known(room) or await self._rooms.get(room)
            after = _resume_point(scope)
            if after is not None and after > live.channel.published:
                await self._rooms.advance(live)
                live.channel.gather()
        except KaiboError as refusal:
            await send_refusal(scope, send, refusal, (ANY_ORIGIN,))
            return
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        connection = lent_connection(scope)
        if connection is None:
            await self._feed(live, after, receive, send)
        else:
            await self._lend(live, after, connection, send)

    async def _lend(self, live: LiveRoom, after: int | None, connection: RoomConnection, send: Send) -> None:
        """The room writes to the connection itself; this call sleeps until there is a reason to end."""
        if connection.transport.is_closing():
            return
        reader, joined_at = live.channel.connect(connection.transport)
        connection.when_lost = reader.end
        connection.forget_request()
        try:
            await send(_part(_hello(live) + await self._missed(live, after, joined_at)))
            reader.release()
            await reader.ended
            await _say_goodbye(reader, connection, send)
        finally:
            connection.when_lost = None
            live.channel.subscribers.discard(reader)

    async def _feed(self, live: LiveRoom, after: int | None, receive: Receive, send: Send) -> None:
        """The same through ASGI alone, for a server that does not lend its connections."""
        subscriber, joined_at = live.channel.subscribe()
        leaving = asyncio.create_task(_end_when_gone(receive, subscriber))
        try:
            await send(_part(_hello(live) + await self._missed(live, after, joined_at)))
            while (chunk := await subscriber.next()) is not None:
                await asyncio.wait_for(send(_part(chunk)), STALLED_SECONDS)
            if subscriber.resume_after is not None:
                await send(_part(best_effort_frame("resume", {"after": subscriber.resume_after})))
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (TimeoutError, OSError):
            return
        finally:
            live.channel.subscribers.discard(subscriber)
            leaving.cancel()

    async def _missed(self, live: LiveRoom, after: int | None, joined_at: int) -> bytes:
        """Everything between what the reader has and where it joined; or the word to start afresh."""
        if after is None or after == joined_at:
            return b""
        afresh = best_effort_frame("reset", {"why": "reload the snapshot"})
        if after > joined_at or joined_at - after > MOST_REPLAYED:
            return afresh
        remembered = live.channel.remembered(after, joined_at)
        if remembered is not None:
            return remembered
        try:
            events = await self._rooms.events_between(live.name, after, joined_at)
        except RoomsAway:
            return afresh
        # events of long ago may be gone from the table: a replay with a hole is no replay
        return b"".join(event.frame() for event in events) if len(events) == joined_at - after else afresh


async def _say_goodbye(reader: DirectReader, connection: RoomConnection, send: Send) -> None:
    transport = connection.transport
    if transport.is_closing():
        return
    is_behind = transport.get_write_buffer_size() > 0
    if is_behind:  # it may never take what waits for it: nobody holds that memory for longer than this
        asyncio.get_running_loop().call_later(STALLED_SECONDS, transport.abort)
    if reader.resume_after is not None:
        transport.write(_chunk(best_effort_frame("resume", {"after": reader.resume_after})))
    await send({"type": "http.response.body", "body": b"", "more_body": False})
    if is_behind:
        transport.close()


def _hello(live: LiveRoom) -> bytes:
    """How long to wait before coming back: the more readers, the wider they are spread after a breakdown."""
    widest_ms = min(_LONGEST_RETRY_MS, 1_000 * len(live.channel.subscribers) // RETURNS_A_SECOND)
    return b"retry: %d\n: kaibo\n\n" % (_SHORTEST_RETRY_MS + random.randint(0, widest_ms))


def _part(body: bytes) -> dict[str, object]:
    return {"type": "http.response.body", "body": body, "more_body": True}


def _chunk(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(body), body)


def _resume_point(scope: Scope) -> int | None:
    """`Last-Event-ID` wins over `?after=`: a browser that reconnects still has the old address."""
    for raw in (header(scope, b"last-event-id"), _query(scope, b"after")):
        if raw:
            if not raw.isdigit() or len(raw) > 18:
                raise NotReadable(why="after / Last-Event-ID")
            return int(raw)
    return None


def _query(scope: Scope, name: bytes) -> bytes | None:
    for pair in bytes(scope["query_string"]).split(b"&"):
        key, _, value = pair.partition(b"=")
        if key == name:
            return value
    return None


async def _end_when_gone(receive: Receive, subscriber: Subscriber) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                subscriber.end()
                return
