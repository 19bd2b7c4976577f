"""
The load generator of `bench orders`, a process of its own: each connection is a viewer who claims, opens the payment,
has the wallet call about it and gives an address, one request after the other, again and again as somebody else.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import sys
import time
import uuid
from collections import Counter
from datetime import UTC, datetime
from typing import cast

import uvloop

from kaibo.channels.pay_sandbox import signing
from kaibo.config.env import read_env
from kaibo.config.paying import sandbox
from kaibo.kit.payments import PayNotice

STEPS = ("claim", "payment", "notice", "address")


class Buyer(asyncio.Protocol):
    """One connection, one order after the other."""

    def __init__(self, run: Run, number: int) -> None:
        self._run = run
        self._number = number
        self._order = 0
        self._step = 0
        self._began_at = 0.0
        self._buffer = b""
        self._claim = ""
        self._payment = ""
        self._amount_fen = 0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._run.connected(self)

    def next_order(self) -> None:
        """This function will begin another order as another viewer."""
        self._order += 1
        self._step = 0
        self._began_at = time.perf_counter()
        self._send()

    def _send(self) -> None:
        if self._transport is not None:
            self._transport.write(self._run.request(self._step, self._number, self._order, self._claim, self._payment, self._amount_fen))

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        head_end = self._buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return
        start = self._buffer.find(b"content-length: ") + 16
        length = int(self._buffer[start : self._buffer.index(b"\r", start)])
        if len(self._buffer) < head_end + 4 + length:
            return
        status, body = int(self._buffer[9:12]), self._buffer[head_end + 4 :]
        self._buffer = b""
        self._run.counts[f"{STEPS[self._step]} {status}"] += 1
        if status >= 400:
            self._run.refused(self)
            return
        if not self._run.is_empty:
            self._remember(body)
        self._step += 1
        if self._step == len(STEPS):
            self._run.finished(self, time.perf_counter() - self._began_at)
        else:
            self._send()

    def _remember(self, body: bytes) -> None:
        if self._step == 0:
            self._claim = json.loads(body)["claim"]
        elif self._step == 1:
            said = json.loads(body)
            self._payment, self._amount_fen = said["payment"], said["amount_fen"]

    def connection_lost(self, exc: Exception | None) -> None:
        self._run.ended()


class Run:
    """All buyers of one run and what they saw."""

    def __init__(self, args: argparse.Namespace, tokens: list[str]) -> None:
        self._args = args
        self.is_empty = args.empty
        self._tokens = [token.encode() for token in tokens]
        self._prefix = f"o{time.time_ns():x}"
        self._secret = b"" if args.empty else sandbox(read_env(), "").settings.secret
        self._buyers: list[Buyer] = []
        self._ends_at = 0.0
        self._open = 0
        self.seconds: list[float] = []
        self.counts: Counter[str] = Counter()
        self.done = asyncio.get_running_loop().create_future()

    def request(self, step: int, number: int, order: int, claim: str, payment: str, amount_fen: int) -> bytes:
        token = self._tokens[(number + order * self._args.connections) % len(self._tokens)]
        room = self._args.room
        if step == 2:
            return self._notice(payment or uuid.UUID(int=0).hex, amount_fen or 1)
        method, path, body, key = {
            0: ("POST", f"/rooms/{room}/claims", {"item": self._args.item, "quantity": 1}, f"idempotency-key: {self._prefix}-{number}-{order}\r\n"),
            1: ("POST", f"/rooms/{room}/claims/{claim}/payment", {"channel": "sandbox"}, ""),
            3: ("PUT", f"/rooms/{room}/claims/{claim}/address", self._address(number, order), ""),
        }[step]
        content = json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n{key}content-length: {len(content)}\r\nauthorization: Bearer "
        return head.encode() + token + b"\r\n\r\n" + content

    def _notice(self, payment: str, amount_fen: int) -> bytes:
        now = datetime.now(UTC)
        number = uuid.UUID(payment).hex
        headers, body = signing.notice_request(self._secret, PayNotice(number, f"T{number}", amount_fen, now), now=now)
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST /pay/sandbox HTTP/1.1\r\nhost: bench\r\n{head}content-length: {len(body)}\r\n\r\n".encode() + body

    @staticmethod
    def _address(number: int, order: int) -> dict[str, str]:
        return {"name": "李小梅", "phone": f"13{(number * 1_000_003 + order) % 10**9:09d}", "address": f"浙江省杭州市西湖区文三路{number}号{order}室"}

    def connected(self, buyer: Buyer) -> None:
        self._buyers.append(buyer)
        self._open += 1

    def begin(self) -> None:
        self._ends_at = time.perf_counter() + self._args.seconds
        for buyer in self._buyers:
            buyer.next_order()

    def finished(self, buyer: Buyer, seconds: float) -> None:
        self.seconds.append(seconds)
        self._go_on(buyer)

    def refused(self, buyer: Buyer) -> None:
        self._go_on(buyer)

    def _go_on(self, buyer: Buyer) -> None:
        if time.perf_counter() < self._ends_at:
            buyer.next_order()
        else:
            self.ended()

    def ended(self) -> None:
        self._open -= 1
        if self._open <= 0 and not self.done.done():
            self.done.set_result(None)


async def _main(args: argparse.Namespace) -> None:
    run = Run(args, sys.stdin.read().split())
    loop = asyncio.get_running_loop()
    for number in range(args.connections):
        await loop.create_connection(lambda n=number: Buyer(run, n), "127.0.0.1", args.port)  # type: ignore[misc]
    began_at = time.perf_counter()
    run.begin()
    await run.done
    took = sorted(run.seconds) or [0.0]
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "orders": len(run.seconds), "seconds": time.perf_counter() - began_at, "statuses": dict(run.counts),
                "cpu_seconds": used.ru_utime + used.ru_stime,
                "p50_ms": took[len(took) // 2] * 1000, "p99_ms": took[int(len(took) * 0.99)] * 1000,
            }
        )
    )  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name, kind in (("port", int), ("room", str), ("item", str), ("connections", int), ("seconds", float)):
        parser.add_argument(f"--{name}", type=kind, required=True)
    parser.add_argument("--empty", action="store_true")
    uvloop.run(_main(parser.parse_args()))
