"""The figures of a room at one moment, read by the back of house."""

from __future__ import annotations

from dataclasses import dataclass

from kaibo.room.backoffice import Cursor
from kaibo.room.complaints import RoomIsNotHere


@dataclass(frozen=True, slots=True)
class RoomFigures:
    """The room's figures of this moment."""

    viewers: int
    likes: int
    messages: int
    claims: int
    claimed_units: int
    claimed_fen: int
    refused_sold_out: int
    refused_limit: int
    followers: int = 0
    """Who follows the shop of the room."""
    new_followers: int = 0
    """Who began to in this room."""


def room_figures(cur: Cursor, room: str) -> RoomFigures:
    """This function will give what is happening in a room, from its running totals: viewers now, likes, messages, claims …"""
    cur.execute(
        """select (select coalesce(sum(viewers), 0) from room.presence
                    where room = r.room and seen_at > now() - interval '15 seconds'),
                  r.likes, coalesce(sum(t.times) filter (where t.what = 'message'), 0),
                  coalesce(sum(t.times) filter (where t.what = 'claimed'), 0),
                  coalesce(sum(t.units) filter (where t.what = 'claimed'), 0),
                  coalesce(sum(t.amount_fen) filter (where t.what = 'claimed'), 0),
                  coalesce(sum(t.times) filter (where t.what = 'sold_out'), 0),
                  coalesce(sum(t.times) filter (where t.what = 'limit_reached'), 0),
                  (select count(*) from room.follows where shop = room.followed_here(r.room)),
                  (select count(*) from room.follows where room = r.room)
             from room.rooms r left join room.tallies t on t.room = r.room
            where r.room = %s group by r.room, r.likes""",
        (room,),
    )
    found = cur.fetchone()
    if found is None:
        raise RoomIsNotHere(room=room)
    return RoomFigures(*(int(value) for value in found))
