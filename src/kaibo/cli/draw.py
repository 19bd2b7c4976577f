"""`./kaibo draw verify FILE`: re-compute a published draw and say in words what does not hold."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from kaibo.kit import draw_proof
from kaibo.kit.errors import Invalid


class DrawFileUnreadable(Invalid):
    code = "draw.file_unreadable"
    message_zh = "读不到文件 {file}：{reason}"
    message_en = "The file {file} cannot be read: {reason}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    tools = parser.add_subparsers(metavar="TOOL", required=True)
    verifying = tools.add_parser("verify", help="重算一次公示的抽奖 · re-compute a published draw")
    verifying.add_argument("file", type=Path, metavar="FILE", help="公示文件 · the published file")
    verifying.add_argument(
        "--commitment", metavar="HEX", help="开奖前公布的承诺值 · the commitment announced before the draw"
    )
    verifying.add_argument("--json", action="store_true", help='{"ok","reasons","draw","entrants","winners"}')


def run(args: argparse.Namespace) -> int:
    try:
        text = args.file.read_bytes()
    except OSError as wrong:
        raise DrawFileUnreadable(file=str(args.file), reason=wrong.strerror or str(wrong)) from wrong
    announced = args.commitment.strip().lower() if args.commitment else None
    found = draw_proof.verify(text, announced=announced)
    told = draw_proof.read(text)
    if args.json:
        figures = {"draw": told["rules"]["draw"], "entrants": len(told["entrants"]), "winners": len(told["winners"])} if told else {}
        print(json.dumps({"ok": not found, "reasons": found, **figures}, ensure_ascii=False))
    for reason in found:
        sys.stderr.write("✗ {} · {}\n".format(*draw_proof.REASONS[reason]))
    if not found and told is not None:
        _say_what_was_proved(told, has_announced=announced is not None)
    return 1 if found else 0


def _say_what_was_proved(told: dict[str, object], *, has_announced: bool) -> None:
    entrants, winners = told["entrants"], told["winners"]
    counts = (len(entrants), len(winners)) if isinstance(entrants, list) and isinstance(winners, list) else (0, 0)
    say = sys.stderr.write
    say(f"✓ 属实：{counts[0]} 位参与者、{counts[1]} 位中奖者，全部重新算过 · holds: every hash, the seed and all winners computed again\n")
    if not has_announced:
        say(
            "  承诺值未比对（--commitment 给出开奖前公布的那一个）：{c}\n"
            "  the commitment was not compared (give the announced one with --commitment): {c}\n".format(c=told["commitment"])
        )
    if absent := draw_proof.absent(told):
        say(f"  没有公开随机数的见证人 · witnesses who never showed a number: {'、'.join(absent)}\n")
    entropy = told["entropy"]
    if isinstance(entropy, dict) and entropy["kind"] == "beacon":
        say(
            f"  信标第 {entropy['round']} 轮：BLS 签名未验，请与信标公布的比对 · round {entropy['round']}: the BLS signature was not"
            " checked, compare the value with the beacon's\n"
        )
