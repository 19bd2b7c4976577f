"""
Selling ahead of stock 预售: a quota of what is confirmed on its way, bound to a promise; arrivals go to whom they are owed.

What is sold ahead never mixes with what is in the house: `presale` (may be sold) and `owed` (sold, not here) are levels of their
own that cannot go below zero, and together they are what was taken from `expected`. Source: SUP-14, LST-7, ADR 25.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import F

from kaibo.kit.errors import Conflict
from kaibo.kit.ids import new_ids
from kaibo.master.catalog.promising import said_by
from kaibo.master.stock import awaiting
from kaibo.master.stock import services as stock
from kaibo.master.stock.batches import copy_entries, copy_lines
from kaibo.master.stock.models import Awaited, Level, Presale, Reservation
from kaibo.master.stock.rules import Bucket, QuantityNotPositive
from kaibo.master.stock.services import Move, Place
from kaibo.plumbing.access.actor import Actor


class PresaleBeyondComing(Conflict):
    code = "stock.presale_beyond_coming"
    message_zh = "预售额度超过在途：赶得上承诺的确定在途 {coming} 件，已预售没到的 {owed} 件，额度里还没卖的 {left} 件，最多再给 {most} 件"
    message_en = "More than is on its way: {coming} confirmed in time for the promise, {owed} sold ahead and not here, {left} unsold in the quota; {most} more at most"


class PresaleOfOtherPromise(Conflict):
    code = "stock.presale_of_other_promise"
    message_zh = "这个货号的预售额度绑的是另一个发货承诺，先收回没卖的，再按新承诺给"
    message_en = "The quota of this item is bound to another promise of shipping: take back what is unsold, then give anew"


class NoPresale(Conflict):
    code = "stock.no_presale"
    message_zh = "这个货号现在没有预售额度"
    message_en = "This item has no pre-sale quota now"


class Told(NamedTuple):
    """What became of a quota when supply said what is on its way: how many units fell away unsold, how many sold ones nothing comes for."""

    fallen: int
    uncovered: int


def open_presale(sku_id: UUID) -> Presale | None:
    """This function will give an item's quota that is not closed."""
    return Presale.objects.filter(sku=sku_id, closed_at=None).first()


def for_sale(sku_ids: Iterable[UUID], now: datetime) -> dict[UUID, int]:
    """This function will give item → units that may be sold ahead now; items whose promise is over, or without a quota, are left out."""
    running = Presale.objects.filter(sku__in=list(sku_ids), closed_at=None).select_related("promise")
    skus = [one.sku_id for one in running if said_by(one.promise).ship_by(now)]
    return {sku: left for sku, (left, _owed) in awaiting.pledged(skus).items() if left} if skus else {}


@transaction.atomic
def give(
    *, actor: Actor, sku_id: UUID, warehouse_id: UUID, promise_id: UUID, units: int, in_time: int, coming: int, now: datetime, note: str = ""
) -> Presale:
    """
    This function will let units be sold ahead, not more than what comes `in_time` for the promise covers beside what was sold
    ahead before; `coming` is all that comes. The caller has locked the item, then counted.

    Raises: QuantityNotPositive, PresaleBeyondComing, PresaleOfOtherPromise.   Source: SUP-14.
    """
    if units <= 0:
        raise QuantityNotPositive
    stock.lock_items([sku_id])
    left, owed = awaiting.pledged([sku_id])[sku_id]
    if units > (most := max(0, in_time - owed - left)):
        raise PresaleBeyondComing(coming=in_time, owed=owed, left=left, most=most)
    there = open_presale(sku_id)
    if there is None:
        there = Presale.objects.create(
            sku_id=sku_id, warehouse_id=warehouse_id, promise_id=promise_id, given_units=0, coming_units=coming, note=note[:200], made_by=actor.name, made_at=now
        )
    elif there.promise_id != promise_id:
        raise PresaleOfOtherPromise
    Presale.objects.filter(pk=there.pk).update(given_units=F("given_units") + units, coming_units=coming, note=note[:200] or there.note)
    _move(actor, there, units, Bucket.EXPECTED, Bucket.PRESALE, f"presale:{there.pk}:{there.given_units + units}", now)
    there.refresh_from_db()
    return there


@transaction.atomic
def take_back(*, actor: Actor, sku_id: UUID, now: datetime) -> int:
    """
    This function will end an item's quota: what is unsold cannot be sold ahead any more, who bought keeps it. Gives the units.

    Raises: NoPresale.   Source: SUP-14.
    """
    stock.lock_items([sku_id])
    there = open_presale(sku_id)
    if there is None:
        raise NoPresale
    left, _owed = awaiting.pledged([sku_id])[sku_id]
    _fall_away(actor, there, left, now)
    Presale.objects.filter(pk=there.pk).update(closed_at=now, closed_by=actor.name)
    return left


@transaction.atomic
def tell_coming(*, actor: Actor, sku_id: UUID, coming: int, now: datetime) -> Told:
    """
    This function will note how many units of an item are confirmed on their way: unsold quota beyond them falls away at once,
    and it says how many units were sold ahead that nothing comes for. The caller has locked the item, then counted.   Source: SUP-14.
    """
    stock.lock_items([sku_id])
    left, owed = awaiting.pledged([sku_id])[sku_id]
    there = open_presale(sku_id)
    fallen = max(0, left - max(0, coming - owed))
    if there is not None:
        _fall_away(actor, there, fallen, now)
        Presale.objects.filter(pk=there.pk).update(coming_units=coming)
    return Told(fallen, max(0, owed - coming))


def _fall_away(actor: Actor, there: Presale, units: int, now: datetime) -> None:
    if units:
        Presale.objects.filter(pk=there.pk).update(taken_units=F("taken_units") + units)
        _move(actor, there, units, Bucket.PRESALE, Bucket.EXPECTED, f"presale-back:{there.pk}:{there.taken_units + units}", now)


def _move(actor: Actor, there: Presale, units: int, source: Bucket, target: Bucket, key: str, now: datetime) -> None:
    move = Move(there.sku_id, there.warehouse_id, units, source, target)
    reason = "presale" if target is Bucket.PRESALE else "unpresale"
    stock.post(actor=actor, key=key, reason=reason, reference=f"presale:{there.pk}", moves=[move], now=now)


@transaction.atomic
def fill(*, actor: Actor, sku_ids: Iterable[UUID], now: datetime) -> int:
    """
    This function will give sellable units of items to those they were sold to ahead, the oldest promise first, and give how many.

    Arrivals call it in the transaction that makes them sellable, so nobody else can buy them first; a fixed number of statements
    for each item and warehouse.   Source: SUP-14.
    """
    wanted = sorted(set(sku_ids), key=str)
    stock.lock_items(wanted)
    owed = {sku for sku, (_left, units) in awaiting.pledged(wanted).items() if units}
    return sum(_fill_from(actor, sku, place, units, now) for sku in wanted if sku in owed for place, units in _shelves(sku))


def _shelves(sku_id: UUID) -> list[tuple[UUID, int]]:
    there = Level.objects.filter(sku=sku_id, bucket=Bucket.SELLABLE.value, quantity__gt=0).order_by("warehouse__code", "lot")
    units: dict[UUID, int] = {}
    for place, count in there.values_list("warehouse_id", "quantity"):
        units[place] = units.get(place, 0) + count
    return list(units.items())


def _fill_from(actor: Actor, sku_id: UUID, place: UUID, there: int, now: datetime) -> int:
    """What lies in one warehouse goes to reservations there, and to those that have nothing anywhere yet."""
    served: list[tuple[Awaited, int]] = []
    left = there
    for row in Awaited.objects.filter(sku=sku_id, units__gt=0).select_related("reservation", "presale").order_by("promised_at", "id").iterator():
        if left == 0:
            break
        if row.reservation.warehouse_id != place and not _move_reservation(row.reservation, place):
            continue
        served.append((row, min(row.units, left)))
        left -= served[-1][1]
    moves = [
        [Move(sku_id, place, units, Bucket.SELLABLE, Bucket.RESERVED, any_lot=True), Move(sku_id, row.presale.warehouse_id, units, Bucket.OWED, Bucket.EXPECTED)]
        for row, units in served
    ]
    levels = stock.levels_there(move for group in moves for move in group)
    totals: dict[Place, int] = {}
    entries: list[tuple[object, ...]] = []
    lines: list[tuple[object, ...]] = []
    for (row, units), group, entry in zip(served, moves, new_ids(len(served)), strict=True):
        entries.append((entry, f"arrive:{row.pk}:{row.units}", "arrive", row.reservation.reference, actor.name, now))
        lines += [(entry, *where, delta) for where, delta in stock.changes_upon(totals, group, levels).items() if delta]
        row.units -= units
    copy_entries(entries)
    copy_lines(lines, totals)
    Awaited.objects.bulk_update([row for row, _ in served], ["units"], batch_size=500)
    return there - left


def _move_reservation(one: Reservation, place: UUID) -> bool:
    """Goods came to another house than the order was to leave from: it leaves from there, if nothing of it lies elsewhere."""
    waiting = awaiting.units_of([one.pk]).get(one.pk, {})
    if any(units != waiting.get(part, 0) for part, units in stock.units_of(one.sku_id, one.quantity)):
        return False
    Reservation.objects.filter(pk=one.pk).update(warehouse_id=place)
    return True


def serve_waiting(*, actor: Actor, now: datetime) -> int:
    """This function will serve those who wait from whatever became sellable otherwise (returns, cancelled orders); a clock, gives the units."""
    there = list(Awaited.objects.filter(units__gt=0).values_list("sku", flat=True).distinct())
    ready = Level.objects.filter(sku__in=there, bucket=Bucket.SELLABLE.value, quantity__gt=0).values_list("sku", flat=True).distinct()
    return fill(actor=actor, sku_ids=list(ready), now=now)
