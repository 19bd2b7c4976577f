"""Two of the hot calls, as plain ASGI inside the application: claims and events; `streaming` is the third."""

from __future__ import annotations

import asyncio
import time
from http import HTTPStatus
from uuid import UUID

import msgspec

from kaibo.kit.clock import utc_now
from kaibo.kit.errors import KaiboError
from kaibo.kit.ids import new_id
from kaibo.room.asgi import (
    NO_STORE,
    Receive,
    Scope,
    Send,
    header,
    read_body,
    refused_body,
    retry_after_seconds,
    send_bytes,
    send_refusal,
)
from kaibo.room.claims import Door
from kaibo.room.connection import MOST_CLAIM_BYTES, Exchange
from kaibo.room.events import EventSink, check_events
from kaibo.room.ledger import Ask, Outcome
from kaibo.room.metrics import Metrics
from kaibo.room.refusals import BY_RESULT, EventsAway, KeyNeeded, NotReadable, QueueFull
from kaibo.room.rooms import LiveRoom, Rooms
from kaibo.room.visitors import Desk
from kaibo.room.wire import Appended, ClaimAnswer, EventsAnswer, decode_claim, decode_events, encode

TURNED_AWAY_SECONDS = 0.5
MOST_NOES = 4_096
JSON_HEAD = b"content-type: application/json\r\ncache-control: no-store\r\n"
MOST_EVENTS_BYTES = 256 * 1024


class HotCalls:
    """Claims and events over what this process holds."""

    def __init__(self, *, rooms: Rooms, door: Door, desk: Desk, sink: EventSink, metrics: Metrics) -> None:
        self._rooms = rooms
        self._door = door
        self._desk = desk
        self._sink = sink
        self._metrics = metrics
        self._turned_away: list[tuple[Exchange, QueueFull]] = []
        self._noes: dict[tuple[str, int, bool], tuple[bytes, bytes, bytes]] = {}

    # ── claims ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def claim(self, scope: Scope, receive: Receive, send: Send, room: str) -> None:
        """This function will answer `POST /rooms/{room}/claims`, after the commit.   Source: LIV-4, LIV-11."""
        started = time.perf_counter()
        try:
            live = self._rooms.known(room) or await self._rooms.get(room)
            body = await read_body(receive, limit_bytes=MOST_CLAIM_BYTES)
            ask = self._ask_of(scope, body, live)
            outcome = await self._door.claim(ask)
        except KaiboError as refusal:
            self._metrics.claims.refused()
            await send_refusal(scope, send, refusal)
            return
        self._count(outcome, started)
        if outcome.result != "claimed":
            await send_refusal(scope, send, BY_RESULT[outcome.result](item=str(ask.item)))
            return
        await send_bytes(send, 201, _claimed(ask, outcome), (NO_STORE,))

    def take_claim(self, exchange: Exchange) -> bool:
        """
        This function will do the same for a request that is wholly there, without a task; False leaves it to `claim`.

        Who is turned away because the queue is full is told so a little later, together with others: a crowd that asks
        again at once must not take the time of those who are being served.
        """
        started = time.perf_counter()
        scope = exchange.scope
        parts = scope["path"].split("/")
        live = self._rooms.known(parts[2]) if len(parts) == 4 and parts[1] == "rooms" else None
        if live is None:
            return False

        def reply(answer: Outcome | KaiboError) -> None:
            if isinstance(answer, KaiboError):
                self._metrics.claims.refused()
                refuse(exchange, answer)
                return
            self._count(answer, started)
            if answer.result == "claimed":
                exchange.answer(b"201 Created", JSON_HEAD, _claimed(ask, answer))
            else:
                exchange.answer(*self._answer_no(scope, answer.result, ask.item))

        try:
            ask = self._ask_of(scope, exchange.body, live)
            self._door.submit(ask, reply)
        except QueueFull as full:
            self._metrics.claims.refused()
            self._turn_away(exchange, full)
        except KaiboError as refusal:
            self._metrics.claims.refused()
            refuse(exchange, refusal)
        return True

    def _ask_of(self, scope: Scope, body: bytes, live: LiveRoom) -> Ask:
        who = self._desk.visitor_of(scope, live.name)
        key = (header(scope, b"idempotency-key") or b"").decode("latin-1").strip()
        if not 0 < len(key) <= 100 or not key.isascii() or not key.isprintable():
            raise KeyNeeded
        try:
            asked = decode_claim(body)
        except msgspec.DecodeError as wrong:
            raise NotReadable(why=str(wrong)) from wrong
        self._desk.require_pace(self._desk.claims, who, live)
        return Ask(live.name, who.visitor, key, asked.item, asked.quantity, new_id())

    def _count(self, outcome: Outcome, started: float) -> None:
        self._metrics.claims.answered(
            "repeat" if outcome.is_repeat else outcome.result, time.perf_counter() - started
        )

    def _answer_no(self, scope: Scope, result: str, item: UUID) -> tuple[bytes, bytes, bytes]:
        """The ledger's refusals by item and language, made once: thousands a second hear that an item is sold out."""
        is_english = (header(scope, b"accept-language") or b"zh").lower().startswith(b"en")
        place = (result, item.int, is_english)
        found = self._noes.get(place)
        if found is None:
            if len(self._noes) >= MOST_NOES:
                self._noes.clear()
            found = self._noes[place] = _refusal(scope, BY_RESULT[result](item=str(item)))
        return found

    def _turn_away(self, exchange: Exchange, full: QueueFull) -> None:
        if not self._turned_away:
            asyncio.get_running_loop().call_later(TURNED_AWAY_SECONDS, self._tell_turned_away)
        self._turned_away.append((exchange, full))

    def _tell_turned_away(self) -> None:
        told, self._turned_away = self._turned_away, []
        for exchange, full in told:
            refuse(exchange, full)

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


def _claimed(ask: Ask, outcome: Outcome) -> bytes:
    if outcome.claim is None or outcome.unit_price_fen is None or outcome.pay_by is None:
        raise AssertionError("the ledger admits with an id, a price and a time to pay")
    amount_fen = outcome.unit_price_fen * ask.quantity
    return encode(
        ClaimAnswer(outcome.claim, ask.item, ask.quantity, outcome.unit_price_fen, amount_fen, outcome.pay_by)
    )


def refuse(exchange: Exchange, refusal: KaiboError) -> None:
    """This function will answer a request that was handed over with a refusal."""
    exchange.answer(*_refusal(exchange.scope, refusal))


def _refusal(scope: Scope, refusal: KaiboError) -> tuple[bytes, bytes, bytes]:
    head = JSON_HEAD
    if seconds := retry_after_seconds(refusal):
        head += b"retry-after: %d\r\n" % seconds
    status = b"%d %b" % (refusal.status, HTTPStatus(refusal.status).phrase.encode())
    return status, head, refused_body(scope, refusal)


def item_id(text: str) -> UUID | None:
    """This function will read a UUID, or give None."""
    try:
        return UUID(text)
    except ValueError:
        return None
