"""Which of several objections at one place counts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby

from kaibo.language.lexicon import Entry, Severity


@dataclass(frozen=True, slots=True)
class Found:
    """An objection to a stretch of the plain text."""

    start: int
    end: int
    entry: Entry
    severity: Severity
    disguise: str = ""


def leftmost_longest(found: list[Found]) -> list[Found]:
    """
    This function will choose objections that do not overlap: the grave before the light, then the leftmost, then the longest.

    The specific speaks for the general (最新 for 最), whatever their severity; a grave word of another kind is never covered
    by a lighter one around it. What stands there as it is goes before what only sounds or looks so.
    """
    ordered = sorted(found, key=lambda one: (one.start, -one.end, one.severity != "block", one.disguise != ""))
    specific = _specific(ordered)
    grave = _apart([one for one in specific if one.severity == "block"])
    return _with_light(grave, [one for one in specific if one.severity == "review"])


def _specific(ordered: list[Found]) -> list[Found]:
    """Those no longer one around them speaks for. What comes before in this order and reaches as far is around."""
    reach_of_kind: dict[str, int] = defaultdict(int)
    reach_of_grave = reach = 0
    kept: list[Found] = []
    for (_, end), group in groupby(ordered, key=lambda one: (one.start, one.end)):
        same = list(group)
        for one in same:
            around = max(reach_of_kind[one.entry.kind], reach_of_grave, reach if one.severity == "review" else 0)
            if around < end:
                kept.append(one)
        for one in same:
            reach_of_kind[one.entry.kind] = max(reach_of_kind[one.entry.kind], end)
            reach = max(reach, end)
            if one.severity == "block":
                reach_of_grave = max(reach_of_grave, end)
    return kept


def _apart(ordered: list[Found]) -> list[Found]:
    chosen: list[Found] = []
    for one in ordered:
        if not chosen or chosen[-1].end <= one.start:
            chosen.append(one)
    return chosen


def _with_light(grave: list[Found], light: list[Found]) -> list[Found]:
    chosen: list[Found] = []
    waiting = list(reversed(grave))
    last_end = 0
    for one in light:
        while waiting and waiting[-1].start < one.start:
            chosen.append(waiting.pop())
        last_end = chosen[-1].end if chosen else 0
        if last_end <= one.start and not (waiting and waiting[-1].start < one.end):
            chosen.append(one)
    return [*chosen, *reversed(waiting)]
