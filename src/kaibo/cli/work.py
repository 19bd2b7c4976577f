"""`./kaibo work`: relay, outbox, clocks, imports, reports, notices."""

from __future__ import annotations

import argparse

from kaibo.config import logs
from kaibo.config.catalogues import compile_stale


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No arguments: all settings come from KAIBO_…"""


def run(args: argparse.Namespace) -> int:
    logs.set_up()
    compile_stale()
    # Loaded late: it sets Django up, which `--help` must not need.
    from kaibo.config.setup import django_ready

    django_ready()
    from kaibo.config.work import main

    return main()
