"""
`./kaibo bench import`: a Doudian-like export, end to end beside the bare parse of the same file in the same run.

End to end is everything a person waits for: store the file, find encoding, delimiter and header, read and check every
known cell, dedupe by key, write rows, positions and outcomes, commit. The bare parse only turns the file into lists of
text. The rows are made from their number alone, so that every run everywhere measures the same file.
"""

from __future__ import annotations

import argparse
import csv
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter

from kaibo.cli.benches.scratch import scratch_database
from kaibo.config.setup import django_ready
from kaibo.kit.money import plain_yuan

HEADER = (
    "主订单编号", "子订单编号", "选购商品", "商品规格", "商品数量", "商家编码", "商品单价", "订单应付金额", "运费", "收件人",
    "收件人手机号", "省", "市", "区", "详细地址", "订单提交时间", "支付完成时间", "承诺发货时间", "订单状态", "售后状态",
)  # fmt: skip
_GOODS = ("双面呢羊毛大衣", "圆领针织衫", "高腰阔腿裤", "羊绒围巾", "加绒卫衣", "真丝衬衫", "短款羽绒服", "百褶半身裙")
_COLOURS = ("驼色", "黑色", "米白", "雾蓝", "酒红")
_SIZES = ("S", "M", "L", "XL")
_STATES = ("待发货", "已发货", "已完成", "已关闭")
_START = datetime(2026, 9, 1, 8, 0, 0)  # noqa: DTZ001  written into a file, as a platform writes it
AIM_SECONDS = 20
AIM_MEGABYTES = 500


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=100_000, help="行数 · rows (100000)")
    parser.add_argument("--format", choices=("csv", "xlsx", "both"), default="both", help="文件格式 · of the file")
    parser.add_argument(
        "--kind",
        default="",
        help="导入的种类，默认 orders，没有时用自带的测试种类 · default: orders, else a kind of the bench's own",
    )
    parser.add_argument("--json", action="store_true", help="每个文件一行 JSON · one JSON line a file")


def run(args: argparse.Namespace) -> int:
    """Each format runs in a process of its own, so that its peak memory is its own."""
    formats = ("csv", "xlsx") if args.format == "both" else (args.format,)
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="kaibo-bench-") as folder:
        for kind_of_file in formats:
            path = Path(folder) / f"1760000000_orders.{kind_of_file}"
            write_orders(path, args.rows)
            with scratch_database(Path(folder) / "data") as url:
                with spawn.Pool(1) as pool:
                    pool.apply(_migrate, (url,))
                with spawn.Pool(1) as pool:
                    parsed = pool.apply(_bare_parse, (path,))
                with spawn.Pool(1) as pool:
                    figures = pool.apply(_end_to_end, (path, args.kind))
            _report(
                {"bench": "import", "format": kind_of_file, "rows": args.rows, **figures, **parsed}, as_json=args.json
            )
    return 0


def orders(rows: int) -> Iterator[list[str]]:
    """This function will give order lines as 抖店 writes them: ids with a tab, `-` for nothing, ciphers for persons."""
    for number in range(rows):
        price_fen = 5_900 + number * 7 % 120_000
        quantity = 1 + number % 3
        paid_at = _START + timedelta(seconds=number * 31)
        yield [
            f"\t69{number:017d}", f"\t69{number:017d}", f"{_GOODS[number % 8]}{number % 97}款", f"{_COLOURS[number % 5]};{_SIZES[number % 4]}",
            str(quantity), f"SKU-{number % 1000:04d}", plain_yuan(price_fen), plain_yuan(price_fen * quantity), "0.00",
            f"##c1pher{number:08d}##", f"$$pH0ne{number:08d}$$", "浙江省", "杭州市", "余杭区", f"##addr{number:08d}##", f"{paid_at:%Y-%m-%d %H:%M:%S}",
            f"{paid_at + timedelta(seconds=12):%Y-%m-%d %H:%M:%S}", f"{paid_at + timedelta(days=2):%Y-%m-%d %H:%M:%S}", _STATES[number % 4], "-",
        ]  # fmt: skip


def write_orders(path: Path, rows: int) -> None:
    """This function will write the file of the bench, always the same for the same number of rows."""
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADER)
            writer.writerows(orders(rows))
        return
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("订单")
        sheet.write_row(0, 0, HEADER)
        for number, row in enumerate(orders(rows), start=1):
            for index, cell in enumerate(row):
                sheet.write_string(number, index, cell)


def _migrate(url: str) -> None:
    from kaibo.config.migration import migrate_everything

    migrate_everything(url)


def _bare_parse(path: Path) -> dict[str, float]:
    from kaibo.plumbing.intake.reading import open_spreadsheet

    began = time.perf_counter()
    rows = sum(1 for _ in open_spreadsheet(path)[0].rows())
    seconds = time.perf_counter() - began
    return {"parse_seconds": round(seconds, 2), "parse_rows_per_second": round(rows / seconds)}


def _end_to_end(path: Path, kind_key: str) -> dict[str, Any]:
    django_ready()
    from kaibo.cli.benches import importing_kind as bench
    from kaibo.kit.clock import utc_now
    from kaibo.plumbing.access.actor import KAIBO
    from kaibo.plumbing.intake import engine, services, store

    with bench.kind_ready(kind_key) as (kind, shop_id):
        began, began_cpu = time.perf_counter(), time.process_time()
        started = services.start_import(
            actor=KAIBO,
            kind_key=kind.key,
            chunks=store.pieces(path),
            file_name=path.name,
            platform=bench.platform_of(kind),
            shop_id=shop_id,
            now=utc_now(),
        )
        done = engine.run_import(started.pk, clock=utc_now)
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - began_cpu
        again_began = time.perf_counter()
        again = services.start_import(
            actor=KAIBO,
            kind_key=kind.key,
            chunks=store.pieces(path),
            file_name=path.name,
            platform=bench.platform_of(kind),
            shop_id=shop_id,
            now=utc_now(),
        )
        same = engine.run_import(again.pk, clock=utc_now)
        again_seconds = time.perf_counter() - again_began
    peak_megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {
        "kind": kind.key, "state": done.state, "new": done.rows_new, "quarantined": done.rows_quarantined, "seconds": round(seconds, 2), "cpu_seconds": round(cpu_seconds, 2),
        "rows_per_second": round(done.rows_read / seconds), "peak_mb": peak_megabytes, "again_seconds": round(again_seconds, 2), "again_same": same.rows_same,
    }  # fmt: skip


def _report(figures: dict[str, Any], *, as_json: bool) -> None:
    figures["ratio_to_parse"] = round(figures["seconds"] / figures["parse_seconds"], 1)
    if as_json:
        print(json.dumps(figures, ensure_ascii=False), flush=True)
        return
    sys.stdout.write(
        f"{figures['format']}: {figures['rows']:,} 行 rows × {len(HEADER)} 列 columns, 种类 kind {figures['kind']}, {figures['state']}\n"
        f"  端到端 end to end {figures['seconds']:.2f} s ({figures['rows_per_second']:,} rows/s; 目标 aim ≤ {AIM_SECONDS} s; 本进程 own CPU {figures['cpu_seconds']:.2f} s)"
        f" · 内存 peak {figures['peak_mb']} MB (≤ {AIM_MEGABYTES} MB)\n"
        f"  只解析 bare parse {figures['parse_seconds']:.2f} s ({figures['parse_rows_per_second']:,} rows/s) · 倍数 ratio {figures['ratio_to_parse']}\n"
        f"  再导入一次 again {figures['again_seconds']:.2f} s, 未变 same {figures['again_same']:,} · 新增 new {figures['new']:,}"
        f" · 隔离 quarantined {figures['quarantined']:,}\n"
    )
