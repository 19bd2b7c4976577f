"""Writes of orders that people make: payment, receiver, holds, release. Shipping is in `shipping.py`, findings in `deciding.py`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from kaibo.kit.money import yuan_text
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.vault import vault
from kaibo.room import claim_life
from kaibo.stages.orders import following, queries, relay
from kaibo.stages.orders.addresses.parser import Address, parse_address
from kaibo.stages.orders.complaints import (
    AddressIncomplete,
    AlreadyShipped,
    NotAwaitingPayment,
    OrderNotHeld,
    PaymentAmountWrong,
    PaymentOfAnother,
    PhoneWrong,
    ReasonMissing,
    ReceiverOnPlatform,
)  # fmt: skip
from kaibo.stages.orders.marks import masked_receiver, receiver_mark
from kaibo.stages.orders.models import Finding, Order, Payment
from kaibo.stages.orders.permissions import HOLD, PAY, RECEIVER, RELEASE, UNMASK
from kaibo.stages.orders.rules import SENT, SHIPPABLE, TERMINAL, Hold, State
from kaibo.stages.orders.verification import Field

PHONE = re.compile(r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}")
PARTS = {"province": ("省份", "province"), "city": ("城市", "city"), "area": ("区县", "area"), "detail": ("详细地址", "street and number")}
BY_HAND = "by_hand"
HOLDABLE = [State.PENDING_PAYMENT.value, *sorted(state.value for state in SHIPPABLE), State.UNKNOWN.value]
ADD_FLAG = """
UPDATE orders_order SET hold_flags = (SELECT array_agg(DISTINCT one ORDER BY one) FROM unnest(hold_flags || %s::varchar) AS one), hold_reason = %s
 WHERE id = %s AND NOT %s = ANY(hold_flags) AND state = ANY(%s)"""


@transaction.atomic
def record_payment(*, actor: Actor, order_id: UUID, paid_fen: int, payment_no: str, paid_at: datetime, now: datetime) -> Payment:
    """
    This function will book money that came past the channels, once per payment number, and move the order on.

    The room decides, as for any payment: after the claim expired it takes units again if there are any, else the money
    is due back.   Raises: Forbidden, PaymentAmountWrong, PaymentOfAnother, NotAwaitingPayment.   Source: ORD-6.
    """
    order = queries.order_for(actor, order_id)
    access.require(actor, PAY, shop_id=order.shop_id)
    following.wait_alone()
    with connection.cursor() as cursor:
        claim_life.lock_claims(cursor, [order_id])
    # lock: payment, expiry and shipment of an order one after the other
    order = Order.objects.select_for_update().get(pk=order_id)
    known = Payment.objects.filter(channel=BY_HAND, payment_no=payment_no).first()
    if known:
        if known.order_id != order_id or known.paid_fen != paid_fen:
            raise PaymentOfAnother(payment_no=payment_no)
        return known
    if paid_fen != order.amount_fen:
        raise PaymentAmountWrong(due_fen=order.amount_fen, paid_fen=paid_fen, due=yuan_text(order.amount_fen), paid=yuan_text(paid_fen))
    is_unpaid = order.state == State.CANCELLED.value and order.cancel_reason == relay.UNPAID and not order.paid_fen
    if order.source != "claim" or not (is_unpaid or order.state == State.PENDING_PAYMENT.value):
        raise NotAwaitingPayment
    with connection.cursor() as cursor:
        outcome, items = claim_life.book_by_hand(
            cursor, claim=order_id, transaction=payment_no, amount_fen=paid_fen, paid_at=paid_at, now=now
        )
    if outcome == "unknown":
        raise PaymentOfAnother(payment_no=payment_no)
    relay.tell_levels(items)
    following.follow_now(now=now, claim=order_id)
    payment = Payment.objects.get(channel=BY_HAND, payment_no=payment_no)
    audit.record(
        actor, "orders:payment:record", subject=f"order:{order_id}", now=now, shop_id=order.shop_id,
        details={"payment_no": payment_no, "paid_fen": paid_fen, "outcome": payment.outcome},
    )
    return payment


@transaction.atomic
def set_receiver(*, actor: Actor, order_id: UUID, name: str, phone: str, address: str, now: datetime) -> Address:
    """
    This function will keep who receives an order, sealed under that person's key, and settle an open address finding.

    Raises: Forbidden, AlreadyShipped, PhoneWrong, AddressIncomplete.   Source: ORD-2, PIPL art. 51.
    """
    order = queries.order_for(actor, order_id)
    access.require(actor, RECEIVER, shop_id=order.shop_id)
    if State(order.state) in SENT | TERMINAL:
        raise AlreadyShipped(order_no=order.order_no)
    phone = re.sub(r"[\s-]", "", phone)
    if not PHONE.fullmatch(phone):
        raise PhoneWrong
    read = parse_address(address)
    if read.missing:
        part_zh, part_en = PARTS[read.missing]
        raise AddressIncomplete(part_zh=part_zh, part_en=part_en)
    subject = vault.subject_ids([f"phone:{phone}"], now=now)[f"phone:{phone}"]
    sealed = vault.seal_fields(subject, {"name": name.strip(), "phone": phone, "address": address.strip()})
    Order.objects.filter(pk=order_id).update(
        buyer_subject_id=subject, receiver_sealed=sealed, receiver_cipher=None, phone_tail=phone[-4:],
        receiver_masked=masked_receiver(name, phone), receiver_mark=receiver_mark(phone, address), province=read.province, city=read.city,
        area=read.area,
    )  # fmt: skip
    settled = Finding.objects.filter(order=order_id, field=Field.ADDRESS.value, state=Finding.State.OPEN).update(
        state=Finding.State.ACCEPTED, decided_by=actor.name, decided_at=now
    )
    if settled:
        Order.objects.filter(pk=order_id).update(open_findings=F("open_findings") - settled)
    audit.record(actor, "orders:receiver:change", subject=f"order:{order_id}", now=now, shop_id=order.shop_id, details={"place": read.place})
    return read


def unmask_receiver(*, actor: Actor, order_id: UUID, reason: str, now: datetime) -> dict[str, str]:
    """
    This function will show who receives an order to somebody who may know, and record who looked and why.

    Raises: Forbidden, ReceiverOnPlatform, vault.ReasonMissing, PersonErased.   Source: PIPL art. 51, 54.
    """
    order = queries.order_for(actor, order_id)
    access.require(actor, UNMASK, shop_id=order.shop_id)
    if order.receiver_sealed is None or order.buyer_subject_id is None:
        raise ReceiverOnPlatform
    return vault.unmask(
        actor=actor, ability=UNMASK, subject_id=order.buyer_subject_id, sealed=bytes(order.receiver_sealed), about=f"order:{order_id}",
        reason=reason, now=now, shop_id=order.shop_id,
    )


@transaction.atomic
def hold_orders(*, actor: Actor, order_ids: Sequence[UUID], reason: str, now: datetime, flag: Hold = Hold.MANUAL) -> int:
    """
    This function will hold orders back from shipping and give how many were not held so before; what has left or ended
    cannot be held. The flag is added to those that stand at that moment, so that two holds at once keep both.

    Raises: Forbidden, ReasonMissing.   Source: ORD-6.
    """
    if not reason.strip():
        raise ReasonMissing
    held = 0
    for order in [queries.order_for(actor, order_id) for order_id in order_ids]:
        access.require(actor, HOLD, shop_id=order.shop_id)
        with connection.cursor() as cursor:
            cursor.execute(ADD_FLAG, [flag.value, reason.strip()[:200], order.pk, flag.value, HOLDABLE])
            is_new = cursor.rowcount
        if is_new:
            held += 1
            audit.record(
                actor, "orders:order:hold", subject=f"order:{order.pk}", now=now, shop_id=order.shop_id, details={"flag": flag.value}, reason=reason
            )
    return held


@transaction.atomic
def lift_hold(*, actor: Actor, order_id: UUID, now: datetime, flag: Hold = Hold.MANUAL) -> None:
    """This function will take a hold off an order.   Raises: Forbidden, OrderNotHeld."""
    order = queries.order_for(actor, order_id)
    access.require(actor, HOLD, shop_id=order.shop_id)
    # lock: flags are read and written back
    order = Order.objects.select_for_update().get(pk=order_id)
    if flag.value not in order.hold_flags:
        raise OrderNotHeld
    flags = [one for one in order.hold_flags if one != flag.value]
    Order.objects.filter(pk=order_id).update(hold_flags=flags, hold_reason=order.hold_reason if flags else "")
    audit.record(actor, "orders:order:lift", subject=f"order:{order_id}", now=now, shop_id=order.shop_id, details={"flag": flag.value})


@transaction.atomic
def release_passed(*, actor: Actor, shop_id: UUID | None, now: datetime) -> int:
    """
    This function will let every order that passed verification go to the warehouse and give how many.

    Passed: paid, nothing open, nothing held, every line a known item. Stock is reserved by the clock right after.
    Raises: Forbidden.   Source: ORD-2.
    """
    access.require(actor, RELEASE, shop_id=shop_id)
    shops = queries.shops_where(actor, RELEASE, shop_id)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE orders_order o SET released_at = %s
             WHERE o.state IN ('paid', 'allocated') AND o.released_at IS NULL AND o.open_findings = 0 AND o.hold_flags = '{}'
               AND (%s::uuid[] IS NULL OR o.shop_id = ANY(%s::uuid[]))
               AND NOT EXISTS (SELECT 1 FROM orders_orderline l WHERE l.order_id = o.id AND l.sku_id IS NULL AND l.quantity > l.cancelled)
            """,
            [now, shops, shops],
        )
        released = cursor.rowcount
    if released:
        audit.record(actor, "orders:order:release", subject=f"shop:{shop_id or 'all'}", now=now, shop_id=shop_id, details={"orders": released})
    return released
