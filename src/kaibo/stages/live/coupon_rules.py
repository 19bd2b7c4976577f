"""What a coupon may be, and what speaks against it: the lowest price it can bring an item to. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from kaibo.kit.coupons import CouponTerms, lowest_price
from kaibo.kit.errors import Conflict, Invalid
from kaibo.kit.money import BP
from kaibo.room.wire import MOST_UNITS_IN_A_CLAIM
from kaibo.stages.showplan.rules import price_concerns

MOST_UNITS = 100_000
MOST_MINUTES = 24 * 60
MOST_COUPONS_IN_A_SESSION = 20
BELOW_COST_WITH_COUPON = "below_cost_with_coupon"


class CouponTermsWrong(Invalid):
    code = "live.coupon_terms_wrong"
    message_zh = "优惠要么是减多少元、且小于门槛，要么是减百分之几（0.01 至 99.99，可设最多减多少）"
    message_en = "A coupon takes off either an amount below its threshold, or 0.01 to 99.99 percent, with or without a cap"


class CouponFiguresOutOfRange(Invalid):
    code = "live.coupon_figures_out_of_range"
    message_zh = "张数 1 至 {most_units}，每人限领 1 至 99 张，有效 1 至 {most_minutes} 分钟"
    message_en = "1 to {most_units} coupons, 1 to 99 for each person, valid for 1 to {most_minutes} minutes"


class CouponReasonNeeded(Invalid):
    code = "live.coupon_reason_needed"
    message_zh = "请写明为什么发这张券"
    message_en = "Say why this coupon is issued"


class CouponTooLow(Invalid):
    code = "live.coupon_too_low"
    message_zh = "用了这张券，{concern}。没有人可以确认，不能发"
    message_en = "With this coupon: {concern}. It takes a person to ask and a second one to confirm"


class CouponsTooMany(Conflict):
    code = "live.coupons_too_many"
    message_zh = "一场最多发 {most} 种优惠券"
    message_en = "At most {most} kinds of coupons in a session"


class CouponDecided(Conflict):
    code = "live.coupon_decided"
    message_zh = "这张券已有人处理，或已停发"
    message_en = "Somebody has decided on this coupon already, or it was withdrawn"


@dataclass(frozen=True, slots=True)
class CouponDraft:
    """A coupon as somebody wants it. No `item_ids`: good for everything in the session."""

    terms: CouponTerms
    units: int
    limit_per_visitor: int
    minutes: int
    reason: str
    item_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Covered:
    """An item a coupon is good for, at the price it has or will have."""

    sku_id: UUID
    sku: str
    price_fen: int
    cost_fen: int
    published_fen: int


@dataclass(frozen=True, slots=True)
class CouponConcern:
    """What speaks against a coupon on one item: the price it can come to, and for how many units at once."""

    kind: str
    sku: str
    unit_fen: int
    units: int
    cost_fen: int
    published_fen: int


def check_draft(draft: CouponDraft) -> None:
    """This function will refuse a coupon that makes no sense.   Raises: CouponTermsWrong, CouponFiguresOutOfRange, CouponReasonNeeded."""
    terms = draft.terms
    is_amount = terms.off_fen is not None and terms.off_bp is None and terms.cap_fen is None and 0 < terms.off_fen < terms.threshold_fen
    is_percent = terms.off_fen is None and terms.off_bp is not None and 0 < terms.off_bp < BP and (terms.cap_fen is None or terms.cap_fen > 0)
    if not (is_amount or is_percent) or terms.threshold_fen < 0:
        raise CouponTermsWrong
    if not (1 <= draft.units <= MOST_UNITS and 1 <= draft.limit_per_visitor <= 99 and 1 <= draft.minutes <= MOST_MINUTES):
        raise CouponFiguresOutOfRange(most_units=MOST_UNITS, most_minutes=MOST_MINUTES)
    if not draft.reason.strip():
        raise CouponReasonNeeded


def concerns_of(terms: CouponTerms, covered: Iterable[Covered], *, floor_bp: int, most_deviation_bp: int) -> list[CouponConcern]:
    """
    This function will say what speaks against a coupon: an item it can bring below its cost, below the margin floor, or as
    far from its published price as a price change that takes a second person.   Source: LST-6, CMP-8.
    """
    found = []
    for one in covered:
        lowest = lowest_price(terms, one.price_fen, most_units=MOST_UNITS_IN_A_CLAIM)
        if lowest is None:
            continue
        kinds = [each.value for each in price_concerns(lowest.unit_fen, cost_fen=one.cost_fen, published_fen=one.published_fen, most_deviation_bp=most_deviation_bp, floor_bp=floor_bp)]
        found += [CouponConcern(kind, one.sku, lowest.unit_fen, lowest.units, one.cost_fen, one.published_fen) for kind in kinds]
    return found
