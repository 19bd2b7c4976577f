"""
Would the stock we keep have sufficed? Rolling back-test of what must be on hand for a lead time, beside a seasonal naive one. Pure.

Source: SUP-7; pinball loss: Koenker & Bassett 1978; seasonal naive with its interval: Hyndman & Athanasopoulos, Forecasting:
Principles and Practice, 3rd ed., §5.2 and §5.5.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from kaibo.kit.money import BP

WEEK = 7


@dataclass(frozen=True, slots=True)
class Round:
    """One moment of the past: what was wanted in the following lead time, and what each method would have kept."""

    day: int
    wanted: int
    ours: int
    naive: int


@dataclass(frozen=True, slots=True)
class Backtest:
    """
    The rounds of a series with their losses. A loss weighs a missing unit with the service level and one too many with
    the rest, in units; less is better. `covered` counts the rounds in which what was kept sufficed.
    """

    rounds: tuple[Round, ...]
    ours_loss: float
    naive_loss: float
    ours_covered: int
    naive_covered: int

    @property
    def is_better(self) -> bool:
        return self.ours_loss <= self.naive_loss


def pinball(wanted: float, kept: float, service_bp: int) -> float:
    """This function will give the loss of having kept so much when so much was wanted."""
    share = service_bp / BP
    return share * (wanted - kept) if wanted > kept else (1 - share) * (kept - wanted)


def cover(history: Sequence[int], *, lead_days: int, service_bp: int) -> int:
    """This function will give what must be on hand for a lead time: mean × L + z × σ × √L, as the safety line computes it.   Source: SUP-7."""
    days = len(history)
    mean = sum(history) / days
    deviation = math.sqrt(sum((units - mean) ** 2 for units in history) / (days - 1)) if days > 1 else 0.0
    return _up(mean * lead_days + NormalDist().inv_cdf(service_bp / BP) * deviation * math.sqrt(lead_days))


def naive_cover(history: Sequence[int], *, lead_days: int, service_bp: int) -> int:
    """This function will repeat last week's days over the lead time, plus z × the usual error of doing so × √L."""
    last = history[-WEEK:]
    repeated = sum(last[day % WEEK] for day in range(lead_days))
    errors = [history[day] - history[day - WEEK] for day in range(WEEK, len(history))]
    usual = math.sqrt(sum(error**2 for error in errors) / len(errors)) if errors else 0.0
    return _up(repeated + NormalDist().inv_cdf(service_bp / BP) * usual * math.sqrt(lead_days))


def _up(units: float) -> int:
    return max(0, math.ceil(round(units, 6)))


def run(daily_units: Sequence[int], *, history_days: int, lead_days: int, service_bp: int, step_days: int = WEEK) -> Backtest:
    """
    This function will go through a series week by week, each time knowing only the days before, and compare.

    A series shorter than history and lead time gives no rounds and losses of zero.
    """
    rounds = []
    for day in range(history_days, len(daily_units) - lead_days + 1, step_days):
        past = daily_units[day - history_days : day]
        rounds.append(
            Round(
                day,
                sum(daily_units[day : day + lead_days]),
                cover(past, lead_days=lead_days, service_bp=service_bp),
                naive_cover(past, lead_days=lead_days, service_bp=service_bp),
            )
        )
    count = len(rounds) or 1
    return Backtest(
        tuple(rounds),
        sum(pinball(one.wanted, one.ours, service_bp) for one in rounds) / count,
        sum(pinball(one.wanted, one.naive, service_bp) for one in rounds) / count,
        sum(1 for one in rounds if one.ours >= one.wanted),
        sum(1 for one in rounds if one.naive >= one.wanted),
    )
