"""What the tests of a dying door share: asks, clients' logs, a door in a process of its own, a line that can be cut."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

from kaibo.cli.benches import claim_logs
from kaibo.kit.errors import KaiboError
from kaibo.kit.ids import new_id
from kaibo.room.claims import Door
from kaibo.room.ledger import Ask, Outcome
from tests.room.house import Sale


@dataclass
class Clients:
    """Keys clients ask with, and what they were told: the only things the checker reads beside the ledger."""

    sale: Sale
    log: Path
    answered: dict[str, str] = field(default_factory=dict)
    """Key → claim id, or the refusal, of every answer that arrived."""

    def asks(self, keys: Sequence[str]) -> list[Ask]:
        return [Ask(self.sale.room, f"v{key}", key, uuid.UUID(self.sale.item), 1, new_id()) for key in keys]

    def told(self, key: str, outcome: Outcome | KaiboError | BaseException) -> None:
        """A client that hears 503 asks again with its key; any other answer it writes down, each time."""
        if isinstance(outcome, BaseException):
            return
        if outcome.result == "claimed":
            with self.log.open("a") as log:
                log.write(f"{key} {outcome.claim} 0\n")
        self.answered[key] = str(outcome.claim) if outcome.result == "claimed" else outcome.result

    def verdict(self) -> claim_logs.Verdict:
        return claim_logs.check(self.sale.dsn, self.sale.room, [self.log] if self.log.exists() else [])


async def claim_all(door: Door, clients: Clients, keys: Sequence[str]) -> list[Outcome | BaseException]:
    """Every key at once, and everything that came back told to its client."""
    answers = await asyncio.gather(*(door.claim(ask) for ask in clients.asks(keys)), return_exceptions=True)
    for key, answer in zip(keys, answers, strict=True):
        clients.told(key, answer)
    return answers


async def claim_until_answered(door: Door, clients: Clients, keys: Sequence[str], *, seconds: float = 60) -> None:
    """As a page does it: the same key again until there is an answer."""
    give_up_at = time.monotonic() + seconds
    waiting = list(keys)
    while waiting and time.monotonic() < give_up_at:
        await claim_all(door, clients, waiting)
        waiting = [key for key in waiting if key not in clients.answered]
        if waiting:
            await asyncio.sleep(0.05)
    assert waiting == [], f"{len(waiting)} keys never got an answer"


def door_in_a_child(dsn: str, asks: Sequence[Ask]) -> tuple[int, int]:
    """
    A door in a process of its own, asked everything at once; it writes `key result claim` for each answer after it was
    told it by the door. Gives (process id, the reading end).
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    try:
        os.close(reading)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

        def reply_for(ask: Ask) -> Callable[[Outcome | KaiboError], None]:
            def reply(answer: Outcome | KaiboError) -> None:
                if not isinstance(answer, KaiboError):
                    os.write(writing, f"{ask.key} {answer.result} {answer.claim}\n".encode())

            return reply

        async def serve() -> None:
            door = Door(dsn)
            await door.start()
            for ask in asks:
                door.submit(ask, reply_for(ask))
                await asyncio.sleep(0)
            await door.stop()

        asyncio.run(serve())
    finally:
        os._exit(0)


def heard_from(reading: int, clients: Clients) -> None:
    """Whole lines arrived; half a line did not."""
    with os.fdopen(reading, "rb") as pipe:
        lines = pipe.read().decode().split("\n")[:-1]
    with clients.log.open("a") as log:
        for line in lines:
            key, result, claim = line.split()
            clients.answered[key] = claim if result == "claimed" else result
            if result == "claimed":
                log.write(f"{key} {claim} 0\n")


@dataclass
class FaultyLine:
    """A Unix socket in front of PostgreSQL's: passes everything on until it is told after how many bytes to cut."""

    folder: Path
    target: str
    cut_up_after: int | None = None
    """Bytes from the door to the ledger that still pass."""
    cut_down_after: int | None = None
    passed_up: int = 0
    passed_down: int = 0
    cuts: int = 0

    @contextlib.asynccontextmanager
    async def open(self):
        server = await asyncio.start_unix_server(self._serve, str(self.folder / ".s.PGSQL.5432"))
        async with server:
            yield self

    def dsn(self, direct: str) -> str:
        parts = urlsplit(direct)
        return urlunsplit(parts._replace(query=f"host={quote(str(self.folder))}"))

    def arm(self, *, up: int | None = None, down: int | None = None) -> None:
        self.cut_up_after, self.cut_down_after = up, down
        self.passed_up = self.passed_down = 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_unix_connection(self.target)
        both = [asyncio.create_task(self._pass(reader, up_writer, "up")), asyncio.create_task(self._pass(up_reader, writer, "down"))]
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for task in both:
            task.cancel()
        for one in (writer, up_writer):
            one.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str) -> None:
        while data := await reader.read(65_536):
            limit = self.cut_up_after if way == "up" else self.cut_down_after
            if limit is not None:
                passed = self.passed_up if way == "up" else self.passed_down
                if passed + len(data) > limit:
                    writer.write(data[: limit - passed])
                    await writer.drain()
                    self.arm()
                    self.cuts += 1
                    return
            if way == "up":
                self.passed_up += len(data)
            else:
                self.passed_down += len(data)
            writer.write(data)
            await writer.drain()


def socket_of(dsn: str) -> str:
    """Where the PostgreSQL of a DSN listens."""
    host = parse_qs(urlsplit(dsn).query).get("host", [""])[0]
    return str(Path(host) / ".s.PGSQL.5432")
