"""Coupons over the JSON API: issue, confirm, refuse, withdraw, and how they go."""

# Annotations are evaluated here: `paginate` wraps the function and would look for UUID in its own module.

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.pagination import paginate

from kaibo.kit.coupons import CouponTerms
from kaibo.plumbing.access import access
from kaibo.stages.live import coupon_queries
from kaibo.stages.live.coupon_rules import CouponDraft
from kaibo.stages.live.models import DeskAction
from kaibo.stages.live.permissions import DESK_SEE
from kaibo.stages.live.services import coupons
from kaibo.stages.live.services.items import new_key
from kaibo.stages.live.steering_api import DoneOut
from kaibo.stages.showplan import queries as showplan

router = Router(tags=["live"])


class CouponIn(Schema):
    """Either `off_fen`, or `off_bp` with or without `cap_fen`. No `item_ids`: good for everything in the session."""

    off_fen: int | None = None
    off_bp: int | None = None
    cap_fen: int | None = None
    threshold_fen: int = 0
    units: int
    limit_per_visitor: int = 1
    minutes: int
    reason: str = Field(max_length=200)
    item_ids: list[UUID] = []


class CouponOut(Schema):
    id: UUID
    state: str
    off_fen: int | None
    off_bp: int | None
    cap_fen: int | None
    threshold_fen: int
    units: int
    taken_units: int
    used_units: int
    discount_fen: int
    limit_per_visitor: int
    item_ids: list[UUID]
    valid_until: datetime
    reason: str
    asked_by_name: str
    decided_by_name: str


class CouponWaitingOut(Schema):
    id: UUID
    words: str
    units: int
    concerns: list[str]
    reason: str
    asked_by_name: str
    asked_at: datetime


def _said(request: HttpRequest) -> dict[str, object]:
    return {"actor": request.auth, "key": request.headers.get("Idempotency-Key", "")[:80] or new_key(), "now": request.now}


@router.post("/sessions/{session_id}/coupons", response=DoneOut)
def issue(request: HttpRequest, session_id: UUID, body: CouponIn) -> DeskAction:
    terms = CouponTerms(body.off_fen, body.off_bp, body.cap_fen, body.threshold_fen)
    draft = CouponDraft(terms, body.units, body.limit_per_visitor, body.minutes, body.reason, tuple(body.item_ids))
    return coupons.issue_coupon(session_id=session_id, draft=draft, **_said(request))


@router.get("/sessions/{session_id}/coupons", response=list[CouponOut])
@paginate
def issued(request: HttpRequest, session_id: UUID) -> list[CouponOut]:
    session = showplan.session_for(request.auth, session_id)
    access.require(request.auth, DESK_SEE, shop_id=session.shop_id)
    return [
        CouponOut(
            id=one.plan.pk, state=one.state, off_fen=one.plan.off_fen, off_bp=one.plan.off_bp, cap_fen=one.plan.cap_fen, threshold_fen=one.plan.threshold_fen,
            units=one.coupon.units, taken_units=one.coupon.taken_units, used_units=one.coupon.used_units, discount_fen=one.coupon.discount_fen,
            limit_per_visitor=one.coupon.limit_per_visitor, item_ids=list(one.coupon.items or ()), valid_until=one.coupon.valid_until,
            reason=one.plan.reason, asked_by_name=one.plan.asked_by_name, decided_by_name=one.plan.decided_by_name,
        )
        for one in coupon_queries.coupons_of(session, request.now)
    ]  # fmt: skip


@router.get("/sessions/{session_id}/coupons/waiting", response=list[CouponWaitingOut])
@paginate
def waiting(request: HttpRequest, session_id: UUID) -> object:
    session = showplan.session_for(request.auth, session_id)
    access.require(request.auth, DESK_SEE, shop_id=session.shop_id)
    return coupon_queries.waiting(session_id)


@router.post("/sessions/{session_id}/coupons/{coupon_id}/confirm", response=DoneOut)
def confirm(request: HttpRequest, session_id: UUID, coupon_id: UUID) -> DeskAction:
    return coupons.confirm_coupon(session_id=session_id, coupon_id=coupon_id, **_said(request))


@router.post("/sessions/{session_id}/coupons/{coupon_id}/refuse", response=DoneOut)
def refuse(request: HttpRequest, session_id: UUID, coupon_id: UUID) -> DeskAction:
    return coupons.refuse_coupon(session_id=session_id, coupon_id=coupon_id, **_said(request))


@router.post("/sessions/{session_id}/coupons/{coupon_id}/withdraw", response=DoneOut)
def withdraw(request: HttpRequest, session_id: UUID, coupon_id: UUID) -> DeskAction:
    return coupons.withdraw_coupon(session_id=session_id, coupon_id=coupon_id, **_said(request))
