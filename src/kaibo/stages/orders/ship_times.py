"""By when an order must leave where no platform said so: the latest promise 发货承诺 among its items, else the house's usual hours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from kaibo.master.catalog import promises
from kaibo.master.catalog import queries as catalog
from kaibo.master.catalog.promises import Promise
from kaibo.plumbing.bulk_cursor import bulk_cursor
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.orders.models import Order, OrderLine

if TYPE_CHECKING:
    from kaibo.stages.orders.items import Items
    from kaibo.stages.orders.taking import Taking

PROMISES_OF_ORDERS = """
    SELECT DISTINCT l.order_id, p.days, p.ships_on, p.starts_at, p.ends_at, p.ended_at
      FROM orders_orderline l JOIN catalog_sku s ON s.id = l.sku_id JOIN catalog_shippromise p ON p.product_id = s.product_id
     WHERE l.order_id = ANY(%s)
"""


def usual_hours(shops: Iterable[UUID]) -> dict[UUID, int]:
    return {shop: thresholds.value("orders.ship_within_hours", shop_id=shop) for shop in set(shops)}


def leaves_by(said: Sequence[Promise], paid_at: datetime, hours: int) -> datetime:
    """This function will give the latest moment promised for what was paid for then, else the end of the usual hours.   Source: LST-7, ORD-4."""
    return promises.latest(said, paid_at) or paid_at + timedelta(hours=hours)


def of_paid(paid: Mapping[UUID, tuple[UUID, datetime]]) -> dict[UUID, datetime]:
    """This function will give order → by when it must leave, of orders with their (shop, moment of payment); one query whatever their number."""
    hours = usual_hours(shop for shop, _ in paid.values())
    said = _promises_of(paid)
    return {order: leaves_by(said.get(order, ()), paid_at, hours[shop]) for order, (shop, paid_at) in paid.items()}


def _promises_of(orders: Iterable[UUID]) -> dict[UUID, list[Promise]]:
    found: dict[UUID, list[Promise]] = defaultdict(list)
    with bulk_cursor() as cursor:
        cursor.execute(PROMISES_OF_ORDERS, [list(orders)])
        for order, *fields in cursor.fetchall():
            found[order].append(Promise(*fields))
    return found


def promise_where_silent(takings: Sequence[Taking], items: Items) -> None:
    """
    This function will note what the house promised of a platform's orders to which the platform itself gave no time.

    One query a batch while nothing of it was promised; an order's lines that this file leaves out count as well.
    """
    silent = [one for one in takings if one.first.promised_at is None]
    left_out = {id(one): _left_out(one) for one in silent if one.known}
    products = {row.id: row.product_id for row in items.by_text.values()}
    if unknown := {sku for several in left_out.values() for sku in several if sku not in products}:
        products |= {sku: row.product_id for sku, row in catalog.sku_rows(unknown).items()}
    said = promises.promises_of(products.values()) if silent else {}
    if not said:
        return
    for one in silent:
        skus = {found.id for line in one.lines if (found := items.of(line))} | left_out.get(id(one), set())
        moment = one.first.paid_at or one.first.ordered_at
        one.promised_by = promises.latest((each for sku in skus for each in said.get(products[sku], ())), moment)


def _left_out(one: Taking) -> set[UUID]:
    assert one.known is not None
    return {kept[5] for number, kept in one.known.lines.items() if number not in one.line_ids and kept[5] is not None}


def promised_of(order: Order) -> datetime | None:
    """This function will give the moment an order's page names as promised: only where the order's clock indeed follows that promise."""
    if order.ship_by is None:
        return None
    skus = OrderLine.objects.filter(order=order.pk, sku__isnull=False).values_list("sku__product_id", flat=True)
    said = [each for several in promises.promises_of(skus).values() for each in several]
    return order.ship_by if promises.latest(said, order.paid_at or order.ordered_at) == order.ship_by else None
