"""`./kaibo check`: one line per difference between what must agree."""

from __future__ import annotations

import argparse
import json
import sys

from kaibo.config.env import read_env
from kaibo.database.address import address


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="每个差异一行 JSON · one JSON line per difference")


def run(args: argparse.Namespace) -> int:
    address(read_env())
    # Loaded late: it sets Django up, which `--help` must not need.
    from kaibo.config.setup import django_ready

    django_ready()
    from kaibo.config.checks import differences

    found = list(differences())
    for one in found:
        print(
            json.dumps({"area": one.area, "message": one.message}, ensure_ascii=False)
            if args.json
            else f"{one.area}: {one.message}"
        )
    print(f"kaibo: {len(found)} 处差异 / differences" if found else "kaibo: 没有差异 / no differences", file=sys.stderr)
    return 1 if found else 0
