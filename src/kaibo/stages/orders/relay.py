"""
The relay: claims of the room become orders, exactly once; unpaid orders give their units back.

Lock order, kept by everybody who touches an order: claim, order, items of the ledger (id order), room.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F

from kaibo.facts.flow import OrderRecorded
from kaibo.kit import sealed_box
from kaibo.kit.errors import Conflict
from kaibo.master.catalog import queries as catalog
from kaibo.master.catalog.promises import Promise, promises_of
from kaibo.master.catalog.queries import SkuRow
from kaibo.master.stock import allotments, batches
from kaibo.master.stock import services as stock
from kaibo.master.stock.batches import Settlement
from kaibo.master.stock.models import Allotment
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit import audit
from kaibo.plumbing.bulk_cursor import bulk_cursor
from kaibo.plumbing.copying import copy_rows
from kaibo.plumbing.outbox import outbox
from kaibo.room import backoffice, claim_life
from kaibo.room.backoffice import ClaimRow
from kaibo.stages.orders import ship_times, turned
from kaibo.stages.orders.models import ClaimTrouble, Order, OrderLine
from kaibo.stages.orders.rules import State
from kaibo.stages.orders.turned import Whole

log = logging.getLogger("kaibo.orders.relay")

BATCH_CLAIMS = 500
RELAY_LOCK = 7_204_013
FOLLOWING_LOCK = 7_204_012
"""Held by who takes turns of claims, one at a time (following.py); the relay takes those of the claims it settles."""
MOST_SECONDS_A_RUN = 2.0
"""After this the other clocks get their turn; the next run goes on a second later."""
OWN = "own"
UNPAID = "unpaid"


class AllotmentUnknown(Conflict):
    code = "orders.allotment_unknown"
    message_zh = "抢购 {claim} 的配额不在库存账里"
    message_en = "The allotment of claim {claim} is not in the stock ledger"


class UnitsNotReturned(Conflict):
    code = "orders.units_not_returned"
    message_zh = "订单 {order_no} 的库存与直播间对不上，未取消"
    message_en = "The ledger and the room disagree about order {order_no}; it was not cancelled"


def settle_claims(now: datetime) -> int:
    """
    This function will make an order of every claim that has none yet and give how many; the clock of the relay.

    However many relays run or die: a claim is locked while its order is made, and both commit together.
    Source: DESIGN §2, ORD-3.
    """
    settled = 0
    ends_at = time.monotonic() + MOST_SECONDS_A_RUN
    while True:
        made, done, seen = _settle_batch(now)
        settled += made
        if seen < BATCH_CLAIMS or not done or time.monotonic() > ends_at:
            return settled


@transaction.atomic
def _settle_batch(now: datetime) -> tuple[int, int, int]:
    """Give (orders made, claims done with, claims seen). Claims in trouble are read on top of the batch, so they never starve the others."""
    with connection.cursor() as cursor:
        # One relay at a time, instead of holding the claims: people are paying for them right now.
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [RELAY_LOCK])
        if not cursor.fetchone()[0]:
            return 0, 0, 0
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [FOLLOWING_LOCK])
        takes_turns = bool(cursor.fetchone()[0])  # else somebody follows just now, and will follow what we make
    troubled = set(ClaimTrouble.objects.values_list("claim_id", flat=True))
    with bulk_cursor() as cursor:
        claims = backoffice.unsettled_claims(cursor, BATCH_CLAIMS + len(troubled), is_alone=True)
        if not claims:
            return 0, 0, 0
        bench = _of_bench_rooms(cursor, claims)
        real = [one for one in claims if one.room not in bench]
        waiting = [one for one in real if one.claim in troubled] if troubled else []
        made = settle_many([one for one in real if one.claim not in troubled] if troubled else real, now, takes_turns=takes_turns)
        for one in waiting:
            made += settle_many([one], now)
        done = backoffice.mark_settled(cursor, [*made, *(one.claim for one in claims if one.room in bench)])
    ClaimTrouble.objects.filter(pk__in=troubled.intersection(made)).delete()
    return len(made), done, len(claims)


def settle_many(claims: Sequence[ClaimRow], now: datetime, *, takes_turns: bool = False) -> list[UUID]:
    """
    This function will make an order of each claim, with as many statements as for one, and give the claims that have one now.
    Who `takes_turns` holds their lock: claims that were paid and addressed meanwhile become orders that are ready to ship.

    The caller holds the claims (`backoffice.unsettled_claims`) and marks them settled in the same transaction. When a batch
    fails, its halves are tried alone: a claim that cannot be settled waits with its reason, the others go on.
    Source: DESIGN §2, ORD-3.
    """
    if not claims:
        return []
    try:
        with transaction.atomic():
            _make_orders(claims, now, takes_turns=takes_turns)
            return [one.claim for one in claims]
    except (OperationalError, InterfaceError):
        raise
    except (Conflict, DatabaseError, KeyError, sealed_box.BoxNotOurs) as reason:
        if len(claims) > 1:
            middle = len(claims) // 2
            return [one for half in (claims[:middle], claims[middle:]) for one in settle_many(half, now, takes_turns=takes_turns)]
        if takes_turns and isinstance(reason, sealed_box.BoxNotOurs):  # its address is the follower's trouble, the claim is none
            return settle_many(claims, now)
        _note_trouble(claims[0], reason, now)
        return []


def _of_bench_rooms(cursor: backoffice.Cursor, claims: Sequence[ClaimRow]) -> set[str]:
    """Rooms of a bench sell units that no ledger has; their claims become no orders."""
    cursor.execute("select room from room.rooms where is_bench and room = any(%s)", (list({one.room for one in claims}),))
    return {room for (room,) in cursor.fetchall()}


def _note_trouble(claim: ClaimRow, reason: Exception, now: datetime) -> None:
    log.warning("claim not settled", extra={"claim": str(claim.claim), "reason": type(reason).__name__})
    trouble, is_new = ClaimTrouble.objects.get_or_create(
        claim_id=claim.claim, defaults={"reason": str(reason)[:300], "first_at": now, "last_at": now}
    )
    if not is_new:
        ClaimTrouble.objects.filter(pk=trouble.pk).update(reason=str(reason)[:300], last_at=now, attempts=trouble.attempts + 1)


def reference_of(order_id: UUID) -> str:
    """This function will give the name an order has in the stock ledger."""
    return f"order:{order_id}"


def order_id_of(reference: str) -> UUID | None:
    """This function will give the order a name in the ledger stands for, whatever was added to it; None for what is no order's."""
    kind, _colon, rest = reference.partition(":")
    return UUID(rest.partition(":")[0]) if kind == "order" else None


def _make_orders(claims: Sequence[ClaimRow], now: datetime, *, takes_turns: bool) -> None:
    known = _known([one.claim for one in claims])
    fresh = [one for one in claims if one.claim.int not in known] if known else claims
    if not fresh:
        return
    sold = _sold(fresh)
    whole = turned.whole_claims([one.claim for one in fresh], now) if takes_turns else {}
    hours = ship_times.usual_hours(thing.sku.shop_id for _, thing in sold) if whole else {}
    said = promises_of(thing.sku.product_id for one, thing in sold if one.claim.int in whole) if whole else {}
    copy_rows(
        Order, ORDER_COLUMNS,
        [_order_of(one, thing, now) + _paid_part(found, said.get(thing.sku.product_id, ()), hours[thing.sku.shop_id]) if (found := whole.get(one.claim.int)) else _order_of(one, thing, now) + UNPAID_PART
         for one, thing in sold],
    )  # fmt: skip
    copy_rows(OrderLine, LINE_COLUMNS, [_line_of(one, thing.sku) for one, thing in sold])
    turned.book([(one.paid, "in_time") for one in whole.values()])
    turned.find_addresses({one.paid.claim: one.receiver.wrong for one in whole.values() if one.receiver.wrong}, now)
    # No expiry on the reservations: the order's own clock ends them, since the units go back to the room, not to the shelf.
    batches.settle_many(
        actor=KAIBO, now=now,
        settlements=[Settlement(one.text, one.allotment, one.quantity, f"order:{one.text}") for one in fresh if not one.has_ended],
    )
    _cancel([one.claim for one in fresh if one.has_ended], now)
    if outbox.is_heard(OrderRecorded):  # else thousands of rows that nobody reads
        outbox.announce_many(
            [
                OrderRecorded(order_id=one.claim, shop_id=thing.sku.shop_id, platform=OWN, amount_fen=one.amount_fen, recorded_at=now)
                for one, thing in sold
            ],
            now=now,
        )


class Thing(NamedTuple):
    """What an allotment sells, as its orders call it."""

    sku: SkuRow
    session_id: UUID | None
    allotment_id: UUID


def _sold(claims: Sequence[ClaimRow]) -> list[tuple[ClaimRow, Thing]]:
    allotments_of = {one.allotment.int: one for one in claims}
    rows = Allotment.objects.filter(pk__in=[one.allotment for one in allotments_of.values()]).values_list("pk", "sku_id", "session_id")
    allotted = {pk.int: (pk, sku_id, session_id) for pk, sku_id, session_id in rows}
    if unknown := next((claim for allotment, claim in allotments_of.items() if allotment not in allotted), None):
        raise AllotmentUnknown(claim=unknown.text)
    skus = catalog.sku_rows(sku_id for _, sku_id, _ in allotted.values())
    things = {number: Thing(skus[sku_id], session_id, pk) for number, (pk, sku_id, session_id) in allotted.items()}
    return [(one, things[one.allotment.int]) for one in claims]


def _known(claims: Sequence[UUID]) -> set[int]:
    with bulk_cursor() as cursor:
        cursor.execute("SELECT id FROM orders_order WHERE id = ANY(%s)", [list(claims)])
        return {order.int for (order,) in cursor.fetchall()}


def _cancel(ended: Sequence[UUID], now: datetime) -> None:
    """Their units are on sale again, perhaps somebody else's by now: they hold nothing and are cancelled from the start."""
    if ended:
        Order.objects.filter(pk__in=ended).update(
            state=State.CANCELLED.value, cancelled_at=now, cancel_reason=UNPAID, allocated_at=None
        )
        OrderLine.objects.filter(order__in=ended).update(cancelled=F("quantity"))


ORDER_COLUMNS = (
    "id", "order_no", "shop_id", "platform", "raw_status", "amount_fen", "units", "goods", "ordered_at", "pay_by", "session_id",
    "source", "source_version", "stock_reference", "allotment_id", "allocated_at", "created_at",
    "state", "paid_at", "paid_fen", "ship_by", *turned.RECEIVER_COLUMNS,
)  # fmt: skip
LINE_COLUMNS = (
    "order_id", "line_no", "sku_id", "platform_title", "platform_specification", "platform_code", "quantity", "price_fen", "amount_fen",
)  # fmt: skip


UNPAID_PART = (State.PENDING_PAYMENT.value, None, 0, None, *turned.NO_RECEIVER.columns)


def _order_of(claim: ClaimRow, thing: Thing, now: datetime) -> tuple[object, ...]:
    return (
        claim.claim, claim.text, thing.sku.shop_id, OWN, "claimed", claim.amount_fen, claim.quantity,
        f"{thing.sku.title} ×{claim.quantity}"[:200], claim.claimed_at, claim.pay_by, thing.session_id,
        "claim", claim.claimed_at, f"order:{claim.text}", thing.allotment_id, now, now,
    )  # fmt: skip


def _paid_part(whole: Whole, said: Sequence[Promise], hours: int) -> tuple[object, ...]:
    paid = whole.paid
    if paid.paid_at is None:
        raise AssertionError("money has a time")
    return (State.ALLOCATED.value, paid.paid_at, paid.received_fen, ship_times.leaves_by(said, paid.paid_at, hours), *whole.receiver.columns)


def _line_of(claim: ClaimRow, sku: SkuRow) -> tuple[object, ...]:
    return (
        claim.claim, "1", sku.id, sku.product_title[:200], sku.specification, sku.code, claim.quantity, claim.unit_price_fen, claim.amount_fen,
    )  # fmt: skip


def tell_levels(items: Sequence[UUID]) -> None:
    """This function will tell the room's stream of new levels after the commit: it locks the room, which nobody may after its items."""

    def tell() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            claim_life.announce_levels(cursor, items)

    if items:
        transaction.on_commit(tell)


@transaction.atomic
def cancel_unpaid(order_id: UUID, *, reason: str, now: datetime) -> bool:
    """
    This function will cancel an order that awaits payment and return its units: to the room while the item is open
    there, else to the shelf. False when somebody was first, or the money was.   Raises: UnitsNotReturned.   Source: ORD-6.
    """
    with connection.cursor() as cursor:
        claim_life.lock_claims(cursor, [order_id])
        units = Order.objects.filter(pk=order_id, state=State.PENDING_PAYMENT.value).values_list("units", flat=True).first()
        if units is None:
            return False
        outcome = backoffice.return_units(cursor, order_id, units)
    return outcome != "paid" and cancel_ended(order_id, units_returned=outcome == "returned", reason=reason, now=now)


def _give_back(order: Order, allotment_id: UUID, units: int, now: datetime) -> bool:
    """Into the allotment the room sells from; when it was closed before we heard, to who waits for an order, or the shelf."""
    said = {"actor": KAIBO, "allotment_id": allotment_id, "reference": order.stock_reference, "quantity": units, "now": now}
    if allotments.give_back(**said):
        return True
    with connection.cursor() as cursor:
        wanted = backoffice.units_without_order(cursor, allotment_id)
    return allotments.give_back_late(wanted=wanted, **said)


@transaction.atomic
def cancel_ended(order_id: UUID, *, units_returned: bool, reason: str, now: datetime) -> bool:
    """
    This function will cancel the order of a claim that ended in the room. `units_returned`: they are on sale there again,
    so they go back into the allotment; else to the shelf.   Raises: UnitsNotReturned.
    """
    changed = Order.objects.filter(pk=order_id, state=State.PENDING_PAYMENT.value).update(
        state=State.CANCELLED.value, cancelled_at=now, cancel_reason=reason, allocated_at=None
    )
    if not changed:
        return False
    order = Order.objects.get(pk=order_id)
    lines = list(OrderLine.objects.filter(order=order_id).values_list("sku_id", "quantity"))
    OrderLine.objects.filter(order=order_id).update(cancelled=F("quantity"))
    stock.lock_items(part for sku, units in lines for part, _ in stock.units_of(sku, units))
    if not units_returned:
        stock.release_reserved(actor=KAIBO, reference=order.stock_reference, now=now)
    elif order.allotment_id is None or not _give_back(order, order.allotment_id, sum(units for _, units in lines), now):
        raise UnitsNotReturned(order_no=order.order_no)  # the room would sell units the ledger does not keep for it
    audit.record(KAIBO, "orders:order:cancel", subject=f"order:{order_id}", now=now, shop_id=order.shop_id, details={"reason": reason})
    return True
