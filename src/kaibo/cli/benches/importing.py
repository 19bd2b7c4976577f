"""
`./kaibo bench import`: a Doudian-like export, end to end beside the bare parse of the same file in the same run.

End to end is everything a person waits for: store the file, find encoding, delimiter and header, read and check every
known cell, dedupe by key, verify five fields against the shop's items and published prices, seal receivers, write rows,
positions, facts and outcomes, commit. The bare parse only turns the file into lists of text. Beside wall time stands the CPU time of
the importer with its reading process and of its database connection, which is what remains comparable on a busy machine.
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
            with scratch_database(Path(folder) / "data") as url:
                with spawn.Pool(1) as pool:
                    pool.apply(_migrate, (url,))
                with spawn.Pool(1) as pool:
                    parsed = pool.apply(_bare_parse, (path,))
                with spawn.Pool(1) as pool:
                    figures = pool.apply(_end_to_end, (path, order_layouts.platform_of(layout)))
            told = {"bench": "import", "format": kind_of_file, "layout": layout, "receivers": args.receivers, "rows": args.rows}
            _report({**told, **figures, **parsed}, as_json=args.json)
    return 0


def _migrate(url: str) -> None:
    from kaibo.config.migration import migrate_everything

    migrate_everything(url)


def _bare_parse(path: Path) -> dict[str, float]:
    from kaibo.plumbing.intake.reading import open_spreadsheet

    began = time.perf_counter()
    rows = sum(1 for _ in open_spreadsheet(path)[0].rows())
    seconds = time.perf_counter() - began
    return {"parse_seconds": round(seconds, 2), "parse_rows_per_second": round(rows / seconds)}


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


def _end_to_end(path: Path, platform: str) -> dict[str, Any]:
    django_ready()
    from kaibo.cli.benches.order_goods import shop_with_goods
    from kaibo.kit.clock import utc_now
    from kaibo.plumbing.access.actor import KAIBO
    from kaibo.plumbing.intake import engine, services, store
    from kaibo.stages.orders.models import Finding

    shop_id = shop_with_goods()

    def take() -> Any:
        started = services.start_import(
            actor=KAIBO, kind_key="orders", chunks=store.pieces(path), file_name=path.name, platform=platform, shop_id=shop_id, now=utc_now()
        )
        return engine.run_import(started.pk, clock=utc_now)

    began = _spent()
    done = take()
    first = _spent().since(began)
    began = _spent()
    same = take()
    again = _spent().since(began, "again_")
    return {
        "state": done.state, "new": done.rows_new, "quarantined": done.rows_quarantined, "findings": Finding.objects.count(), **first,
        "rows_per_second": round(done.rows_read / (first["seconds"] or 1)), **again, "again_same": same.rows_same,
        **_peak_megabytes(), "load": round(os.getloadavg()[0], 1),
    }  # fmt: skip


def _peak_megabytes() -> dict[str, int]:
    """The importer's peak and that of its reading process, which counts at least what the importer had when it started it."""
    own, reader = (resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {"peak_mb": own + reader, "own_peak_mb": own, "reader_peak_mb": reader}


def _report(figures: dict[str, Any], *, as_json: bool) -> None:
    figures["ratio_to_parse"] = round(figures["seconds"] / figures["parse_seconds"], 1)
    if as_json:
        print(json.dumps(figures, ensure_ascii=False), flush=True)
        return
    told = {**figures, "columns": len(order_layouts.header_of(figures["layout"])), "database_cpu": _seconds(figures["database_cpu_seconds"])}
    told["again_database_cpu"] = _seconds(figures["again_database_cpu_seconds"])
    sys.stdout.write(
        "{layout} {format}: {rows:,} 行 rows × {columns} 列 columns, 收件人 receivers {receivers}, {state}\n"
        "  端到端 end to end {seconds:.2f} s ({rows_per_second:,} rows/s; 目标 aim ≤ {aim_s} s)"
        " · CPU 本进程和读取进程 own and reader {cpu_seconds:.2f} s + 数据库连接 database connection {database_cpu} s · 内存 peak {own_peak_mb} + {reader_peak_mb} MB (≤ {aim_mb} MB)\n"
        "  只解析 bare parse {parse_seconds:.2f} s ({parse_rows_per_second:,} rows/s) · 倍数 ratio {ratio_to_parse}\n"
        "  再导入一次 again {again_seconds:.2f} s (CPU {again_cpu_seconds:.2f} + {again_database_cpu} s), 未变 same {again_same:,}\n"
        "  新增 new {new:,} · 隔离 quarantined {quarantined:,} · 核验疑点 findings {findings:,} · 机器负载 load {load}\n".format(
            **told, aim_s=AIM_SECONDS, aim_mb=AIM_MEGABYTES
        )
    )


def _seconds(value: float | None) -> str:
    return "?" if value is None else f"{value:.2f}"
