"""A figure beside what it is measured against: the plan, and the own earlier sessions at the same minute. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from kaibo.kit.money import BP


class Measure(StrEnum):
    """What is measured at the desk, in the order it is shown.   Source: LIV-7."""

    VIEWERS = "viewers"
    CLAIMS = "claims"
    AMOUNT = "amount"
    CONVERSION = "conversion"
    STAY = "stay"


@dataclass(frozen=True, slots=True)
class Moment:
    """
    The counters of a session at one moment. `recent_claims` fell into the last `recent_minutes`; `viewer_seconds` is how long
    all viewers together have watched; `entered` how often the room was entered.
    """

    viewers: int
    claims: int
    amount_fen: int
    entered: int
    viewer_seconds: int
    recent_claims: int
    recent_minutes: int

    def value(self, measure: Measure) -> int | None:
        """
        This function will give a measure, or None where there is nothing to divide by.

        Claims are tenths of a claim per minute, conversion is basis points of entries, stay is seconds per entry.
        Source: facts/metrics.
        """
        if measure is Measure.VIEWERS:
            return self.viewers
        if measure is Measure.CLAIMS:
            return self.recent_claims * 10 // self.recent_minutes if self.recent_minutes else None
        if measure is Measure.AMOUNT:
            return self.amount_fen
        if not self.entered:
            return None
        if measure is Measure.CONVERSION:
            return self.claims * BP // self.entered
        return self.viewer_seconds // self.entered if self.viewer_seconds else None


@dataclass(frozen=True, slots=True)
class Standing:
    """
    A measure beside its plan and the own earlier sessions: `median` of `sessions` of them at the same minute, and `rank`, the
    percentage of them that were at or below today.
    """

    measure: Measure
    value: int | None
    plan: int | None
    median: int | None
    rank: int | None
    sessions: int

    @property
    def plan_bp(self) -> int | None:
        return off_bp(self.value, self.plan)

    @property
    def own_bp(self) -> int | None:
        return off_bp(self.value, self.median)

    def state(self, limit_bp: int) -> str:
        """This function will say how it stands: by its plan where it has one, else by the own sessions; empty when neither is there."""
        off = self.plan_bp if self.plan_bp is not None else self.own_bp
        if off is None:
            return ""
        return "bad" if off <= -limit_bp else "warn" if off < 0 else "ok"


def off_bp(value: int | None, reference: int | None) -> int | None:
    """This function will give how far a value is from another in basis points of it; below is negative."""
    if value is None or not reference:
        return None
    return (value - reference) * BP // reference


def median(values: Sequence[int]) -> int | None:
    """This function will give the middle value; of an even number the mean of the two in the middle, rounded down."""
    ordered = sorted(values)
    if not ordered:
        return None
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) // 2


def standing(measure: Measure, now: Moment, *, earlier: Sequence[Moment], plan: int | None = None) -> Standing:
    """This function will set a measure beside its plan and the own earlier sessions.   Source: LIV-7."""
    value = now.value(measure)
    known = [one for moment in earlier if (one := moment.value(measure)) is not None]
    rank = sum(one <= value for one in known) * 100 // len(known) if known and value is not None else None
    return Standing(measure, value, plan, median(known), rank, len(known))
