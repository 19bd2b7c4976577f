"""
`./kaibo bench events`: durable behaviour events a second over HTTP in batches, how soon they show in the figures, and
what the disk alone could take – the same bytes appended and synced batch by batch – in the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg

from kaibo.cli.benches.eventgen import BATCH
from kaibo.cli.benches.scratch import scratch_database
from kaibo.cli.benches.servers import ServerIsSilent, cpu_seconds, free_port, process, surroundings, wait_for
from kaibo.config.env import read_env
from kaibo.config.front import ready_database
from kaibo.lake import reading
from kaibo.room import backoffice
from kaibo.room.app import read_secret
from kaibo.room.tokens import Tokens

_ROOM = "bench-events"
_EVENT_BYTES = 260


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run found."""

    events_per_second: int
    accepted: int
    in_figures: int
    visible_after_ms: int
    p50_ms: float
    p99_ms: float
    refused_batches: int
    server_cpu_seconds: float
    events_per_cpu_second: int
    one_by_one_per_second: int
    """Events a second when each batch is written and synced before the next is looked at."""
    connections: int
    load_average: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=float, default=8.0, help="秒数 · seconds (8)")
    parser.add_argument("--connections", type=int, default=32, help="连接数 · connections (32)")
    parser.add_argument("--json", action="store_true", help="打印 JSON · print JSON")


def run(args: argparse.Namespace) -> int:
    busy = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="kaibo-bench-") as folder, scratch_database(Path(folder)):
        dsn = ready_database(read_env())
        with psycopg.connect(dsn) as connection:
            backoffice.open_room(
                connection.cursor(), room=_ROOM, title="压测", operator="压测", host="压测", company="压测",
                state="live", is_bench=True,
            )  # fmt: skip
        figures = _measure(args, dsn, Path(folder), busy)
    print(json.dumps(asdict(figures)) if args.json else _words(figures))
    return 0 if figures.in_figures == figures.accepted and figures.refused_batches == 0 else 1


def _measure(args: argparse.Namespace, dsn: str, folder: Path, busy: float) -> Figures:
    signer = Tokens(asyncio.run(read_secret(dsn)))
    now_seconds = int(time.time())
    tokens = [signer.issue(_ROOM, f"压测{n}", now_seconds=now_seconds)[1] for n in range(args.connections)]
    port = free_port()
    command = [sys.executable, "-m", "kaibo.cli", "room", "--bind", "127.0.0.1", "--port", str(port)]
    with process(command) as server:
        wait_for(f"http://127.0.0.1:{port}/rooms/{_ROOM}")
        cpu_before = cpu_seconds(server.pid)
        told = _send(port, args.seconds, tokens)
        cpu = cpu_seconds(server.pid) - cpu_before
        accepted = int(told["accepted"])
        shown, visible_at = _await_figures(folder / "lake", accepted)
    return Figures(
        events_per_second=round(accepted / told["seconds"]),
        accepted=accepted,
        in_figures=shown,
        visible_after_ms=round(1000 * (visible_at - told["ended_at"])),
        p50_ms=told["p50_ms"],
        p99_ms=told["p99_ms"],
        refused_batches=int(told["refused"]),
        server_cpu_seconds=round(cpu, 2),
        events_per_cpu_second=round(accepted / cpu) if cpu else 0,
        one_by_one_per_second=_disk_alone(folder),
        connections=args.connections,
        load_average=round(busy, 1),
    )


def _send(port: int, seconds: float, tokens: list[str]) -> dict[str, float]:
    command = [sys.executable, "-m", "kaibo.cli.benches.eventgen", str(port), f"/rooms/{_ROOM}/events", str(seconds)]
    done = subprocess.run(
        command, input="\n".join(tokens), capture_output=True, text=True, check=False, env=surroundings()
    )
    if done.returncode:
        raise ServerIsSilent(what=done.stderr[-500:])
    told: dict[str, float] = json.loads(done.stdout)
    return told


def _await_figures(lake: Path, accepted: int) -> tuple[int, float]:
    """Read the session's figures as the pages do until they hold every event, and say when that was."""
    give_up_at = time.monotonic() + 60
    while True:
        shown = sum(reading.figures_of(lake, _ROOM).event_counts.values())
        if shown >= accepted or time.monotonic() > give_up_at:
            return shown, time.time()


def _disk_alone(folder: Path) -> int:
    batch = b"x" * (_EVENT_BYTES * BATCH)
    started = time.monotonic()
    written = 0
    with (folder / "alone").open("wb", buffering=0) as file:
        while time.monotonic() - started < 1.0:
            file.write(batch)
            os.fdatasync(file.fileno())
            written += BATCH
    return round(written / (time.monotonic() - started))


def _words(found: Figures) -> str:
    return "\n".join((
        f"落盘 durable events     {found.events_per_second:>9,} /s   {found.connections} connections, batches of {BATCH} (aim ≥ 30,000)",
        f"延迟 a batch's answer   p50 {found.p50_ms} ms  p99 {found.p99_ms} ms",
        f"每核 per server-CPU-s    {found.events_per_cpu_second:>9,}      {found.server_cpu_seconds} s used, {found.refused_batches} batches refused",
        f"磁盘 disk, batch by batch {found.one_by_one_per_second:>8,} /s   the same bytes, synced one by one",
        f"可见 in the figures      {found.in_figures:,} of {found.accepted:,}, {found.visible_after_ms} ms after the last answer (aim ≤ 2,000)",
        f"负载 load average       {found.load_average} before, {os.cpu_count()} cores",
    ))  # fmt: skip
