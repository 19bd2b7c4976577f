"""
Viewers of the example shop: real HTTP clients of the room, each with its own pace, that watch, chat, like, claim and pay.

They speak the room's public contract and nothing else, so what they show is what people would see.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import signal
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from kaibo.demo import shoppers

NAMES = ["阿柚", "小满", "momo", "橘子汽水", "海边的卡", "Linn", "三三", "可可", "七七", "木木", "阿初", "梨涡", "鹿小葵", "一颗星", "半糖", "山茶", "小鱼干", "云朵朵", "芝士", "南风", "白桃", "圆圆", "青柠", "晚晚", "糯米", "知夏", "小北", "荔枝", "安安", "朵拉", "沐沐", "柚子茶", "一一", "小秋", "阿元", "落落", "米粒", "团团", "栗子", "苏苏"]
CHAT = (
    "颜色好正", "160 斤 170 穿什么码？", "已拍已拍", "会起球吗", "什么时候发货呀", "主播身上是什么色？", "黑色还有吗", "刚来，讲到哪个了", "小个子 150 能穿吗",
    "这个和上次那件比哪个厚", "付款成功啦", "领口扎不扎", "可以机洗吗", "能开发票吗", "老粉来了", "上次买的围巾很暖", "多少克重", "肩宽多少", "有没有大码",
    "退货运费谁出", "冲冲冲", "好看好看", "想要驼色", "主播再转一圈", "里面会掉毛吗", "胸围 112 能穿吗", "拍了两件", "礼盒有吗", "尺码表发一下", "下单了",
)
RULE_BREAKERS = ("加薇❤信领券", "加微信 kb666 返现")


@dataclass(slots=True)
class Connection:
    """One keep-alive HTTP/1.1 connection; opened again when the other side closed it."""

    host: str
    port: int
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None

    async def ask(self, method: str, path: str, *, token: str = "", body: Any = None, key: str = "") -> tuple[int, Any]:
        """This function will send one request and give its status and JSON; a lost connection is tried once more."""
        for attempt in (1, 2):
            try:
                return await self._once(method, path, token, body, key)
            except (ConnectionError, asyncio.IncompleteReadError, ValueError):
                self.close()
                if attempt == 2:
                    return 0, None
        return 0, None

    async def _once(self, method: str, path: str, token: str, body: Any, key: str) -> tuple[int, Any]:
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(self.host, self.port)
        assert self.reader is not None
        content = json.dumps(body).encode() if body is not None else b""
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nContent-Length: {len(content)}\r\nContent-Type: application/json\r\n"
        head += f"Authorization: Bearer {token}\r\n" if token else ""
        head += f"Idempotency-Key: {key}\r\n" if key else ""
        self.writer.write(head.encode() + b"\r\n" + content)
        await self.writer.drain()
        status, length = await read_head(self.reader)
        answer = await self.reader.readexactly(length) if length else b""
        return status, json.loads(answer) if answer else None

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


async def read_head(reader: asyncio.StreamReader) -> tuple[int, int]:
    """This function will read an HTTP answer's head and give its status and content length."""
    line = await reader.readuntil(b"\r\n")
    status, length = int(line.split()[1]), 0
    while (line := await reader.readuntil(b"\r\n")) != b"\r\n":
        name, _colon, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return status, length


@dataclass(slots=True)
class Room:
    """What all viewers of a room share: where it is and what it shows now."""

    host: str
    port: int
    slug: str
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    current: str | None = None
    polls: list[dict[str, Any]] = field(default_factory=list)
    draws: list[dict[str, Any]] = field(default_factory=list)

    async def refresh(self) -> bool:
        connection = Connection(self.host, self.port)
        status, snapshot = await connection.ask("GET", f"/rooms/{self.slug}")
        connection.close()
        if status != 200:
            return False
        self.items = {item["item"]: item for item in snapshot["items"]}
        self.polls, self.draws = snapshot["polls"], snapshot["draws"]
        current = snapshot.get("current_item")
        self.current = current.get("item") if isinstance(current, dict) else current
        return True


class Viewer:
    """One person at a phone."""

    def __init__(self, room: Room, number: int, chance: random.Random) -> None:
        self.room, self.number, self.chance = room, number, chance
        self.connection = Connection(room.host, room.port)
        self.stream: asyncio.Task[None] | None = None
        self.token = ""
        self.is_waiting = False
        self.seen: set[str] = set()

    async def watch(self) -> None:
        """This function will enter, stay a while, leave, and come back as somebody else."""
        while True:
            name = self.chance.choice(NAMES) + (str(self.number) if self.chance.random() < 0.3 else "")
            status, answer = await self.connection.ask("POST", f"/rooms/{self.room.slug}/visitors", body={"nickname": name})
            if status != 201:
                await asyncio.sleep(2)
                continue
            self.token, self.seen, self.is_waiting = answer["token"], set(), False
            await self.send_events(("enter", None))
            self.stream = asyncio.create_task(self.listen())
            async for _moment in self.moments(self.chance.uniform(60, 600)):
                await self.do_something()
            self.stream.cancel()
            await self.send_events(("leave", None))

    async def listen(self) -> None:
        """This function will hold the room's event stream open, as the page does: that is what "online" counts."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, OSError):
            reader, writer = await asyncio.open_connection(self.room.host, self.room.port)
            try:
                writer.write(f"GET /rooms/{self.room.slug}/stream HTTP/1.1\r\nHost: {self.room.host}\r\nAuthorization: Bearer {self.token}\r\n\r\n".encode())
                while await reader.read(65_536):
                    pass
            finally:
                writer.close()

    async def moments(self, stay_seconds: float) -> AsyncIterator[None]:
        until, beat = asyncio.get_running_loop().time() + stay_seconds, 0.0
        while (now := asyncio.get_running_loop().time()) < until:
            if now - beat > 15:
                beat = now
                await self.send_events(("heartbeat", None))
            yield
            await asyncio.sleep(self.chance.expovariate(0.35))

    async def do_something(self) -> None:
        item, dice = self.pick(), self.chance.random()
        if item and item not in self.seen:
            self.seen.add(item)
            await self.send_events(("expose", item))
        elif dice < 0.25:
            await self.connection.ask("POST", f"/rooms/{self.room.slug}/likes", token=self.token, body={"count": self.chance.randint(1, 12)})
        elif dice < 0.45:
            text = self.chance.choice(CHAT) if self.chance.random() > 0.03 else self.chance.choice(RULE_BREAKERS)
            await self.connection.ask("POST", f"/rooms/{self.room.slug}/messages", token=self.token, body={"text": text})
        elif item and dice < 0.62:
            await self.send_events(("click", item))
            if self.chance.random() < 0.35:
                await self.send_events(("cart", item))
            if self.chance.random() < 0.03:
                await shoppers.claim(self, item)
        elif dice < 0.64:
            await self.send_events((self.chance.choice(("follow", "share")), None))
        elif dice < 0.72:
            await shoppers.take_part(self)
        elif dice < 0.78 and self.is_waiting:
            await shoppers.look_at_mine(self)

    def pick(self) -> str | None:
        """The product on show; one of its specifications that is still there."""
        shown = self.room.items.get(self.room.current or "")
        if shown is None:
            return None
        alike = [one["item"] for one in self.room.items.values() if one["state"] == "on_sale" and one["title"].split(" ")[0] == shown["title"].split(" ")[0]]
        return self.chance.choice(alike) if alike else None

    async def ask(self, method: str, path: str, body: Any = None, *, key: str = "") -> tuple[int, Any]:
        """This function will call the room as this viewer."""
        return await self.connection.ask(method, f"/rooms/{self.room.slug}/{path}", token=self.token, body=body, key=key)

    async def send_events(self, *events: tuple[str, str | None]) -> None:
        at = datetime.now(UTC).isoformat()
        body = [{"id": str(uuid.uuid4()), "kind": kind, "at": at} | ({"item": item} if item else {}) for kind, item in events]
        await self.connection.ask("POST", f"/rooms/{self.room.slug}/events", token=self.token, body={"events": body})


async def crowd(base_url: str, slug: str, *, viewers: int, seed: int) -> None:
    """This function will keep a crowd in a room until it is cancelled; the audience swells in the first minute."""
    place = urlsplit(base_url)
    room = Room(place.hostname or "127.0.0.1", place.port or 80, slug)
    while not await _try(room.refresh()):  # noqa: ASYNC110  the room is another process: there is no event to wait for
        await asyncio.sleep(1)
    tasks = [asyncio.create_task(shoppers.bear_witness(room, Connection(room.host, room.port), random.Random(seed)))]
    try:
        for number in range(viewers):
            tasks.append(asyncio.create_task(Viewer(room, number, random.Random(seed + number)).watch()))
            await asyncio.sleep(60 / viewers if number > viewers // 3 else 0.05)
        while True:
            await asyncio.sleep(3)
            await _try(room.refresh())
    finally:
        for task in tasks:
            task.cancel()


async def _try(asked: Any) -> bool:
    with contextlib.suppress(OSError):
        return bool(await asked)
    return False


def main(argv: list[str] | None = None) -> int:
    """This function will run a crowd from the command line: `python -m kaibo.demo.viewers URL ROOM`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base_url")
    parser.add_argument("room")
    parser.add_argument("--viewers", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(argv)
    loop = asyncio.new_event_loop()
    task = loop.create_task(crowd(args.base_url, args.room, viewers=args.viewers, seed=args.seed))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        loop.run_until_complete(task)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
