"""
How sales answered to the own price in the past, with an interval, and what that says of other prices. Pure.

Poisson regression of units on the logarithm of price (and of viewers, where they are known), with a variance that is robust against
overdispersion (sandwich, HC3) and Student's t for few days. It says "not enough" where the price hardly moved.   Source: SEL-13.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kaibo.kit.money import BP
from kaibo.stages.selection.probability import t_of

FEWEST_DAYS = 8
FEWEST_UNITS = 30
LEAST_SPREAD_BP = 500
"""The dearest day at least this share above the cheapest: otherwise the slope is a guess."""
CONFIDENCE_BP = 9_500
FURTHEST_BP = 2_000
"""How far outside the prices that were really asked a prediction may go; further is invention."""


@dataclass(frozen=True, slots=True)
class Day:
    """What was sold on one occasion (a day, a session) at one price; `reached` is how many people saw it, 0 when nobody counted."""

    price_fen: int
    units: int
    reached: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """Elasticity in hundredths (−150: one percent dearer sells one and a half percent less) with its 95 % interval, and the fit behind it."""

    elasticity: float
    low: float
    high: float
    days: int
    units: int
    cheapest_fen: int
    dearest_fen: int
    by_reach: bool
    dispersion: float
    middle: float
    """Logarithm of the geometric mean price the fit is centred on."""
    level: float
    covariance: tuple[float, float, float]
    """Of level and slope: var, cov, var."""
    t: float
    left_out: int = 0
    """Days whose price was no price of these goods: a slip of the finger, a gift, another item."""

    @property
    def is_sure(self) -> bool:
        """Whether the interval lies on one side of zero."""
        return self.high < 0 or self.low > 0


@dataclass(frozen=True, slots=True)
class TooLittle:
    """Why nothing is said: `few_days`, `few_units`, `flat` or `unfit`, with what there is and what it takes."""

    why: str
    have: int
    need: int


def elasticity(days: Sequence[Day]) -> Answer | TooLittle:
    """
    This function will estimate the price elasticity of own sales, or say what is missing.

    Viewers count as exposure where every day has them.   Source: SEL-13.
    """
    told = plausible(days)
    units = sum(one.units for one in told)
    if len(told) < FEWEST_DAYS:
        return TooLittle("few_days", len(told), FEWEST_DAYS)
    if units < FEWEST_UNITS:
        return TooLittle("few_units", units, FEWEST_UNITS)
    cheapest, dearest = min(one.price_fen for one in told), max(one.price_fen for one in told)
    spread = (dearest - cheapest) * BP // cheapest
    if spread < LEAST_SPREAD_BP:
        return TooLittle("flat", spread, LEAST_SPREAD_BP)
    by_reach = all(one.reached > 0 for one in told)
    middle = math.fsum(math.log(one.price_fen) for one in told) / len(told)
    xs = [math.log(one.price_fen) - middle for one in told]
    fitted = _fit(xs, [one.units for one in told], [math.log(one.reached) if by_reach else 0.0 for one in told])
    if fitted is None:
        return TooLittle("unfit", len(told), FEWEST_DAYS)
    level, slope, covariance, dispersion = fitted
    t = t_of(CONFIDENCE_BP, len(told) - 2)
    spread_each = t * math.sqrt(covariance[2])
    return Answer(
        slope, slope - spread_each, slope + spread_each, len(told), units, cheapest, dearest, by_reach, dispersion, middle, level, covariance, t, len(days) - len(told)
    )


def plausible(days: Sequence[Day]) -> list[Day]:
    """This function will leave out days whose price lies below half or above twice the middle price: one ¥5.99 for ¥599 would bend every slope."""
    priced = [one for one in days if one.price_fen > 0]
    if not priced:
        return []
    middle_fen = sorted(one.price_fen for one in priced)[len(priced) // 2]
    return [one for one in priced if middle_fen <= 2 * one.price_fen and one.price_fen <= 2 * middle_fen]


Fitted = tuple[float, float, tuple[float, float, float], float]


def _fit(xs: list[float], ys: list[int], offsets: list[float]) -> Fitted | None:
    """Newton's steps of a Poisson regression with one slope; None when they do not settle (as when only one day sold anything)."""
    level, slope = math.log(sum(ys) / math.fsum(math.exp(one) for one in offsets)), 0.0
    for _ in range(60):
        means = _means(level, slope, xs, offsets)
        if means is None:
            return None
        a, b, c = math.fsum(means), math.fsum(m * x for m, x in zip(means, xs, strict=True)), math.fsum(m * x * x for m, x in zip(means, xs, strict=True))
        determinant = a * c - b * b
        if determinant <= 1e-12 * max(1.0, a * c):
            return None
        errors = [y - m for y, m in zip(ys, means, strict=True)]
        g, h = math.fsum(errors), math.fsum(e * x for e, x in zip(errors, xs, strict=True))
        step_level, step_slope = (c * g - b * h) / determinant, (a * h - b * g) / determinant
        level, slope = level + max(-3.0, min(3.0, step_level)), slope + max(-3.0, min(3.0, step_slope))
        if abs(step_level) < 1e-10 and abs(step_slope) < 1e-10:
            return level, slope, *_spread(xs, ys, means, (a, b, c, determinant))
    return None


def _means(level: float, slope: float, xs: list[float], offsets: list[float]) -> list[float] | None:
    tops = [level + slope * x + offset for x, offset in zip(xs, offsets, strict=True)]
    return [math.exp(one) for one in tops] if max(tops) < 50 and abs(slope) < 60 else None


def _spread(xs: list[float], ys: list[int], means: list[float], bread: tuple[float, float, float, float]) -> tuple[tuple[float, float, float], float]:
    """Sandwich with HC3: each day's error is divided by what it left to the others, so few days do not look surer than they are."""
    a, b, c, determinant = bread
    aa, ab, bb = c / determinant, -b / determinant, a / determinant
    p = q = r = dispersion = 0.0
    for x, y, m in zip(xs, ys, means, strict=True):
        leverage = min(0.99, m * (aa + 2 * ab * x + bb * x * x))
        error = ((y - m) / (1 - leverage)) ** 2
        p, q, r = p + error, q + error * x, r + error * x * x
        dispersion += (y - m) ** 2 / m
    covariance = (
        aa * (aa * p + ab * q) + ab * (aa * q + ab * r),
        aa * (ab * p + bb * q) + ab * (ab * q + bb * r),
        ab * (ab * p + bb * q) + bb * (ab * q + bb * r),
    )
    return covariance, dispersion / max(1, len(xs) - 2)


# What it says of prices


@dataclass(frozen=True, slots=True)
class Predicted:
    """Expected pieces of one occasion at a price and their profit in fen, each with its 95 % interval; `is_outside` lies beyond the prices asked."""

    price_fen: int
    units: float
    units_low: float
    units_high: float
    profit_fen: int
    profit_low_fen: int
    profit_high_fen: int
    is_outside: bool


@dataclass(frozen=True, slots=True)
class Best:
    """The price with the highest expected profit, and which prices cannot be told from it: their intervals reach its profit."""

    price: Predicted
    low_fen: int
    high_fen: int


def predictions(answer: Answer, *, profit_each_fen: Callable[[int], int], reached: int = 1, most: int = 13) -> list[Predicted]:
    """This function will say what each price would sell and earn, never further than `FURTHEST_BP` outside the prices that were asked."""
    low = max(1, answer.cheapest_fen - answer.cheapest_fen * FURTHEST_BP // BP)
    high = answer.dearest_fen + answer.dearest_fen * FURTHEST_BP // BP
    prices = sorted({low + (high - low) * place // (most - 1) for place in range(most)})
    return [predicted(answer, fen, profit_each_fen=profit_each_fen, reached=reached) for fen in prices]


def predicted(answer: Answer, price_fen: int, *, profit_each_fen: Callable[[int], int], reached: int = 1) -> Predicted:
    """This function will say what one price would sell and earn, as an expected value with its interval."""
    x = math.log(price_fen) - answer.middle
    top = answer.level + answer.elasticity * x + (math.log(reached) if answer.by_reach else 0.0)
    spread = answer.t * math.sqrt(max(0.0, answer.covariance[0] + 2 * answer.covariance[1] * x + answer.covariance[2] * x * x))
    units, low, high = math.exp(top), math.exp(top - spread), math.exp(top + spread)
    each = profit_each_fen(price_fen)
    ends = sorted((_money(each, low), _money(each, high)))
    return Predicted(
        price_fen, units, low, high, _money(each, units), ends[0], ends[1], not answer.cheapest_fen <= price_fen <= answer.dearest_fen
    )


def _money(each: int, units: float) -> int:
    return round(each * units)


def best_of(points: Sequence[Predicted]) -> Best | None:
    """This function will find the best price, with the span of prices whose interval still reaches its profit."""
    if not points:
        return None
    best = max(points, key=lambda one: (one.profit_fen, -one.price_fen))
    alike = [one.price_fen for one in points if one.profit_high_fen >= best.profit_fen]
    return Best(best, min(alike), max(alike))
