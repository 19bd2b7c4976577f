"""What a coupon takes off an order: known when its payment is booked, since the viewer chose the coupon while paying."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from kaibo.room.claim_life import Turn


def lower_amounts(paid: Sequence[Turn]) -> None:
    """
    This function will make what an order costs its list amount less the coupon it was paid with, once: order and line
    alike, so that refunds never exceed what was paid. The caller holds the orders.   Source: LIV-4, ORD-6.
    """
    lowered = [one for one in paid if one.coupon is not None and one.discount_fen]
    if not lowered:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH lowered AS (
                   UPDATE orders_order o SET amount_fen = o.amount_fen - t.fen, coupon_fen = t.fen, coupon_id = t.coupon
                     FROM unnest(%s::uuid[], %s::uuid[], %s::bigint[]) AS t (claim, coupon, fen)
                    WHERE o.id = t.claim AND o.coupon_fen = 0 RETURNING o.id, t.fen)
               UPDATE orders_orderline l SET amount_fen = l.amount_fen - d.fen FROM lowered d WHERE l.order_id = d.id AND l.line_no = '1'""",
            [[one.claim for one in lowered], [one.coupon for one in lowered], [one.discount_fen for one in lowered]],
        )
