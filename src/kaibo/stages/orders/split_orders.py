"""
Orders a platform split into several: the parent it took back, the parts that became orders of their own (facts/platforms §5.1).

Goods and money stand in the parts; the parent counts nowhere beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from kaibo.stages.orders.models import Order

MOST_PARTS = 50


@dataclass(frozen=True, slots=True)
class Family:
    """A split order as one of its members sees it."""

    parent_no: str
    parent: Order | None
    """None where the platform never showed it."""
    parts: tuple[Order, ...]
    """All of them in the order of their numbers, the one that asks too."""

    @property
    def parts_fen(self) -> int:
        return sum(one.amount_fen for one in self.parts)


def family_of(order: Order) -> Family | None:
    """This function will give the split an order is part or parent of; None for one that nobody split."""
    parent_no = order.parent_no or order.order_no
    parts = tuple(Order.objects.filter(shop=order.shop_id, platform=order.platform, parent_no=parent_no).order_by("order_no")[:MOST_PARTS])
    if not parts:
        return None
    parent = order if not order.parent_no else Order.objects.filter(shop=order.shop_id, platform=order.platform, order_no=parent_no).first()
    return Family(parent_no, parent, parts)


def other_parts(orders: Sequence[Order]) -> dict[UUID, list[Order]]:
    """This function will give, for each part of a split order on a list, the other parts wherever they are; one query."""
    split = [one for one in orders if one.parent_no]
    if not split:
        return {}
    found: dict[tuple[UUID, str, str], list[Order]] = {}
    for one in Order.objects.filter(parent_no__in={part.parent_no for part in split}).defer("receiver_sealed", "receiver_cipher").order_by("order_no"):
        found.setdefault((one.shop_id, one.platform, one.parent_no), []).append(one)
    return {one.pk: [other for other in found.get((one.shop_id, one.platform, one.parent_no), []) if other.pk != one.pk] for one in split}


# ── a day's money, each split order once ──────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Counted:
    """What one side has of an order."""

    amount_fen: int
    parent_no: str = ""
    is_split: bool = False


@dataclass(frozen=True, slots=True)
class Together:
    """
    Which numbers of a day count once both sides are held together. `alone`: parents only the platform lists, with our parts of
    them; they stand for these.
    """

    theirs_left_out: frozenset[str]
    ours_left_out: frozenset[str]
    alone: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def hold_together(theirs: Mapping[str, Counted], ours: Mapping[str, Counted]) -> Together:
    """
    This function will say which orders of a day are left out on either side: a parent where its parts are listed, and our parts
    where the platform lists their parent alone. Pure.
    """
    split_there = {no for no, one in theirs.items() if one.is_split} | {one.parent_no for one in theirs.values() if one.parent_no}
    our_parts: dict[str, list[str]] = {}
    for no, one in ours.items():
        if one.parent_no:
            our_parts.setdefault(one.parent_no, []).append(no)
    alone = {no: tuple(sorted(parts)) for no, parts in our_parts.items() if no in theirs and no not in split_there}
    stand_in = {part for parts in alone.values() for part in parts}
    return Together(
        theirs_left_out=frozenset(split_there & theirs.keys()),
        ours_left_out=frozenset(((split_there | our_parts.keys()) & ours.keys()) | (stand_in - theirs.keys())),
        alone=alone,
    )
