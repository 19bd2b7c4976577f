"""
`./kaibo bench matching`: what is bought together in half a million real order lines, and what combinations earn on baskets they were not
chosen by, beside popularity (SEL-16).

The file is UCI Online Retail (Daqing Chen, CC BY 4.0) as parquet or CSV. It says no costs: every item is taken to leave the same share of its
price, so the comparison is one of revenue. Cancelled lines are taken out with the sale they take back.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import duckdb

from kaibo.stages.selection import matching

BESIDE = Path(__file__).resolve().parents[5] / "shared" / "data"
MARGIN_PERCENT = 40
LINES = """
CREATE OR REPLACE TABLE line AS
WITH sold AS (
    SELECT *, row_number() OVER (PARTITION BY CustomerID, StockCode, abs(Quantity), Quantity < 0 ORDER BY InvoiceDate) AS turn
    FROM {file} WHERE UnitPrice > 0 AND regexp_matches(StockCode, '^[0-9]{{5}}') AND Quantity <> 0
)
SELECT s.InvoiceNo AS basket, s.StockCode AS item, s.InvoiceDate::TIMESTAMP AS sold_at, round(s.Quantity * s.UnitPrice * {percent})::BIGINT AS margin_fen
FROM sold s WHERE s.Quantity > 0 AND s.InvoiceNo NOT LIKE 'C%' AND NOT EXISTS (
    SELECT 1 FROM sold c WHERE c.Quantity = -s.Quantity AND c.CustomerID = s.CustomerID AND c.StockCode = s.StockCode AND c.turn = s.turn
)
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    folder = Path(os.environ.get("KAIBO_SHARED_DATA", BESIDE))
    parser.add_argument(
        "--file", type=Path, default=folder / "uci_online_retail" / "online_retail.parquet", help="UCI Online Retail（parquet 或 csv）· the data (parquet or csv)"
    )
    parser.add_argument("--beside", type=int, default=3, help="每个引流款旁边放几个利润款 · profit items beside each traffic item (3)")
    parser.add_argument("--json", action="store_true", help="一行 JSON · one JSON line")


def run(args: argparse.Namespace) -> int:
    if not args.file.exists():
        print(f"没有这个文件 · no such file: {args.file}", file=sys.stderr)
        return 2
    figures, trial = measure(args.file, matching.Limits(beside=args.beside))
    if args.json:
        print(json.dumps(figures, ensure_ascii=False), flush=True)
    else:
        _report(figures, trial)
    return 0


def measure(path: Path, limits: matching.Limits) -> tuple[dict[str, Any], matching.Trial]:
    """This function will mine the earlier part of a file and count what its combinations earn in the later part."""
    connection = matching.opened()
    began, began_cpu = time.perf_counter(), time.process_time()
    reader = "read_csv_auto" if path.suffix == ".csv" else "read_parquet"
    connection.execute(LINES.format(file=f"{reader}('{str(path).replace(chr(39), chr(39) * 2)}')", percent=MARGIN_PERCENT))
    rows = _count(connection, f"SELECT count(*) FROM {reader}($1)", [str(path)])
    read, read_cpu = time.perf_counter() - began, time.process_time() - began_cpu
    trial = matching.try_combinations(connection, limits)
    seconds, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    mined = trial.mined
    return {
        "bench": "matching", "rows": rows, "lines": _count(connection, "SELECT count(*) FROM line"), "baskets_learnt": mined.baskets, "items": mined.items,
        "pairs_tested": mined.tests, "pairs_named": mined.named, "combinations": len(trial.combinations), "baskets_held_out": trial.held_baskets,
        "margin_held_out_fen": trial.held_fen, "margin_popularity_fen": trial.plain_fen, "gain_low_fen": trial.gain_low_fen,
        "gain_high_fen": trial.gain_high_fen, "is_better": trial.is_better, "read_seconds": round(read, 2), "read_cpu_seconds": round(read_cpu, 2),
        "seconds": round(seconds, 2), "cpu_seconds": round(cpu, 2),
    }, trial  # fmt: skip


def _count(connection: duckdb.DuckDBPyConnection, sql: str, values: list[object] | None = None) -> int:
    row = connection.execute(sql, values or []).fetchone()
    return int(row[0]) if row else 0


def _report(f: dict[str, Any], trial: matching.Trial) -> None:
    gain = f["margin_held_out_fen"] - f["margin_popularity_fen"]
    of = f["margin_popularity_fen"] or 1
    sys.stdout.write(
        f"搭配 matching: {f['rows']:,} 行 rows, {f['lines']:,} 条成交 sold lines, {f['seconds']:.2f} s (CPU {f['cpu_seconds']:.2f} s)\n"
        f"  学习 learnt: {f['baskets_learnt']:,} 单 baskets, {f['items']:,} 品 items, {f['pairs_tested']:,} 对检验 pairs tested → {f['pairs_named']:,} 对显著 named (Fisher, BH 5 %)\n"
        f"  留出 held out: {f['baskets_held_out']:,} 单 baskets, {f['combinations']} 组 combinations, 旁边利润 margin beside {f['margin_held_out_fen'] / 100:,.0f}"
        f" · 只按热门 popularity {f['margin_popularity_fen'] / 100:,.0f}\n"
        f"  差 difference {gain / 100:+,.0f} ({gain * 100 / of:+.1f} %), 95 % [{f['gain_low_fen'] / 100:+,.0f}, {f['gain_high_fen'] / 100:+,.0f}]"
        f" · {'✓ 更好 better' if f['is_better'] else '✗ 没有证明更好 not shown to be better'}\n"
        f"  成本不在数据里：每件按售价的 {MARGIN_PERCENT} % 计 · costs are not in the data: every item is taken to leave {MARGIN_PERCENT} % of its price\n"
    )
    for one in trial.combinations[:5]:
        sys.stdout.write(f"  {one.traffic} + {', '.join(one.beside)}: {one.held_baskets} 单 baskets, {one.held_fen // 100:,} · {one.plain_fen // 100:,}\n")
