"""What after-sales tells analytics: which orders came back, why, and what was refunded."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Return:
    """What came back of an order: units, what was refunded in fen, and the reason most cases gave."""

    units: int
    refunded_fen: int
    reason: str


def returns_of(order_ids: Collection[UUID]) -> dict[UUID, Return]:
    """This function will give, by order, what after-sales took back.   Source: INS-12 (net of returns)."""
    return {}
