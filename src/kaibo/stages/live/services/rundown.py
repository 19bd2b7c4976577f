"""Go on in the run of show: the next segment on air, its goods in the room, the rest re-planned."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from kaibo.plumbing.access.actor import Actor
from kaibo.room import backoffice as room
from kaibo.stages.live import queries
from kaibo.stages.live.models import Airing, Desk, DeskAction, Pace, SaleItem
from kaibo.stages.live.permissions import RUNDOWN_STEER
from kaibo.stages.live.rules import Deed, DeskMovedOn, RundownOver, replanned
from kaibo.stages.live.services.items import open_item
from kaibo.stages.live.services.turns import Turn, take_turn
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.showplan.queries import SegmentRow, SegmentUnknown


@transaction.atomic
def next_segment(*, actor: Actor, session_id: UUID, seen: UUID | None, key: str, now: datetime) -> DeskAction:
    """
    This function will put the next segment on air and its goods on sale.

    `seen` is the segment the person saw on air: when somebody else has gone on meanwhile, nothing happens.
    Raises: Forbidden, NotLive, DeskMovedOn, RundownOver.   Source: LIV-1, LIV-6.
    """
    turn = take_turn(actor=actor, session_id=session_id, ability=RUNDOWN_STEER, kind=Deed.NEXT, key=key, now=now)
    if turn.prior:
        return turn.prior
    rundown = showplan.rundown_of(turn.session)
    current = _check_seen(turn, rundown, seen)
    place = next((number for number, one in enumerate(rundown) if current and one.id == current.segment_id), -1)
    if place + 1 >= len(rundown):
        raise RundownOver
    return _air(turn, Deed.NEXT, rundown, rundown[place + 1], current)


@transaction.atomic
def go_to_segment(*, actor: Actor, session_id: UUID, segment_id: UUID, seen: UUID | None, key: str, now: datetime) -> DeskAction:
    """This function will put a chosen segment on air.   Raises: Forbidden, NotLive, DeskMovedOn, SegmentUnknown."""
    turn = take_turn(actor=actor, session_id=session_id, ability=RUNDOWN_STEER, kind=Deed.GO_TO, key=key, now=now)
    if turn.prior:
        return turn.prior
    rundown = showplan.rundown_of(turn.session)
    current = _check_seen(turn, rundown, seen)
    target = next((one for one in rundown if one.id == segment_id), None)
    if target is None or (current and current.segment_id == segment_id):
        raise SegmentUnknown
    return _air(turn, Deed.GO_TO, rundown, target, current)


def _check_seen(turn: Turn, rundown: Sequence[SegmentRow], seen: UUID | None) -> Airing | None:
    current = Airing.objects.filter(session=turn.session, ended_at=None).first()
    there = current.segment_id if current else None
    if there != seen:
        last = DeskAction.objects.filter(session=turn.session, kind__in=[Deed.NEXT.value, Deed.GO_TO.value, Deed.UNDO.value]).order_by("-at").first()
        title = next((one.title for one in rundown if one.id == there), "—")
        raise DeskMovedOn(who=last.actor_name if last else "—", title=title)
    return current


def _air(turn: Turn, kind: Deed, rundown: Sequence[SegmentRow], target: SegmentRow, current: Airing | None) -> DeskAction:
    if current:
        Airing.objects.filter(pk=current.pk).update(ended_at=turn.now)
    Airing.objects.create(session=turn.session, segment_id=target.id, began_at=turn.now)
    put_up, short = _put_up(turn, target)
    front = put_up[0].pk if put_up else _open_item_of(turn, target)
    before = turn.desk.current_item
    with connection.cursor() as cursor:
        room.set_current_item(cursor, room=turn.session.room, item=front)
    Desk.objects.filter(pk=turn.desk.pk).update(current_item=front)
    number = next(place for place, one in enumerate(rundown, start=1) if one.id == target.id)
    return turn.record(
        kind, item=put_up[0] if put_up else None, title=target.title, number=number, segment=str(target.id),
        from_segment=str(current.segment_id) if current else None, from_airing=current.pk if current else None,
        from_item=str(before) if before else None, put_up=[str(one.pk) for one in put_up], short=short,
    )  # fmt: skip


def _put_up(turn: Turn, target: SegmentRow) -> tuple[list[SaleItem], list[dict[str, object]]]:
    """The segment's goods that are not in the room yet; what stock cannot cover is given as far as it goes and said."""
    there = set(SaleItem.objects.filter(session=turn.session, segment_id=target.id, closed_at=None).values_list("sku_id", flat=True))
    put_up, short = [], []
    for offer in target.offers:
        if offer.sku_id in there:
            continue
        item = open_item(
            turn, segment_id=target.id, sku_id=offer.sku_id, wanted=offer.quantity, price_fen=offer.price_fen, limit=offer.limit_per_visitor,
            position=target.position, is_flash=target.is_flash, is_on_sale=not target.is_flash, at_most=True,
        )  # fmt: skip
        given = item.allotment.quantity if item else 0
        if given < offer.quantity:
            short.append({"sku": offer.sku_code, "wanted": offer.quantity, "given": given})
        if item:
            put_up.append(item)
    return put_up, short


def _open_item_of(turn: Turn, target: SegmentRow) -> UUID | None:
    return SaleItem.objects.filter(session=turn.session, segment_id=target.id, closed_at=None).order_by("sku__code").values_list("pk", flat=True).first()


@transaction.atomic
def replan_rest(*, actor: Actor, session_id: UUID, key: str, now: datetime) -> DeskAction:
    """This function will fit what is still to come into the time left, in proportion.   Raises: Forbidden, NotLive, RundownOver.   Source: LIV-1."""
    turn = take_turn(actor=actor, session_id=session_id, ability=RUNDOWN_STEER, kind=Deed.REPLAN, key=key, now=now)
    if turn.prior:
        return turn.prior
    timings = queries.timings_of(turn.session, showplan.rundown_of(turn.session), now)
    rest = [one for one in timings if one.began_at is None]
    if not rest:
        raise RundownOver
    left_minutes = int((turn.session.ends_at - rest[0].expected_at).total_seconds()) // 60
    fitted = replanned([one.minutes for one in rest], left_minutes=left_minutes)
    for one, minutes in zip(rest, fitted, strict=True):
        Pace.objects.update_or_create(session=turn.session, segment_id=one.segment_id, defaults={"minutes": minutes})
    return turn.record(Deed.REPLAN, segments=len(rest), before=sum(one.minutes for one in rest), after=sum(fitted))
