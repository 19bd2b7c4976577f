"""
`./kaibo bench claims`: durable claims a second on one hot item, load generator on the same machine, beside an empty
plain-ASGI endpoint and beside pgbench doing UPDATE + INSERT one by one, round by round in the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg

from kaibo.config.env import Env, read_env
from kaibo.config.front import ready_database
from kaibo.database.programs import find_programs
from kaibo.kit.errors import Unavailable
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


class ServerDidNotStart(Unavailable):
    code = "bench.server_did_not_start"
    message_zh = "压测用的服务没有启动：{what}"
    message_en = "A server of the bench did not start: {what}"


@dataclass(frozen=True, slots=True)
class Load:
    """What the load generator saw in one round."""

    answers: int
    seconds: float
    statuses: dict[str, int]
    p50_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        return self.answers / self.seconds

    @property
    def admitted(self) -> int:
        return self.statuses.get("201", 0)


@dataclass(frozen=True, slots=True)
class Figures:
    """What one bench run found."""

    claims_per_second: float
    empty_per_second: float
    pgbench_per_second: float
    ratio_to_empty: float
    ratio_to_pgbench: float
    p50_ms: float
    p99_ms: float
    empty_p99_ms: float
    connections: int
    rounds: int
    seconds_a_round: float
    acknowledged: int
    oversold: int
    lost: int
    small_stock: int
    small_stock_sold: int
    differences: int
    pgbench_clients: int
    durability: str
    """What the server promises for every commit of both: room and pgbench share it."""
    load_average: float
    """Of the last minute when the bench began: above the number of cores, the figures say little."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=float, default=4.0, help="每轮秒数 · seconds a round (4)")
    parser.add_argument("--rounds", type=int, default=3, help="轮数 · rounds (3)")
    parser.add_argument("--connections", type=int, default=256, help="连接数 · connections (256)")
    parser.add_argument("--json", action="store_true", help="打印 JSON · print JSON")


def run(args: argparse.Namespace) -> int:
    env = read_env()
    dsn = ready_database(env)
    ports = _free_ports(2)
    busy = os.getloadavg()[0]
    claims: list[Load] = []
    empty: list[Load] = []
    one_by_one: list[float] = []
    room, item, tokens = _open(dsn, stock=50_000_000, tokens=args.connections)
    with _room_server(env, ports[0]), _empty_server(ports[1]), _one_by_one_tables(dsn):
        warm_up = _load(ports[0], room, item, tokens, args.connections, 1.0)
        for _ in range(args.rounds):
            empty.append(_load(ports[1], room, item, tokens, args.connections, args.seconds))
            claims.append(_load(ports[0], room, item, tokens, args.connections, args.seconds))
            one_by_one.append(_pgbench(dsn, args.seconds))
        small_room, small_item, small_tokens = _open(dsn, stock=1_000, tokens=args.connections)
        small = _load(ports[0], small_room, small_item, small_tokens, args.connections, 2.0)
    sold = _Sold(room, sum(one.admitted for one in [warm_up, *claims]), small_room, small.admitted)
    figures = _figures(args, dsn, sold, claims, empty, one_by_one, busy)
    _show(figures, as_json=args.json)
    return 0 if figures.oversold == figures.lost == figures.differences == 0 else 1


@dataclass(frozen=True, slots=True)
class _Sold:
    """What clients were told they got, to be held against the ledger."""

    room: str
    units: int
    small_room: str
    small_units: int


def _figures(
    args: argparse.Namespace,
    dsn: str,
    sold: _Sold,
    claims: list[Load],
    empty: list[Load],
    one_by_one: list[float],
    busy: float,
) -> Figures:
    rate = statistics.median(one.per_second for one in claims)
    empty_rate = statistics.median(one.per_second for one in empty)
    pgbench = statistics.median(one_by_one)
    with psycopg.connect(dsn) as connection, connection.cursor() as cur:
        counted, small = audit.audit(cur, sold.room), audit.audit(cur, sold.small_room)
        wrong = len(audit.differences(cur))
        durability = ", ".join(f"{name}={cur.execute(f'show {name}').fetchone()[0]}" for name in _DURABLE)
    over = max(0, counted["claimed"] - counted["stock"]) + max(0, small["claimed"] - small["stock"])
    return Figures(
        claims_per_second=round(rate),
        empty_per_second=round(empty_rate),
        pgbench_per_second=round(pgbench),
        ratio_to_empty=round(rate / empty_rate, 2),
        ratio_to_pgbench=round(rate / pgbench, 1),
        p50_ms=round(statistics.median(one.p50_ms for one in claims), 1),
        p99_ms=round(statistics.median(one.p99_ms for one in claims), 1),
        empty_p99_ms=round(statistics.median(one.p99_ms for one in empty), 1),
        connections=args.connections,
        rounds=args.rounds,
        seconds_a_round=args.seconds,
        acknowledged=sold.units,
        oversold=over + max(0, sold.small_units - small["stock"]),
        lost=abs(sold.units - counted["claims"]) + abs(sold.small_units - small["claims"]),
        small_stock=small["stock"],
        small_stock_sold=sold.small_units,
        differences=wrong,
        pgbench_clients=_PGBENCH_CLIENTS,
        durability=durability,
        load_average=round(busy, 1),
    )


def _show(figures: Figures, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(asdict(figures)))
        return
    print(
        f"抢购 durable claims      {figures.claims_per_second:>9,.0f} /s   p50 {figures.p50_ms} ms  p99 {figures.p99_ms} ms"
    )
    print(f"空接口 empty ASGI         {figures.empty_per_second:>9,.0f} /s   p99 {figures.empty_p99_ms} ms")
    print(
        f"逐笔 pgbench one by one   {figures.pgbench_per_second:>9,.0f} /s   {figures.pgbench_clients} clients, one row, {figures.durability}"
    )
    print(
        f"比值 ratios               {figures.ratio_to_empty} × empty (≥ 0.4)   {figures.ratio_to_pgbench} × pgbench (≥ 5)"
    )
    print(f"负载 load average        {figures.load_average} before the first round, {os.cpu_count()} cores")
    print(f"超卖 oversold {figures.oversold}   丢失 lost {figures.lost}   差异 differences {figures.differences}")
    print(
        f"小库存 {figures.small_stock} 件，卖出 {figures.small_stock_sold} · of {figures.small_stock} units {figures.small_stock_sold} were sold"
    )


def _open(dsn: str, *, stock: int, tokens: int) -> tuple[str, str, list[str]]:
    room, item = f"bench-{readable_code().lower()}", uuid.uuid4()
    with psycopg.connect(dsn) as connection, connection.cursor() as cur:
        backoffice.open_room(
            cur, room=room, title="压测", operator="压测", host="压测", company="压测", state="live", is_bench=True
        )
        backoffice.put_item(
            cur, room=room, item=item, allotment=uuid.uuid4(), sku_code="BENCH", title="压测商品", units=stock,
            price_fen=990, state="on_sale",
        )  # fmt: skip
    signer = Tokens(asyncio.run(read_secret(dsn)))
    now_seconds = int(time.time())
    return room, str(item), [signer.issue(room, f"压测{n}", now_seconds=now_seconds)[1] for n in range(tokens)]


def _load(port: int, room: str, item: str, tokens: list[str], connections: int, seconds: float) -> Load:
    command = [
        sys.executable, "-m", "kaibo.cli.benches.loadgen", "--port", str(port), "--path", f"/rooms/{room}/claims",
        "--item", item, "--connections", str(connections), "--seconds", str(seconds),
    ]  # fmt: skip
    done = subprocess.run(
        command, input="\n".join(tokens), capture_output=True, text=True, check=False, env=_surroundings()
    )
    if done.returncode:
        raise ServerDidNotStart(what=done.stderr[-500:])
    return Load(**json.loads(done.stdout))


@contextlib.contextmanager
def _room_server(env: Env, port: int) -> Iterator[None]:
    with _process([sys.executable, "-m", "kaibo.cli", "room", "--bind", "127.0.0.1", "--port", str(port)]):
        _await(f"http://127.0.0.1:{port}/health")
        yield


@contextlib.contextmanager
def _empty_server(port: int) -> Iterator[None]:
    with _process([sys.executable, "-m", "kaibo.cli.benches.empty_endpoint", str(port)]):
        _await(f"http://127.0.0.1:{port}/")
        yield


@contextlib.contextmanager
def _process(command: list[str]) -> Iterator[None]:
    started = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=_surroundings())
    try:
        yield
    finally:
        started.terminate()
        started.wait(15)


def _surroundings() -> dict[str, str]:
    """The same settings, and the place this code was loaded from."""
    source = str(Path(__file__).resolve().parents[3])
    return {**os.environ, "PYTHONPATH": os.pathsep.join([source, os.environ.get("PYTHONPATH", "")])}


def _await(url: str) -> None:
    give_up_at = time.monotonic() + 20
    while time.monotonic() < give_up_at:
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310  our own http address
                return
        except OSError:
            time.sleep(0.1)
    raise ServerDidNotStart(what=url)


def _free_ports(count: int) -> list[int]:
    doors = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(door.getsockname()[1]) for door in doors]
    for door in doors:
        door.close()
    return ports


@contextlib.contextmanager
def _one_by_one_tables(dsn: str) -> Iterator[None]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("drop table if exists bench_claim, bench_item")
        connection.execute(
            "create table bench_item (item integer primary key, left_units bigint check (left_units >= 0))"
        )
        connection.execute("insert into bench_item values (1, 1000000000)")
        connection.execute(
            "create table bench_claim (claim bigint generated always as identity primary key, item integer, visitor integer)"
        )
        try:
            yield
        finally:
            connection.execute("drop table if exists bench_claim, bench_item")


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
    raise ServerDidNotStart(what=f"pgbench: {done.stderr[-300:]}")
