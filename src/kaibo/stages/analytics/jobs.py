"""Timed work: sessions that are live every minute, ended ones while returns still come in, and the lake's abandoned journals."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db.models import Q

from kaibo.lake import sealing
from kaibo.lake.append import JournalTaken
from kaibo.stages.analytics import services
from kaibo.stages.analytics.queries import gathering
from kaibo.stages.showplan.models import Session

log = logging.getLogger("kaibo.analytics")

LIVE_EVERY = timedelta(seconds=55)
ENDED_EVERY = timedelta(hours=6)
RETURNS_COME_FOR = timedelta(days=30)
MOST_AT_ONCE = 20


def count_sessions(now: datetime) -> int:
    """This function will count sessions whose picture is old: live ones after a minute, ended ones every six hours for 30 days."""
    stale = Q(state="live") & (Q(snapshot=None) | Q(snapshot__taken_at__lte=now - LIVE_EVERY))
    stale |= Q(state="ended", ended_at__gte=now - RETURNS_COME_FOR) & (Q(snapshot=None) | Q(snapshot__taken_at__lte=now - ENDED_EVERY))
    counted = 0
    for session in Session.objects.select_related("shop").filter(stale).order_by("starts_at")[:MOST_AT_ONCE]:
        try:
            services.take_snapshot(session=session, now=now)
        except JournalTaken:
            log.info("another process counts", extra={"session": str(session.pk)})
            break
        counted += 1
        if session.state == Session.State.ENDED:
            services.propose_actions(session=session, now=now)
    return counted


def seal_lake(now: datetime) -> int:
    """This function will turn journals of writers that are gone into Parquet; the living are left alone."""
    return sealing.seal_abandoned(gathering.lake_folder())
