"""
Clearing of what nobody needs any more, and the adding up of running totals.

Called by the back of house's clocks with a cursor of their transaction. Claims, movements, payments and draws stay:
they are evidence of contracts (facts/law L4).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from kaibo.room.backoffice import Cursor

MOST_ROWS = 20_000
"""So many of a kind at once: a clearing never holds locks for long; the next one goes on."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """How many rows went."""

    presence: int
    events: int
    refusals: int
    messages: int
    reports: int

    @property
    def total(self) -> int:
        return self.presence + self.events + self.refusals + self.messages + self.reports


def clear_old(cur: Cursor, *, now: datetime, replay_days: int, refusal_days: int, talk_days: int) -> Cleared:
    """
    This function will clear events of the stream, refused claims, and chat with settled reports, each after its days.

    A reader with a number from before the kept events is told to reload the snapshot; a refused key is forgotten.
    """
    befores = [now - timedelta(days=days) for days in (replay_days, refusal_days, talk_days)]
    cur.execute(
        "select presence, events, refusals, messages, reports from room.clear_old(%s, %s, %s, %s)",
        (*befores, MOST_ROWS),
    )
    return Cleared(*cur.fetchone())


def fold_tallies(cur: Cursor) -> int:
    """This function will add the running totals of each room up and give how many rows that took together."""
    cur.execute("select room.fold_tallies()")
    return int(cur.fetchone()[0])
