"""Say something: to everyone in the room, or to the host alone."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.citations import objections
from kaibo.room import backoffice as room
from kaibo.stages.compliance.queries import screen_now
from kaibo.stages.live.models import DeskAction
from kaibo.stages.live.permissions import NOTICE_POST
from kaibo.stages.live.rules import Deed, NoticeBlocked, NoticeEmpty, NotInOurRoom
from kaibo.stages.live.services.turns import Turn, take_turn

MOST_CHARACTERS = 200


@transaction.atomic
def post_notice(*, actor: Actor, session_id: UUID, text: str, key: str, now: datetime) -> DeskAction:
    """
    This function will show a notice to every viewer, unless the advertising law forbids its words.

    Raises: Forbidden, NotLive, NoticeEmpty, NoticeBlocked.   Source: LIV-6, CMP-2.
    """
    turn = take_turn(actor=actor, session_id=session_id, ability=NOTICE_POST, kind=Deed.NOTICE, key=key, now=now)
    if turn.prior:
        return turn.prior
    return turn.record(Deed.NOTICE, text=tell_viewers(turn, text))


def tell_viewers(turn: Turn, text: str) -> str:
    """
    This function will show screened words to every viewer and give them as shown.

    Raises: NoticeEmpty, NoticeBlocked, NotInOurRoom.   Source: CMP-2.
    """
    if turn.session.is_elsewhere:
        raise NotInOurRoom
    words = screened(text)
    with connection.cursor() as cursor:
        room.post_notice(cursor, room=turn.session.room, text=words)
    return words


def screened(text: str) -> str:
    """This function will give words that may be said to viewers.   Raises: NoticeEmpty, NoticeBlocked."""
    words = text.strip()[:MOST_CHARACTERS]
    if not words:
        raise NoticeEmpty
    hits = [hit for hit in screen_now(words, surface="script", category="").hits if hit.severity == "block"]
    if hits:
        raise NoticeBlocked(**objections(hits))
    return words


@transaction.atomic
def prompt_host(*, actor: Actor, session_id: UUID, text: str, key: str, now: datetime) -> DeskAction:
    """This function will show a line on the host's prompter; viewers never see it.   Raises: Forbidden, NotLive, NoticeEmpty.   Source: LIV-2."""
    turn = take_turn(actor=actor, session_id=session_id, ability=NOTICE_POST, kind=Deed.PROMPT, key=key, now=now)
    if turn.prior:
        return turn.prior
    if not text.strip():
        raise NoticeEmpty
    return turn.record(Deed.PROMPT, text=text.strip()[:MOST_CHARACTERS])
