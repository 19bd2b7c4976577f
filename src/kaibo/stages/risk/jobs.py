"""Timed work: the hour that is over."""

from __future__ import annotations

from datetime import datetime

from kaibo.stages.risk import services


def tell_overdue(now: datetime) -> int:
    """This function will tell people of mentions whose hour is over and give how many.   Source: RSK-1."""
    return services.tell_overdue(now=now)
