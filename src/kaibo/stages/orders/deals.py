"""
What was really sold for how much: the deals the price guard of compliance rests on (CMP-8), given through the wiring.

A deal counts from its payment on, at what the buyer paid for a unit after the shop's own coupons, rounded down to the fen.
It does not count when all its units were given back before anything was sent, when it cost nothing (gift, re-send), or in a test order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from kaibo.plumbing.wiring import Deal, DealBook, DealSum

_WHY_NOT = """
    CASE WHEN o.is_test THEN 'test' WHEN l.amount_fen = 0 THEN 'free'
         WHEN l.quantity = l.cancelled OR (o.state IN ('cancelled', 'closed') AND o.shipped_at IS NULL) THEN 'refunded' ELSE '' END
"""
_COUNTS = """
    NOT o.is_test AND l.amount_fen > 0 AND l.quantity > l.cancelled AND NOT (o.state IN ('cancelled', 'closed') AND o.shipped_at IS NULL)
"""
_SUMS = f"""
    WITH recent AS MATERIALIZED (
        SELECT l.sku_id, count(*) AS deals, min(l.amount_fen / l.quantity) AS lowest FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
         WHERE l.sku_id = ANY(%(skus)s::uuid[]) AND o.platform = %(platform)s AND o.paid_at >= %(start)s AND o.paid_at < %(end)s AND {_COUNTS}
         GROUP BY l.sku_id)
    SELECT w.sku, coalesce(r.deals, 0), r.lowest, z.unit_fen, z.paid_at
      FROM unnest(%(skus)s::uuid[]) AS w(sku) LEFT JOIN recent r ON r.sku_id = w.sku
      LEFT JOIN LATERAL (
        SELECT l.amount_fen / l.quantity AS unit_fen, o.paid_at FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
         WHERE r.sku_id IS NULL AND l.sku_id = w.sku AND o.platform = %(platform)s AND o.paid_at < %(start)s AND {_COUNTS}
         ORDER BY o.paid_at DESC, l.amount_fen / l.quantity LIMIT 1) z ON true
"""
_DEALS = f"""
    SELECT o.order_no, o.paid_at, l.amount_fen / l.quantity, l.quantity - l.cancelled, {_WHY_NOT} AS why_not
      FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
     WHERE l.sku_id = %(sku)s AND o.platform = %(platform)s AND o.paid_at >= %(start)s AND o.paid_at < %(end)s
     ORDER BY {_WHY_NOT} <> '', 3, 2, 1 LIMIT %(most)s
"""


def deal_sums(sku_ids: Sequence[UUID], platform: str, start: datetime, end: datetime) -> Mapping[UUID, DealSum]:
    """This function will give what the deals of a span come to, for each item; one query.   Source: CMP-8."""
    if not sku_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, {"skus": list(set(sku_ids)), "platform": platform, "start": start, "end": end})
        return {sku: DealSum(deals, lowest, last_fen, last_at) for sku, deals, lowest, last_fen, last_at in cursor.fetchall()}


def deals_of(sku_id: UUID, platform: str, start: datetime, end: datetime, most: int) -> Sequence[Deal]:
    """This function will list the deals of an item at a place, the cheapest first, those that do not count last.   Source: CMP-8."""
    with connection.cursor() as cursor:
        cursor.execute(_DEALS, {"sku": sku_id, "platform": platform, "start": start, "end": end, "most": most})
        return [Deal(*row) for row in cursor.fetchall()]


DEALS = DealBook(deal_sums, deals_of)
