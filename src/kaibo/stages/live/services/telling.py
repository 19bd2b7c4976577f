"""Figures of a session held on another platform: typed at the desk or read from the platform's file during the show (LIV-13)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from kaibo.plumbing.access.actor import Actor
from kaibo.stages.live.models import DeskAction, FigureSample
from kaibo.stages.live.permissions import FIGURES_TELL
from kaibo.stages.live.rules import Deed, FiguresFromOurRoom, FiguresOutOfTime, FiguresWentBack
from kaibo.stages.live.services.sampling import watched_seconds
from kaibo.stages.live.services.turns import take_turn
from kaibo.stages.showplan.models import Session


@dataclass(frozen=True, slots=True)
class Told:
    """What a platform's screen shows at one moment; counters go from the start of the session."""

    viewers: int
    claims: int
    units: int
    amount_fen: int
    messages: int = 0
    likes: int = 0
    watched: int = 0


@transaction.atomic
def tell_figures(*, actor: Actor, session_id: UUID, told: Told, key: str, now: datetime) -> DeskAction:
    """
    This function will take the figures somebody reads off another platform's screen.

    Raises: Forbidden, NotLive, FiguresFromOurRoom, FiguresWentBack.   Source: LIV-13.
    """
    turn = take_turn(actor=actor, session_id=session_id, ability=FIGURES_TELL, kind=Deed.FIGURES, key=key, now=now)
    if turn.prior:
        return turn.prior
    keep_told(turn.session, told, at=now, origin="typed", now=now)
    return turn.record(Deed.FIGURES, viewers=told.viewers, claims=told.claims, amount_fen=told.amount_fen)


def keep_told(session: Session, told: Told, *, at: datetime, origin: str, now: datetime) -> bool:
    """
    This function will keep one moment of a session held elsewhere and say whether anything changed.

    Counters never go back: the moment before it has no more, the moment after it no less.
    Raises: FiguresFromOurRoom, FiguresOutOfTime, FiguresWentBack.
    """
    if not session.is_elsewhere:
        raise FiguresFromOurRoom
    if session.started_at is None or not session.started_at <= at <= min(session.ended_at or now, now) + timedelta(minutes=1):
        raise FiguresOutOfTime
    others = FigureSample.objects.filter(session=session.pk)
    before, after = others.filter(at__lt=at).order_by("-at").first(), others.filter(at__gt=at).order_by("at").first()
    for name, title in (("claims", "成交笔数"), ("units", "件数"), ("amount_fen", "成交额"), ("watched", "进场次数")):
        if (before and getattr(told, name) < getattr(before, name)) or (after and getattr(told, name) > getattr(after, name)):
            raise FiguresWentBack(what=name, what_zh=title)
    known = others.filter(at=at).first()
    if known and all(getattr(known, name) == value for name, value in asdict(told).items()):
        return False
    FigureSample.objects.update_or_create(
        session=session, at=at, defaults={**asdict(told), "origin": origin, "viewer_seconds": watched_seconds(before, at)}
    )
    return True
