"""What must always hold about refunds."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from kaibo.plumbing.wiring import Difference


def differences() -> Sequence[Difference]:
    """This function will prove that every line's refunds are the sum of its cases' refunds.   Source: AFT-5."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT r.line_id, r.refunded_fen, coalesce(sum(f.amount_fen), 0) FROM aftersales_linerefund r
                 LEFT JOIN aftersales_case c ON c.line_id = r.line_id LEFT JOIN aftersales_refund f ON f.case_id = c.id
                GROUP BY r.line_id, r.refunded_fen HAVING r.refunded_fen <> coalesce(sum(f.amount_fen), 0) LIMIT 100"""
        )
        return [Difference("refunds", f"line {line}: {kept} fen refunded, its cases sum to {summed}") for line, kept, summed in cursor.fetchall()]
