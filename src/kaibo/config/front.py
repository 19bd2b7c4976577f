"""The composition root of the room process: who screens its chat, who keeps its events, where its database is."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import uvicorn

from kaibo.channels.pay_sandbox.channel import Channel as Sandbox
from kaibo.channels.pay_sandbox.pages import WalletPages
from kaibo.channels.pay_wechat.channel import Channel as WeChatPay
from kaibo.channels.pay_wechat.pages import InsideWeChat
from kaibo.config.env import Env
from kaibo.config.paying import address_public_key, pay_channels
from kaibo.config.serving import Server
from kaibo.config.standing import leave_standing
from kaibo.database.address import address, create_if_missing
from kaibo.kit.errors import Unavailable
from kaibo.lake.append import Journal, JournalTaken
from kaibo.lake.schema import Event as LakeEvent
from kaibo.language.lexicon import packaged_lexicon, with_house_words
from kaibo.language.screening import Screener, default_screener
from kaibo.language.segmentation import segmenter
from kaibo.room.app import Parts, RoomApp
from kaibo.room.chat import Verdict
from kaibo.room.connection import RoomConnection
from kaibo.room.schema import migrate
from kaibo.room.wire import Appended, Event

log = logging.getLogger("kaibo.config.front")

MOST_ROOM_PROCESSES = 32
SEAL_SECONDS = 120.0


class PortTaken(Unavailable):
    code = "room.port_taken"
    message_zh = "端口 {bind}:{port} 不能用：{reason}"
    message_en = "Port {bind}:{port} cannot be used: {reason}"


class LakeSink:
    """Appends viewers' events to the lake's journal; a room is one session of it."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def append(self, room: str, events: Sequence[Event]) -> Appended:
        appended = await self._journal.append_async(room, [_lake_event(event) for event in events])
        return Appended(appended.accepted, appended.duplicates)


def _lake_event(event: Event) -> LakeEvent:
    return LakeEvent(
        id=event.id,
        kind=event.kind,
        at=event.at,
        received_at=event.received_at,
        room=event.room,
        session=event.room,
        visitor=event.visitor,
        item=event.item,
        value=None if event.value is None else round(event.value),
    )


class _Screens(Protocol):
    def screen(self, text: str, surface: str = ...) -> Verdict: ...


class ChatScreener:
    """The house lexicon on the surface `chat`."""

    def __init__(self, screener: _Screens) -> None:
        self._screener = screener

    def screen(self, text: str, *, surface: str) -> Verdict:
        return self._screener.screen(text, surface)

    def take_house_words(self, words: Sequence[Mapping[str, Any]], version: int) -> None:
        """This function will go on with another list of the house's own words, from one message to the next."""
        self._screener = Screener(with_house_words(packaged_lexicon(), words, version=version))


def open_journal(folder: Path) -> Journal:
    """This function will open the first journal no other room process holds."""
    for number in range(1, MOST_ROOM_PROCESSES + 1):
        with contextlib.suppress(JournalTaken):
            return Journal(folder, writer="room" if number == 1 else f"room-{number}")
    raise JournalTaken(writer="room")


def ready_database(env: Env) -> str:
    """This function will give the address of a database in which the room's tables exist."""
    dsn = address(env)
    create_if_missing(dsn)
    migrate(dsn)
    return dsn


@contextlib.asynccontextmanager
async def _sealing(journal: Journal) -> AsyncIterator[None]:
    """Turn closed journal segments into Parquet now and then, off the event loop."""

    async def seal_forever() -> None:
        while True:
            await asyncio.sleep(SEAL_SECONDS)
            try:
                await asyncio.to_thread(journal.seal)
            except Unavailable as full:
                log.warning("sealing waits", extra={"reason": str(full)})

    task = asyncio.create_task(seal_forever())
    try:
        yield
    finally:
        task.cancel()


def listen(bind: str, port: int) -> socket.socket:
    """This function will take the public port, or say who is in the way.   Raises: PortTaken."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    door = socket.socket(family, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((bind, port))
    except OSError as taken:
        door.close()
        raise PortTaken(bind=bind, port=port, reason=taken.strerror or str(taken)) from taken
    return door


def allow_many_connections() -> None:
    """This function will ask for as many open files as the machine grants: each viewer is one."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def serve(env: Env, *, bind: str | None = None, port: int | None = None) -> int:
    """This function will run the room until it is told to stop."""
    allow_many_connections()
    door = listen(bind or env.bind, port or env.room_port)
    journal = open_journal(env.data / "lake")
    screener = ChatScreener(default_screener())
    segmenter()  # now, and not while viewers wait for the first message that needs it
    try:
        dsn = ready_database(env)
        channels = pay_channels(env, dsn)
        wallets = [WalletPages(channel) for channel in channels.values() if isinstance(channel, Sandbox)]
        inside = [InsideWeChat(channel) for channel in channels.values() if isinstance(channel, WeChatPay) and channel.settings.app_secret]
        app = RoomApp(
            Parts(
                dsn=dsn,
                screener=screener,
                house_words=screener.take_house_words,
                sink=LakeSink(journal),
                is_secure=env.room_url.startswith("https://"),
                valkey_url=env.valkey_url,
                channels=channels,
                seal_for=address_public_key(env),
                public_url=env.room_url if port is None else "",
                proxies=env.proxies,
                more_routes=[route for pages in (*wallets, *inside) for route in pages.routes()],
                background=[wallet.run for wallet in wallets],
            )
        )
        config = uvicorn.Config(
            app,
            loop="uvloop",
            http=RoomConnection,
            ws="none",
            lifespan="on",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            backlog=4096,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=8,
        )
        server = Server(config, before_exit=app.end_streams)
        runner = asyncio.Runner(loop_factory=config.get_loop_factory())
        with runner:
            runner.run(_run(server, door, journal))
        return 0 if server.started else 3
    finally:
        journal.close()
        door.close()


async def _run(server: uvicorn.Server, door: socket.socket, journal: Journal) -> None:
    leave_standing()
    async with _sealing(journal):
        await server.serve(sockets=[door])
