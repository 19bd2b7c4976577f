"""Units of reservations that are still on their way: how many, and where they go when the reservation ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from django.db.models import F, Sum

from kaibo.master.stock.models import Awaited, Level, Presale
from kaibo.master.stock.rules import Bucket


class Back(NamedTuple):
    """Units that nobody waits for any more: back to the quota, or no longer sold ahead at all."""

    awaited_id: int
    presale_id: UUID
    sku_id: UUID
    warehouse_id: UUID
    units: int
    target: Bucket


def units_of(reservation_ids: Iterable[UUID]) -> dict[UUID, dict[UUID, int]]:
    """This function will give reservation → item → units still on their way; those that wait for nothing are left out."""
    found: dict[UUID, dict[UUID, int]] = {}
    wanted = list(reservation_ids)
    for reservation, sku, units in Awaited.objects.filter(reservation__in=wanted, units__gt=0).values_list("reservation_id", "sku_id", "units") if wanted else ():
        found.setdefault(reservation, {})[sku] = units
    return found


def units_by_reference(references: Iterable[str]) -> dict[str, int]:
    """This function will give reference → units still on their way; those that wait for nothing are left out."""
    rows = Awaited.objects.filter(reservation__reference__in=list(references), reservation__state="open", units__gt=0)
    return dict(rows.values_list("reservation__reference").annotate(total=Sum("units")).order_by())


def pledged(sku_ids: Iterable[UUID]) -> dict[UUID, tuple[int, int]]:
    """This function will give item → (units that may still be sold ahead, units sold ahead and not here)."""
    found = dict.fromkeys(sku_ids, (0, 0))
    rows = Level.objects.filter(sku__in=list(found), bucket__in=[Bucket.PRESALE.value, Bucket.OWED.value])
    for sku, bucket, units in rows.values_list("sku", "bucket").annotate(total=Sum("quantity")).order_by():
        left, owed = found[sku]
        found[sku] = (units, owed) if bucket == Bucket.PRESALE.value else (left, units)
    return found


def planned(reservation_id: UUID, units: Mapping[UUID, int]) -> list[Back]:
    """
    This function will say where units of a reservation go that it no longer waits for: back to an open quota as far as that
    many are still confirmed on their way and nobody else waits for them. The caller has locked the items.
    """
    backs: list[Back] = []
    levels = pledged(units)
    for row in Awaited.objects.filter(reservation=reservation_id, sku__in=list(units), units__gt=0).select_related("presale").order_by("sku"):
        dropped = min(units[row.sku_id], row.units)
        presale, (left, owed) = row.presale, levels[row.sku_id]
        may_stand = max(0, presale.coming_units - (owed - dropped)) if presale.closed_at is None else 0
        back = max(0, min(dropped, may_stand - left))
        for count, target in ((back, Bucket.PRESALE), (dropped - back, Bucket.EXPECTED)):
            if count:
                backs.append(Back(row.pk, presale.pk, row.sku_id, presale.warehouse_id, count, target))
    return backs


def note(reservation_id: UUID, backs: Sequence[Back]) -> None:
    """This function will note that a reservation no longer waits for these; the caller has moved them."""
    for one in backs:
        Awaited.objects.filter(pk=one.awaited_id, reservation=reservation_id).update(units=F("units") - one.units)
        if one.target is Bucket.EXPECTED:
            Presale.objects.filter(pk=one.presale_id).update(taken_units=F("taken_units") + one.units)
