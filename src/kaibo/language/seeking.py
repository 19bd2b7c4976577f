"""
Where the words of a lexicon stand in a row of characters, as they are and in every view, for all characters at once.

A word of two characters is looked up by its pair; a longer one by its first three, then compared to its end. What a pair may be the
beginning of in any view is kept from one text to the next: the same few thousand pairs make up nearly all that people write.
Source: ADR 0018.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kaibo.language.keys import ONE_FORM
from kaibo.language.tables import ordinary_pairs

Codes = NDArray[np.uint32]
Places = NDArray[np.intp]
Forms = Sequence[tuple[str, int]]

LONGEST: Final = 12
"""Longer words are not looked for in disguise: hiding one character of many does not hide them."""
PLANE: Final = 0x10000
_SURROGATES: Final = 0xD800
MOST_VIEWS: Final = 8
_BEGINS, _FOLLOWS, _PAIR, _STRANGE, _EXTRA = 0, 8, 16, 24, 25
STRANGE: Final = np.uint32(1 << _STRANGE)
"""Ordinary text does not put the two side by side."""
_SEEN_BITS: Final = 18
_MOST_BITS: Final = 21
_SHORT: Final = 4
"""Characters of the words that most finds are of: the others are compared apart."""
_SOUND: Final = 1
_HIDDEN: Final = 0xFE
_TWO_HIDDEN: Final = _HIDDEN << _PAIR
_IS_STRANGE: Final = 1 << _STRANGE
_MOST_GLANCED: Final = 100_000
_DIGITS: Final = np.array([chr(code).isdigit() for code in range(PLANE)])
_SPREAD32: Final = np.uint32(0x9E3779B1)
_SPREAD_TOO: Final = np.uint32(0x85EBCA6B)
_BITMAP_BITS: Final = 22
_START_BITS: Final = 19
_START: Final = np.uint32(32 - _START_BITS)
_ONE_OF_EIGHT: Final = np.left_shift(1, (np.arange(PLANE, dtype=np.uint32) * _SPREAD_TOO) >> np.uint32(29)).astype(np.uint8)
"""A bit for each character, always the same: with the place by hash it says eight times as much."""
_SLOT: Final = np.uint32(32 - _SEEN_BITS)
_HIGH: Final = 1 if sys.byteorder == "little" else 0
_SPREAD64: Final = np.uint64(0x9E3779B97F4A7C15)
_MOST_64: Final = (1 << 64) - 1
_HALF: Final = np.uint32(16)
_LOW: Final = np.uint32(0xFFFF)


def squeezed(codes: Codes) -> Codes:
    """This function will give characters beyond the first plane a number in it that no character has; several share one."""
    far = codes >= PLANE
    return np.where(far, _SURROGATES | (codes & np.uint32(0x7FF)), codes).astype(np.uint32) if far.any() else codes


def pairs_of(shown: Codes) -> Codes:
    """This function will give each character with the next one as one number."""
    pairs: Codes = (shown[:-1] << _HALF) | shown[1:]
    return pairs


def plane_of(table: Codes) -> NDArray[np.uint16]:
    """This function will give a table of a view for characters as they are shown: digits of all styles are one there."""
    one_digit = np.arange(PLANE, dtype=np.uint32)
    for code, digit in ONE_FORM.items():
        one_digit[code] = ord(digit)
    seen = table.take(one_digit)
    return np.where(seen < PLANE, seen, np.arange(PLANE)).astype(np.uint16)


@dataclass(frozen=True, slots=True)
class Extra:
    """Pairs whose places somebody wants to know, and the table in which they are meant."""

    table: NDArray[np.uint16]
    pairs: Iterable[str]


@dataclass(frozen=True, slots=True)
class Standing:
    """Words that stand there: the view, the place of the first character, the word's number and its length, an entry each."""

    view: NDArray[np.intp]
    place: Places
    which: NDArray[np.int32]
    size: NDArray[np.intp]


class Seeker:
    """Words in several views: the first shows them as they are, the second as they sound."""

    def __init__(self, tables: Sequence[NDArray[np.uint16]], forms: Sequence[Forms], keys: Sequence[str], extras: Sequence[Extra] = ()) -> None:
        if not len(tables) == len(forms) <= MOST_VIEWS:
            raise ValueError("more views than a mark has bits")
        self._tables = np.concatenate(tables)
        self._views = len(tables)
        self._forms, self._sizes = _matrix([form for each in forms for form, _ in each])
        self._which = np.array([which for each in forms for _, which in each], dtype=np.int32)
        self._keys, _ = _matrix(keys)
        self._view = np.repeat(np.arange(len(forms)), [len(each) for each in forms])
        view = self._view.astype(np.uint64)
        columns = [self._forms[:, at].astype(np.uint64) for at in range(3)]
        pair = columns[0] << np.uint64(16) | columns[1]
        follows = columns[1] << np.uint64(16) | columns[2]
        start = pair << np.uint64(16) | columns[2]
        two, long = np.flatnonzero(self._sizes == 2), np.flatnonzero((self._sizes > 2) & (self._view != _SOUND))
        self._twos = _Begun((view << np.uint64(32) | pair)[two], two)
        self._threes = _Begun((view << np.uint64(48) | start)[long], long)
        self._begins, self._follows = _Marked(pair[long], self._view[long]), _Marked(follows[long], self._view[long])
        self._pairs, self._starts = _Marked(pair[two], self._view[two]), _Marked(start[long], self._view[long])
        self._sounds = _Sounds(self._forms, self._sizes, np.flatnonzero(self._view == _SOUND), tables)
        self._extras = [(one.table, np.array(sorted({*map(_number, one.pairs)}), dtype=np.uint32)) for one in extras]
        self._seen_as = self._tables.data  # for single characters, which numpy is slow to give
        self._glanced: dict[str, int] = {}
        self._seen = np.zeros(1 << _SEEN_BITS, dtype=np.uint64)
        self._seen_too = np.zeros(1 << _SEEN_BITS, dtype=np.uint64)

    def marks(self, shown: Codes) -> NDArray[np.uint32]:
        """This function will give each pair its marks: what it may begin, whether it is strange, which extras it is one of."""
        pairs = pairs_of(shown)
        seen = self._seen.take((pairs * _SPREAD32) >> _SLOT)
        marks: NDArray[np.uint32] = seen.astype(np.uint32)
        new = np.flatnonzero(seen.view(np.uint32)[_HIGH::2] != pairs)
        if new.size:
            marks[new] = self._looked_up(pairs[new])
        return marks

    def _looked_up(self, pairs: Codes) -> NDArray[np.uint32]:
        """The marks of pairs whose first place in the memory holds another: from the second place, or made and kept."""
        seen = self._seen_too.take((pairs * _SPREAD_TOO) >> _SLOT)
        marks: NDArray[np.uint32] = seen.astype(np.uint32)
        new = np.flatnonzero(seen.view(np.uint32)[_HIGH::2] != pairs)
        if not new.size:
            return marks
        pairs = pairs[new]
        learnt = marks[new] = self._marks_of(pairs)
        # An entry names its pair beside its marks, so whichever of several threads writes last, each entry is whole.
        entries = pairs.astype(np.uint64) << np.uint64(32) | learnt
        slots = (pairs * _SPREAD32) >> _SLOT
        is_free = self._seen[slots] == 0
        self._seen[slots[is_free]] = entries[is_free]
        self._seen_too[((pairs * _SPREAD_TOO) >> _SLOT)[~is_free]] = entries[~is_free]
        return marks

    @staticmethod
    def extra_mark(number: int) -> np.uint32:
        """This function will give the mark of the extra pairs of that number."""
        return np.uint32(1 << (_EXTRA + number))

    def _marks_of(self, pairs: Codes) -> NDArray[np.uint32]:
        first, second = (pairs >> _HALF).astype(np.intp), (pairs & _LOW).astype(np.intp)
        strange = ~ordinary_pairs().puts_together(first, second)
        marks = strange.astype(np.uint32) << np.uint32(_STRANGE)
        for view in range(self._views):
            table = self._tables[view * PLANE : (view + 1) * PLANE]
            number = table.take(first).astype(np.uint64) << np.uint64(16) | table.take(second)
            for known, shift in ((self._begins, _BEGINS), (self._follows, _FOLLOWS), (self._pairs, _PAIR)):
                has = known.may_hold(number, view)
                if shift == _PAIR and view:
                    has &= strange
                marks |= has.astype(np.uint32) << np.uint32(shift + view)
        for place, (table, extras) in enumerate(self._extras):
            if extras.size:
                written = table.take(first).astype(np.uint32) << _HALF | table.take(second)
                at = np.minimum(np.searchsorted(extras, written), extras.size - 1)
                marks |= (extras[at] == written).astype(np.uint32) << np.uint32(_EXTRA + place)
        return marks

    def glance(self, shown: str) -> tuple[bool, int]:
        """
        This function will say of a short text whether a word may stand there in disguise, and all marks of its pairs together. For a few
        dozen characters a look at each costs less than a call that looks at all.
        """
        marks = self._marks_one_by_one(shown)
        heard = shown.translate(self._sounds.heard)
        known = self._sounds.stretches
        every = before = 0
        may_stand = False
        for place, mark in enumerate(marks):
            every |= mark
            begins = before & (mark >> _FOLLOWS) & _HIDDEN
            if mark & _TWO_HIDDEN or (
                begins and _any_strange(marks[place - 1 : place + LONGEST - 2]) and self._may_begin(shown[place - 1 : place + 2], begins)
            ):
                may_stand = True
            if mark & _IS_STRANGE and (
                heard[place : place + 3] in known or heard[place : place + 4] in known
                or (place and (heard[place - 1 : place + 2] in known or heard[place - 1 : place + 3] in known))
                or (place > 1 and heard[place - 2 : place + 2] in known)
            ):  # fmt: skip
                may_stand = True
            before = mark
        return may_stand, every

    def _may_begin(self, three: str, views: int) -> bool:
        """Whether a word may begin with these three characters in one of the views."""
        codes = squeezed(np.frombuffer(three.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)).tolist()
        for view in range(1, self._views):
            if views >> view & 1:
                first, second, third = (self._seen_as[view * PLANE + code] for code in codes)
                if self._starts.may_hold_one(first << 32 | second << 16 | third, view):
                    return True
        return False

    def _marks_one_by_one(self, shown: str) -> list[int]:
        known = self._glanced
        pairs = [first + second for first, second in pairwise(shown)]
        try:
            return [known[pair] for pair in pairs]
        except KeyError:
            if len(known) > _MOST_GLANCED:
                known = self._glanced = {}
            marks: list[int] = self.marks(squeezed(np.frombuffer(shown.encode("utf-32-le", "surrogatepass"), dtype=np.uint32))).tolist()
            known.update(zip(pairs, marks, strict=True))
            return marks

    def standing(self, shown: Codes, marks: NDArray[np.uint32], views: int = (1 << MOST_VIEWS) - 1) -> Standing:
        """
        This function will list words that stand there in one of the views, written otherwise and around a strange pair unless
        the view shows them as they are; view after view. Words longer than `LONGEST` are compared up to there.
        """
        each = np.uint32(views)
        begins = marks & each
        begins[:-1] &= marks[1:] >> np.uint32(_FOLLOWS)
        begins[-1:] = 0
        twos = (marks >> np.uint32(_PAIR)) & each
        hot = np.flatnonzero((begins | twos) != 0)
        found = [
            self._threes.forms_at(*self._likely(shown, hot, begins[hot])),
            self._twos.forms_at(*self._pair_numbers(shown, hot, twos[hot])),
        ]
        if views >> _SOUND & 1 and self._views > _SOUND:
            found += [known.forms_at(*likely) for known, likely in self._sounds.likely(shown)]
        place, form = (np.concatenate(each) for each in zip(*found, strict=True))
        return self._compared(shown, marks, place, form)

    def _likely(self, shown: Codes, places: Places, views: Codes) -> tuple[Places, NDArray[np.uint64]]:
        rows, view = _bits(views)
        places = places[rows]
        base = view * PLANE
        start = np.zeros(places.size, dtype=np.uint64)
        for step in range(3):
            start = start << np.uint64(16) | self._tables.take(base + shown.take(places + step))
        likely = np.flatnonzero(self._starts.may_hold(start, view))
        return places[likely], view[likely].astype(np.uint64) << np.uint64(48) | start[likely]

    def _pair_numbers(self, shown: Codes, places: Places, views: Codes) -> tuple[Places, NDArray[np.uint64]]:
        rows, view = _bits(views)
        places = places[rows]
        number = view.astype(np.uint64)
        for step in range(2):
            number = number << np.uint64(16) | self._tables.take(view * PLANE + shown.take(places + step))
        return places, number

    def _compared(self, shown: Codes, marks: NDArray[np.uint32], place: Places, form: NDArray[np.int32]) -> Standing:
        size = self._sizes[form]
        inside = np.flatnonzero(place + size <= shown.size)
        place, form, size = place[inside], form[inside], size[inside]
        is_short = size <= _SHORT
        groups = ((np.flatnonzero(is_short), _SHORT), (np.flatnonzero(~is_short), LONGEST))
        kept = np.concatenate([each[self._stands(shown, marks, place[each], form[each], steps)] for each, steps in groups])
        kept = kept[np.lexsort((kept, self._view[form[kept]]))]
        return Standing(self._view[form[kept]], place[kept], self._which[form[kept]], size[kept])

    def _stands(self, shown: Codes, marks: NDArray[np.uint32], place: Places, form: NDArray[np.int32], steps: int) -> NDArray[np.bool_]:
        """Of each form of no more than so many characters, whether it stands there, otherwise written and around a strange pair."""
        view = self._view[form]
        ahead = place[:, None] + np.arange(steps)
        codes = shown.take(ahead, mode="clip")
        within = np.arange(steps) < self._sizes[form][:, None]
        same = (self._tables.take((view * PLANE)[:, None] + codes) == self._forms[form, :steps]) | ~within
        is_strange = (marks.take(ahead[:, :-1], mode="clip") & STRANGE != 0) & within[:, 1:]
        written = self._tables.take(codes)
        differs = (written != self._keys[self._which[form], :steps]) & within
        # A number sounds like itself only: 11 is no 一一.
        tells = (view == _SOUND) & (differs & _DIGITS.take(written)).any(axis=1)
        stands: NDArray[np.bool_] = same.all(axis=1) & ((view == 0) | (is_strange.any(axis=1) & differs.any(axis=1) & ~tells))
        return stands


class _Begun:
    """Forms by a number of what they begin with, those of one hash one after the other."""

    def __init__(self, numbers: NDArray[np.uint64], forms: Places) -> None:
        self._shift = np.uint64(64 - max(4, (numbers.size * 2).bit_length()))
        buckets = numbers * _SPREAD64 >> self._shift
        order = np.argsort(buckets, kind="stable")
        self._numbers, self._forms = numbers[order], forms[order].astype(np.int32)
        self._ends = np.cumsum(np.bincount(buckets.astype(np.intp), minlength=1 << (64 - int(self._shift)))).astype(np.int32)

    def forms_at(self, places: Places, numbers: NDArray[np.uint64]) -> tuple[Places, NDArray[np.int32]]:
        """This function will give the forms that begin with the number of each place, beside that place."""
        buckets = (numbers * _SPREAD64 >> self._shift).astype(np.intp)
        ends = self._ends.take(buckets)
        many = ends - np.where(buckets > 0, self._ends.take(buckets - 1, mode="clip"), 0)
        row = np.repeat(np.arange(many.size), many)
        at = np.arange(row.size) - np.repeat(np.cumsum(many) - ends, many)
        held = np.flatnonzero(self._numbers.take(at) == numbers.take(row))
        return places[row[held]], self._forms[at[held]]


class _Sounds:
    """
    Words as they sound. There are so few syllables that nearly every pair begins some word: words are asked for by their first three
    syllables, at every place at once, then by all three or by four.
    """

    def __init__(self, forms: NDArray[np.uint16], sizes: NDArray[np.intp], numbers: Places, tables: Sequence[NDArray[np.uint16]]) -> None:
        three, long = numbers[sizes[numbers] == 3], numbers[sizes[numbers] > 3]
        self._threes = _Begun(_joined([forms[three, at] for at in range(3)]), three)
        self._fours = _Begun(_joined([forms[long, at] for at in range(4)]), long)
        self._marked_threes = _Bitmap(self._hashed([forms[three, at].astype(np.uint32) for at in range(3)]))
        self._marked_fours = _Bitmap(self._hashed([forms[long, at].astype(np.uint32) for at in range(4)]))
        self._heard = tables[_SOUND].astype(np.uint32) if len(tables) > _SOUND else np.zeros(0, dtype=np.uint32)
        spoken = np.concatenate([three, long])
        self._starts = np.zeros(1 << _START_BITS, dtype=np.uint8)
        np.bitwise_or.at(self._starts, self._hashed([forms[spoken, at].astype(np.uint32) for at in range(3)]) >> _START, _ONE_OF_EIGHT.take(forms[spoken, 2]))

        self.heard = _Heard(tables[_SOUND]) if len(tables) > _SOUND else {}
        words = (bytes(row[:size].astype("<u2")).decode("utf-16-le", "surrogatepass") for row, size in zip(forms[long], sizes[long], strict=True))
        self.stretches = {word[at : at + 4] for word in words for at in range(len(word) - 3)}
        self.stretches.update(bytes(row[:3].astype("<u2")).decode("utf-16-le", "surrogatepass") for row in forms[three])
        """All words of three, and all stretches of four that longer ones hold."""

    @staticmethod
    def _hashed(columns: Sequence[Codes]) -> Codes:
        hashed: Codes = columns[0] * _SPREAD32
        for column in columns[1:]:
            hashed += column
            hashed *= _SPREAD32
        return hashed

    def likely(self, shown: Codes) -> Iterable[tuple[_Begun, tuple[Places, NDArray[np.uint64]]]]:
        """This function will give the places where words of three, and where longer ones, may begin, with what they begin with."""
        if shown.size < 3:
            return
        heard = self._heard.take(shown)
        hashed = self._hashed([heard[:-2], heard[1:-1], heard[2:]])
        may_begin = self._starts.take(hashed >> _START)
        may_begin &= _ONE_OF_EIGHT.take(heard[2:])
        at = np.flatnonzero(may_begin != 0)
        hashed = hashed[at]
        three = at[self._marked_threes.holds(hashed)]
        yield self._threes, (three, _joined([heard[three + step] for step in range(3)]))
        is_followed = at < heard.size - 3
        at, hashed = at[is_followed], hashed[is_followed]
        four = at[self._marked_fours.holds((hashed + heard[at + 3]) * _SPREAD32)]
        yield self._fours, (four, _joined([heard[four + step] for step in range(4)]))


class _Heard(dict[int, int]):
    """For str.translate: how each character sounds; filled as characters are met."""

    def __init__(self, table: NDArray[np.uint16]) -> None:
        super().__init__()
        self._table = table

    def __missing__(self, code: int) -> int:
        self[code] = heard = int(self._table[code]) if code < PLANE else code
        return heard


def _joined(columns: Sequence[NDArray[np.integer[Any]]]) -> NDArray[np.uint64]:
    """Characters after each other as one number."""
    number = columns[0].astype(np.uint64)
    for column in columns[1:]:
        number = number << np.uint64(16) | column.astype(np.uint64)
    return number


def _any_strange(marks: list[int]) -> bool:
    return any(mark & _IS_STRANGE for mark in marks)


class _Bitmap:
    """Numbers that spread well, by their first bits; a bit for each."""

    def __init__(self, hashed: Codes) -> None:
        bits = np.zeros(1 << _BITMAP_BITS, dtype=bool)
        bits[hashed >> np.uint32(32 - _BITMAP_BITS)] = True
        self._bits = np.packbits(bits, bitorder="little")

    def holds(self, hashed: Codes) -> NDArray[np.bool_]:
        """This function will say of each number whether it may be one of those."""
        place = hashed >> np.uint32(32 - _BITMAP_BITS)
        found: NDArray[np.bool_] = (self._bits.take(place >> np.uint32(3)) >> (place & np.uint32(7)).astype(np.uint8)) & np.uint8(1) != 0
        return found


class _Marked:
    """Numbers of each view by hash: a table no larger than it has to be stays in the cache. A bit for each view."""

    def __init__(self, numbers: NDArray[np.uint64], views: NDArray[np.intp] | int) -> None:
        self._shift = np.uint64(64 - max(13, min(_MOST_BITS, (numbers.size * 64).bit_length())))
        self._views = np.zeros(1 << (64 - int(self._shift)), dtype=np.uint8)
        bits = np.left_shift(1, views).astype(np.uint8)
        np.bitwise_or.at(self._views, (numbers * _SPREAD64 >> self._shift).astype(np.intp), bits)
        self._one_by_one = self._views.data

    def may_hold(self, numbers: NDArray[np.uint64], view: NDArray[np.intp] | int) -> NDArray[np.bool_]:
        """This function will say of each number whether it may be one of that view."""
        found: NDArray[np.bool_] = self._views.take(numbers * _SPREAD64 >> self._shift) & np.left_shift(1, view) != 0
        return found

    def may_hold_one(self, number: int, view: int) -> bool:
        """This function will say it of a single number, without numpy."""
        return bool(self._one_by_one[(number * int(_SPREAD64) & _MOST_64) >> int(self._shift)] >> view & 1)


def _bits(masks: Codes) -> tuple[Places, NDArray[np.intp]]:
    """Which bit of which mask is set, one after the other."""
    at = np.flatnonzero(np.unpackbits(masks.astype(np.uint8), bitorder="little").view(bool))
    return at >> 3, at & 7


def _matrix(words: Sequence[str]) -> tuple[NDArray[np.uint16], NDArray[np.intp]]:
    """The first characters of each word, a row each, and how many there are."""
    cut = [word[:LONGEST] for word in words]
    sizes = np.array([len(word) for word in cut], dtype=np.intp)
    rows = np.zeros((len(cut), LONGEST), dtype=np.uint16)
    codes = squeezed(np.frombuffer("".join(cut).encode("utf-32-le", "surrogatepass"), dtype=np.uint32))
    rows[np.arange(LONGEST) < sizes[:, None]] = codes
    return rows, sizes


def _number(pair: str) -> int:
    first, second = squeezed(np.frombuffer(pair.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)).tolist()
    return int(first << 16 | second)
