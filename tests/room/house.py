"""A front of house for tests: its own database and real uvicorn servers on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg
import uvicorn

from kaibo.config.env import read_env
from kaibo.database.address import address
from kaibo.room import backoffice
from kaibo.room.app import Parts, RoomApp
from kaibo.room.chat import NoLexicon
from kaibo.room.connection import RoomConnection
from kaibo.room.schema import migrate
from kaibo.room.wire import Appended


def own_database(name: str) -> str:
    """This function will make an empty database with the room's tables and give its URL."""
    url = urlsplit(address(read_env()))
    with psycopg.connect(urlunsplit(url._replace(path="/postgres")), autocommit=True) as connection:
        connection.execute(f"drop database if exists {name} with (force)")
        connection.execute(f"create database {name}")
    dsn = urlunsplit(url._replace(path=f"/{name}"))
    migrate(dsn)
    return dsn


def drop_database(dsn: str) -> None:
    url = urlsplit(dsn)
    with psycopg.connect(urlunsplit(url._replace(path="/postgres")), autocommit=True) as connection:
        connection.execute(f"drop database if exists {url.path.strip('/')} with (force)")


@dataclass
class KeptEvents:
    """An event sink that remembers by id, as the lake does."""

    ids: set[str] = field(default_factory=set)
    events: list = field(default_factory=list)
    is_full: bool = False

    async def append(self, room, events):
        if self.is_full:
            raise OSError(28, "No space left on device")
        fresh = [event for event in events if event.id not in self.ids]
        self.ids |= {event.id for event in fresh}
        self.events += fresh
        return Appended(len(fresh), len(events) - len(fresh))


@dataclass
class Server:
    """One running room process (in a thread of its own, with its own loop)."""

    url: str
    app: RoomApp
    sink: KeptEvents
    loop: asyncio.AbstractEventLoop


@contextlib.contextmanager
def served(dsn: str, screener=None, *, valkey_url: str = "", **more) -> Iterator[Server]:
    """This function will run a room on a free port of loopback; `more` are further Parts."""
    sink = KeptEvents()
    app = RoomApp(Parts(dsn=dsn, screener=screener or NoLexicon(), sink=sink, valkey_url=valkey_url, **more))
    door = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, loop="asyncio", http=RoomConnection, ws="none", log_config=None, proxy_headers=False, timeout_graceful_shutdown=3)
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None
    loops: list[asyncio.AbstractEventLoop] = []

    async def go() -> None:
        loops.append(asyncio.get_running_loop())
        await server.serve(sockets=[door])

    thread = threading.Thread(target=lambda: asyncio.run(go()), daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{door.getsockname()[1]}"
    with httpx.Client(base_url=url) as client:
        for _ in range(200):
            with contextlib.suppress(httpx.HTTPError):
                if client.get("/health").status_code == 200:
                    break
            threading.Event().wait(0.05)
        else:
            raise AssertionError("the room did not start")
    try:
        yield Server(url, app, sink, loops[0])
    finally:
        loops[0].call_soon_threadsafe(app.end_streams)
        server.should_exit = True
        thread.join(10)
        door.close()


@dataclass
class Sale:
    """A room with items, changed as the back of house would."""

    dsn: str
    room: str
    items: list[str]

    @property
    def item(self) -> str:
        return self.items[0]

    def do(self, function, **arguments):
        """Call one back-office function in its own transaction."""
        with psycopg.connect(self.dsn) as connection, connection.cursor() as cur:
            return function(cur, **arguments)

    def ask(self, query: str, *parameters):
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(query, parameters).fetchall()

    def one(self, query: str, *parameters):
        return self.ask(query, *parameters)[0][0]


def make_sale(
    dsn: str, *, units: int = 10, items: int = 1, limit_per_visitor=None, price_fen: int = 5990, is_bench: bool = False,
    state: str = "on_sale",
) -> Sale:  # fmt: skip
    room = f"room-{uuid.uuid4().hex[:10]}"
    sale = Sale(dsn, room, [str(uuid.uuid4()) for _ in range(items)])
    with psycopg.connect(dsn) as connection, connection.cursor() as cur:
        backoffice.open_room(
            cur, room=room, title="林夏的衣橱", operator="杭州某服饰有限公司", host="林夏", company="杭州某服饰有限公司",
            state="live", is_bench=is_bench,
        )  # fmt: skip
        for number, item in enumerate(sale.items):
            backoffice.put_item(
                cur, room=room, item=item, allotment=uuid.uuid4(), sku_code=f"SKU-{number}", title="短款羊毛双面呢外套",
                units=units, price_fen=price_fen, limit_per_visitor=limit_per_visitor, position=number, state=state,
            )  # fmt: skip
    return sale


class Viewer:
    """One viewer with a token."""

    def __init__(self, url: str, room: str, nickname: str = "阿柚") -> None:
        self.http = httpx.Client(base_url=url, timeout=20)
        self.room = room
        entered = self.http.post(f"/rooms/{room}/visitors", json={"nickname": nickname})
        assert entered.status_code == 201, entered.text
        self.visitor = entered.json()["visitor"]
        self.token = entered.json()["token"]
        self.http.cookies.clear()
        self.http.headers["Authorization"] = f"Bearer {self.token}"

    def claim(self, item: str, quantity: int = 1, key: str | None = None) -> httpx.Response:
        return self.http.post(
            f"/rooms/{self.room}/claims",
            json={"item": item, "quantity": quantity},
            headers={"Idempotency-Key": key or uuid.uuid4().hex},
        )

    def post(self, what: str, body) -> httpx.Response:
        return self.http.post(f"/rooms/{self.room}/{what}", json=body)


@dataclass(frozen=True)
class Heard:
    """One event of a stream."""

    kind: str
    data: dict
    id: int | None


def listen(url: str, room: str, *, after=None, until, seconds: float = 8.0, headers=None) -> list[Heard]:
    """This function will read a stream until `until(heard)` is true."""
    heard: list[Heard] = []
    params = {} if after is None else {"after": after}
    with httpx.stream("GET", f"{url}/rooms/{room}/stream", params=params, headers=headers or {}, timeout=seconds) as answer:
        assert answer.status_code == 200, answer.read()
        fields: dict[str, str] = {}
        for line in answer.iter_lines():
            if line == "":
                if "event" in fields:
                    number = int(fields["id"]) if "id" in fields else None
                    heard.append(Heard(fields["event"], json.loads(fields["data"]), number))
                    if until(heard):
                        return heard
                fields = {}
            elif not line.startswith(":"):
                name, _, value = line.partition(": ")
                fields[name] = value
    return heard


def database_name(purpose: str) -> str:
    return f"kaibo_room_{purpose}_{os.getpid()}"
