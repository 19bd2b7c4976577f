"""
Screens texts for what the law and the platforms object to: one text a line in, one JSON line out.

审查文本：标准输入每行一条，逐行输出 JSON（结论、位置、依据、改写建议）。
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Iterator
from typing import TextIO

from kaibo.language.lexicon import SURFACES
from kaibo.language.screening import Screening, default_screener


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """This function will describe the verb's options."""
    parser.add_argument("--category", help="类目，如 护肤、食品 / category of the goods, e.g. 护肤")
    parser.add_argument("--surface", choices=SURFACES, default="title", help="文本用在哪里 / where the text is used")
    parser.add_argument("--json", action="store_true", help="输出 JSON 行（总是如此） / JSON lines, as always")


def run(args: argparse.Namespace) -> int:
    """This function will screen standard input line by line; every line is answered, so the exit code is 0."""
    screener = default_screener()
    for number, text in enumerate(_lines(sys.stdin), start=1):
        screening = screener.screen(text, surface=args.surface, category=args.category)
        sys.stdout.write(json.dumps(_answer(number, screening), ensure_ascii=False) + "\n")
        sys.stdout.flush()
    return 0


def _lines(stream: TextIO) -> Iterator[str]:
    # Bytes rather than the locale's text: what is read is UTF-8 everywhere, and only \n ends a line, so that
    # positions stay positions in the line that was sent.
    source = stream.buffer if hasattr(stream, "buffer") else io.BytesIO(stream.read().encode())
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
        }
        for hit in screening.hits
    ]
    return {"line": number, "verdict": screening.verdict, "hits": hits, "lexicon": screening.lexicon_version}
