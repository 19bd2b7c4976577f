"""
One plain form of a text, with the way back: full width, case, hidden characters, traditional script and inserted
symbols are undone, and every remaining character knows where it stood in the original.

The lexicon and the text go through the same passes, so both are compared in the same form. A pass is a function from
`Plain` to `Plain`; further disguises (pinyin, homophones, split characters) are further passes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

import opencc


@dataclass(frozen=True, slots=True)
class Plain:
    """A text and, for each of its characters, the half-open span it came from in the original."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """This function will give the span of the original that `text[start:end]` (not empty) came from."""
        return self.starts[start], self.ends[end - 1]


Pass = Callable[[Plain], Plain]


def _each(plain: Plain, change: Callable[[str], str]) -> Plain:
    text: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for char, start, end in zip(plain.text, plain.starts, plain.ends, strict=True):
        changed = change(char)
        text.append(changed)
        starts.extend([start] * len(changed))
        ends.extend([end] * len(changed))
    return Plain("".join(text), tuple(starts), tuple(ends))


def _kept(plain: Plain, keep: list[bool]) -> Plain:
    kept = [place for place, stays in enumerate(keep) if stays]
    return Plain(
        "".join(plain.text[place] for place in kept),
        tuple(plain.starts[place] for place in kept),
        tuple(plain.ends[place] for place in kept),
    )


def one_width(plain: Plain) -> Plain:
    """This function will write full-width and other compatibility forms plainly (NFKC): Ｎｏ．１ → No.1, ① → 1."""
    if unicodedata.is_normalized("NFKC", plain.text):
        return plain
    return _each(plain, lambda char: unicodedata.normalize("NFKC", char))


def one_case(plain: Plain) -> Plain:
    """This function will write all letters small."""
    return plain if plain.text == plain.text.casefold() else _each(plain, str.casefold)


def nothing_hidden(plain: Plain) -> Plain:
    """This function will drop what cannot be seen: zero-width and format characters, controls, stacked marks."""
    keep = [unicodedata.category(char) not in {"Cf", "Cc", "Mn", "Me", "Co"} or char in "\n\t" for char in plain.text]
    return plain if all(keep) else _kept(plain, keep)


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def simplified(plain: Plain) -> Plain:
    """This function will write traditional characters in their simplified form."""
    converted = _converter().convert(plain.text)
    if converted == plain.text:
        return plain
    if len(converted) == len(plain.text):
        return Plain(converted, plain.starts, plain.ends)
    return _each(plain, _converter().convert)


_SENTENCE_ENDS: Final = frozenset("，。！？；：、,!?;:\n\t…()[]{}<>《》“”\"'「」")
_MEANINGFUL: Final = frozenset("%+")
_IS_HAN = re.compile(r"[㐀-鿿豈-﫿\U00020000-\U0003134f]")


def _is_insertable(char: str) -> bool:
    return char not in _SENTENCE_ENDS and unicodedata.category(char)[0] in "PSZ"


def nothing_inserted(plain: Plain) -> Plain:
    """
    This function will drop symbols and spaces put between characters: 国-家-级, 最 好, 加★微★信.

    Sentence marks stay, they part statements; a point or stroke between two digits stays, it is a number; % and + mean
    something unless they stand between two Chinese characters.
    """
    keep = [True] * len(plain.text)
    for place, char in enumerate(plain.text):
        if not _is_insertable(char):
            continue
        before = _neighbour(plain.text, place, -1)
        after = _neighbour(plain.text, place, 1)
        if char in _MEANINGFUL:
            keep[place] = not (_IS_HAN.match(before) and _IS_HAN.match(after))
        else:
            keep[place] = before.isdigit() and after.isdigit()
    return plain if all(keep) else _kept(plain, keep)


def _neighbour(text: str, place: int, step: int) -> str:
    place += step
    while 0 <= place < len(text) and _is_insertable(text[place]):
        place += step
    return text[place] if 0 <= place < len(text) else ""


PASSES: Final[tuple[Pass, ...]] = (one_width, one_case, nothing_hidden, simplified, nothing_inserted)


def normalise(text: str, passes: tuple[Pass, ...] = PASSES) -> Plain:
    """This function will put a text through the passes in order."""
    plain = Plain(text, tuple(range(len(text))), tuple(range(1, len(text) + 1)))
    for one in passes:
        plain = one(plain)
    return plain
