"""From released to sent: reserve stock, ship once, record what came back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from kaibo.facts.flow import OrderShipped
from kaibo.master.stock import queries as stock_queries
from kaibo.master.stock import services as stock
from kaibo.master.stock.rules import StockShort
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import KAIBO, Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.outbox import outbox
from kaibo.stages.orders import queries
from kaibo.stages.orders.complaints import AlreadyShipped, NoWarehouse, TrackingMissing
from kaibo.stages.orders.models import Order, OrderLine, Shipment, ShipmentLine
from kaibo.stages.orders.permissions import SHIP
from kaibo.stages.orders.relay import reference_of
from kaibo.stages.orders.rules import Hold, NotShippable, QuantityBeyondLine, State, why_not_shippable

MOST_ALLOCATED = 300

CARRIERS = ("顺丰", "中通", "圆通", "申通", "韵达", "极兔", "京东", "德邦", "EMS")
"""Offered while typing; any other name is taken too."""
WAYBILL_PATTERNS: Mapping[str, tuple[str, ...]] = {
    "顺丰": (r"SF[A-Z0-9]\d{12}",), "圆通": (r"YT\d{13}",), "中通": (r"7[3-68]\d{12}",), "申通": (r"(77|43)\d{12,15}",),
    "极兔": (r"JT\d{13}",), "京东": (r"JD[A-Z0-9]{10,16}",), "德邦": (r"DPK\d{9,13}",),
}  # fmt: skip
"""How waybill numbers usually look: a hint against typing errors, never a refusal (number spaces overlap)."""


def waybill_doubt(carrier: str, tracking_no: str) -> bool:
    """This function will say whether a number looks unlike the carrier's usual ones."""
    for name, patterns in WAYBILL_PATTERNS.items():
        if name in carrier:
            return not any(re.fullmatch(pattern, tracking_no.upper()) for pattern in patterns)
    return False


def allocate_released(now: datetime) -> int:
    """This function will reserve stock for released orders, oldest first; the clock gives how many it reserved."""
    due = Order.objects.filter(state=State.PAID.value, released_at__isnull=False, hold_flags=[]).order_by("released_at", "ordered_at")
    return sum(int(_allocate_one(order_id, now)) for order_id in list(due.values_list("pk", flat=True)[:MOST_ALLOCATED]))


@transaction.atomic
def _allocate_one(order_id: UUID, now: datetime) -> bool:
    # lock: the order before its items
    order = Order.objects.select_for_update().get(pk=order_id)
    if order.state != State.PAID.value or order.hold_flags:
        return False
    try:
        with transaction.atomic():
            reserve_for(order, now)
    except (StockShort, NoWarehouse) as short:
        flags = sorted({*order.hold_flags, Hold.STOCK_SHORT.value})
        Order.objects.filter(pk=order_id).update(hold_flags=flags, hold_reason=short.message("zh")[:200])
        return False
    return True


def reserve_for(order: Order, now: datetime) -> None:
    """
    This function will promise stock to a paid order, all its items or none, and call it allocated.

    The caller holds the order's row.   Raises: StockShort.   Source: ORD-3.
    """
    wanted: dict[UUID, int] = {}
    for sku_id, quantity, cancelled in OrderLine.objects.filter(order=order.pk).values_list("sku_id", "quantity", "cancelled"):
        if quantity > cancelled:
            wanted[sku_id] = wanted.get(sku_id, 0) + quantity - cancelled
    stock.lock_items(part for sku, units in wanted.items() for part, _ in stock.units_of(sku, units))
    if not stock_queries.warehouses():
        raise NoWarehouse
    warehouse = stock_queries.main_warehouse()
    reference = order.stock_reference or reference_of(order.pk)
    for sku_id, units in sorted(wanted.items(), key=lambda one: str(one[0])):
        stock.reserve(actor=KAIBO, sku_id=sku_id, warehouse_id=warehouse.pk, quantity=units, reference=reference, now=now)
    Order.objects.filter(pk=order.pk).update(state=State.ALLOCATED.value, allocated_at=now, stock_reference=reference)
    order.state, order.stock_reference = State.ALLOCATED.value, reference


@transaction.atomic
def ship_order(*, actor: Actor, order_id: UUID, carrier: str, tracking_no: str, now: datetime) -> Shipment:
    """
    This function will send an order out: its reserved units leave the ledger and a parcel is recorded.

    The order's row is locked, then its reservations are closed; a second shipment finds none open.
    Raises: Forbidden, TrackingMissing, NotShippable, AlreadyShipped, StockShort.   Source: ORD-3, ORD-4.
    """
    order = queries.order_for(actor, order_id)
    access.require(actor, SHIP, shop_id=order.shop_id)
    carrier, tracking_no = carrier.strip(), re.sub(r"\s", "", tracking_no)
    if not carrier or not tracking_no:
        raise TrackingMissing
    # lock: two people shipping one order: the second finds it sent
    order = Order.objects.select_for_update().get(pk=order_id)
    _require_shippable(order)
    if order.state == State.PAID.value:
        reserve_for(order, now)
    if not stock.ship_reserved(actor=actor, reference=order.stock_reference, now=now):
        raise AlreadyShipped(order_no=order.order_no)
    shipment = _record_parcel(order, carrier, tracking_no, actor, now)
    audit.record(
        actor, "orders:order:ship", subject=f"order:{order.pk}", now=now, shop_id=order.shop_id,
        details={"carrier": carrier, "tracking_no": tracking_no},
    )
    outbox.announce(OrderShipped(order_id=order.pk, shipment_id=shipment.pk, shipped_at=now), now=now)
    return shipment


def _require_shippable(order: Order) -> None:
    if order.state in {State.SHIPPED.value, State.DELIVERED.value, State.COMPLETED.value}:
        raise AlreadyShipped(order_no=order.order_no)
    unknown = OrderLine.objects.filter(order=order.pk, sku=None, quantity__gt=F("cancelled")).count()
    why = why_not_shippable(
        State(order.state), [Hold(flag) for flag in order.hold_flags], unknown_lines=unknown, open_findings=order.open_findings
    )
    if why:
        raise NotShippable(order_no=order.order_no, reason_zh=why[0], reason_en=why[1])


def _record_parcel(order: Order, carrier: str, tracking_no: str, actor: Actor, now: datetime) -> Shipment:
    shipment = Shipment.objects.create(order=order, carrier=carrier, tracking_no=tracking_no, shipped_at=now, shipped_by=actor.name)
    sent = [
        ShipmentLine(shipment=shipment, line=line, quantity=line.quantity - line.cancelled - line.shipped)
        for line in OrderLine.objects.filter(order=order.pk) if line.quantity > line.cancelled + line.shipped
    ]
    ShipmentLine.objects.bulk_create(sent)
    OrderLine.objects.filter(order=order.pk).update(shipped=F("quantity") - F("cancelled"))
    Order.objects.filter(pk=order.pk).update(state=State.SHIPPED.value, shipped_at=now)
    return shipment


@transaction.atomic
def record_return(*, actor: Actor, line_id: UUID, quantity: int, reference: str, now: datetime) -> bool:
    """
    This function will note that units of a line came back; they wait for inspection before they are sellable again.

    Once per reference; told again, it gives False. Called by after-sales, which has asked for the right.
    Raises: QuantityBeyondLine.   Source: AFT-5, facts/platforms §5.1.
    """
    # lock: what came back is counted one after the other
    line = OrderLine.objects.select_for_update().get(pk=line_id)
    if stock.entry_exists(f"return:{reference}:{line.sku_id}"):
        return False
    if not 0 < quantity <= line.shipped - line.returned:
        raise QuantityBeyondLine(most=line.shipped - line.returned, wanted=quantity)
    OrderLine.objects.filter(pk=line_id).update(returned=F("returned") + quantity)
    if line.sku_id is None:
        return True
    warehouse = stock_queries.main_warehouse()
    return stock.take_back(actor=actor, sku_id=line.sku_id, warehouse_id=warehouse.pk, quantity=quantity, reference=reference, now=now)
