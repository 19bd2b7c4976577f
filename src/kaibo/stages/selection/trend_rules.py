"""
Whether a word grows: Mann-Kendall's test with ties, Sen's slope on the logarithm, and a correction for asking of many words. Pure.

A niche that goes mainstream is told from its growth, never from a label: it must have been small, must grow beyond chance
(false discoveries held to 5 % among all words asked), and must have at least doubled.   Source: SEL-4.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from kaibo.stages.selection.probability import percentile

FEWEST_WEEKS = 6
"""With fewer weeks even a row that only rises could be chance among many words."""


class Course(StrEnum):
    """What a word's weeks say."""

    MAINSTREAM = "mainstream"
    RISING = "rising"
    STEADY = "steady"
    FALLING = "falling"
    TOO_SHORT = "too_short"


@dataclass(frozen=True, slots=True)
class Series:
    """A word with its weekly heat, oldest first, each week once."""

    word: str
    heat: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """When a growing word counts as a niche that goes mainstream; all are thresholds on the settings page."""

    false_discovery_bp: int = 500
    niche_share_bp: int = 5_000
    """It began at or below this share of the middle word's heat."""
    least_growth_bp: int = 20_000
    """Its newest quarter is at least this much of its oldest (20,000 = twice)."""


@dataclass(frozen=True, slots=True)
class Trend:
    """A word's test: `p` against no trend at all (two-sided), `cut` what p had to stay below among all words asked."""

    word: str
    course: Course
    weeks: int
    first: int
    last: int
    weekly_growth_bp: int
    p: float
    cut: float


def mann_kendall_p(values: Sequence[float]) -> tuple[int, float]:
    """
    This function will give Kendall's S and the two-sided chance of so much order in a row without any trend.

    Up to ten values without ties it counts the orders exactly; else by the normal approximation with ties and continuity.
    """
    n = len(values)
    score = sum((later > earlier) - (later < earlier) for place, earlier in enumerate(values) for later in values[place + 1 :])
    ties = [times for times in Counter(values).values() if times > 1]
    if not ties and n <= _EXACT_UP_TO:
        return score, _exact_p(n, abs(score))
    variance = (n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)) / 18
    if variance <= 0:
        return score, 1.0
    z = max(0, abs(score) - 1) / math.sqrt(variance)
    return score, math.erfc(z / math.sqrt(2))


_EXACT_UP_TO = 10


@cache
def _exact_p(n: int, score: int) -> float:
    """How many of all n! orders have a score at least as far from zero."""
    ways = {0: 1}  # inversions → orders of the first k values
    for k in range(2, n + 1):
        grown: Counter[int] = Counter()
        for inversions, times in ways.items():
            for more in range(k):
                grown[inversions + more] += times
        ways = grown
    most = n * (n - 1) // 2
    return sum(times for inversions, times in ways.items() if abs(most - 2 * inversions) >= score) / math.factorial(n)


def weekly_growth(values: Sequence[int]) -> float:
    """This function will give Sen's slope of the logarithm as a factor less one: 0.1 is ten percent more each week."""
    logs = [math.log1p(value) for value in values]
    slopes = sorted((later - earlier) / (there - here) for here, earlier in enumerate(logs) for there, later in enumerate(logs) if there > here)
    return math.expm1(percentile(slopes, 0.5)) if slopes else 0.0


def discoveries(chances: Sequence[float], rate: float) -> float:
    """This function will give the largest p that still counts when the share of false discoveries is held (Benjamini and Hochberg)."""
    ordered = sorted(chances)
    passing = [p for place, p in enumerate(ordered, start=1) if p <= rate * place / len(ordered)]
    return passing[-1] if passing else 0.0


def judge(series: Sequence[Series], limits: Limits) -> list[Trend]:
    """
    This function will test every word and say which grow, which fall, and which niches go mainstream; fastest growth first.

    Weeks of one word hang together (a hot week is followed by a hot one), which would let the test see trends in mere
    wandering; so the chance is widened by the row's own first correlation after its trend is taken out.
    """
    long_enough = [one for one in series if len(one.heat) >= FEWEST_WEEKS]
    tested = {one.word: (mann_kendall_p(one.heat)[0], _widened_p(one.heat)) for one in long_enough}
    cut = discoveries([p for _score, p in tested.values()], limits.false_discovery_bp / 10_000) if tested else 0.0
    starts = sorted(_quarter(one.heat, newest=False) for one in long_enough)
    middle = percentile([float(one) for one in starts], 0.5) if starts else 0.0
    found = []
    for one in series:
        first, last = _quarter(one.heat, newest=False), _quarter(one.heat, newest=True)
        score, p = tested.get(one.word, (0, 1.0))
        is_found = one.word in tested and cut > 0 and p <= cut
        course = _course(score, first, last, middle, limits) if is_found else Course.STEADY
        if one.word not in tested:
            course = Course.TOO_SHORT
        found.append(Trend(one.word, course, len(one.heat), first, last, round(weekly_growth(one.heat) * 10_000), p, cut))
    return sorted(found, key=lambda one: (_ORDER[one.course], -one.weekly_growth_bp, one.word))


_ORDER = {Course.MAINSTREAM: 0, Course.RISING: 1, Course.STEADY: 2, Course.FALLING: 3, Course.TOO_SHORT: 4}


def _course(score: int, first: int, last: int, middle: float, limits: Limits) -> Course:
    if score < 0:
        return Course.FALLING
    was_niche = first * 10_000 <= middle * limits.niche_share_bp
    has_grown = last * 10_000 >= max(1, first) * limits.least_growth_bp
    return Course.MAINSTREAM if was_niche and has_grown else Course.RISING


def _quarter(heat: Sequence[int], *, newest: bool) -> int:
    """The mean of a row's first or last quarter, so that one odd week decides nothing."""
    if not heat:
        return 0
    size = max(1, len(heat) // 4)
    held = heat[-size:] if newest else heat[:size]
    return round(sum(held) / size)


def _widened_p(heat: Sequence[int]) -> float:
    """This function will give the chance of the test with the variance widened for weeks that hang together."""
    score, p = mann_kendall_p(heat)
    n = len(heat)
    logs = [math.log1p(value) for value in heat]
    slope = math.log1p(weekly_growth(heat))
    rest = [value - slope * place for place, value in enumerate(logs)]
    mean = sum(rest) / n
    spread = sum((value - mean) ** 2 for value in rest)
    if spread <= 1e-12 * n:
        return p
    tie = sum((rest[place] - mean) * (rest[place + 1] - mean) for place in range(n - 1)) / spread
    tie = max(0.0, min(0.9, tie + (2 + 4 * max(0.0, tie)) / n))  # a short row from which a line was taken comes out too low by about this
    widening = (1 + tie) / (1 - tie)
    variance = n * (n - 1) * (2 * n + 5) / 18 * widening
    z = max(0, abs(score) - 1) / math.sqrt(variance)
    return max(p, math.erfc(z / math.sqrt(2)))
