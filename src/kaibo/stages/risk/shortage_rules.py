"""A stock-out in figures: how many orders wait for an item, and how many of them each way out would serve in time. Pure.   Source: RSK-2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from kaibo.kit.clock import business_date


@dataclass(frozen=True, slots=True)
class Waiting:
    """An order that waits for an item: how many units, by when it was promised to leave, what its buyer paid for those units."""

    units: int
    ship_by: datetime | None
    paid_fen: int


@dataclass(frozen=True, slots=True)
class Served:
    """What a way out does: orders that get their units at all, and of them those that still leave by their promise."""

    orders: int
    in_time: int


def served(waiting: Sequence[Waiting], *, units: int, here_on: date) -> Served:
    """
    This function will say how many waiting orders so many units here on a day would serve: the most urgent first, each whole or
    not at all – an order that wants more than is left is passed over. In time is who leaves on or before the day of its promise.
    """
    left, orders, in_time = units, 0, 0
    for one in sorted(waiting, key=lambda one: (one.ship_by is None, one.ship_by.timestamp() if one.ship_by else 0.0)):
        if one.units > left:
            continue
        left -= one.units
        orders += 1
        in_time += one.ship_by is None or here_on <= business_date(one.ship_by)
    return Served(orders, in_time)


def short_units(waiting: Sequence[Waiting], there: int) -> int:
    return max(0, sum(one.units for one in waiting) - there)


def by_promise(waiting: Sequence[Waiting], now: datetime) -> tuple[int, int, int]:
    """This function will count waiting orders: past their promise, due within the day's 24 hours, later or unpromised. Together all of them."""
    late = sum(1 for one in waiting if one.ship_by is not None and one.ship_by < now)
    soon = sum(1 for one in waiting if one.ship_by is not None and one.ship_by >= now and (one.ship_by - now).total_seconds() < 86_400)
    return late, soon, len(waiting) - late - soon
