"""Sending out a part of what is promised to a reference: the rest stays promised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from kaibo.master.stock import awaiting
from kaibo.master.stock.models import Reservation
from kaibo.master.stock.rules import Bucket, QuantityNotPositive, StockShort
from kaibo.master.stock.services import Move, lock_items, post, transfer, units_of
from kaibo.plumbing.access.actor import Actor


@transaction.atomic
def ship_part(
    *, actor: Actor, reference: str, sent: Mapping[UUID, tuple[int, int]], now: datetime, is_demand: bool = True
) -> int:
    """
    This function will send out units of a reference's reservations: item → (units, how many of it have then left in all).

    The total makes it happen once: told again of the same total, nothing moves. Gives the units that moved.
    Raises: StockShort, QuantityNotPositive.   Source: ORD-3, ORD-6.
    """
    lock_items({part for sku in sent for part, _ in units_of(sku, 1)})
    moved = 0
    # lock: items before reservations, as every writer of the ledger does
    there = {one.sku_id: one for one in Reservation.objects.select_for_update().filter(reference=reference, state=Reservation.State.OPEN).order_by("sku_id")}
    waiting = awaiting.units_of(one.pk for one in there.values())
    for sku_id, (units, total) in sorted(sent.items(), key=lambda one: str(one[0])):
        one = there.get(sku_id)
        here = _whole_here(one, waiting.get(one.pk, {})) if one else 0
        if one is None or here < units:
            raise StockShort(sku=str(sku_id), bucket="预占", wanted=units, there=here)
        if not transfer(
            actor=actor, key=f"ship:{reference}:{sku_id}:{total}"[:120], reason="ship" if is_demand else "ship_test", reference=reference,
            sku_id=sku_id,
            warehouse_id=one.warehouse_id, quantity=units, source=Bucket.RESERVED, target=Bucket.CUSTOMER, now=now,
        ):  # fmt: skip
            continue
        if one.quantity == units:
            Reservation.objects.filter(pk=one.pk).update(state=Reservation.State.SHIPPED)
        else:
            Reservation.objects.filter(pk=one.pk).update(quantity=F("quantity") - units)
        moved += units
    return moved


def _whole_here(one: Reservation, waiting: Mapping[UUID, int]) -> int:
    """How many of a reservation can leave: sold ahead and still on their way are none of them."""
    return min((each * one.quantity - waiting.get(part, 0)) // each for part, each in units_of(one.sku_id, 1))


@transaction.atomic
def release_part(*, actor: Actor, reference: str, sku_id: UUID, units: int, key: str, now: datetime) -> bool:
    """
    This function will give units of a reference's reservation free again, the rest stays promised; once per key.

    Raises: StockShort, QuantityNotPositive.   Source: ORD-6.
    """
    lock_items({part for part, _ in units_of(sku_id, 1)})
    # lock: items before reservations, as every writer of the ledger does
    one = Reservation.objects.select_for_update().filter(reference=reference, sku=sku_id, state=Reservation.State.OPEN).first()
    if one is None or one.quantity < units:
        raise StockShort(sku=str(sku_id), bucket="预占", wanted=units, there=one.quantity if one else 0)
    if units <= 0:
        raise QuantityNotPositive
    parts = units_of(sku_id, units)
    backs = awaiting.planned(one.pk, dict(parts))  # what is still on its way goes first
    dropped = Counter[UUID]()
    for back in backs:
        dropped[back.sku_id] += back.units
    moves = [Move(part, one.warehouse_id, here, Bucket.RESERVED, Bucket.SELLABLE, any_lot=True) for part, count in parts if (here := count - dropped[part])]
    moves += [Move(back.sku_id, back.warehouse_id, back.units, Bucket.OWED, back.target) for back in backs]
    if not post(actor=actor, key=f"unreserve:{reference}:{key}"[:120], reason="unreserve", reference=reference, moves=moves, now=now):
        return False
    awaiting.note(one.pk, backs)
    if one.quantity == units:
        Reservation.objects.filter(pk=one.pk).update(state=Reservation.State.RELEASED)
    else:
        Reservation.objects.filter(pk=one.pk).update(quantity=F("quantity") - units)
    return True
