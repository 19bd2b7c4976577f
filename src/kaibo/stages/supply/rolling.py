"""
How much to order at each look, and whether it would have gone well: order-up-to with a fixed review period. Pure.

At every look what is there and on its way is filled up to what sells over lead time and review period, plus the safety for
that stretch. Source: SUP-8; Silver, Pyke & Thomas, Inventory and Production Management in Supply Chains, 4th ed., §6.9
(periodic review, order-up-to level); Hyndman & Athanasopoulos, 3rd ed., §5.2 (seasonal naive).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kaibo.stages.supply.backtest import WEEK, cover

Level = Callable[[Sequence[int], int], int]
"""Days known, days to cover → units that should be there or on their way."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How an item can be had: days until it comes, days between two looks, the least a supplier takes, units a pack."""

    lead_days: int
    review_days: int
    minimum_units: int
    pack_units: int
    service_bp: int

    @property
    def stretch_days(self) -> int:
        return self.lead_days + self.review_days


@dataclass(frozen=True, slots=True)
class Look:
    """One look at an item, with everything that led to its order."""

    mean_milli: int
    history_days: int
    lead_days: int
    review_days: int
    service_bp: int
    up_to: int
    there: int
    on_its_way: int
    missing: int
    minimum_units: int
    pack_units: int
    units: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def in_packs(missing: int, *, minimum_units: int, pack_units: int) -> int:
    """This function will round what is missing up to what can be ordered: whole packs, at least the minimum; nothing stays nothing."""
    if missing <= 0:
        return 0
    wanted = max(missing, minimum_units)
    return -(-wanted // pack_units) * pack_units


def look(history: Sequence[int], *, there: int, on_its_way: int, terms: Terms) -> Look:
    """This function will say how many units to order now; orders under way count as if they were there.   Source: SUP-8."""
    up_to = ours(history, terms.stretch_days, service_bp=terms.service_bp)
    missing = max(0, up_to - there - on_its_way)
    return Look(
        mean_milli=round(1_000 * sum(history) / len(history)) if history else 0, history_days=len(history), lead_days=terms.lead_days,
        review_days=terms.review_days, service_bp=terms.service_bp, up_to=up_to, there=there, on_its_way=on_its_way, missing=missing,
        minimum_units=terms.minimum_units, pack_units=terms.pack_units,
        units=in_packs(missing, minimum_units=terms.minimum_units, pack_units=terms.pack_units),
    )  # fmt: skip


def ours(history: Sequence[int], days: int, *, service_bp: int) -> int:
    """This function will give what should be there or on its way: mean × days + z × σ × √days."""
    return cover(history, lead_days=days, service_bp=service_bp) if history else 0


def last_week_again(history: Sequence[int], days: int) -> int:
    """This function will give the naive answer: the last week's sales over again."""
    last = history[-WEEK:] or [0]
    return sum(last[day % len(last)] for day in range(days))


@dataclass(frozen=True, slots=True)
class Course:
    """How a stretch of the past would have gone: what could not be sold, on how many days, and how much lay there."""

    days: int
    wanted: int
    short_units: int
    short_days: int
    mean_stock: float
    orders: int

    @property
    def served_bp(self) -> int:
        return 10_000 if not self.wanted else round(10_000 * (self.wanted - self.short_units) / self.wanted)


def go_through(daily: Sequence[int], *, history_days: int, terms: Terms, level: Level) -> Course:
    """
    This function will play a past through day by day: each look knows only the days before it, goods come `lead_days` later
    in the morning, what is not there cannot be sold and does not come back.
    """
    coming: dict[int, int] = {}
    there = short = short_days = orders = 0
    lying = wanted = 0
    for day in range(history_days, len(daily)):
        place = day - history_days
        if place == 0:
            there = level(daily[:history_days], terms.stretch_days)  # both begin with what they would have
        there += coming.pop(day, 0)
        if place % terms.review_days == 0:
            missing = level(daily[day - history_days : day], terms.stretch_days) - there - sum(coming.values())
            units = in_packs(missing, minimum_units=terms.minimum_units, pack_units=terms.pack_units)
            if units:
                coming[day + terms.lead_days] = coming.get(day + terms.lead_days, 0) + units
                orders += 1
        sold = min(there, daily[day])
        short += daily[day] - sold
        short_days += daily[day] > sold
        there -= sold
        lying += there
        wanted += daily[day]
    days = max(0, len(daily) - history_days)
    return Course(days, wanted, short, short_days, lying / days if days else 0.0, orders)


def beside_naive(daily: Sequence[int], *, history_days: int, terms: Terms) -> tuple[Course, Course]:
    """This function will give how a past would have gone with our looks, and with the last week over again."""
    mine = go_through(daily, history_days=history_days, terms=terms, level=lambda past, days: ours(past, days, service_bp=terms.service_bp))
    naive = go_through(daily, history_days=history_days, terms=terms, level=last_week_again)
    return mine, naive


# ── items nobody sold yet ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Analogue:
    """An item like the new one, with what it sold in its first days, and how alike it is."""

    code: str
    title: str
    sold: int
    price_fen: int
    weight: int
    """1 to 3: same kind of goods; also about the price; also the same product."""


@dataclass(frozen=True, slots=True)
class FirstDays:
    """What a new item may sell in its first days, from items like it: the middle, and what eight of ten lay between."""

    days: int
    analogues: tuple[Analogue, ...]
    low: int
    middle: int
    high: int

    @property
    def is_thin(self) -> bool:
        """Fewer than five items like it: the interval is hardly one."""
        return len(self.analogues) < 5


PRICE_NEAR_BP = 3_000


def weight_of(*, same_product: bool, price_fen: int, other_fen: int) -> int:
    """This function will say how alike two items of one category are."""
    is_near = price_fen > 0 and abs(other_fen - price_fen) * 10_000 <= price_fen * PRICE_NEAR_BP
    return 1 + is_near + same_product


def first_days(analogues: Sequence[Analogue], *, days: int) -> FirstDays | None:
    """This function will forecast a new item's first days from items like it; None without any.   Source: SUP-8."""
    if not analogues:
        return None
    ranked = tuple(sorted(analogues, key=lambda one: (-one.weight, -one.sold, one.code)))
    return FirstDays(days, ranked, *(_weighted(ranked, share) for share in (1_000, 5_000, 9_000)))


def _weighted(analogues: Sequence[Analogue], share_bp: int) -> int:
    """The smallest number that so much of the weight does not exceed."""
    total, reached = sum(one.weight for one in analogues), 0
    for one in sorted(analogues, key=lambda one: one.sold):
        reached += one.weight
        if reached * 10_000 >= total * share_bp:
            return one.sold
    return max(one.sold for one in analogues)


def first_batch(forecast: FirstDays, *, terms: Terms, there: int, on_its_way: int) -> int:
    """This function will give the small first order: the middle over lead time and review period, in packs; the rest is rolled."""
    wanted = math.ceil(forecast.middle * terms.stretch_days / forecast.days)
    return in_packs(wanted - there - on_its_way, minimum_units=terms.minimum_units, pack_units=terms.pack_units)
