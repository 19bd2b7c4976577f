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

from kaibo.kit.ids import new_id
from kaibo.plumbing.copy_text import row_texts
from kaibo.plumbing.copying import copy_half_written
from kaibo.plumbing.intake.kinds import FileContext
from kaibo.stages.orders.models import Order, OrderLine
from kaibo.stages.orders.rows import (
    LINE_COLUMNS,
    LINE_FIRST,
    LINE_REST,
    ORDER_COLUMNS,
    ORDER_FIRST,
    ORDER_REST,
    line_rest,
    order_rest,
    raw_status_of,
)
from kaibo.stages.orders.rules import ship_by
from kaibo.stages.orders.verification import Field

if TYPE_CHECKING:
    from kaibo.stages.orders.items import Items
    from kaibo.stages.orders.reading import LineIn
    from kaibo.stages.orders.taking import Limits, Taking

ORDER_DEFAULTS = {"hold_reason": "''", "refund_due_fen": "0", "stock_reference": "''", "is_test": "false", "content_hash": "''"}
ORDER_KEPT = frozenset({"id", "shop_id", "platform", "order_no", "source", "created_at", "open_findings", "ordered_at"})
"""Never changed by a later file (findings have their own statement)."""
ORDER_KEPT_WHEN_EMPTY = frozenset(
    {"paid_at", "shipped_at", "finished_at", "cancelled_at", "buyer_subject_id", "receiver_sealed", "receiver_cipher", "receiver_masked", "receiver_mark", "phone_tail",
     "province", "city", "area", "cancel_reason", "parent_no"}
)  # fmt: skip
"""A later file that leaves these out (receivers vanish after shipping) does not wipe them out."""
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


def store_orders(told: FileContext, takings: Sequence[Taking], limits: Limits, verify: Callable[[Taking], None]) -> None:
    """This function will verify and write the orders of a batch, new and changed ones alike; the new ones while the server takes them."""

    def half_written(one: Taking) -> tuple[tuple[Any, ...], bytes]:
        verify(one)
        return _order_first(one, limits), one.order_text or row_texts([_order_rest(told, one)])[0].encode()

    changed = []
    for one in takings:
        if one.known:
            verify(one)
            sealed = one.receiver.blob
            first = list(_order_first(one, limits))
            first[_SEALED] = None if sealed is None else "\\x" + sealed.hex()
            changed.append((*first, *_order_rest(told, one)))
    if changed:
        _write(_order_statement(), ORDER_COLUMNS, changed)
    copy_half_written(Order, ORDER_FIRST, ORDER_REST, map(half_written, [one for one in takings if one.known is None]))


_SEALED = ORDER_FIRST.index("receiver_sealed")


def _order_first(one: Taking, limits: Limits) -> tuple[Any, ...]:
    first, receiver = one.lines[0], one.receiver
    leaves_by = ship_by(
        promised_at=first.promised_at or one.promised_by, paid_at=first.paid_at, ordered_at=first.ordered_at, hours=limits.ship_hours
    )
    return one.id, receiver.subject_id, receiver.blob, leaves_by, len(one.wrongs)


def _order_rest(told: FileContext, one: Taking) -> tuple[Any, ...]:
    return order_rest(told, one.lines, one.merged.state, one.hold_flags, one.amount_fen, one.receiver.ready)


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
    if changed := [(*_line_first(one, line, items), *line_rest(line, one.merged.state)) for one in takings if one.known for line in one.lines]:
        _write(_insert("orders_orderline", LINE_COLUMNS, {"returned": "0"}, conflict), LINE_COLUMNS, changed)
    copy_half_written(
        OrderLine, LINE_FIRST, LINE_REST,
        (
            (_line_first(one, line, items), line.line_text if one.order_text else row_texts([line_rest(line, one.merged.state)])[0].encode())
            for one in takings if one.known is None for line in one.lines
        ),
    )  # fmt: skip


def sum_up(takings: Sequence[Taking]) -> None:
    """This function will say anew how many units of what an order has, where this file told of only some of its lines."""
    partly_told = [one.id for one in takings if one.known and not one.known.lines.keys() <= one.line_ids.keys()]
    if not partly_told:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE orders_order o SET units = l.units, goods = l.goods
                 FROM (SELECT order_id, sum(quantity) AS units,
                              left(string_agg(btrim(concat_ws(' ', platform_title, nullif(platform_specification, ''), '×' || quantity)), '；' ORDER BY id), 200) AS goods
                         FROM orders_orderline WHERE order_id = ANY(string_to_array(%s, ',')::uuid[]) GROUP BY order_id) l
                WHERE o.id = l.order_id AND (o.units, o.goods) IS DISTINCT FROM (l.units, l.goods)""",
            [",".join([one.hex for one in partly_told])],
        )


def _line_first(one: Taking, line: LineIn, items: Items) -> tuple[Any, ...]:
    item = items.of(line)
    return one.line_ids[line.line_no], one.id, item.id if item else None


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
    platforms of the shop. Parts of one order that its platform split are no doubles.   Source: ORD-2.

    Asked receiver by receiver: left to choose, the planner read all orders of the hour for each of a big evening's.
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
              FROM unnest(string_to_array(%(ids)s, ',')::uuid[]) AS given (id)
             CROSS JOIN LATERAL (
                    SELECT id, shop_id, order_no, parent_no, receiver_mark, ordered_at FROM orders_order WHERE id = given.id AND receiver_mark <> '' OFFSET 0) o
             CROSS JOIN LATERAL (
                    SELECT id, platform, order_no, ordered_at FROM orders_order
                     WHERE receiver_mark = o.receiver_mark AND receiver_mark <> '' AND shop_id = o.shop_id AND id <> o.id
                       AND ordered_at BETWEEN o.ordered_at - %(within)s AND o.ordered_at + %(within)s
                       AND state NOT IN ('cancelled', 'closed')
                       AND (o.parent_no = '' OR o.parent_no NOT IN (parent_no, order_no)) AND parent_no <> o.order_no
                    OFFSET 0) p
             CROSS JOIN LATERAL (SELECT id, sku_id FROM orders_orderline WHERE order_id = o.id AND sku_id IS NOT NULL OFFSET 0) l
             CROSS JOIN LATERAL (SELECT 1 FROM orders_orderline WHERE order_id = p.id AND sku_id = l.sku_id LIMIT 1) m
             WHERE p.id <> ALL(string_to_array(%(ids)s, ',')::uuid[]) OR (p.ordered_at, p.id) < (o.ordered_at, o.id)
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
        (one.id, one.merged.anomaly.value, one.known.state.value if one.known else "", raw_status_of(one.lines), now)
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
