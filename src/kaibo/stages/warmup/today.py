"""What the home board is told: announcements that are due or late."""

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
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.showplan.models import Session
from kaibo.stages.warmup import queries
from kaibo.stages.warmup.permissions import ANNOUNCEMENT_WRITE
from kaibo.stages.warmup.rules import Timing


def today(actor: Actor, now: datetime) -> Sequence[TodayItem]:
    """This function will list the announcements whose last moment is near or over."""
    if not actor.can(ANNOUNCEMENT_WRITE):
        return []
    sessions: list[Session] = prepared.rows(_unannounced, actor, now=now)
    leads = queries.leads_of(sessions, now)
    return [
        TodayItem(
            leads[one.pk].closes_at, _("发预告 · %(title)s") % {"title": one.title}, _("运营"), reverse("warmup:campaign", args=[one.pk]),
            "red" if leads[one.pk].timing is Timing.LATE else "run", "warmup",
        )
        for one in sessions if leads[one.pk].timing is not Timing.EARLY
    ]  # fmt: skip


def _unannounced(actor: Actor, *, now: Any) -> QuerySet[Session]:
    coming = showplan.sessions_for(actor).filter(state__in=[Session.State.DRAFT, Session.State.READY], starts_at__gt=now, starts_at__lt=now + timedelta(days=7))
    return coming.filter(announcement__published_at=None).order_by("starts_at")
