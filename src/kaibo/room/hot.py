"""Two of the hot calls, as plain ASGI inside the application: claims and events; `streaming` is the third."""

from __future__ import annotations

import time
from uuid import UUID

import msgspec

from kaibo.kit.clock import utc_now
from kaibo.kit.errors import KaiboError
from kaibo.kit.ids import new_id
from kaibo.room.asgi import NO_STORE, Receive, Scope, Send, header, read_body, send_bytes, send_refusal
from kaibo.room.claims import Door
from kaibo.room.events import EventSink, check_events
from kaibo.room.ledger import Ask
from kaibo.room.metrics import Metrics
from kaibo.room.refusals import BY_RESULT, EventsAway, KeyNeeded, NotReadable
from kaibo.room.rooms import Rooms
from kaibo.room.visitors import Desk
from kaibo.room.wire import Appended, ClaimAnswer, EventsAnswer, decode_claim, decode_events, encode

MOST_CLAIM_BYTES = 4_096
MOST_EVENTS_BYTES = 256 * 1024


class HotCalls:
    """Claims and events over what this process holds."""

    def __init__(self, *, rooms: Rooms, door: Door, desk: Desk, sink: EventSink, metrics: Metrics) -> None:
        self._rooms = rooms
        self._door = door
        self._desk = desk
        self._sink = sink
        self._metrics = metrics

    # ── claims ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def claim(self, scope: Scope, receive: Receive, send: Send, room: str) -> None:
        """This function will answer `POST /rooms/{room}/claims`, after the commit.   Source: LIV-4, LIV-11."""
        started = time.perf_counter()
        metrics = self._metrics
        try:
            live = self._rooms.known(room) or await self._rooms.get(room)
            who = self._desk.visitor_of(scope, room)
            ask = await self._read_ask(scope, receive, room, who.visitor)
            self._desk.require_pace(self._desk.claims, who, live)
            outcome = await self._door.claim(ask)
        except KaiboError as refusal:
            metrics.claims.refused()
            await send_refusal(scope, send, refusal)
            return
        metrics.claims.answered("repeat" if outcome.is_repeat else outcome.result, time.perf_counter() - started)
        if outcome.result != "claimed":
            await send_refusal(scope, send, BY_RESULT[outcome.result](item=str(ask.item)))
            return
        if outcome.claim is None or outcome.unit_price_fen is None or outcome.pay_by is None:
            raise AssertionError("the ledger admits with an id, a price and a time to pay")
        answer = ClaimAnswer(
            outcome.claim,
            ask.item,
            ask.quantity,
            outcome.unit_price_fen,
            outcome.unit_price_fen * ask.quantity,
            outcome.pay_by,
        )
        await send_bytes(send, 201, encode(answer), (NO_STORE,))

    async def _read_ask(self, scope: Scope, receive: Receive, room: str, visitor: str) -> Ask:
        body = await read_body(receive, limit_bytes=MOST_CLAIM_BYTES)
        key = (header(scope, b"idempotency-key") or b"").decode("latin-1").strip()
        if not 0 < len(key) <= 100 or not key.isascii() or not key.isprintable():
            raise KeyNeeded
        try:
            asked = decode_claim(body)
        except msgspec.DecodeError as wrong:
            raise NotReadable(why=str(wrong)) from wrong
        return Ask(room, visitor, key, asked.item, asked.quantity, new_id())

    # ── events ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def events(self, scope: Scope, receive: Receive, send: Send, room: str) -> None:
        """This function will answer `POST /rooms/{room}/events`, after the events are durable."""
        try:
            live = self._rooms.known(room) or await self._rooms.get(room)
            who = self._desk.visitor_of(scope, room)
            body = await read_body(receive, limit_bytes=MOST_EVENTS_BYTES)
            try:
                raw = decode_events(body).events
            except msgspec.DecodeError as wrong:
                raise NotReadable(why=str(wrong)) from wrong
            self._desk.require_pace(self._desk.events, who, live)
            events, rejected = check_events(raw, who, now=utc_now())
            try:
                appended = await self._sink.append(room, events) if events else Appended(0, 0)
            except OSError as full:  # a full or missing disk; the client keeps its batch
                raise EventsAway from full
        except KaiboError as refusal:
            await send_refusal(scope, send, refusal)
            return
        self._metrics.events.labels("accepted").inc(appended.accepted)
        self._metrics.events.labels("duplicate").inc(appended.duplicates)
        self._metrics.events.labels("rejected").inc(len(rejected))
        await send_bytes(send, 200, encode(EventsAnswer(appended.accepted, appended.duplicates, rejected)), (NO_STORE,))


def item_id(text: str) -> UUID | None:
    """This function will read a UUID, or give None."""
    try:
        return UUID(text)
    except ValueError:
        return None
