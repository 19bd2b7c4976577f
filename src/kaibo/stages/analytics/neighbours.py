"""What after-sales tells analytics: which orders came back, why, and what was refunded."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from kaibo.plumbing.access.actor import KAIBO
from kaibo.stages.aftersales import queries as aftersales

COMES_BACK = "return"


@dataclass(frozen=True, slots=True)
class Return:
    """What came back of an order: units, what was refunded in fen, and the reason of its newest case."""

    units: int
    refunded_fen: int
    reason: str


def returns_of(order_ids: Collection[UUID]) -> dict[UUID, Return]:
    """This function will give, by order, what after-sales took back or refunded.   Source: INS-12 (net of returns)."""
    found: dict[UUID, Return] = {}
    cases = aftersales.cases_for(KAIBO).filter(order__in=list(order_ids), refunded_fen__gt=0).order_by("opened_at")
    for order_id, kind, quantity, refunded_fen, nature in cases.values_list("order", "kind", "quantity", "refunded_fen", "nature"):
        before = found.get(order_id, Return(0, 0, ""))
        units = quantity if kind == COMES_BACK else 0
        found[order_id] = Return(before.units + units, before.refunded_fen + refunded_fen, nature)
    return found
