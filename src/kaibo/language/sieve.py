"""
Which of many texts may hold an objection at all: a pass over all their characters at once, by table look-ups.

It is wrong on one side only: a text it lets go has nothing; one it holds back is read the plain way. Every question asked here
is a weaker form of one that `screening` and `disguises` ask, so they have to change together (a property test holds them so).
Source: ADR 0018.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kaibo.language.anchors import anchors_of, fewest_digits
from kaibo.language.disguises import (
    EVERYWHERE,
    LETTERS,
    PATTERNS,
    PIECES,
    VIEWS,
    WORDS,
    Disguises,
    View,
    codes_of,
    component_table,
    is_pinyin,
    stands_alone,
    text_of,
)
from kaibo.language.keys import ONE_DIGIT, QUOTES
from kaibo.language.normaliser import IN_NUMBERS, MEANINGFUL, fold, is_han, is_insertable
from kaibo.language.tables import UNICODE, ordinary_pairs, splits

Codes = NDArray[np.uint32]
Places = NDArray[np.intp]

_UNKNOWN: Final = 0xFFFFFFFF
_SEVERAL: Final = 0xFFFFFFFE
_GONE: Final = 0
_INSERTABLE, _MEANINGFUL, _IN_NUMBER, _DIGIT, _HAN, _QUOTE, _LETTER, _ALONE = (1 << bit for bit in range(8))
_PAIR_BITS: Final = 22
_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)
_LONGEST_RUN: Final = 64
_ZERO: Final = np.uint32(ord("0"))
_MOST_PIECES: Final = max(map(len, splits()))


class _Folding:
    """Folding as a table over all characters, filled as they are met; those that become several are not in it."""

    def __init__(self) -> None:
        self.folded = np.full(UNICODE, _UNKNOWN, dtype=np.uint32)
        self.kind = np.zeros(UNICODE, dtype=np.uint8)
        self.learn(range(0x20, 0x7F))

    def learn(self, codes: Iterable[int]) -> None:
        for code in codes:
            written = fold(chr(code))
            if written == "...":
                written = "."  # three symbols in a row or one: it makes no difference to what stands around them
            self.folded[code] = _GONE if not written else ord(written) if len(written) == 1 else _SEVERAL
            for char in (chr(code), *written):
                self.kind[ord(char)] |= _kind_of(char)

    def of(self, codes: Codes) -> Codes:
        folded = self.folded.take(codes)
        unknown = folded == _UNKNOWN
        if unknown.any():
            self.learn(np.unique(codes[unknown]).tolist())
            folded = self.folded.take(codes)
        return folded


def _kind_of(char: str) -> int:
    return (
        (_INSERTABLE if is_insertable(char) else 0)
        | (_MEANINGFUL if char in MEANINGFUL else 0)
        | (_IN_NUMBER if char in IN_NUMBERS else 0)
        | (_DIGIT if char.isdigit() else 0)
        | (_HAN if is_han(char) else 0)
        | (_QUOTE if char in QUOTES else 0)
        | (_LETTER if "a" <= char <= "z" else 0)
    )


_FOLDING: Final = _Folding()


class _Starts:
    """Pairs of characters that words begin with, by hash: a table no larger than it has to be stays in the cache."""

    def __init__(self, words: Iterable[str]) -> None:
        begins = {word[:2] for word in words}
        self._shift = np.uint32(32 - max(13, min(_PAIR_BITS, (len(begins) * 24).bit_length())))
        self._marked = np.zeros(1 << (32 - int(self._shift)), dtype=bool)
        for begin in begins:
            codes = codes_of(begin)
            self._marked[self._hash(codes[:1], codes[1:])] = True

    def _hash(self, first: Codes, second: Codes) -> NDArray[np.uint32]:
        return (first * np.uint32(0x9E3779B1) ^ second * np.uint32(0x85EBCA6B)) >> self._shift

    def at(self, codes: Codes) -> Places:
        """This function will list the places at which a word may begin."""
        return np.flatnonzero(self._marked.take(self._hash(codes[:-1], codes[1:])))


class _Grams:
    """Stretches of two, three or four characters that words hold, asked for by table first and then exactly."""

    def __init__(self, grams: Iterable[str], size: int) -> None:
        self.size = size
        self._known = np.unique(np.array([self._number(codes_of(gram)) for gram in grams], dtype=np.uint64))
        self._shift = np.uint64(64 - max(13, min(_PAIR_BITS, int(self._known.size * 24).bit_length())))
        self._marked = np.zeros(1 << (64 - int(self._shift)), dtype=bool)
        self._marked[self._known * _SPREAD >> self._shift] = True

    def _number(self, codes: Codes) -> int:
        number = 0
        for code in codes.tolist():
            number = (number * 0x1FFFF7 + code) & 0xFFFFFFFFFFFFFFFF
        return number

    def likely_pairs(self, first: Codes, second: Codes) -> Places:
        """This function will list the pairs that may be one of the stretches, of two characters; by table alone."""
        number = first.astype(np.uint64) * np.uint64(0x1FFFF7) + second
        return np.flatnonzero(self._marked.take(number * _SPREAD >> self._shift))

    def at(self, codes: Codes, places: Places) -> Places:
        """This function will keep the places at which one of the stretches begins."""
        places = places[places + self.size <= codes.size]
        if not self._known.size or not places.size:
            return places[:0]
        number = codes[places].astype(np.uint64)
        for step in range(1, self.size):
            number = number * np.uint64(0x1FFFF7) + codes[places + step]
        likely = np.flatnonzero(self._marked.take(number * _SPREAD >> self._shift))
        number = number[likely]
        at = np.searchsorted(self._known, number)
        at[at == self._known.size] = 0
        found: Places = places[likely[self._known[at] == number]]
        return found


class _Seen:
    """Words in one view: those of two and of three characters, and the stretches of four that longer words hold."""

    def __init__(self, view: View | None, forms: Sequence[str]) -> None:
        self.view = view
        self.pairs = _Grams({form[at : at + 2] for form in forms for at in range(len(form) - 1)}, 2)
        self.twos = _Grams((form for form in forms if len(form) == 2), 2)
        self.threes = _Grams((form for form in forms if len(form) == 3), 3)
        self.fours = _Grams({form[at : at + 4] for form in forms if len(form) > 3 for at in range(len(form) - 3)}, 4)


class Sieve:
    """A lexicon's words, forms and patterns, ready to let go of texts that cannot hold any."""

    def __init__(self, forms: Sequence[str], patterns: Sequence[re.Pattern[str]], disguises: Disguises) -> None:
        self._patterns = _Patterns(patterns)
        self._alone = np.zeros(UNICODE, dtype=bool)
        for form in forms:
            if len(form) == 1:
                self._alone[ord(form)] = True
        long = [form for form in forms if len(form) >= 2]
        self._starts = _Starts(long)
        self._twos = _Grams((form for form in long if len(form) == 2), 2)
        self._threes = _Grams((form for form in long if len(form) == 3), 3)
        self._fours = _Grams((form[:4] for form in long if len(form) > 3), 4)
        self._views = [_Seen(view, forms_seen) for view, forms_seen in disguises.seen_forms()]
        self._pieces = _Grams({pieces[:2] for pieces in splits()}, 2)
        self._neighbours = {form[at : at + 2] for form in long for at in range(len(form) - 1)}
        self._one_digit = np.arange(UNICODE, dtype=np.uint32)
        for code, digit in ONE_DIGIT.items():
            self._one_digit[code] = ord(digit)

    def held_back(self, texts: Sequence[str], silent: frozenset[str] = frozenset()) -> list[tuple[int, int, str]]:
        """
        This function will list the texts that may hold an objection, by number, in order; where to look for it in each; and, where
        only words that stand there as they are may object, the text in the form in which words are compared.

        `silent` are words of one character to which nothing is objected on this surface.
        """
        codes = codes_of("\n".join(texts))
        bounds = np.cumsum([len(text) + 1 for text in texts]) - 1
        folded = _FOLDING.of(codes)
        parts = np.zeros(len(texts), dtype=np.uint8)
        plain, shown, places = _shown(folded)
        keys = self._one_digit.take(shown)
        for part, found in (*self._written(keys, silent), *self._disguised(shown, keys), *_spelt(keys)):
            _mark(parts, np.searchsorted(bounds, places[found]), part)
        _mark(parts, np.searchsorted(bounds, np.flatnonzero(folded == _SEVERAL)), EVERYWHERE)
        for number in self._patterns.matched(_Plains(*plain, bounds), keys, places, bounds, parts & PATTERNS == 0):
            parts[number] |= PATTERNS
        held = np.flatnonzero(parts)
        compared = _Plains(keys, places, bounds)
        return [(number, part, compared.text(number) if part == WORDS else "") for number, part in zip(held.tolist(), parts[held].tolist(), strict=True)]

    def _written(self, keys: Codes, silent: frozenset[str]) -> Iterable[tuple[int, Places]]:
        alone = np.flatnonzero(self._alone.take(keys))
        yield WORDS, alone[~np.isin(keys[alone], [ord(word) for word in silent])] if silent else alone
        starts = self._starts.at(keys)
        for grams in (self._twos, self._threes, self._fours):
            yield WORDS, grams.at(keys, starts)

    def _disguised(self, shown: Codes, keys: Codes) -> Iterable[tuple[int, Places]]:
        if shown.size < 2:
            return
        strange = np.flatnonzero(~ordinary_pairs().are_ordinary(shown))
        if not strange.size:
            return
        # Each strange pair with the two characters before and after it, a line of six each.
        around = keys[np.clip(strange[:, None] + np.arange(-2, 4), 0, shown.size - 1)]
        for seen in self._views:
            assert seen.view is not None
            pair = seen.view.table.take(around[:, 2:4])
            rows = seen.pairs.likely_pairs(pair[:, 0], pair[:, 1])
            yield from ((VIEWS, found) for found in self._viewed(seen, strange[rows], around[rows], shown, keys))
        components = component_table().take(shown)
        pieces = self._pieces.likely_pairs(components[:-1], components[1:])
        near = np.zeros(shown.size + 4, dtype=bool)
        for step in range(5):
            near[strange + step] = True
        yield PIECES, self._put_together(components, keys, self._pieces.at(components, pieces[near[pieces + 2]]))

    def _put_together(self, components: Codes, keys: Codes, places: Places) -> Places:
        """Those of the places whose pieces make a character that a word has beside the one that stands there, or beside other pieces."""
        begins = places.tolist()
        beginning, ended, held = set(begins), set(), []
        for place in begins:
            around = text_of(keys[max(0, place - 1) : place + _MOST_PIECES + 1])
            if place == 0:
                around = "\n" + around
            pieces = text_of(components[place : place + _MOST_PIECES])
            for size in range(2, len(pieces) + 1):
                whole = splits().get(pieces[:size])
                if whole is None:
                    continue
                ended.add(place + size)
                whole = whole.translate(ONE_DIGIT)
                if (
                    place in ended or place + size in beginning
                    or around[0] + whole in self._neighbours or whole + around[1 + size : 2 + size] in self._neighbours
                ):  # fmt: skip
                    held.append(place)
        return np.array(held, dtype=np.intp)

    def _viewed(self, seen: _Seen, strange: Places, around: Codes, shown: Codes, keys: Codes) -> Iterable[Places]:
        assert seen.view is not None
        viewed = seen.view.table.take(around).ravel()
        place = np.arange(strange.size) * 6
        pairs = strange[seen.twos.at(viewed, place + 2) // 6]
        yield _standing_alone(shown, np.setdiff1d(pairs, self._twos.at(keys, pairs)), 2)
        for step in (1, 2):
            found = seen.threes.at(viewed, place + step) // 6
            begins = np.clip(strange[found] + step - 2, 0, None)
            yield _standing_alone(shown, np.setdiff1d(begins, self._threes.at(keys, begins)), 3)
        for step in (0, 1, 2):
            yield strange[seen.fours.at(viewed, place + step) // 6]


def _standing_alone(shown: Codes, places: Places, size: int) -> Places:
    """Those of the places whose next characters no word needs."""
    alone = []
    for place in places.tolist():
        first = max(0, place - 8)
        if stands_alone(text_of(shown[first : place + 8 + size]), place - first, place - first + size):
            alone.append(place)
    return np.array(alone, dtype=np.intp)


class _Plains:
    """The plain texts of a batch, written out when they are asked for."""

    def __init__(self, codes: Codes, places: Places, bounds: Places) -> None:
        self._codes = codes
        self._ends = np.searchsorted(places, bounds).tolist()
        self._known: dict[int, str] = {}

    def text(self, number: int) -> str:
        if number not in self._known:
            begin = self._ends[number - 1] + 1 if number else 0
            self._known[number] = text_of(self._codes[begin : self._ends[number]])
        return self._known[number]


class _Patterns:
    """Patterns, tried only on texts that hold a string of each set without which none of their matches can be."""

    def __init__(self, patterns: Sequence[re.Pattern[str]]) -> None:
        self._patterns = list(patterns)
        self._digits = np.array([fewest_digits(one) for one in patterns], dtype=np.int64)
        self._wanted: list[list[int]] = []
        sets_of: dict[str, list[int]] = {}
        count = 0
        for pattern in patterns:
            mine = []
            for anchors in anchors_of(pattern):
                for anchor in anchors:
                    sets_of.setdefault("".join(char.translate(ONE_DIGIT) for char in anchor if char not in QUOTES), []).append(count)
                mine.append(count)
                count += 1
            self._wanted.append(mine)
        for anchor in [one for one in sets_of if not one]:
            # It is a quote, which is not compared: such a set asks nothing.
            self._wanted = [[one for one in mine if one not in sets_of[anchor]] for mine in self._wanted]
            del sets_of[anchor]
        self._sets = count
        self._ones = np.zeros(UNICODE, dtype=np.int32)
        self._members: list[list[int]] = [[]]
        self._starts = _Starts(anchor for anchor in sets_of if len(anchor) == 2)
        twos: dict[int, int] = {}
        for anchor, sets in sets_of.items():
            if len(anchor) == 1:
                self._ones[ord(anchor)] = len(self._members)
            else:
                codes = codes_of(anchor)
                twos[int(codes[0]) << 32 | int(codes[1])] = len(self._members)
            self._members.append(sets)
        self._known = np.array(sorted(twos), dtype=np.uint64)
        self._many = np.array([len(one) for one in self._members], dtype=np.int64)
        self._firsts = np.cumsum(self._many) - self._many
        self._flat = np.array([one for sets in self._members for one in sets], dtype=np.int64)
        self._which = np.array([twos[one] for one in sorted(twos)], dtype=np.int32)

    def matched(self, plains: _Plains, keys: Codes, places: Places, bounds: Places, open_: NDArray[np.bool_]) -> Iterable[int]:
        """This function will give the texts, among those still open, in which a pattern matches."""
        if not self._patterns:
            return
        held = np.zeros((bounds.size, self._sets + 1), dtype=bool)
        for at, anchors in self._anchors(keys):
            numbers = np.searchsorted(bounds, places[at])
            many = self._many[anchors]
            firsts = np.repeat(self._firsts[anchors] - np.cumsum(many) + many, many)
            held[np.repeat(numbers, many), self._flat[firsts + np.arange(firsts.size)]] = True
        is_digit = np.flatnonzero((keys >= _ZERO) & (keys <= _ZERO + 9))
        digits = np.bincount(np.searchsorted(bounds, places[is_digit]), minlength=bounds.size)
        for which, wanted in enumerate(self._wanted):
            may = open_ & (digits >= self._digits[which])
            for one in wanted:
                may &= held[:, one]
            for number in np.flatnonzero(may).tolist():
                if self._patterns[which].search(plains.text(number)):
                    open_[number] = False
                    yield number

    def _anchors(self, keys: Codes) -> Iterable[tuple[Places, NDArray[np.int32]]]:
        ones = self._ones.take(keys)
        at = np.flatnonzero(ones)
        yield at, ones[at]
        if self._known.size:
            starts = self._starts.at(keys)
            number = keys[starts].astype(np.uint64) << np.uint64(32) | keys[starts + 1]
            where = np.searchsorted(self._known, number)
            where[where == self._known.size] = 0
            known = self._known[where] == number
            yield starts[known], self._which[where[known]]


def _mark(parts: NDArray[np.uint8], numbers: Places, part: int) -> None:
    held = np.zeros(parts.size, dtype=bool)
    held[numbers] = True
    parts[held] |= np.uint8(part)


def _shown(folded: Codes) -> tuple[tuple[Codes, Places], Codes, Places]:
    """
    The plain texts, and what is compared, which is without quotes: the folded characters that are neither gone nor inserted, and where
    each stood.
    """
    places = np.flatnonzero(folded)
    written = folded[places]
    several = written == _SEVERAL
    if several.any():
        written[several] = ord("\n")
    kind = _FOLDING.kind.take(written)
    symbols = np.flatnonzero(kind & _INSERTABLE)
    stays = (kind & _INSERTABLE) == 0
    if symbols.size:
        solid = np.flatnonzero((kind & _INSERTABLE) == 0)
        edge = np.uint8(0)
        sides = np.concatenate([[edge], kind[solid], [edge]])
        at = np.searchsorted(solid, symbols)
        before, after, own = sides[at], sides[at + 1], kind[symbols]
        is_number = (before & after & _DIGIT != 0) & (own & _IN_NUMBER != 0)
        parts_han = before & after & _HAN != 0
        stays[symbols] = np.where(own & _MEANINGFUL != 0, ~parts_han, is_number)
    kept = np.flatnonzero(stays)
    plain = written[kept], places[kept]
    quotes = np.flatnonzero(kind & _QUOTE)
    if not quotes.size:
        return plain, *plain
    stays[quotes] &= kind[quotes] & _INSERTABLE != 0  # one that stands in a number stays
    kept = np.flatnonzero(stays)
    return plain, written[kept], places[kept]


def _spelt(keys: Codes) -> list[tuple[int, Places]]:
    """Runs of letters that can be read as syllables."""
    is_letter = (_FOLDING.kind.take(keys) & _LETTER != 0).astype(np.int8)
    edges = np.flatnonzero(np.diff(np.concatenate([[np.int8(0)], is_letter, [np.int8(0)]])))
    begins, ends = edges[::2], edges[1::2]
    long = ends - begins >= 2
    begins, ends = begins[long], ends[long]
    found = [
        begin
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
        if end - begin > _LONGEST_RUN or is_pinyin(text_of(keys[begin:end]))
    ]
    return [(LETTERS, np.array(found, dtype=np.intp))]
