"""Polls 投票: ask the room, close with an exact result."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import KAIBO, Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.citations import objections
from kaibo.room import polls as room_polls
from kaibo.stages.compliance.queries import screen_now
from kaibo.stages.live.models import Desk
from kaibo.stages.live.permissions import POLL_RUN
from kaibo.stages.live.rules import NotLive
from kaibo.stages.live.talk_rules import PollIsOpen, PollNotOpen, SayingBlocked, check_poll
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.showplan.models import Session


@transaction.atomic
def open_poll(*, actor: Actor, session_id: UUID, title: str, options: Sequence[str], now: datetime, minutes: int | None = None) -> UUID:
    """
    This function will ask the room, for some minutes or until somebody closes it; one poll at a time.

    Raises: Forbidden, NotLive, PollWrong, PollIsOpen, SayingBlocked.   Source: LIV-9, CMP-4.
    """
    session = showplan.session_for(actor, session_id)
    access.require(actor, POLL_RUN, shop_id=session.shop_id)
    # lock: the desk's row comes first; it makes two people asking at once ask once
    desk = Desk.objects.select_for_update().filter(session=session_id, closed_at=None).first()
    if desk is None:
        raise NotLive
    words, given = check_poll(title, options, minutes)
    blocked = [hit for hit in screen_now("，".join((words, *given)), surface="script", category="").hits if hit.severity == "block"]
    if blocked:
        raise SayingBlocked(**objections(blocked))
    with connection.cursor() as cursor:
        if any(one.state == "open" for one in room_polls.polls_of(cursor, session.room)):
            raise PollIsOpen
        closes_at = now + timedelta(minutes=minutes) if minutes else None
        poll = room_polls.open_poll(cursor, room=session.room, title=words, options=given, opened_at=now, closes_at=closes_at)
    audit.record(
        actor, "live:poll:open", subject=f"session:{session.pk}", now=now, shop_id=session.shop_id, details={"poll": str(poll), "title": words, "options": list(given)}
    )
    return poll


@transaction.atomic
def close_poll(*, actor: Actor, session_id: UUID, poll_id: UUID, now: datetime) -> None:
    """This function will close a poll; its result is final and told to everybody.   Raises: Forbidden, PollNotOpen."""
    session = showplan.session_for(actor, session_id)
    access.require(actor, POLL_RUN, shop_id=session.shop_id)
    _close(actor, session, poll_id, now)


def close_due_polls(now: datetime) -> int:
    """This function will close the polls whose time is over and say how many."""
    with connection.cursor() as cursor:
        due = room_polls.due_polls(cursor)
    sessions = showplan.sessions_by_room({room for room, _poll in due})
    closed = 0
    for room, poll in due:
        if session := sessions.get(room):
            with transaction.atomic():
                closed += _close(KAIBO, session, poll, now, is_late_fine=True)
    return closed


def _close(actor: Actor, session: Session, poll_id: UUID, now: datetime, *, is_late_fine: bool = False) -> int:
    with connection.cursor() as cursor:
        if not room_polls.close_poll(cursor, room=session.room, poll=poll_id):
            if is_late_fine:
                return 0
            raise PollNotOpen
        result = next(one for one in room_polls.polls_of(cursor, session.room, limit=200) if one.poll == poll_id)
    audit.record(
        actor, "live:poll:close", subject=f"session:{session.pk}", now=now, shop_id=session.shop_id,
        details={"poll": str(poll_id), "title": result.title, "votes": {one.title: one.votes for one in result.options}},
    )  # fmt: skip
    return 1
