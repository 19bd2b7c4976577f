"""Timed work of selection, called by clocks of the work process."""

from __future__ import annotations

from datetime import datetime

from kaibo.stages.selection import brief


def make_briefs(now: datetime) -> int:
    """This function will make the weekly competitor briefs that are due.   Source: SEL-3."""
    return brief.make_due(now)
