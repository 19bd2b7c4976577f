"""How characters sound, look, are built and meet in ordinary text. Made by tools/language_tables.py; splits.txt is our own."""

from __future__ import annotations

import lzma
from collections import defaultdict
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from kaibo.language.normaliser import SENTENCE_MARKS

FOLDER = files(__name__)
UNICODE = 0x110000
_ROW_BITS = 13
"""Characters of GB 2312 and those of the splits fit into 8,192 rows."""


@cache
def readings() -> dict[str, tuple[str, ...]]:
    """This function will give each character's toneless readings, the usual one first."""
    usual: dict[str, list[str]] = {}
    rare: dict[str, list[str]] = defaultdict(list)
    for line in (FOLDER / "sounds.txt").read_text("utf-8").splitlines():
        syllable, first, *second = line.split(" ")
        usual.update({char: [syllable] for char in first})
        for char in second[0] if second else "":
            rare[char].append(syllable)
    return {char: (*usual.get(char, ()), *rare.get(char, ())) for char in usual.keys() | rare.keys()}


@cache
def look_groups() -> tuple[tuple[str, ...], ...]:
    """This function will give groups of characters that look alike, in several ways of grouping."""
    lines = [line for name in ("looks-own.txt", "looks.txt") for line in (FOLDER / name).read_text("utf-8").splitlines()]
    return tuple(tuple(line.split(" ")) for line in lines if not line.startswith("#"))


class OrdinaryPairs:
    """Which characters ordinary text puts side by side, as one bitmap."""

    def __init__(self) -> None:
        lines = lzma.decompress((FOLDER / "ordinary-pairs.txt.xz").read_bytes()).decode().splitlines()
        chars = sorted({char for line in lines for char in line})
        if len(chars) >= 1 << _ROW_BITS:
            raise ValueError("more characters than the table of pairs has rows")
        self.row = np.zeros(UNICODE, dtype=np.int32)
        for place, char in enumerate(chars, start=1):
            self.row[ord(char)] = place
        seen = np.zeros(1 << (2 * _ROW_BITS), dtype=bool)
        for line in lines:
            codes = np.frombuffer(line.encode("utf-32-le"), dtype=np.uint32)
            seen[(self.row[codes[0]] << _ROW_BITS) + self.row[codes[1:]]] = True
        # A mark parts statements: nothing is strange about what stands on either side of it.
        mark = (1 << _ROW_BITS) - 1
        for char in SENTENCE_MARKS:
            self.row[ord(char)] = mark
        square = seen.reshape(mark + 1, mark + 1)
        square[mark, :] = square[:, mark] = True
        self._bits = np.packbits(seen, bitorder="little")

    def are_ordinary(self, codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
        """This function will say of each code and the one after it whether ordinary text puts them so."""
        return self._are(self.row.take(codes[:-1]), self.row.take(codes[1:]))

    def puts_together(self, first: NDArray[np.intp], second: NDArray[np.intp]) -> NDArray[np.bool_]:
        """This function will say of each first code and its second one whether ordinary text puts them side by side."""
        return self._are(self.row.take(first), self.row.take(second))

    def _are(self, first: NDArray[np.int32], second: NDArray[np.int32]) -> NDArray[np.bool_]:
        pairs = (first << _ROW_BITS) + second
        found: NDArray[np.bool_] = (self._bits.take(pairs >> 3) >> (pairs & 7).astype(np.uint8)) & 1 != 0
        return found


@cache
def ordinary_pairs() -> OrdinaryPairs:
    """This function will read the pairs of ordinary text, once."""
    return OrdinaryPairs()


@cache
def trade_words() -> frozenset[str]:
    """This function will give words of the trade that sound or look like a forbidden one and that no dictionary knows: 卫衣."""
    lines = (FOLDER / "trade-words.txt").read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


@cache
def component_forms() -> dict[str, str]:
    """This function will give what a component's other forms stand for: 亻 → 人."""
    for line in _split_lines():
        if line.startswith("~ "):
            return {token[0]: token[1] for token in line[2:].split()}
    return {}


@cache
def splits() -> dict[str, str]:
    """This function will give, for components written in a row, the character they make: 女子 → 好, 弓虽 → 强."""
    forms = component_forms()
    found: dict[str, str] = {}
    for line in _split_lines():
        head, *tokens = line.split()
        if head == "~":
            continue
        for token in tokens:
            if head == "=":
                char, parts = token[0], token[1:]
            elif head.startswith(":"):
                char, parts = token[0], token[1:] + head[1]
            else:
                char, parts = token[0], head[0] + token[1:]
            if len(parts) < 2:
                continue
            found.setdefault("".join(forms.get(part, part) for part in parts), char)
    return found


def _split_lines() -> list[str]:
    lines = (FOLDER / "splits.txt").read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]
