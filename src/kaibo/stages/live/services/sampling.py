"""Keep the room's figures of each live session, so that the desk and the retrospective can draw their minutes."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection

from kaibo.lake.reading import figures_of
from kaibo.room import backoffice as room
from kaibo.stages.live.models import FigureSample
from kaibo.stages.showplan import queries as showplan


def sample_figures(now: datetime) -> int:
    """This function will keep one sample of each live session and give how many; the same moment twice is one sample."""
    samples = []
    for session in showplan.live_sessions():
        with connection.cursor() as cursor:
            figures = room.room_figures(cursor, session.room)
        samples.append(
            FigureSample(
                session=session, at=now, viewers=figures.viewers, claims=figures.claims, units=figures.claimed_units,
                amount_fen=figures.claimed_fen, messages=figures.messages, likes=figures.likes,
                refused=figures.refused_sold_out + figures.refused_limit, watched=_watched(session.room),
            )
        )  # fmt: skip
    FigureSample.objects.bulk_create(samples, ignore_conflicts=True)
    return len(samples)


def _watched(room_name: str) -> int:
    """How often the room was entered so far: the views that sales per thousand are measured by.   Source: facts/metrics GPM."""
    return figures_of(Path(settings.ENV.data) / "lake", room_name).event_counts.get("enter", 0)
