"""Coupons of the example shop: one that viewers are taking now, one that waits for a second person because it goes below the floor."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import connection

from kaibo.demo.cast import actor
from kaibo.kit.coupons import CouponTerms
from kaibo.stages.live.coupon_rules import CouponDraft
from kaibo.stages.live.models import SaleItem
from kaibo.stages.live.services import coupons

TAKEN = 74
FOLLOWERS = 132
MINUTES = 90


def coupons_tonight(session_id: UUID, room: str, now: datetime) -> None:
    """This function will issue tonight's coupon, let viewers take some of it, and ask for another that nobody confirmed yet."""
    desk = actor("zhouzhou")
    issued = coupons.issue_coupon(
        actor=desk, session_id=session_id, key=f"demo-{uuid4()}", now=now,
        draft=CouponDraft(CouponTerms(2_000, None, None, 29_900), 300, 1, MINUTES, "问外套的多、下单的少，帮大家下决心", _items(session_id, "KB-2417")),
    )  # fmt: skip
    _take(UUID(str(issued.details["coupon"])), room, now)
    if bottoms := _items(session_id, "KB-2410"):  # on sale since the first quarter of an hour
        coupons.issue_coupon(
            actor=desk, session_id=session_id, key=f"demo-{uuid4()}", now=now,
            draft=CouponDraft(CouponTerms(None, 6_000, None, 0), 100, 1, 30, "返场清打底衫断码，四折", bottoms),
        )  # fmt: skip


def _items(session_id: UUID, product: str) -> tuple[UUID, ...]:
    return tuple(SaleItem.objects.filter(session_id=session_id, sku__code__startswith=product).values_list("pk", flat=True))


def _take(coupon: UUID, room: str, now: datetime) -> None:
    visitors = [f"taker-{number}" for number in range(TAKEN)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM room.take_coupons(%s, %s, %s, %s, %s, %s) WHERE result = 'new'",
            [[uuid4() for _ in visitors], [coupon] * TAKEN, [room] * TAKEN, visitors, ["1"] * TAKEN, now],
        )


def follow_tonight(room: str, starts_at: datetime, now: datetime) -> None:
    """This function will let viewers of tonight follow the shop, spread over the evening so far."""
    chance, seconds = random.Random(1123), max(int((now - starts_at).total_seconds()), 1)
    rows = [(room, f"follower-{number}", room, starts_at + timedelta(seconds=chance.randrange(seconds))) for number in range(FOLLOWERS)]
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO room.follows (shop, visitor, room, followed_at) VALUES (room.followed_here(%s), %s, %s, %s)", rows)
