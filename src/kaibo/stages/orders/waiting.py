"""Orders sold ahead of stock 预售等货: what they may take of a quota, that they wait, and that they go on once their goods are here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from kaibo.master.catalog import queries as catalog
from kaibo.master.catalog.promising import said_by
from kaibo.master.stock import awaiting, presale
from kaibo.master.stock import services as stock
from kaibo.master.stock.batches import Quota
from kaibo.master.stock.models import Awaited, Presale
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit import audit
from kaibo.stages.orders.models import Order
from kaibo.stages.orders.rules import Hold, State

FLAG = Hold.AWAITING_GOODS.value
REASON = "预售等货，到货后自动放行"


def sold_ahead(orders: Sequence[Order], wanted: Mapping[UUID, Mapping[UUID, int]], now: datetime) -> dict[UUID, dict[UUID, Quota]]:
    """
    This function will say for each order from which quotas its items may come where the shelf does not suffice: those whose
    promise ran when it was paid for and names no later moment than the order's own. Goods that lie ready go to whom they are owed
    first. One question while nothing is sold ahead.   Source: SUP-14, LST-7.
    """
    skus = {sku for units in wanted.values() for sku in units if sku}
    if not skus or not Presale.objects.filter(closed_at=None).exists():
        return {}
    components = catalog.components_of(skus)
    parts = {sku: [part for part, _ in components.get(sku) or [(sku, 1)]] for sku in skus}
    quotas = {
        one.sku_id: one for one in Presale.objects.filter(closed_at=None, sku__in={part for several in parts.values() for part in several}).select_related("promise")
    }
    if not quotas:
        return {}
    stock.lock_items(part for several in parts.values() for part in several)  # all at once: the rest of this allocation takes them again
    presale.fill(actor=KAIBO, sku_ids=quotas, now=now)
    found: dict[UUID, dict[UUID, Quota]] = {}
    for order in orders:
        own = {part for sku in wanted.get(order.pk, {}) if sku for part in parts[sku] if part in quotas and _keeps(quotas[part], order)}
        if own:
            found[order.pk] = {part: Quota(quotas[part].pk, quotas[part].warehouse_id) for part in own}
    return found


def unsold_for(order_ids: Sequence[UUID], part_ids: Iterable[UUID]) -> dict[UUID, dict[UUID, int]]:
    """This function will give order → item → units a quota still has that this order may have; one question while nothing is sold ahead."""
    quotas = list(Presale.objects.filter(closed_at=None, sku__in=set(part_ids)).select_related("promise"))
    left = {sku: units for sku, (units, _owed) in awaiting.pledged([one.sku_id for one in quotas]).items() if units} if quotas else {}
    if not left:
        return {}
    orders = Order.objects.filter(pk__in=order_ids).only("pk", "ship_by", "paid_at", "ordered_at")
    return {order.pk: {one.sku_id: left[one.sku_id] for one in quotas if one.sku_id in left and _keeps(one, order)} for order in orders}


def _keeps(quota: Presale, order: Order) -> bool:
    """Whether an order is promised no sooner than the quota's goods are."""
    by = said_by(quota.promise).ship_by(order.paid_at or order.ordered_at)
    return by is not None and order.ship_by is not None and by <= order.ship_by


def hold(order_ids: Sequence[UUID]) -> int:
    """This function will hold those of these orders that wait for goods sold ahead, and give how many; the caller holds their rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE orders_order o SET hold_reason = %(reason)s,
                      hold_flags = (SELECT array_agg(DISTINCT one ORDER BY one) FROM unnest(o.hold_flags || %(flag)s::varchar) AS one)
                WHERE o.id = ANY(%(orders)s) AND NOT %(flag)s = ANY(o.hold_flags)
                  AND EXISTS (SELECT 1 FROM stock_reservation r JOIN stock_awaited a ON a.reservation_id = r.id AND a.units > 0
                               WHERE r.reference = o.stock_reference AND r.state = 'open')""",
            {"flag": FLAG, "reason": REASON, "orders": list(order_ids)},
        )
        return cursor.rowcount


def let_go_on(now: datetime) -> int:
    """
    This function will take the hold off orders whose goods are all here, or that wait for nothing any more, and give how many; a clock.

    Each in a transaction of its own: a person may hold, cancel or send it at this moment.   Source: SUP-14, ORD-3.
    """
    if not Awaited.objects.exists():
        return 0  # nothing was ever sold ahead: orders need not be looked through
    held = Order.objects.filter(hold_flags__contains=[FLAG], state__in=[State.PAID.value, State.ALLOCATED.value, State.PARTIALLY_SHIPPED.value])
    known = dict(held.values_list("pk", "stock_reference"))
    still = awaiting.units_by_reference(known.values())
    return sum(_lift(order_id, now) for order_id, reference in known.items() if reference not in still)


@transaction.atomic
def _lift(order_id: UUID, now: datetime) -> bool:
    # lock: flags are read and written back
    order = Order.objects.select_for_update(skip_locked=True).filter(pk=order_id, hold_flags__contains=[FLAG]).first()
    if order is None or awaiting.units_by_reference([order.stock_reference]):
        return False
    flags = [one for one in order.hold_flags if one != FLAG]
    Order.objects.filter(pk=order_id).update(hold_flags=flags, hold_reason=order.hold_reason if flags else "")
    audit.record(KAIBO, "orders:order:lift", subject=f"order:{order_id}", now=now, shop_id=order.shop_id, details={"flag": FLAG})
    return True
