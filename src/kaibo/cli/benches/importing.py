"""
`./kaibo bench import`: a Doudian-like export, end to end beside the bare parse of the same file in the same run.

End to end is everything a person waits for: store the file, find encoding, delimiter and header, read and check every
known cell, dedupe by key, verify five fields against the shop's items and published prices, seal receivers, write rows,
positions, facts and outcomes, commit. The importer has taken a small file before, as the worker has that runs since the morning: loading
the program (1 s) is no part of an import. Two measures stand beside it: the bare parse, which only turns the file into lists of text, and
the bare COPY, which only writes the very rows the import left behind into the same emptied tables, with their indexes and keys: less
than the two together no import can take that keeps what it read. Beside wall time stands the CPU time of the importer with its reading
process and of its database connection, which is what remains comparable on a busy machine.
"""

from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kaibo.cli.benches import order_file, order_layouts
from kaibo.cli.benches.database_cpu import database_cpu_seconds
from kaibo.cli.benches.scratch import scratch_database
from kaibo.config.setup import django_ready

AIM_SECONDS = 20
AIM_MEGABYTES = 500
SMALL_ROWS = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=100_000, help="行数 · rows (100000)")
    parser.add_argument("--format", choices=("csv", "xlsx", "both"), default="both", help="文件格式 · of the file")
    parser.add_argument(
        "--receivers", choices=order_file.RECEIVERS, default=order_file.RECEIVERS[0],
        help="收件人是明文还是平台密文，默认明文 · receivers readable (default) or the platform's ciphertext",
    )  # fmt: skip
    parser.add_argument(
        "--layout", choices=(*order_layouts.LAYOUTS, "real"), default="usual",
        help="版式：usual 是 20 列，real 是抖店 73、淘宝 41、拼多多 23 列三种 · layout: usual has 20 columns, real is 抖店's 73, 淘宝's 41 and 拼多多's 23",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="每个文件一行 JSON · one JSON line a file")


def run(args: argparse.Namespace) -> int:
    """Each format runs in a process of its own, so that its peak memory is its own."""
    formats = ("csv", "xlsx") if args.format == "both" else (args.format,)
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="kaibo-bench-") as folder:
        layouts = order_layouts.LAYOUTS[1:] if args.layout == "real" else (args.layout,)
        for kind_of_file, layout in itertools.product(formats, layouts):
            path = Path(folder) / f"1760000000_orders.{kind_of_file}"
            order_layouts.write_layout(path, args.rows, layout, receivers=args.receivers)
            small = path.with_name(f"1750000000_small.{kind_of_file}")
            order_layouts.write_layout(small, SMALL_ROWS, layout, receivers=args.receivers, first=args.rows)
            with scratch_database(Path(folder) / "data") as url:
                with spawn.Pool(1) as pool:
                    pool.apply(_migrate, (url,))
                with spawn.Pool(1) as pool:
                    parsed = pool.apply(_bare_parse, (path,))
                with spawn.Pool(1) as pool:
                    figures = pool.apply(_end_to_end, (path, small, order_layouts.platform_of(layout)))
            told = {"bench": "import", "format": kind_of_file, "layout": layout, "receivers": args.receivers, "rows": args.rows}
            _report({**told, **figures, **parsed}, as_json=args.json)
    return 0


def _migrate(url: str) -> None:
    from kaibo.config.migration import migrate_everything

    migrate_everything(url)


def _bare_parse(path: Path) -> dict[str, float]:
    from kaibo.plumbing.intake.reading import open_spreadsheet

    began, cpu_began = time.perf_counter(), time.process_time()
    rows = sum(1 for _ in open_spreadsheet(path)[0].rows())
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    return {"parse_seconds": round(seconds, 3), "parse_cpu_seconds": round(cpu_seconds, 3), "parse_rows_per_second": round(rows / seconds)}


@dataclass(frozen=True, slots=True)
class _Spent:
    """Seconds so far: of the wall clock, of this process and its helpers, of the database's process that serves it."""

    wall: float
    own: float
    database: float | None

    def since(self, began: _Spent, prefix: str = "") -> dict[str, float | None]:
        database = None if self.database is None or began.database is None else round(self.database - began.database, 2)
        return {
            f"{prefix}seconds": round(self.wall - began.wall, 2),
            f"{prefix}cpu_seconds": round(self.own - began.own, 2),
            f"{prefix}database_cpu_seconds": database,
        }


def _spent() -> _Spent:
    times = os.times()
    return _Spent(time.perf_counter(), times.user + times.system + times.children_user + times.children_system, database_cpu_seconds())


def _end_to_end(path: Path, small: Path, platform: str) -> dict[str, Any]:
    django_ready()
    from kaibo.cli.benches.order_goods import shop_with_goods
    from kaibo.kit.clock import utc_now
    from kaibo.plumbing.access.actor import KAIBO
    from kaibo.plumbing.intake import engine, services, store
    from kaibo.stages.orders.models import Finding

    shop_id = shop_with_goods()

    def take(path: Path = path) -> Any:
        started = services.start_import(
            actor=KAIBO, kind_key="orders", chunks=store.pieces(path), file_name=path.name, platform=platform, shop_id=shop_id, now=utc_now()
        )
        return engine.run_import(started.pk, clock=utc_now)

    take(small)
    found_before = Finding.objects.count()
    began = _spent()
    done = take()
    first = _spent().since(began)
    began = _spent()
    same = take()
    again = _spent().since(began, "again_")
    findings = Finding.objects.count() - found_before
    return {
        "state": done.state, "new": done.rows_new, "quarantined": done.rows_quarantined, "findings": findings, **first,
        "rows_per_second": round(done.rows_read / (first["seconds"] or 1)), **again, "again_same": same.rows_same,
        **_bare_copy(), **_peak_megabytes(), "load": round(os.getloadavg()[0], 1),
    }  # fmt: skip


def _bare_copy() -> dict[str, float | None]:
    """The rows of both files, written by COPY alone in one transaction; the tables are emptied for it."""
    from django.db import connection, transaction
    from psycopg import sql

    from kaibo.plumbing.vault.models import SubjectKey
    from kaibo.stages.orders.models import Finding, Order, OrderLine

    tables = [sql.Identifier(model._meta.db_table) for model in (SubjectKey, Order, OrderLine, Finding)]
    with connection.cursor() as cursor:
        rows = []
        for table in tables:
            with cursor.copy(sql.SQL("COPY {} TO STDOUT").format(table)) as copy:
                rows.append(b"".join(bytes(piece) for piece in copy))
        cursor.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(tables)))
    began = _spent()
    with transaction.atomic(), connection.cursor() as cursor:
        for table, text in zip(tables, rows, strict=True):
            with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(table)) as copy:
                copy.write(text)
    return _spent().since(began, "copy_")


def _peak_megabytes() -> dict[str, int]:
    """The importer's peak and that of its reading process, which counts at least what the importer had when it started it."""
    own, reader = (resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {"peak_mb": own + reader, "own_peak_mb": own, "reader_peak_mb": reader}


def _report(figures: dict[str, Any], *, as_json: bool) -> None:
    figures["ratio_to_parse"] = round(figures["seconds"] / figures["parse_seconds"], 1)
    figures["ratio_to_floor"] = round(figures["seconds"] / (figures["parse_seconds"] + figures["copy_seconds"]), 1)
    figures["cpu_to_floor"] = _cpu_to_floor(figures)
    if as_json:
        print(json.dumps(figures, ensure_ascii=False), flush=True)
        return
    told = {**figures, "columns": len(order_layouts.header_of(figures["layout"])), "database_cpu": _seconds(figures["database_cpu_seconds"])}
    told["copy_database_cpu"] = _seconds(figures["copy_database_cpu_seconds"])
    told["again_database_cpu"] = _seconds(figures["again_database_cpu_seconds"])
    sys.stdout.write(
        "{layout} {format}: {rows:,} 行 rows × {columns} 列 columns, 收件人 receivers {receivers}, {state}\n"
        "  端到端 end to end {seconds:.2f} s ({rows_per_second:,} rows/s; 目标 aim ≤ {aim_s} s)"
        " · CPU 本进程和读取进程 own and reader {cpu_seconds:.2f} s + 数据库连接 database connection {database_cpu} s · 内存 peak {own_peak_mb} + {reader_peak_mb} MB (≤ {aim_mb} MB)\n"
        "  只解析 bare parse {parse_seconds:.2f} s ({parse_rows_per_second:,} rows/s) · 倍数 ratio {ratio_to_parse}\n"
        "  只写库 bare COPY of the same rows {copy_seconds:.2f} s (CPU {copy_cpu_seconds:.2f} + {copy_database_cpu} s)"
        " · 解析加写库为底线 parse and COPY as the floor: 倍数 ratio {ratio_to_floor}, CPU {cpu_to_floor}\n"
        "  再导入一次 again {again_seconds:.2f} s (CPU {again_cpu_seconds:.2f} + {again_database_cpu} s), 未变 same {again_same:,}\n"
        "  新增 new {new:,} · 隔离 quarantined {quarantined:,} · 核验疑点 findings {findings:,} · 机器负载 load {load}\n".format(
            **told, aim_s=AIM_SECONDS, aim_mb=AIM_MEGABYTES
        )
    )


def _cpu_to_floor(figures: dict[str, Any]) -> float | None:
    """CPU of everybody beside that of parse and COPY; None where the database hides its own."""
    if figures["database_cpu_seconds"] is None or figures["copy_database_cpu_seconds"] is None:
        return None
    floor = figures["parse_cpu_seconds"] + figures["copy_cpu_seconds"] + figures["copy_database_cpu_seconds"]
    return float(round((figures["cpu_seconds"] + figures["database_cpu_seconds"]) / floor, 1))


def _seconds(value: float | None) -> str:
    return "?" if value is None else f"{value:.2f}"
