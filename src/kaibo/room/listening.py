"""What the database tells room processes: one LISTEN connection that comes back by itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

import msgspec
import psycopg

from kaibo.room.hub import Chatter
from kaibo.room.rooms import AWAY, Pool

log = logging.getLogger("kaibo.room.listening")

MOST_NOTICE_BYTES = 7_900
"""PostgreSQL carries a notice of less than 8,000 bytes."""

_encode = msgspec.json.Encoder().encode
_decode_chatter = msgspec.json.Decoder(Chatter).decode


class Listener:
    """Hears `kaibo_room` (a room has a new event) and `kaibo_chatter` (chat and likes of all processes)."""

    def __init__(
        self, dsn: str, *, on_event: Callable[[str, int], None], on_chatter: Callable[[Chatter], None]
    ) -> None:
        self._dsn = dsn
        self._on_event = on_event
        self._on_chatter = on_chatter
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._listen_forever(), name="room listener")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _listen_forever(self) -> None:
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError) as lost:
                log.warning("listening was interrupted", extra={"reason": type(lost).__name__})
                await asyncio.sleep(0.5)

    async def _listen(self) -> None:
        connection: psycopg.AsyncConnection[tuple[Any, ...]]
        async with await psycopg.AsyncConnection.connect(
            self._dsn, autocommit=True, connect_timeout=3, application_name="kaibo-room-listener"
        ) as connection:
            await connection.execute("listen kaibo_room")
            await connection.execute("listen kaibo_chatter")
            async for notice in connection.notifies():
                self._hear(notice.channel, notice.payload)

    def _hear(self, channel: str, payload: str) -> None:
        try:
            if channel == "kaibo_room":
                room, seq = payload.split(" ")
                self._on_event(room, int(seq))
            else:
                self._on_chatter(_decode_chatter(payload))
        except (ValueError, msgspec.DecodeError):
            log.warning("unreadable notice", extra={"channel": channel})


class PostgresCarrier:
    """Carries chatter between the room processes of one database; what does not fit is dropped and counted."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def start(self) -> None:
        """Nothing to do: the listener of the process hears what others carry."""

    async def stop(self) -> None:
        pass

    async def carry(self, chatter: Chatter) -> None:
        for parcel in _parcels(chatter):
            try:
                async with self._pool.connection(timeout=1) as connection:
                    await connection.execute("select pg_notify('kaibo_chatter', %s)", (_encode(parcel).decode(),))
            except AWAY:
                log.warning("chatter was dropped", extra={"room": chatter.room, "messages": len(parcel.chat)})


def _parcels(chatter: Chatter) -> list[Chatter]:
    """Split chat so that each parcel fits into a notice."""
    if len(_encode(chatter)) <= MOST_NOTICE_BYTES:
        return [chatter]
    if len(chatter.chat) < 2:
        return [Chatter(chatter.room, [], chatter.likes, chatter.dropped + len(chatter.chat))]
    middle = len(chatter.chat) // 2
    return [
        *_parcels(Chatter(chatter.room, chatter.chat[:middle], chatter.likes, chatter.dropped)),
        *_parcels(Chatter(chatter.room, chatter.chat[middle:])),
    ]
