"""
What happened to claims in the room becomes true of their orders: paid, ended, paid late, owed back, an address given.

One follower at a time (an advisory lock, taken before everything else), because the turns of a claim have an order.
Then: claim, order, order line, items of the ledger. Each turn is taken once, in one transaction with its effect; many at
once with as many statements as for one.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from kaibo.kit import sealed_box
from kaibo.kit.errors import KaiboError
from kaibo.kit.ids import new_id
from kaibo.master.stock import allotments
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit import audit
from kaibo.plumbing.copying import copy_rows
from kaibo.plumbing.thresholds import thresholds
from kaibo.plumbing.vault import vault
from kaibo.room import claim_life
from kaibo.room.claim_life import Turn
from kaibo.stages.orders import relay
from kaibo.stages.orders.addresses.parser import Address, parse_address
from kaibo.stages.orders.marks import masked_receiver, receiver_mark
from kaibo.stages.orders.models import Order, OrderLine, Payment, PaymentRefund
from kaibo.stages.orders.rules import SENT, State
from kaibo.stages.orders.verification import Field, Wrong, check_address

log = logging.getLogger("kaibo.orders.following")

FOLLOWING_LOCK = 7_204_012
BATCH_TURNS = 500
MOST_SECONDS_A_RUN = 2.0
PHONE = re.compile(r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}")
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
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FOLLOWING_LOCK])


def follow_now(*, claim: UUID, now: datetime) -> int:
    """This function will follow what happened to one claim inside the caller's transaction, which waited alone."""
    return _follow_batch(now, claim)


@transaction.atomic
def _follow_batch(now: datetime, claim: UUID | None = None) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [FOLLOWING_LOCK])
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
    with connection.cursor() as cursor:
        claim_life.take_turns(cursor, done)
    return len(done)


# ── money in time ────────────────────────────────────────────────────────────────────────────────────────────────


def _take_paid(turns: Sequence[Turn], now: datetime) -> list[int]:
    if not turns:
        return []
    ids, paid_at, fen = [one.claim for one in turns], [one.paid_at for one in turns], [one.received_fen for one in turns]
    with connection.cursor() as cursor:
        # lock: orders in id order, before anything else of theirs
        cursor.execute("SELECT id, shop_id FROM orders_order WHERE id = ANY(%s) AND state = 'pending_payment' ORDER BY id FOR UPDATE", [ids])
        shops = dict(cursor.fetchall())
        hours = {shop: thresholds.value("orders.ship_within_hours", shop_id=shop) for shop in set(shops.values())}
        cursor.execute(
            """UPDATE orders_order o SET state = 'allocated', paid_at = t.paid_at, paid_fen = t.fen, ship_by = t.paid_at + make_interval(hours => t.hours)
                 FROM unnest(%s::uuid[], %s::timestamptz[], %s::bigint[], %s::int[]) AS t (id, paid_at, fen, hours)
                WHERE o.id = t.id AND o.state = 'pending_payment' RETURNING o.id, o.receiver_sealed IS NULL""",
            [ids, paid_at, fen, [hours.get(shops.get(one)) for one in ids]],
        )
        missing = [order for order, is_missing in cursor.fetchall() if is_missing]
    if len(shops) < len(set(ids)):  # an order that does not await payment cannot be: the room and we disagree
        log.error("paid claims whose orders do not await payment", extra={"orders": [str(one) for one in ids if one not in shops][:20]})
    taken = [one for one in turns if one.claim in shops]
    _book([(one, "in_time") for one in taken])
    find_addresses({order: Wrong(Field.ADDRESS, "", "address_none") for order in missing}, now)
    return [one.turn for one in taken]


def _book(booked: Sequence[tuple[Turn, str]]) -> dict[int, UUID]:
    ids = {one.turn: new_id() for one, _ in booked}
    copy_rows(
        Payment,
        ("id", "order_id", "channel", "payment_id", "payment_no", "paid_fen", "paid_at", "outcome"),
        ((ids[one.turn], one.claim, one.channel, one.payment, one.transaction, one.received_fen, one.paid_at, outcome) for one, outcome in booked),
    )
    return ids


def find_addresses(found: dict[UUID, Wrong], now: datetime) -> None:
    """This function will open an address finding on each order that has none yet."""
    if not found:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH made AS (
                   INSERT INTO orders_finding (id, order_id, line_id, field, wrong, proposed, confidence_bp, reason, details, alias_text, state,
                                               found_at, decided_by, decision_reason)
                   SELECT t.id, t.o, NULL, 'address', t.wrong, '', 0, t.reason, '{}', '', 'open', %s, '', ''
                     FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[]) AS t (id, o, wrong, reason) ORDER BY t.o
                   ON CONFLICT (order_id, line_id, field) DO UPDATE SET wrong = excluded.wrong, reason = excluded.reason, state = 'open',
                                                                        decided_by = '', decided_at = NULL
                    WHERE orders_finding.state <> 'open'
                   RETURNING order_id)
               UPDATE orders_order o SET open_findings = open_findings + 1 FROM made WHERE o.id = made.order_id""",
            [now, [new_id() for _ in found], list(found), [one.wrong for one in found.values()], [one.reason for one in found.values()]],
        )


# ── addresses ────────────────────────────────────────────────────────────────────────────────────────────────────


def _take_addresses(turns: Sequence[Turn], now: datetime) -> list[int]:
    if not turns:
        return []
    key = sealed_box.private_key(settings.SECRET_KEY, claim_life.ADDRESSES)
    with connection.cursor() as cursor:
        opened = claim_life.take_addresses(cursor, sorted({one.claim for one in turns}), key)
    fields: dict[UUID, dict[str, str]] = {claim: json.loads(content) for claim, content in opened.items()}
    for one in fields.values():
        one["phone"] = re.sub(r"[\s-]", "", one["phone"])
    last = {one["phone"]: one for one in fields.values()}
    persons = _sealed_persons(last, now)
    rows, wrongs, right = [], {}, []
    for order, one in fields.items():
        read = parse_address(one["address"])
        subject, blob = persons[one["phone"]]
        if last[one["phone"]] is not one:  # one person, several addresses in this batch
            blob = vault.seal_fields(subject, one)
        rows.append((order, subject, blob, one["phone"][-4:], masked_receiver(one["name"], one["phone"]), receiver_mark(one["phone"], one["address"]),
                     read.province, read.city, read.area))  # fmt: skip
        if wrong := _wrong(read, one):
            wrongs[order] = wrong
        else:
            right.append(order)
    _write_receivers(rows)
    _settle_findings(right, now)
    find_addresses(wrongs, now)
    return [one.turn for one in turns]


def _sealed_persons(last: dict[str, dict[str, str]], now: datetime) -> dict[str, tuple[UUID, bytes]]:
    """Phone → (subject, blob). Somebody who was erased and buys again is a new person: nothing old opens with the new key."""
    if not last:
        return {}
    try:
        found = vault.seal_persons({f"phone:{phone}": one for phone, one in last.items()}, now=now)
        return {phone: found[f"phone:{phone}"] for phone in last}
    except vault.PersonErased:
        if len(last) > 1:
            return {phone: _sealed_persons({phone: one}, now)[phone] for phone, one in last.items()}
        ((phone, one),) = last.items()
        anew = f"phone:{phone}:{new_id()}"
        return {phone: vault.seal_persons({anew: one}, now=now)[anew]}


def _wrong(read: Address, fields: dict[str, str]) -> Wrong | None:
    if not PHONE.fullmatch(fields["phone"]):
        return Wrong(Field.ADDRESS, "", "address_phone")
    return check_address(read, fields["address"])


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
    hours = thresholds.value("orders.ship_within_hours", shop_id=order.shop_id)
    Order.objects.filter(pk=order.pk).update(
        state=State.ALLOCATED.value, stock_reference=reference, allocated_at=now, cancelled_at=None, cancel_reason="", paid_at=turn.paid_at,
        paid_fen=turn.received_fen, ship_by=turn.paid_at + timedelta(hours=hours),
    )  # fmt: skip
    _book([(turn, "late")])
    if order.receiver_sealed is None:
        find_addresses({order.pk: Wrong(Field.ADDRESS, "", "address_none")}, now)
    audit.record(
        KAIBO, "orders:payment:late", subject=f"order:{order.pk}", now=now, shop_id=order.shop_id, details={"paid_fen": turn.received_fen}
    )


def _follow_refund(turn: Turn, now: datetime) -> None:
    order = Order.objects.select_for_update().get(pk=turn.claim)  # lock: as above
    payment_id = _book([(turn, "refund_due")])[turn.turn]
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
