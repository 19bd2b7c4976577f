"""A load generator in its own process: keep-alive connections, one request at a time on each, no pipelining."""

from __future__ import annotations

import argparse
import asyncio
import functools
import json
import sys
import time
from collections import Counter
from typing import cast

import uvloop


class Caller(asyncio.Protocol):
    """One connection: sends the next request when the answer to the last one is complete."""

    def __init__(self, run: Run, number: int) -> None:
        self._run = run
        self._number = number
        self._sent_count = 0
        self._sent_at = 0.0
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one by behaviour, not by class
        self._run.connected(self)

    def ask(self) -> None:
        """This function will send one request with a key of its own."""
        if self._transport is None:
            return
        self._sent_count += 1
        self._sent_at = time.perf_counter()
        self._transport.write(self._run.request(self._number, self._sent_count))

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        head_end = self._buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return
        start = self._buffer.find(b"content-length: ") + 16
        length = int(self._buffer[start : self._buffer.index(b"\r", start)])
        if len(self._buffer) < head_end + 4 + length:
            return
        status = int(self._buffer[9:12])
        self._buffer = b""
        self._run.answered(self, status, time.perf_counter() - self._sent_at)

    def connection_lost(self, exc: Exception | None) -> None:
        self._run.lost()


class Run:
    """All connections of one run and what they saw."""

    def __init__(self, args: argparse.Namespace, tokens: list[str]) -> None:
        self._args = args
        body = json.dumps({"item": args.item, "quantity": 1}).encode()
        self._body = body
        self._tokens = [token.encode() for token in tokens]
        self._prefix = f"k{time.time_ns():x}"
        self._callers: list[Caller] = []
        self._ends_at = 0.0
        self._open = 0
        self.seconds: list[float] = []
        self.statuses: Counter[int] = Counter()
        self.done = asyncio.get_running_loop().create_future()

    def request(self, number: int, count: int) -> bytes:
        return (
            b"POST %b HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\nauthorization: Bearer %b\r\n"
            b"idempotency-key: %b-%d-%d\r\ncontent-length: %d\r\n\r\n%b"
            % (
                self._args.path.encode(),
                self._tokens[number % len(self._tokens)],
                self._prefix.encode(),
                number,
                count,
                len(self._body),
                self._body,
            )
        )

    def connected(self, caller: Caller) -> None:
        self._callers.append(caller)
        self._open += 1

    def begin(self) -> None:
        """This function will let all connections ask at once."""
        self._ends_at = time.perf_counter() + self._args.seconds
        for caller in self._callers:
            caller.ask()

    def answered(self, caller: Caller, status: int, seconds: float) -> None:
        self.statuses[status] += 1
        self.seconds.append(seconds)
        if time.perf_counter() < self._ends_at:
            caller.ask()
        else:
            self._finished()

    def lost(self) -> None:
        self._finished()

    def _finished(self) -> None:
        self._open -= 1
        if self._open <= 0 and not self.done.done():
            self.done.set_result(None)


async def _load(args: argparse.Namespace, tokens: list[str]) -> dict[str, object]:
    loop = asyncio.get_running_loop()
    run = Run(args, tokens)
    for number in range(args.connections):
        await loop.create_connection(functools.partial(Caller, run, number), "127.0.0.1", args.port)
    started = time.perf_counter()
    run.begin()
    await asyncio.wait_for(run.done, args.seconds + 30)
    took = time.perf_counter() - started
    ordered = sorted(run.seconds)
    return {
        "answers": len(ordered),
        "seconds": took,
        "statuses": dict(run.statuses),
        "p50_ms": 1000 * ordered[len(ordered) // 2],
        "p99_ms": 1000 * ordered[int(len(ordered) * 0.99)],
    }


def main() -> int:
    """This function will run the load and print one JSON line; visitor tokens come from standard input."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--item", required=True)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    args = parser.parse_args()
    tokens = sys.stdin.read().split()
    print(json.dumps(uvloop.run(_load(args, tokens))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
