"""Money that goes back to a buyer: through the channel it came by, once per refund, tried until the channel says yes or no."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Sum

from kaibo.kit.errors import Conflict, Invalid
from kaibo.kit.money import yuan_text
from kaibo.kit.payments import ChannelAway, ChannelRefused, Refund, Refunded
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import KAIBO, Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.payments import pay_channels
from kaibo.room import claim_life
from kaibo.stages.orders import queries
from kaibo.stages.orders.models import Payment, PaymentRefund
from kaibo.stages.orders.permissions import PAY

log = logging.getLogger("kaibo.orders.refunding")

MOST_AT_ONCE = 20
LONGEST_WAIT_SECONDS = 3_600


class RefundBeyondPaid(Invalid):
    code = "orders.refund_beyond_paid"
    message_zh = "退款超过了还能退的金额：最多 {most}"
    message_en = "More than can still go back: {most} at most"


class RefundNotByHand(Conflict):
    code = "orders.refund_not_by_hand"
    message_zh = "这笔退款由支付渠道办理，不能手工标记"
    message_en = "The channel makes this refund; it cannot be marked by hand"


@transaction.atomic
def ask_refund(*, actor: Actor, order_id: UUID, amount_fen: int, refund_id: UUID, words: str, now: datetime) -> list[PaymentRefund]:
    """
    This function will ask for money of a paid order to go back through its channels, once per `refund_id`; the clock does
    it. An order paid in parts is refunded part by part, newest payment first.

    Raises: Forbidden, RefundBeyondPaid.   Source: ORD-6, AFT.
    """
    order = queries.order_for(actor, order_id)
    access.require(actor, PAY, shop_id=order.shop_id)
    # lock: two refunds of one order one after the other
    payments = list(Payment.objects.select_for_update().filter(order=order_id, outcome__in=["in_time", "late"]).order_by("-paid_at"))
    if PaymentRefund.objects.filter(pk=refund_id).exists():
        return list(PaymentRefund.objects.filter(pk=refund_id))
    open_fen = {one.pk: one.paid_fen - _asked_of(one) for one in payments}
    if not 0 < amount_fen <= sum(open_fen.values()):
        raise RefundBeyondPaid(most_fen=sum(open_fen.values()), most=yuan_text(sum(open_fen.values())))
    payment = next((one for one in payments if open_fen[one.pk] >= amount_fen), None)
    if payment is None:
        raise RefundBeyondPaid(most_fen=max(open_fen.values()), most=yuan_text(max(open_fen.values())))
    made = PaymentRefund.objects.create(
        id=refund_id, order=order, payment=payment, amount_fen=amount_fen, reason=PaymentRefund.Reason.ASKED, words=words[:80], next_try_at=now,
        asked_by=actor.name, created_at=now,
    )  # fmt: skip
    audit.record(actor, "orders:refund:ask", subject=f"order:{order_id}", now=now, shop_id=order.shop_id, details={"fen": amount_fen})
    return [made]


def ask_for_case(*, order_id: UUID, amount_fen: int, refund_id: UUID, words: str, now: datetime) -> None:
    """
    This function will let the money a case gives back go through the channel it came by. Orders of platforms were paid
    there and are refunded there.   Raises: RefundBeyondPaid.   Source: AFT-5.
    """
    if Payment.objects.filter(order=order_id, outcome__in=["in_time", "late"]).exists():
        ask_refund(actor=KAIBO, order_id=order_id, amount_fen=amount_fen, refund_id=refund_id, words=words, now=now)


def _asked_of(payment: Payment) -> int:
    asked = PaymentRefund.objects.filter(payment=payment).exclude(state=PaymentRefund.State.REFUSED)
    return asked.aggregate(fen=Sum("amount_fen"))["fen"] or 0


def give_back_due(now: datetime) -> int:
    """
    This function will ask the channels for the refunds that are due and give how many are done now; the clock.

    The channel is called outside any transaction. A refund asked twice under one number is one refund, so a process that
    dies in between does no harm.
    """
    due = PaymentRefund.objects.filter(state=PaymentRefund.State.DUE, next_try_at__lte=now).exclude(payment__channel="by_hand")
    return sum(_give_back(refund_id, now) for refund_id in list(due.order_by("next_try_at").values_list("pk", flat=True)[:MOST_AT_ONCE]))


def _give_back(refund_id: UUID, now: datetime) -> int:
    one = PaymentRefund.objects.select_related("payment").get(pk=refund_id)
    channel = pay_channels().get(one.payment.channel)
    wait = timedelta(seconds=min(5 * 2**one.attempts, LONGEST_WAIT_SECONDS))
    waiting = PaymentRefund.objects.filter(pk=refund_id, state=PaymentRefund.State.DUE, attempts=one.attempts)
    if not waiting.update(attempts=one.attempts + 1, next_try_at=now + wait):
        return 0  # another process has it in hand
    if channel is None:
        waiting_now(refund_id, "这个支付渠道没有配置 / this channel is not configured")
        return 0
    asked = Refund(
        one.pk.hex, one.payment.payment_id.hex if one.payment.payment_id else one.payment.payment_no, one.payment.payment_no, one.amount_fen,
        one.payment.paid_fen, one.words or PaymentRefund.Reason(one.reason).label,
    )  # fmt: skip
    try:
        answer = channel.refund(asked, now=now)
    except ChannelAway as away:
        waiting_now(refund_id, away.message("zh"))
        return 0
    except ChannelRefused as refused:
        answer = Refunded("refused", "", refused.message("zh"))
    return _note(one, answer, now)


def waiting_now(refund_id: UUID, problem: str) -> None:
    """This function will note why a refund is still waiting."""
    PaymentRefund.objects.filter(pk=refund_id).update(problem=problem[:200])


@transaction.atomic
def _note(one: PaymentRefund, answer: Refunded, now: datetime) -> int:
    if answer.state == "pending":
        waiting_now(one.pk, answer.reason)
        return 0
    if answer.state == "refused":
        PaymentRefund.objects.filter(pk=one.pk).update(state=PaymentRefund.State.REFUSED, problem=answer.reason[:200])
        log.error("a refund was refused by its channel", extra={"refund": str(one.pk), "channel": one.payment.channel})
        return 0
    return int(_done(one, answer.refund, KAIBO, now))


def _done(one: PaymentRefund, refund_no: str, actor: Actor, now: datetime) -> bool:
    changed = PaymentRefund.objects.filter(pk=one.pk).exclude(state=PaymentRefund.State.DONE).update(
        state=PaymentRefund.State.DONE, done_at=now, refund_no=refund_no[:64], problem=""
    )
    if not changed:
        return False
    if one.payment.payment_id:
        with connection.cursor() as cursor:
            claim_life.mark_refunded(cursor, payment=one.payment.payment_id, at=now)
    audit.record(
        actor, "orders:refund:done", subject=f"order:{one.order_id}", now=now, details={"fen": one.amount_fen, "refund_no": refund_no}
    )
    return True


@transaction.atomic
def mark_refunded_by_hand(*, actor: Actor, refund_id: UUID, refund_no: str, now: datetime) -> None:
    """
    This function will note that money which came past the channels went back the same way.

    Raises: Forbidden, RefundNotByHand.
    """
    one = PaymentRefund.objects.select_related("payment").get(pk=refund_id)
    order = queries.order_for(actor, one.order_id)
    access.require(actor, PAY, shop_id=order.shop_id)
    if one.payment.channel != "by_hand":
        raise RefundNotByHand
    _done(one, refund_no.strip(), actor, now)


@transaction.atomic
def try_again(*, actor: Actor, refund_id: UUID, now: datetime) -> None:
    """This function will let the clock try a refused refund again under the same number.   Raises: Forbidden."""
    one = PaymentRefund.objects.get(pk=refund_id)
    order = queries.order_for(actor, one.order_id)
    access.require(actor, PAY, shop_id=order.shop_id)
    PaymentRefund.objects.filter(pk=refund_id, state=PaymentRefund.State.REFUSED).update(state=PaymentRefund.State.DUE, next_try_at=now, attempts=0)
    audit.record(actor, "orders:refund:again", subject=f"order:{one.order_id}", now=now, shop_id=order.shop_id)
