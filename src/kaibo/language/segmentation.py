"""Cutting Chinese text into words; the only module that knows which segmenter does it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import ModuleType


@cache
def segmenter() -> ModuleType:
    """This function will load the segmenter and its dictionary, a quarter of a second: for who cuts texts, not for every process that starts."""
    import rjieba

    loaded: ModuleType = rjieba
    return loaded


@dataclass(frozen=True, slots=True)
class Word:
    """A word and its half-open place in the text."""

    text: str
    start: int
    end: int


def words(text: str) -> list[Word]:
    """This function will cut a text into words; together they are the whole text."""
    found: list[Word] = []
    place = 0
    for piece in segmenter().cut(text):
        found.append(Word(piece, place, place + len(piece)))
        place += len(piece)
    return found


def search_words(text: str) -> list[str]:
    """This function will give the words by which a text should be found: long words also in their parts, no marks."""
    return [piece for piece in segmenter().cut_for_search(text) if any(char.isalnum() for char in piece)]


@dataclass(frozen=True, slots=True)
class Tagged:
    """A word with its kind as the segmenter's dictionary calls it: n noun, a adjective, v verb …"""

    text: str
    kind: str


def tagged(text: str) -> list[Tagged]:
    """This function will cut a text into words and say of each what kind it is."""
    return [Tagged(word, kind) for word, kind in segmenter().tag(text)]
