"""Take the last action back, where taking back is true (LIV-6)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from kaibo.plumbing.access.actor import Actor
from kaibo.room import backoffice as room
from kaibo.stages.live import queries
from kaibo.stages.live.models import Airing, DeskAction, SaleItem
from kaibo.stages.live.permissions import RUNDOWN_STEER
from kaibo.stages.live.rules import STANDING, UNDOABLE, CannotBeUndone, Deed, NothingToUndo
from kaibo.stages.live.services.items import put_in_front, set_state
from kaibo.stages.live.services.streams import show_source
from kaibo.stages.live.services.turns import Turn, take_turn


@transaction.atomic
def undo_last(*, actor: Actor, session_id: UUID, key: str, now: datetime) -> DeskAction:
    """
    This function will take back the last action that still stands, if it can be.

    Going on to a segment is taken back with the goods it put up: they are paused, their claims stay.
    Raises: Forbidden, NotLive, NothingToUndo, CannotBeUndone.   Source: LIV-6.
    """
    turn = take_turn(actor=actor, session_id=session_id, ability=RUNDOWN_STEER, kind=Deed.UNDO, key=key, now=now)
    if turn.prior:
        return turn.prior
    last = DeskAction.objects.filter(session=session_id, undone_by=None).exclude(kind__in=STANDING).order_by("-at", "-id").first()
    if last is None:
        raise NothingToUndo
    kind = Deed(last.kind)
    if kind not in UNDOABLE:
        raise CannotBeUndone
    if kind in {Deed.TAKE_DOWN, Deed.PUT_BACK}:
        set_state(turn, last.item_id, "on_sale" if kind is Deed.TAKE_DOWN else "paused")
    elif kind is Deed.PIN:
        put_in_front(turn, _still_open(last.details["from_item"]))
    elif kind is Deed.STREAM:
        show_source(turn, last.details["from_source"])
    else:
        _go_back(turn, last)
    done = turn.record(Deed.UNDO, item=last.item, title=last.details.get("title", ""), undone=last.kind)
    DeskAction.objects.filter(pk=last.pk, undone_by=None).update(undone_by=done)
    return done


def _go_back(turn: Turn, last: DeskAction) -> None:
    said = last.details
    # The airing that is being taken back: a segment may have been on air before, and that one stays.
    Airing.objects.filter(session=turn.session, ended_at=None, segment_id=said["segment"]).delete()
    if said["from_airing"]:
        Airing.objects.filter(pk=said["from_airing"]).update(ended_at=None)
    levels = queries.levels_of(turn.session.room)
    still_open = SaleItem.objects.filter(pk__in=said["put_up"], closed_at=None).values_list("pk", flat=True)
    front = _still_open(said["from_item"])
    with connection.cursor() as cursor:
        for item_id in still_open:
            if levels[item_id].state == "on_sale":
                room.set_item_state(cursor, room=turn.session.room, item=item_id, state="paused")
    put_in_front(turn, front)


def _still_open(item_id: str | None) -> UUID | None:
    """The item that was explained before, unless it was closed meanwhile."""
    return SaleItem.objects.filter(pk=item_id, closed_at=None).values_list("pk", flat=True).first() if item_id else None
