"""Reactions to facts."""

from __future__ import annotations

from datetime import datetime

from kaibo.facts.flow import IncidentClosed
from kaibo.stages.risk.tasks import register_incident


def keep_incident_tasks(fact: IncidentClosed, now: datetime) -> None:
    """This function will put what an incident left to do into the register.   Source: LIV-8."""
    register_incident(fact)
