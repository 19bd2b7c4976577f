"""Whether a courier has more trouble than it usually has: parcels in trouble in a day against its own past. Pure.   Source: RSK-2."""

from __future__ import annotations

import math
from dataclasses import dataclass

USUAL_DAYS = 28
LEAST_TROUBLES = 5
"""Fewer parcels in trouble are looked at one by one, whatever the rate."""
RARELY = 1e-5
"""So seldom would a day like this be chance: some five hundred couriers and provinces are looked at again and again."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A courier's parcels in trouble within 24 hours in a province (all: empty), beside its own four weeks before."""

    courier: str
    province: str
    troubles: int
    usual_troubles: int
    sent_a_day: float
    usual_a_day: float

    @property
    def expected(self) -> float:
        """Parcels in trouble a day as usual, for as many parcels as it has now; one more than it had, so that no trouble at all proves nothing."""
        load = self.sent_a_day / self.usual_a_day if self.usual_a_day and self.sent_a_day else 1.0
        return (self.usual_troubles + 1) / USUAL_DAYS * min(max(load, 1.0), 20.0)

    @property
    def times(self) -> float:
        return self.troubles / self.expected

    @property
    def chance(self) -> float:
        return tail(self.troubles, self.expected)

    @property
    def is_far_above(self) -> bool:
        return self.troubles >= LEAST_TROUBLES and self.chance < RARELY


def tail(seen: int, mean: float) -> float:
    """This function will give the chance of at least so many where so many are expected, independent of each other (Poisson)."""
    if seen <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    if seen > mean + 40 * math.sqrt(mean) + 40:
        return 0.0
    # from the side that is small: a difference from one would lose all its digits far out
    term = math.exp(seen * math.log(mean) - mean - math.lgamma(seen + 1))
    if seen > mean:
        total, count = 0.0, seen
        while term > total * 1e-12:
            total += term
            count += 1
            term *= mean / count
        return min(1.0, total)
    below = sum(math.exp(count * math.log(mean) - mean - math.lgamma(count + 1)) for count in range(seen))
    return max(0.0, 1.0 - below)
