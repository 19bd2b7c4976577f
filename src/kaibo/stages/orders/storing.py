"""The statements that write a batch of imported orders: COPY for what is new, one statement a table for what changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from django.db import connection
from psycopg import sql
from psycopg.types.json import Jsonb

from kaibo.kit.ids import new_id
from kaibo.plumbing.copying import copy_while_made
from kaibo.plumbing.intake.kinds import ImportContext
from kaibo.stages.orders.models import Order, OrderLine
from kaibo.stages.orders.rules import SENT, TERMINAL, State, ship_by
from kaibo.stages.orders.verification import Field

if TYPE_CHECKING:
    from kaibo.stages.orders.items import Items
    from kaibo.stages.orders.reading import LineIn
    from kaibo.stages.orders.taking import Limits, Taking

ORDER_COLUMNS = {
    "id": "uuid", "shop_id": "uuid", "platform": "text", "order_no": "text", "raw_status": "text", "state": "text", "hold_flags": "text[]",
    "amount_fen": "bigint", "freight_fen": "bigint", "paid_fen": "bigint", "units": "int", "goods": "text", "buyer_subject_id": "uuid",
    "receiver_sealed": "bytea", "receiver_cipher": "jsonb", "receiver_masked": "text", "receiver_mark": "text", "phone_tail": "text",
    "province": "text", "city": "text", "area": "text", "ordered_at": "timestamptz", "paid_at": "timestamptz", "ship_by": "timestamptz",
    "shipped_at": "timestamptz", "finished_at": "timestamptz", "cancelled_at": "timestamptz", "cancel_reason": "text",
    "open_findings": "int", "source": "text", "source_version": "timestamptz", "created_at": "timestamptz",
}  # fmt: skip
ORDER_DEFAULTS = {"hold_reason": "''", "refund_due_fen": "0", "stock_reference": "''", "is_test": "false", "content_hash": "''"}
ORDER_KEPT = frozenset({"id", "shop_id", "platform", "order_no", "source", "created_at", "open_findings", "ordered_at"})
"""Never changed by a later file (findings have their own statement)."""
ORDER_KEPT_WHEN_EMPTY = frozenset(
    {"paid_at", "shipped_at", "finished_at", "cancelled_at", "buyer_subject_id", "receiver_sealed", "receiver_cipher", "receiver_masked", "receiver_mark", "phone_tail",
     "province", "city", "area", "cancel_reason"}
)  # fmt: skip
"""A later file that leaves these out (receivers vanish after shipping) does not wipe them out."""
LINE_COLUMNS = {
    "id": "uuid", "order_id": "uuid", "line_no": "text", "sku_id": "uuid", "platform_title": "text", "platform_specification": "text",
    "platform_code": "text", "quantity": "int", "shipped": "int", "cancelled": "int", "price_fen": "bigint", "amount_fen": "bigint",
    "raw_status": "text", "raw_aftersale": "text", "content_hash": "text",
}  # fmt: skip

TAKING_LOCK = 7_204_011
"""First half of the advisory lock of `alone_in_shop`."""


def _write(statement: sql.Composed, columns: Iterable[str], rows: Sequence[Sequence[Any]]) -> None:
    """One JSON text a batch: with tens of thousands of values this is several times faster to send than arrays."""
    names = list(columns)
    batch = msgspec.json.encode([dict(zip(names, values, strict=True)) for values in rows]).decode()
    with connection.cursor() as cursor:
        cursor.execute(statement, [batch])


def alone_in_shop(platform: str, shop_id: UUID | None) -> None:
    """
    This function will keep other imports of the same shop and platform waiting until this transaction ends.

    Imports are the only ones who make orders of a platform, so an order not there now is there before the commit by nobody else.
    """
    with connection.cursor() as cursor:
        # lock: before every other lock of an import; two files of one shop take turns, batch by batch
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [TAKING_LOCK, f"{platform}:{shop_id}"])
        cursor.execute("SET LOCAL jit = off")  # a batch is over before a compiled plan would pay


def _insert(table: str, columns: dict[str, str], defaults: dict[str, str], conflict: sql.Composable) -> sql.Composed:
    return sql.SQL("INSERT INTO {table} ({names}) SELECT {picked} FROM json_to_recordset(%s::json) AS given ({typed}) {conflict}").format(
        table=sql.Identifier(table),
        names=sql.SQL(", ").join(map(sql.Identifier, [*columns, *defaults])),
        picked=sql.SQL(", ").join([*map(sql.Identifier, columns), *map(sql.SQL, defaults.values())]),
        typed=sql.SQL(", ").join(sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in columns.items()),
        conflict=conflict,
    )


def _order_statement() -> sql.Composed:
    sets = []
    for name, kind in ORDER_COLUMNS.items():
        if name in ORDER_KEPT:
            continue
        one = sql.Identifier(name)
        if name in ORDER_KEPT_WHEN_EMPTY:
            empty = sql.SQL("excluded.{0}").format(one) if kind != "text" else sql.SQL("nullif(excluded.{0}, '')").format(one)
            sets.append(sql.SQL("{0} = coalesce({1}, orders_order.{0})").format(one, empty))
        else:
            sets.append(sql.SQL("{0} = excluded.{0}").format(one))
    conflict = sql.SQL("ON CONFLICT (platform, shop_id, order_no) DO UPDATE SET {}").format(sql.SQL(", ").join(sets))
    return _insert("orders_order", ORDER_COLUMNS, ORDER_DEFAULTS, conflict)


def store_orders(
    context: ImportContext, platform: str, takings: Sequence[Taking], limits: Limits, verify: Callable[[Taking], None]
) -> None:
    """This function will verify and write the orders of a batch, new and changed ones alike; the new ones while the server takes them."""

    def verified(one: Taking) -> tuple[Any, ...]:
        verify(one)
        return _order_row(context, platform, one, limits)

    if changed := [verified(one) for one in takings if one.known]:
        _write(_order_statement(), ORDER_COLUMNS, changed)
    copy_while_made(Order, list(ORDER_COLUMNS), (_for_copy(verified(one)) for one in takings if one.known is None))


_CIPHER = list(ORDER_COLUMNS).index("receiver_cipher")


def _for_copy(row: tuple[Any, ...]) -> Sequence[Any]:
    """COPY wants to be told what is JSON."""
    return row if row[_CIPHER] is None else (*row[:_CIPHER], Jsonb(row[_CIPHER]), *row[_CIPHER + 1 :])


def _order_row(context: ImportContext, platform: str, one: Taking, limits: Limits) -> tuple[Any, ...]:
    first, lines = one.first, one.lines
    shipped = [line.shipped_at for line in lines if line.shipped_at]
    finished = [line.finished_at for line in lines if line.finished_at]
    receiver = one.receiver
    amount = one.amount_fen
    paid_at = first.paid_at or (None if one.merged.state in {State.PENDING_PAYMENT, State.UNKNOWN} else first.ordered_at)
    is_paid = one.merged.state not in {State.PENDING_PAYMENT, State.CANCELLED, State.UNKNOWN}
    place = first.address
    return (
        one.id, context.shop_id, platform, first.order_no, _raw_status(lines), one.merged.state.value, one.hold_flags,
        amount, sum([line.freight_fen for line in lines]), amount if is_paid else 0, sum([line.quantity for line in lines]), _goods(lines),
        receiver.subject_id, None if receiver.blob is None else "\\x" + receiver.blob.hex(), receiver.cipher, receiver.masked,
        receiver.mark, receiver.phone_tail, (place.province if place else "")[:20], (place.city if place else "")[:30],
        (place.area if place else "")[:30], first.ordered_at, paid_at,
        ship_by(promised_at=first.promised_at, paid_at=paid_at, ordered_at=first.ordered_at, hours=limits.ship_hours),
        max(shipped, default=None), max(finished, default=None),
        context.now if one.merged.state in TERMINAL else None, first.cancel_reason, len(one.wrongs), first.source, first.version or context.file_exported_at, context.now,
    )  # fmt: skip


def _raw_status(lines: Sequence[LineIn]) -> str:
    return lines[0].raw_status if len(lines) == 1 else "；".join({line.raw_status: None for line in lines})[:60]


def _goods(lines: Sequence[LineIn]) -> str:
    return "；".join([f"{line.title} {line.specification} ×{line.quantity}".strip() for line in lines])[:200]


def store_lines(takings: Sequence[Taking], items: Items) -> None:
    """This function will write the lines of a batch; an item once known stays known, what was sent never becomes unsent."""
    conflict = sql.SQL(
        """ON CONFLICT (order_id, line_no) DO UPDATE SET sku_id = coalesce(orders_orderline.sku_id, excluded.sku_id),
           platform_title = excluded.platform_title, platform_specification = excluded.platform_specification,
           platform_code = excluded.platform_code, quantity = excluded.quantity,
           shipped = greatest(orders_orderline.shipped, excluded.shipped),
           cancelled = CASE WHEN orders_orderline.shipped > 0 THEN orders_orderline.cancelled ELSE excluded.cancelled END,
           price_fen = excluded.price_fen, amount_fen = excluded.amount_fen, raw_status = excluded.raw_status,
           raw_aftersale = excluded.raw_aftersale, content_hash = excluded.content_hash"""
    )
    if changed := [_line_row(one, line, items) for one in takings if one.known for line in one.lines]:
        _write(_insert("orders_orderline", LINE_COLUMNS, {"returned": "0"}, conflict), LINE_COLUMNS, changed)
    copy_while_made(OrderLine, list(LINE_COLUMNS), (_line_row(one, line, items) for one in takings if one.known is None for line in one.lines))


def _line_row(one: Taking, line: LineIn, items: Items) -> tuple[Any, ...]:
    item = items.of(line)
    was_sent = line.state in SENT
    shipped = min(line.quantity, line.shipped) if line.shipped is not None else line.quantity if was_sent else 0
    has_ended = not was_sent and (line.state in TERMINAL or one.merged.state is State.CANCELLED)
    return (
        one.line_ids[line.line_no], one.id, line.line_no, item.id if item else None, line.title, line.specification, line.code, line.quantity,
        shipped, line.quantity - shipped if has_ended else 0, line.price_fen, line.amount_fen, line.raw_status,
        line.raw_aftersale, line.content_hash,
    )  # fmt: skip


FINDING_COLUMNS = {
    "id": "uuid", "order_id": "uuid", "line_id": "uuid", "field": "text", "wrong": "text", "proposed": "text", "proposed_sku_id": "uuid",
    "confidence_bp": "int", "reason": "text", "details": "jsonb", "alias_text": "text", "found_at": "timestamptz",
}  # fmt: skip
FINDING_DEFAULTS = {"state": "'open'", "decided_by": "''", "decision_reason": "''"}


def store_findings(takings: Sequence[Taking], *, now: datetime) -> None:
    """
    This function will write what verification found. A decision stands until the wrong value itself changes; what a
    newer file mended is closed by itself.
    """
    conflict = sql.SQL(
        """ON CONFLICT (order_id, line_id, field) DO UPDATE SET wrong = excluded.wrong, proposed = excluded.proposed,
           proposed_sku_id = excluded.proposed_sku_id, confidence_bp = excluded.confidence_bp, reason = excluded.reason,
           details = excluded.details, alias_text = excluded.alias_text, state = 'open', decided_by = '', decided_at = NULL
           WHERE orders_finding.wrong IS DISTINCT FROM excluded.wrong"""
    )
    rows = [
        (new_id(), one.id, line_id, wrong.field.value, wrong.wrong[:120], wrong.proposed[:160], wrong.proposed_sku_id, wrong.confidence_bp,
         wrong.reason, dict(wrong.details), wrong.alias_text, now)
        for one in takings for line_id, wrong in one.wrongs
    ]  # fmt: skip
    if rows:
        _write(_insert("orders_finding", FINDING_COLUMNS, FINDING_DEFAULTS, conflict), FINDING_COLUMNS, rows)
    again = [one for one in takings if one.known]
    if again:
        _close_mended(again, now)
        recount([one.id for one in again])


def _close_mended(takings: Sequence[Taking], now: datetime) -> None:
    still = [(one.id, line_id, wrong.field.value) for one in takings for line_id, wrong in one.wrongs]
    seen_lines = [line_id for one in takings for line_id in one.line_ids.values()]
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE orders_finding f SET state = 'accepted', decided_by = '', decided_at = %s, decision_reason = 'mended'
                WHERE f.order_id = ANY(%s) AND f.state = 'open' AND f.field <> %s AND (f.line_id IS NULL OR f.line_id = ANY(%s))
                  AND NOT EXISTS (SELECT 1 FROM unnest(%s::uuid[], %s::uuid[], %s::text[]) AS s (o, l, field)
                                   WHERE s.o = f.order_id AND s.l IS NOT DISTINCT FROM f.line_id AND s.field = f.field)""",
            [now, [one.id for one in takings], Field.DUPLICATE.value, seen_lines, *([list(c) for c in zip(*still, strict=True)] or [[], [], []])],
        )


def recount(order_ids: Sequence[UUID]) -> None:
    """This function will bring the counters of open findings up to date."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE orders_order o SET open_findings = c.n
                 FROM (SELECT i.id, count(f.id) AS n FROM unnest(%s::uuid[]) AS i (id)
                         LEFT JOIN orders_finding f ON f.order_id = i.id AND f.state = 'open' GROUP BY i.id) c
                WHERE o.id = c.id AND o.open_findings <> c.n""",
            [list(order_ids)],
        )


def met_before(takings: Sequence[Taking]) -> set[str]:
    """This function will give the receivers of a batch, by their marks, who have orders already; asked before its own are written."""
    marks = {one.receiver.mark for one in takings if one.is_verified_now}
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT receiver_mark FROM orders_order WHERE receiver_mark = ANY(string_to_array(%s, ',')) AND receiver_mark <> ''", [",".join(marks)])
        return {row[0] for row in cursor.fetchall()}


def doubtful(takings: Sequence[Taking], met: Collection[str]) -> list[UUID]:
    """
    This function will give the orders that could be doubles: of receivers met before or twice in this batch, nearly none of the
    new ones; and those that stood, whose receiver this file may leave out.
    """
    times = Counter([one.receiver.mark for one in takings if one.receiver.mark])
    return [one.id for one in takings if one.is_verified_now and (one.known or times[one.receiver.mark] > 1 or one.receiver.mark in met)]


def find_duplicates(order_ids: Sequence[UUID], *, within: timedelta, now: datetime) -> None:
    """
    This function will mark the later of two orders of the same receiver for the same item within minutes, on whatever
    platforms of the shop.   Source: ORD-2.
    """
    if not order_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO orders_finding (id, order_id, line_id, field, wrong, proposed, confidence_bp, reason, details, alias_text, state,
                                        found_at, decided_by, decision_reason)
            SELECT DISTINCT ON (l.id) gen_random_uuid(), o.id, l.id, 'duplicate', p.order_no, '', 0, 'double',
                   jsonb_build_object('minutes', floor(extract(epoch FROM o.ordered_at - p.ordered_at) / 60)::int, 'platform', p.platform,
                                      'order', p.id),
                   '', 'open', %(now)s, '', ''
              FROM orders_order o
              JOIN orders_order p ON p.receiver_mark = o.receiver_mark AND p.id <> o.id AND p.shop_id = o.shop_id
                                 AND p.ordered_at BETWEEN o.ordered_at - %(within)s AND o.ordered_at + %(within)s
                                 AND p.state NOT IN ('cancelled', 'closed')
                                 AND (p.id <> ALL(string_to_array(%(ids)s, ',')::uuid[]) OR (p.ordered_at, p.id) < (o.ordered_at, o.id))
              JOIN orders_orderline l ON l.order_id = o.id AND l.sku_id IS NOT NULL
              JOIN orders_orderline m ON m.order_id = p.id AND m.sku_id = l.sku_id
             WHERE o.id = ANY(string_to_array(%(ids)s, ',')::uuid[]) AND o.receiver_mark <> ''
             ORDER BY l.id, p.ordered_at
            ON CONFLICT (order_id, line_id, field) DO NOTHING
            RETURNING order_id
            """,
            {"ids": ",".join([one.hex for one in order_ids]), "within": within, "now": now},
        )
        touched = {row[0] for row in cursor.fetchall()}
    if touched:
        recount(sorted(touched, key=str))


def store_anomalies(takings: Sequence[Taking], *, now: datetime) -> None:
    """This function will keep what a platform said that cannot follow from what we knew.   Source: facts/platforms §5.1."""
    rows = [
        (one.id, one.merged.anomaly.value, one.known.state.value if one.known else "", _raw_status(one.lines), now)
        for one in takings if one.merged.anomaly
    ]
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO orders_orderanomaly (order_id, kind, known_state, raw_status, at, seen_by)
               SELECT o, k, s, r, t, '' FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::timestamptz[]) AS given (o, k, s, r, t)
               ON CONFLICT (order_id, kind, raw_status) DO UPDATE SET at = excluded.at, seen_at = NULL, seen_by = ''""",
            [list(values) for values in zip(*rows, strict=True)],
        )


def note_seen(order_ids: Iterable[UUID], version: datetime) -> None:
    """This function will note that a newer file said the same again, so that an older one cannot undo it later."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE orders_order SET source_version = %s WHERE id = ANY(%s) AND source_version < %s", [version, list(order_ids), version])
