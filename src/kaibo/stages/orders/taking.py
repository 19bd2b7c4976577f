"""Taking a platform's order export: set-based, once per content, older truth never over newer, five fields verified."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection

from kaibo.facts.flow import OrderRecorded
from kaibo.kit.ids import new_ids
from kaibo.kit.shop_channels import OrderHold
from kaibo.master.stock import services as stock
from kaibo.master.stock.batches import close_many
from kaibo.master.stock.models import Reservation
from kaibo.master.stock.parts import ship_part
from kaibo.master.stock.rules import Bucket, StockShort
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.intake.kinds import FileContext, ImportContext, Outcome, ParsedRow, Refused, Taken
from kaibo.plumbing.outbox import outbox
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.orders import ship_times, storing
from kaibo.stages.orders.items import Items, items_of
from kaibo.stages.orders.models import Order
from kaibo.stages.orders.platforms import USUAL_PLATFORM, state_of
from kaibo.stages.orders.reading import LineIn, read_line
from kaibo.stages.orders.receivers import Sealed, seal_receivers
from kaibo.stages.orders.rows import amount_of, holds_said, new_order
from kaibo.stages.orders.rules import RANK, SENT, TERMINAL, Hold, Merged, State, merge_state, state_of_lines
from kaibo.stages.orders.verification import Wrong, check_address, check_price, check_quantity

log = logging.getLogger("kaibo.orders.taking")

PLATFORM_HOLDS = {Hold.AFTERSALE_OPEN.value, Hold.PLATFORM_FORBID.value}
"""Flags a file sets and takes off; the others are ours."""
INTERFACE_HOLDS = {Hold(one.value).value for one in OrderHold}
"""An interface says all of them, each time: one it no longer says is over."""
LEFT_OR_ENDED = SENT | TERMINAL | {State.PARTIALLY_SHIPPED}


@dataclass(slots=True)
class Known:
    """An order that stands, with its lines: line number → (id, content hash, raw status, units shipped, amount, sku)."""

    id: UUID
    state: State
    version: datetime
    """When what stands was written down."""
    hold_flags: list[str]
    is_reserved: bool
    stock_reference: str
    lines: dict[str, tuple[UUID, str, str, int, int, UUID | None]] = field(default_factory=dict)


@dataclass(slots=True)
class Taking:
    """One order of the batch on its way into the tables."""

    id: UUID
    known: Known | None
    lines: list[LineIn]
    merged: Merged
    hold_flags: list[str]
    receiver: Sealed
    wrongs: list[tuple[UUID | None, Wrong]] = field(default_factory=list)
    line_ids: dict[str, UUID] = field(default_factory=dict)
    promised_by: datetime | None = None
    """What the house promised of its items, where the platform gave no time."""

    @property
    def first(self) -> LineIn:
        return self.lines[0]

    @property
    def order_text(self) -> bytes:
        """The row as it was written down ahead, where that was of these very lines and the order is indeed new."""
        ready = self.receiver.ready
        return ready.order_text if self.known is None and ready.order_lines == len(self.lines) else b""

    @property
    def amount_fen(self) -> int:
        """Of all lines, those this file leaves out too."""
        if self.known is None or self.first.order_amount_fen is not None:
            return amount_of(self.lines)
        return amount_of(self.lines) + sum([kept[4] for no, kept in self.known.lines.items() if no not in self.line_ids])

    @property
    def is_verified_now(self) -> bool:
        """What has left or ended is history: nobody can mend it any more."""
        return self.merged.state not in LEFT_OR_ENDED


@dataclass(frozen=True, slots=True)
class Limits:
    quantity: int
    tolerance_bp: int
    ship_hours: int
    duplicate_minutes: int


def limits_of(shop_id: UUID | None) -> Limits:
    """This function will read the thresholds verification works with."""
    found = thresholds.values("orders.quantity_limit", "orders.price_tolerance_bp", "orders.ship_within_hours", "orders.duplicate_minutes")
    return Limits(*found.values())


def take_orders(context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    """
    This function will take rows of an order export and say of each whether it was new, changed something or nothing.

    Order and lines are written with one statement a table; known orders are locked first, in id order.
    Source: ORD-1, ORD-2, ORD-7, facts/platforms §5.1.
    """
    platform = context.platform or USUAL_PLATFORM
    outcomes: list[Outcome | None] = [None] * len(rows)
    by_order: dict[str, list[tuple[int, LineIn]]] = {}
    for place, row in enumerate(rows):
        read = row.meaning or read_line(row)
        if isinstance(read, Refused):
            outcomes[place] = read
        else:
            by_order.setdefault(read.order_no, []).append((place, read))
    storing.alone_in_shop(platform, context.shop_id)
    known = _known_orders(context, platform, list(by_order))
    changed: dict[str, list[LineIn]] = {}
    for order_no, placed in by_order.items():
        fresh = _fresh_lines(known.get(order_no), placed, outcomes, context.file_exported_at)
        if fresh:
            changed[order_no] = fresh
    if changed:
        _take_changed(context, platform, changed, known)
    storing.note_seen([one.id for no, one in known.items() if no not in changed], context.file_exported_at)
    return [outcome or Taken.SAME for outcome in outcomes]


def _fresh_lines(
    known: Known | None, placed: Sequence[tuple[int, LineIn]], outcomes: list[Outcome | None], exported_at: datetime
) -> list[LineIn]:
    """The lines that say something new; a file older than what stands says nothing new."""
    fresh = []
    for place, line in placed:
        stands = known.lines.get(line.line_no) if known else None
        if known and (known.version > (line.version or exported_at) or (stands and stands[1] == line.content_hash)):
            outcomes[place] = Taken.SAME
        else:
            outcomes[place] = Taken.CHANGED if stands else Taken.NEW
            fresh.append(line)
    return fresh


def _known_orders(context: ImportContext, platform: str, numbers: Sequence[str]) -> dict[str, Known]:
    with connection.cursor() as cursor:
        # lock: known orders in id order, before any item of the ledger
        cursor.execute(
            """SELECT id, order_no, state, source_version, hold_flags, allocated_at IS NOT NULL, stock_reference FROM orders_order
                WHERE platform = %s AND shop_id = %s AND order_no IN (SELECT json_array_elements_text(%s::json)) ORDER BY id FOR UPDATE""",
            [platform, context.shop_id, json.dumps(list(numbers))],
        )
        found = {row[1]: Known(row[0], State(row[2]), row[3], row[4], row[5], row[6]) for row in cursor.fetchall()}
        if found:
            by_id = {one.id: one for one in found.values()}
            cursor.execute(
                """SELECT order_id, line_no, id, content_hash, raw_status, shipped, amount_fen, sku_id FROM orders_orderline
                    WHERE order_id = ANY(string_to_array(%s, ',')::uuid[])""",
                [",".join(map(str, by_id))],
            )
            for order_id, line_no, *rest in cursor.fetchall():
                by_id[order_id].lines[line_no] = tuple(rest)
    return found


def _take_changed(context: ImportContext, platform: str, changed: dict[str, list[LineIn]], known: dict[str, Known]) -> None:
    limits = limits_of(context.shop_id)
    lines = [line for group in changed.values() for line in group]
    items = items_of(platform, context.shop_id, lines)
    told = FileContext(platform, context.shop_id, context.now, context.file_exported_at, settings.SECRET_KEY)
    sealed = seal_receivers(told, {no: group[0] for no, group in changed.items()}, now=context.now)
    ids = iter(new_ids(len(changed) + len(lines)))
    takings = [_taking(known.get(no), group, sealed[no], ids) for no, group in changed.items()]
    for one in takings:
        one.line_ids = {line.line_no: _line_id(one.known, line, ids) for line in one.lines}
    ship_times.promise_where_silent(takings, items)

    def verify(one: Taking) -> None:
        if one.is_verified_now:
            one.wrongs = _wrongs(one, items, limits)

    met_before = storing.met_before(takings)
    storing.store_orders(told, takings, limits, verify)
    storing.store_lines(takings, items)
    storing.sum_up(takings)
    storing.store_findings(takings, now=context.now)
    storing.find_duplicates(
        storing.doubtful(takings, met_before), within=timedelta(minutes=limits.duplicate_minutes), now=context.now
    )
    storing.store_anomalies(takings, now=context.now)
    _follow_in_stock(takings, context.now)
    _reserve_anew([one for one in takings if one.known and one.known.is_reserved], context.now)
    _announce_new(context, platform, takings)


def _announce_new(context: ImportContext, platform: str, takings: Sequence[Taking]) -> None:
    """The fact a claim's order is announced by, once an order: later files change orders and record none."""
    if not outbox.is_heard(OrderRecorded):
        return
    assert context.shop_id is not None  # `needs_shop`
    outbox.announce_many(
        [
            OrderRecorded(order_id=one.id, shop_id=context.shop_id, platform=platform, amount_fen=one.amount_fen, recorded_at=context.now)
            for one in takings if one.known is None
        ],
        now=context.now,
    )  # fmt: skip


def _line_id(known: Known | None, line: LineIn, ids: Iterator[UUID]) -> UUID:
    stands = known.lines.get(line.line_no) if known else None
    return stands[0] if stands else next(ids)


def _taking(known: Known | None, lines: list[LineIn], receiver: Sealed, ids: Iterator[UUID]) -> Taking:
    if known is None:
        merged = new_order(lines)
        return Taking(next(ids), None, lines, merged, holds_said(lines, merged.state), receiver)
    fresh = {line.line_no for line in lines}
    states = [line.state for line in lines] + [state_of(raw) for no, (_, _, raw, *_) in known.lines.items() if no not in fresh]
    merged = merge_state(known.state, state_of_lines(states))
    theirs = INTERFACE_HOLDS if lines[0].source == "pull" else PLATFORM_HOLDS
    kept = [flag for flag in known.hold_flags if flag not in theirs]
    return Taking(known.id, known, lines, merged, sorted({*kept, *holds_said(lines, merged.state)}), receiver)


def _wrongs(one: Taking, items: Items, limits: Limits) -> list[tuple[UUID | None, Wrong]]:
    found: list[tuple[UUID | None, Wrong]] = []
    if wrong := check_address(one.first.address, one.first.receiver.address):
        found.append((None, wrong))
    for line in one.lines:
        line_id = one.line_ids[line.line_no]
        item = items.of(line)
        if item is None:
            found.append((line_id, items.wrong_with(line)))
        elif wrong := check_price(line.price_fen, items.published.get(item.id, 0), tolerance_bp=limits.tolerance_bp):
            found.append((line_id, wrong))
        if wrong := check_quantity(line.quantity, limit=limits.quantity):
            found.append((line_id, wrong))
    return found


def _follow_in_stock(takings: Sequence[Taking], now: datetime) -> None:
    """What the platform did to orders we hold stock for: they left without us, or ended."""
    left, ended = [], []
    for one in takings:
        if not one.known or not one.known.is_reserved:
            continue
        if one.merged.state is State.PARTIALLY_SHIPPED:
            _follow_part(one, now)
        if one.merged.state == one.known.state:
            continue
        if one.merged.state in SENT and RANK.get(one.known.state, 0) < RANK[State.SHIPPED]:
            left.append(one.known.stock_reference)
        elif one.merged.state in TERMINAL:
            ended.append(one.known.stock_reference)
    if left:
        close_many(actor=KAIBO, references=left, state=Reservation.State.SHIPPED, target=Bucket.CUSTOMER, reason="ship", now=now)
    if ended:
        close_many(actor=KAIBO, references=ended, state=Reservation.State.RELEASED, target=Bucket.SELLABLE, reason="unreserve", now=now)


def _follow_part(one: Taking, now: datetime) -> None:
    """Parcels somebody made in the platform's own console; what we sent ourselves stands already."""
    assert one.known is not None
    total, fresh = Counter[UUID](), Counter[UUID]()
    for number, (_id, _hash, _raw, sent, _fen, sku) in one.known.lines.items():
        if sku is not None:
            said = next((line.shipped for line in one.lines if line.line_no == number and line.shipped is not None), sent)
            total[sku] += max(sent, said)
            fresh[sku] += max(0, said - sent)
    moved = {sku: (units, total[sku]) for sku, units in fresh.items() if units}
    try:
        ship_part(actor=KAIBO, reference=one.known.stock_reference, sent=moved, now=now)
    except StockShort as short:  # the platform's truth stands; `kaibo check` names what the ledger lacks
        log.error("a part that left elsewhere was not promised", extra={"order": str(one.id), "reason": short.message("en")})


def _reserve_anew(takings: Sequence[Taking], now: datetime) -> None:
    """Orders that need other units than are promised to them give all back and take their turn again, under a new reference."""
    if not takings:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT o.id, o.stock_reference FROM orders_order o
                WHERE o.id = ANY(%s) AND o.state = 'allocated'
                  AND (SELECT coalesce(sum(r.quantity), 0) FROM stock_reservation r WHERE r.reference = o.stock_reference AND r.state = 'open')
                   <> (SELECT coalesce(sum(l.quantity - l.cancelled), 0) FROM orders_orderline l WHERE l.order_id = o.id) ORDER BY o.id""",
            [[one.id for one in takings]],
        )
        changed = cursor.fetchall()
    for order_id, reference in changed:
        stock.release_reserved(actor=KAIBO, reference=reference, now=now)
        Order.objects.filter(pk=order_id).update(
            state=State.PAID.value, allocated_at=None, stock_reference=f"{reference.split(':again')[0]}:again:{new_ids(1)[0].hex[-8:]}"
        )
