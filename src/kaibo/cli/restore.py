"""`./kaibo restore FILE`: a backup into an empty place, migrated and proved."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from kaibo.cli.up import only_one
from kaibo.config.archive import restore
from kaibo.config.env import read_env
from kaibo.database.address import address
from kaibo.kit.clock import utc_now


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="备份文件 · the backup")
    parser.add_argument(
        "--force",
        action="store_true",
        help="替换已有数据：原数据库改名保留，原文件被替换 · replace what is there: the old database is renamed and kept, old files are replaced",
    )


def run(args: argparse.Namespace) -> int:
    env = read_env()
    with only_one(env.data):
        url = address(env)
        aside = restore(url=url, data=env.data, source=args.file, force=args.force, now=utc_now())
        if aside:
            print(f"kaibo: 原数据库保留为 / the old database is kept as {aside}", file=sys.stderr)
        environment = {**os.environ, "KAIBO_DATABASE_URL": url, "KAIBO_DATA": str(env.data)}
        for verb in (["migrate", "--quiet"], ["check"]):  # an older backup meets newer code, then everything must agree
            code = subprocess.run(
                [sys.executable, "-P", "-m", "kaibo.cli", *verb], env=environment, check=False
            ).returncode
            if code:
                return code
    return 0
