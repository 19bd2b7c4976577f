"""
Screens texts for what the law and the platforms object to: one text a line in, one JSON line out.

审查文本：写在命令后面、来自文件或标准输入，每行一条，逐行输出 JSON（结论、位置、依据、改写建议、识破的写法）。
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from kaibo.language.lexicon import SURFACES
from kaibo.language.screening import Screening, default_screener


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """This function will describe the verb's options."""
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="要审查的文本；不给则读 --file 或标准输入 / texts; without any, --file or standard input is read")
    parser.add_argument("--file", type=Path, help="UTF-8 文本文件，每行一条 / a text file, one text a line")
    parser.add_argument("--category", help="类目，如 护肤、食品 / category of the goods, e.g. 护肤")
    parser.add_argument("--surface", choices=SURFACES, default="title", help="文本用在哪里 / where the text is used")
    parser.add_argument("--json", action="store_true", help="输出 JSON 行（总是如此） / JSON lines, as always")


def run(args: argparse.Namespace) -> int:
    """This function will screen texts line by line; every line is answered, so the exit code is 0 unless nothing could be read."""
    screener = default_screener()
    if args.texts and args.file:
        sys.stderr.write("kaibo screen: 文本和 --file 只能给一种 / give texts or --file, not both\n")
        return 2
    if args.file is None:
        for number, text in enumerate(args.texts or _lines(sys.stdin), start=1):
            _write(number, screener.screen(text, surface=args.surface, category=args.category))
        return 0
    try:
        with args.file.open("rb") as file:
            texts = list(_decoded(file))
    except OSError as unreadable:
        sys.stderr.write(f"kaibo screen: 读不了 / cannot read {args.file}: {unreadable.strerror}\n")
        return 2
    for number, screening in enumerate(screener.screen_many(texts, args.surface, args.category), start=1):
        _write(number, screening)
    return 0


def _write(number: int, screening: Screening) -> None:
    sys.stdout.write(json.dumps(_answer(number, screening), ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _lines(stream: TextIO) -> Iterator[str]:
    # Bytes rather than the locale's text: what is read is UTF-8 everywhere, and only \n ends a line, so that
    # positions stay positions in the line that was sent.
    return _decoded(stream.buffer if hasattr(stream, "buffer") else io.BytesIO(stream.read().encode()))


def _decoded(source: Iterable[bytes]) -> Iterator[str]:
    for place, raw in enumerate(source):
        text = raw.decode("utf-8", errors="replace").removesuffix("\n").removesuffix("\r")
        yield text.removeprefix("\ufeff") if place == 0 else text


def _answer(number: int, screening: Screening) -> dict[str, object]:
    hits = [
        {
            "start": hit.start,
            "end": hit.end,
            "text": hit.text,
            "kind": hit.kind,
            "severity": hit.severity,
            "source": hit.source,
            "suggestion": hit.suggestion,
            "disguise": hit.disguise,
        }
        for hit in screening.hits
    ]
    return {"line": number, "verdict": screening.verdict, "hits": hits, "lexicon": screening.lexicon_version}
