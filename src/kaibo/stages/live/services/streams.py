"""Which picture viewers get: the main stream or the backup one (LIV-8)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from kaibo.plumbing.access.actor import Actor
from kaibo.room import video
from kaibo.stages.live.models import Desk, DeskAction
from kaibo.stages.live.permissions import STREAM_SWITCH
from kaibo.stages.live.rules import Deed, NoBackupStream, NotInOurRoom
from kaibo.stages.live.services.turns import Turn, take_turn
from kaibo.stages.showplan.models import Session

SOURCES = ("main", "backup")


@transaction.atomic
def switch_stream(*, actor: Actor, session_id: UUID, key: str, now: datetime) -> DeskAction:
    """
    This function will have every viewer play the other stream: backup instead of main, or back.

    Raises: Forbidden, NotLive, NotInOurRoom, NoBackupStream.   Source: LIV-8.
    """
    turn = take_turn(actor=actor, session_id=session_id, ability=STREAM_SWITCH, kind=Deed.STREAM, key=key, now=now)
    if turn.prior:
        return turn.prior
    before = turn.desk.source
    source = "main" if before == "backup" else "backup"
    show_source(turn, source)
    return turn.record(Deed.STREAM, source=source, from_source=before)


def show_source(turn: Turn, source: str) -> None:
    """This function will point the room at a source of its session.   Raises: NotInOurRoom, NoBackupStream."""
    if turn.session.is_elsewhere:
        raise NotInOurRoom
    address = address_of(turn.session, source)
    if not address:
        raise NoBackupStream(which="backup" if source == "backup" else "main", which_zh="备用流地址" if source == "backup" else "主流地址")
    with connection.cursor() as cursor:
        video.show_video(cursor, room=turn.session.room, video_url=address)
    Desk.objects.filter(pk=turn.desk.pk).update(source=source)


def address_of(session: Session, source: str) -> str:
    """This function will give where viewers play a source of a session; empty when none is on record."""
    return str(session.backup_video_url if source == "backup" else session.video_url)
