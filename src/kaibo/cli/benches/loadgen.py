"""
A load generator in its own process: keep-alive connections, each a viewer with one request at a time, no pipelining.

Closed loop: everybody asks again as soon as there is an answer. Open loop (`--phases 9000:4,27000:3`): asks have intended
times, evenly spaced, whatever the server does; latency counts from the intended time, so a server that stalls is not
excused from what it did not answer. What nobody could send by the end of its phase is given up and counted.
Every acknowledged claim goes to `--log`, one line `key claim item`: what an independent checker holds against the ledger.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import gc
import json
import random
import resource
import sys
import time
from collections import Counter, deque
from pathlib import Path
from typing import cast

import uvloop

_ZIPF_DRAWS = 1 << 16


class Caller(asyncio.Protocol):
    """One connection of one viewer."""

    __slots__ = ("_buffer", "_count", "_head", "_item", "_run", "_write", "began")

    def __init__(self, run: Run, number: int) -> None:
        self._run = run
        self._head = run.head(number)
        self._count = 0
        self._item = 0
        self._buffer = b""
        self.began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._write = cast("asyncio.Transport", transport).write
        self._run.connected(self)

    def ask(self, began: float) -> None:
        """This function will send one request with a key of its own; its latency counts from `began`."""
        self._count += 1
        self.began = began
        self._item, tail = self._run.next_tail()
        self._write(b"%b%d%b" % (self._head, self._count, tail))

    def data_received(self, data: bytes) -> None:
        if self._buffer:
            data = self._buffer + data
        head_end = data.find(b"\r\n\r\n")
        if head_end < 0:
            self._buffer = data
            return
        start = data.find(b"content-length: ") + 16
        if len(data) < head_end + 4 + int(data[start : data.index(b"\r", start)]):
            self._buffer = data
            return
        self._buffer = b""
        status = data[9:12]
        if status == b"201" and self._run.is_logging:
            claim = data[head_end + 14 : head_end + 50]
            self._run.log.append(b"%b%d %b %d\n" % (self._head[-32:].rpartition(b" ")[2], self._count, claim, self._item))
        self._run.answered(self, status)

    def connection_lost(self, exc: Exception | None) -> None:
        self._run.lost += 1
        self._run.finished(self)


class Run:
    """All connections of one run and what they saw."""

    def __init__(self, args: argparse.Namespace, tokens: list[str]) -> None:
        self._path = args.path.encode()
        self._tokens = [token.encode() for token in tokens]
        self._prefix = b"k%x" % time.time_ns()
        self._tails = [self._tail(item) for item in args.items.split(",")]
        self._order = _order_of_items(len(self._tails))
        self._turn = 0
        self.is_logging = bool(args.log)
        self.log: list[bytes] = []
        self.idle: deque[Caller] = deque()
        self.waiting: deque[float] = deque()
        self.answers: list[tuple[float, float, bytes]] = []
        self.lost = 0
        self.given_up = 0
        self.is_closed_loop = not args.phases
        self.ends_at = float("inf")

    def head(self, number: int) -> bytes:
        """This function will give what never changes in a viewer's requests, up to the key's own number."""
        return (
            b"POST %b HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\nauthorization: Bearer %b\r\nidempotency-key: %b-%d-"
            % (self._path, self._tokens[number % len(self._tokens)], self._prefix, number)
        )

    @staticmethod
    def _tail(item: str) -> bytes:
        body = json.dumps({"item": item, "quantity": 1}).encode()
        return b"\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)

    def next_tail(self) -> tuple[int, bytes]:
        if len(self._tails) == 1:
            return 0, self._tails[0]
        self._turn = (self._turn + 1) % _ZIPF_DRAWS
        item = self._order[self._turn]
        return item, self._tails[item]

    def connected(self, caller: Caller) -> None:
        self.idle.append(caller)

    def answered(self, caller: Caller, status: bytes) -> None:
        now = time.perf_counter()
        self.answers.append((caller.began, now, status))
        if now < self.ends_at and self.is_closed_loop:
            caller.ask(now)
        elif self.waiting:
            caller.ask(self.waiting.popleft())
        else:
            self.idle.append(caller)

    def finished(self, caller: Caller) -> None:
        if caller in self.idle:
            self.idle.remove(caller)


def _order_of_items(count: int) -> list[int]:
    """A fixed draw of items by Zipf's law: the n-th is asked for 1/n as often as the first."""
    weights = [1 / rank for rank in range(1, count + 1)]
    return random.Random(20261122).choices(range(count), weights, k=_ZIPF_DRAWS)


async def _closed_loop(run: Run, seconds: float) -> None:
    started = time.perf_counter()
    run.ends_at = started + seconds
    callers = list(run.idle)
    run.idle.clear()
    for caller in callers:
        caller.ask(started)
    await asyncio.sleep(seconds)


async def _open_loop(run: Run, phases: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Send what is due every millisecond; give when each phase began and ended."""
    spans = []
    began = time.perf_counter() + 0.05
    for rate, seconds in phases:
        ends = began + seconds
        count = 0
        while (now := time.perf_counter()) < ends:
            due = int((now - began) * rate) if now > began else 0
            while count < due:
                intended = began + count / rate
                count += 1
                if run.idle:
                    run.idle.popleft().ask(intended)
                else:
                    run.waiting.append(intended)
            await asyncio.sleep(0.001)
        run.given_up += len(run.waiting)
        run.waiting.clear()
        spans.append((began, ends))
        began = ends
    return spans


async def _load(args: argparse.Namespace, tokens: list[str]) -> dict[str, object]:
    loop = asyncio.get_running_loop()
    run = Run(args, tokens)
    ports = [int(port) for port in args.ports.split(",")]
    for number in range(args.connections):
        await loop.create_connection(functools.partial(Caller, run, number), "127.0.0.1", ports[number % len(ports)])
    gc.disable()
    started, cpu = time.perf_counter(), time.process_time()
    if run.is_closed_loop:
        await _closed_loop(run, args.seconds)
        spans = [(started, started + args.seconds)]
    else:
        spans = await _open_loop(run, [(float(rate), float(length)) for rate, length in (one.split(":") for one in args.phases.split(","))])
    for _ in range(3_000):  # half a minute for the last answers
        if len(run.idle) >= args.connections - run.lost:
            break
        await asyncio.sleep(0.01)
    cpu = time.process_time() - cpu
    if args.log:
        Path(args.log).write_bytes(b"".join(run.log))  # noqa: ASYNC240  the load is over
    return {
        "phases": [_figures(run, *span) for span in spans],
        "unanswered": args.connections - len(run.idle) - run.lost,
        "lost_connections": run.lost,
        "given_up": run.given_up,
        "cpu_us_each": 1e6 * cpu / max(1, len(run.answers)),
        "recovered_after": _recovered_after(run, spans) if len(spans) == 3 else None,
    }


def _figures(run: Run, began: float, ended: float) -> dict[str, object]:
    """Latency of what was meant for this phase, answers a second that came in it."""
    took = sorted(done - intended for intended, done, _ in run.answers if began <= intended < ended)
    # in the closed loop the last answers come after the end; what counts is answers within the span
    within = Counter(status.decode() for _, done, status in run.answers if began <= done < ended)
    admitted = sorted(done - intended for intended, done, status in run.answers if began <= intended < ended and status == b"201")
    return {
        "answers": sum(within.values()),
        "seconds": ended - began,
        "statuses": dict(within),
        "p50_ms": _quantile_ms(took, 0.5),
        "p99_ms": _quantile_ms(took, 0.99),
        "p999_ms": _quantile_ms(took, 0.999),
        "admitted_p99_ms": _quantile_ms(admitted, 0.99),
    }


def _quantile_ms(ordered: list[float], part: float) -> float:
    return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0


def _recovered_after(run: Run, spans: list[tuple[float, float]]) -> float | None:
    """Seconds after the overload until every later tenth of a second was as calm as before it (p99 ≤ 2 × and ≤ + 50 ms)."""
    calm = _quantile_ms(sorted(d - i for i, d, _ in run.answers if spans[0][0] <= i < spans[0][1]), 0.99)
    limit_ms = max(2 * calm, calm + 50)
    began, ended = spans[2]
    bins: dict[int, list[float]] = {}
    for intended, done, status in run.answers:
        if began <= intended < ended:
            bins.setdefault(int((intended - began) * 10), []).append(done - intended if status == b"201" else float("inf"))
    restless = [at for at, took in bins.items() if _quantile_ms(sorted(took), 0.99) > limit_ms]
    last = max(restless, default=-1)
    return None if last >= max(bins, default=0) else (last + 1) / 10


def main() -> int:
    """This function will run the load and print one JSON line; visitor tokens come from standard input."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--ports", required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--items", required=True)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--phases", default="")
    parser.add_argument("--log", default="")
    args = parser.parse_args()
    tokens = sys.stdin.read().split()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(json.dumps(uvloop.run(_load(args, tokens))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
