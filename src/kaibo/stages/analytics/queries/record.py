"""What the room, the desk and the orders recorded of a session: the only place here that reads their tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.utils.translation import gettext as _

from kaibo.master.catalog import queries as catalog
from kaibo.room import backoffice
from kaibo.stages.analytics.house_facts import ClaimSeen, LineSaid
from kaibo.stages.analytics.picture import Band, Mark
from kaibo.stages.live import queries as live
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.showplan.models import Session

MARK_KINDS = ("price", "price_confirm", "flash", "notice", "close", "take_down", "extend")
MOST_MARKS = 400

CLAIMS = """
SELECT c.claim, c.visitor, c.item, c.quantity, c.amount_fen, c.claimed_at,
       coalesce(o.state, ''), coalesce(o.paid_fen, 0), o.paid_at, coalesce(o.refund_due_fen, 0),
       coalesce((SELECT sum(l.returned) FROM orders_orderline l WHERE l.order_id = o.id), 0)
  FROM room.claims c LEFT JOIN orders_order o ON o.id = c.claim
 WHERE c.room = %s AND o.is_test IS NOT TRUE ORDER BY c.claimed_at, c.claim
"""
"""A claim and the order it became have one id (DESIGN §2); both sides in one read, so that they cannot disagree. The team's own
test orders are in neither (LST-8)."""

LINES = "SELECT message, visitor, text, sent_at FROM room.messages WHERE room = %s AND verdict <> 'block' ORDER BY sent_at"


def claims_of(room: str) -> list[ClaimSeen]:
    """This function will give a room's claims with their orders, in the order they came."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIMS, [room])
        return [ClaimSeen(*row) for row in cursor.fetchall()]


def lines_of(room: str) -> list[LineSaid]:
    """This function will give what viewers said, in the order they said it."""
    with connection.cursor() as cursor:
        cursor.execute(LINES, [room])
        return [LineSaid(*row) for row in cursor.fetchall()]


def items_of(room: str) -> tuple[list[backoffice.ItemLevel], dict[str, catalog.SkuRow]]:
    """This function will give the items of a room and their rows of the catalogue by code."""
    with connection.cursor() as cursor:
        levels = backoffice.item_levels(cursor, room)
    return levels, catalog.skus_by_text("", [one.sku_code for one in levels])


def bands_of(session: Session, now: datetime) -> list[Band]:
    """This function will give what was in front of the camera when: as it was, or as planned where nobody steered the rundown."""
    rundown = showplan.rundown_of(session)
    titles = {one.id: (one.title, str(one.product_id or "")) for one in rundown}
    timings = live.timings_of(session, rundown, now)
    if any(one.began_at for one in timings):
        return [
            Band(one.began_at, one.ended_at or session.ended_at or now, *titles[one.segment_id]) for one in timings if one.began_at is not None
        ]
    late = (session.started_at or session.starts_at) - session.starts_at
    return [
        Band(one.planned_at + late, one.planned_at + late + timedelta(minutes=one.minutes), *titles[one.segment_id], is_planned=True)
        for one in timings
    ]


def marks_of(session: Session) -> list[Mark]:
    """This function will give the deeds at the desk that viewers could feel, in time order."""
    words = {
        "price": _("改价"), "price_confirm": _("改价"), "flash": _("秒杀"), "notice": _("公告"), "close": _("收"), "take_down": _("下架"), "extend": _("加量"),
    }  # fmt: skip
    actions = [one for one in live.actions_of(session.pk, most=MOST_MARKS) if one.kind in MARK_KINDS and one.undone_by_id is None]
    return sorted((Mark(one.at, one.kind, words[one.kind]) for one in actions), key=lambda mark: mark.at)


def band_at(bands: Sequence[Band], at: datetime) -> Band | None:
    """This function will say what was in front of the camera at a moment."""
    return next((band for band in bands if band.starts_at <= at < band.ends_at), None)
