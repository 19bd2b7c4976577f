"""What orders tell selection of the past: pieces sold and returned, days by price, baskets (SEL-13, SEL-16, SEL-19)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.db import connection
from django.db.models import F, Sum
from django.db.models.functions import TruncDate

from kaibo.kit.clock import SHANGHAI
from kaibo.stages.orders.models import Order, OrderLine


def sold_of(product_ids: Collection[UUID]) -> Mapping[UUID, tuple[int, int]]:
    """This function will give product → (paid pieces that were not cancelled, pieces that came back); one query."""
    rows = (
        OrderLine.objects.filter(sku__product__in=list(product_ids), order__paid_at__isnull=False, order__is_test=False)
        .values_list("sku__product_id").annotate(units=Sum(F("quantity") - F("cancelled")), back=Sum("returned"))
    )
    return {product_id: (units or 0, back or 0) for product_id, units, back in rows}


def price_days_of(product_id: UUID) -> list[tuple[object, int, int, list[UUID]]]:
    """This function will give (Shanghai day, price of one piece, paid pieces, sessions) of a product, oldest first; one query."""
    rows = (
        OrderLine.objects.filter(sku__product=product_id, order__paid_at__isnull=False, order__is_test=False)
        .annotate(day=TruncDate("order__ordered_at", tzinfo=SHANGHAI))
        .values_list("day", "price_fen", "quantity", "cancelled", "order__session_id").order_by("day", "price_fen")
    )
    summed: dict[tuple[object, int], tuple[int, set[UUID]]] = {}
    for day, price, quantity, cancelled, session in rows.iterator():
        units, sessions = summed.get((day, price), (0, set()))
        summed[day, price] = (units + quantity - cancelled, sessions | ({session} if session else set()))
    return [(day, price, units, sorted(sessions)) for (day, price), (units, sessions) in summed.items() if units > 0]


def session_sales_of(session_ids: Collection[UUID]) -> Mapping[UUID, tuple[int, int]]:
    """This function will give session → (paid fen, fen given back or to be); one query."""
    rows = (
        Order.objects.filter(session_id__in=list(session_ids), paid_at__isnull=False, is_test=False)
        .values_list("session_id").annotate(paid=Sum("paid_fen"), back=Sum("refund_due_fen"))
    )
    return {session_id: (paid or 0, back or 0) for session_id, paid, back in rows}


BASKETS = """
COPY (
    SELECT md5(coalesce(o.buyer_subject_id::text, nullif(o.receiver_mark, ''), o.id::text) || (o.ordered_at AT TIME ZONE 'Asia/Shanghai')::date::text) AS basket,
           s.product_id AS item, date_trunc('second', min(o.ordered_at) OVER buyer_day AT TIME ZONE 'UTC') AS sold_at,
           l.amount_fen * (l.quantity - l.cancelled - l.returned) / l.quantity - s.cost_fen * (l.quantity - l.cancelled - l.returned) AS margin_fen
    FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id JOIN catalog_sku s ON s.id = l.sku_id
    WHERE o.shop_id = '{shop}' AND o.ordered_at >= '{since}' AND o.paid_at IS NOT NULL AND NOT o.is_test AND l.quantity > l.cancelled
    WINDOW buyer_day AS (PARTITION BY coalesce(o.buyer_subject_id::text, nullif(o.receiver_mark, ''), o.id::text), (o.ordered_at AT TIME ZONE 'Asia/Shanghai')::date)
) TO STDOUT (FORMAT csv, HEADER)
"""
"""One basket is what one buyer bought in one Shanghai day: a claim makes one order, so an order alone is rarely a basket. A line's margin is
what it left after cost and after what came back."""


def write_baskets(path: Path, *, shop_id: UUID, since: datetime) -> int:
    """This function will write a shop's baskets since a moment into a file, without a name in it, and give its bytes."""
    sql = BASKETS.format(shop=UUID(str(shop_id)), since=since.isoformat())
    with path.open("wb") as file, connection.cursor() as cursor, cursor.cursor.copy(sql) as copying:
        return sum(file.write(block) for block in copying)
