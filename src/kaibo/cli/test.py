"""`./kaibo test`: every test, on the PostgreSQL that comes along."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from kaibo.config.catalogues import compile_stale
from kaibo.database import embedded

ROOT = Path(__file__).resolve().parents[3]
TEST_DATA = ROOT / ".cache" / "test"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--all",
        action="store_true",
        help="不许跳过：跳过的测试算失败 · nothing may be skipped: a skipped test fails",
    )
    parser.usage = "kaibo test [--all] [PYTEST ARGS…]"
    parser.epilog = "其余参数交给 pytest · everything else goes to pytest; 例 example: ./kaibo test tests/room -k claim"


def run(args: argparse.Namespace) -> int:
    for missing in what_is_missing():
        print(f"kaibo: 缺少 / missing: {missing}", file=sys.stderr)
    compile_stale()
    environment = {
        **os.environ,
        "KAIBO_DATA": str(TEST_DATA / "data"),
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
    }
    if not environment.get("KAIBO_DATABASE_URL"):
        environment["KAIBO_DATABASE_URL"] = embedded.use(TEST_DATA, throwaway=True)
    strict = ["-p", "tools.nothing_skipped"] if args.all else []
    return subprocess.run(
        [sys.executable, "-m", "pytest", *strict, *args.passed_on], cwd=ROOT, env=environment, check=False
    ).returncode


def what_is_missing() -> list[str]:
    """This function will name what some tests need and this machine lacks, once, before the tests start."""
    missing = []
    if not any(map(shutil.which, BROWSERS)):
        missing.append("Chromium（浏览器测试 / browser tests）: apt-get install chromium")
    if shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin") is None or shutil.which("ffmpeg") is None:
        missing.append("nginx, ffmpeg（推流测试 / video tests）: apt-get install nginx libnginx-mod-rtmp ffmpeg")
    if not (ROOT.parent / "shared" / "data").exists() and not os.environ.get("KAIBO_SHARED_DATA"):
        missing.append("../shared/data（部分真实数据 / some of the real data）")
    return missing
