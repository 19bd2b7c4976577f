"""How well a supplier does, from what happened: each figure with its counts, its points and its weight. Pure (SUP-1, SUP-2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

BP = 10_000
FIGURES = ("on_time", "passed", "defects", "returns", "price", "response", "screening")


@dataclass(frozen=True, slots=True)
class Scale:
    """What a figure is worth nothing at, and what it is worth everything at; linear between. `unit` is bp, ppm or minutes."""

    nothing: int
    full: int
    unit: str


SCALES: Mapping[str, Scale] = {
    "on_time": Scale(7_000, BP, "bp"),
    "passed": Scale(8_000, BP, "bp"),
    "defects": Scale(50_000, 0, "ppm"),
    "returns": Scale(50_000, 0, "ppm"),
    "price": Scale(8_000, BP, "bp"),
    "response": Scale(48 * 60, 4 * 60, "minutes"),
    "screening": Scale(0, BP, "bp"),
}
"""Chosen by this house, not by a standard; the page shows them beside every figure."""


@dataclass(frozen=True, slots=True)
class Figure:
    """
    One figure of a supplier: `part` of `whole` is what was counted (median minutes and number of answers for response),
    `value` in the unit of its scale, `points_bp` what it is worth. Without anything counted it says nothing.
    """

    key: str
    part: int
    whole: int
    value: int | None
    points_bp: int | None
    weight: int


@dataclass(frozen=True, slots=True)
class Score:
    """A supplier's score: the weighted mean of the figures that say something, and how much of the weight they are."""

    total_bp: int | None
    covered_bp: int
    figures: tuple[Figure, ...]


def points(key: str, value: int) -> int:
    """This function will give what a value is worth, 0 to 10,000, rounded down, never outside."""
    scale = SCALES[key]
    reached = (value - scale.nothing) * BP
    return max(0, min(BP, reached // (scale.full - scale.nothing)))


def median(values: Sequence[int]) -> int:
    """This function will give the middle of values, the lower one of two."""
    return sorted(values)[(len(values) - 1) // 2]


def share(key: str, part: int, whole: int, weight: int) -> Figure:
    """This function will make a figure of a share: bp or ppm as its scale says."""
    if whole <= 0:
        return Figure(key, part, whole, None, None, weight)
    value = part * (BP if SCALES[key].unit == "bp" else 1_000_000) // whole
    return Figure(key, part, whole, value, points(key, value), weight)


def middle(key: str, values: Sequence[int], weight: int) -> Figure:
    """This function will make a figure of the median of values."""
    if not values:
        return Figure(key, 0, 0, None, None, weight)
    value = median(values)
    return Figure(key, value, len(values), value, points(key, value), weight)


def mean(key: str, values: Sequence[int], weight: int) -> Figure:
    """This function will make a figure of the mean of values."""
    if not values:
        return Figure(key, 0, 0, None, None, weight)
    value = sum(values) // len(values)
    return Figure(key, value, len(values), value, points(key, value), weight)


def score(figures: Sequence[Figure]) -> Score:
    """
    This function will weigh the figures that say something; what nothing is known of does not count against anybody.

    Source: SUP-1, SUP-2.
    """
    known = [one for one in figures if one.points_bp is not None and one.weight > 0]
    weight = sum(one.weight for one in known)
    whole = sum(one.weight for one in figures if one.weight > 0)
    if not weight:
        return Score(None, 0, tuple(figures))
    total = sum((one.points_bp or 0) * one.weight for one in known) // weight
    return Score(total, weight * BP // whole, tuple(figures))


@dataclass(frozen=True, slots=True)
class Standby:
    """A supplier that agreed to step in for an item."""

    supplier_id: object
    lead_days: int
    price_fen: int
    units_a_week: int
    score_bp: int


def choose_standby(standbys: Sequence[Standby], *, wanted_units: int) -> Standby | None:
    """
    This function will choose who steps in: who can make the wanted units in a week comes first, then the fastest, the
    cheapest, the best scored; None when nobody agreed to.   Source: SUP-9.
    """
    if not standbys:
        return None
    return min(standbys, key=lambda one: (one.units_a_week < wanted_units, one.lead_days, one.price_fen, -one.score_bp, str(one.supplier_id)))
