"""From released to sent: reserve stock, ship once, record what came back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from kaibo.facts.flow import OrderShipped
from kaibo.kit.shop_channels import Can
from kaibo.master.catalog import queries as catalog
from kaibo.master.shops.models import ChannelAccount, Platform
from kaibo.master.stock import queries as stock_queries
from kaibo.master.stock import services as stock
from kaibo.master.stock.batches import Promise, reserve_many
from kaibo.master.stock.parts import ship_part
from kaibo.master.stock.rules import Bucket, StockShort
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import KAIBO, Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.outbox import outbox
from kaibo.plumbing.shop_kinds import shop_kinds
from kaibo.stages.orders import queries, route_book, waiting
from kaibo.stages.orders.complaints import (
    AlreadyShipped,
    NoWarehouse,
    PlatformNotAsked,
    TrackingMissing,
    WaybillOfAnother,
)
from kaibo.stages.orders.models import Order, OrderLine, Shipment, ShipmentLine
from kaibo.stages.orders.permissions import SHIP
from kaibo.stages.orders.relay import reference_of
from kaibo.stages.orders.rules import Hold, NotShippable, QuantityBeyondLine, State, why_not_shippable

MOST_ALLOCATED = 300
ALLOCATED_BY = ("pk", "hold_flags", "stock_reference", "ship_by", "paid_at", "ordered_at")

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


@transaction.atomic
def allocate_released(now: datetime) -> int:
    """This function will reserve stock for released orders, oldest first; the clock gives how many it reserved.   Source: ORD-3."""
    due = Order.objects.filter(state=State.PAID.value, released_at__isnull=False, hold_flags=[]).order_by("released_at", "ordered_at", "pk")
    # lock: the orders before their items; one in another's hands waits for the next turn
    orders = list(due.select_for_update(skip_locked=True).only(*ALLOCATED_BY)[:MOST_ALLOCATED])
    if not orders:
        return 0
    wanted = _units_wanted([order.pk for order in orders])
    if not stock_queries.warehouses():
        for order in orders:
            _hold_short(order, NoWarehouse())
        return 0
    warehouse, places = stock_queries.main_warehouse(), _places(wanted)
    ahead = waiting.sold_ahead(orders, wanted, now)
    promises = [
        Promise(
            order.stock_reference or reference_of(order.pk), warehouse.pk, wanted.get(order.pk, {}), places.get(order.pk, {}),
            ahead.get(order.pk, {}), order.ship_by,
        )
        for order in orders
    ]  # fmt: skip
    outcomes = reserve_many(actor=KAIBO, promises=promises, now=now)
    ready = [(order.pk, promise.reference) for order, promise, short in zip(orders, promises, outcomes, strict=True) if short is None]
    for order, short in zip(orders, outcomes, strict=True):
        if short is not None:
            _hold_short(order, short)
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE orders_order o SET state = %s, allocated_at = %s, stock_reference = r.reference
                 FROM unnest(%s::uuid[], %s::text[]) AS r (id, reference) WHERE o.id = r.id""",
            [State.ALLOCATED.value, now, [order for order, _ in ready], [reference for _, reference in ready]],
        )
    if ahead:
        waiting.hold([order for order, _ in ready])
    return len(ready)


def _places(wanted: Mapping[UUID, Mapping[UUID, int]]) -> dict[UUID, dict[UUID, UUID]]:
    """From which warehouse each item of an order leaves, where there are several and the rules place them (SUP-13)."""
    if len(stock_queries.warehouses()) < 2:
        return {}
    stock.lock_items(stock.parts_of(sku for units in wanted.values() for sku in units if sku))
    provinces = dict(Order.objects.filter(pk__in=list(wanted)).values_list("pk", "province"))
    return route_book.warehouses_for(wanted, provinces)


def _hold_short(order: Order, short: StockShort | NoWarehouse) -> None:
    flags = sorted({*order.hold_flags, Hold.STOCK_SHORT.value})
    Order.objects.filter(pk=order.pk).update(hold_flags=flags, hold_reason=short.message("zh")[:200])


def try_short_again(now: datetime) -> int:
    """
    This function will reserve for orders held only because stock was short, oldest first, as far as what came in meanwhile
    suffices for them whole, and take that hold off; the clock gives how many.

    All are looked at: those that wait for an item that does not come must not keep others from what did.   Source: ORD-3.
    """
    short = Order.objects.filter(state=State.PAID.value, released_at__isnull=False, hold_flags=[Hold.STOCK_SHORT.value])
    held = list(short.order_by("released_at", "ordered_at", "pk").values_list("pk", flat=True))
    left: dict[UUID, int] = {}
    done = 0
    for start in range(0, len(held), MOST_ALLOCATED):
        if done >= MOST_ALLOCATED:
            break  # the next turn goes on
        due = held[start : start + MOST_ALLOCATED]
        needs = _parts_wanted(due)
        unknown = {sku for need in needs.values() for sku in need} - set(left)
        left |= dict.fromkeys(unknown, 0) | {sku: units.get(Bucket.SELLABLE, 0) for sku, units in stock_queries.levels_of(unknown).items()}
        ahead = waiting.unsold_for(due, unknown | set(left))
        for order in due:
            need, more = needs.get(order, Counter()), ahead.get(order, {})
            if need and all(left[sku] + more.get(sku, 0) >= units for sku, units in need.items()) and _reserve_short(order, now):
                done += 1
                for sku, units in need.items():
                    left[sku] = max(0, left[sku] - units)
    return done


def _reserve_short(order_id: UUID, now: datetime) -> bool:
    """One order in a transaction of its own; what another warehouse has, or somebody took first, leaves it as it was."""
    try:
        with transaction.atomic():
            # lock: a person may lift, hold or send it at this moment
            order = Order.objects.select_for_update(skip_locked=True).filter(
                pk=order_id, state=State.PAID.value, hold_flags=[Hold.STOCK_SHORT.value]
            ).first()  # fmt: skip
            if order is None:
                return False
            _reserve_or_wait(order, now)
            Order.objects.filter(pk=order_id).update(hold_flags=[], hold_reason="")
            waiting.hold([order_id])
            audit.record(KAIBO, "orders:order:lift", subject=f"order:{order_id}", now=now, shop_id=order.shop_id, details={"flag": Hold.STOCK_SHORT.value})
    except (StockShort, NoWarehouse):
        return False
    return True


def _reserve_or_wait(order: Order, now: datetime) -> None:
    """From the shelf, or what is missing there from a pre-sale quota.   Raises: StockShort, NoWarehouse."""
    wanted = _units_wanted([order.pk])
    ahead = waiting.sold_ahead([order], wanted, now).get(order.pk)
    if not ahead:
        reserve_for(order, now)
        return
    place, places = stock_queries.main_warehouse().pk, _places(wanted).get(order.pk, {})
    reference = order.stock_reference or reference_of(order.pk)
    [short] = reserve_many(actor=KAIBO, promises=[Promise(reference, place, wanted[order.pk], places, ahead, order.ship_by)], now=now)
    if short is not None:
        raise short
    Order.objects.filter(pk=order.pk).update(state=State.ALLOCATED.value, allocated_at=now, stock_reference=reference)


def _parts_wanted(order_ids: Sequence[UUID]) -> dict[UUID, Counter[UUID]]:
    """What really leaves the shelf for each order, bundles taken apart; two questions however many orders."""
    wanted = _units_wanted(order_ids)
    components = catalog.components_of({sku for units in wanted.values() for sku in units if sku})
    found = {}
    for order, units in wanted.items():
        found[order] = Counter[UUID]()
        for sku, count in units.items():
            for part, each in (components.get(sku) or [(sku, 1)]) if sku else []:
                found[order][part] += each * count
    return found


def _units_wanted(order_ids: Sequence[UUID]) -> dict[UUID, dict[UUID, int]]:
    """What is still to be sent, by order and item."""
    wanted: dict[UUID, dict[UUID, int]] = {}
    for order_id, sku_id, quantity, cancelled in OrderLine.objects.filter(order__in=order_ids).values_list("order_id", "sku_id", "quantity", "cancelled"):
        if quantity > cancelled:
            units = wanted.setdefault(order_id, {})
            units[sku_id] = units.get(sku_id, 0) + quantity - cancelled
    return wanted


def reserve_for(order: Order, now: datetime) -> None:
    """
    This function will promise stock to a paid order, all its items or none, and call it allocated.

    The caller holds the order's row.   Raises: StockShort.   Source: ORD-3.
    """
    wanted = _units_wanted([order.pk]).get(order.pk, {})
    stock.lock_items(part for sku, units in wanted.items() for part, _ in stock.units_of(sku, units))
    if not stock_queries.warehouses():
        raise NoWarehouse
    warehouse, places = stock_queries.main_warehouse(), _places({order.pk: wanted}).get(order.pk, {})
    reference = order.stock_reference or reference_of(order.pk)
    for sku_id, units in sorted(wanted.items(), key=lambda one: str(one[0])):
        place = places.get(sku_id, warehouse.pk)
        stock.reserve(actor=KAIBO, sku_id=sku_id, warehouse_id=place, quantity=units, reference=reference, now=now)
    Order.objects.filter(pk=order.pk).update(state=State.ALLOCATED.value, allocated_at=now, stock_reference=reference)
    order.state, order.stock_reference = State.ALLOCATED.value, reference


@transaction.atomic
def ship_order(
    *, actor: Actor, order_id: UUID, carrier: str, tracking_no: str, now: datetime, units: Mapping[UUID, int] | None = None,
    is_checked: bool = False,
) -> Shipment:
    """
    This function will send an order out, or the `units` of some of its lines: what was reserved leaves the ledger and a
    parcel is recorded. An order of a connected platform goes through `dispatching`, which asks there first (`is_checked`).

    The order's row is locked, then its reservations are closed; a second shipment finds none open.
    Raises: Forbidden, TrackingMissing, WaybillOfAnother, NotShippable, AlreadyShipped, PlatformNotAsked, QuantityBeyondLine,
    StockShort.   Source: ORD-3, ORD-4, ORD-6.
    """
    order = queries.order_for(actor, order_id)
    access.require(actor, SHIP, shop_id=order.shop_id)
    carrier, tracking_no = clean_waybill(carrier, tracking_no)
    if not is_checked and channel_of(order) is not None:
        raise PlatformNotAsked(order_no=order.order_no)
    # lock: two people shipping one order: the second finds it sent
    order = Order.objects.select_for_update().get(pk=order_id)
    require_shippable(order)
    require_own_waybill(order, tracking_no)
    if order.state == State.PAID.value:
        reserve_for(order, now)
    shipment = _leave(order, carrier, tracking_no, actor, now, units)
    audit.record(
        actor, "orders:order:ship", subject=f"order:{order.pk}", now=now, shop_id=order.shop_id,
        details={"carrier": carrier, "tracking_no": tracking_no, **({"units": sum(units.values())} if units else {})},
    )
    outbox.announce(OrderShipped(order_id=order.pk, shipment_id=shipment.pk, shipped_at=now), now=now)
    return shipment


def clean_waybill(carrier: str, tracking_no: str) -> tuple[str, str]:
    """This function will give courier and number as they are kept.   Raises: TrackingMissing."""
    carrier, tracking_no = carrier.strip()[:40], re.sub(r"\s", "", tracking_no)[:60]
    if not carrier or not tracking_no:
        raise TrackingMissing
    return carrier, tracking_no


def channel_of(order: Order) -> ChannelAccount | None:
    """This function will give the connected channel an order came by, where it can be asked and told; None otherwise."""
    if order.platform == Platform.OWN.value:
        return None
    found = ChannelAccount.objects.select_related("channel").filter(
        channel__shop=order.shop_id, channel__platform=order.platform, channel__is_active=True, is_on=True
    ).order_by("pk").first()
    kind = shop_kinds().get(order.platform)
    return found if found and kind and {Can.READ_ONE, Can.SHIP} <= kind.capabilities.can else None


def require_shippable(order: Order) -> None:
    """This function will refuse an order that may not leave by what we know.   Raises: AlreadyShipped, NotShippable."""
    if order.state in {State.SHIPPED.value, State.DELIVERED.value, State.COMPLETED.value}:
        raise AlreadyShipped(order_no=order.order_no)
    unknown = OrderLine.objects.filter(order=order.pk, sku=None, quantity__gt=F("cancelled")).count()
    why = why_not_shippable(
        State(order.state), [Hold(flag) for flag in order.hold_flags], unknown_lines=unknown, open_findings=order.open_findings
    )
    if why:
        raise NotShippable(order_no=order.order_no, reason_zh=why[0], reason_en=why[1])


def require_own_waybill(order: Order, tracking_no: str) -> None:
    """
    This function will refuse a waybill that another receiver's order already has: scanned twice, or from the wrong pile.

    Several orders of one receiver may share a parcel (merged).   Raises: WaybillOfAnother.   Source: ORD-6.
    """
    others = Shipment.objects.filter(tracking_no=tracking_no).exclude(order=order.pk).select_related("order")
    for one in others[:20]:
        if not is_same_receiver(order, one.order):
            raise WaybillOfAnother(tracking_no=tracking_no, order_no=one.order.order_no)


def is_same_receiver(one: Order, other: Order) -> bool:
    """This function will say whether two orders go to the same door, by what may be compared of a receiver."""
    if one.shop_id != other.shop_id:
        return False
    if one.receiver_mark and one.receiver_mark == other.receiver_mark:
        return True
    is_kept_there = one.buyer_subject_id is None and other.buyer_subject_id is None and bool(one.receiver_masked)
    # 抖店 makes new ciphertext for each order: then its mask and the place are all there is
    return is_kept_there and door_of(one) == door_of(other)


def door_of(order: Order) -> tuple[str, ...]:
    """This function will give what may be compared of where an order goes: equal for the same door, without telling which."""
    if order.buyer_subject_id is not None:
        return (order.receiver_mark,)
    return order.receiver_masked, order.province, order.city, order.area


def _leave(order: Order, carrier: str, tracking_no: str, actor: Actor, now: datetime, units: Mapping[UUID, int] | None) -> Shipment:
    lines = list(OrderLine.objects.filter(order=order.pk).order_by("line_no"))
    left = {line.pk: line.quantity - line.cancelled - line.shipped for line in lines}
    wanted = {pk: count for pk, count in (left if units is None else units).items() if count > 0}
    if not wanted:
        raise AlreadyShipped(order_no=order.order_no)
    for pk, count in wanted.items():
        if count > left.get(pk, 0):
            raise QuantityBeyondLine(most=left.get(pk, 0), wanted=count)
    total, going = Counter[UUID](), Counter[UUID]()
    for line in lines:
        if line.sku_id is not None:
            total[line.sku_id] += line.shipped + wanted.get(line.pk, 0)
            going[line.sku_id] += wanted.get(line.pk, 0)
    if wanted == {pk: count for pk, count in left.items() if count > 0}:
        if not stock.ship_reserved(actor=actor, reference=order.stock_reference, now=now, is_demand=not order.is_test):
            raise AlreadyShipped(order_no=order.order_no)
    else:
        sent = {sku: (count, total[sku]) for sku, count in going.items() if count}
        ship_part(actor=actor, reference=order.stock_reference, sent=sent, now=now, is_demand=not order.is_test)
    shipment = Shipment.objects.create(order=order, carrier=carrier, tracking_no=tracking_no, shipped_at=now, shipped_by=actor.name)
    ShipmentLine.objects.bulk_create([ShipmentLine(shipment=shipment, line_id=pk, quantity=count) for pk, count in wanted.items()])
    for pk, count in wanted.items():
        OrderLine.objects.filter(pk=pk).update(shipped=F("shipped") + count)
    is_whole = sum(left.values()) == sum(wanted.values())
    state = State.SHIPPED if is_whole else State.PARTIALLY_SHIPPED
    Order.objects.filter(pk=order.pk).update(state=state.value, **({"shipped_at": now} if is_whole else {}))
    return shipment


@transaction.atomic
def record_return(
    *, actor: Actor, line_id: UUID, quantity: int, reference: str, now: datetime, lots: Mapping[UUID, UUID] | None = None
) -> bool:
    """
    This function will note that units of a line came back; they wait for inspection before they are sellable again, in
    the lots named.

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
    return stock.take_back(
        actor=actor, sku_id=line.sku_id, warehouse_id=warehouse.pk, quantity=quantity, reference=reference, now=now, lots=lots
    )
