"""Keep the figures of each live session, so that the desk and the retrospective can draw their minutes."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection

from kaibo.lake.reading import count_of
from kaibo.room.figures import room_figures
from kaibo.stages.live import queries
from kaibo.stages.live.models import Desk, FigureSample
from kaibo.stages.showplan import queries as showplan

LONGEST_GAP = timedelta(minutes=2)
"""Between samples further apart nobody knows who was watching: that stretch is not counted as watched."""


def sample_figures(now: datetime) -> int:
    """
    This function will keep one sample of each session live in our room and give how many; the same moment twice is one sample.

    It reads counters only; how often a room was entered is counted from the lake by `count_entries`, in the slow thread.
    """
    samples = []
    for session in showplan.live_sessions():
        if session.is_elsewhere:
            continue
        with connection.cursor() as cursor:
            figures = room_figures(cursor, session.room)
        entered = Desk.objects.filter(session=session.pk).values_list("entered", flat=True).first() or 0
        samples.append(
            FigureSample(
                session=session, at=now, viewers=figures.viewers, claims=figures.claims, units=figures.claimed_units,
                amount_fen=figures.claimed_fen, messages=figures.messages, likes=figures.likes,
                refused=figures.refused_sold_out + figures.refused_limit, watched=entered,
                viewer_seconds=watched_seconds(queries.last_sample(session.pk), now),
            )
        )  # fmt: skip
    FigureSample.objects.bulk_create(samples, ignore_conflicts=True)
    return len(samples)


def watched_seconds(before: FigureSample | None, now: datetime) -> int:
    """This function will add up how long all viewers together have watched, from one sample to the next."""
    if before is None or now <= before.at:
        return before.viewer_seconds if before else 0
    gap = now - before.at
    return before.viewer_seconds + (before.viewers * int(gap.total_seconds()) if gap <= LONGEST_GAP else 0)


def count_entries(now: datetime) -> int:
    """
    This function will count from the lake how often each live room was entered and give how many rooms were counted.

    It reads all of a session's events: too slow for the thread that relays claims. Only entries are counted.   Source: facts/metrics GPM.
    """
    counted = 0
    for session in showplan.live_sessions():
        if session.is_elsewhere:
            continue
        entered = count_of(Path(settings.ENV.data) / "lake", session.room, "enter")
        counted += Desk.objects.filter(session=session.pk, entered__lt=entered).update(entered=entered)
    return counted
