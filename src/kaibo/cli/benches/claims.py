"""
`./kaibo bench claims`: durable claims over HTTP, load generator on the same machine, in a database of the bench's own.

Closed loop for the best rate, open loop with intended start times for latency, sold-out answers, three times the best as
overload and what comes after it; beside an empty plain-ASGI endpoint under the same client and pgbench doing UPDATE + INSERT
one by one, in the same run. What clients were told is held against the ledger by `claim_logs`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from kaibo.cli.benches import claim_logs
from kaibo.cli.benches.scratch import scratch_database
from kaibo.cli.benches.servers import ServerIsSilent, cpu_seconds, free_port, process, surroundings, wait_for
from kaibo.config.env import read_env
from kaibo.config.front import ready_database
from kaibo.database.programs import find_programs
from kaibo.kit.ids import readable_code
from kaibo.room import audit, backoffice
from kaibo.room.app import read_secret
from kaibo.room.tokens import Tokens

_ONE_BY_ONE = """\
begin;
update bench_item set left_units = left_units - 1 where item = 1 and left_units >= 1;
insert into bench_claim (item, visitor) values (1, :client_id);
commit;
"""
_PGBENCH_CLIENTS = 16
_DURABLE = ("fsync", "synchronous_commit", "full_page_writes")
ZIPF_ITEMS = 50
_PLENTY = 50_000_000
OVERLOAD = 3.0
OVERLOAD_CONNECTIONS = 10_000
"""More viewers than the door lets wait, so that some are turned away; fewer where the machine allows fewer open files."""
CALM = 0.7


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=float, default=3.0, help="每轮秒数 · seconds a round (3)")
    parser.add_argument("--rounds", type=int, default=3, help="每项轮数，取中位 · rounds of each case, the median counts (3)")
    parser.add_argument("--connections", type=int, default=256, help="连接数 · connections (256)")
    parser.add_argument(
        "--full", action="store_true",
        help="所有组合：1、2 个进程 × 1、50 件商品 × 64、256、1000 个连接 · every combination of processes, items and connections",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="打印 JSON · print JSON")


def run(args: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="kaibo-bench-") as folder, scratch_database(Path(folder)):
        found = _measure(args, Path(folder))
    print(json.dumps(found, ensure_ascii=False)) if args.json else _show(found)
    wrong = found["oversold"] + found["lost"] + found["doubled"] + found["differences"]
    return 0 if wrong == 0 else 1


class _Bench:
    """What every round needs: the database, the folder for logs, and the rooms whose clients wrote them."""

    def __init__(self, args: argparse.Namespace, dsn: str, folder: Path) -> None:
        self.args = args
        self.dsn = dsn
        self.folder = folder
        self.rooms: dict[str, list[Path]] = {}

    def open(self, *, items: int = 1, stock: int = _PLENTY) -> tuple[str, list[str]]:
        """This function will open a room with items on sale."""
        room, ids = f"bench-{readable_code().lower()}", [uuid.uuid4() for _ in range(items)]
        with psycopg.connect(self.dsn) as connection, connection.cursor() as cur:
            backoffice.open_room(
                cur, room=room, title="压测", operator="压测", host="压测", company="压测", state="live", is_bench=True
            )
            for item in ids:
                backoffice.put_item(
                    cur, room=room, item=item, allotment=uuid.uuid4(), sku_code="BENCH", title="压测商品", units=stock,
                    price_fen=990, state="on_sale",
                )  # fmt: skip
        self.rooms[room] = []
        return room, [str(item) for item in ids]

    def load(
        self, ports: list[int], place: tuple[str, list[str]], *, connections: int, phases: str = "", seconds: float | None = None, is_kept: bool = True,
    ) -> dict[str, Any]:  # fmt: skip
        """This function will run one load and give what its clients saw."""
        room, items = place
        log = self.folder / f"{readable_code()}.log"
        signer = Tokens(asyncio.run(read_secret(self.dsn)))
        now_seconds = int(time.time())
        tokens = [signer.issue(room, f"压测{n}", now_seconds=now_seconds)[1] for n in range(connections)]
        command = [
            sys.executable, "-m", "kaibo.cli.benches.loadgen", "--ports", ",".join(map(str, ports)), "--path", f"/rooms/{room}/claims",
            "--items", ",".join(items), "--connections", str(connections), "--seconds", str(seconds or self.args.seconds),
        ] + (["--phases", phases] if phases else []) + (["--log", str(log)] if is_kept else [])  # fmt: skip
        done = subprocess.run(command, input="\n".join(tokens), capture_output=True, text=True, check=False, env=surroundings())
        if done.returncode:
            raise ServerIsSilent(what=done.stderr[-500:])
        if is_kept:
            self.rooms[room].append(log)
        seen: dict[str, Any] = json.loads(done.stdout)
        return seen

    def best(self, ports: list[int], *, connections: int, items: int = 1, stock: int = _PLENTY) -> dict[str, Any]:
        """This function will give the median round of a closed loop."""
        place = self.open(items=items, stock=stock)
        if stock == 1:  # the last unit goes first, so that everybody is told that it is gone
            self.load(ports, place, connections=len(ports) * 4, seconds=0.5)
        rounds = [self.load(ports, place, connections=connections)["phases"][0] for _ in range(self.args.rounds)]
        return _case(sorted(rounds, key=_rate)[len(rounds) // 2])

    def verdicts(self) -> dict[str, int]:
        """This function will hold all clients' logs against the ledger."""
        all_of = [claim_logs.check(self.dsn, room, logs) for room, logs in self.rooms.items()]
        with psycopg.connect(self.dsn) as connection, connection.cursor() as cur:
            differences = len(audit.differences(cur))
        return {
            "acknowledged": sum(one.acknowledged for one in all_of),
            "oversold": sum(one.oversold_units for one in all_of),
            "lost": sum(one.lost for one in all_of),
            "doubled": sum(one.doubled for one in all_of),
            "unheard": sum(one.unheard for one in all_of),
            "differences": differences,
        }


def _rate(phase: dict[str, Any]) -> float:
    return float(phase["answers"]) / float(phase["seconds"])


def _case(phase: dict[str, Any]) -> dict[str, Any]:
    return {
        "per_second": round(_rate(phase)), "statuses": phase["statuses"], "p50_ms": round(phase["p50_ms"], 1),
        "p99_ms": round(phase["p99_ms"], 1), "p999_ms": round(phase["p999_ms"], 1),
    }  # fmt: skip


def _measure(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    dsn = ready_database(read_env())
    bench = _Bench(args, dsn, folder)
    ports = [free_port(), free_port()]
    empty_port = free_port()
    found: dict[str, Any] = {"connections": args.connections, "load_average": round(os.getloadavg()[0], 1), "cores": os.cpu_count()}
    with empty_server(empty_port), room_server(ports[0]) as first, _one_by_one_tables(dsn):
        bench.load([ports[0]], bench.open(), connections=args.connections, seconds=1.0)
        cpu = cpu_seconds(first)
        found["one_process"] = best = bench.best([ports[0]], connections=args.connections)
        found["cpu_us_a_claim"] = round(1e6 * (cpu_seconds(first) - cpu) / max(1, best["per_second"] * args.seconds * args.rounds))
        found["empty"] = _empty(bench, empty_port, args.connections)
        found["pgbench_per_second"] = round(statistics.median(_pgbench(dsn, args.seconds) for _ in range(args.rounds)))
        found["zipf"] = bench.best([ports[0]], connections=args.connections, items=ZIPF_ITEMS)
        found["sold_out"] = bench.best([ports[0]], connections=args.connections, stock=1)
        found["open_loop"] = _open_loop(bench, [ports[0]], best["per_second"] * CALM)
        found["overload"] = _overload(bench, [ports[0]], best["per_second"])
        with room_server(ports[1]):
            found["two_processes"] = bench.best(ports, connections=args.connections)
            if args.full:
                found["combinations"] = _combinations(bench, ports)
        with psycopg.connect(dsn) as connection:
            found["durability"] = ", ".join(f"{name}={connection.execute(f'show {name}').fetchone()[0]}" for name in _DURABLE)  # type: ignore[index]
        found |= bench.verdicts()
    found["ratio_to_empty"] = round(best["per_second"] / found["empty"]["per_second"], 2)
    found["sold_out_ratio"] = round(found["sold_out"]["per_second"] / found["empty"]["per_second"], 2)
    found["ratio_to_pgbench"] = round(best["per_second"] / found["pgbench_per_second"], 1)
    return found


def _empty(bench: _Bench, port: int, connections: int) -> dict[str, Any]:
    place = bench.open()
    rounds = [bench.load([port], place, connections=connections, is_kept=False)["phases"][0] for _ in range(bench.args.rounds)]
    return _case(sorted(rounds, key=_rate)[len(rounds) // 2])


def _open_loop(bench: _Bench, ports: list[int], rate: float) -> dict[str, Any]:
    """Latency from the intended start, at a rate the machine has some room above."""
    seen = bench.load(ports, bench.open(), connections=bench.args.connections, phases=f"{rate:.0f}:{bench.args.seconds * 2}")
    return {"offered_per_second": round(rate)} | _case(seen["phases"][0]) | {"given_up": seen["given_up"]}


def _overload(bench: _Bench, ports: list[int], best: float) -> dict[str, Any]:
    """Calm, three times the best, calm again; many more viewers than fit into the queue."""
    seconds = bench.args.seconds
    phases = f"{best * CALM / 2:.0f}:{seconds},{best * OVERLOAD:.0f}:{seconds},{best * CALM / 2:.0f}:{seconds + 5}"
    connections = min(OVERLOAD_CONNECTIONS, resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 200)
    seen = bench.load(ports, bench.open(), connections=connections, phases=phases)
    storm = seen["phases"][1]
    goodput = storm["statuses"].get("201", 0) / storm["seconds"]
    return {
        "connections": connections, "offered_per_second": round(best * OVERLOAD), "goodput_per_second": round(goodput), "goodput_kept": round(goodput / max(best, 1), 2),
        "statuses": storm["statuses"], "given_up_by_clients": seen["given_up"], "recovered_after_seconds": seen["recovered_after"],
        "lost_connections": seen["lost_connections"], "unanswered": seen["unanswered"],
    }  # fmt: skip


def _combinations(bench: _Bench, ports: list[int]) -> list[dict[str, Any]]:
    found = []
    for processes in (1, 2):
        for items in (1, ZIPF_ITEMS):
            for connections in (64, 256, 1000):
                best = bench.best(ports[:processes], connections=connections, items=items)
                rate = best["per_second"] * CALM
                calm = bench.load(
                    ports[:processes], bench.open(items=items), connections=connections, phases=f"{rate:.0f}:{bench.args.seconds}"
                )["phases"][0]  # fmt: skip
                found.append({
                    "processes": processes, "items": items, "connections": connections, "per_second": best["per_second"],
                    "open_loop_p50_ms": round(calm["p50_ms"], 1), "open_loop_p99_ms": round(calm["p99_ms"], 1),
                })  # fmt: skip
    return found


def _show(found: dict[str, Any]) -> None:
    def line(name: str, case: dict[str, Any], more: str = "") -> None:
        print(f"{name:<34}{case['per_second']:>9,} /s   p50 {case['p50_ms']} ms  p99 {case['p99_ms']} ms  {more}")

    line("抢购 1 进程 one process", found["one_process"], f"CPU {found['cpu_us_a_claim']} µs")
    line("抢购 2 进程 two processes", found["two_processes"])
    line(f"{ZIPF_ITEMS} 件商品 Zipf", found["zipf"])
    line("已抢光 sold out", found["sold_out"], f"{found['sold_out_ratio']} × empty (≥ 0.7)")
    line("空接口 empty ASGI", found["empty"])
    print(f"{'逐笔 pgbench one by one':<34}{found['pgbench_per_second']:>9,} /s   {_PGBENCH_CLIENTS} clients, {found['durability']}")
    print(f"比值 ratios                        {found['ratio_to_empty']} × empty (≥ 0.6)   {found['ratio_to_pgbench']} × pgbench (≥ 10)")
    calm = found["open_loop"]
    line(f"开环 open loop at {calm['offered_per_second']:,}/s", calm, f"from the intended start (p99 < 50), given up {calm['given_up']}")
    storm = found["overload"]
    print(
        f"过载 overload {storm['offered_per_second']:,}/s              goodput {storm['goodput_per_second']:,}/s = {storm['goodput_kept']} of the best (≥ 0.8)   "
        f"calm again after {storm['recovered_after_seconds']} s (< 5)   {storm['statuses']}"
    )
    for one in found.get("combinations", ()):
        print(
            f"  {one['processes']} 进程 {one['items']:>2} 件 {one['connections']:>4} 连接  {one['per_second']:>8,} /s   "
            f"open loop p50 {one['open_loop_p50_ms']} ms  p99 {one['open_loop_p99_ms']} ms"
        )
    print(f"负载 load average                  {found['load_average']} before the first round, {found['cores']} cores")
    print(
        f"回执 acknowledged {found['acknowledged']:,}   超卖 oversold {found['oversold']}   丢失 lost {found['lost']}   重复 doubled {found['doubled']}   "
        f"无人知晓 unheard {found['unheard']}   差异 differences {found['differences']}"
    )


@contextlib.contextmanager
def room_server(port: int) -> Iterator[int]:
    """This function will run a room process of this tree and give its process id."""
    with process([sys.executable, "-m", "kaibo.cli", "room", "--bind", "127.0.0.1", "--port", str(port)]) as started:
        wait_for(f"http://127.0.0.1:{port}/health", 40)
        yield started.pid


@contextlib.contextmanager
def empty_server(port: int) -> Iterator[None]:
    """This function will run the empty endpoint."""
    with process([sys.executable, "-m", "kaibo.cli.benches.empty_endpoint", str(port)]):
        wait_for(f"http://127.0.0.1:{port}/")
        yield


@contextlib.contextmanager
def _one_by_one_tables(dsn: str) -> Iterator[None]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("create table bench_item (item integer primary key, left_units bigint check (left_units >= 0))")
        connection.execute("insert into bench_item values (1, 1000000000)")
        connection.execute(
            "create table bench_claim (claim bigint generated always as identity primary key, item integer, visitor integer)"
        )
    yield


def _pgbench(dsn: str, seconds: float) -> float:
    """UPDATE + INSERT in one transaction each, on one row, by as many clients as measure best for it on small machines."""
    command = [
        find_programs().path("pgbench"), "-n", "-f", "/dev/stdin", "-c", str(_PGBENCH_CLIENTS), "-j", "2", "-T", str(max(1, round(seconds))),
        "-M", "prepared", dsn,
    ]  # fmt: skip
    done = subprocess.run(command, input=_ONE_BY_ONE, capture_output=True, text=True, check=False)
    for line in done.stdout.splitlines():
        if line.startswith("tps = "):
            return float(line.split()[2])
    raise ServerIsSilent(what=f"pgbench: {done.stderr[-300:]}")
