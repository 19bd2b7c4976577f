"""`./kaibo migrate`: make or upgrade the tables."""

from __future__ import annotations

import argparse
import sys

from kaibo.config.env import read_env
from kaibo.database.address import address


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="只在出错时说话 · speak only when something is wrong")


def run(args: argparse.Namespace) -> int:
    url = address(read_env())
    # Loaded late: it sets Django up, which `--help` must not need.
    from kaibo.config.migration import migrate_everything

    migrate_everything(url, out=sys.stderr, verbosity=0 if args.quiet else 1)
    return 0
