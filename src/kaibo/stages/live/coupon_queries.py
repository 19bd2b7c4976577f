"""Reads of coupons: what was issued and how it goes, what waits, which items a coupon is good for, what must agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from kaibo.kit.coupons import CouponTerms
from kaibo.master.catalog import queries as catalog
from kaibo.plumbing.wiring import Difference
from kaibo.room import coupon_backoffice as room
from kaibo.room.coupon_backoffice import Coupon
from kaibo.stages.live import queries
from kaibo.stages.live.coupon_rules import Covered
from kaibo.stages.live.coupon_words import coupon_words_of
from kaibo.stages.live.models import CouponPlan, SaleItem
from kaibo.stages.showplan import neighbours
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.showplan.models import Session


@dataclass(frozen=True, slots=True)
class CouponRow:
    """A coupon of a session as the desk shows it; `state` is open, over or withdrawn."""

    plan: CouponPlan
    coupon: Coupon
    words: str
    state: str


def terms_of(plan: CouponPlan) -> CouponTerms:
    return CouponTerms(plan.off_fen, plan.off_bp, plan.cap_fen, plan.threshold_fen)


def figures_of(plan: CouponPlan) -> dict[str, int | None]:
    """This function will give the figures a coupon is named by."""
    return {"off_fen": plan.off_fen, "off_bp": plan.off_bp, "cap_fen": plan.cap_fen, "threshold_fen": plan.threshold_fen, "units": plan.units, "minutes": plan.minutes}


def coupons_of(session: Session, now: datetime) -> list[CouponRow]:
    """This function will list the coupons of a session, newest first."""
    if session.is_elsewhere:
        return []
    plans = {one.pk: one for one in CouponPlan.objects.filter(session=session.pk, state__in=[CouponPlan.State.ISSUED, CouponPlan.State.WITHDRAWN])}
    if not plans:
        return []
    with connection.cursor() as cursor:
        found = [one for one in room.coupons_of(cursor, session.room) if one.coupon in plans]
    return [
        CouponRow(plan := plans[one.coupon], one, coupon_words_of(figures_of(plan)), "withdrawn" if one.withdrawn_at else "over" if one.valid_until <= now else "open")
        for one in found
    ]  # fmt: skip


def waiting(session_id: UUID) -> list[CouponPlan]:
    """This function will list the coupons that wait for a second person, named."""
    found = list(CouponPlan.objects.filter(session=session_id, state=CouponPlan.State.WAITING).order_by("asked_at"))
    for one in found:
        one.words = coupon_words_of(figures_of(one))  # type: ignore[attr-defined]
    return found


def covered_by(session: Session, item_ids: Sequence[UUID]) -> list[Covered]:
    """
    This function will give the items a coupon is good for with their prices: those in the room at today's price, and when it
    is good for everything, what the run of show will still put up at its planned price.
    """
    open_items = SaleItem.objects.filter(session=session.pk, closed_at=None)
    if item_ids:
        open_items = open_items.filter(pk__in=item_ids)
    levels = queries.levels_of(session.room)
    priced = [(one.sku_id, levels[one.pk].price_fen) for one in open_items.order_by("opened_at") if one.pk in levels]
    if not item_ids:
        priced += [(offer.sku_id, offer.price_fen) for segment in showplan.rundown_of(session) for offer in segment.offers]
    skus = catalog.sku_rows({sku_id for sku_id, _price in priced})
    published = neighbours.published_prices(skus)
    found = {(sku, price): Covered(sku, skus[sku].code, price, skus[sku].cost_fen, published.get(sku, skus[sku].price_fen)) for sku, price in priced}
    return list(found.values())


def standing_terms(session: Session, item_id: UUID | None, now: datetime) -> list[CouponTerms]:
    """This function will give the terms of the coupons that can still be paid with on an item, those withdrawn after they were taken too."""
    plans = CouponPlan.objects.filter(
        session=session.pk, state__in=[CouponPlan.State.ISSUED, CouponPlan.State.WITHDRAWN], decided_at__gt=now - timedelta(days=1)
    )
    return [
        terms_of(one) for one in plans
        if (not one.item_ids or str(item_id) in one.item_ids) and one.decided_at is not None and one.decided_at + timedelta(minutes=one.minutes) > now
    ]  # fmt: skip


def coupon_differences() -> list[Difference]:
    """This function will compare the desk's coupons with the room's: each issued one is there with the same figures, and no other."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT coalesce(p.id, c.coupon) FROM (SELECT * FROM live_couponplan WHERE state IN ('issued', 'withdrawn')) p
                 FULL JOIN room.coupons c ON c.coupon = p.id AND c.off_fen IS NOT DISTINCT FROM p.off_fen AND c.off_bp IS NOT DISTINCT FROM p.off_bp
                      AND c.cap_fen IS NOT DISTINCT FROM p.cap_fen AND c.threshold_fen = p.threshold_fen AND c.units = p.units
                      AND c.limit_per_visitor = p.limit_per_visitor AND (c.withdrawn_at IS NOT NULL) = (p.state = 'withdrawn')
                WHERE p.id IS NULL OR c.coupon IS NULL ORDER BY 1"""
        )
        return [Difference("live", f"coupon {pk} differs between the desk and the room") for (pk,) in cursor.fetchall()]
