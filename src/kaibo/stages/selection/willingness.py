"""
What buyers say they would pay: van Westendorp's four prices and Gabor–Granger's yes or no, with bootstrap intervals. Pure.

What people say is not what they do: a trial decides, these two say where to try.   Source: SEL-13.
"""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kaibo.kit.errors import Invalid
from kaibo.kit.money import share_bp
from kaibo.stages.selection.probability import percentile, wilson_bp

DRAWS = 400
"""Bootstrap samples: the ends of a 95 % interval then move by less than a hundredth of the price."""
FEWEST = 20
"""Under so many answers an intersection is an accident; nothing is said."""


class LimitsCrossed(Invalid):
    code = "selection.price_limits_crossed"
    message_zh = "四个价格要从低到高：太便宜 < 便宜 ≤ 贵 < 太贵"
    message_en = "The four prices must rise: too cheap < cheap ≤ expensive < too expensive"


@dataclass(frozen=True, slots=True)
class Limits:
    """One respondent's four prices in fen."""

    too_cheap_fen: int
    cheap_fen: int
    expensive_fen: int
    too_expensive_fen: int


def check_limits(one: Limits) -> None:
    """This function will refuse answers that contradict themselves: they carry no price.   Raises: LimitsCrossed."""
    if not 0 <= one.too_cheap_fen < one.cheap_fen <= one.expensive_fen < one.too_expensive_fen:
        raise LimitsCrossed


@dataclass(frozen=True, slots=True)
class Point:
    """A price in fen with the interval it lies in 95 times of 100."""

    fen: int
    low_fen: int
    high_fen: int


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """
    Van Westendorp's four intersections: the range of acceptable prices from `cheapest` to `dearest`, `indifferent` and `optimal` between.

    The curves stand beside it for the picture: shares in basis points at each asked price.
    """

    answers: int
    cheapest: Point
    indifferent: Point
    optimal: Point
    dearest: Point
    prices_fen: tuple[int, ...]
    curves: Mapping[str, tuple[int, ...]]


CROSSINGS: Mapping[str, tuple[str, str]] = {
    "cheapest": ("too_cheap", "not_cheap"), "indifferent": ("cheap", "expensive"), "optimal": ("too_cheap", "too_expensive"),
    "dearest": ("not_expensive", "too_expensive"),
}  # fmt: skip
"""Which falling curve meets which rising one."""


def _share(answers: Sequence[Limits]) -> dict[str, Callable[[int], int]]:
    """Each curve counts respondents: falling ones who find the price low, rising ones who find it high."""
    too_cheap, cheap, expensive, too_expensive = (
        sorted(getattr(one, name) for one in answers) for name in ("too_cheap_fen", "cheap_fen", "expensive_fen", "too_expensive_fen")
    )
    n = len(answers)
    return {
        "too_cheap": lambda fen: n - bisect_left(too_cheap, fen), "cheap": lambda fen: n - bisect_left(cheap, fen),
        "not_cheap": lambda fen: bisect_left(cheap, fen), "expensive": lambda fen: bisect_right(expensive, fen),
        "not_expensive": lambda fen: n - bisect_right(expensive, fen), "too_expensive": lambda fen: bisect_right(too_expensive, fen),
    }  # fmt: skip


def _crossing(falling: Callable[[int], int], rising: Callable[[int], int], prices: Sequence[int]) -> int:
    """The price where the two lines between asked prices meet, to the fen. The gap only widens with the price, so it is searched by halves."""

    def gap_at(fen: int) -> int:
        return rising(fen) - falling(fen)

    place = bisect_left(prices, 0, key=gap_at)
    if place == len(prices):
        return prices[-1]
    fen = prices[place]
    gap = gap_at(fen)
    if gap == 0:  # both stand level, perhaps for a while: the middle of the while
        return (fen + prices[bisect_right(prices, 0, key=gap_at) - 1]) // 2
    if place == 0:
        return fen
    before = prices[place - 1]
    short = -gap_at(before)
    return before + (fen - before) * short // (short + gap)


def _crossings(answers: Sequence[Limits]) -> dict[str, int]:
    curves = _share(answers)
    prices = sorted({fen for one in answers for fen in (one.too_cheap_fen, one.cheap_fen, one.expensive_fen, one.too_expensive_fen)})
    return {name: _crossing(curves[down], curves[up], prices) for name, (down, up) in CROSSINGS.items()}


def price_sensitivity(answers: Sequence[Limits], *, draws: int = DRAWS, seed: int = 1) -> Sensitivity | None:
    """
    This function will find the four intersections with bootstrap intervals; None under `FEWEST` answers.

    Source: SEL-13; P. H. van Westendorp, NSS Price Sensitivity Meter, ESOMAR 1976.
    """
    for one in answers:
        check_limits(one)
    return _sensitivity(tuple(answers), draws, seed) if len(answers) >= FEWEST else None


@lru_cache(maxsize=64)
def _sensitivity(answers: tuple[Limits, ...], draws: int, seed: int) -> Sensitivity:
    """Of the same answers the same comes out: four hundred samples are drawn once, not at each look at the page."""
    found, chance = _crossings(answers), random.Random(seed)
    drawn = [_crossings(chance.choices(answers, k=len(answers))) for _ in range(draws)]
    points = {name: _point(found[name], [one[name] for one in drawn]) for name in CROSSINGS}
    prices = _picture(answers)
    curves = _share(answers)
    shares = {name: tuple(share_bp(curves[name](fen), len(answers)) for fen in prices) for name in ("too_cheap", "cheap", "expensive", "too_expensive")}
    return Sensitivity(len(answers), points["cheapest"], points["indifferent"], points["optimal"], points["dearest"], prices, shares)


def _point(fen: int, drawn: list[int]) -> Point:
    spread = sorted(float(one) for one in drawn)
    return Point(fen, min(fen, int(percentile(spread, 0.025))), max(fen, round(percentile(spread, 0.975))))


def _picture(answers: Sequence[Limits], most: int = 41) -> tuple[int, ...]:
    low, high = min(one.too_cheap_fen for one in answers), max(one.too_expensive_fen for one in answers)
    return tuple(sorted({low + (high - low) * place // (most - 1) for place in range(most)}))


# Gabor–Granger

ASKED = 10_000
"""Profit stands per so many people asked, whether they would buy or not, so that prices can be compared."""


@dataclass(frozen=True, slots=True)
class Step:
    """
    One price of the ladder: who would buy of those asked, with Wilson's interval, and the profit in fen per 10,000 people asked.

    `smooth_bp` is the share after neighbours that contradict each other (more buyers at a higher price) were pooled.
    """

    price_fen: int
    buyers: int
    asked: int
    smooth_bp: int
    low_bp: int
    high_bp: int
    profit_fen: int
    profit_low_fen: int
    profit_high_fen: int

    @property
    def share_bp(self) -> int:
        return share_bp(self.buyers, self.asked)


@dataclass(frozen=True, slots=True)
class Ladder:
    """The ladder with the step of the highest profit, the span in which 95 of 100 samples drawn anew had theirs, and how often it was this one."""

    steps: tuple[Step, ...]
    respondents: int
    best: Step
    best_low_fen: int
    best_high_fen: int
    won_bp: int


Said = Mapping[int, bool]
"""One respondent: price in fen → whether they would buy."""


def price_ladder(said: Sequence[Said], *, profit_each_fen: Callable[[int], int], draws: int = DRAWS, seed: int = 1) -> Ladder | None:
    """
    This function will read who would buy at which price and find the price with the highest profit per person asked.

    `profit_each_fen` gives the profit of one shipped piece at a price. Respondents are drawn anew whole, since one person's answers go
    together. None under `FEWEST` respondents or with a single price.   Source: SEL-13; A. Gabor, C. W. J. Granger, Economica 33 (1966).
    """
    prices = sorted({fen for one in said for fen in one})
    if len(said) < FEWEST or len(prices) < 2:
        return None
    profits = {fen: profit_each_fen(fen) for fen in prices}
    counts = _counts(said, prices)
    best = _best(counts, profits)
    chance = random.Random(seed)
    drawn: list[dict[int, int]] = []
    winners: list[int] = []
    for _ in range(draws):
        again = _counts(chance.choices(said, k=len(said)), prices)
        drawn.append(_profits(again, profits))
        winners.append(_best(again, profits))
    smooth = _pooled(counts)
    steps = tuple(_step(fen, counts, smooth, profits, [one[fen] for one in drawn if fen in one]) for fen in prices)
    spread = sorted(float(one) for one in winners)
    return Ladder(
        steps, len(said), next(one for one in steps if one.price_fen == best), int(percentile(spread, 0.025)), round(percentile(spread, 0.975)),
        share_bp(sum(one == best for one in winners), draws),
    )  # fmt: skip


def _counts(said: Sequence[Said], prices: Sequence[int]) -> list[tuple[int, int, int]]:
    """(price, buyers, asked), only where anybody was asked."""
    buyers, asked = dict.fromkeys(prices, 0), dict.fromkeys(prices, 0)
    for one in said:
        for fen, would in one.items():
            asked[fen] += 1
            buyers[fen] += would
    return [(fen, buyers[fen], asked[fen]) for fen in prices if asked[fen]]


def _pooled(counts: Sequence[tuple[int, int, int]]) -> dict[int, tuple[int, int]]:
    """Nobody buys more at a higher price: neighbours that say so are pooled until the shares fall (pool adjacent violators)."""
    blocks: list[tuple[list[int], int, int]] = []
    for fen, buyers, asked in counts:
        blocks.append(([fen], buyers, asked))
        while len(blocks) > 1 and blocks[-1][1] * blocks[-2][2] > blocks[-2][1] * blocks[-1][2]:
            prices, more, them = blocks.pop()
            before = blocks.pop()
            blocks.append((before[0] + prices, before[1] + more, before[2] + them))
    return {fen: (buyers, asked) for prices, buyers, asked in blocks for fen in prices}


def _profits(counts: Sequence[tuple[int, int, int]], profits: Mapping[int, int]) -> dict[int, int]:
    return {fen: profits[fen] * buyers * ASKED // asked for fen, (buyers, asked) in _pooled(counts).items()}


def _best(counts: Sequence[tuple[int, int, int]], profits: Mapping[int, int]) -> int:
    """Of equal profits the lower price: more buyers for the same money."""
    found = _profits(counts, profits)
    return min(found, key=lambda fen: (-found[fen], fen))


def _step(fen: int, counts: Sequence[tuple[int, int, int]], smooth: Mapping[int, tuple[int, int]], profits: Mapping[int, int], drawn: list[int]) -> Step:
    buyers, asked = next((buyers, asked) for price, buyers, asked in counts if price == fen)
    low, high = wilson_bp(buyers, asked)
    spread = sorted(float(one) for one in drawn)
    profit = _profits(counts, profits)[fen]
    return Step(
        fen, buyers, asked, share_bp(*smooth[fen]), low, high, profit, min(profit, int(percentile(spread, 0.025))), max(profit, round(percentile(spread, 0.975)))
    )
