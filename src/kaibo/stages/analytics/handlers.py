"""Reactions to facts."""

from __future__ import annotations

from datetime import datetime

from kaibo.facts.flow import SessionEnded
from kaibo.stages.analytics import services
from kaibo.stages.showplan import queries as showplan


def count_ended_session(fact: SessionEnded, now: datetime) -> None:
    """This function will count a session that ended and propose what to do about it.   Source: INS-1, INS-12."""
    session = showplan.sessions_by_id([fact.session_id]).get(fact.session_id)
    if session is not None:
        services.take_snapshot(session=session, now=now)
        services.propose_actions(session=session, now=now)
