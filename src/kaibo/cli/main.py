"""Reads the verb, runs it, and turns every complaint into words on standard error and an exit code."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence

from kaibo.cli.supervisor import watch_supervisor
from kaibo.cli.verbs import VERBS, Verb
from kaibo.config.env import WrongSetting
from kaibo.kit.errors import KaiboError, Unavailable

DONE, REFUSED, WRONG_USAGE, UNAVAILABLE = 0, 1, 2, 3
PROLOGUE = """Kaibo 开播：直播电商团队的全流程，从选品到复盘。
Kaibo runs a live-commerce team's whole flow, from product selection to retrospective.
"""
EPILOGUE = """./kaibo 动词 --help 说明每个动词；设置（KAIBO_…）见 docs/operations.md。
./kaibo VERB --help explains a verb; the settings (KAIBO_…) are in docs/operations.md.
退出码 exit codes: 0 完成 done · 1 拒绝或有差异 refused or differences · 2 用法错误 wrong usage · 3 服务不可用 unavailable
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """This function will run one verb and give its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _end_cleanly_on_sigterm()
    watch_supervisor()
    verb = next((v for v in VERBS if given and v.name == given[0]), None)
    if verb is None:
        return _overview(given)
    parser = argparse.ArgumentParser(
        prog=f"kaibo {verb.name}",
        description=verb.summary,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    try:
        verb.add_arguments(parser)
        args, args.passed_on = parser.parse_known_args(given[1:])
        if args.passed_on and not verb.passes_on:
            parser.error(f"不认识 / unknown: {' '.join(args.passed_on)}")
        return verb.run(args)
    except KaiboError as complaint:
        return report(complaint)
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _end_cleanly_on_sigterm() -> None:
    """A verb that is told to stop leaves as it would at its end: what it holds is given back, the database it started is stopped."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))


def report(complaint: KaiboError) -> int:
    """This function will tell a person what is wrong in both languages and give the exit code of the complaint's kind."""
    zh, en = complaint.message("zh"), complaint.message("en")
    sys.stderr.write(f"kaibo: {zh}\n" if zh == en else f"kaibo: {zh}\n       {en}\n")
    if isinstance(complaint, WrongSetting):
        return WRONG_USAGE
    return UNAVAILABLE if isinstance(complaint, Unavailable) else REFUSED


def _overview(given: Sequence[str]) -> int:
    help_wanted = not given or given[0] in {"-h", "--help", "help"}
    out = sys.stdout if help_wanted else sys.stderr
    if not help_wanted:
        out.write(f"kaibo: 没有这个动词 / no such verb: {given[0]}\n\n")
    out.write(
        f"{PROLOGUE}\n用法 usage: ./kaibo 动词 VERB [参数 ARGUMENTS…]\n\n{''.join(map(_line, VERBS))}\n{EPILOGUE}"
    )
    return DONE if given and help_wanted else WRONG_USAGE


def _line(verb: Verb) -> str:
    return f"  {verb.name:<9}{verb.zh}\n  {'':<9}{verb.en}\n"
