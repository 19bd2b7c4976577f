"""
The rules of the talk in a room process's memory, kept true by notices and a look every few seconds; and the desk's stream.

Rules: who is muted or blocked, the house's own words, what the shop answers by itself. A rule changed on the console
reaches every running process without a restart and without losing a message.   Source: facts/law L2, CMP-9.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from kaibo.kit.clock import screen_time
from kaibo.room.hub import ChatLine, Chatter, Parcel, Subscriber, best_effort_frame
from kaibo.room.polls import Ballots
from kaibo.room.questions import collect, uncollected_rooms
from kaibo.room.refusals import Muted, NoSuchPoll, NotToSpeak, TokenNeeded
from kaibo.room.rooms import AWAY, LiveRoom, Pool, Rooms
from kaibo.room.tokens import DESK, Tokens, Visitor
from kaibo.room.wire import decode_vote

log = logging.getLogger("kaibo.room.talk")

LOOK_SECONDS = 3.0
HouseWords = Callable[[Sequence[Mapping[str, Any]], int], None]


class Notice(msgspec.Struct):
    """What comes over `kaibo_talk`: rules changed, a line to show, or something for the desks alone."""

    what: str
    room: str = ""
    kind: str = ""
    body: msgspec.Raw = msgspec.Raw(b"{}")
    line: ChatLine | None = None


_decode_notice = msgspec.json.Decoder(Notice).decode


@dataclass(frozen=True, slots=True)
class KeywordReply:
    reply: UUID
    keywords: tuple[str, ...]
    text: str
    cooldown_seconds: int


@dataclass(slots=True)
class _Rules:
    version: int = -1
    words_version: int = 0
    shops: dict[str, str] | None = None
    mutes: dict[tuple[str, str], datetime] | None = None
    blocks: frozenset[tuple[str, str]] = frozenset()
    replies: dict[str, list[KeywordReply]] | None = None


class Talk:
    """The talk of all rooms of this process."""

    def __init__(self, dsn: str, pool: Pool, rooms: Rooms, house_words: HouseWords | None = None) -> None:
        self._dsn = dsn
        self._pool = pool
        self._rooms = rooms
        self._house_words = house_words
        self._rules = _Rules()
        self._reading = asyncio.Lock()
        self._desks: dict[str, set[Subscriber]] = {}
        self._desk_tokens: Tokens | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.ballots = Ballots(pool)

    async def start(self, secret: bytes) -> None:
        self._desk_tokens = Tokens(secret, purpose=DESK)
        with contextlib.suppress(*AWAY):
            await self.look()
        self._tasks = [
            asyncio.create_task(self._listen_forever(), name="talk listener"),
            asyncio.create_task(self._look_forever(), name="talk rules"),
        ]
        await self.ballots.start()

    async def stop(self) -> None:
        self.end_streams()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.ballots.stop()

    def end_streams(self) -> None:
        for desks in self._desks.values():
            for one in desks:
                one.end()

    # ── rules ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def require_voice(self, live: LiveRoom, who: Visitor, *, now: datetime) -> None:
        """This function will let a visitor speak who is neither blocked nor muted.   Raises: NotToSpeak, Muted."""
        self.require_welcome(live, who)
        until = (self._rules.mutes or {}).get((live.name, who.visitor))
        if until is not None and until > now:
            raise Muted(until=screen_time(until), until_at=until.isoformat(), reason="muted")

    def require_welcome(self, live: LiveRoom, who: Visitor) -> None:
        """This function will refuse somebody on the shop's blocklist.   Raises: NotToSpeak."""
        if (self.shop_of(live.name), who.visitor) in self._rules.blocks:
            raise NotToSpeak(reason="blocked")

    def shop_of(self, room: str) -> str:
        return (self._rules.shops or {}).get(room, "")

    def replies_to(self, room: str, text: str) -> list[KeywordReply]:
        """This function will give what the shop would answer by itself to a message."""
        plain = text.casefold()
        known = (self._rules.replies or {}).get(self.shop_of(room), ())
        return [one for one in known if any(word in plain for word in one.keywords)]

    async def know(self, room: str) -> None:
        """This function will make sure that the rules of a room that was opened a moment ago are known."""
        if self._rules.shops is not None and room not in self._rules.shops:
            with contextlib.suppress(*AWAY):
                await self.look(is_forced=True)

    async def look(self, *, is_forced: bool = False) -> None:
        """This function will read the rules when they changed; a process that lost a notice finds out here."""
        async with self._reading, self._pool.connection(timeout=3) as connection:
            version = await _one(connection, "select coalesce((select version from room.talk_version), 0)")
            if version == self._rules.version and not is_forced:
                return
            rules = _Rules(version=version, words_version=self._rules.words_version)
            rules.shops = dict(await _rows(connection, "select room, shop from room.rooms"))
            muted = await _rows(connection, "select room, visitor, until from room.mutes where until > now()")
            rules.mutes = {(room, visitor): until for room, visitor, until in muted}
            rules.blocks = frozenset(await _rows(connection, "select shop, visitor from room.blocks"))
            rules.replies = {}
            for shop, *said in await _rows(
                connection, "select shop, reply, keywords, text, cooldown_seconds from room.auto_replies order by reply"
            ):
                keywords = tuple(word.casefold() for word in said[1])
                rules.replies.setdefault(shop, []).append(KeywordReply(said[0], keywords, said[2], said[3]))
            words = await _rows(connection, "select version, words from room.house_words")
            self._rules = rules
        await self._take_words(*(words[0] if words else (0, [])))

    async def _take_words(self, version: int, words: Sequence[Mapping[str, Any]]) -> None:
        if self._house_words is None or version == self._rules.words_version:
            return
        # Built beside the running one and put in its place at once: no message waits, none goes unscreened.
        await asyncio.to_thread(self._house_words, words, version)
        self._rules.words_version = version
        log.info("house words taken", extra={"version": version, "words": len(words)})

    async def _look_forever(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
                await self.collect_questions()
            except AWAY:
                log.warning("talk rules could not be read")
            except Exception:
                log.exception("talk rules failed")

    async def collect_questions(self) -> None:
        """This function will sort questions nobody has sorted yet: of a process that died, or let through by a person."""
        async with self._pool.connection(timeout=3) as connection:
            for room in await uncollected_rooms(connection):
                await collect(connection, room)

    # ── notices ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _listen_forever(self) -> None:
        while True:
            try:
                connection: psycopg.AsyncConnection[tuple[Any, ...]]
                async with await psycopg.AsyncConnection.connect(
                    self._dsn, autocommit=True, connect_timeout=3, application_name="kaibo-room-talk"
                ) as connection:
                    await connection.execute("listen kaibo_talk")
                    await self.look()
                    async for notice in connection.notifies():
                        await self._hear(notice.payload)
            except (psycopg.Error, OSError, *AWAY) as lost:
                log.warning("listening was interrupted", extra={"reason": type(lost).__name__})
                await asyncio.sleep(0.5)

    async def _hear(self, payload: str) -> None:
        try:
            notice = _decode_notice(payload)
        except msgspec.DecodeError:
            log.warning("unreadable notice", extra={"channel": "kaibo_talk"})
            return
        if notice.what == "rules":
            await self.look()
        elif notice.what == "line" and notice.line is not None:
            self._rooms.hear(Chatter(notice.room, [notice.line]))
        elif notice.what == "desk":
            self._tell_desks(notice)

    def _tell_desks(self, notice: Notice) -> None:
        """At once, not with the next tick: the host is still speaking."""
        desks = self._desks.get(notice.room)
        live = self._rooms.known(notice.room)
        if not desks or live is None:
            return
        parcel = Parcel(best_effort_frame(notice.kind, notice.body), seq_before=live.channel.published)
        for desk in list(desks):
            if not desk.offer(parcel):
                desks.discard(desk)

    # ── calls ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def routes(self, calls: Calls) -> list[Route]:
        """This function will give the calls of the talk; `calls` says who is calling and reads bodies."""

        async def vote(request: Request) -> Response:
            live, who = await calls.caller(request)
            self.require_welcome(live, who)
            asked = await calls.read(request, decode_vote)
            try:
                poll = UUID(request.path_params["poll"])
            except ValueError as wrong:
                raise NoSuchPoll from wrong
            calls.require_pace(who, live)
            option = await self.ballots.cast(room=live.name, poll=poll, visitor=who.visitor, option=asked.option)
            return calls.answer({"poll": str(poll), "option": option}, 201)

        return [
            Route("/rooms/{room}/polls/{poll}/votes", vote, methods=["POST"]),
            Route("/rooms/{room}/desk", self._desk_stream),
        ]

    async def _desk_stream(self, request: Request) -> Response:
        """What viewers hear and what only staff may: held messages, hits in the host's words. Opened with a desk pass."""
        room = request.path_params["room"]
        token = request.query_params.get("token", "").encode()
        who = self._desk_tokens.read(token, now_seconds=int(time.time())) if self._desk_tokens else None
        if who is None or who.room != room:
            raise TokenNeeded
        live = await self._rooms.get(room)
        subscriber, _published = live.channel.subscribe()
        self._desks.setdefault(room, set()).add(subscriber)

        async def frames() -> Any:
            try:
                yield b"retry: 1000\n: kaibo desk\n\n"
                while (chunk := await subscriber.next()) is not None:
                    yield chunk
            finally:
                live.channel.subscribers.discard(subscriber)
                self._desks.get(room, set()).discard(subscriber)

        headers = {"cache-control": "no-store", "access-control-allow-origin": "*", "x-accel-buffering": "no"}
        return StreamingResponse(frames(), media_type="text/event-stream", headers=headers)


@dataclass(frozen=True, slots=True)
class Calls:
    """What the application lends to its parts: who calls, their body, their pace, an answer."""

    caller: Callable[[Request], Any]
    read: Callable[[Request, Any], Any]
    require_pace: Callable[[Visitor, LiveRoom], None]
    answer: Callable[[Any, int], Response]


async def _rows(connection: psycopg.AsyncConnection[tuple[Any, ...]], query: str) -> list[tuple[Any, ...]]:
    cursor = await connection.execute(query.encode())
    return await cursor.fetchall()


async def _one(connection: psycopg.AsyncConnection[tuple[Any, ...]], query: str) -> int:
    return int((await _rows(connection, query))[0][0])
