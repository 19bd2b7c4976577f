"""
`./kaibo bench orders`: the whole path over HTTP – claim, open the payment, the wallet's signed notice, an address – until
the order stands in the back of house paid, addressed and reserved, ready to ship. Beside it in the same run: the same four
requests against an empty ASGI endpoint, and the same rows written order by order in one transaction each by pgbench.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from kaibo.cli.benches.claims import empty_server, room_server
from kaibo.cli.benches.order_cpu import Spent
from kaibo.cli.benches.scratch import scratch_database
from kaibo.cli.benches.servers import cpu_seconds, free_port, process, surroundings, wait_for
from kaibo.config.setup import django_ready
from kaibo.database.programs import find_programs
from kaibo.room.app import read_secret
from kaibo.room.audit import differences
from kaibo.room.tokens import Tokens

ROOM = "bench-orders"
VISITORS = 6_000
STOCK = 2_000_000
AIM_PER_SECOND = 1_500
MOST_CPU_AT_REST = 0.1
"""CPU seconds a second of a work process that has nothing to do, with room for a slow machine."""
READY = "select count(*) from orders_order where state = 'allocated' and paid_at is not null and receiver_sealed is not null and open_findings = 0"
_ONE_BY_ONE = """\
\\set visitor random(1, 1000000)
begin;
update bench_item set left_units = left_units - 1 where item = 1 and left_units >= 1;
insert into bench_order (visitor, state, amount_fen) values (:visitor, 'pending_payment', 5990);
insert into bench_line (visitor, sku, quantity) values (:visitor, 1, 1);
insert into bench_reservation (visitor, quantity) values (:visitor, 1);
commit;
begin;
update bench_order set state = 'paid', paid_at = now() where id = (select max(id) from bench_order where visitor = :visitor);
insert into bench_payment (visitor, fen) values (:visitor, 5990);
commit;
begin;
update bench_order set receiver = 'sealed sealed sealed sealed sealed' where id = (select max(id) from bench_order where visitor = :visitor);
commit;
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=float, default=10.0, help="下单秒数 · seconds of buying (10)")
    parser.add_argument("--connections", type=int, default=256, help="连接数 · connections (256)")
    parser.add_argument("--json", action="store_true", help="打印 JSON · print JSON")


def run(args: argparse.Namespace) -> int:
    busy = os.getloadavg()[0]
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="kaibo-bench-") as folder, scratch_database(Path(folder) / "data") as dsn:
        subprocess.run([sys.executable, "-P", "-m", "kaibo.cli", "migrate", "--quiet"], env=surroundings(), check=True)
        with spawn.Pool(1) as pool:
            item = pool.apply(_open_shop)
        ports = [free_port() for _ in range(3)]
        signer = Tokens(asyncio.run(read_secret(dsn)))
        tokens = [signer.issue(ROOM, f"压测{n}", now_seconds=int(time.time()))[1] for n in range(VISITORS)]
        with empty_server(ports[1]):
            empty = _buy(ports[1], item, tokens, args, min(args.seconds, 5.0), is_empty=True)
        one_by_one = _pgbench(dsn, min(args.seconds, 5.0))
        with room_server(ports[0]) as room, _work(ports[2]) as work, Spent(dsn, {"room": room, "work": work}) as spent:
            began_at = time.perf_counter()
            load = _buy(ports[0], item, tokens, args, args.seconds, is_empty=False)
            ready, seconds = _until_ready(dsn, load["orders"], began_at)
        figures = _figures(dsn, load, empty, one_by_one, ready, seconds, busy) | {
            "cpu_us_an_order": {"buyers": round(load["cpu_seconds"] * 1e6 / max(load["orders"], 1)), **spent.microseconds_an_order(ready)}
        }
    _show(figures, as_json=args.json)
    return 0 if figures["missing"] == figures["differences"] == 0 else 1


def _open_shop() -> str:
    """A shop with one product in stock, an allotment of it and a room that sells it: as the console would make them."""
    django_ready()
    from kaibo.cli.benches.ordering_shop import open_shop

    return open_shop(ROOM, STOCK)


def _buy(port: int, item: str, tokens: list[str], args: argparse.Namespace, seconds: float, *, is_empty: bool) -> dict[str, Any]:
    command = [
        sys.executable, "-m", "kaibo.cli.benches.order_loadgen", "--port", str(port), "--room", ROOM, "--item", item, "--connections",
        str(args.connections), "--seconds", str(seconds), *(["--empty"] if is_empty else []),
    ]  # fmt: skip
    done = subprocess.run(command, input="\n".join(tokens), capture_output=True, text=True, check=False, env=surroundings())
    if done.returncode:
        raise SystemExit(done.stderr[-1500:])
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@contextlib.contextmanager
def _work(port: int) -> Iterator[int]:
    os.environ["KAIBO_WORK_PORT"] = str(port)
    with process([sys.executable, "-P", "-m", "kaibo.cli", "work"]) as started:
        wait_for(f"http://127.0.0.1:{port}/health", 60)
        _wait_until_at_rest(started.pid)
        yield started.pid
    os.environ.pop("KAIBO_WORK_PORT")


def _wait_until_at_rest(pid: int) -> None:
    """What a process does once in its life, each clock's first run above all, is no part of what an order costs."""
    for _ in range(20):
        before = cpu_seconds(pid)
        time.sleep(1)
        if cpu_seconds(pid) - before < MOST_CPU_AT_REST:
            return


def _until_ready(dsn: str, wanted: int, began_at: float) -> tuple[int, float]:
    """Wait until every order a buyer finished is ready to ship, and say how long that took from the first request."""
    give_up_at = time.monotonic() + 300
    with psycopg.connect(dsn, autocommit=True, application_name="bench") as connection:
        while True:
            row = connection.execute(READY).fetchone()
            ready = int(row[0]) if row else 0
            if ready >= wanted or time.monotonic() > give_up_at:
                return ready, time.perf_counter() - began_at
            time.sleep(0.2)


def _pgbench(dsn: str, seconds: float) -> float:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            """create table bench_item (item integer primary key, left_units bigint check (left_units >= 0));
               insert into bench_item values (1, 1000000000);
               create table bench_order (id bigint generated always as identity primary key, visitor integer, state text, amount_fen bigint,
                                         paid_at timestamptz, receiver text);
               create index on bench_order (visitor);
               create table bench_line (id bigint generated always as identity primary key, visitor integer, sku integer, quantity integer);
               create table bench_reservation (id bigint generated always as identity primary key, visitor integer, quantity integer);
               create table bench_payment (id bigint generated always as identity primary key, visitor integer, fen bigint)"""
        )
    command = [
        find_programs().path("pgbench"), "-n", "-f", "/dev/stdin", "-c", "16", "-j", "2", "-T", str(max(1, round(seconds))), "-M", "prepared", dsn,
    ]  # fmt: skip
    done = subprocess.run(command, input=_ONE_BY_ONE, capture_output=True, text=True, check=False)
    for line in done.stdout.splitlines():
        if line.startswith("tps = "):
            return float(line.split()[2])
    raise SystemExit(done.stderr[-500:])


def _figures(
    dsn: str, load: dict[str, Any], empty: dict[str, Any], one_by_one: float, ready: int, seconds: float, busy: float
) -> dict[str, Any]:
    with psycopg.connect(dsn) as connection, connection.cursor() as cur:
        wrong = len(differences(cur))
    rate, empty_rate = ready / seconds, empty["orders"] / empty["seconds"]
    return {
        "orders_per_second": round(rate), "accepted_per_second": round(load["orders"] / load["seconds"]), "orders": load["orders"], "ready": ready,
        "missing": max(0, load["orders"] - ready), "seconds": round(seconds, 1), "p50_ms": round(load["p50_ms"], 1), "p99_ms": round(load["p99_ms"], 1),
        "empty_orders_per_second": round(empty_rate), "ratio_to_empty": round(rate / empty_rate, 2), "pgbench_per_second": round(one_by_one),
        "ratio_to_pgbench": round(rate / one_by_one, 2), "differences": wrong, "statuses": load["statuses"], "load_average": round(busy, 1),
    }  # fmt: skip


def _show(figures: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(figures))
        return
    print(f"整条链路 ready to ship    {figures['orders_per_second']:>7,} 单/s orders/s (目标 aim ≥ {AIM_PER_SECOND:,}), {figures['ready']:,} 单 orders in {figures['seconds']} s")
    print(f"前台收下 taken by the room {figures['accepted_per_second']:>6,} /s   claim → pay → address p50 {figures['p50_ms']} ms  p99 {figures['p99_ms']} ms")
    print(f"空接口 empty ASGI         {figures['empty_orders_per_second']:>7,} /s   (same four requests; ratio {figures['ratio_to_empty']})")
    print(f"逐单 pgbench one by one   {figures['pgbench_per_second']:>7,} /s   (16 clients, three transactions an order, no HTTP; ratio {figures['ratio_to_pgbench']})")
    print(f"缺失 missing {figures['missing']}   差异 differences {figures['differences']}   负载 load {figures['load_average']}   {figures['statuses']}")
    own = {name: spent for name, spent in figures["cpu_us_an_order"].items() if name != "buyers"}
    print(f"每单 CPU µs an order       {sum(own.values()):>7,} (两核可达 two idle cores could do {2_000_000 / max(1, sum(own.values())):,.0f} /s) = " + "  ".join(f"{name} {spent:,}" for name, spent in own.items()) + f"   (另计 besides: buyers {figures['cpu_us_an_order']['buyers']:,})")
