"""Start a session when its gate is open; end it and give everything unsold back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from kaibo.facts.flow import SessionEnded, SessionStarted
from kaibo.master.stock import allotments
from kaibo.master.stock import services as stock
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.outbox import outbox
from kaibo.room import backoffice as room
from kaibo.stages.live.models import Airing, Desk, DeskAction, PriceRequest, SaleItem
from kaibo.stages.live.permissions import SESSION_END, SESSION_START
from kaibo.stages.live.rules import Deed, GateShut
from kaibo.stages.live.services.turns import Turn, take_turn
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.showplan import services as planning
from kaibo.stages.showplan.opening import opening_of


@transaction.atomic
def start_session(*, actor: Actor, session_id: UUID, key: str, now: datetime) -> DeskAction:
    """
    This function will start a session whose opening gate is green or was let through by two people.

    Raises: Forbidden, GateShut, SessionMovedOn.   Source: SHW-10.
    """
    session = showplan.session_for(actor, session_id)
    access.require(actor, SESSION_START, shop_id=session.shop_id)
    if prior := DeskAction.objects.filter(session=session_id, key=key, kind=Deed.START.value).first():
        return prior
    opening = opening_of(session, now)
    if not opening.is_open:
        raise GateShut(count=len(opening.blocking), first=opening.blocking[0].finding.reason)
    planning.mark_live(session=session, now=now)
    desk = Desk.objects.create(session=session, opened_at=now, opened_by_name=actor.name)
    if not session.is_elsewhere:
        with connection.cursor() as cursor:
            room.set_room_state(cursor, room=session.room, state="live")
    outbox.announce(SessionStarted(session_id=session_id, shop_id=session.shop_id, started_at=now), now=now)
    let_through = [one.key for one in opening.let_through]
    return Turn(actor, session, desk, key, now, None).record(Deed.START, let_through=let_through)


@transaction.atomic
def end_session(*, actor: Actor, session_id: UUID, key: str, now: datetime) -> DeskAction:
    """
    This function will end a session: every item is closed, what nobody claimed goes back to sellable stock.

    Raises: Forbidden, NotLive.   Source: LIV-4, SUP-14.
    """
    turn = take_turn(actor=actor, session_id=session_id, ability=SESSION_END, kind=Deed.END, key=key, now=now)
    if turn.prior:
        return turn.prior
    returned = close_items(turn, list(SaleItem.objects.filter(session=session_id, closed_at=None)))
    Airing.objects.filter(session=session_id, ended_at=None).update(ended_at=now)
    PriceRequest.objects.filter(session=session_id, state=PriceRequest.State.WAITING).update(
        state=PriceRequest.State.REFUSED, decided_at=now, decided_by_name=actor.name
    )
    Desk.objects.filter(session=session_id).update(closed_at=now, current_item=None)
    planning.mark_ended(session=turn.session, now=now)
    if not turn.session.is_elsewhere:
        with connection.cursor() as cursor:
            room.set_current_item(cursor, room=turn.session.room, item=None)
            room.set_room_state(cursor, room=turn.session.room, state="ended")
    outbox.announce(SessionEnded(session_id=session_id, shop_id=turn.session.shop_id, ended_at=now), now=now)
    return turn.record(Deed.END, returned=returned)


def close_items(turn: Turn, items: list[SaleItem]) -> int:
    """This function will close items in the room and their allotments, and give the units that went back."""
    stock.lock_items(sku for item in items for sku, _units in stock.units_of(item.sku_id, 1))
    returned = 0
    for item in items:
        with connection.cursor() as cursor:
            left = room.close_item(cursor, room=turn.session.room, item=item.pk)
            # Of a claim that has just ended the order still holds the units: cancelling it brings them to the shelf.
            under_way = min(room.units_under_way(cursor, item.pk), left)
        allotments.close_allotment(actor=turn.actor, allotment_id=item.allotment_id, unclaimed=left - under_way, now=turn.now)
        returned += left
    SaleItem.objects.filter(pk__in=[item.pk for item in items]).update(closed_at=turn.now)
    return returned
