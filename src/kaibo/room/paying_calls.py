"""The calls of a claim's life and of the waitlist, as plain ASGI like the other hot calls: docs/room.md lists them."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

import msgspec

from kaibo.kit.errors import KaiboError
from kaibo.kit.payments import Device, NoticeAnswer
from kaibo.room.asgi import NO_STORE, ClientGone, Receive, Scope, Send, header, read_body, send_bytes, send_refusal
from kaibo.room.connection import Exchange
from kaibo.room.hot import JSON_HEAD, refuse
from kaibo.room.paying import Paying
from kaibo.room.paying_wire import Mine, decode_address, decode_payment, decode_wait
from kaibo.room.rates import Rate
from kaibo.room.refusals import NoSuchClaim, NothingHere, NotReadable
from kaibo.room.rooms import LiveRoom, Rooms
from kaibo.room.tokens import Visitor
from kaibo.room.visitors import Desk
from kaibo.room.waitlist import Waitlist
from kaibo.room.wire import encode

MOST_BODY_BYTES = 4_096
MOST_NOTICE_BYTES = 64 * 1024
Call = Callable[[Scope, Receive, Send], Awaitable[None]]


class PayingCalls:
    """Finds and answers the calls; `public_url` is how the world reaches this room, empty = as the request says."""

    def __init__(self, *, rooms: Rooms, desk: Desk, paying: Paying, waitlist: Waitlist, public_url: str, proxies: frozenset[str]) -> None:
        self._rooms = rooms
        self._desk = desk
        self._paying = paying
        self._waitlist = waitlist
        self._public_url = public_url
        self._proxies = proxies
        self._acts = Rate(per_second=2, burst=12)

    def find(self, scope: Scope) -> Call | None:
        """This function will give the call a request is for, or None."""
        parts = scope["path"].split("/")
        match scope["method"], parts[1:]:
            case "POST", ["rooms", room, "claims", claim, "payment"]:
                return partial(self._guard, partial(self._open, room, claim))
            case "PUT", ["rooms", room, "claims", claim, "address"]:
                return partial(self._guard, partial(self._address, room, claim))
            case "GET", ["rooms", room, "claims", claim]:
                return partial(self._guard, partial(self._claim, room, claim))
            case "GET", ["rooms", room, "mine"]:
                return partial(self._guard, partial(self._mine, room))
            case "POST", ["rooms", room, "waitlist"]:
                return partial(self._guard, partial(self._join, room))
            case "DELETE", ["rooms", room, "waitlist", item]:
                return partial(self._guard, partial(self._leave, room, item))
            case "POST", ["pay", channel]:
                return partial(self._hear, channel)
            case "GET", ["pay"]:
                return partial(self._guard, self._channels)
        return None

    async def _guard(
        self, answer: Callable[[Scope, Receive], Awaitable[tuple[int, Any]]], scope: Scope, receive: Receive, send: Send
    ) -> None:
        with contextlib.suppress(ClientGone):
            try:
                status, body = await answer(scope, receive)
            except KaiboError as refusal:
                await send_refusal(scope, send, refusal)
                return
            await send_bytes(send, status, encode(body), (NO_STORE,))

    async def _who(self, scope: Scope, room: str, rate: Rate | None = None) -> Visitor:
        live = self._rooms.known(room) or await self._rooms.get(room)
        who = self._desk.visitor_of(scope, room)
        self._desk.require_pace(rate or self._desk.looks, who, live)
        return who

    # ── without a task, when all of a request is there ──────────────────────────────────────────────────────────────

    def take(self, exchange: Exchange) -> bool:
        """This function will do the same as the calls of a sale, without a task; False leaves the request to `find`."""
        scope = exchange.scope
        parts = scope["path"].split("/")
        try:
            match scope["method"], parts[1:]:
                case "POST", ["pay", channel]:
                    return self._take_notice(exchange, channel)
                case ("POST", ["rooms", room, "claims", claim, "payment"]) | ("PUT", ["rooms", room, "claims", claim, "address"]):
                    live = self._rooms.known(room)
                    if live is None:
                        return False
                    who = self._desk.visitor_of(scope, room)
                    if parts[5] == "payment":
                        return self._take_payment(exchange, live, who, claim)
                    return self._take_address(exchange, live, who, claim)
        except KaiboError as refusal:
            refuse(exchange, refusal)
            return True
        return False

    def _take_payment(self, exchange: Exchange, live: LiveRoom, who: Visitor, claim: str) -> bool:
        scope = exchange.scope
        asked = _decoded(exchange.body, decode_payment)
        way = self._paying.channels.get(asked.channel)
        if way is not None and way.calls_out:
            return False
        self._desk.require_pace(self._acts, who, live)
        return self._paying.open_soon(
            partial(_reply, exchange), room=live.name, visitor=who.visitor, claim=_uuid(claim), channel=asked.channel,
            base_url=self._base_url(scope), payer_address=address_of(scope, self._proxies),
            payer_device=device_of(header(scope, b"user-agent") or b""), coupon=asked.coupon,
        )  # fmt: skip

    def _take_address(self, exchange: Exchange, live: LiveRoom, who: Visitor, claim: str) -> bool:
        self._desk.require_pace(self._acts, who, live)
        asked = _decoded(exchange.body, decode_address)

        def reply(answer: KaiboError | None) -> None:
            _reply(exchange, answer or {"address_given": True})

        self._paying.give_address_soon(reply, room=live.name, visitor=who.visitor, claim=_uuid(claim), address=asked)
        return True

    def _take_notice(self, exchange: Exchange, channel: str) -> bool:
        def reply(answer: NoticeAnswer | KaiboError) -> None:
            words = self._paying.refuse(channel, answer) if isinstance(answer, KaiboError) else answer
            if words is None:
                refuse(exchange, cast("KaiboError", answer))
                return
            status = b"%d %b" % (words.status, HTTPStatus(words.status).phrase.encode())
            exchange.answer(status, b"content-type: %b\r\ncache-control: no-store\r\n" % words.content_type.encode(), words.body)

        try:
            self._paying.hear_soon(reply, channel, _headers_of(exchange.scope), exchange.body)
        except KaiboError as problem:
            reply(problem)
        return True

    # ── a claim ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _open(self, room: str, claim: str, scope: Scope, receive: Receive) -> tuple[int, Any]:
        who = await self._who(scope, room, self._acts)
        asked = await _read(receive, decode_payment)
        answer = await self._paying.open(
            room=room, visitor=who.visitor, claim=_uuid(claim), channel=asked.channel, base_url=self._base_url(scope),
            payer_address=address_of(scope, self._proxies), payer_device=device_of(header(scope, b"user-agent") or b""),
            coupon=asked.coupon,
        )  # fmt: skip
        return 200, answer

    async def _address(self, room: str, claim: str, scope: Scope, receive: Receive) -> tuple[int, Any]:
        who = await self._who(scope, room, self._acts)
        asked = await _read(receive, decode_address)
        await self._paying.give_address(room=room, visitor=who.visitor, claim=_uuid(claim), address=asked)
        return 200, {"address_given": True}

    async def _claim(self, room: str, claim: str, scope: Scope, receive: Receive) -> tuple[int, Any]:
        who = await self._who(scope, room)
        found = await self._paying.claims_of(room, who.visitor, _uuid(claim))
        if not found:
            raise NoSuchClaim
        return 200, found[0]

    async def _mine(self, room: str, scope: Scope, receive: Receive) -> tuple[int, Any]:
        who = await self._who(scope, room)
        claims = await self._paying.claims_of(room, who.visitor)
        return 200, Mine(claims, await self._waitlist.of(room, who.visitor))

    # ── the waitlist ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _join(self, room: str, scope: Scope, receive: Receive) -> tuple[int, Any]:
        who = await self._who(scope, room, self._acts)
        asked = await _read(receive, decode_wait)
        return 201, await self._waitlist.join(room, who.visitor, asked.item, asked.quantity)

    async def _leave(self, room: str, item: str, scope: Scope, receive: Receive) -> tuple[int, Any]:
        who = await self._who(scope, room, self._acts)
        return 200, {"left": await self._waitlist.leave(room, who.visitor, _uuid(item, NothingHere))}

    # ── channels ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _channels(self, scope: Scope, receive: Receive) -> tuple[int, Any]:
        ways = self._paying.channels.values()
        return 200, {"channels": [{"channel": way.key, "title_zh": way.title_zh, "title_en": way.title_en} for way in ways]}

    async def _hear(self, channel: str, scope: Scope, receive: Receive, send: Send) -> None:
        """A channel calls: its own words in, its own words out."""
        with contextlib.suppress(ClientGone):
            try:
                body = await read_body(receive, limit_bytes=MOST_NOTICE_BYTES)
                answer = await self._paying.hear(channel, _headers_of(scope), body)
            except KaiboError as problem:
                words = self._paying.refuse(channel, problem)
                if words is None:
                    await send_refusal(scope, send, problem)
                    return
                answer = words
            head = [(b"content-type", answer.content_type.encode()), (b"content-length", b"%d" % len(answer.body)), NO_STORE]
            await send({"type": "http.response.start", "status": answer.status, "headers": head})
            await send({"type": "http.response.body", "body": answer.body})

    def _base_url(self, scope: Scope) -> str:
        if self._public_url:
            return self._public_url
        host = (header(scope, b"host") or b"localhost").decode("latin-1")
        return f"{scope['scheme']}://{host}"


def address_of(scope: Scope, proxies: frozenset[str]) -> str:
    """
    This function will give the network address a request came from; what X-Forwarded-For says counts only as far as our
    own proxies wrote it, from the right.
    """
    client = scope.get("client")
    address = client[0] if client else ""
    if address in proxies:
        hops = (header(scope, b"x-forwarded-for") or b"").decode("latin-1").split(",")
        address = next((hop.strip() for hop in reversed(hops) if hop.strip() and hop.strip() not in proxies), address)
    return address[:45]


def device_of(user_agent: bytes) -> Device:
    """This function will say what kind of browser asks: WeChat's own one can open no payment page of ours."""
    agent = user_agent.decode("latin-1")
    return "wechat" if "MicroMessenger" in agent else "phone" if "Mobile" in agent or "Android" in agent else "computer"


async def _read(receive: Receive, decode: Any) -> Any:
    return _decoded(await read_body(receive, limit_bytes=MOST_BODY_BYTES), decode)


def _headers_of(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def _reply(exchange: Exchange, answer: Any) -> None:
    if isinstance(answer, KaiboError):
        refuse(exchange, answer)
    else:
        exchange.answer(b"200 OK", JSON_HEAD, encode(answer))


def _decoded(body: bytes, decode: Any) -> Any:
    try:
        return decode(body)
    except msgspec.DecodeError as wrong:
        # what was typed may be an address: only the place that is wrong is repeated, never the words
        raise NotReadable(why=str(wrong).rsplit(" - at ", 1)[-1].strip("` ") if " - at " in str(wrong) else "JSON") from wrong


def _uuid(text: str, otherwise: type[KaiboError] = NoSuchClaim) -> UUID:
    try:
        return UUID(text)
    except ValueError as wrong:
        raise otherwise from wrong
