"""`./kaibo work`: relay, outbox, clocks, imports, reports, notices."""

from __future__ import annotations

import argparse
import importlib

from kaibo.config.catalogues import compile_stale


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No arguments: all settings come from KAIBO_…"""


def run(args: argparse.Namespace) -> int:
    compile_stale()
    # Loaded late: the module sets Django up, which `--help` must not need.
    return int(importlib.import_module("kaibo.config.work").main() or 0)
