"""Who gets what is on its way, and whose promise breaks: the oldest promise first. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Arrival:
    """Units confirmed on their way: the day they are expected (None: nobody said), and the sheet that says so."""

    day: date | None
    units: int
    sheet: str
    is_here: bool = False
    """In the house, waiting for inspection."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What becomes of units sold ahead: the day the last of them is expected, and how many nothing comes for."""

    expected_on: date | None
    uncovered: int

    def breaks(self, promised_on: date) -> bool:
        """This function will say whether the promise cannot be kept as things stand."""
        return self.uncovered > 0 or self.expected_on is None or self.expected_on > promised_on


def outlooks(waiting: Sequence[int], arrivals: Sequence[Arrival]) -> list[Outlook]:
    """
    This function will say for each of those who wait, in turn, when its units come: arrivals serve them in the order of their
    days, those without a day last.   Source: SUP-14.
    """
    coming = sorted((one for one in arrivals if one.units > 0), key=lambda one: (one.day or date.max, one.sheet))
    found = []
    at = taken = 0  # so many of the arrival `at` are somebody's already
    for units in waiting:
        left, days = units, list[date | None]()
        while left and at < len(coming):
            take = min(left, coming[at].units - taken)
            days.append(coming[at].day)
            left, taken = left - take, taken + take
            if taken == coming[at].units:
                at, taken = at + 1, 0
        known = [day for day in days if day is not None]
        found.append(Outlook(max(known) if known and len(known) == len(days) and not left else None, left))
    return found
