"""
The back of house's side of a claim's life: what happened to claims since it last looked, money that came another way,
refunds that were made, addresses to take over. Like backoffice.py: a cursor of the caller's transaction, no commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from kaibo.kit import sealed_box
from kaibo.kit.ids import new_id
from kaibo.room.backoffice import Cursor
from kaibo.room.complaints import ClaimIsNotHere

TurnKind = Literal["paid", "late", "refund_due", "expired", "addressed"]
PayOutcome = Literal["in_time", "late", "refund_due", "unknown"]
ADDRESSES = "room.addresses"
"""The purpose of the key that opens addresses (kit.sealed_box)."""


class Turn(msgspec.Struct, frozen=True, gc=False):
    """One thing that happened to a claim. The money's columns are filled when money came."""

    turn: int
    claim: UUID
    kind: TurnKind
    units_returned: bool
    """For `expired`: the units are on sale again; False: the item was closed, they belong to the shelf."""
    at: datetime
    payment: UUID | None
    channel: str | None
    transaction: str | None
    received_fen: int | None
    paid_at: datetime | None
    outcome: str | None
    refund_reason: str | None
    coupon: UUID | None
    discount_fen: int
    """What the coupon of the payment took off."""


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment that came in, as reconciliation compares it."""

    payment: UUID
    claim: UUID
    channel: str
    transaction: str
    received_fen: int
    paid_at: datetime
    outcome: str


def lock_claims(cur: Cursor, claims: Sequence[UUID]) -> None:
    """This function will hold claims until the caller commits; it comes before any lock of their orders."""
    cur.execute("select 1 from room.answers where attempt = any(%s) order by attempt for no key update", (list(claims),))


def end_unpaid(cur: Cursor, *, now: datetime, limit: int = 500) -> tuple[int, list[UUID]]:
    """
    This function will end claims nobody paid by `now` and give how many, and the items whose level moved, which the
    caller announces after its commit. Turns tell the relay.
    """
    cur.execute("select ended, items from room.expire_claims(%s, %s)", (limit, now))
    ended, items = cur.fetchone()
    return int(ended), items


def untaken_turns(cur: Cursor, *, claim: UUID | None = None, limit: int = 500) -> list[Turn]:
    """
    This function will give what happened to claims (or to one) and was not taken yet, oldest first, and keep it locked,
    so that several relays never hold the same turn. Turns of claims that are no orders yet wait for them.
    """
    cur.execute(
        """select t.turn, t.claim, t.kind, t.units_returned, t.at, t.payment, p.channel, p.transaction, p.received_fen, p.paid_at,
                  p.outcome, p.refund_reason, k.coupon, coalesce(p.discount_fen, 0)
             from room.turns t join room.answers a on a.attempt = t.claim left join room.payments p on p.payment = t.payment
             left join room.coupon_takes k on k.take = p.take
            where a.settled_at is not null and (%s::uuid is null or t.claim = %s)
            order by t.turn limit %s for update of t skip locked""",
        (claim, claim, limit),
    )
    return [Turn(*row) for row in cur.fetchall()]


def turns_of_new(cur: Cursor, claims: Sequence[UUID]) -> list[Turn]:
    """
    This function will give what happened to claims that are no orders yet and was not taken, oldest first, and keep it
    locked: a relay that settles them takes it over at once.
    """
    cur.execute(
        """select t.turn, t.claim, t.kind, t.units_returned, t.at, t.payment, p.channel, p.transaction, p.received_fen, p.paid_at,
                  p.outcome, p.refund_reason, k.coupon, coalesce(p.discount_fen, 0)
             from room.turns t
             left join lateral (select q.* from room.payments q where q.payment = t.payment limit 1) p on true
             left join lateral (select c.coupon from room.coupon_takes c where c.take = p.take limit 1) k on true
            where t.claim = any(%s::uuid[])
            order by t.turn for update of t skip locked""",
        (list(claims),),
    )
    return [Turn(*row) for row in cur.fetchall()]


def take_turns(cur: Cursor, turns: Sequence[int]) -> None:
    """
    This function will take turns out of the queue; what they told of stays with the claim, its payment and its address.
    """
    if turns:
        cur.execute("delete from room.turns where turn = any(%s)", (list(turns),))


def take_addresses(cur: Cursor, claims: Sequence[UUID], private_key: bytes) -> list[tuple[UUID, bytes]]:
    """
    This function will open the addresses of claims, give them as they were written (JSON) and empty them in the room.

    Raises: BoxNotOurs.   Source: PIPL art. 51.
    """
    if not claims:
        return []
    # in the order the room writes them
    cur.execute(
        """select claim, sealed from room.addresses where claim = any(%s::uuid[]) and sealed is not null
            order by claim for update""",
        (list(claims),),
    )
    opened = [(claim, sealed_box.unseal(private_key, bytes(sealed), about=claim.bytes)) for claim, sealed in cur.fetchall()]
    cur.execute(
        "update room.addresses set sealed = null, taken_at = clock_timestamp() where claim = any(%s::uuid[])", ([claim for claim, _ in opened],)
    )
    return opened


def book_by_hand(
    cur: Cursor, *, claim: UUID, transaction: str, amount_fen: int, paid_at: datetime, now: datetime
) -> tuple[PayOutcome, list[UUID]]:
    """
    This function will book money for a claim that came past the channels (a transfer, cash), like any other payment,
    and give the items whose level moved.

    Raises: ClaimIsNotHere.
    """
    cur.execute(
        """insert into room.payments (payment, claim, room, visitor, channel, amount_fen, opened_at)
           select %s, attempt, room, visitor, 'by_hand', %s, %s from room.answers where attempt = %s and result = 'claimed'
           on conflict (claim, channel) do nothing""",
        (new_id(), amount_fen, now, claim),
    )
    cur.execute("select payment from room.payments where claim = %s and channel = 'by_hand'", (claim,))
    found = cur.fetchone()
    if found is None:
        raise ClaimIsNotHere(claim=str(claim))
    return book_payment(
        cur, channel="by_hand", payment=found[0], transaction=transaction, amount_fen=amount_fen, paid_at=paid_at, now=now
    )


def book_payment(
    cur: Cursor, *, channel: str, payment: UUID, transaction: str, amount_fen: int, paid_at: datetime, now: datetime
) -> tuple[PayOutcome, list[UUID]]:
    """
    This function will book one payment a channel told of, as its notify call would have, and give the items whose
    level moved, which the caller announces after its commit.
    """
    cur.execute(
        "select outcome, items from room.take_payments(%s, %s, %s, %s, %s, %s)",
        ([channel], [payment], [transaction], [amount_fen], [paid_at], now),
    )
    outcome, items = cur.fetchone()
    return outcome, items


def mark_refunded(cur: Cursor, *, payment: UUID, at: datetime) -> bool:
    """This function will note that money owed went back, so that the viewer sees it; False when it was noted before."""
    cur.execute(
        """update room.payments set refunded_at = %s
            where payment = %s and outcome = 'refund_due' and refunded_at is null returning payment""",
        (at, payment),
    )
    return cur.fetchone() is not None


def payments_between(cur: Cursor, *, channel: str, since: datetime, until: datetime) -> list[PaymentRow]:
    """This function will give what a channel paid in a period, half open."""
    cur.execute(
        """select payment, claim, channel, transaction, received_fen, paid_at, outcome from room.payments
            where channel = %s and paid_at >= %s and paid_at < %s order by paid_at, payment""",
        (channel, since, until),
    )
    return [PaymentRow(*row) for row in cur.fetchall()]


def payment_exists(cur: Cursor, *, channel: str, payment: UUID) -> bool:
    cur.execute("select 1 from room.payments where channel = %s and payment = %s", (channel, payment))
    return cur.fetchone() is not None


def announce_levels(cur: Cursor, items: Sequence[UUID]) -> None:
    """
    This function will tell the stream of items' levels, in a transaction of its own: it locks the room's row, which
    comes before items in the lock order.
    """
    cur.execute("select room, array_agg(item) from room.items where item = any(%s) group by room order by room", (list(items),))
    for room, its in cur.fetchall():
        cur.execute("select room.announce_stock(%s, %s)", (room, its))
