"""Reactions to facts."""

from __future__ import annotations

from datetime import datetime

from kaibo.facts.flow import CaseClosed
from kaibo.stages.selection import services


def note_case(fact: CaseClosed, now: datetime) -> None:
    """This function will let what an after-sales case taught flow back to the candidate.   Source: SEL-19."""
    services.note_feedback(fact=fact, now=now)
