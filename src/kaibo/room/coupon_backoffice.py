"""
The back of house's side of coupons 优惠券: issuing, withdrawing, reading, and the comparisons `kaibo check` makes.

Like backoffice.py: a cursor of the caller's transaction, no commit, and each change announces its event in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kaibo.kit.coupons import CouponTerms
from kaibo.kit.ids import new_id
from kaibo.room.backoffice import Cursor
from kaibo.room.complaints import RoomIsNotHere

CouponCheck = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Coupon:
    """A coupon and how it stands. `items` None: good for every item of the room."""

    coupon: UUID
    terms: CouponTerms
    units: int
    taken_units: int
    used_units: int
    discount_fen: int
    """What it has taken off in all payments that came in."""
    limit_per_visitor: int
    items: tuple[UUID, ...] | None
    valid_until: datetime
    issued_at: datetime
    withdrawn_at: datetime | None

    @property
    def left_units(self) -> int:
        return self.units - self.taken_units


def issue_coupon(
    cur: Cursor,
    *,
    room: str,
    terms: CouponTerms,
    units: int,
    limit_per_visitor: int,
    valid_until: datetime,
    now: datetime,
    items: Sequence[UUID] | None = None,
    coupon: UUID | None = None,
) -> UUID:
    """This function will let viewers take a new coupon.   Raises: RoomIsNotHere; the database refuses terms that make no sense."""
    coupon = coupon or new_id()
    _lock_room(cur, room)
    cur.execute(
        """insert into room.coupons (coupon, room, off_fen, off_bp, cap_fen, threshold_fen, units, limit_per_visitor, items, valid_until, issued_at)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        (coupon, room, terms.off_fen, terms.off_bp, terms.cap_fen, terms.threshold_fen, units, limit_per_visitor,
         list(items) if items else None, valid_until, now),
    )  # fmt: skip
    _announce_coupon(cur, coupon)
    return coupon


def withdraw_coupon(cur: Cursor, *, room: str, coupon: UUID, now: datetime) -> bool:
    """
    This function will end the taking of a coupon; what was taken stays good. False when it was not open.

    It waits for the takes that are being committed, so the count it announces is exact.   Raises: RoomIsNotHere.
    """
    _lock_room(cur, room)
    cur.execute(
        "update room.coupons set withdrawn_at = %s where coupon = %s and room = %s and withdrawn_at is null returning coupon", (now, coupon, room)
    )
    if cur.fetchone() is None:
        return False
    _announce_coupon(cur, coupon)
    return True


def coupons_of(cur: Cursor, room: str) -> list[Coupon]:
    """This function will give a room's coupons, newest first, with what was taken and used."""
    cur.execute(
        """select c.coupon, c.off_fen, c.off_bp, c.cap_fen, c.threshold_fen, c.units, c.taken_units,
                  (select count(*) from room.coupon_takes k where k.coupon = c.coupon and k.used_at is not null),
                  (select coalesce(sum(p.discount_fen), 0) from room.payments p join room.coupon_takes k on k.take = p.take
                    where k.coupon = c.coupon and p.outcome in ('in_time', 'late')),
                  c.limit_per_visitor, c.items, c.valid_until, c.issued_at, c.withdrawn_at
             from room.coupons c where c.room = %s order by c.issued_at desc, c.coupon desc""",
        (room,),
    )
    return [
        Coupon(row[0], CouponTerms(*row[1:5]), row[5], row[6], int(row[7]), int(row[8]), row[9], None if row[10] is None else tuple(row[10]), *row[11:])
        for row in cur.fetchall()
    ]


def _lock_room(cur: Cursor, room: str) -> None:
    cur.execute("select 1 from room.rooms where room = %s for no key update", (room,))
    if cur.fetchone() is None:
        raise RoomIsNotHere(room=room)


def _announce_coupon(cur: Cursor, coupon: UUID) -> None:
    cur.execute("select room.announce(c.room, 'coupon', room.coupon_card(c)) from room.coupons c where c.coupon = %s", (coupon,))


CHECKS: tuple[CouponCheck, ...] = (
    (
        "a coupon counts what was taken of it",
        """select c.coupon::text, c.taken_units, count(k.take) from room.coupons c left join room.coupon_takes k on k.coupon = c.coupon
            group by c.coupon, c.taken_units""",
    ),
    (
        "nobody holds more of a coupon than its limit",
        """select c.coupon::text || ' ' || k.visitor, c.limit_per_visitor, count(*) from room.coupons c join room.coupon_takes k on k.coupon = c.coupon
            group by c.coupon, c.limit_per_visitor, k.visitor having count(*) > c.limit_per_visitor""",
    ),
    (
        "a used coupon lowered exactly one payment that came in, of its own claim",
        """select k.take::text, (k.used_at is not null)::int, count(p.payment) from room.coupon_takes k
             left join room.payments p on p.take = k.take and p.outcome in ('in_time', 'late') and p.claim = k.claim
            group by k.take, k.used_at""",
    ),
    (
        "a payment is its claim's amount less its coupon",
        """select p.payment::text, a.quantity * a.unit_price_fen, p.amount_fen + p.discount_fen
             from room.payments p join room.answers a on a.attempt = p.claim where p.take is not null""",
    ),
    (
        "a coupon took off what it says",
        """select p.payment::text, room.coupon_discount(c.off_fen, c.off_bp, c.cap_fen, c.threshold_fen, a.quantity * a.unit_price_fen), p.discount_fen
             from room.payments p join room.answers a on a.attempt = p.claim join room.coupon_takes k on k.take = p.take
             join room.coupons c on c.coupon = k.coupon""",
    ),
    (
        "no coupon is bound to a claim that ended unpaid",
        """select k.take::text, 0, 1 from room.coupon_takes k join room.answers a on a.attempt = k.claim
            where k.used_at is null and (a.expired_at is not null or a.paid_at is not null)""",
    ),
)
"""What must hold between coupons, takes and payments: pairs of a rule and a query as in room/audit.py."""
