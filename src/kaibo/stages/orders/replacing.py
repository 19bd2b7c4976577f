"""Orders that send goods again for an after-sales case: free of charge, marked, to the same receiver, never counted as sales."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from kaibo.master.catalog import queries as catalog
from kaibo.master.stock import services as stock
from kaibo.plumbing.access.actor import KAIBO
from kaibo.stages.orders.complaints import AlreadyShipped
from kaibo.stages.orders.models import Order, OrderLine
from kaibo.stages.orders.rules import QuantityBeyondLine, State

SOURCE = "resend"
SHIP_WITHIN = timedelta(hours=48)
COPIED = (
    "shop_id", "buyer_subject_id", "receiver_sealed", "receiver_cipher", "receiver_masked", "receiver_mark", "phone_tail", "province", "city", "area",
)  # fmt: skip


@transaction.atomic
def make_replacement(*, line_id: UUID, sku_id: UUID, quantity: int, order_no: str, now: datetime) -> Order:
    """
    This function will make an order that sends units of a line again: no price, no payment, released at once, so that the
    warehouse picks it like any other. The platform does not know it; it is ours. Called by after-sales, which has asked for the right.

    Raises: QuantityBeyondLine.   Source: facts/platforms §5.1 (RESHIP, EXCHANGE_SHIPPING).
    """
    # lock: the original order's line, as everybody who touches an order does
    line = OrderLine.objects.select_for_update(of=("self",)).select_related("order").get(pk=line_id)
    if not 0 < quantity <= line.quantity:
        raise QuantityBeyondLine(most=line.quantity, wanted=quantity)
    sku = catalog.sku_rows([sku_id])[sku_id]
    goods = f"{sku.title} {sku.code}"[:200]
    order = Order.objects.create(
        platform="own", order_no=order_no, raw_status="补发", state=State.PAID.value, amount_fen=0, paid_fen=0, units=quantity, goods=goods,
        ordered_at=now, ship_by=now + SHIP_WITHIN, released_at=now, source=SOURCE, source_version=now, created_at=now,
        **{name: getattr(line.order, name) for name in COPIED},
    )  # fmt: skip
    OrderLine.objects.create(
        order=order, line_no=f"{order_no}-1", sku_id=sku_id, platform_title=sku.product_title[:200], platform_specification=sku.specification[:160],
        platform_code=sku.code, quantity=quantity, price_fen=0, amount_fen=0, raw_status="补发",
    )  # fmt: skip
    return order


@transaction.atomic
def cancel_replacement(*, order_id: UUID, reason: str, now: datetime) -> None:
    """This function will take such an order back before it left and give its units free.   Raises: AlreadyShipped."""
    # lock: the warehouse may be sending it at this moment
    order = Order.objects.select_for_update().get(pk=order_id)
    if order.source != SOURCE or order.state not in {State.PAID.value, State.ALLOCATED.value}:
        raise AlreadyShipped(order_no=order.order_no)
    if order.stock_reference:
        stock.release_reserved(actor=KAIBO, reference=order.stock_reference, now=now)
    for line in OrderLine.objects.filter(order=order_id):
        OrderLine.objects.filter(pk=line.pk).update(cancelled=line.quantity - line.shipped)
    Order.objects.filter(pk=order_id).update(state=State.CANCELLED.value, cancelled_at=now, cancel_reason=reason.strip()[:80])
