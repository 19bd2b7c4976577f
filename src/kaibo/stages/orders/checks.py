"""What must always hold between claims, orders and the ledger."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from kaibo.plumbing.wiring import Difference

MOST = 100


def differences() -> Sequence[Difference]:
    """
    This function will prove that every settled claim has exactly its order, and that reservations are what orders hold.

    Claims of bench rooms have no orders.   Source: ORD-1, ORD-3.
    """
    found: list[Difference] = []
    with connection.cursor() as cursor:
        for statement, words in _CHECKS:
            cursor.execute(f"{statement} LIMIT {MOST}")
            found += [Difference("claims vs orders", words.format(*row)) for row in cursor.fetchall()]
    return found


_CHECKS = (
    (
        """SELECT c.claim FROM room.claims c JOIN room.rooms r ON r.room = c.room LEFT JOIN orders_order o ON o.id = c.claim
            WHERE c.settled_at IS NOT NULL AND NOT r.is_bench AND o.id IS NULL""",
        "claim {} is settled but has no order",
    ),
    (
        """SELECT o.id FROM orders_order o LEFT JOIN room.claims c ON c.claim = o.id AND c.settled_at IS NOT NULL
            WHERE o.source = 'claim' AND c.claim IS NULL""",
        "order {} has no settled claim",
    ),
    (
        """SELECT o.id, sum(l.quantity), c.quantity FROM orders_order o JOIN room.claims c ON c.claim = o.id
             JOIN orders_orderline l ON l.order_id = o.id WHERE o.source = 'claim' GROUP BY o.id, c.quantity HAVING sum(l.quantity) <> c.quantity""",
        "order {} has {} units, its claim {}",
    ),
    (
        """SELECT o.id, o.amount_fen + o.coupon_fen, c.amount_fen FROM orders_order o JOIN room.claims c ON c.claim = o.id
            WHERE o.source = 'claim' AND o.amount_fen + o.coupon_fen <> c.amount_fen""",
        "order {} is over {} fen with its coupon, its claim over {} fen",
    ),
    (
        """SELECT o.id, o.coupon_fen, p.discount_fen FROM orders_order o JOIN orders_payment q ON q.order_id = o.id AND q.outcome <> 'refund_due'
             JOIN room.payments p ON p.payment = q.payment_id WHERE o.coupon_fen <> p.discount_fen""",
        "order {} is less by a coupon of {} fen, its payment by {} fen",
    ),
    (
        """SELECT o.id, o.amount_fen, sum(l.amount_fen) FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id
            WHERE o.source = 'claim' GROUP BY o.id HAVING o.amount_fen <> sum(l.amount_fen)""",
        "order {} is over {} fen, its lines over {} fen",
    ),
    (
        """SELECT o.id, coalesce(r.units, 0), l.units FROM orders_order o
             JOIN (SELECT order_id, sum(quantity - cancelled) AS units FROM orders_orderline GROUP BY order_id) l ON l.order_id = o.id
             LEFT JOIN (SELECT reference, sum(quantity) AS units FROM stock_reservation WHERE state = 'open' GROUP BY reference) r
               ON r.reference = o.stock_reference
            WHERE (o.state = 'allocated' OR (o.state = 'pending_payment' AND o.source = 'claim')) AND coalesce(r.units, 0) <> l.units""",
        "order {} holds {} reserved units, its lines need {}",
    ),
    (
        """SELECT r.reference, r.quantity, coalesce(o.state, 'missing') FROM stock_reservation r LEFT JOIN orders_order o ON o.stock_reference = r.reference
            WHERE r.state = 'open' AND r.reference LIKE 'order:%' AND coalesce(o.state, 'missing') NOT IN ('allocated', 'pending_payment', 'partially_shipped')""",
        "{} holds {} reserved units although it is {}",
    ),
    ("SELECT o.id, o.open_findings, count(f.id) FROM orders_order o LEFT JOIN orders_finding f ON f.order_id = o.id AND f.state = 'open' GROUP BY o.id HAVING o.open_findings <> count(f.id)",
     "order {} counts {} open findings, there are {}"),
    ("SELECT claim_id, reason FROM orders_claimtrouble", "claim {} cannot be settled: {}"),
)  # fmt: skip
