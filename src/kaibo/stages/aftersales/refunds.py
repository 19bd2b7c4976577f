"""Money given back: never more than was paid, above a limit only with a second person, done when the channel says so."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_noop

from kaibo.kit.money import yuan_text
from kaibo.master.people import queries as people
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import KAIBO, Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.kept_words import Filling
from kaibo.plumbing.notices import notices
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.aftersales import queries, rules
from kaibo.stages.aftersales.complaints import (
    DecidedAlready,
    LineUnknown,
    OwnRequest,
    ReasonMissing,
    RefundOfAnother,
    ReplacementStands,
)
from kaibo.stages.aftersales.models import Case, CaseEntry, LineRefund, Refund, RefundRequest
from kaibo.stages.aftersales.permissions import REFUND, REFUND_LARGE
from kaibo.stages.aftersales.rules import State
from kaibo.stages.aftersales.steps import note, take_step
from kaibo.stages.orders import refunding, stopping
from kaibo.stages.orders.models import OrderLine, PaymentRefund

LIMIT = "aftersales.refund_large_fen"


@transaction.atomic
def refund(*, actor: Actor, case_id: UUID, amount_fen: int, key: str, now: datetime) -> Refund | RefundRequest:
    """
    This function will give money back, once per key, never more over all cases than the line was paid. Above the limit,
    who may not decide alone leaves a request, and nothing moves yet; what went back of the line before counts, so that two
    small refunds are no way around the second person.

    Raises: Forbidden, LineUnknown, RefundBeyondPaid, RefundNotPositive, RefundOfAnother, ReplacementStands, StepNotAllowed.   Source: AFT-5.
    """
    case = queries.locked_case(actor, case_id)
    access.require(actor, REFUND, shop_id=case.shop_id)
    known = Refund.objects.filter(key=key).first() or RefundRequest.objects.filter(key=key).first()
    if known:
        if known.case_id != case_id or known.amount_fen != amount_fen:
            raise RefundOfAnother(key=key)
        return known
    _refuse_beside_goods(case)
    limit = thresholds.value(LIMIT, shop_id=case.shop_id)
    if amount_fen + paid_and_refunded(case)[1] > limit and not actor.can(REFUND_LARGE, shop_id=case.shop_id):
        return _ask(case, actor, amount_fen, limit, key, now)
    return _pay_back(case, actor, amount_fen, key, now)


def _ask(case: Case, actor: Actor, amount_fen: int, limit_fen: int, key: str, now: datetime) -> RefundRequest:
    """Refuse early what can never be paid; the decision checks it again, exactly."""
    if waiting := RefundRequest.objects.filter(case=case, state="waiting").first():
        raise RefundOfAnother(key=waiting.key)
    paid, refunded = paid_and_refunded(case)
    rules.check_refund(paid_fen=paid, refunded_fen=refunded, amount_fen=amount_fen)
    asked = RefundRequest.objects.create(
        case=case, key=key, amount_fen=amount_fen, limit_fen=limit_fen, asked_by=actor.person_id, asked_name=actor.name, asked_at=now
    )
    told: dict[str, Filling] = {"money": yuan_text(amount_fen), "limit": yuan_text(limit_fen)}
    note(case, CaseEntry.Kind.NOTE, gettext_noop("申请退款 %(money)s，超过 %(limit)s，等批准"), actor, now, values=told)
    deciders = {*people.people_with_role("owner", shop_id=case.shop_id), *people.people_with_role("operations", shop_id=case.shop_id)}
    notices.tell(
        deciders - {actor.person_id}, key=f"refund-request:{asked.pk}", now=now, title=gettext_noop("待批退款 %(money)s：%(goods)s"),
        values={"money": yuan_text(amount_fen), "goods": case.goods or case.case_no}, href=f"/aftersales/{case.pk}#refund", state="red",
    )  # fmt: skip
    audit.record(actor, "aftersales:refund:ask", subject=f"case:{case.pk}", now=now, shop_id=case.shop_id, details={"fen": amount_fen, "limit": limit_fen})
    return asked


@transaction.atomic
def decide_request(*, actor: Actor, request_id: UUID, is_approved: bool, reason: str, now: datetime) -> RefundRequest:
    """
    This function will pay a requested refund back, or refuse it with a reason; never by the one who asked.

    Raises: Forbidden, CaseUnknown, DecidedAlready, OwnRequest, ReasonMissing, RefundBeyondPaid, StepNotAllowed.   Source: AFT-5.
    """
    asked = RefundRequest.objects.filter(pk=request_id).first()
    if asked is None:
        raise DecidedAlready
    case = queries.locked_case(actor, asked.case_id)
    access.require(actor, REFUND_LARGE, shop_id=case.shop_id)
    if actor.person_id is not None and actor.person_id == asked.asked_by:
        raise OwnRequest
    if not is_approved and not reason.strip():
        raise ReasonMissing
    changed = RefundRequest.objects.filter(pk=request_id, state="waiting").update(
        state="approved" if is_approved else "refused", decided_by=actor.person_id, decided_name=actor.name, decided_at=now, reason=reason.strip()[:200]
    )
    if not changed:
        raise DecidedAlready
    if is_approved:
        _pay_back(case, actor, asked.amount_fen, asked.key, now)
    else:
        told: dict[str, Filling] = {"money": yuan_text(asked.amount_fen), "reason": reason.strip()}
        note(case, CaseEntry.Kind.NOTE, gettext_noop("没有批准退款 %(money)s：%(reason)s"), actor, now, values=told)
    audit.record(
        actor, "aftersales:refund:decide", subject=f"case:{case.pk}", now=now, shop_id=case.shop_id,
        details={"fen": asked.amount_fen, "approved": is_approved, "asked_by": asked.asked_name}, reason=reason,
    )  # fmt: skip
    if asked.asked_by:
        title = gettext_noop("退款 %(money)s 已批准") if is_approved else gettext_noop("退款 %(money)s 没有批准")
        notices.tell(
            [asked.asked_by], key=f"refund-decided:{asked.pk}", now=now, title=title, values={"money": yuan_text(asked.amount_fen)}, href=f"/aftersales/{case.pk}"
        )
    asked.refresh_from_db()
    return asked


def own_key(case_id: UUID) -> str:
    """
    This function will name the refund a case asks for where the buyer's side gave no number: the same while one is asked for,
    so that a second press is the first one told again; another one after a refusal, so that a smaller sum can be asked.
    """
    refused = RefundRequest.objects.filter(case=case_id, state="refused").count()
    return f"{case_id}:{refused}" if refused else f"{case_id}"


def _refuse_beside_goods(case: Case) -> None:
    """Nobody gets the money and the goods: what is to be sent again has left, or is taken back first."""
    if case.line_id is None:
        raise LineUnknown
    rules.STEPS.require(State(case.state), State.REFUNDED)
    standing = queries.replacement_of(case.pk)
    if standing is not None and standing.sent_at is None:
        raise ReplacementStands(order_no=standing.order.order_no)


def _pay_back(case: Case, actor: Actor, amount_fen: int, key: str, now: datetime) -> Refund:
    _refuse_beside_goods(case)
    if case.line_id is None or case.order_id is None:
        raise LineUnknown
    stopping.lock_order(case.order_id)
    take_from_line(case.line_id, amount_fen)
    made = Refund.objects.create(case=case, key=key, amount_fen=amount_fen, refunded_at=now, by=actor.name)
    refunding.ask_for_case(order_id=case.order_id, amount_fen=amount_fen, refund_id=made.pk, words="售后退款", now=now)
    note(case, CaseEntry.Kind.REFUND, str(amount_fen), actor, now)
    _stop_what_was_refunded(case, case.line_id, amount_fen, actor, now)
    is_under_way = PaymentRefund.objects.filter(pk=made.pk).exclude(state=PaymentRefund.State.DONE).exists()
    target = State.REFUNDING if is_under_way else State.REFUNDED
    take_step(case, target, actor, "", now, refunded_fen=case.refunded_fen + amount_fen)
    return made


def _stop_what_was_refunded(case: Case, line_id: UUID, amount_fen: int, actor: Actor, now: datetime) -> None:
    """What was paid back before it left is not sent: the whole line, or the case's units when these were paid back whole."""
    line = OrderLine.objects.get(pk=line_id)
    row = LineRefund.objects.get(pk=line_id)
    is_whole = row.refunded_fen >= row.paid_fen
    are_units = case.kind == rules.Kind.REFUND.value and amount_fen * line.quantity >= line.amount_fen * case.quantity
    units = line.quantity if is_whole else case.quantity if are_units else 0
    stopped = stopping.stop_units(line_id=line_id, units=units, case_no=case.case_no, now=now) if units else 0
    if stopped:
        note(case, CaseEntry.Kind.NOTE, gettext_noop("还没发出的 %(units)s 件不再发货"), actor, now, values={"units": stopped})


def paid_and_refunded(case: Case) -> tuple[int, int]:
    """This function will give what was paid for a case's line and what of it went back already, over all its cases."""
    if case.line is None:
        return 0, 0
    known = queries.refundable([case.line.pk]).get(case.line.pk)
    return known or (case.line.amount_fen if case.order and case.order.paid_fen else 0, 0)


def take_from_line(line_id: UUID, amount_fen: int) -> None:
    """This function will count a refund against its line; the row is locked, so two cases never overdraw it together."""
    # lock: the order line first, as everybody who touches an order does
    line = OrderLine.objects.select_for_update(of=("self",)).select_related("order").get(pk=line_id)
    paid = line.amount_fen if line.order.paid_fen else 0
    LineRefund.objects.get_or_create(line_id=line_id, defaults={"paid_fen": paid})
    # lock: two cases of a line are added up one after the other
    row = LineRefund.objects.select_for_update().get(pk=line_id)
    rules.check_refund(paid_fen=row.paid_fen, refunded_fen=row.refunded_fen, amount_fen=amount_fen)
    LineRefund.objects.filter(pk=line_id).update(refunded_fen=F("refunded_fen") + amount_fen)


def count_platform_refund(line_id: UUID, amount_fen: int) -> int:
    """
    This function will count money a platform gave back against its line, and give how much of it the line bears: never more
    than was paid for it. What is beyond that (freight, or another line's) is the caller's to explain.
    """
    # lock: the order line first, as everybody who touches an order does
    line = OrderLine.objects.select_for_update(of=("self",)).get(pk=line_id)
    LineRefund.objects.get_or_create(line_id=line_id, defaults={"paid_fen": line.amount_fen})
    # lock: two cases of a line are added up one after the other
    row = LineRefund.objects.select_for_update().get(pk=line_id)
    paid = max(row.paid_fen, line.amount_fen)  # the order may have ended before its payment was ever seen
    counted = max(0, min(amount_fen, paid - row.refunded_fen))
    LineRefund.objects.filter(pk=line_id).update(paid_fen=paid, refunded_fen=F("refunded_fen") + counted)
    return counted


def tie_refunds(case_id: UUID, line_id: UUID) -> None:
    """This function will count what a case gave back before its line was known against that line, as far as the line bears it."""
    made = list(Refund.objects.filter(case=case_id).order_by("refunded_at", "pk"))
    left = count_platform_refund(line_id, sum(one.amount_fen for one in made)) if made else 0
    for one in made:
        kept = min(left, one.amount_fen)
        left -= kept
        if kept:
            Refund.objects.filter(pk=one.pk).update(amount_fen=kept)
        else:
            one.delete()


def settle_paid_back(now: datetime) -> int:
    """This function will take cases whose money arrived through its channel one step on; the clock gives how many."""
    done = PaymentRefund.objects.filter(state=PaymentRefund.State.DONE).values("pk")
    due = Case.objects.filter(state=State.REFUNDING.value, refunds__pk__in=done).values_list("pk", flat=True).distinct()
    return sum(_settle_one(case_id, now) for case_id in list(due[:200]))


@transaction.atomic
def _settle_one(case_id: UUID, now: datetime) -> int:
    # lock: a person may be at the case at the same moment
    case = Case.objects.select_for_update().get(pk=case_id)
    if case.state != State.REFUNDING.value:
        return 0
    take_step(case, State.REFUNDED, KAIBO, gettext_noop("支付渠道已退款"), now)
    return 1
