"""
The rooms this process serves: a cache of the database, rebuilt at first use and kept true by the reliable events.

A notice (LISTEN/NOTIFY) says that a room has a new event; a sweep every few seconds finds what a lost notice hid.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from kaibo.kit.errors import Unavailable
from kaibo.kit.ids import new_id
from kaibo.room.hub import (
    HEARTBEAT_SECONDS,
    MOST_REMEMBERED,
    TICK_SECONDS,
    Carrier,
    Channel,
    ChatLine,
    Chatter,
    Reliable,
)
from kaibo.room.refusals import NoSuchRoom

log = logging.getLogger("kaibo.room.rooms")

SWEEP_SECONDS = 3.0
PULSE_SECONDS = 2.0
UNKNOWN_ROOM_SECONDS = 1.0
FORGET_SECONDS = 900.0
"""A room nobody watches, asks or changes for so long is forgotten here, and read again when somebody comes."""
MOST_REPLAYED = 5_000

Pool = AsyncConnectionPool[psycopg.AsyncConnection[tuple[Any, ...]]]
AWAY = (psycopg.Error, PoolTimeout, OSError)
_encode = msgspec.json.Encoder().encode


class RoomsAway(Unavailable):
    code = "room_away"


@dataclass(slots=True, eq=False)
class LiveRoom:
    """One room as this process knows it."""

    name: str
    snapshot: dict[str, Any]
    channel: Channel
    encoded: bytes = b""
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    stock_changed: set[UUID] = field(default_factory=set)
    chat: list[ChatLine] = field(default_factory=list)
    likes: int = 0
    likes_unsaved: int = 0
    viewers_told: int = -1
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    announcing: asyncio.Task[None] | None = None
    used_at: float = field(default_factory=time.monotonic)
    flushed_at: float = 0.0

    @property
    def is_idle(self) -> bool:
        """True when nothing would be lost by forgetting the room."""
        return not (self.channel.subscribers or self.stock_changed or self.chat or self.likes or self.likes_unsaved)

    @property
    def is_bench(self) -> bool:
        return bool(self.snapshot["is_bench"])

    def take(self, snapshot: dict[str, Any]) -> None:
        """This function will replace what is known of the room."""
        snapshot.setdefault("viewers", self.snapshot.get("viewers", 0))
        self.snapshot = snapshot
        self.items = {item["item"]: item for item in snapshot["items"]}
        self.encoded = b""

    def body(self) -> bytes:
        """This function will give the snapshot as JSON, encoded once per change."""
        if not self.encoded:
            self.encoded = _encode(self.snapshot)
        return self.encoded


class Rooms:
    """All rooms of this process, their clock and their reading of the database."""

    def __init__(self, pool: Pool, *, on_restock: Callable[[UUID], None]) -> None:
        self._pool = pool
        self._on_restock = on_restock
        self._rooms: dict[str, LiveRoom] = {}
        self._unknown: dict[str, float] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._opening = asyncio.Lock()
        self._process = new_id()
        self.carrier: Carrier | None = None
        self.is_stopping = False

    # ── looking up ────────────────────────────────────────────────────────────────────────────────────────────────

    def known(self, name: str) -> LiveRoom | None:
        live = self._rooms.get(name)
        if live is not None:
            live.used_at = time.monotonic()
        return live

    def all(self) -> list[LiveRoom]:
        return list(self._rooms.values())

    async def get(self, name: str) -> LiveRoom:
        """
        This function will give a room, reading it from the database at first use.

        Raises: NoSuchRoom, RoomsAway.
        """
        if live := self.known(name):
            return live
        if self._unknown.get(name, 0.0) > time.monotonic():
            raise NoSuchRoom
        async with self._opening:
            if live := self._rooms.get(name):
                return live
            snapshot = await self._read_snapshot(name)
            if snapshot is None:
                if len(self._unknown) > 10_000:
                    self._unknown.clear()
                self._unknown[name] = time.monotonic() + UNKNOWN_ROOM_SECONDS
                raise NoSuchRoom
            last = snapshot["last_event_id"]
            live = LiveRoom(name, snapshot, Channel(name, published=last))
            # Readers of a process that died come back here with their numbers: they are answered from memory.
            live.channel.recall(await self.events_between(name, max(0, last - MOST_REMEMBERED), last))
            live.take(snapshot)
            self._rooms[name] = live
            return live

    async def _read_snapshot(self, name: str) -> dict[str, Any] | None:
        try:
            async with self._pool.connection(timeout=3) as connection:
                cursor = await connection.execute(
                    "select room.snapshot(r.room), room.state_card(r) from room.rooms r where r.room = %s", (name,)
                )
                row = await cursor.fetchone()
        except AWAY as away:
            raise RoomsAway from away
        return {**row[0], **row[1]} if row else None

    # ── reliable events ───────────────────────────────────────────────────────────────────────────────────────────

    def noticed(self, name: str, seq: int) -> None:
        """This function will read a room's new events soon, because a notice says there are some."""
        live = self._rooms.get(name)
        if live is not None and seq > live.channel.known:
            self._spawn(self._advance_quietly(live))
        self._unknown.pop(name, None)

    async def advance(self, live: LiveRoom) -> None:
        """This function will read the events after the last known one and bring the snapshot up to date."""
        async with live.reading:
            events = await self.events_between(live.name, live.channel.known, None)
            if not events:
                return
            live.channel.tell(events)
            self._hurry(live)
            if any(event.kind != "stock" for event in events):
                if snapshot := await self._read_snapshot(live.name):
                    live.take(snapshot)
                    for item in live.items.values():
                        if item["left"] > 0:
                            self._on_restock(UUID(item["item"]))
                return
            for event in events:
                self._apply_stock(live, event)

    def _apply_stock(self, live: LiveRoom, event: Reliable) -> None:
        told = msgspec.json.decode(event.body)
        if event.seq <= live.snapshot["last_event_id"]:
            return
        if item := live.items.get(told["item"]):
            item["left"], item["stock"] = told["left"], told["stock"]
        live.snapshot["last_event_id"] = event.seq
        live.encoded = b""
        if told["left"] > 0:
            self._on_restock(UUID(told["item"]))

    async def events_between(self, name: str, after: int, up_to: int | None) -> list[Reliable]:
        """This function will read the numbered events in (after, up_to]; at most MOST_REPLAYED of them."""
        try:
            async with self._pool.connection(timeout=3) as connection:
                cursor = await connection.execute(
                    """select seq, kind, body::text from room.events
                        where room = %s and seq > %s and seq <= %s order by seq limit %s""",
                    (name, after, up_to if up_to is not None else 2**62, MOST_REPLAYED),
                )
                return [Reliable(seq, kind, body.replace("\n", " ")) for seq, kind, body in await cursor.fetchall()]
        except AWAY as away:
            raise RoomsAway from away

    async def _advance_quietly(self, live: LiveRoom) -> None:
        with contextlib.suppress(RoomsAway):
            await self.advance(live)

    # ── what happens in this process ──────────────────────────────────────────────────────────────────────────────

    def stock_changed(self, name: str, item: UUID, left: int) -> None:
        """This function will tell the room about an item's level with the next tick."""
        live = self._rooms.get(name)
        if live is not None and str(item) in live.items:
            live.stock_changed.add(item)

    def hear(self, chatter: Chatter) -> None:
        """This function will pass on what a room process (maybe this one) collected."""
        if live := self._rooms.get(chatter.room):
            live.channel.hear(chatter)

    # ── clock ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def start(self) -> None:
        self._spawn(self._tick_forever())
        self._spawn(self._every(PULSE_SECONDS, self._pulse))
        self._spawn(self._sweep_forever())
        self._spawn(self._beat_forever())

    async def stop(self) -> None:
        self.end_streams()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(Exception):
            async with self._pool.connection(timeout=1) as connection:
                await connection.execute("delete from room.presence where process = %s", (self._process,))

    def end_streams(self) -> None:
        """This function will end every stream, so that a stopping server does not wait for its viewers."""
        self.is_stopping = True
        for live in self._rooms.values():
            live.channel.end()

    def _spawn(self, work: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _tick_forever(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due = max(due + TICK_SECONDS, loop.time())
            await asyncio.sleep(due - loop.time())
            for live in self.all():
                try:
                    self._tick(live)
                    await self._deliver(live.channel)
                except Exception:  # one room's trouble must not stop the clock of the others
                    log.exception("tick failed", extra={"room": live.name})

    def _tick(self, live: LiveRoom) -> None:
        if live.stock_changed and (live.announcing is None or live.announcing.done()):
            items, live.stock_changed = live.stock_changed, set()
            live.announcing = self._spawn(self._announce_stock(live, items))
        if live.chat or live.likes:
            chatter = Chatter(live.name, live.chat, live.likes)
            live.chat, live.likes = [], 0
            if self.carrier is not None:
                self._spawn(self.carrier.carry(chatter))
        if live.channel.gather():
            live.flushed_at = time.monotonic()

    def _hurry(self, live: LiveRoom) -> None:
        """Tell the first event after a silence at once; only what follows it closely waits for the tick."""
        now = time.monotonic()
        if now - live.flushed_at >= TICK_SECONDS * 0.75 and live.channel.gather():
            live.flushed_at = now
            self._spawn(self._deliver(live.channel))

    async def _deliver(self, channel: Channel) -> None:
        while channel.deliver():
            await _give_way()  # claims go between two handfuls of readers

    async def _announce_stock(self, live: LiveRoom, items: set[UUID]) -> None:
        try:
            async with self._pool.connection(timeout=3) as connection:
                await connection.execute("select room.announce_stock(%s, %s)", (live.name, list(items)))
        except AWAY:
            live.stock_changed |= items

    async def _every(self, seconds: float, work: Callable[[LiveRoom], Any]) -> None:
        while True:
            await asyncio.sleep(seconds)
            for live in self.all():
                try:
                    await work(live)
                except AWAY:
                    log.warning("database is away", extra={"room": live.name})
                except RoomsAway:
                    pass
                except Exception:
                    log.exception("room work failed", extra={"room": live.name})

    async def _beat_forever(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS / 2)
            for live in self.all():
                live.channel.beat()

    async def _sweep_forever(self) -> None:
        """Find what a lost notice hid: one question for all rooms, then only the rooms that have news."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                self._forget_idle()
                for name, last in await self._last_events():
                    live = self._rooms.get(name)
                    if live is not None and last > live.channel.known:
                        await self._advance_quietly(live)
            except AWAY:
                log.warning("database is away", extra={"rooms": len(self._rooms)})
            except Exception:
                log.exception("sweep failed")

    async def _last_events(self) -> list[tuple[str, int]]:
        if not self._rooms:
            return []
        async with self._pool.connection(timeout=3) as connection:
            cursor = await connection.execute(
                "select room, last_event from room.rooms where room = any(%s)", (list(self._rooms),)
            )
            return [(name, last) for name, last in await cursor.fetchall()]

    def _forget_idle(self) -> None:
        before = time.monotonic() - FORGET_SECONDS
        for live in self.all():
            if live.used_at < before and live.is_idle:
                del self._rooms[live.name]

    async def _pulse(self, live: LiveRoom) -> None:
        viewers = len(live.channel.subscribers)
        if viewers == 0 and live.viewers_told <= 0 and not live.likes_unsaved:
            return
        likes, live.likes_unsaved = live.likes_unsaved, 0
        try:
            async with self._pool.connection(timeout=3) as connection:
                cursor = await connection.execute(
                    "select * from room.pulse(%s, %s, %s, %s)", (self._process, live.name, viewers, likes)
                )
                row = await cursor.fetchone()
        except AWAY:
            live.likes_unsaved += likes
            raise
        live.viewers_told = viewers
        figures = {"viewers": row[0], "likes": row[1]} if row is not None else {}
        if figures and any(live.snapshot.get(name) != count for name, count in figures.items()):
            live.snapshot.update(figures)
            live.encoded = b""
            live.channel.show_figures(figures)


async def _give_way() -> None:
    await asyncio.sleep(0)
