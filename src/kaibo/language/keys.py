"""
The form in which words are compared: digits of all styles are one, 著 is 着, quotes and brackets around single characters are gone.

It stands beside the plain text rather than in it: what reads sentences (patterns, contexts) needs quotes and real digits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_DIGITS: Final = {
    "0": "〇零", "1": "一壹弌幺㇐", "2": "二贰弍", "3": "三叁叄弎", "4": "四肆", "5": "五伍", "6": "六陆",
    "7": "七柒", "8": "八捌", "9": "九玖", "十": "拾", "百": "佰", "千": "仟",
}  # fmt: skip
ONE_FORM: Final = {ord(other): digit for digit, others in _DIGITS.items() for other in others} | {ord("著"): "着"}
"""着 is 著 in traditional script, and so is 著 of 著名: sentences keep it, words are compared as if it were 着."""
QUOTES: Final = "()[]{}<>《》“”‘’\"'「」『』【】〔〕〈〉"
_QUOTED = re.compile(f"[{re.escape(QUOTES)}]")


@dataclass(frozen=True, slots=True)
class Keys:
    """`text` is compared; `shown` is the same stretch of the plain text, `places` where each character stands in it."""

    text: str
    shown: str
    places: tuple[int, ...] | range


def keys_of(plain: str) -> Keys:
    """This function will put a plain text into the form in which words are compared."""
    if _QUOTED.search(plain) is None:
        return Keys(plain.translate(ONE_FORM), plain, range(len(plain)))
    places = tuple([place for place, char in enumerate(plain) if char not in QUOTES])
    shown = "".join([plain[place] for place in places])
    return Keys(shown.translate(ONE_FORM), shown, places)


def cuts_a_number(shown: str, start: int, end: int, key: str) -> bool:
    """This function will tell a digit cut out of a longer number (第1 in 第12) from one that stands alone."""
    first, last = shown[start], shown[end - 1]
    before = shown[start - 1] if start else ""
    after = shown[end] if end < len(shown) else ""
    is_cut_left = key[0].isdigit() and first.isdecimal() and before.isdecimal()
    is_cut_right = key[-1].isdigit() and last.isdecimal() and (after.isdecimal() or (after == "." and shown[end + 1 : end + 2].isdecimal()))
    return is_cut_left or is_cut_right
