"""Senders of behaviour events in a process of their own: keep-alive connections, one batch at a time on each."""

from __future__ import annotations

import asyncio
import functools
import json
import sys
import time
from datetime import UTC, datetime
from typing import cast

import uvloop

BATCH = 200
_KINDS = ("enter", "heartbeat", "expose", "click", "expose", "heartbeat", "cart", "share")


class Sender(asyncio.Protocol):
    """One connection of one visitor."""

    def __init__(self, run: Run, number: int, token: str) -> None:
        self._run = run
        self._number = number
        self._head = f"POST {run.path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\nauthorization: Bearer {token}\r\n"
        self._sent_at = 0.0
        self._buffer = b""
        self._batch = 0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def send(self) -> None:
        """This function will send a batch of events nobody sent before."""
        if self._transport is None:
            return
        self._batch += 1
        body = self._run.body(f"{self._number}-{self._batch}")
        self._sent_at = time.perf_counter()
        self._transport.write(f"{self._head}content-length: {len(body)}\r\n\r\n".encode() + body)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, gap, body = self._buffer.partition(b"\r\n\r\n")
        if not gap:
            return
        start = head.find(b"content-length: ") + 16
        if len(body) < int(head[start:].split(b"\r", 1)[0]):
            return
        self._buffer = b""
        self._run.answered(self, int(head[9:12]), body, time.perf_counter() - self._sent_at)

    def connection_lost(self, exc: Exception | None) -> None:
        self._run.lost()


class Run:
    """All senders and what they were told."""

    def __init__(self, path: str, seconds: float) -> None:
        self.path = path
        self._seconds = seconds
        self._ends_at = 0.0
        self._prefix = f"{time.time_ns():x}"
        self._open = 0
        self.accepted = 0
        self.refused = 0
        self.taken: list[float] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def body(self, batch: str) -> bytes:
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return b'{"events":[' + b",".join(
            b'{"id":"%b-%b-%d","kind":"%b","at":"%b","value":%d}'
            % (self._prefix.encode(), batch.encode(), n, _KINDS[n % len(_KINDS)].encode(), at.encode(), n)
            for n in range(BATCH)
        ) + b"]}"  # fmt: skip

    async def go(self, port: int, tokens: list[str]) -> None:
        """This function will connect everybody, let them send, and return when the last answer is in."""
        loop = asyncio.get_running_loop()
        senders = []
        for number, token in enumerate(tokens):
            make = functools.partial(Sender, self, number, token)
            _, sender = await loop.create_connection(make, "127.0.0.1", port)
            senders.append(sender)
        self._open = len(senders)
        self._ends_at = time.perf_counter() + self._seconds
        for sender in senders:
            sender.send()
        await asyncio.wait_for(self.done, self._seconds + 30)

    def answered(self, sender: Sender, status: int, body: bytes, seconds: float) -> None:
        self.taken.append(seconds)
        if status == 200:
            self.accepted += json.loads(body)["accepted"]
        else:
            self.refused += 1
        if time.perf_counter() < self._ends_at:
            sender.send()
        else:
            self.lost()

    def lost(self) -> None:
        self._open -= 1
        if self._open <= 0 and not self.done.done():
            self.done.set_result(None)


async def _load(port: int, path: str, seconds: float, tokens: list[str]) -> dict[str, object]:
    run = Run(path, seconds)
    started = time.perf_counter()
    await run.go(port, tokens)
    took = time.perf_counter() - started
    ordered = sorted(run.taken)
    return {
        "accepted": run.accepted, "refused": run.refused, "seconds": took, "ended_at": time.time(),
        "p50_ms": round(1000 * ordered[len(ordered) // 2], 1), "p99_ms": round(1000 * ordered[int(len(ordered) * 0.99)], 1),
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(uvloop.run(_load(int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), sys.stdin.read().split()))))
