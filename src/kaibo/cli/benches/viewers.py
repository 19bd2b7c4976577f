"""
Many viewers of one stream in a process of their own: raw asyncio, told what to do line by line on standard input.

`connect COUNT RATE AFTER` opens streams with intended start times, `count` prints what was heard since the last
`count`, `peek` how many frames so far, `leave` closes them all. Each order is answered with one line of JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import resource
import sys
import time
from typing import cast

import uvloop

_TIMED_SHARE = 20
"""One viewer in so many reads the times in the frames; the others only count, so that the bench measures the room."""
_FIRST_WORD = b"\r\n\r\n"


class Viewer(asyncio.Protocol):
    """One open stream."""

    __slots__ = ("_crowd", "_intended", "_is_leaving", "_is_timed", "_transport", "is_greeted")

    def __init__(self, crowd: Crowd, intended: float, *, is_timed: bool) -> None:
        self._crowd = crowd
        self._intended = intended
        self._is_timed = is_timed
        self._transport: asyncio.Transport | None = None
        self._is_leaving = False
        self.is_greeted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._crowd.request)

    def data_received(self, data: bytes) -> None:
        crowd = self._crowd
        if not self.is_greeted:
            self.is_greeted = True
            crowd.greeted(time.monotonic() - self._intended, is_good=data.startswith(b"HTTP/1.1 200"))
        crowd.frames += data.count(b"\nevent: notice")
        crowd.bytes += len(data)
        if self._is_timed:
            crowd.time(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._crowd.lost += not self._is_leaving

    def leave(self) -> None:
        self._is_leaving = True
        if self._transport is not None:
            self._transport.abort()


class Crowd:
    """All viewers of this process and what they heard."""

    def __init__(self, port: int, path: str) -> None:
        self._port = port
        self._path = path
        self._viewers: list[Viewer] = []
        self._first_words: list[float] = []
        self._refused = 0
        self._all_greeted = asyncio.Event()
        self._expected = 0
        self._delays: list[float] = []
        self.request = b""
        self.frames = 0
        self.bytes = 0
        self.lost = 0

    async def connect(self, count: int, rate: float, after: str) -> dict[str, object]:
        """This function will open streams at their intended times and give how long the first words took."""
        loop = asyncio.get_running_loop()
        self.request = f"GET {self._path}?after={after.removeprefix('-')} HTTP/1.1\r\nhost: bench\r\naccept: text/event-stream\r\n\r\n".encode()
        self._first_words.clear()
        self._all_greeted.clear()
        self._refused = 0
        self._expected = count
        started = time.monotonic()
        opening = []
        for number in range(count):
            intended = started + number / rate
            if (early := intended - time.monotonic()) > 0:
                await asyncio.sleep(early)
            viewer = Viewer(self, intended, is_timed=number % _TIMED_SHARE == 0)
            self._viewers.append(viewer)
            opening.append(
                asyncio.create_task(loop.create_connection(lambda made=viewer: made, "127.0.0.1", self._port))  # type: ignore[misc]
            )
        results = await asyncio.gather(*opening, return_exceptions=True)
        failed = sum(isinstance(result, BaseException) for result in results)
        self._expected -= failed
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._all_greeted.wait(), 60)
        return {
            "connected": len(self._first_words) - self._refused,
            "failed": failed + self._refused + self._expected - len(self._first_words),
            "seconds": time.monotonic() - started,
            "first_word_p99_ms": round(1000 * _percentile(self._first_words, 0.99), 1),
        }

    def greeted(self, seconds: float, *, is_good: bool) -> None:
        self._first_words.append(seconds)
        self._refused += not is_good
        if len(self._first_words) >= self._expected:
            self._all_greeted.set()

    def time(self, data: bytes) -> None:
        """This function will note how old each frame of a piece is."""
        now_ns = time.time_ns()
        at = data.find(b'"at":')
        while at >= 0:
            digits = data[at + 5 : at + 24]
            if digits.isdigit():
                self._delays.append((now_ns - int(digits)) / 1e9)
            at = data.find(b'"at":', at + 5)

    def count(self) -> dict[str, object]:
        """This function will give what was heard and begin anew."""
        heard: dict[str, object] = {
            "frames": self.frames, "bytes": self.bytes, "lost": self.lost,
            "delays_ms": [round(1000 * _percentile(self._delays, share), 1) for share in (0.5, 0.99, 1.0)],
            "timed": len(self._delays),
        }  # fmt: skip
        self.frames = self.bytes = self.lost = 0
        self._delays.clear()
        return heard

    def leave(self) -> dict[str, object]:
        """This function will close every stream."""
        for viewer in self._viewers:
            viewer.leave()
        left = len(self._viewers)
        self._viewers.clear()
        return {"left": left}


def _percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


async def _obey(port: int, path: str) -> None:
    crowd = Crowd(port, path)
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while order := (await lines.readline()).decode().split():
        match order:
            case ["connect", count, rate, after]:
                answer = await crowd.connect(int(count), float(rate), after)
            case ["count"]:
                answer = crowd.count()
            case ["peek"]:
                answer = {"frames": crowd.frames}
            case _:
                answer = crowd.leave()
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    gc.freeze()
    uvloop.run(_obey(int(sys.argv[1]), sys.argv[2]))
