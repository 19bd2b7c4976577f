"""Go on in the run of show: the next segment on air, its goods in the room, the rest re-planned."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from kaibo.plumbing.access.actor import Actor
from kaibo.stages.live import queries
from kaibo.stages.live.models import Airing, DeskAction, Pace, SaleItem
from kaibo.stages.live.permissions import ITEM_STEER, RUNDOWN_STEER
from kaibo.stages.live.rules import (
    AlreadyExplained,
    AtTheStart,
    Deed,
    DeskMovedOn,
    NotInOurRoom,
    RundownOver,
    replanned,
)
from kaibo.stages.live.services.items import open_item, put_in_front
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
    timings = queries.timings_of(turn.session, rundown, now)
    place = next((number for number, one in enumerate(timings) if one.state == "later"), None)
    if place is None:
        raise RundownOver
    return _air(turn, Deed.NEXT, rundown, rundown[place], current)


@transaction.atomic
def previous_segment(*, actor: Actor, session_id: UUID, seen: UUID | None, key: str, now: datetime) -> DeskAction:
    """
    This function will put the segment before the one on air back on air; claims of both stay as they are.

    Raises: Forbidden, NotLive, DeskMovedOn, AtTheStart.   Source: LIV-1, LIV-6.
    """
    turn = take_turn(actor=actor, session_id=session_id, ability=RUNDOWN_STEER, kind=Deed.PREVIOUS, key=key, now=now)
    if turn.prior:
        return turn.prior
    rundown = showplan.rundown_of(turn.session)
    current = _check_seen(turn, rundown, seen)
    timings = queries.timings_of(turn.session, rundown, now)
    reached = next((number for number, one in enumerate(timings) if current and one.segment_id == current.segment_id), len(rundown))
    place = next((number for number in range(reached - 1, -1, -1) if timings[number].began_at), None)
    if place is None:
        raise AtTheStart
    return _air(turn, Deed.PREVIOUS, rundown, rundown[place], current)


@transaction.atomic
def pin_item(*, actor: Actor, session_id: UUID, item_id: UUID, key: str, now: datetime) -> DeskAction:
    """
    This function will put one item in front of viewers as the one being explained 讲解.

    Raises: Forbidden, NotLive, ItemGone, AlreadyExplained, NotInOurRoom.   Source: LIV-6.
    """
    turn = take_turn(actor=actor, session_id=session_id, ability=ITEM_STEER, kind=Deed.PIN, key=key, now=now)
    if turn.prior:
        return turn.prior
    if turn.session.is_elsewhere:
        raise NotInOurRoom
    item = turn.item(item_id)
    before = turn.desk.current_item
    if before == item_id:
        raise AlreadyExplained
    put_in_front(turn, item_id)
    return turn.record(
        Deed.PIN, item=item, title=item.sku.product.title, specification=item.sku.specification or item.sku.code, from_item=str(before) if before else None
    )


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
        last = DeskAction.objects.filter(session=turn.session, kind__in=[Deed.NEXT.value, Deed.GO_TO.value, Deed.PREVIOUS.value, Deed.UNDO.value]).order_by("-at").first()
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
    put_in_front(turn, front)
    number = next(place for place, one in enumerate(rundown, start=1) if one.id == target.id)
    return turn.record(
        kind, item=put_up[0] if put_up else None, title=target.title, number=number, segment=str(target.id),
        from_segment=str(current.segment_id) if current else None, from_airing=current.pk if current else None,
        from_item=str(before) if before else None, put_up=[str(one.pk) for one in put_up], short=short,
    )  # fmt: skip


def _put_up(turn: Turn, target: SegmentRow) -> tuple[list[SaleItem], list[dict[str, object]]]:
    """The segment's goods that are not in the room yet; what stock cannot cover is given as far as it goes and said."""
    if turn.session.is_elsewhere:
        return [], []
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
    rest = [one for one in timings if one.state == "later"]
    if not rest or rest[0].expected_at is None:
        raise RundownOver
    left_minutes = int((turn.session.ends_at - rest[0].expected_at).total_seconds()) // 60
    fitted = replanned([one.minutes for one in rest], left_minutes=left_minutes, fixed=[one.is_fixed for one in rest])
    for one, minutes in zip(rest, fitted, strict=True):
        Pace.objects.update_or_create(session=turn.session, segment_id=one.segment_id, defaults={"minutes": minutes})
    return turn.record(Deed.REPLAN, segments=len(rest), before=sum(one.minutes for one in rest), after=sum(fitted))
