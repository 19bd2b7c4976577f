"""
One plain form of a text, with the way back: full width, case, hidden characters, traditional script, letters of other
alphabets that look like Latin ones, and inserted symbols are undone; every remaining character knows where it stood.

The lexicon and the text go through the same folding, so both are compared in the same form.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Final

import opencc


@dataclass(frozen=True, slots=True)
class Plain:
    """A text and, for each of its characters, the half-open span it came from in the original."""

    text: str
    starts: tuple[int, ...] | range
    ends: tuple[int, ...] | range

    def span(self, start: int, end: int) -> tuple[int, int]:
        """This function will give the span of the original that `text[start:end]` (not empty) came from."""
        return self.starts[start], self.ends[end - 1]


SENTENCE_MARKS: Final = frozenset("，。！？；：、,!?;:\n\t…()[]{}<>《》“”\"'「」")
IN_NUMBERS: Final = frozenset(" .-/~:*×_'’")
"""What stands between two digits of a number, a date or a size."""
MEANINGFUL: Final = frozenset("%+")
_HIDDEN_KINDS: Final = frozenset({"Cf", "Cc", "Mn", "Me", "Co", "Cs"})

# Letters drawn like Latin ones, capitals first: a small letter need not look like its capital (Cyrillic В and в).
_HOMOGLYPHS: Final = dict(
    zip(
        "АВЕЗКМНОРСТУХЅІЈԀԚԜѴаеорсухѕіјкмтвпгһԁԛԝѵьΑΒΕΖΗΙΚΜΝΟΡΤΥΧαοινρυχκγωηᴀʙᴄᴅᴇɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢɑɡℓ",
        "abe3kmhopctyxsijdqwvaeopcyxsijkmtbnrhdqwvbabezhikmnoptyxaoivpuxkywnabcdeghijklmnoprstuvwyzagl",
        strict=True,
    )
)
# A small ⅴ is written for the letter (加ⅴ信), a large Ⅴ for the number.
_ROMAN: Final = {**dict(zip("ⅠⅡⅢⅣⅤⅥⅦⅧⅨ", "123456789", strict=True)), **dict(zip("ⅰⅱⅲⅳⅴⅵⅶⅷⅸ", "1234v6789", strict=True))}
# Forms that neither traditional writing nor Unicode's compatibility forms know: old, Japanese and popular ones.
_VARIANTS: Final = dict(zip("囯囻圀囶髙価気売広険薬効単検発円図応実対専転軽続経総読変営働亜悪圧壱弐乚癈夲卋",
                            "国国国国高价气卖广险药效单检发圆图应实对专转轻续经总读变营动亚恶压一二乙废本世", strict=True))  # fmt: skip


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@cache
def fold(char: str) -> str:
    """This function will write one character plainly: Ｎ → n, ㎏ → kg, 頭 → 头, é → e; nothing where it cannot be seen."""
    if char in "\n\t":
        return char
    known = _ROMAN.get(char) or _VARIANTS.get(char) or _HOMOGLYPHS.get(char)
    if known:
        return known
    parts = unicodedata.normalize("NFKD", char)
    if not parts.isascii():
        seen = (one for one in parts if unicodedata.category(one) not in _HIDDEN_KINDS)
        parts = _converter().convert("".join(_VARIANTS.get(one) or _HOMOGLYPHS.get(one) or one for one in seen))
    left = "".join(one for one in parts.casefold() if one in "\n\t" or unicodedata.category(one) not in _HIDDEN_KINDS)
    return unicodedata.normalize("NFC", left)


def is_han(char: str) -> bool:
    return "㐀" <= char <= "鿿" or "豈" <= char <= "﫿" or "\U00020000" <= char <= "\U0003134f"


@cache
def is_insertable(char: str) -> bool:
    """This function will tell symbols and spaces that are put between characters from marks that part statements."""
    return char not in SENTENCE_MARKS and (unicodedata.category(char)[0] in "PSZ" or "ʰ" <= char <= "˿")


class _Folded(dict[int, str]):
    """For str.translate: what each character becomes; filled as characters are met."""

    def __missing__(self, code: int) -> str:
        self[code] = written = fold(chr(code))
        _SYMBOLS.update(filter(is_insertable, written))
        if len(written) == 1:
            _ONE.add(chr(code))
            if not is_insertable(written):
                _ONE_FOR_ONE.add(chr(code))
        return written


_FOLDED: Final = _Folded()
_ONE: Final[set[str]] = set()
"""Characters met so far of which each becomes one."""
_ONE_FOR_ONE: Final[set[str]] = set()
"""Those of them that become none that may be inserted: most texts hold no others."""
_SYMBOLS: Final[set[str]] = set()
"""What may be inserted, of what was written so far."""


def folded(text: str) -> str:
    """This function will write a text plainly and keep its symbols and spaces."""
    return text.translate(_FOLDED)


def normalise(text: str) -> Plain:
    """
    This function will write a text plainly and drop symbols and spaces put between characters: 国-家-级, 最 好, 加★微★信.

    Sentence marks stay, they part statements; a point or stroke between two digits stays, it is a number; % and + mean
    something unless they stand between two Chinese characters.
    """
    written = folded(text)
    if _ONE_FOR_ONE.issuperset(text):
        return Plain(written, range(len(text)), range(1, len(text) + 1))
    places = None if len(written) == len(text) and not _has_hidden(text) else _places(text)
    kept = _kept(written)
    if kept is None:
        if places is None:
            return Plain(written, range(len(text)), range(1, len(text) + 1))
        return Plain(written, tuple(places), tuple(place + 1 for place in places))
    shown = "".join([written[place] for place in kept])
    starts = kept if places is None else [places[place] for place in kept]
    return Plain(shown, tuple(starts), tuple([place + 1 for place in starts]))


def _has_hidden(text: str) -> bool:
    # Same length is not enough: one character may have gone while another became two.
    return not _ONE.issuperset(text)


def _places(text: str) -> list[int]:
    return [place for place, char in enumerate(text) for _ in _FOLDED[ord(char)]]


def _kept(written: str) -> list[int] | None:
    """The places that stay; None where all do. Each run of symbols is judged by what stands on either side of it."""
    if _SYMBOLS.isdisjoint(written):
        return None
    symbols = [place for place, char in enumerate(written) if char in _SYMBOLS]
    gone: set[int] = set()
    first = 0
    for last in range(len(symbols)):
        if last + 1 == len(symbols) or symbols[last + 1] != symbols[last] + 1:
            run = symbols[first : last + 1]
            before, after = written[run[0] - 1 : run[0]], written[run[-1] + 1 : run[-1] + 2]
            gone.update(run)
            gone.difference_update(_staying(written, run, before, after))
            first = last + 1
    return [place for place in range(len(written)) if place not in gone] if gone else None


def _staying(written: str, run: list[int], before: str, after: str) -> list[int]:
    is_number = before.isdigit() and after.isdigit()
    parts_han = before != "" and after != "" and is_han(before) and is_han(after)
    return [place for place in run if (not parts_han if written[place] in MEANINGFUL else is_number and written[place] in IN_NUMBERS)]
