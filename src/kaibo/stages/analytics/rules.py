"""When an action may step on, where a value stands in its own history, whether two shares differ. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from typing import Final

from kaibo.kit.transitions import Transitions

HISTORY_SESSIONS: Final = 10
Z_95: Final = 1.959964


class ActionState(StrEnum):
    """Where an action is: the program proposes, a person accepts, somebody does it."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DONE = "done"
    DROPPED = "dropped"


ACTION_STEPS = Transitions.of(
    {
        ActionState.PROPOSED: {ActionState.ACCEPTED, ActionState.DROPPED},
        ActionState.ACCEPTED: {ActionState.DONE, ActionState.DROPPED},
        ActionState.DROPPED: {ActionState.ACCEPTED},
    }
)


class ImprovementState(StrEnum):
    """Where an improvement is."""

    PLANNED = "planned"
    DONE = "done"
    DECLINED = "declined"


IMPROVEMENT_STEPS = Transitions.of({ImprovementState.PLANNED: {ImprovementState.DONE, ImprovementState.DECLINED}})


@dataclass(frozen=True, slots=True)
class Interval:
    """The difference of two shares with its 95 % interval, in basis points."""

    difference_bp: int
    low_bp: int
    high_bp: int

    @property
    def is_below(self) -> bool:
        return self.high_bp < 0

    @property
    def is_above(self) -> bool:
        return self.low_bp > 0


def difference_of_shares(part: int, whole: int, other_part: int, other_whole: int) -> Interval | None:
    """
    This function will give part/whole − other_part/other_whole with the 95 % interval of two independent proportions.

    None where one has no whole. The interval is Agresti–Caffo's (one success and one failure added to each side), which
    keeps its level where counts are small or zero.   Source: INS-12; Agresti & Caffo 2000.
    """
    if whole <= 0 or other_whole <= 0:
        return None
    p, q = (part + 1) / (whole + 2), (other_part + 1) / (other_whole + 2)
    spread = Z_95 * sqrt(p * (1 - p) / (whole + 2) + q * (1 - q) / (other_whole + 2))
    middle = p - q
    return Interval(
        round((part / whole - other_part / other_whole) * 10_000), round((middle - spread) * 10_000), round((middle + spread) * 10_000)
    )


def percentile(value: int, history: Sequence[int]) -> int | None:
    """
    This function will give where a value stands among earlier ones, 0–100: the share below it, equals counted half.

    None without history.   Source: INS-2.
    """
    if not history:
        return None
    below = sum(1 for one in history if one < value)
    equal = sum(1 for one in history if one == value)
    return (100 * (2 * below + equal) + len(history)) // (2 * len(history))


def middle_of(history: Sequence[int]) -> int | None:
    """This function will give the median of earlier values, the lower one of two; None without any."""
    return sorted(history)[(len(history) - 1) // 2] if history else None
