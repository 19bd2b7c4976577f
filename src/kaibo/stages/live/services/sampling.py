"""Keep the room's figures of each live session, so that the desk and the retrospective can draw their minutes."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

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
                refused=figures.refused_sold_out + figures.refused_limit,
            )
        )  # fmt: skip
    FigureSample.objects.bulk_create(samples, ignore_conflicts=True)
    return len(samples)
