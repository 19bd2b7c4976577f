"""Coupons 优惠券 at the desk: issued with the price guard's say, confirmed by a second person where it is needed, withdrawn."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.thresholds import thresholds
from kaibo.room import coupon_backoffice as room
from kaibo.stages.listing.queries import price_limits
from kaibo.stages.live import coupon_queries
from kaibo.stages.live.coupon_rules import (
    MOST_COUPONS_IN_A_SESSION,
    CouponConcern,
    CouponDecided,
    CouponDraft,
    CouponsTooMany,
    CouponTooLow,
    check_draft,
    concerns_of,
)
from kaibo.stages.live.models import CouponPlan, DeskAction
from kaibo.stages.live.permissions import COUPON_ISSUE, PRICE_CONFIRM
from kaibo.stages.live.rules import Deed, NotInOurRoom, SecondPersonNeeded
from kaibo.stages.live.services.guarding import concern_words
from kaibo.stages.live.services.turns import Turn, take_turn
from kaibo.stages.showplan.rules import PriceConcern

MOST_CONCERNS_SAID = 3


@transaction.atomic
def issue_coupon(*, actor: Actor, session_id: UUID, draft: CouponDraft, key: str, now: datetime) -> DeskAction:
    """
    This function will let viewers take a coupon, or hold it for a second person when it could bring an item below cost, below
    the margin floor or far from its published price.

    Raises: Forbidden, NotLive, NotInOurRoom, ItemGone, CouponTermsWrong, CouponFiguresOutOfRange, CouponReasonNeeded, CouponTooLow,
    CouponsTooMany.   Source: LIV-4, LST-6, CMP-8.
    """
    turn = take_turn(actor=actor, session_id=session_id, ability=COUPON_ISSUE, kind=Deed.COUPON, key=key, now=now)
    if turn.prior:
        return turn.prior
    if turn.session.is_elsewhere:
        raise NotInOurRoom
    check_draft(draft)
    for item_id in draft.item_ids:
        turn.item(item_id)
    if CouponPlan.objects.filter(session=session_id).exclude(state=CouponPlan.State.REFUSED).count() >= MOST_COUPONS_IN_A_SESSION:
        raise CouponsTooMany(most=MOST_COUPONS_IN_A_SESSION)
    concerns = _concerns(turn, draft)
    if concerns and actor.person_id is None:
        raise CouponTooLow(concern=_said(concerns))
    plan = CouponPlan.objects.create(
        session=turn.session, off_fen=draft.terms.off_fen, off_bp=draft.terms.off_bp, cap_fen=draft.terms.cap_fen, threshold_fen=draft.terms.threshold_fen,
        units=draft.units, limit_per_visitor=draft.limit_per_visitor, item_ids=[str(one) for one in draft.item_ids], minutes=draft.minutes,
        reason=draft.reason.strip()[:200], concerns=[_words(one) for one in concerns], asked_by=actor.person_id, asked_by_name=actor.name, asked_at=now,
        state=CouponPlan.State.WAITING if concerns else CouponPlan.State.ISSUED, decided_at=None if concerns else now,
    )  # fmt: skip
    said = {"coupon": str(plan.pk), "reason": plan.reason, **coupon_queries.figures_of(plan)}
    if concerns:
        return turn.record(Deed.COUPON, is_waiting=True, concerns=plan.concerns, **said)
    _publish(turn, plan)
    return turn.record(Deed.COUPON, **said)


def _concerns(turn: Turn, draft: CouponDraft) -> list[CouponConcern]:
    shop_id = turn.session.shop_id
    return concerns_of(
        draft.terms, coupon_queries.covered_by(turn.session, draft.item_ids), floor_bp=price_limits(shop_id).floor_bp,
        most_deviation_bp=thresholds.value("live.price_deviation_bp", shop_id=shop_id),
    )  # fmt: skip


def _words(one: CouponConcern) -> str:
    said = concern_words(PriceConcern(one.kind), one.unit_fen, one.cost_fen, one.published_fen)
    return _("%(sku)s 买 %(units)s 件时每件 %(said)s") % {"sku": one.sku, "units": one.units, "said": said}


def _said(concerns: list[CouponConcern]) -> str:
    return "；".join(_words(one) for one in concerns[:MOST_CONCERNS_SAID])


def _publish(turn: Turn, plan: CouponPlan) -> None:
    with connection.cursor() as cursor:
        room.issue_coupon(
            cursor, room=turn.session.room, coupon=plan.pk, terms=coupon_queries.terms_of(plan), units=plan.units,
            limit_per_visitor=plan.limit_per_visitor, items=[UUID(one) for one in plan.item_ids] or None,
            valid_until=turn.now + timedelta(minutes=plan.minutes), now=turn.now,
        )  # fmt: skip


@transaction.atomic
def confirm_coupon(*, actor: Actor, session_id: UUID, coupon_id: UUID, key: str, now: datetime) -> DeskAction:
    """
    This function will issue a coupon that waits, as the second person; its minutes begin now.

    Raises: Forbidden, NotLive, SecondPersonNeeded, CouponDecided.   Source: CMP-8.
    """
    turn = take_turn(actor=actor, session_id=session_id, ability=PRICE_CONFIRM, kind=Deed.COUPON_CONFIRM, key=key, now=now)
    if turn.prior:
        return turn.prior
    plan = CouponPlan.objects.filter(pk=coupon_id, session=session_id, state=CouponPlan.State.WAITING).first()
    if plan is None:
        raise CouponDecided
    if actor.person_id is None or plan.asked_by == actor.person_id:
        raise SecondPersonNeeded
    _decide(turn, plan, CouponPlan.State.ISSUED)
    _publish(turn, plan)
    return turn.record(Deed.COUPON_CONFIRM, coupon=str(plan.pk), asked_by=plan.asked_by_name, **coupon_queries.figures_of(plan))


@transaction.atomic
def refuse_coupon(*, actor: Actor, session_id: UUID, coupon_id: UUID, key: str, now: datetime) -> DeskAction:
    """This function will refuse a coupon that waits, or take back one's own.   Raises: Forbidden, NotLive, CouponDecided."""
    mine = CouponPlan.objects.filter(pk=coupon_id, session=session_id, asked_by=actor.person_id).exists()
    ability = COUPON_ISSUE if mine else PRICE_CONFIRM
    turn = take_turn(actor=actor, session_id=session_id, ability=ability, kind=Deed.COUPON_REFUSE, key=key, now=now)
    if turn.prior:
        return turn.prior
    plan = CouponPlan.objects.filter(pk=coupon_id, session=session_id, state=CouponPlan.State.WAITING).first()
    if plan is None:
        raise CouponDecided
    _decide(turn, plan, CouponPlan.State.REFUSED)
    return turn.record(Deed.COUPON_REFUSE, coupon=str(plan.pk), **coupon_queries.figures_of(plan))


def _decide(turn: Turn, plan: CouponPlan, state: str) -> None:
    decided = {"state": state, "decided_by": turn.actor.person_id, "decided_by_name": turn.actor.name, "decided_at": turn.now}
    if not CouponPlan.objects.filter(pk=plan.pk, state=CouponPlan.State.WAITING).update(**decided):
        raise CouponDecided


@transaction.atomic
def withdraw_coupon(*, actor: Actor, session_id: UUID, coupon_id: UUID, key: str, now: datetime) -> DeskAction:
    """
    This function will end the taking of a coupon. What viewers took stays good until its time is over: that was promised.

    Raises: Forbidden, NotLive, CouponDecided.   Source: LIV-4.
    """
    turn = take_turn(actor=actor, session_id=session_id, ability=COUPON_ISSUE, kind=Deed.COUPON_WITHDRAW, key=key, now=now)
    if turn.prior:
        return turn.prior
    plan = CouponPlan.objects.filter(pk=coupon_id, session=session_id, state=CouponPlan.State.ISSUED).first()
    if plan is None:
        raise CouponDecided
    CouponPlan.objects.filter(pk=plan.pk).update(state=CouponPlan.State.WITHDRAWN, withdrawn_by_name=actor.name, withdrawn_at=now)
    with connection.cursor() as cursor:
        room.withdraw_coupon(cursor, room=turn.session.room, coupon=plan.pk, now=now)
        taken = next(one.taken_units for one in room.coupons_of(cursor, turn.session.room) if one.coupon == plan.pk)
    return turn.record(Deed.COUPON_WITHDRAW, coupon=str(plan.pk), taken=taken, **coupon_queries.figures_of(plan))
