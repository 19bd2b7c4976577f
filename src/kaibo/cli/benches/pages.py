"""
`kaibo bench pages`: server time of everything that can be read in the console and its JSON API, on the example shop with many orders loaded.

The addresses come from the navigation and from the addresses as they are written down (`page_addresses`), so that a page made
tomorrow is measured; beside the orders stand a million rows of all else a shop gathers (`full_shop`).

Measured inside the server (request in, finished answer out), each page beside the components page (no business in it), so
that a slow machine shows as a slow baseline and not as a slow page. Beside wall time stands the CPU time of the server and of
its database connection: what remains comparable on a busy machine.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import math
import multiprocessing
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kaibo.cli.benches.database_cpu import database_cpu_seconds
from kaibo.cli.benches.order_file import write_orders
from kaibo.cli.benches.scratch import scratch_database
from kaibo.config.setup import django_ready
from kaibo.config.standing import leave_standing

MORE = ("/orders/?state=paid", "/orders/?late=1", "/search?q=69", "/notices", "/profile")
"""Beside the pages of the navigation: lists narrowed, what is found, what one was told."""
MOST_SECONDS = 20
"""So long is one page asked for again and again, at most."""
EXPORTS = "/imports/export/"
"""Where the registers leave as files, asked by POST because each is recorded."""
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--orders", type=int, default=100_000, help="装入多少订单 · how many orders to load")
    parser.add_argument("--times", type=int, default=20, help="每页请求次数 · requests a page")
    parser.add_argument("--only", default="", help="只测地址里有这些字的页面 · only addresses that contain this")
    parser.add_argument("--here", action="store_true", help="不装数据，测现有的店 · measure the shop at hand, loading nothing")
    parser.add_argument("--json", action="store_true", help="一行 JSON · one JSON line a page")


def run(args: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory() as folder:
        if args.here:
            return _apart(_measure, args)
        with scratch_database(Path(folder) / "data"):
            build_full_shop(Path(folder), args.orders)
            return _apart(_measure, args)


def _apart(work: Callable[..., int], *given: Any) -> int:
    """This function will do the work in a process of its own, which sees the database chosen by now and leaves nothing behind."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, given)


def build_full_shop(folder: Path, orders: int) -> None:
    """This function will fill the database at hand: the example shop, so many orders, and what belongs to them."""
    migrate = [sys.executable, "-P", "-m", "kaibo.cli", "migrate", "--quiet"]
    subprocess.run(migrate, env=dict(os.environ), check=True)
    subprocess.run([sys.executable, "-P", "-m", "kaibo.demo.build"], env=dict(os.environ), check=True)
    path = folder / "orders.csv"
    write_orders(path, orders)
    _apart(_load, str(path), orders)


def _show(one: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(one, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(
            f"{_UUID.sub('…', one['page']):<58} {one['status']}  p50 {one['p50_ms']:>7.1f} ms  p95 {one['p95_ms']:>7.1f} ms  cpu {one['cpu_ms']:>6.1f}"
            f" + database {one['database_cpu_ms']:>6} ms  {one['queries']:>3} queries  {one['bytes'] / 1000:>7.1f} kB  {one['ratio']:>5.1f} × components page\n"
        )
    sys.stdout.flush()


def _load(path: str, orders: int) -> int:
    django_ready()
    from django.db import connection

    from kaibo.cli.benches.full_shop import fill
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
        beside = fill(cursor, orders)
        cursor.execute("VACUUM ANALYZE")  # what autovacuum does within a minute of such an import
    sys.stderr.write(f"kaibo: {Order.objects.count()} orders and {beside} rows beside them loaded\n")
    return 0


def _measure(args: argparse.Namespace) -> int:
    django_ready()
    from django.conf import settings
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    settings.ALLOWED_HOSTS = ["testserver"]
    leave_standing()  # as `serve` does
    client = signed_in()
    logging.disable(logging.CRITICAL)  # what only takes orders says so at every asking
    baseline, _cpu, _database = _times(client, "/components", args.times)
    for page in ("/components", *(page for page in every_page(client) if args.only in page)):
        try:
            taken, cpu_ms, database_cpu_ms = _times(client, page, args.times)
        except Exception as broken:  # a page that falls is a finding of its own, and the others are still measured
            sys.stderr.write(f"kaibo: {page}: {type(broken).__name__}: {broken}\n")
            continue
        with CaptureQueriesContext(connection) as queries:
            status, size = asked(client, page)
        _show(
            {
                "page": page, "status": status, "p50_ms": round(statistics.median(taken), 1), "p95_ms": round(sorted(taken)[math.ceil(len(taken) * 0.95) - 1], 1),
                "cpu_ms": round(cpu_ms, 1), "database_cpu_ms": "?" if database_cpu_ms is None else round(database_cpu_ms, 1),
                "queries": len(queries), "bytes": size, "ratio": round(statistics.median(taken) / statistics.median(baseline), 2),
            },
            as_json=args.json,
        )
    return 0


def signed_in() -> Any:
    """This function will give a client of the shop's owner, who sees everything, with a token for the JSON API."""
    from django.test import Client

    from kaibo.kit.clock import utc_now
    from kaibo.master.people.models import Person
    from kaibo.master.people.queries import actor_for
    from kaibo.master.people.services import make_token

    owner = Person.objects.get(account="linxia")
    actor = actor_for(owner)
    secret = make_token(actor=actor, title="bench", abilities=sorted(actor.abilities), now=utc_now())
    client = Client(raise_request_exception=True, headers={"authorization": f"Bearer {secret}"})
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    return client


def every_page(client: Any) -> list[str]:
    """This function will give all that can be read: the navigation, then every address with the fullest of each kind, then what those lead to."""
    from django.db import connection
    from django.urls import Resolver404, resolve

    from kaibo.cli.benches.page_addresses import addresses, sampler
    from kaibo.console.navigation import visible_pages
    from kaibo.plumbing.access.actor import KAIBO
    from kaibo.plumbing.wiring import wiring

    found = list(dict.fromkeys(["/", *(address for _stage, _title, address in visible_pages(KAIBO)), *MORE]))
    found += [f"{EXPORTS}{kind}" for kind in sorted(wiring().export_kinds())]
    with connection.cursor() as cursor:
        written = [address for _name, address in addresses(sampler(cursor)) if address not in found]
    answers = {address: _answer(client, address) for address in (*found, *written) if not address.startswith(EXPORTS)}
    found += [address for address in written if answers[address].is_read]
    kinds = {resolve(page.partition("?")[0]).view_name for page in found} | {"components"}
    for address in dict.fromkeys(one for page in found if page in answers for one in answers[page].links):
        with contextlib.suppress(Resolver404):
            kind = resolve(address).view_name
            if kind not in kinds and _answer(client, address).is_read:
                found.append(address)
            kinds.add(kind)
    return found


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one look at an address says: whether it can be read at all, and where it leads."""

    is_read: bool
    links: tuple[str, ...] = ()


def _answer(client: Any, address: str) -> _Answer:
    try:
        answer = client.get(address)
    except Exception:  # counted as read: measuring it will say what broke
        return _Answer(True)
    if answer.streaming:
        return _Answer(sum(len(piece) for piece in answer.streaming_content) >= 0)
    is_page = answer.headers.get("Content-Type", "").startswith("text/html")
    return _Answer(answer.status_code == 200, tuple(re.findall(r'href="(/[^"#?]+)', answer.content.decode())) if is_page else ())


def asked(client: Any, page: str) -> tuple[int, int]:
    """This function will ask for a page or a file and read it to its end: its status and size."""
    answer = client.post(page, {"format": "csv", "reason": "bench"}) if page.startswith(EXPORTS) else client.get(page)
    size = sum(len(piece) for piece in answer.streaming_content) if answer.streaming else len(answer.content)
    return answer.status_code, size


def _times(client: Any, page: str, times: int) -> tuple[list[float], float, float | None]:
    """This function will ask for a page again and again: each wall time, and the CPU a request took here and in the database."""
    asked(client, page)
    taken = []
    began_cpu, began_database = time.process_time(), database_cpu_seconds()
    for _ in range(times):
        began = time.perf_counter()
        asked(client, page)
        taken.append((time.perf_counter() - began) * 1000)
        if sum(taken) > MOST_SECONDS * 1000:
            break
    ended_cpu, ended_database = time.process_time(), database_cpu_seconds()
    database = None if began_database is None or ended_database is None else (ended_database - began_database) * 1000 / len(taken)
    return taken, (ended_cpu - began_cpu) * 1000 / len(taken), database
