"""
The picture of a room, for the back of house and the ingest process: where viewers play it, and how it comes in (LIV-8).

Every function takes a cursor of the caller's transaction. Lock order: room row last.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from kaibo.room.backoffice import Cursor, announce_state
from kaibo.room.complaints import RoomIsNotHere

STALE_AFTER = timedelta(seconds=5)
"""A report older than this says nothing: the ingest process is away."""


@dataclass(frozen=True, slots=True)
class Ingest:
    """How one source of a room comes in. `frame_rate_centi` is counted in the newest segment, ×100."""

    source: str
    state: str
    """on_air, weak, broken or off; `stale` when the ingest process has not reported for five seconds."""
    why: str
    bitrate_kbps: int
    frame_rate_centi: int | None
    promised_frame_rate: int
    width: int
    height: int
    missing_frames: int
    key_frame_at: datetime | None
    changed_at: datetime
    seen_at: datetime


def report(cur: Cursor, room: str, told: Ingest) -> bool:
    """This function will keep how a source is doing and say whether the room exists; called by the ingest process alone."""
    cur.execute(
        """insert into room.ingest (room, source, state, why, bitrate_kbps, frame_rate_centi, promised_frame_rate, width, height,
                                    missing_frames, key_frame_at, changed_at, seen_at)
           select r.room, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s from room.rooms r where r.room = %s
           on conflict (room, source) do update set state = excluded.state, why = excluded.why,
               bitrate_kbps = excluded.bitrate_kbps, frame_rate_centi = excluded.frame_rate_centi,
               promised_frame_rate = excluded.promised_frame_rate, width = excluded.width, height = excluded.height,
               missing_frames = excluded.missing_frames, key_frame_at = excluded.key_frame_at,
               changed_at = excluded.changed_at, seen_at = excluded.seen_at
           returning room""",
        (
            told.source, told.state, told.why, told.bitrate_kbps, told.frame_rate_centi, told.promised_frame_rate, told.width,
            told.height, told.missing_frames, told.key_frame_at, told.changed_at, told.seen_at, room,
        ),
    )  # fmt: skip
    return cur.fetchone() is not None


def ingests(cur: Cursor, room: str, *, now: datetime) -> list[Ingest]:
    """This function will tell how the sources of a room come in, the main one first; none was ever pushed: an empty list."""
    cur.execute(
        """select source, state, why, bitrate_kbps, frame_rate_centi, promised_frame_rate, width, height, missing_frames,
                  key_frame_at, changed_at, seen_at
             from room.ingest where room = %s order by source = 'backup'""",
        (room,),
    )
    found = [Ingest(*row) for row in cur.fetchall()]
    return [_as_of(one, now) for one in found]


def _as_of(one: Ingest, now: datetime) -> Ingest:
    if one.state == "off" or now - one.seen_at <= STALE_AFTER:
        return one
    return Ingest(
        one.source, "stale", "watcher", 0, None, one.promised_frame_rate, one.width, one.height, one.missing_frames,
        one.key_frame_at, one.changed_at, one.seen_at,
    )  # fmt: skip


def standing(cur: Cursor, room: str) -> str | None:
    """This function will give the state of a room, or None when there is none of this name."""
    cur.execute("select state from room.rooms where room = %s", (room,))
    row = cur.fetchone()
    return None if row is None else str(row[0])


def ended(cur: Cursor, rooms: Collection[str]) -> set[str]:
    """This function will give those of some rooms whose show is over."""
    cur.execute("select room from room.rooms where room = any(%s) and state = 'ended'", (list(rooms),))
    return {row[0] for row in cur.fetchall()}


def show_video(cur: Cursor, *, room: str, video_url: str) -> None:
    """This function will have every viewer play another picture (empty: the waiting picture).   Raises: RoomIsNotHere."""
    cur.execute("update room.rooms set video_url = %s where room = %s returning room", (video_url, room))
    if cur.fetchone() is None:
        raise RoomIsNotHere(room=room)
    announce_state(cur, room)
