"""Which characters every match of a pattern holds one of, so that the pattern is tried only where one stands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from re import _constants as kinds  # type: ignore[attr-defined]  # the parser of re, which typeshed does not know
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Final

import daachorse

_MOST: Final = 400
_MOST_PAIRS: Final = 1_500
_COMMON: Final = frozenset("的一是了我不人在有这个上们来到大为和国地以会就要可天日月年小中下多好看白能买用号加是0123456789abcdefghijklmnopqrstuvwxyz")


_SETS: Final = 4


@cache
def anchors_of(pattern: re.Pattern[str]) -> tuple[frozenset[str], ...]:
    """This function will give sets of strings of one or two characters: every match holds one of each set. The rarest first."""
    options = set(_options(parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)))
    return tuple(sorted(options, key=lambda one: (_cost(one), sorted(one)))[:_SETS])


class Gate:
    """Patterns, and which of them may match a text: those of each of whose sets a string stands in it."""

    def __init__(self, patterns: Sequence[re.Pattern[str]]) -> None:
        self._wanted = [len(anchors_of(pattern)) for pattern in patterns]
        sets_of: dict[str, list[tuple[int, int]]] = {}
        for which, pattern in enumerate(patterns):
            for number, anchors in enumerate(anchors_of(pattern)):
                for anchor in anchors:
                    sets_of.setdefault(anchor, []).append((which, number))
        self._sets = list(sets_of.values())
        self._open = [which for which, wanted in enumerate(self._wanted) if not wanted]
        self._automaton = daachorse.CharwiseDoubleArrayAhoCorasick(list(sets_of)) if sets_of else None

    def opened_by(self, plain: str) -> list[int]:
        """This function will list the patterns that may match a plain text, by number."""
        if self._automaton is None:
            return self._open
        seen = {one for _, _, anchor in self._automaton.find_overlapping(plain) for one in self._sets[anchor]}
        met: dict[int, int] = {}
        for which, _ in seen:
            met[which] = met.get(which, 0) + 1
        return sorted([*self._open, *(which for which, count in met.items() if count == self._wanted[which])])


@cache
def fewest_digits(pattern: re.Pattern[str]) -> int:
    """This function will give how many digits 0-9 every match of a pattern holds at least."""
    return _digits(parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG))


def _digits(sequence: Any) -> int:
    return sum(_digits_of_one(kind, value) for kind, value in sequence)


def _digits_of_one(kind: Any, value: Any) -> int:
    if kind is kinds.LITERAL:
        return int(chr(value) in "0123456789")
    if kind is kinds.IN:
        chars = _of_set(value)
        return int(chars is not None and chars <= set("0123456789"))
    if kind is kinds.BRANCH:
        return min(map(_digits, value[1]))
    if kind is kinds.SUBPATTERN:
        return _digits(value[-1])
    if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT):
        return int(value[0]) * _digits(value[2])
    return _digits(value) if kind is kinds.ATOMIC_GROUP else 0


def _best(sequence: Any) -> frozenset[str] | None:
    return min(_options(sequence), key=_cost, default=None)


def _options(sequence: Any) -> list[frozenset[str]]:
    options: list[frozenset[str]] = []
    for kind, value in sequence:
        found = frozenset([chr(value)]) if kind is kinds.LITERAL else _of_one(kind, value)
        if found is not None and len(found) <= _MOST:
            options.append(found)
    return options + _borders(sequence)


def _borders(sequence: Any) -> list[frozenset[str]]:
    """Where something that must stand there ends, each character it may end with stands before one that may follow."""
    ends = [_ends(kind, value) for kind, value in sequence]
    borders = []
    for place, (_, lasts, is_empty) in enumerate(ends):
        if is_empty or lasts is None:
            continue
        firsts: frozenset[str] | None = frozenset()
        for first, _, may_be_empty in ends[place + 1 :]:
            firsts = None if firsts is None or first is None else firsts | first
            if not may_be_empty:
                break
        else:
            continue  # nothing has to follow
        if firsts is not None and 0 < len(lasts) * len(firsts) <= _MOST_PAIRS:
            borders.append(frozenset(last + first for last in lasts for first in firsts))
    return borders


_Ends = tuple[frozenset[str] | None, frozenset[str] | None, bool]
"""The characters something may begin and end with, None where any may, and whether it may be empty."""


def _ends(kind: Any, value: Any) -> _Ends:
    if kind is kinds.LITERAL:
        return frozenset([chr(value)]), frozenset([chr(value)]), False
    if kind is kinds.IN:
        chars = _of_set(value)
        return chars, chars, False
    if kind in (kinds.AT, kinds.ASSERT, kinds.ASSERT_NOT):
        return frozenset(), frozenset(), True
    if kind is kinds.BRANCH:
        each = [_ends_of(one) for one in value[1]]
        return _joined([one[0] for one in each]), _joined([one[1] for one in each]), any(one[2] for one in each)
    if kind is kinds.SUBPATTERN:
        return _ends_of(value[-1])
    if kind is kinds.ATOMIC_GROUP:
        return _ends_of(value)
    if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT):
        first, last, is_empty = _ends_of(value[2])
        return first, last, is_empty or value[0] == 0
    return None, None, kind not in (kinds.ANY, kinds.NOT_LITERAL)


def _ends_of(sequence: Any) -> _Ends:
    ends = [_ends(kind, value) for kind, value in sequence]
    return _reached(ends, 0), _reached(ends[::-1], 1), all(one[2] for one in ends)


def _reached(ends: list[_Ends], side: int) -> frozenset[str] | None:
    reached = []
    for one in ends:
        reached.append(one[side])
        if not one[2]:
            break
    return _joined(reached)


def _joined(sets: list[Any]) -> frozenset[str] | None:
    return None if any(one is None for one in sets) else frozenset().union(*sets)


def _of_one(kind: Any, value: Any) -> frozenset[str] | None:
    if kind is kinds.IN:
        return _of_set(value)
    if kind is kinds.BRANCH:
        each = [_best(one) for one in value[1]]
        return None if any(one is None for one in each) else frozenset().union(*(one for one in each if one))
    if kind is kinds.SUBPATTERN:
        return _best(value[-1])
    if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT):
        return _best(value[2]) if value[0] >= 1 else None
    if kind is kinds.ATOMIC_GROUP:
        return _best(value)
    return None


def _of_set(members: Any) -> frozenset[str] | None:
    chars: set[str] = set()
    for kind, value in members:
        if kind is kinds.LITERAL:
            chars.add(chr(value))
        elif kind is kinds.RANGE and value[1] - value[0] < _MOST:
            chars.update(map(chr, range(value[0], value[1] + 1)))
        else:
            return None
    return frozenset(chars)


def _cost(anchors: frozenset[str]) -> float:
    return sum(20.0 if len(one) == 1 and one in _COMMON else 1.0 if len(one) == 1 else 0.1 for one in anchors)
