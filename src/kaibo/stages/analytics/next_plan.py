"""The next session, planned from what this one taught (LIV-12): the same rundown, with lessons and accepted actions in place."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from kaibo.kit.clock import business_date
from kaibo.kit.errors import Conflict
from kaibo.kit.text import shortened
from kaibo.plumbing.access.actor import Actor
from kaibo.stages.analytics import queries
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.showplan import services as plans
from kaibo.stages.showplan.models import Session
from kaibo.stages.showplan.queries import SegmentRow

LONGER_BY_BP = 13_000
"""Minutes of an item that sold far above the others, in the next plan."""
MOST_MINUTES = 240


class NotConcludedYet(Conflict):
    code = "analytics.not_concluded_yet"
    message_zh = "先完成这一场的复盘，再生成下一场计划"
    message_en = "Conclude this retrospective first; the next plan is made of its lessons"


@transaction.atomic
def plan_next(*, actor: Actor, session_id: UUID, now: datetime) -> Session:
    """
    This function will plan the next session a week later at the same hour: what was accepted stands in the notes, items
    that sold above the others get more minutes.

    Raises: Forbidden, SessionUnknown, NotConcludedYet, RoomNameTaken.   Source: LIV-12, INS-12.
    """
    session = showplan.session_for(actor, session_id)
    if queries.retrospective_of(session_id) is None:
        raise NotConcludedYet
    lessons, _words = queries.lessons_of(session_id)
    starts_at = session.starts_at + timedelta(days=7)
    while starts_at <= now:
        starts_at += timedelta(days=7)
    made = plans.plan_session(
        actor=actor, shop_id=session.shop_id, title=shortened(f"{session.title} · 下一场", limit=60),
        room_name=f"{session.room[:50]}-{business_date(starts_at):%m%d}", starts_at=starts_at, ends_at=starts_at + (session.ends_at - session.starts_at),
        theme=shortened(lessons.replace("\n", "；"), limit=120), target_fen=session.target_fen, now=now,
    )  # fmt: skip
    advice = advice_by_product(session)
    for segment in showplan.rundown_of(session):
        _copy(actor, made, segment, advice.get(str(segment.product_id or ""), []), now)
    return made


def advice_by_product(session: Session) -> dict[str, list[tuple[str, str]]]:
    """This function will give, by product, the accepted actions as (kind of cause, words)."""
    products = {item.key: item.product_id for item in queries.kept_picture(session.pk).items}
    advice: dict[str, list[tuple[str, str]]] = {}
    for action in queries.actions_of(session.pk):
        kind, _colon, item = action.cause.partition(":")
        if action.state in {"accepted", "done"} and item in products:
            advice.setdefault(products[item], []).append((kind, action.words))
    return advice


def _copy(actor: Actor, made: Session, segment: SegmentRow, advice: list[tuple[str, str]], now: datetime) -> None:
    is_longer = any(kind == "item-above" for kind, _words in advice)
    minutes = min(MOST_MINUTES, segment.minutes * LONGER_BY_BP // 10_000) if is_longer else segment.minutes
    note = "；".join(part for part in (segment.note, *(words for _kind, words in advice)) if part)
    plans.add_segment(
        actor=actor, session_id=made.pk, kind=segment.kind, minutes=minutes, now=now, title=segment.title, product_id=segment.product_id,
        offers=[plans.NewOffer(one.sku_id, one.price_fen, one.quantity, one.limit_per_visitor) for one in segment.offers],
        is_flash=segment.is_flash, note=shortened(note, limit=200),
    )  # fmt: skip
