"""Imports in the background: one job a run; a clock wakes runs whose process was killed."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from kaibo.kit.clock import utc_now
from kaibo.plumbing.intake import engine
from kaibo.plumbing.intake.models import ImportRun

STALE_AFTER = timedelta(seconds=90)


@app.task(name="intake.run_import", queue="intake", retry=RetryStrategy(max_attempts=5, exponential_wait=4))
def run_import(run_id: str) -> None:
    """This function will take the rest of a run's rows; a run that another process is taking is left to it."""
    try:
        engine.run_import(UUID(run_id), clock=utc_now)
    except engine.RunMovedOn:
        return


def enqueue(run: ImportRun) -> None:
    """This function will queue a run, in the caller's transaction."""
    run_import.defer(run_id=str(run.pk))


def resume_stalled(now: datetime) -> int:
    """This function will queue again the runs that nobody has worked on for a while, and give their number."""
    stalled = ImportRun.objects.filter(
        Q(state=ImportRun.State.RUNNING, beat_at__lt=now - STALE_AFTER)
        | Q(state=ImportRun.State.WAITING, created_at__lt=now - STALE_AFTER, beat_at=None)
        | Q(state=ImportRun.State.WAITING, beat_at__lt=now - STALE_AFTER)
    )
    count = 0
    for run in stalled:
        # The beat is moved first, so that two clocks do not queue the same run.
        if ImportRun.objects.filter(pk=run.pk, state=run.state, beat_at=run.beat_at).update(beat_at=now):
            enqueue(run)
            count += 1
    return count
