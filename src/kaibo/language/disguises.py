"""
Words written so that a list does not find them: by sound (薇信, guo jia ji, 国jia级), by look (微倍), in pieces (弓虽).

Each disguise is a view: the text and the words are put into one form and compared there. Many ordinary words sound or look
alike, so what a view finds is believed only where ordinary text would not put these characters side by side, and where the
segmenter does not need one of them for a word with its neighbour.   Source: CMP-7; ADR 0018.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate
from typing import Final, Literal

import daachorse
import numpy as np
from numpy.typing import NDArray

from kaibo.language.keys import ONE_FORM, Keys
from kaibo.language.normaliser import is_han
from kaibo.language.seeking import LONGEST, PLANE, STRANGE, Extra, Forms, Seeker, Standing, plane_of, squeezed
from kaibo.language.segmentation import segmenter
from kaibo.language.tables import UNICODE, component_forms, look_groups, readings, splits, trade_words

Disguise = Literal["sound", "pinyin", "look", "split"]

WORDS, VIEWS, PIECES, LETTERS, PATTERNS = (1 << bit for bit in range(5))
EVERYWHERE: Final = 31
_HOW: Final[tuple[Disguise, ...]] = ("sound", *("look",) * 7)
_AROUND: Final = 6
_PRIVATE: Final = 0xE000
_LETTERS: Final = re.compile("[a-z]{2,}")
_MOST_READINGS: Final = 4
_IN_DISGUISE: Final = 0xFE
_SHORT: Final = 300
"""Characters of a text up to which it is glanced at before it is read."""
_FAR: Final = "\U00010000"
PIECES_MEET, ANCHORS = 0, 1
"""Pairs that the seeker marks: the first two pieces of a character, and what patterns ask for."""
_JOINING: Final = int(Seeker.extra_mark(PIECES_MEET) | STRANGE)


@dataclass(frozen=True, slots=True)
class Disguised:
    """A word found in disguise; places are of the keys, `which` is the word's number."""

    start: int
    end: int
    which: int
    how: Disguise

    def moved(self, by: int) -> Disguised:
        return Disguised(self.start + by, self.end + by, self.which, self.how)


class View:
    """A form of one character for one character: what sounds or looks alike is the same."""

    def __init__(self, how: Disguise, groups: Iterable[tuple[int, Iterable[str]]]) -> None:
        self.how = how
        self.table = np.arange(UNICODE, dtype=np.uint32)
        for code, chars in groups:
            for char in chars:
                self.table[ord(char)] = code

    def of(self, text: str) -> str:
        """This function will give the text in this view."""
        return text_of(self.table.take(codes_of(text)))


def codes_of(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def text_of(codes: NDArray[np.uint32]) -> str:
    return codes.tobytes().decode("utf-32-le", "surrogatepass")


@cache
def syllables() -> dict[str, int]:
    """This function will give each syllable its private code."""
    known = sorted({_plainly_spoken(one) for every in readings().values() for one in every})
    return {syllable: _PRIVATE + place for place, syllable in enumerate(known)}


def _plainly_spoken(syllable: str) -> str:
    # Many speak so, and write so: zh as z, ing as in.
    spoken = re.sub("^([zcs])h", r"\1", syllable)
    return re.sub("(?<=[ie])ng$", "n", spoken)


@cache
def sound_view() -> View:
    groups: dict[int, list[str]] = {}
    for char, usual in letters_of().items():
        groups.setdefault(syllables()[_plainly_spoken(usual)], []).append(char)
    return View("sound", groups.items())


@cache
def look_views() -> tuple[View, ...]:
    letters = [(ord("1"), "li|丨"), (ord("0"), "o")]
    return tuple(
        View("look", [*((ord(group[0]), group) for group in groups), *letters]) for groups in look_groups()
    )


@cache
def letters_of() -> dict[str, str]:
    """This function will give how each character, digits too, is written in letters."""
    spoken = {char: usual for char, (usual, *_) in readings().items() if ord(char) not in ONE_FORM}
    return spoken | {char.translate(ONE_FORM): readings()[char][0] for char in "零一二三四五六七八九拾佰仟"}


class _Words:
    """Words in one form, and an automaton over them; several words may share a form."""

    def __init__(self, forms: Iterable[tuple[str, int]]) -> None:
        by_form: dict[str, list[int]] = {}
        for form, which in forms:
            by_form.setdefault(form, []).append(which)
        self.forms = list(by_form)
        self._which = [tuple(dict.fromkeys(one)) for one in by_form.values()]
        self._automaton = daachorse.CharwiseDoubleArrayAhoCorasick(list(by_form)) if by_form else None

    def found_in(self, text: str) -> Iterator[tuple[int, int, int]]:
        if self._automaton is not None:
            for start, end, place in self._automaton.find_overlapping(text):
                for which in self._which[place]:
                    yield start, end, which


class Disguises:
    """
    The words of a lexicon, ready to be found in disguise. `keys` are the words as `keys_of` writes them, `automaton` seeks them as
    they are and perhaps others after them. `anchors` are pairs whose places the sieve wants to know.
    """

    def __init__(self, keys: list[str], automaton: daachorse.CharwiseDoubleArrayAhoCorasick | None, anchors: Iterable[str] = ()) -> None:
        self._keys = keys
        hidable = [which for which, key in enumerate(keys) if 2 <= len(key) <= LONGEST and any(map(is_han, key))]
        worth = [which for which in hidable if _is_spoken(keys[which])]
        self._hidable = frozenset(hidable)
        self._automaton = automaton
        self._written = _Words((form, which) for which in worth for form in _letters(keys[which]))
        forms: list[Forms] = [
            [(key, which) for which, key in enumerate(keys) if len(key) > 1],
            [(form, which) for which in worth for form in dict.fromkeys(_sounds(keys[which]))],
            *(_seen_by(view, keys, hidable) for view in look_views()),
        ]
        itself = np.arange(UNICODE, dtype=np.uint32)
        tables = [plane_of(view) for view in (itself, sound_view().table, *(view.table for view in look_views()))]
        components = np.minimum(component_table()[:PLANE], PLANE - 1).astype(np.uint16)
        self.seeker = Seeker(tables, forms, keys, [Extra(components, {pieces[:2] for pieces in splits()}), Extra(tables[0], anchors)])

    def found_in(self, keys: Keys, parts: int = EVERYWHERE) -> list[Disguised]:
        """This function will list words that stand there in disguise, by place. `parts` is what there is to look for."""
        found: list[Disguised] = []
        if parts & VIEWS and 1 < len(keys.shown) <= _SHORT:
            may_stand, every = self.seeker.glance(keys.shown)
            may_join = every & _JOINING == _JOINING or max(keys.shown) >= _FAR
            parts &= ~(0 if may_stand else VIEWS) & ~(0 if may_join else PIECES)
        if parts & (VIEWS | PIECES) and len(keys.shown) > 1:
            codes = codes_of(keys.shown)
            shown = squeezed(codes)
            marks = self.seeker.marks(shown)
            if parts & VIEWS:
                standing = self.seeker.standing(shown, marks, _IN_DISGUISE)
                believed = self.believed(standing, keys.shown)
                found += believed if shown is codes else [one for one in believed if self._is_near(keys, one)]
            if parts & PIECES and (shown is not codes or (marks & Seeker.extra_mark(PIECES_MEET)).any()):
                found += self.rejoined(keys.shown, np.flatnonzero(marks & STRANGE))
        if parts & LETTERS:
            found += self._in_letters(keys)
        return sorted(found, key=lambda one: (one.start, one.end, one.which))

    @staticmethod
    def believed(standing: Standing, shown: str) -> list[Disguised]:
        """This function will list the words among those that stand there in a view whose characters no other word needs."""
        spans = list(zip(standing.place.tolist(), (standing.place + standing.size).tolist(), strict=True))
        alone = standing_alone(shown, spans)
        return [
            Disguised(start, end, which, _HOW[view - 1])
            for (start, end), which, view, is_alone in zip(spans, standing.which.tolist(), standing.view.tolist(), alone, strict=True)
            if is_alone
        ]

    def _is_near(self, keys: Keys, one: Disguised) -> bool:
        # Characters beyond the first plane look and sound like themselves only; the tables know several of them as one.
        return all(char == other or max(char, other) < _FAR for char, other in zip(keys.text[one.start : one.end], self._keys[one.which], strict=True))

    def rejoined(self, shown: str, strange: NDArray[np.intp]) -> Iterator[Disguised]:
        """This function will give the words that stand there in pieces, around one of the strange pairs."""
        components = text_of(component_table().take(codes_of(shown)))
        automaton, wholes = _splits()
        pieces = [Pieces(*one[:2], wholes[one[2]]) for one in automaton.find_overlapping(components) if _holds(strange, one[0] - 1, one[1] + 1)]
        for first, last, those in _near_pieces(pieces, len(shown)):
            for rejoined, places in _rejoinings(shown[first:last], [one.moved(-first) for one in those]):
                for start, end, which in self._automaton.find_overlapping(rejoined.translate(ONE_FORM)) if self._automaton else ():
                    begins, ends = first + places[start], first + places[end]
                    if which in self._hidable and ends - begins > end - start and _holds(strange, begins, ends):
                        yield Disguised(begins, ends, which, "split")

    def _in_letters(self, keys: Keys) -> Iterator[Disguised]:
        runs = [match.span() for match in _LETTERS.finditer(keys.text)]
        for first, last in _merged([(max(0, start - LONGEST), min(len(keys.text), end + LONGEST)) for start, end in runs]):
            letters, places = _spelt(keys.text[first:last])
            for start, end, which in self._written.found_in(letters):
                one = self._read_aloud(keys, first, letters, places, (start, end, which))
                if one is not None:
                    yield one

    def _read_aloud(self, keys: Keys, first: int, letters: str, places: list[int], match: tuple[int, int, int]) -> Disguised | None:
        start, end, which = match
        begins, ends = first + places[start], first + places[end - 1] + 1
        written = keys.text[begins:ends]
        if not any("a" <= char <= "z" for char in written) or not _at_borders(letters, places, start, end, keys.text[first:]):
            return None
        if not _is_aligned(letters, places, start, end, keys.text[first:], self._keys[which]):
            return None
        return Disguised(begins, ends, which, "pinyin")


def _seen_by(view: View, keys: Sequence[str], numbers: Sequence[int]) -> Forms:
    joined = view.of("".join(keys[which] for which in numbers))
    ends = accumulate(len(keys[which]) for which in numbers)
    return [(joined[end - len(keys[which]) : end], which) for which, end in zip(numbers, ends, strict=True)]


def _is_spoken(key: str) -> bool:
    return all(char in letters_of() for char in key)


def _readings_of(key: str) -> list[tuple[str, ...]]:
    every: list[tuple[str, ...]] = [()]
    for char in key:
        options = readings().get(char) or (letters_of()[char],)
        every = [(*one, option) for one in every for option in options][:_MOST_READINGS]
    return every


def _sounds(key: str) -> list[str]:
    known = syllables()
    return ["".join(chr(known[_plainly_spoken(one)]) for one in spoken) for spoken in _readings_of(key)]


def _letters(key: str) -> list[str]:
    return ["".join(spoken) for spoken in _readings_of(key)]


def _holds(strange: NDArray[np.intp], start: int, end: int) -> bool:
    """Whether two neighbours within [start, end) are strange to each other."""
    at = int(np.searchsorted(strange, start))
    return at < strange.size and int(strange[at]) + 1 < end


def _merged(stretches: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for first, last in stretches:
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def standing_alone(shown: str, spans: Sequence[tuple[int, int]]) -> list[bool]:
    """
    This function will tell characters that stand for another word from those a word needs: neither may a word reach over
    their border (质地一般 holds 地一), nor may they be a word themselves.
    """
    alone = [not _is_word(shown[start:end]) for start, end in spans]
    asked = [span for span, is_alone in zip(spans, alone, strict=True) if is_alone]
    if not asked:
        return alone
    # The segmenter reads one line at a time, so all of them can be asked about in one call.
    around = [shown[max(0, start - _AROUND) : end + _AROUND] for start, end in asked]
    pieces = segmenter().cut("\n".join(around), False)
    ends = np.cumsum(np.fromiter(map(len, pieces), dtype=np.intp, count=len(pieces)))
    is_border = np.zeros(int(ends[-1]) + 1, dtype=bool)
    is_border[0] = is_border[ends] = True
    lines = np.fromiter(map(len, around), dtype=np.intp, count=len(around)) + 1
    starts, stops = np.array(asked, dtype=np.intp).T
    begins = np.cumsum(lines) - lines + np.minimum(starts, _AROUND)
    asking = iter((is_border[begins] & is_border[begins + stops - starts]).tolist())
    return [is_alone and next(asking) for is_alone in alone]


def stands_alone(shown: str, start: int, end: int) -> bool:
    return standing_alone(shown, [(start, end)])[0]


@lru_cache(maxsize=20_000)
def _is_word(written: str) -> bool:
    return written in trade_words() or segmenter().has_word(written)


@cache
def component_table() -> NDArray[np.uint32]:
    table = np.arange(UNICODE, dtype=np.uint32)
    for form, component in component_forms().items():
        table[ord(form)] = ord(component)
    return table


@cache
def _splits() -> tuple[daachorse.CharwiseDoubleArrayAhoCorasick, list[str]]:
    return daachorse.CharwiseDoubleArrayAhoCorasick(list(splits())), list(splits().values())


@dataclass(frozen=True, slots=True)
class Pieces:
    """A stretch of pieces and the character they make together."""

    start: int
    end: int
    whole: str

    def moved(self, by: int) -> Pieces:
        return Pieces(self.start + by, self.end + by, self.whole)


def _near_pieces(pieces: list[Pieces], length: int) -> Iterator[tuple[int, int, list[Pieces]]]:
    """The stretches in which a word may hold pieces, and the pieces in each."""
    reach = LONGEST + 4
    near: list[Pieces] = []
    for one in sorted(pieces, key=lambda one: one.start):
        if near and one.start - reach > near[-1].end + reach:
            yield max(0, near[0].start - reach), near[-1].end + reach, near
            near = []
        near.append(one)
    if near:
        yield max(0, near[0].start - reach), min(length, near[-1].end + reach), near


def _rejoinings(shown: str, pieces: list[Pieces]) -> Iterator[tuple[str, list[int]]]:
    """The text with its pieces put together, read from the left and from the right; and where each character began."""
    seen: set[str] = set()
    for order in (sorted(pieces, key=lambda one: (one.start, -one.end)), sorted(pieces, key=lambda one: (-one.end, one.start))):
        taken: dict[int, Pieces] = {}
        busy: set[int] = set()
        for one in order:
            if busy.isdisjoint(range(one.start, one.end)):
                busy.update(range(one.start, one.end))
                taken[one.start] = one
        text, places, place = "", [], 0
        while place < len(shown):
            whole = taken.get(place)
            text += shown[place] if whole is None else whole.whole
            places.append(place)
            place = place + 1 if whole is None else whole.end
        if text not in seen:
            seen.add(text)
            yield text, [*places, len(shown)]


def _spelt(text: str) -> tuple[str, list[int]]:
    """The text in letters, and which character each letter came from; what has no sound parts it."""
    letters: list[str] = []
    places: list[int] = []
    spoken = letters_of()
    for place, char in enumerate(text):
        written = char if "a" <= char <= "z" else spoken.get(char, "\n")
        letters.append(written)
        places.extend([place] * len(written))
    return "".join(letters), places


def _is_letter(char: str) -> bool:
    return "a" <= char <= "z"


def _at_borders(letters: str, places: list[int], start: int, end: int, text: str) -> bool:
    """Whether what is left of a run of letters on either side of the match is itself read as syllables."""
    left = start
    while left and _is_letter(text[places[left - 1]]) and start - left < 24:
        left -= 1
    right = end
    while right < len(letters) and _is_letter(text[places[right]]) and right - end < 24:
        right += 1
    if start and places[start - 1] == places[start] and not _is_letter(text[places[start]]):
        return False
    if end < len(letters) and places[end] == places[end - 1] and not _is_letter(text[places[end]]):
        return False
    begins_in_letters, ends_in_letters = _is_letter(text[places[start]]), _is_letter(text[places[end - 1]])
    return (not begins_in_letters or is_pinyin(letters[left:start])) and (not ends_in_letters or is_pinyin(letters[end:right]))


def _is_aligned(letters: str, places: list[int], start: int, end: int, text: str, word: str) -> bool:
    """Whether each Chinese character of the match is one of the word's syllables, not the end of one and the start of another."""
    for spoken in _readings_of(word):
        if "".join(spoken) != letters[start:end]:
            continue
        borders, at = {start}, start
        for syllable in spoken:
            at += len(syllable)
            borders.add(at)
        if all(at in borders for at in range(start, end + 1) if _is_border(places, at, start, end, text)):
            return True
    return False


def _is_border(places: list[int], at: int, start: int, end: int, text: str) -> bool:
    if at in (start, end):
        return True
    before, after = places[at - 1], places[at]
    return before != after and (is_han(text[before]) or is_han(text[after]))


@cache
def _every_syllable() -> frozenset[str]:
    return frozenset(one for every in readings().values() for one in every)


@lru_cache(maxsize=50_000)
def is_pinyin(letters: str) -> bool:
    """This function will say whether letters can be read as syllables; nothing can."""
    if not letters:
        return True
    return any(letters[:size] in _every_syllable() and is_pinyin(letters[size:]) for size in range(1, 7) if size <= len(letters))
