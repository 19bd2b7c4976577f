"""
What happened to claims in the room becomes true of their orders: paid, ended, paid late, owed back, an address given.

One follower at a time (an advisory lock, taken before everything else), because the turns of a claim have an order.
Then: claim, order, order line, items of the ledger. Each turn is taken once, in one transaction with its effect; many at
once with as many statements as for one.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from kaibo.kit.errors import KaiboError
from kaibo.master.stock import allotments
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit import audit
from kaibo.plumbing.bulk_cursor import bulk_cursor
from kaibo.room import claim_life
from kaibo.room.claim_life import Turn
from kaibo.stages.orders import relay, ship_times, turned
from kaibo.stages.orders.models import Order, OrderLine, PaymentRefund
from kaibo.stages.orders.rules import SENT, State
from kaibo.stages.orders.verification import Field, Wrong

log = logging.getLogger("kaibo.orders.following")

BATCH_TURNS = 500
MOST_SECONDS_A_RUN = 2.0
LEFT = [state.value for state in SENT] + [State.PARTIALLY_SHIPPED.value]


def follow_claims(now: datetime) -> int:
    """This function will bring orders up to date with what happened to their claims and give how many turns it took; a clock."""
    taken = 0
    ends_at = time.monotonic() + MOST_SECONDS_A_RUN
    while True:
        done = _follow_batch(now)
        taken += done
        if done < BATCH_TURNS or time.monotonic() > ends_at:
            return taken


def expire_unpaid(now: datetime) -> int:
    """
    This function will end what nobody paid by `now`, as the room does by itself, cancel the orders, and give how many
    claims ended; a clock, for when no room runs.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        ended, items = claim_life.end_unpaid(cursor, now=now, limit=BATCH_TURNS)
    relay.tell_levels(items)
    follow_claims(now)
    return ended


def wait_alone() -> None:
    """This function will keep other followers out until this transaction ends; before any other lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [relay.FOLLOWING_LOCK])


def follow_now(*, claim: UUID, now: datetime) -> int:
    """This function will follow what happened to one claim inside the caller's transaction, which waited alone."""
    return _follow_batch(now, claim)


@transaction.atomic
def _follow_batch(now: datetime, claim: UUID | None = None) -> int:
    with bulk_cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [relay.FOLLOWING_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        by_kind: dict[str, list[Turn]] = defaultdict(list)
        for turn in claim_life.untaken_turns(cursor, claim=claim, limit=BATCH_TURNS):
            by_kind[turn.kind].append(turn)
    done = [
        *_take_addresses(by_kind["addressed"], now),
        *_take_paid(by_kind["paid"], now),
        *_one_by_one(by_kind["expired"], now),
        *_one_by_one(by_kind["late"], now),
        *_one_by_one(by_kind["refund_due"], now),
    ]
    with bulk_cursor() as cursor:
        claim_life.take_turns(cursor, done)
    return len(done)


# ── money in time ────────────────────────────────────────────────────────────────────────────────────────────────


def _take_paid(turns: Sequence[Turn], now: datetime) -> list[int]:
    if not turns:
        return []
    ids, paid_at, fen = [one.claim for one in turns], {one.claim: one.paid_at for one in turns if one.paid_at}, [one.received_fen for one in turns]
    with bulk_cursor() as cursor:
        # lock: orders in id order, before anything else of theirs
        cursor.execute("SELECT id, shop_id FROM orders_order WHERE id = ANY(%s) AND state = 'pending_payment' ORDER BY id FOR UPDATE", [ids])
        shops = dict(cursor.fetchall())
        leaves_by = ship_times.of_paid({order: (shop, paid_at[order]) for order, shop in shops.items()})
        cursor.execute(
            """UPDATE orders_order o SET state = 'allocated', paid_at = t.paid_at, paid_fen = t.fen, ship_by = t.ship_by
                 FROM unnest(%s::uuid[], %s::timestamptz[], %s::bigint[], %s::timestamptz[]) AS t (id, paid_at, fen, ship_by)
                WHERE o.id = t.id AND o.state = 'pending_payment' RETURNING o.id, o.receiver_sealed IS NULL""",
            [ids, [one.paid_at for one in turns], fen, [leaves_by.get(one) for one in ids]],
        )
        missing = [order for order, is_missing in cursor.fetchall() if is_missing]
    if len(shops) < len(set(ids)):  # an order that does not await payment cannot be: the room and we disagree
        log.error("paid claims whose orders do not await payment", extra={"orders": [str(one) for one in ids if one not in shops][:20]})
    taken = [one for one in turns if one.claim in shops]
    turned.book([(one, "in_time") for one in taken])
    turned.find_addresses({order: Wrong(Field.ADDRESS, "", "address_none") for order in missing}, now)
    return [one.turn for one in taken]


# ── addresses ────────────────────────────────────────────────────────────────────────────────────────────────────


def _take_addresses(turns: Sequence[Turn], now: datetime) -> list[int]:
    if not turns:
        return []
    received = turned.open_receivers([one.claim for one in turns], now)
    wrongs = {order: one.wrong for order, one in received if one.wrong}
    _write_receivers([(order, *one.columns) for order, one in received])
    _settle_findings([order for order, one in received if not one.wrong], now)
    turned.find_addresses(wrongs, now)
    return [one.turn for one in turns]


def _write_receivers(rows: Sequence[tuple[object, ...]]) -> None:
    """An order that left or ended keeps the receiver it had."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE orders_order o SET buyer_subject_id = t.subject, receiver_sealed = t.blob, receiver_cipher = NULL, phone_tail = t.tail,
                      receiver_masked = t.masked, receiver_mark = t.mark, province = t.province, city = t.city, area = t.area
                 FROM unnest(%s::uuid[], %s::uuid[], %s::bytea[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
                      AS t (id, subject, blob, tail, masked, mark, province, city, area)
                WHERE o.id = t.id AND o.state <> ALL(%s)""",
            [*([list(column) for column in zip(*rows, strict=True)] or [[]] * 9), [*LEFT, State.CANCELLED.value, State.CLOSED.value]],
        )


def _settle_findings(orders: Sequence[UUID], now: datetime) -> None:
    if not orders:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH settled AS (
                   UPDATE orders_finding SET state = 'accepted', decided_at = %s, decision_reason = 'mended'
                    WHERE order_id = ANY(%s) AND line_id IS NULL AND field = 'address' AND state = 'open' RETURNING order_id)
               UPDATE orders_order o SET open_findings = open_findings - 1 FROM settled WHERE o.id = settled.order_id""",
            [now, list(orders)],
        )


# ── the rarer turns, one by one ──────────────────────────────────────────────────────────────────────────────────


def _one_by_one(turns: Sequence[Turn], now: datetime) -> list[int]:
    """Each in a savepoint of its own: one that cannot be followed waits and is said, the others go on."""
    follow = {"expired": _follow_expiry, "late": _follow_late, "refund_due": _follow_refund}
    done = []
    for one in turns:
        try:
            with transaction.atomic():
                follow[one.kind](one, now)
        except KaiboError as reason:
            log.error("a turn of a claim cannot be followed", extra={"claim": str(one.claim), "turn": one.turn, "reason": reason.message("en")})
        else:
            done.append(one.turn)
    return done


def _follow_expiry(turn: Turn, now: datetime) -> None:
    relay.cancel_ended(turn.claim, units_returned=turn.units_returned, reason=relay.UNPAID, now=now)


def _follow_late(turn: Turn, now: datetime) -> None:
    """The room gave the claim its units again: they leave the allotment a second time."""
    order = Order.objects.select_for_update().get(pk=turn.claim)  # lock: payment, expiry and shipment one after the other
    if order.allotment_id is None or turn.payment is None or turn.paid_at is None:
        raise relay.UnitsNotReturned(order_no=order.order_no)
    reference = f"{relay.reference_of(order.pk)}:late"
    allotments.settle(
        actor=KAIBO, allotment_id=order.allotment_id, claim_id=turn.payment, quantity=order.units, reference=reference, now=now, expires_at=None,
    )  # fmt: skip
    OrderLine.objects.filter(order=order.pk).update(cancelled=0)
    Order.objects.filter(pk=order.pk).update(
        state=State.ALLOCATED.value, stock_reference=reference, allocated_at=now, cancelled_at=None, cancel_reason="", paid_at=turn.paid_at,
        paid_fen=turn.received_fen, ship_by=ship_times.of_paid({order.pk: (order.shop_id, turn.paid_at)})[order.pk],
    )  # fmt: skip
    turned.book([(turn, "late")])
    if order.receiver_sealed is None:
        turned.find_addresses({order.pk: Wrong(Field.ADDRESS, "", "address_none")}, now)
    audit.record(
        KAIBO, "orders:payment:late", subject=f"order:{order.pk}", now=now, shop_id=order.shop_id, details={"paid_fen": turn.received_fen}
    )


def _follow_refund(turn: Turn, now: datetime) -> None:
    order = Order.objects.select_for_update().get(pk=turn.claim)  # lock: as above
    payment_id = turned.book([(turn, "refund_due")])[turn.turn]
    PaymentRefund.objects.create(
        order=order, payment_id=payment_id, amount_fen=turn.received_fen, reason=turn.refund_reason, next_try_at=now, created_at=now
    )
    if turn.refund_reason == PaymentRefund.Reason.EXPIRED.value:
        Order.objects.filter(pk=order.pk).update(
            paid_fen=F("paid_fen") + turn.received_fen, paid_at=turn.paid_at, refund_due_fen=F("refund_due_fen") + turn.received_fen
        )
    audit.record(
        KAIBO, "orders:refund:due", subject=f"order:{order.pk}", now=now, shop_id=order.shop_id,
        details={"fen": turn.received_fen, "reason": turn.refund_reason},
    )  # fmt: skip
