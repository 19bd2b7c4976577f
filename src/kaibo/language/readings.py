"""
What the packaged rules say, in English: grounds, advice, and what a replacement means.

The words a seller may not say, and what may be pasted in their place, stay Chinese: they are what is written and spoken.
`lexicons/english.toml` is keyed by the Chinese text; what a house or a person wrote has no reading and keeps its words.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

_DIGITS: Final = {one: place for place, one in enumerate("零一二三四五六七八九")}
_PARTS: Final = {"条": "art.", "款": "para.", "项": "item"}
_PART: Final = re.compile("第([零一二三四五六七八九十]+)([条款项])")


@cache
def readings() -> Mapping[str, Mapping[str, str]]:
    """This function will read the English texts: `laws`, `notes`, `suggestions`, `rewrites`, `kinds`, each by its Chinese words."""
    return tomllib.loads((files("kaibo.language") / "lexicons" / "english.toml").read_text("utf-8"))


def ground_in_english(source: str) -> str:
    """This function will cite a ground by the English name of its law and the number of its article; what is no law keeps its words."""
    said = source
    for words, english in (*readings()["notes"].items(), *readings()["laws"].items()):
        said = said.replace(words, english)
    said = _PART.sub(lambda part: f" {_PARTS[part[2]]} {_number(part[1])}", said)
    return re.sub(r" {2,}", " ", said.replace("、", ", ").replace("；", "; ").replace("（", " (").replace("）", ")")).strip()


def advice_in_english(suggestion: str) -> str:
    """This function will say what to do about a hit."""
    return readings()["suggestions"].get(suggestion, suggestion)


def meaning_in_english(rewrite: str) -> str:
    """This function will say what a packaged replacement means; nothing where it has no reading."""
    return readings()["rewrites"].get(rewrite, "")


def kind_in_english(kind: str) -> str:
    """This function will say what the law objects to in words of this kind; nothing where the kind is not packaged."""
    return readings()["kinds"].get(kind, "")


def _number(written: str) -> int:
    """十二 is 12, 三十 is 30: articles end before a hundred."""
    tens, ten, ones = written.rpartition("十")
    if not ten:
        return _DIGITS[ones]
    return 10 * (_DIGITS[tens] if tens else 1) + (_DIGITS[ones] if ones else 0)
