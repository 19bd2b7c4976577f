"""`./kaibo backup FILE`: database and files in one archive."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from kaibo.config.archive import back_up
from kaibo.config.env import read_env
from kaibo.database.address import address
from kaibo.kit.clock import utc_now


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="写到哪个 .tar 文件；内含密钥和个人数据 · the .tar to write; it holds secrets and personal data",
    )


def run(args: argparse.Namespace) -> int:
    env = read_env()
    size = back_up(url=address(env), data=env.data, target=args.file.resolve(), now=utc_now())
    print(f"kaibo: 已备份 / backed up: {args.file} ({size / 1_000_000:.1f} MB)", file=sys.stderr)
    return 0
