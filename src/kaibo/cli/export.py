"""`./kaibo export KIND`: a file of what a person may see, recorded in the audit under that person."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from pathlib import Path

from kaibo.config.setup import django_ready
from kaibo.kit.clock import day_bounds, utc_now

EPILOGUE = """例 example:  ./kaibo export orders --as alice --from 2026-11-01 --to 2026-11-22 --format xlsx --out orders.xlsx
--to 当天也包含在内 the day of --to is included
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOGUE
    parser.add_argument(
        "kind", metavar="KIND", help="导出的种类；写错会列出全部 · the kind of export; a wrong one lists them all"
    )
    parser.add_argument(
        "--as", dest="account", required=True, metavar="USER", help="以谁的权限导出 · whose rights and whose audit"
    )
    parser.add_argument(
        "--from", dest="first", type=date.fromisoformat, metavar="DAY", help="第一天 the first day, 2026-11-01"
    )
    parser.add_argument(
        "--to", dest="last", type=date.fromisoformat, metavar="DAY", help="最后一天 the last day, included"
    )
    parser.add_argument("--format", choices=("xlsx", "csv", "parquet"), default="xlsx")
    parser.add_argument("--reason", default="", help="导出个人信息时必填 · required when the file holds personal data")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="写到哪里，默认 KIND-日期.格式 · where to; default KIND-DAY.FORMAT"
    )
    parser.add_argument("--json", action="store_true", help='打印 {"file","rows"} · print {"file","rows"}')


def run(args: argparse.Namespace) -> int:
    django_ready()
    # Loaded here: models exist only once Django is up, and `--help` must not need it.
    from kaibo.master.people.queries import actor_of_account
    from kaibo.plumbing.intake.exports import write_export

    now = utc_now()
    out: Path = args.out or Path(f"{args.kind}-{now:%Y%m%d}.{args.format}")
    rows = write_export(
        actor=actor_of_account(args.account),
        kind_key=args.kind,
        path=out,
        format_=args.format,
        reason=args.reason,
        now=now,
        start=day_bounds(args.first)[0] if args.first else None,
        end=day_bounds(args.last)[1] if args.last else None,
    )
    if args.json:
        print(json.dumps({"file": str(out), "rows": rows}, ensure_ascii=False))
    else:
        sys.stderr.write(f"已导出 exported {rows} 行 rows → {out}\n")
    return 0
