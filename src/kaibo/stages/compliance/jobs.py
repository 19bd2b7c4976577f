"""Timed work of compliance, called by clocks of the work process."""

from __future__ import annotations

from datetime import datetime

from kaibo.stages.compliance import services


def remind_expiring(now: datetime) -> int:
    """This function will remind of documents that end soon.   Source: CMP-1."""
    return services.remind_expiring(now)
