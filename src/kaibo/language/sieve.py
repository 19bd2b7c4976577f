"""
Which of many texts may hold an objection at all: a pass over all their characters at once, by table look-ups.

It is wrong on one side only: a text it lets go has nothing; one it holds back is read the plain way, with the words in disguise that
were found on the way. Every question asked here is a weaker form of one that `screening` and `disguises` ask, so they have to change
together (a property test holds them so).   Source: ADR 0018.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kaibo.language.anchors import anchors_of, fewest_digits
from kaibo.language.disguises import (
    ANCHORS,
    EVERYWHERE,
    LETTERS,
    PATTERNS,
    PIECES,
    PIECES_MEET,
    VIEWS,
    WORDS,
    Disguised,
    Disguises,
    codes_of,
    component_table,
    is_pinyin,
    text_of,
)
from kaibo.language.keys import ONE_DIGIT, QUOTES
from kaibo.language.normaliser import IN_NUMBERS, MEANINGFUL, fold, is_han, is_insertable
from kaibo.language.seeking import PLANE, STRANGE, Codes, Places, Seeker, Standing
from kaibo.language.tables import UNICODE, splits

_UNKNOWN: Final = np.uint32(0xFFFFFFFF)
_SEVERAL: Final = 0xFFFF
"""What becomes several characters, or one of which there is no place in the tables."""
_KIND: Final = 24
_INSERTABLE, _MEANINGFUL, _IN_NUMBER, _DIGIT, _HAN, _QUOTE, _ODD = (1 << bit for bit in range(7))
_ODDLY: Final = np.uint32(_ODD << _KIND)
_CODE: Final = np.uint32(0xFFFF)
_LETTER, _NUMERAL, _ALONE, _ANCHOR = (1 << bit for bit in range(4))
_LONGEST_RUN: Final = 64
_MOST_PIECES: Final = max(map(len, splits()))


class _Folding:
    """Folding as a table over all characters, filled as they are met: what each becomes, and above it of which kind that is."""

    def __init__(self) -> None:
        self._folded = np.full(UNICODE, _UNKNOWN, dtype=np.uint32)
        self._learn(range(0x20, 0x7F))

    def _learn(self, codes: Iterable[int]) -> None:
        for code in codes:
            written = fold(chr(code))
            if written == "...":
                written = "."  # three symbols in a row or one: it makes no difference to what stands around them
            if not written:
                self._folded[code] = _ODD << _KIND
            elif len(written) > 1 or ord(written) >= _SEVERAL:
                self._folded[code] = _SEVERAL | _ODD << _KIND
            else:
                self._folded[code] = ord(written) | _kind_of(written) << _KIND

    def of(self, codes: Codes) -> Codes:
        folded = self._folded.take(codes)
        unknown = folded == _UNKNOWN
        if unknown.any():
            self._learn(np.unique(codes[unknown]).tolist())
            folded = self._folded.take(codes)
        return folded


def _kind_of(char: str) -> int:
    return (
        (_INSERTABLE | _ODD if is_insertable(char) else 0)
        | (_MEANINGFUL if char in MEANINGFUL else 0)
        | (_IN_NUMBER if char in IN_NUMBERS else 0)
        | (_DIGIT if char.isdigit() else 0)
        | (_HAN if is_han(char) else 0)
        | (_QUOTE | _ODD if char in QUOTES else 0)
    )


_FOLDING: Final = _Folding()


@dataclass(slots=True)
class Held:
    """
    A text that may hold an objection, by number: where to look for it, the words in disguise that stand there, and, where only words
    that stand there as they are may object, the text in the form in which words are compared.
    """

    number: int
    parts: int
    disguised: list[Disguised] = field(default_factory=list)
    compared: str = ""


class _Batch:
    """Many texts one after the other, a line each, as they are compared; and their plain forms, written out when asked for."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.count = len(texts)
        self._folded = _FOLDING.of(codes_of("\n".join(texts)))
        self._lines = np.cumsum(np.fromiter(map(len, texts), dtype=np.intp, count=len(texts)) + 1) - 1
        odd = np.flatnonzero(self._folded & _ODDLY != 0)
        self._quotes, gone = _gone(self._folded, odd)
        self.unclear = np.searchsorted(self._lines, odd[self._folded[odd] & _CODE == _SEVERAL])
        self._plain: NDArray[np.bool_] = np.ones(self._folded.size, dtype=bool)
        self._plain[gone] = False
        self._gone = gone
        kept = self._plain
        if self._quotes.size:
            kept = self._plain.copy()
            kept[self._quotes] = False
            gone = np.union1d(gone, self._quotes)
        codes = self._folded & _CODE
        self.shown: Codes = codes[kept] if gone.size else codes
        self.ends: Places = self._lines - np.searchsorted(gone, self._lines)
        self._written: str | None = None
        self._written_ends: list[int] = []

    def numbers_of(self, places: Places) -> Places:
        """This function will say to which text each place belongs."""
        return np.searchsorted(self.ends, places)

    def begin_of(self, number: int) -> int:
        return int(self.ends[number - 1]) + 1 if number else 0

    def compared(self, number: int) -> str:
        """This function will give the text in the form in which words are compared."""
        return text_of(self.shown[self.begin_of(number) : self.ends[number]]).translate(ONE_DIGIT)

    def plain(self, number: int) -> str:
        """This function will give the plain text, with its quotes."""
        if self._written is None:
            self._written = text_of(self._folded[self._plain] & _CODE).replace(chr(_SEVERAL), "\n")
            self._written_ends = (self._lines - np.searchsorted(self._gone, self._lines)).tolist()
        return self._written[self._written_ends[number - 1] + 1 if number else 0 : self._written_ends[number]]


def _gone(folded: Codes, odd: Places) -> tuple[Places, Places]:
    """Where quotes stand, and which of the odd characters do not stay in the plain text."""
    kinds = (folded[odd] >> np.uint32(_KIND)).astype(np.uint8)
    quotes = odd[kinds & _QUOTE != 0]
    is_hollow = (kinds & _INSERTABLE != 0) | (folded[odd] & _CODE == 0)
    hollow, own = odd[is_hollow], kinds[is_hollow]
    if not hollow.size:
        return quotes, hollow
    edges = np.flatnonzero(np.diff(hollow) != 1)
    firsts, lasts = hollow[np.concatenate([[0], edges + 1])], hollow[np.concatenate([edges, [hollow.size - 1]])]
    run = np.searchsorted(firsts, hollow, side="right") - 1
    before = np.where(firsts > 0, folded.take(firsts - 1, mode="clip") >> np.uint32(_KIND), 0)[run]
    after = np.where(lasts + 1 < folded.size, folded.take(lasts + 1, mode="clip") >> np.uint32(_KIND), 0)[run]
    is_number = (before & after & _DIGIT != 0) & (own & _IN_NUMBER != 0)
    stays = np.where(own & _MEANINGFUL != 0, before & after & _HAN == 0, is_number) & (folded[hollow] & _CODE != 0)
    return quotes, hollow[~stays]


class Sieve:
    """A lexicon's words, forms and patterns, ready to let go of texts that cannot hold any."""

    def __init__(self, forms: Sequence[str], patterns: Sequence[re.Pattern[str]], disguises: Disguises) -> None:
        self._disguises = disguises
        self._patterns = _Patterns(patterns)
        self._neighbours = {form[at : at + 2] for form in forms for at in range(len(form) - 1)}
        self._alone = np.full(PLANE, -1, dtype=np.int32)
        self._kinds = np.zeros(PLANE, dtype=np.uint8)
        for which, form in enumerate(forms):
            if len(form) == 1 and ord(form) < PLANE:
                self._alone[ord(form)] = which
        self._one_digit = np.arange(PLANE, dtype=np.uint32)
        for code, digit in ONE_DIGIT.items():
            self._one_digit[code] = ord(digit)
        keys = self._one_digit
        self._kinds[(keys >= ord("a")) & (keys <= ord("z"))] |= _LETTER
        self._kinds[(keys >= ord("0")) & (keys <= ord("9"))] |= _NUMERAL
        self._kinds[self._alone[keys] >= 0] |= _ALONE
        self._kinds[self._patterns.ones[keys] > 0] |= _ANCHOR

    def held_back(self, texts: Sequence[str], speaks: NDArray[np.bool_]) -> list[Held]:
        """This function will list the texts that may hold an objection, in order. `speaks` says which words object at all."""
        batch = _Batch(texts)
        shown = batch.shown
        parts = np.zeros(batch.count, dtype=np.uint8)
        parts[batch.unclear] |= EVERYWHERE
        kinds = self._kinds.take(shown)
        telling = np.flatnonzero(kinds != 0)
        kinds = kinds[telling]
        alone = telling[kinds & _ALONE != 0]
        _mark(parts, batch.numbers_of(alone[speaks[self._alone[self._one_digit[shown[alone]]]]]), WORDS)
        _mark(parts, batch.numbers_of(_spelt(shown, telling[kinds & _LETTER != 0])), LETTERS)
        disguised: dict[int, list[Disguised]] = {}
        anchors = telling[kinds & _ANCHOR != 0]
        meeting = anchors[:0]
        if shown.size > 1:
            marks = self._disguises.seeker.marks(shown)
            disguised = self._seek(batch, marks, speaks, parts)
            pieces = np.flatnonzero(marks & Seeker.extra_mark(PIECES_MEET) != 0)
            _mark(parts, batch.numbers_of(self._put_together(shown, marks, pieces)), PIECES)
            meeting = np.flatnonzero(marks & Seeker.extra_mark(ANCHORS) != 0)
        keys_at = self._one_digit.take
        found = self._patterns.found(keys_at(shown[anchors]), keys_at(shown[meeting]), keys_at(shown[np.minimum(meeting + 1, shown.size - 1)]))
        numerals = np.bincount(batch.numbers_of(telling[kinds & _NUMERAL != 0]), minlength=batch.count)
        for number in self._patterns.matched(batch, batch.numbers_of(np.concatenate([anchors, meeting])), found, numerals, parts & PATTERNS == 0):
            parts[number] |= PATTERNS
        return [
            Held(number, part, disguised.get(number, []), batch.compared(number) if part == WORDS else "")
            for number, part in enumerate(parts.tolist()) if part
        ]  # fmt: skip

    def _seek(self, batch: _Batch, marks: NDArray[np.uint32], speaks: NDArray[np.bool_], parts: NDArray[np.uint8]) -> dict[int, list[Disguised]]:
        standing = self._disguises.seeker.standing(batch.shown, marks)
        number = batch.numbers_of(standing.place)
        within = speaks[standing.which] & (standing.place + standing.size <= batch.ends[number])
        written = within & (standing.view == 0)
        _mark(parts, number[written], WORDS)
        hidden = np.flatnonzero(within & ~written)
        found: dict[int, list[Disguised]] = {}
        if not hidden.size:
            return found
        chosen = Standing(standing.view[hidden], standing.place[hidden], standing.which[hidden], standing.size[hidden])
        for one in self._disguises.believed(chosen, text_of(batch.shown)):
            which = int(batch.numbers_of(np.array([one.start]))[0])
            begin = batch.begin_of(which)
            found.setdefault(which, []).append(Disguised(one.start - begin, one.end - begin, one.which, one.how))
        for which in found:
            parts[which] |= VIEWS
        return found

    def _put_together(self, shown: Codes, marks: NDArray[np.uint32], places: Places) -> Places:
        """Those of the places whose pieces make a character that a word has beside the one that stands there, or beside other pieces."""
        around = np.clip(places[:, None] + np.arange(-2, 3), 0, max(marks.size - 1, 0))
        places = places[(marks.take(around) & STRANGE != 0).any(axis=1)]
        begins = places.tolist()
        beginning, ended, held = set(begins), set(), []
        for place in begins:
            stretch = shown[max(0, place - 1) : place + _MOST_PIECES + 1]
            keys = text_of(stretch).translate(ONE_DIGIT)
            pieces = text_of(component_table().take(stretch[1:-1] if place else stretch[:-1]))
            if place == 0:
                keys = "\n" + keys
            for size in range(2, len(pieces) + 1):
                whole = splits().get(pieces[:size])
                if whole is None:
                    continue
                ended.add(place + size)
                whole = whole.translate(ONE_DIGIT)
                if (
                    place in ended or place + size in beginning
                    or keys[0] + whole in self._neighbours or whole + keys[1 + size : 2 + size] in self._neighbours
                ):  # fmt: skip
                    held.append(place)
        return np.array(held, dtype=np.intp)


def _mark(parts: NDArray[np.uint8], numbers: Places, part: int) -> None:
    held = np.zeros(parts.size, dtype=bool)
    held[numbers] = True
    parts[held] |= np.uint8(part)


def _spelt(shown: Codes, letters: Places) -> Places:
    """Runs of letters that can be read as syllables."""
    if not letters.size:
        return letters
    edges = np.flatnonzero(np.diff(letters) != 1)
    begins, ends = letters[np.concatenate([[0], edges + 1])], letters[np.concatenate([edges, [letters.size - 1]])] + 1
    long = ends - begins >= 2
    found = [
        begin
        for begin, end in zip(begins[long].tolist(), ends[long].tolist(), strict=True)
        if end - begin > _LONGEST_RUN or is_pinyin(text_of(shown[begin:end]))
    ]
    return np.array(found, dtype=np.intp)


class _Patterns:
    """Patterns, tried only on texts that hold a string of each set without which none of their matches can be."""

    def __init__(self, patterns: Sequence[re.Pattern[str]]) -> None:
        self._patterns = list(patterns)
        self._digits = np.array([fewest_digits(one) for one in patterns], dtype=np.int64)
        sets_of: dict[str, list[int]] = {}
        patterns_of_set: list[int] = []
        for which, pattern in enumerate(patterns):
            for anchors in anchors_of(pattern):
                asked = {"".join(char.translate(ONE_DIGIT) for char in anchor if char not in QUOTES) for anchor in anchors}
                if "" in asked:
                    continue  # It is a quote, which is not compared: such a set asks nothing.
                for anchor in asked:
                    sets_of.setdefault(anchor, []).append(len(patterns_of_set))
                patterns_of_set.append(which)
        self._sets = len(patterns_of_set)
        self._of_set = np.array(patterns_of_set, dtype=np.intp)
        self._wanted = np.bincount(self._of_set, minlength=len(self._patterns))
        self.ones = np.zeros(PLANE, dtype=np.int32)
        members: list[list[int]] = [[]]
        twos: dict[int, int] = {}
        for anchor, sets in sets_of.items():
            if len(anchor) == 1:
                self.ones[ord(anchor)] = len(members)
            else:
                twos[ord(anchor[0]) << 32 | ord(anchor[1])] = len(members)
            members.append(sets)
        self._known = np.array(sorted(twos), dtype=np.uint64)
        self._which = np.array([twos[one] for one in sorted(twos)], dtype=np.int32)
        self._many = np.array([len(one) for one in members], dtype=np.int64)
        self._firsts = np.cumsum(self._many) - self._many
        self._flat = np.array([one for sets in members for one in sets], dtype=np.int64)

    def found(self, ones: Codes, firsts: Codes, seconds: Codes) -> NDArray[np.int32]:
        """This function will say which anchor each single character, and after them each pair, is."""
        if not self._known.size:
            return self.ones.take(ones)
        number = firsts.astype(np.uint64) << np.uint64(32) | seconds
        where = np.minimum(np.searchsorted(self._known, number), self._known.size - 1)
        return np.concatenate([self.ones.take(ones), np.where(self._known[where] == number, self._which[where], 0)])

    def matched(self, batch: _Batch, numbers: Places, anchors: NDArray[np.int32], digits: Places, open_: NDArray[np.bool_]) -> Iterable[int]:
        """This function will give the texts, among those still open, in which a pattern matches."""
        if not self._patterns:
            return
        many = self._many[anchors]
        firsts = np.repeat(self._firsts[anchors] - np.cumsum(many) + many, many)
        held = np.zeros((batch.count, self._sets), dtype=bool)
        held[np.repeat(numbers, many), self._flat[firsts + np.arange(firsts.size)]] = True
        texts, sets = np.nonzero(held)
        size = len(self._patterns)
        met = np.bincount(texts * size + self._of_set[sets], minlength=batch.count * size).reshape(batch.count, size)
        may = (met == self._wanted) & (digits[:, None] >= self._digits) & open_[:, None]
        for number, which in zip(*(each.tolist() for each in np.nonzero(may)), strict=True):
            if open_[number] and self._patterns[which].search(batch.plain(number)):
                open_[number] = False
                yield number


def anchor_pairs(patterns: Iterable[re.Pattern[str]]) -> set[str]:
    """This function will give the strings of two characters, as they are compared, without which patterns cannot match."""
    keys = ("".join(char for char in anchor.translate(ONE_DIGIT) if char not in QUOTES) for one in patterns for each in anchors_of(one) for anchor in each)
    return {anchor for anchor in keys if len(anchor) == 2}
