"""
`kaibo bench pages`: server time of every page of the console's navigation, and of one page of each kind they lead to, on the example shop with many orders loaded.

Measured inside the server (request in, finished answer out), each page beside the components page (no business in it), so
that a slow machine shows as a slow baseline and not as a slow page. Beside wall time stands the CPU time of the server and of
its database connection: what remains comparable on a busy machine.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from kaibo.cli.benches.database_cpu import database_cpu_seconds
from kaibo.cli.benches.order_file import write_orders
from kaibo.cli.benches.scratch import scratch_database
from kaibo.config.setup import django_ready
from kaibo.config.standing import leave_standing

MORE = ("/orders/?state=paid", "/orders/?late=1", "/search?q=69", "/notices", "/profile")
"""Beside the pages of the navigation: lists narrowed, what is found, what one was told."""
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--orders", type=int, default=100_000, help="装入多少订单 · how many orders to load")
    parser.add_argument("--times", type=int, default=30, help="每页请求次数 · requests a page")
    parser.add_argument("--json", action="store_true", help="一行 JSON · one JSON line a page")


def run(args: argparse.Namespace) -> int:
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder, scratch_database(Path(folder) / "data"):
        migrate = [sys.executable, "-P", "-m", "kaibo.cli", "migrate", "--quiet"]
        subprocess.run(migrate, env=dict(os.environ), check=True)
        subprocess.run([sys.executable, "-P", "-m", "kaibo.demo.build"], env=dict(os.environ), check=True)
        path = Path(folder) / "orders.csv"
        write_orders(path, args.orders)
        with spawn.Pool(1) as pool:
            loaded = pool.apply(_load, (str(path),))
        sys.stderr.write(f"kaibo: {loaded} orders loaded\n")
        with spawn.Pool(1) as pool:
            figures = pool.apply(_measure, (args.times,))
    for one in figures:
        if args.json:
            sys.stdout.write(json.dumps(one, ensure_ascii=False) + "\n")
        else:
            sys.stdout.write(
                f"{_UUID.sub('…', one['page']):<34} {one['status']}  p50 {one['p50_ms']:>7.1f} ms  p95 {one['p95_ms']:>7.1f} ms  cpu {one['cpu_ms']:>6.1f}"
                f" + database {one['database_cpu_ms']} ms  {one['queries']:>3} queries  {one['ratio']:>5.1f} × components page\n"
            )
    return 0


def _load(path: str) -> int:
    django_ready()
    from django.db import connection

    from kaibo.cli.benches.order_goods import add_goods
    from kaibo.kit.clock import utc_now
    from kaibo.master.shops.queries import shop_by_code
    from kaibo.plumbing.access.actor import KAIBO
    from kaibo.plumbing.intake import engine, services, store
    from kaibo.stages.orders.models import Order

    shop = shop_by_code(KAIBO, "linxia")
    add_goods(shop.pk)
    started = services.start_import(
        actor=KAIBO, kind_key="orders", chunks=store.pieces(Path(path)), file_name="orders.csv", platform="douyin", shop_id=shop.pk, now=utc_now()
    )
    engine.run_import(started.pk, clock=utc_now)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # what autovacuum does within a minute of such an import
    return Order.objects.count()


def _measure(times: int) -> list[dict[str, Any]]:
    django_ready()
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from kaibo.master.people.models import Person

    settings.ALLOWED_HOSTS = ["testserver"]
    leave_standing()  # as `serve` does
    client = Client(raise_request_exception=False)
    client.force_login(Person.objects.get(account="linxia"), backend="django.contrib.auth.backends.ModelBackend")
    baseline, _cpu, _database = _times(client, "/components", times)
    found = []
    for page in ("/components", *every_page(client)):
        taken, cpu_ms, database_cpu_ms = _times(client, page, times)
        with CaptureQueriesContext(connection) as queries:
            status = client.get(page).status_code
        found.append(
            {
                "page": page, "status": status, "p50_ms": round(statistics.median(taken), 1), "p95_ms": round(sorted(taken)[math.ceil(len(taken) * 0.95) - 1], 1),
                "cpu_ms": round(cpu_ms, 1), "database_cpu_ms": "?" if database_cpu_ms is None else round(database_cpu_ms, 1),
                "queries": len(queries), "ratio": round(statistics.median(taken) / statistics.median(baseline), 2),
            }
        )
    return found


def every_page(client: Any) -> list[str]:
    """This function will give the addresses of all pages of the navigation, then one page of each kind that these lead to: an order, a lot, a session."""
    from django.urls import Resolver404, resolve

    from kaibo.console.navigation import visible_pages
    from kaibo.plumbing.access.actor import KAIBO

    found = list(dict.fromkeys(["/", *(address for _stage, _title, address in visible_pages(KAIBO)), *MORE]))
    kinds = {resolve(page.partition("?")[0]).view_name for page in found} | {"components"}
    for page in tuple(found):
        for address in re.findall(r'href="(/[^"#?]+)', client.get(page).content.decode()):
            try:
                kind = resolve(address).view_name
            except Resolver404:
                continue
            if kind in kinds:
                continue
            kinds.add(kind)
            answer = client.get(address)
            if answer.status_code == 200 and not answer.streaming and answer.headers["Content-Type"].startswith("text/html"):
                found.append(address)
    return found


def _times(client: Any, page: str, times: int) -> tuple[list[float], float, float | None]:
    """This function will ask for a page again and again: each wall time, and the CPU a request took here and in the database."""
    client.get(page)
    taken = []
    began_cpu, began_database = time.process_time(), database_cpu_seconds()
    for _ in range(times):
        began = time.perf_counter()
        client.get(page)
        taken.append((time.perf_counter() - began) * 1000)
    ended_cpu, ended_database = time.process_time(), database_cpu_seconds()
    database = None if began_database is None or ended_database is None else (ended_database - began_database) * 1000 / times
    return taken, (ended_cpu - began_cpu) * 1000 / times, database
