"""Reads of parcels on their way out, scoped by actor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.stages.orders.models import Dispatch, Order, ParcelTrack, TrackStep
from kaibo.stages.orders.shipping import door_of, is_same_receiver

SHOWN = 100
TO_LOOK_AT = [Dispatch.State.WAITING, Dispatch.State.REFUSED, Dispatch.State.TELLING, Dispatch.State.TROUBLE]


def dispatches_to_look_at(actor: Actor, *, shop_id: UUID | None = None, state: str = "") -> list[Dispatch]:
    """This function will list parcels that wait for their platform or for a person: what needs somebody first."""
    found = _open(actor, shop_id).filter(state=state) if state else _open(actor, shop_id)
    rows = list(found.select_related("order", "channel").order_by("-created_at")[:SHOWN])
    place = {Dispatch.State.TROUBLE: 0, Dispatch.State.REFUSED: 1, Dispatch.State.WAITING: 2, Dispatch.State.TELLING: 3}
    return sorted(rows, key=lambda one: place[Dispatch.State(one.state)])


def dispatch_counts(actor: Actor, *, shop_id: UUID | None = None) -> Mapping[str, int]:
    """This function will count those parcels by state; one query over an index of just these."""
    return dict(_open(actor, shop_id).values_list("state").annotate(n=Count("pk")).order_by())


def _open(actor: Actor, shop_id: UUID | None) -> QuerySet[Dispatch]:
    return access.visible(Dispatch.objects.filter(state__in=TO_LOOK_AT), actor, "order__shop", shop_id=shop_id)


def dispatches_of(order_id: UUID) -> list[Dispatch]:
    return list(Dispatch.objects.filter(order=order_id).order_by("created_at"))


def parcels_in_trouble(actor: Actor, *, shop_id: UUID | None = None, mine: bool = False) -> QuerySet[ParcelTrack]:
    """This function will list parcels that stand still or come back and that nobody has settled, the most urgent first."""
    found = access.visible(ParcelTrack.objects.filter(settled_at=None).exclude(trouble=""), actor, "shop", shop_id=shop_id)
    if mine:
        found = found.filter(owner_id=actor.person_id)
    return found.select_related("shipment__order").order_by("due_at")


def troubles_settled(actor: Actor, since: datetime, *, shop_id: UUID | None = None) -> QuerySet[ParcelTrack]:
    """This function will list parcels whose trouble somebody settled of late, the newest first."""
    found = access.visible(ParcelTrack.objects.filter(settled_at__gte=since).exclude(trouble=""), actor, "shop", shop_id=shop_id)
    return found.select_related("shipment__order").order_by("-settled_at")


def track_counts(actor: Actor, now: datetime, *, shop_id: UUID | None = None) -> dict[str, int]:
    """This function will count parcels in trouble, overdue ones, and those nobody has taken on."""
    found = access.visible(ParcelTrack.objects.filter(settled_at=None).exclude(trouble=""), actor, "shop", shop_id=shop_id)
    return found.aggregate(trouble=Count("pk"), overdue=Count("pk", filter=Q(due_at__lt=now)), nobody=Count("pk", filter=Q(owner_id=None)))


def tracks_of(order_id: UUID) -> dict[UUID, ParcelTrack]:
    return {one.pk: one for one in ParcelTrack.objects.filter(shipment__order=order_id)}


def steps_of(order_id: UUID) -> dict[UUID, list[TrackStep]]:
    """This function will give the scans of an order's parcels, newest first, by parcel."""
    found: dict[UUID, list[TrackStep]] = {}
    for step in TrackStep.objects.filter(shipment__order=order_id).order_by("-at", "-id")[:500]:
        found.setdefault(step.shipment_id, []).append(step)
    return found


def merge_groups(orders: Sequence[Order]) -> dict[UUID, list[Order]]:
    """
    This function will give, for each order, the others on the same list that go to the same door: they may share a parcel.

    Parts of one order are not among each other's: their platform split them, and each wants a waybill of its own.

    Source: ORD-6, facts/platforms §5.1.
    """
    doors: dict[Any, list[Order]] = {}
    for one in orders:
        doors.setdefault((one.shop_id, door_of(one)), []).append(one)
    found = {}
    for one in (one for group in doors.values() if len(group) > 1 for one in group):
        group = doors[one.shop_id, door_of(one)]
        found[one.pk] = [other for other in group if other.pk != one.pk and not _are_parts(one, other) and is_same_receiver(one, other)]
    return found


def _are_parts(one: Order, other: Order) -> bool:
    return bool(one.parent_no) and (one.platform, one.parent_no) == (other.platform, other.parent_no)
