"""
`./kaibo bench stream`: one room process and many viewers on this machine – memory of an idle viewer, frames for each
second of the server's processor time, delay at five updates a second, a storm of returns – beside plain uvicorn with a
queue a viewer and no tick, in the same run.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg

from kaibo.cli.benches.scratch import scratch_database
from kaibo.cli.benches.servers import ServerIsSilent, cpu_seconds, free_port, process, resident_kb, wait_for
from kaibo.config.env import read_env
from kaibo.config.front import ready_database
from kaibo.room import backoffice

FRAME_BYTES = 200
UPDATES_A_SECOND = 5
BUSY_FRAMES_AN_UPDATE = 5
RETURNS_A_SECOND = 2_000
_MISSED_BY_RETURNING = 20
_ROOM = "bench-stream"
_CROWDS = 2
_PLAIN_VIEWERS = 1_000
_LONGEST_WAIT_SECONDS = 15.0

Publish = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Flow:
    """One measured stretch of a stream."""

    viewers: int
    seconds: float
    frames_an_update: int
    frames_due: int
    frames_heard: int
    server_cpu_seconds: float
    frames_per_cpu_second: int
    p50_ms: float
    p99_ms: float
    worst_ms: float
    lost_connections: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run found."""

    viewers: int
    kb_per_idle_viewer: float
    quiet: Flow
    busy: Flow
    plain: Flow
    ratio_to_plain: float
    storm_returns_a_second: float
    storm_failed: int
    storm_first_word_p99_ms: float
    storm_frames_missing: int
    load_average: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--viewers", type=int, default=10_000, help="观众数 · viewers (10000)")
    parser.add_argument("--seconds", type=float, default=8.0, help="每段秒数 · seconds a stretch (8)")
    parser.add_argument("--json", action="store_true", help="打印 JSON · print JSON")


def run(args: argparse.Namespace) -> int:
    busy_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="kaibo-bench-") as folder, scratch_database(Path(folder)):
        dsn = ready_database(read_env())
        with psycopg.connect(dsn, autocommit=True) as connection:
            backoffice.open_room(
                connection.cursor(), room=_ROOM, title="压测", operator="压测", host="压测", company="压测",
                state="live", is_bench=True,
            )  # fmt: skip
            found = _room_figures(args, connection)
    plain = _plain_flow(min(_PLAIN_VIEWERS, args.viewers), args.seconds)
    ratio = round(found["busy"].frames_per_cpu_second / max(1, plain.frames_per_cpu_second), 1)
    figures = Figures(**found, plain=plain, ratio_to_plain=ratio, load_average=round(busy_before, 1))
    print(json.dumps(asdict(figures)) if args.json else _words(figures))
    return 0 if figures.storm_failed == figures.storm_frames_missing == 0 else 1


def _room_figures(args: argparse.Namespace, connection: psycopg.Connection[Any]) -> dict[str, Any]:
    port = free_port()
    publish = _announcer(connection)
    with (
        process([sys.executable, "-m", "kaibo.cli", "room", "--bind", "127.0.0.1", "--port", str(port)]) as server,
        crowds(port, f"/rooms/{_ROOM}/stream") as viewers,
    ):
        wait_for(f"http://127.0.0.1:{port}/rooms/{_ROOM}")
        viewers.connect(200, RETURNS_A_SECOND)  # what the first viewers ever cost is not a viewer's
        viewers.leave()
        time.sleep(2)
        empty_kb = resident_kb(server.pid)
        viewers.connect(args.viewers, RETURNS_A_SECOND)
        time.sleep(3)
        idle_kb = (resident_kb(server.pid) - empty_kb) / args.viewers
        quiet = _flow(server.pid, viewers, publish, args.seconds, frames_an_update=1)
        busy = _flow(server.pid, viewers, publish, args.seconds, frames_an_update=BUSY_FRAMES_AN_UPDATE)
        storm = _storm(args.viewers, viewers, publish, connection)
    return {"viewers": args.viewers, "kb_per_idle_viewer": round(idle_kb, 1), "quiet": quiet, "busy": busy, **storm}


def _storm(
    count: int, viewers: Crowds, publish: Publish, connection: psycopg.Connection[Any]
) -> dict[str, float | int]:
    """Everybody is thrown out and comes back at the storm's pace with an old number, while the room goes on talking."""
    viewers.leave()
    viewers.count()
    row = connection.execute("select last_event from room.rooms where room = %s", (_ROOM,)).fetchone()
    last = int(row[0]) if row else 0
    with ThreadPoolExecutor(1) as others:
        returning = others.submit(viewers.connect, count, RETURNS_A_SECOND, after=str(last - _MISSED_BY_RETURNING))
        published = 0
        while not returning.done():
            publish(1)
            published += 1
            time.sleep(1 / UPDATES_A_SECOND)
        returned = returning.result()
    due = (published + _MISSED_BY_RETURNING) * count
    heard = viewers.count_until(due)
    return {
        "storm_returns_a_second": round(returned["connected"] / returned["seconds"]),
        "storm_failed": returned["failed"] + heard["lost"],
        "storm_first_word_p99_ms": returned["first_word_p99_ms"],
        "storm_frames_missing": due - heard["frames"],
    }


def _plain_flow(count: int, seconds: float) -> Flow:
    port = free_port()
    with (
        process([sys.executable, "-m", "kaibo.cli.benches.plain_stream", str(port)]) as server,
        crowds(port, "/stream") as viewers,
    ):
        wait_for_port(port)
        viewers.connect(count, RETURNS_A_SECOND)
        return _flow(server.pid, viewers, _poster(port), seconds, frames_an_update=BUSY_FRAMES_AN_UPDATE)


def _flow(pid: int, viewers: Crowds, publish: Publish, seconds: float, *, frames_an_update: int) -> Flow:
    viewers.count()
    cpu_before = cpu_seconds(pid)
    started = time.monotonic()
    updates = round(seconds * UPDATES_A_SECOND)
    for number in range(updates):
        time.sleep(max(0.0, started + number / UPDATES_A_SECOND - time.monotonic()))
        publish(frames_an_update)
    due = updates * frames_an_update * viewers.connected
    heard = viewers.count_until(due)
    cpu = cpu_seconds(pid) - cpu_before
    return Flow(
        viewers=viewers.connected,
        seconds=seconds,
        frames_an_update=frames_an_update,
        frames_due=due,
        frames_heard=heard["frames"],
        server_cpu_seconds=round(cpu, 2),
        frames_per_cpu_second=round(heard["frames"] / cpu) if cpu else 0,
        p50_ms=heard["delays_ms"][0],
        p99_ms=heard["delays_ms"][1],
        worst_ms=heard["delays_ms"][2],
        lost_connections=heard["lost"],
    )


def _announcer(connection: psycopg.Connection[Any]) -> Publish:
    """Publish as the back of house does: numbered events in one transaction, the room hears of them by NOTIFY."""

    def publish(count: int) -> None:
        bodies = [_body() for _ in range(count)]
        with connection.transaction():
            connection.execute(
                "select room.announce(%s, 'notice', body::json) from unnest(%s::text[]) as t(body)", (_ROOM, bodies)
            )

    return publish


def _poster(port: int) -> Publish:
    numbers = iter(range(1, 1_000_000_000))

    def publish(count: int) -> None:
        lines = [json.dumps({"seq": next(numbers), **json.loads(_body())}, separators=(",", ":")) for _ in range(count)]
        address = f"http://127.0.0.1:{port}/publish"
        with urllib.request.urlopen(address, "\n".join(lines).encode(), timeout=30):
            pass

    return publish


def _body() -> str:
    """A notice that makes a frame of FRAME_BYTES, with the moment it was said."""
    head = len("id: 123456\nevent: notice\ndata: \n\n")
    body = '{"at":%d,"text":"%s"}'
    return body % (time.time_ns(), "x" * (FRAME_BYTES - head - len(body % (time.time_ns(), ""))))


class Crowds:
    """The viewer processes, told the same at once."""

    def __init__(self, members: list[subprocess.Popen[str]]) -> None:
        self._members = members
        self.connected = 0

    def connect(self, count: int, rate: float, after: str = "-") -> dict[str, Any]:
        """This function will open streams, shared among the processes, at so many a second together."""
        share = count // len(self._members)
        answers = self._tell(f"connect {share} {rate / len(self._members)} {after}")
        self.connected = sum(answer["connected"] for answer in answers)
        return {
            "connected": self.connected,
            "failed": sum(answer["failed"] for answer in answers) + count - share * len(self._members),
            "seconds": max(answer["seconds"] for answer in answers),
            "first_word_p99_ms": max(answer["first_word_p99_ms"] for answer in answers),
        }

    def count_until(self, frames: int) -> dict[str, Any]:
        """This function will count when all frames are there, or after a while without them."""
        give_up_at = time.monotonic() + _LONGEST_WAIT_SECONDS
        while sum(answer["frames"] for answer in self._tell("peek")) < frames and time.monotonic() < give_up_at:
            time.sleep(0.3)
        return self.count()

    def count(self) -> dict[str, Any]:
        """This function will give what all heard since the last count; the slowest process speaks for the delays."""
        answers = self._tell("count")
        return {
            "frames": sum(answer["frames"] for answer in answers),
            "lost": sum(answer["lost"] for answer in answers),
            "delays_ms": [max(pair) for pair in zip(*(answer["delays_ms"] for answer in answers), strict=True)],
        }

    def leave(self) -> None:
        """This function will close every stream."""
        self._tell("leave")

    def _tell(self, order: str) -> list[dict[str, Any]]:
        for member in self._members:
            if member.stdin is None:
                raise ServerIsSilent(what=order)
            member.stdin.write(order + "\n")
            member.stdin.flush()
        return [json.loads(member.stdout.readline() if member.stdout else "") for member in self._members]


@contextlib.contextmanager
def crowds(port: int, path: str) -> Iterator[Crowds]:
    """This function will start the viewer processes."""
    command = [sys.executable, "-m", "kaibo.cli.benches.viewers", str(port), path]
    with contextlib.ExitStack() as stack:
        yield Crowds([stack.enter_context(process(command, speaks=True)) for _ in range(_CROWDS)])


def wait_for_port(port: int) -> None:
    """This function will return when the baseline publishes."""
    give_up_at = time.monotonic() + 20
    while time.monotonic() < give_up_at:
        with contextlib.suppress(OSError):
            _poster(port)(1)
            return
        time.sleep(0.1)
    raise ServerIsSilent(what=str(port))


def _words(found: Figures) -> str:
    def line(name: str, flow: Flow) -> str:
        return (
            f"{name} {flow.frames_per_cpu_second:>9,.0f} frames / server-CPU-s   {flow.viewers} viewers, "
            f"{flow.frames_an_update} × {UPDATES_A_SECOND} Hz   p50 {flow.p50_ms} ms  p99 {flow.p99_ms} ms  "
            f"worst {flow.worst_ms} ms   heard {flow.frames_heard:,} of {flow.frames_due:,}"
        )

    return "\n".join((
        f"空闲观众 idle viewer     {found.kb_per_idle_viewer} KB each, {found.viewers} viewers (aim ≤ 20)",
        line("安静 quiet", found.quiet),
        line("热闹 busy ", found.busy),
        line("基线 plain", found.plain),
        f"比值 busy : plain        {found.ratio_to_plain}",
        f"重连 storm               {found.storm_returns_a_second} returns/s, {found.storm_failed} failed",
        f"         first word p99 {found.storm_first_word_p99_ms} ms, {found.storm_frames_missing} frames missing",
        f"负载 load average        {found.load_average} before, {os.cpu_count()} cores, frames of {FRAME_BYTES} bytes",
    ))  # fmt: skip
