"""Held units: taken out of sale by lot, and let go again to where somebody decided (SUP-4)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from kaibo.master.stock.models import Level
from kaibo.master.stock.rules import Bucket
from kaibo.master.stock.services import Move, lock_items, post
from kaibo.plumbing.access.actor import Actor


@transaction.atomic
def hold_sellable(
    *, actor: Actor, sku_id: UUID, warehouse_id: UUID, lot_id: UUID, reference: str, now: datetime
) -> int:
    """This function will hold whatever of a lot can still be sold in a warehouse, and give how many units that were."""
    lock_items([sku_id])
    there = Level.objects.filter(sku=sku_id, warehouse=warehouse_id, lot=lot_id, bucket=Bucket.SELLABLE.value)
    units = sum(there.values_list("quantity", flat=True))
    if units:
        move = Move(sku_id, warehouse_id, units, Bucket.SELLABLE, Bucket.HELD, lot_id=lot_id)
        post(actor=actor, key=f"hold:{reference}", reason="hold", reference=reference, moves=[move], now=now)
    return units


def let_go(
    *, actor: Actor, sku_id: UUID, warehouse_id: UUID, lot_id: UUID, quantity: int, target: Bucket, reference: str, now: datetime
) -> bool:
    """This function will move held units of a lot to where they now belong, once per reference.   Raises: StockShort."""
    move = Move(sku_id, warehouse_id, quantity, Bucket.HELD, target, lot_id=lot_id)
    return post(actor=actor, key=f"let-go:{reference}", reason="let_go", reference=reference, moves=[move], now=now)


def hold_again(
    *, actor: Actor, sku_id: UUID, warehouse_id: UUID, lot_id: UUID, quantity: int, source: Bucket, reference: str, now: datetime
) -> bool:
    """This function will put units that were let go by mistake among the held ones again, once per reference.   Raises: StockShort."""
    move = Move(sku_id, warehouse_id, quantity, source, Bucket.HELD, lot_id=lot_id)
    return post(actor=actor, key=f"hold-again:{reference}", reason="hold_again", reference=reference, moves=[move], now=now)
