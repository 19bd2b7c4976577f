"""The stream keys of a session: what the technician types into the encoder, main and backup (LIV-8, LIV-9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from kaibo.ingest.keys import SOURCES, StreamKey, issue, playlist_url
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.room import video
from kaibo.stages.showplan import queries
from kaibo.stages.showplan.models import Session
from kaibo.stages.showplan.permissions import STREAM_KEY
from kaibo.stages.showplan.rules import NothingToPush, SessionState
from kaibo.stages.showplan.services.sessions import STATE_ZH

GOOD_AFTER_END = timedelta(hours=6)
"""A show runs over; a key that ends with the plan would cut it off at its best moment."""


@dataclass(frozen=True, slots=True)
class Ingest:
    """Where pictures come in and go out, and the secret that signs keys; handed in by the composition root."""

    secret: bytes
    rtmp_url: str
    media_url: str


@dataclass(frozen=True, slots=True)
class Issued:
    """One source's key and the address viewers play it at."""

    source: str
    key: StreamKey
    playlist: str
    expires_at: datetime


@transaction.atomic
def issue_stream_keys(*, actor: Actor, session_id: UUID, ingest: Ingest, now: datetime) -> list[Issued]:
    """
    This function will make the keys of a session's main and backup stream, and have viewers play them where no other address was entered.

    The keys themselves are kept nowhere; the audit row says who got them and until when they are good.
    Raises: Forbidden, NothingToPush (not open yet, over, or on another platform), RoomNameUnfit.   Source: LIV-8.
    """
    session = queries.session_for(actor, session_id)
    access.require(actor, STREAM_KEY, shop_id=session.shop_id)
    # lock: two people asking at once must not overwrite an address one of them entered
    session = Session.objects.select_for_update().get(pk=session_id)
    if session.is_elsewhere or session.state not in (Session.State.READY, Session.State.LIVE):
        raise NothingToPush(state=session.state, state_zh=STATE_ZH[SessionState(session.state)])
    expires_at = max(session.ends_at, now) + GOOD_AFTER_END
    issued = [
        Issued(
            source,
            issue(ingest.secret, rtmp_url=ingest.rtmp_url, room=session.room, source=source, expires_at_seconds=int(expires_at.timestamp())),
            playlist_url(ingest.media_url, room=session.room, source=source),
            expires_at,
        )
        for source in SOURCES
    ]
    _play_them(session, {one.source: one.playlist for one in issued})
    audit.record(
        actor, "showplan:stream:key", subject=f"session:{session_id}", now=now, shop_id=session.shop_id,
        details={"expires_at": expires_at.isoformat()},
    )  # fmt: skip
    return issued


def _play_them(session: Session, playlists: dict[str, str]) -> None:
    """Fill in the addresses nobody entered; while live, viewers get the picture at once."""
    main, backup = session.video_url or playlists["main"], session.backup_video_url or playlists["backup"]
    Session.objects.filter(pk=session.pk).update(video_url=main, backup_video_url=backup)
    if not session.video_url:
        with connection.cursor() as cursor:
            video.show_video(cursor, room=session.room, video_url=main)
