"""Clears what the room no longer needs, after the days the shop decided, and adds its running totals up."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from kaibo.plumbing.thresholds import thresholds
from kaibo.room import upkeep

KEEP_STREAM = "live.keep_stream_days"
KEEP_REFUSED = "live.keep_refused_claims_days"
KEEP_TALK = "live.keep_talk_days"


@transaction.atomic
def clear_room(now: datetime) -> int:
    """This function will clear old rows of the room and give how many; what is left over goes with the next run."""
    with connection.cursor() as cursor:
        cleared = upkeep.clear_old(
            cursor, now=now, replay_days=thresholds.value(KEEP_STREAM), refusal_days=thresholds.value(KEEP_REFUSED),
            talk_days=thresholds.value(KEEP_TALK),
        )  # fmt: skip
    return cleared.total


@transaction.atomic
def fold_tallies(now: datetime) -> int:
    """This function will add the room's running totals up and give how many rows that took together."""
    with connection.cursor() as cursor:
        return upkeep.fold_tallies(cursor)
