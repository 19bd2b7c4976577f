"""The front of house as one ASGI application: three hot calls in plain ASGI, everything else on Starlette."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from kaibo.kit.clock import utc_now
from kaibo.kit.errors import KaiboError
from kaibo.kit.payments import PayChannel
from kaibo.room.asgi import ClientGone, Receive, Scope, Send, read_body, refused_body
from kaibo.room.chat import Chat, Screener, printable
from kaibo.room.claims import Door
from kaibo.room.connection import Exchange
from kaibo.room.coupons import Coupons
from kaibo.room.draws import DrawCalls
from kaibo.room.events import EventSink
from kaibo.room.follows import Follows
from kaibo.room.hot import HotCalls
from kaibo.room.licence import LicencePages
from kaibo.room.listening import Listener, PostgresCarrier
from kaibo.room.metrics import Metrics
from kaibo.room.openapi import document
from kaibo.room.pages import Pages
from kaibo.room.paying import Paying
from kaibo.room.paying_calls import PayingCalls
from kaibo.room.refusals import NothingHere, NotReadable
from kaibo.room.reports import Reports
from kaibo.room.rooms import LiveRoom, Pool, Rooms, RoomsAway
from kaibo.room.streaming import Streams
from kaibo.room.talk import Calls, HouseWords, Talk
from kaibo.room.tokens import Tokens, Visitor
from kaibo.room.valkey import ValkeyCarrier
from kaibo.room.visitors import COOKIE, DEVICE_COOKIE, DEVICE_SECONDS, Desk, is_device, new_device
from kaibo.room.waitlist import Waitlist
from kaibo.room.wire import VisitorAnswer, decode_likes, decode_message, decode_visitor, encode

MOST_BODY_BYTES = 8_192


@dataclass(frozen=True, slots=True)
class Parts:
    """What the composition root hands to the room."""

    dsn: str
    screener: Screener
    sink: EventSink
    house_words: HouseWords | None = None
    """Takes the house's own words whenever they change; None: the screener has none."""
    is_secure: bool = False
    """True when viewers come over https: the cookie then says so."""
    valkey_url: str = ""
    """Carries chat and likes between machines; empty = through the database."""
    channels: Mapping[str, PayChannel] = field(default_factory=dict)
    """Ways to pay, by key."""
    seal_for: bytes | None = None
    """The public half of the key addresses are sealed for; None: no addresses are taken."""
    public_url: str = ""
    proxies: frozenset[str] = frozenset()
    """Addresses of our own reverse proxies: they alone are believed about whom they ask for."""
    """How the world reaches this room, for pay pages and notify calls; empty = as each request says."""
    more_routes: Sequence[BaseRoute] = ()
    """Pages of channels that are our own outside system (the sandbox wallet)."""
    background: Sequence[Callable[[], Coroutine[Any, Any, None]]] = ()
    """Work that runs as long as the room and is cancelled at its end."""


class RoomApp:
    """The ASGI application; `end_streams` lets a stopping server finish quickly."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._pool: Pool = AsyncConnectionPool(
            parts.dsn,
            min_size=1,
            max_size=4,
            open=False,
            timeout=3,
            kwargs={"autocommit": True, "connect_timeout": 3, "application_name": "kaibo-room"},
        )
        self.metrics = Metrics()
        self.door = Door(parts.dsn, on_left=self._on_left)
        self.rooms = Rooms(self._pool, on_restock=self.door.restocked)
        self.rooms.carrier = (
            ValkeyCarrier(parts.valkey_url, self.rooms.hear) if parts.valkey_url else PostgresCarrier(self._pool)
        )
        self.talk = Talk(parts.dsn, self._pool, self.rooms, parts.house_words)
        self.chat = Chat(self._pool, parts.screener, self.talk)
        self.paying = Paying(parts.dsn, self._pool, channels=parts.channels, seal_for=parts.seal_for)
        self.coupons = Coupons(parts.dsn, self._pool)
        self._paying_calls: PayingCalls | None = None
        self._listener = Listener(parts.dsn, on_event=self.rooms.noticed, on_chatter=self.rooms.hear)
        self._pages = Pages()
        self._draws = DrawCalls(parts.dsn, self._pool, self.rooms, lambda: self._the_desk, self._pages)
        self._reports = Reports(self.rooms, self._pool, lambda: self._the_desk)
        self._licence = LicencePages(self.rooms, self._pool, self._pages)
        self._cold = self._cold_calls()
        self._hot: HotCalls | None = None
        self._streams = Streams(self.rooms)
        self.desk: Desk | None = None

    def _on_left(self, room: str, item: Any, left: int) -> None:
        self.rooms.stock_changed(room, item, left)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = self._hot_call(scope)
        if call is None and self._paying_calls and scope["type"] == "http" and (later := self._paying_calls.find(scope)):
            await later(scope, receive, send)
            return
        if call is None:
            await self._cold(scope, receive, send)
            return
        with contextlib.suppress(ClientGone):
            await call(scope, receive, send, scope["path"].split("/")[2])

    def _hot_call(self, scope: Scope) -> Callable[[Scope, Receive, Send, str], Awaitable[None]] | None:
        """The three calls that skip Starlette's routing and request objects, which halve the claims per second."""
        if scope["type"] != "http" or self._hot is None:
            return None
        parts = scope["path"].split("/")
        if len(parts) != 4 or parts[1] != "rooms":
            return None
        match scope["method"], parts[3]:
            case "POST", "claims":
                return self._hot.claim
            case "GET", "stream":
                return self._streams.stream
            case "POST", "events":
                return self._hot.events
        return None

    def take_claim(self, exchange: Exchange) -> bool:
        """This function will take a claim, its payment or its address over from its connection, or leave it to ASGI."""
        if exchange.scope["path"].endswith("/claims"):
            return self._hot is not None and self._hot.take_claim(exchange)
        return self._paying_calls is not None and self._paying_calls.take(exchange)

    def end_streams(self) -> None:
        self.rooms.end_streams()
        self.talk.end_streams()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """This function will start everything the room needs and stop it in the opposite order."""
        await self._pool.open()
        secret = await read_secret(self._parts.dsn)
        desk = Desk(Tokens(secret))
        self.desk = desk
        self._hot = HotCalls(rooms=self.rooms, door=self.door, desk=desk, sink=self._parts.sink, metrics=self.metrics)
        self._paying_calls = PayingCalls(
            rooms=self.rooms, desk=desk, paying=self.paying, waitlist=Waitlist(self._pool), public_url=self._parts.public_url,
            proxies=self._parts.proxies,
        )
        await self.door.start()
        await self.paying.start()
        await self.coupons.start()
        background = [asyncio.create_task(work()) for work in self._parts.background]
        await self.talk.start(secret)
        await self.chat.start()
        await self.rooms.start()
        if self.rooms.carrier is not None:
            await self.rooms.carrier.start()
        await self._listener.start()
        try:
            yield
        finally:
            await self._listener.stop()
            if self.rooms.carrier is not None:
                await self.rooms.carrier.stop()
            for work in background:
                work.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            await self.coupons.stop()
            await self.paying.stop()
            await self.door.stop()
            await self.chat.stop()
            await self.talk.stop()
            await self.rooms.stop()
            await self._pool.close()

    # ── cold calls ────────────────────────────────────────────────────────────────────────────────────────────────

    def _cold_calls(self) -> Starlette:
        @contextlib.asynccontextmanager
        async def lifespan(app: Starlette) -> AsyncIterator[None]:
            async with self.running():
                yield

        return Starlette(
            lifespan=lifespan,
            exception_handlers={KaiboError: _refuse, 404: _not_here, 405: _not_here},
            routes=[
                Route("/health", self._health),
                Route("/metrics", self._show_metrics),
                Route("/openapi.json", _openapi),
                Route("/rooms/{room}", self._snapshot),
                Route("/rooms/{room}/visitors", self._enter, methods=["POST"]),
                *self._parts.more_routes,
                Route("/rooms/{room}/messages", self._say, methods=["POST"]),
                Route("/rooms/{room}/likes", self._like, methods=["POST"]),
                *self.talk.routes(Calls(self._caller, _read, self._require_vote_pace, _json)),
                *self.coupons.routes(Calls(self._caller, _read, self._require_vote_pace, _json)),
                *Follows(self._pool).routes(Calls(self._caller, _read, self._require_vote_pace, _json)),
                Route("/r/{room}", self._page),
                *self._draws.routes(),
                *self._reports.routes(),
                *self._licence.routes(),
                *self._pages.routes(),
            ],
        )

    async def _health(self, request: Request) -> Response:
        ready = self.door.is_ready
        status = "ok" if ready else "ledger_away"
        return _json({"status": status, "waiting": self.door.waiting}, 200 if ready else 503)

    async def _show_metrics(self, request: Request) -> Response:
        self.metrics.waiting.set(self.door.waiting)
        self.metrics.batches.set(self.door.batches)
        for live in self.rooms.all():
            self.metrics.viewers.labels(live.name).set(len(live.channel.subscribers))
            self.metrics.slow_readers.labels(live.name).set(live.channel.slow_readers)
            self.metrics.chat_dropped.labels(live.name).set(live.channel.chat_dropped)
        return Response(self.metrics.text(), media_type="text/plain; version=0.0.4")

    async def _snapshot(self, request: Request) -> Response:
        live = await self.rooms.get(request.path_params["room"])
        return Response(live.body(), media_type="application/json", headers={"cache-control": "no-store"})

    async def _enter(self, request: Request) -> Response:
        live = await self.rooms.get(request.path_params["room"])
        asked = await _read(request, decode_visitor)
        nickname = printable(asked.nickname) or "…"
        await self.talk.know(live.name)
        self.chat.check_nickname(live, nickname)
        device = request.cookies.get(DEVICE_COOKIE, "")
        device = device if is_device(device) else new_device()
        known = self._the_desk.tokens.visitor_of_device(device, self.talk.shop_of(live.name) or live.name)
        who, token = self._the_desk.tokens.issue(live.name, nickname, now_seconds=int(time.time()), visitor=known)
        answer = _json(VisitorAnswer(who.visitor, token), 201)
        answer.set_cookie(
            DEVICE_COOKIE, device, path="/rooms", httponly=True, samesite="strict", secure=self._parts.is_secure,
            max_age=DEVICE_SECONDS,
        )  # fmt: skip
        answer.set_cookie(
            COOKIE, token, path=f"/rooms/{live.name}", httponly=True, samesite="strict",
            secure=self._parts.is_secure, max_age=36 * 3600,
        )  # fmt: skip
        return answer

    async def _say(self, request: Request) -> Response:
        room = request.path_params["room"]
        live = await self.rooms.get(room)
        who = self._the_desk.visitor_of(request.scope, room)
        asked = await _read(request, decode_message)
        text = printable(asked.text)
        if not text:
            raise NotReadable(why="text")
        await self.talk.know(room)
        self._the_desk.require_pace(self._the_desk.messages, who, live)
        said = self.chat.say(live, who, text, now=utc_now(), asks=asked.asks)
        self.metrics.messages.labels("held" if said.is_held else "accepted").inc()
        return _json({"message": str(said.message)} | ({"held": True} if said.is_held else {}), 202)

    async def _caller(self, request: Request) -> tuple[LiveRoom, Visitor]:
        """Whose call this is, in which room."""
        room = request.path_params["room"]
        live = await self.rooms.get(room)
        return live, self._the_desk.visitor_of(request.scope, room)

    def _require_vote_pace(self, who: Visitor, live: LiveRoom) -> None:
        self._the_desk.require_pace(self._the_desk.votes, who, live)

    async def _like(self, request: Request) -> Response:
        room = request.path_params["room"]
        live = await self.rooms.get(room)
        who = self._the_desk.visitor_of(request.scope, room)
        asked = await _read(request, decode_likes)
        self._the_desk.require_pace(self._the_desk.likes, who, live)
        live.likes += asked.count
        live.likes_unsaved += asked.count
        return _json({"count": asked.count}, 202)

    async def _page(self, request: Request) -> Response:
        live = await self.rooms.get(request.path_params["room"])
        policy = (
            "default-src 'self'; img-src 'self' data: https: http:; media-src 'self' blob: https: http:;"
            " connect-src 'self' https: http:; worker-src 'self' blob:; object-src 'none'; base-uri 'none';"
            " frame-ancestors 'self'"
        )
        headers = {"content-security-policy": policy, "referrer-policy": "same-origin"}
        return self._pages.page("room.html", request, headers, picture=live.body())

    @property
    def _the_desk(self) -> Desk:
        if self.desk is None:
            raise RoomsAway
        return self.desk


async def read_secret(dsn: str) -> bytes:
    """This function will read the secret that signs visitor tokens; all room processes of a database share it."""
    async with await psycopg.AsyncConnection.connect(dsn, connect_timeout=5) as connection:
        cursor = await connection.execute("select secret from room.secrets where name = 'visitor_tokens'")
        row = await cursor.fetchone()
    if row is None:
        raise RoomsAway
    return bytes(row[0])


async def _read(request: Request, decode: Any) -> Any:
    body = await read_body(request.receive, limit_bytes=MOST_BODY_BYTES)
    try:
        return decode(body)
    except msgspec.DecodeError as wrong:
        raise NotReadable(why=str(wrong)) from wrong


def _json(answer: Any, status: int) -> Response:
    return Response(encode(answer), status, media_type="application/json", headers={"cache-control": "no-store"})


async def _refuse(request: Request, refusal: Exception) -> Response:
    if not isinstance(refusal, KaiboError):
        raise refusal
    headers = {"cache-control": "no-store"}
    if seconds := refusal.details.get("retry_after_seconds"):
        headers["retry-after"] = str(seconds)
    return Response(refused_body(request.scope, refusal), refusal.status, headers, "application/json")


async def _not_here(request: Request, wrong: Exception) -> Response:
    status = getattr(wrong, "status_code", 404)
    return Response(refused_body(request.scope, NothingHere()), status, media_type="application/json")


async def _openapi(request: Request) -> Response:
    return Response(document(), media_type="application/json")
