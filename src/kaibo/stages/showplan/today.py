"""What the home board is told: sessions of the next day and their gates; duties waiting for my word."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.plumbing import prepared
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import TodayItem
from kaibo.stages.showplan import queries
from kaibo.stages.showplan.models import Duty, Session
from kaibo.stages.showplan.opening import openings
from kaibo.stages.showplan.permissions import SESSION_SEE
from kaibo.stages.showplan.rules import PLANNABLE

BEFORE_AIR = timedelta(minutes=30)


def today(actor: Actor, now: datetime) -> Sequence[TodayItem]:
    """This function will list the opening gates of the sessions within a day, half an hour before each, and open duties."""
    if not actor.can(SESSION_SEE):
        return []
    soon = prepared.rows(_soon, actor, now=now)
    verdicts = openings(soon, now)
    items = []
    for session in soon:
        red = len(verdicts[session.pk].blocking)
        title = _("开播闸门 %(count)s 项红") % {"count": red} if red else _("开播闸门全绿")
        items.append(
            TodayItem(
                session.starts_at - BEFORE_AIR, f"{title} · {session.title}", _("场控"),
                f"{reverse('showplan:session', args=[session.pk])}#gate", "red" if red else "ok", "showplan",
            )
        )  # fmt: skip
    return [*items, *_duties(actor, now)]


def _soon(actor: Actor, *, now: Any) -> QuerySet[Session]:
    plannable = queries.sessions_for(actor).filter(state__in=[state.value for state in PLANNABLE])
    return plannable.filter(starts_at__lt=now + timedelta(hours=30), starts_at__gte=now - timedelta(hours=12)).order_by("starts_at")


def _waiting(*, person_id: Any, now: Any) -> QuerySet[Duty]:
    return Duty.objects.select_related("session").filter(
        person_id=person_id, confirmed_at=None, session__starts_at__gte=now, session__starts_at__lt=now + timedelta(days=7),
        session__state__in=[Session.State.DRAFT, Session.State.READY],
    )  # fmt: skip


def _duties(actor: Actor, now: datetime) -> list[TodayItem]:
    if actor.person_id is None:
        return []
    return [
        TodayItem(
            duty.session.starts_at - timedelta(days=1), _("确认你在 %(title)s 的岗位") % {"title": duty.session.title}, _("我"),
            f"{reverse('showplan:session', args=[duty.session_id])}#staffing", "run", "showplan",
        )
        for duty in prepared.rows(_waiting, person_id=actor.person_id, now=now)
    ]  # fmt: skip


def badge(actor: Actor, now: datetime) -> Sequence[QuerySet]:
    """This function will give the sessions of the next day."""
    return (
        queries.sessions_for(actor).filter(state__in=[state.value for state in PLANNABLE], starts_at__gte=now, starts_at__lt=now + timedelta(hours=24)),
    )
