"""What a coupon 优惠券 takes off, in whole fen: an amount off from a threshold, or a percentage with a cap. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from kaibo.kit.money import BP

LEAST_DUE_FEN = 1
"""Something is always left to pay: a channel takes no payment of nothing."""


@dataclass(frozen=True, slots=True)
class CouponTerms:
    """Either `off_fen`, or `off_bp` of the amount and never more than `cap_fen`; for amounts from `threshold_fen` on."""

    off_fen: int | None = None
    off_bp: int | None = None
    cap_fen: int | None = None
    threshold_fen: int = 0


@dataclass(frozen=True, slots=True)
class LowestPrice:
    """The purchase for which a coupon brings a unit furthest down: `due_fen` for `units`, `unit_fen` each, rounded down."""

    units: int
    due_fen: int
    unit_fen: int


def discount_fen(terms: CouponTerms, amount_fen: int) -> int:
    """
    This function will say what a coupon takes off an amount; 0 when the amount does not reach the threshold.

    A percentage is rounded down to whole fen, the cap and the least due come after it. `room.coupon_discount` is the same.
    """
    if amount_fen < max(terms.threshold_fen, LEAST_DUE_FEN):
        return 0
    if terms.off_fen is not None:
        off = terms.off_fen
    else:
        off = amount_fen * (terms.off_bp or 0) // BP
        off = off if terms.cap_fen is None else min(off, terms.cap_fen)
    return min(off, amount_fen - LEAST_DUE_FEN)


def lowest_price(terms: CouponTerms, price_fen: int, *, most_units: int) -> LowestPrice | None:
    """
    This function will find the lowest price of a unit a coupon can bring, over all quantities a viewer may claim at once.

    None when no quantity reaches the threshold. Every quantity is tried: rounding down and the cap make the lowest one
    other than the first in rare cases, and there are few.   Source: LST-6, CMP-8.
    """
    reached = [units for units in range(1, most_units + 1) if units * price_fen >= max(terms.threshold_fen, 1)]
    found = [LowestPrice(units, due := units * price_fen - discount_fen(terms, units * price_fen), due // units) for units in reached]
    return min(found, key=lambda one: (one.due_fen * BP // one.units, one.units), default=None)
