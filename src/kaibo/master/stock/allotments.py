"""Allotments 配额: units given to a session's item, settled into orders, the rest returned (DESIGN §2)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from kaibo.kit.errors import Conflict
from kaibo.master.stock import services as stock
from kaibo.master.stock.models import Allotment, Reservation
from kaibo.master.stock.rules import Bucket
from kaibo.plumbing.access.actor import Actor


class AllotmentClosed(Conflict):
    code = "stock.allotment_closed"
    message_zh = "这个配额已收回"
    message_en = "This allotment is closed"


class AllotmentOverdrawn(Conflict):
    code = "stock.allotment_overdrawn"
    message_zh = "超出配额：配额剩 {left}，要 {wanted}"
    message_en = "More than the allotment: {left} left, {wanted} wanted"


@transaction.atomic
def open_allotment(
    *, actor: Actor, sku_id: UUID, warehouse_id: UUID, session_id: UUID, quantity: int, now: datetime
) -> Allotment:
    """This function will move units from sellable stock into a new allotment.   Raises: StockShort, QuantityNotPositive."""
    allotment = Allotment.objects.create(
        sku_id=sku_id, warehouse_id=warehouse_id, session_id=session_id, quantity=quantity, opened_at=now
    )
    stock.transfer(
        actor=actor,
        key=f"allot:{allotment.pk}",
        reason="allot",
        reference=f"session:{session_id}",
        sku_id=sku_id,
        warehouse_id=warehouse_id,
        quantity=quantity,
        source=Bucket.SELLABLE,
        target=Bucket.ALLOTTED,
        now=now,
    )
    return allotment


@transaction.atomic
def extend_allotment(*, actor: Actor, allotment_id: UUID, units: int, key: str, now: datetime) -> None:
    """This function will add units to an open allotment, once per key.   Raises: StockShort, AllotmentClosed."""
    one = Allotment.objects.get(pk=allotment_id)
    posted = stock.transfer(
        actor=actor,
        key=f"allot-more:{key}",
        reason="allot",
        reference=f"session:{one.session_id}",
        sku_id=one.sku_id,
        warehouse_id=one.warehouse_id,
        quantity=units,
        source=Bucket.SELLABLE,
        target=Bucket.ALLOTTED,
        now=now,
    )
    if posted and not Allotment.objects.filter(pk=allotment_id, state=Allotment.State.OPEN).update(
        quantity=F("quantity") + units
    ):
        raise AllotmentClosed


@transaction.atomic
def settle(
    *,
    actor: Actor,
    allotment_id: UUID,
    claim_id: UUID,
    quantity: int,
    reference: str,
    now: datetime,
    expires_at: datetime | None,
) -> bool:
    """
    This function will turn claimed units of an allotment into a reservation of their order, once per claim.

    It works after closing too: units that were claimed are never part of what closing returns.
    Raises: AllotmentOverdrawn.
    """
    one = Allotment.objects.get(pk=allotment_id)
    posted = stock.transfer(
        actor=actor,
        key=f"settle:{claim_id}",
        reason="settle",
        reference=reference,
        sku_id=one.sku_id,
        warehouse_id=one.warehouse_id,
        quantity=quantity,
        source=Bucket.ALLOTTED,
        target=Bucket.RESERVED,
        now=now,
    )
    if not posted:
        return False
    changed = Allotment.objects.filter(pk=allotment_id, quantity__gte=F("settled") + F("returned") + quantity).update(
        settled=F("settled") + quantity
    )
    if not changed:
        raise AllotmentOverdrawn(left=one.quantity - one.settled - one.returned, wanted=quantity)
    Reservation.objects.create(
        sku_id=one.sku_id,
        warehouse_id=one.warehouse_id,
        quantity=quantity,
        reference=reference,
        expires_at=expires_at,
        created_at=now,
    )
    return True


@transaction.atomic
def give_back(*, actor: Actor, allotment_id: UUID, reference: str, quantity: int, now: datetime) -> bool:
    """
    This function will put an unpaid order's units back into its open allotment, once per reference; False when the
    allotment is closed or nothing was reserved (the caller then releases to sellable stock).
    """
    _lock(allotment_id)
    if not Allotment.objects.filter(pk=allotment_id, state=Allotment.State.OPEN, settled__gte=quantity).update(
        settled=F("settled") - quantity
    ):
        return False
    if stock.release_reserved(actor=actor, reference=reference, now=now, target=Bucket.ALLOTTED) != quantity:
        Allotment.objects.filter(pk=allotment_id).update(settled=F("settled") + quantity)
        return False
    return True


@transaction.atomic
def give_back_late(*, actor: Actor, allotment_id: UUID, reference: str, quantity: int, wanted: int, now: datetime) -> bool:
    """
    This function will take an unpaid order's units back after its allotment was closed: into the allotment as far as
    claims still wait to become orders (`wanted` units of them), else to sellable stock. False when nothing was reserved.
    """
    _lock(allotment_id)
    one = Allotment.objects.get(pk=allotment_id)
    is_wanted = wanted > one.quantity - one.settled - one.returned
    target = Bucket.ALLOTTED if is_wanted else Bucket.SELLABLE
    if one.settled < quantity or stock.release_reserved(actor=actor, reference=reference, now=now, target=target) != quantity:
        return False
    Allotment.objects.filter(pk=allotment_id).update(
        settled=F("settled") - quantity, returned=F("returned") + (0 if is_wanted else quantity)
    )
    return True


@transaction.atomic
def close_allotment(*, actor: Actor, allotment_id: UUID, unclaimed: int, now: datetime) -> int:
    """
    This function will close an allotment and return what nobody claimed to sellable stock.

    `unclaimed` is what the room says is left after it stopped admitting; claimed but unsettled units stay allotted
    until the relay settles them. Closing twice returns nothing the second time.
    """
    _lock(allotment_id)
    changed = Allotment.objects.filter(pk=allotment_id, state=Allotment.State.OPEN).update(
        state=Allotment.State.CLOSED, closed_at=now, returned=F("returned") + unclaimed
    )
    if not changed:
        return 0
    one = Allotment.objects.get(pk=allotment_id)
    if unclaimed:
        stock.transfer(
            actor=actor,
            key=f"unallot:{allotment_id}",
            reason="unallot",
            reference=f"session:{one.session_id}",
            sku_id=one.sku_id,
            warehouse_id=one.warehouse_id,
            quantity=unclaimed,
            source=Bucket.ALLOTTED,
            target=Bucket.SELLABLE,
            now=now,
        )
    return unclaimed


def _lock(allotment_id: UUID) -> None:
    """Take the ledger's lock before the allotment's row: the order every writer keeps."""
    sku_id = Allotment.objects.values_list("sku_id", flat=True).get(pk=allotment_id)
    stock.lock_items(sku for sku, _ in stock.units_of(sku_id, 1))
