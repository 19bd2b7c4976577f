"""Units whose money went back before they left: they are not sent any more, and their stock is free again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from kaibo.master.shops.models import Platform
from kaibo.master.stock.parts import release_part
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit import audit
from kaibo.stages.orders.models import Order, OrderLine
from kaibo.stages.orders.rules import SHIPPABLE, Hold, State
from kaibo.stages.orders.services import hold_orders

REASON = "售后已退款"


def lock_order(order_id: UUID) -> None:
    """This function will take an order's row before anything below it in the lock order."""
    # lock: a refund and a shipment of one order one after the other
    Order.objects.select_for_update().filter(pk=order_id).first()


@transaction.atomic
def stop_units(*, line_id: UUID, units: int, case_no: str, now: datetime) -> int:
    """
    This function will keep units of a line from being sent, as far as they have not left, and give how many. An order of
    the own room has them cancelled and their stock given free; one of a platform is only held, since the platform says what becomes of it.

    Called by after-sales, which has given the money back.   Source: ORD-3, ORD-6, AFT-5.
    """
    line = OrderLine.objects.select_related("order").get(pk=line_id)
    lock_order(line.order_id)
    line.refresh_from_db()
    order = Order.objects.get(pk=line.order_id)
    stopped = min(units, line.quantity - line.cancelled - line.shipped)
    if stopped <= 0 or State(order.state) not in SHIPPABLE:
        return 0
    if order.platform != Platform.OWN.value:
        hold_orders(actor=KAIBO, order_ids=[order.pk], reason=f"{REASON}：{case_no}", flag=Hold.MANUAL, now=now)
        return stopped
    if order.state != State.PAID.value and line.sku_id is not None:
        release_part(actor=KAIBO, reference=order.stock_reference, sku_id=line.sku_id, units=stopped, key=f"{line.pk}:{line.cancelled}", now=now)
    OrderLine.objects.filter(pk=line_id).update(cancelled=F("cancelled") + stopped)
    _end_if_nothing_is_left(order, now)
    audit.record(
        KAIBO, "orders:order:stop", subject=f"order:{order.pk}", now=now, shop_id=order.shop_id, reason=REASON, details={"units": stopped, "case": case_no}
    )
    return stopped


def _end_if_nothing_is_left(order: Order, now: datetime) -> None:
    lines = list(OrderLine.objects.filter(order=order.pk).values_list("quantity", "cancelled", "shipped"))
    if any(quantity > cancelled + shipped for quantity, cancelled, shipped in lines):
        return
    if any(shipped for _, _, shipped in lines):
        Order.objects.filter(pk=order.pk).update(state=State.SHIPPED.value, shipped_at=now)
    else:
        Order.objects.filter(pk=order.pk).update(state=State.CANCELLED.value, cancelled_at=now, cancel_reason=REASON, allocated_at=None)
