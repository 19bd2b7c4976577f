"""
Carries chatter between room processes on many machines through Valkey, when `KAIBO_VALKEY_URL` names one.

Only what is best effort goes this way. Reliable events come from the database they are written in, so a Valkey that is
away costs the chat of other machines and never a price, a stock level or a notice.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

import msgspec
from valkey.asyncio import Valkey
from valkey.exceptions import ValkeyError

from kaibo.kit.ids import new_id
from kaibo.room.hub import Chatter

log = logging.getLogger("kaibo.room.valkey")

TOPIC = "kaibo:chatter"
PATIENCE_SECONDS = 1.0
RETRY_SECONDS = 0.5
PING_SECONDS = 10.0
_AWAY = (ValkeyError, OSError, TimeoutError)


class _Parcel(msgspec.Struct, frozen=True, array_like=True):
    origin: str
    chatter: Chatter


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Parcel).decode


class ValkeyCarrier:
    """One connection that publishes and one that listens and comes back by itself."""

    def __init__(self, url: str, receive: Callable[[Chatter], None]) -> None:
        self._receive = receive
        self._origin = str(new_id())
        self._valkey: Valkey = Valkey.from_url(
            url, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS
        )
        self._task: asyncio.Task[None] | None = None
        self.listening = asyncio.Event()
        """Set while others are heard."""
        self.not_carried = 0
        """Parcels that other machines did not get."""

    async def start(self) -> None:
        self._task = asyncio.create_task(self._listen_forever(), name="valkey listener")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        with contextlib.suppress(*_AWAY):
            await self._valkey.aclose()

    async def carry(self, chatter: Chatter) -> None:
        """This function will show chatter here at once and bring it to the others; what they miss is counted."""
        self._receive(chatter)
        try:
            await self._valkey.publish(TOPIC, _encode(_Parcel(self._origin, chatter)))
        except _AWAY as away:
            self.not_carried += 1
            log.warning(
                "chatter did not leave this machine", extra={"room": chatter.room, "reason": type(away).__name__}
            )

    async def _listen_forever(self) -> None:
        while True:
            try:
                await self._listen()
            except _AWAY as lost:
                log.warning("valkey is away", extra={"reason": type(lost).__name__})
            finally:
                self.listening.clear()
            await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self) -> None:
        async with self._valkey.pubsub() as topic:
            await topic.subscribe(TOPIC)
            while True:
                message = await topic.get_message(timeout=PING_SECONDS)
                if message is None:
                    await topic.ping()  # a connection that died in silence is noticed here
                elif message["type"] == "subscribe":
                    self.listening.set()
                elif message["type"] == "message":
                    self._hear(message["data"])

    def _hear(self, data: bytes) -> None:
        try:
            parcel = _decode(data)
        except msgspec.DecodeError:
            log.warning("unreadable parcel")
            return
        if parcel.origin != self._origin:
            self._receive(parcel.chatter)
