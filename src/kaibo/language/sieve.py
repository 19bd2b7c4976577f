"""
Which of many texts may hold an objection at all: a pass over all their characters at once, by table look-ups.

It is wrong on one side only: a text it lets go has nothing; one it holds back is read the plain way, with the words in disguise that
were found on the way. Every question asked here is a weaker form of one that `screening` and `disguises` ask, so they have to change
together (a property test holds them so).   Source: ADR 0018.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
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
from kaibo.language.keys import ONE_FORM, QUOTES, Keys
from kaibo.language.normaliser import IN_NUMBERS, MEANINGFUL, Plain, fold, is_han, is_insertable
from kaibo.language.seeking import PLANE, STRANGE, Codes, Places, Seeker, Standing, plane_of
from kaibo.language.tables import UNICODE, splits

_UNKNOWN: Final = np.uint32(0xFFFFFFFF)
_SEVERAL: Final = 0xFFFF
"""What becomes several characters, or one of which there is no place in the tables."""
_KIND: Final = 24
_INSERTABLE, _MEANINGFUL, _IN_NUMBER, _DIGIT, _HAN, _QUOTE, _ODD, _DOTS = (1 << bit for bit in range(8))
_ODDLY: Final = np.uint32(_ODD << _KIND)
_CODE: Final = np.uint32(0xFFFF)
_LETTER, _NUMERAL, _ALONE, _ANCHOR = (1 << bit for bit in range(4))
_LONGEST_RUN: Final = 64
_AT_ONCE: Final = 64
_ONE_FORM: Final = plane_of(np.arange(UNICODE, dtype=np.uint32)).astype(np.uint32)
_MOST_PIECES: Final = max(map(len, splits()))


class _Folding:
    """Folding as a table over all characters, filled as they are met: what each becomes, and above it of which kind that is."""

    def __init__(self) -> None:
        self._folded = np.full(UNICODE, _UNKNOWN, dtype=np.uint32)
        self._learn(range(0x20, 0x7F))

    def _learn(self, codes: Iterable[int]) -> None:
        for code in codes:
            written = fold(chr(code))
            if written == "...":  # three symbols in a row or one: it makes no difference to what stands around them, unless they stay
                self._folded[code] = ord(".") | (_kind_of(".") | _DOTS) << _KIND
            elif not written:
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
    A text that may hold an objection, by number: where to look for it, the words in disguise that stand there, and the text as it is
    read and compared, where nothing in it is dropped or put between characters.
    """

    number: int
    parts: int
    disguised: list[Disguised]
    read: tuple[Plain, Keys] | None


class _Batch:
    """Many texts one after the other, a line each, as they are compared; and their plain forms, written out when asked for."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.count = len(texts)
        self._folded = _FOLDING.of(codes_of("\n".join([*texts, ""])))
        self._lines = np.cumsum(np.fromiter(map(len, texts), dtype=np.intp, count=len(texts)) + 1) - 1
        odd = np.flatnonzero(self._folded & _ODDLY != 0)
        self._quotes, gone, dots = _gone(self._folded, odd)
        self.unclear = np.searchsorted(self._lines, np.concatenate([odd[self._folded[odd] & _CODE == _SEVERAL], dots]))
        self._is_altered = np.zeros(self.count, dtype=bool)
        self._is_altered[np.searchsorted(self._lines, odd)] = True
        self._plain: NDArray[np.bool_] = np.ones(self._folded.size, dtype=bool)
        self._plain[gone] = False
        kept = self._plain
        if self._quotes.size:
            kept = self._plain.copy()
            kept[self._quotes] = False
            gone = np.union1d(gone, self._quotes)
        codes = self._folded & _CODE
        self.shown: Codes = codes[kept] if gone.size else codes
        self.ends: Places = self._lines - np.searchsorted(gone, self._lines)

    def numbers_of(self, places: Places) -> Places:
        """This function will say to which text each place belongs."""
        return np.searchsorted(self.ends, places)

    def begin_of(self, number: int) -> int:
        return int(self.ends[number - 1]) + 1 if number else 0

    def read(self, number: int) -> tuple[Plain, Keys] | None:
        """This function will give a text as it is read and compared; None where some of its characters become none or several."""
        if self._is_altered[number]:
            return None
        codes = self.shown[self.begin_of(number) : self.ends[number]]
        shown, every = text_of(codes), range(codes.size)
        return Plain(shown, every, range(1, codes.size + 1)), Keys(text_of(_ONE_FORM.take(codes)), shown, every)

    def plain(self, number: int) -> str:
        """This function will give the plain text, with its quotes."""
        line = slice(self._lines[number - 1] + 1 if number else 0, self._lines[number])
        return text_of(self._folded[line][self._plain[line]] & _CODE).replace(chr(_SEVERAL), "\n")


def _gone(folded: Codes, odd: Places) -> tuple[Places, Places, Places]:
    """Where quotes stand, which of the odd characters do not stay in the plain text, and which stay as three dots."""
    kinds = (folded[odd] >> np.uint32(_KIND)).astype(np.uint8)
    quotes = odd[kinds & _QUOTE != 0]
    is_hollow = (kinds & _INSERTABLE != 0) | (folded[odd] & _CODE == 0)
    hollow, own = odd[is_hollow], kinds[is_hollow]
    if not hollow.size:
        return quotes, hollow, hollow
    edges = np.flatnonzero(np.diff(hollow) != 1)
    firsts, lasts = hollow[np.concatenate([[0], edges + 1])], hollow[np.concatenate([edges, [hollow.size - 1]])]
    run = np.searchsorted(firsts, hollow, side="right") - 1
    before = np.where(firsts > 0, folded.take(firsts - 1, mode="clip") >> np.uint32(_KIND), 0)[run]
    after = np.where(lasts + 1 < folded.size, folded.take(lasts + 1, mode="clip") >> np.uint32(_KIND), 0)[run]
    is_number = (before & after & _DIGIT != 0) & (own & _IN_NUMBER != 0)
    stays = np.where(own & _MEANINGFUL != 0, before & after & _HAN == 0, is_number) & (folded[hollow] & _CODE != 0)
    return quotes, hollow[~stays], hollow[stays & (own & _DOTS != 0)]


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
        keys = _ONE_FORM
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
        _mark(parts, batch.numbers_of(alone[speaks[self._alone[_ONE_FORM[shown[alone]]]]]), WORDS)
        _mark(parts, batch.numbers_of(_spelt(shown, telling[kinds & _LETTER != 0])), LETTERS)
        disguised: dict[int, list[Disguised]] = {}
        anchors = telling[kinds & _ANCHOR != 0]
        meeting = anchors[:0]
        if shown.size > 1:
            marks = self._disguises.seeker.marks(shown)
            disguised = self._seek(batch, marks, speaks, parts)
            pieces = np.flatnonzero(marks & Seeker.extra_mark(PIECES_MEET) != 0)
            for number in np.unique(batch.numbers_of(self._put_together(shown, marks, pieces))).tolist():
                rejoined = self._rejoin(batch, marks, number)
                if rejoined:
                    disguised.setdefault(number, []).extend(rejoined)
            parts[list(disguised)] |= VIEWS | PIECES
            meeting = np.flatnonzero(marks & Seeker.extra_mark(ANCHORS) != 0)
        keys_at = _ONE_FORM.take
        found = self._patterns.found(keys_at(shown[anchors]), keys_at(shown[meeting]), keys_at(shown[np.minimum(meeting + 1, shown.size - 1)]))
        numerals = np.bincount(batch.numbers_of(telling[kinds & _NUMERAL != 0]), minlength=batch.count)
        for number in self._patterns.matched(batch, batch.numbers_of(np.concatenate([anchors, meeting])), found, numerals, parts & PATTERNS == 0):
            parts[number] |= PATTERNS
        return [
            Held(number, part, disguised.get(number, []), batch.read(number))
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
            found.setdefault(which, []).append(one.moved(-batch.begin_of(which)))
        return found

    def _rejoin(self, batch: _Batch, marks: NDArray[np.uint32], number: int) -> list[Disguised]:
        begin, end = batch.begin_of(number), int(batch.ends[number])
        strange = np.flatnonzero(marks[begin : max(begin, end - 1)] & STRANGE != 0)
        return list(self._disguises.rejoined(text_of(batch.shown[begin:end]), strange))

    def _put_together(self, shown: Codes, marks: NDArray[np.uint32], places: Places) -> Places:
        """Those of the places whose pieces make a character that a word has beside the one that stands there, or beside other pieces."""
        around = np.clip(places[:, None] + np.arange(-2, 3), 0, max(marks.size - 1, 0))
        places = places[(marks.take(around) & STRANGE != 0).any(axis=1)]
        if not places.size:
            return places
        width = _MOST_PIECES + 2
        stretches = shown.take(places[:, None] + np.arange(-1, width - 1), mode="clip")
        keys, pieces = text_of(_ONE_FORM.take(stretches)), text_of(component_table().take(stretches))
        begins = places.tolist()
        beginning, ended, held = set(begins), set(), []
        for at, place in zip(range(0, len(keys), width), begins, strict=True):
            for size, whole in _wholes(pieces[at + 1 : at + width - 1]):
                ended.add(place + size)
                if (
                    place in ended or place + size in beginning
                    or keys[at] + whole in self._neighbours or whole + keys[at + 1 + size] in self._neighbours
                ):  # fmt: skip
                    held.append(place)
        return np.array(held, dtype=np.intp)


@lru_cache(maxsize=20_000)
def _wholes(pieces: str) -> list[tuple[int, str]]:
    """The characters that the first of these pieces make together, as they are compared, and of how many each is made."""
    found = ((size, splits().get(pieces[:size])) for size in range(2, len(pieces) + 1))
    return [(size, whole.translate(ONE_FORM)) for size, whole in found if whole is not None]


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
        sets = [_asked_by(pattern) for pattern in patterns]
        known = sorted({anchor for each in sets for anchors in each for anchor in anchors})
        number_of = {anchor: 1 + number for number, anchor in enumerate(known)}
        self.ones = np.zeros(PLANE, dtype=np.int32)
        for anchor in known:
            if len(anchor) == 1:
                self.ones[ord(anchor)] = number_of[anchor]
        twos = [anchor for anchor in known if len(anchor) == 2]
        self._twos = np.array([ord(anchor[0]) << 16 | ord(anchor[1]) for anchor in twos], dtype=np.uint32)
        self._two_numbers = np.array([number_of[anchor] for anchor in twos], dtype=np.int32)
        self._gates = [_Gates(sets[first : first + _AT_ONCE], number_of) for first in range(0, len(sets), _AT_ONCE)]

    def found(self, ones: Codes, firsts: Codes, seconds: Codes) -> NDArray[np.int32]:
        """This function will say which anchor each single character, and after them each pair, is."""
        if not self._twos.size:
            return self.ones.take(ones)
        pairs = firsts << np.uint32(16) | seconds
        where = np.minimum(np.searchsorted(self._twos, pairs), self._twos.size - 1)
        return np.concatenate([self.ones.take(ones), np.where(self._twos[where] == pairs, self._two_numbers[where], 0)])

    def matched(self, batch: _Batch, numbers: Places, anchors: NDArray[np.int32], digits: Places, open_: NDArray[np.bool_]) -> Iterable[int]:
        """This function will give the texts, among those still open, in which a pattern matches."""
        order = np.argsort(numbers, kind="stable")
        numbers, anchors = numbers[order], anchors[order]
        for place, gates in enumerate(self._gates):
            texts, which = gates.opened(batch.count, numbers, anchors)
            which += place * _AT_ONCE
            may = open_[texts] & (digits[texts] >= self._digits[which])
            for number, pattern in zip(texts[may].tolist(), which[may].tolist(), strict=True):
                if open_[number] and self._patterns[pattern].search(batch.plain(number)):
                    open_[number] = False
                    yield number


def _asked_by(pattern: re.Pattern[str]) -> list[set[str]]:
    """The sets of strings, as they are compared, of each of which every match holds one."""
    asked = [{"".join(char.translate(ONE_FORM) for char in anchor if char not in QUOTES) for anchor in anchors} for anchors in anchors_of(pattern)]
    return [one for one in asked if "" not in one]  # a quote is not compared: such a set asks nothing


class _Gates:
    """As many patterns as a number has bits: for each anchor, of which patterns it opens the first set, the second and so on."""

    def __init__(self, sets: Sequence[list[set[str]]], number_of: Mapping[str, int]) -> None:
        self._every = np.uint64((1 << len(sets)) - 1)
        self._opens: list[tuple[NDArray[np.uint64], np.uint64]] = []
        for rank in range(max(map(len, sets))):
            table = np.zeros(len(number_of) + 1, dtype=np.uint64)
            for bit, each in enumerate(sets):
                if rank < len(each):
                    table[[number_of[anchor] for anchor in each[rank]]] |= np.uint64(1 << bit)
            asks_nothing = sum(1 << bit for bit, each in enumerate(sets) if rank >= len(each))
            self._opens.append((table, np.uint64(asks_nothing)))

    def opened(self, count: int, numbers: Places, anchors: NDArray[np.int32]) -> tuple[Places, Places]:
        """This function will say which texts, by the numbers of the anchors' texts in order, may match which patterns."""
        firsts = np.flatnonzero(np.diff(numbers, prepend=-1))
        may = np.full(count, self._every)
        for table, asks_nothing in self._opens:
            met = np.full(count, asks_nothing)
            if firsts.size:
                met[numbers[firsts]] |= np.bitwise_or.reduceat(table[anchors], firsts)
            may &= met
        texts = np.flatnonzero(may != 0)
        rows, which = np.nonzero(may[texts, None] >> np.arange(_AT_ONCE, dtype=np.uint64) & np.uint64(1))
        return texts[rows], which


def anchor_pairs(patterns: Iterable[re.Pattern[str]]) -> set[str]:
    """This function will give the strings of two characters, as they are compared, without which patterns cannot match."""
    return {anchor for pattern in patterns for each in _asked_by(pattern) for anchor in each if len(anchor) == 2}
