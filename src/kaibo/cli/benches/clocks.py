"""
`kaibo bench clocks`: what each clock of the work process costs a run, with many orders in the shop.

A clock that runs every second for ever must not read everything every second. The first run finds work (cases to count, members to
score); the next ones are what an idle shop pays all night. Judged by processor time, own and the database's.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kaibo.cli.benches.database_cpu import database_cpu_seconds
from kaibo.cli.benches.pages import build_full_shop
from kaibo.cli.benches.scratch import scratch_database
from kaibo.config.setup import django_ready


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--orders", type=int, default=100_000, help="装入多少订单 · how many orders to load")
    parser.add_argument("--here", action="store_true", help="不装数据，测现有的店 · measure the shop at hand, loading nothing")
    parser.add_argument("--only", default="", help="只测名字里有这些字的 · only clocks whose name contains this")
    parser.add_argument("--json", action="store_true", help="一行 JSON · one JSON line a clock")


def run(args: argparse.Namespace) -> int:
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        if args.here:
            with spawn.Pool(1) as pool:
                return pool.apply(_measure, (args,))
        with scratch_database(Path(folder) / "data"):
            build_full_shop(Path(folder), args.orders)
            with spawn.Pool(1) as pool:
                return pool.apply(_measure, (args,))


def _measure(args: argparse.Namespace) -> int:
    django_ready()
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from kaibo.kit.clock import utc_now
    from kaibo.plumbing.outbox import outbox
    from kaibo.plumbing.wiring import Clock, wiring

    for clock in (Clock("outbox", 1, outbox.deliver_waiting), *wiring().clocks):
        if args.only not in clock.key:
            continue
        first = _cost(lambda run=clock.run: run(utc_now()))
        again = _cost(lambda run=clock.run: run(utc_now()))
        with CaptureQueriesContext(connection) as queries:
            clock.run(utc_now())
        one = {
            "clock": clock.key, "every_seconds": clock.every_seconds, "first_ms": first[0] + first[1], "own_ms": again[0], "database_ms": again[1],
            "queries": len(queries), "hour_seconds": round((again[0] + again[1]) * 3.6 / clock.every_seconds, 1),
        }
        sys.stdout.write(
            json.dumps(one) + "\n" if args.json else f"{one['clock']:<24} every {one['every_seconds']:>6} s   first {one['first_ms']:>8.1f} ms   then {one['own_ms']:>7.1f}"
            f" + database {one['database_ms']:>7.1f} ms   {one['queries']:>3} queries   {one['hour_seconds']:>6.1f} s an hour\n"
        )
        sys.stdout.flush()
    return 0


def _cost(work: Callable[[], Any]) -> tuple[float, float]:
    """This function will give the milliseconds of processor time that a run took, here and in the database."""
    began, began_database = time.process_time(), database_cpu_seconds() or 0.0
    work()
    return round((time.process_time() - began) * 1000, 1), round(((database_cpu_seconds() or 0.0) - began_database) * 1000, 1)
