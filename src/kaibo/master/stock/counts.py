"""What was counted in the warehouse against the books (SUP-11)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from kaibo.kit.errors import Invalid
from kaibo.kit.ids import new_id
from kaibo.master.catalog import queries as catalog
from kaibo.master.stock.models import Level, Warehouse
from kaibo.master.stock.rules import Bucket
from kaibo.master.stock.services import adjust, lock_items
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit

STOCK_ADJUST = "stock:stock:adjust"


class CountUnchanged(Invalid):
    code = "stock.count_unchanged"
    message_zh = "实盘数与账面一致，不需要调整"
    message_en = "What was counted equals the books; nothing to change"


@transaction.atomic
def book_count(*, actor: Actor, sku_id: UUID, counted: int, reason: str, now: datetime) -> int:
    """
    This function will book the difference between what was counted and the sellable units of the books, and give it.

    Raises: Forbidden, CountUnchanged.   Source: SUP-11.
    """
    sku = catalog.sku_rows([sku_id])[sku_id]
    access.require(actor, STOCK_ADJUST, shop_id=sku.shop_id)
    lock_items([sku_id])
    places = Level.objects.filter(sku=sku_id, bucket=Bucket.SELLABLE.value)
    on_books = sum(places.values_list("quantity", flat=True))
    if counted == on_books:
        raise CountUnchanged
    warehouse_id = (
        places.values_list("warehouse_id", flat=True).first()
        or Warehouse.objects.order_by("code").values_list("pk", flat=True)[0]
    )
    adjust(
        actor=actor,
        sku_id=sku_id,
        warehouse_id=warehouse_id,
        lot_id=None,
        difference=counted - on_books,
        reference=f"count:{new_id()}",
        now=now,
    )
    audit.record(
        actor,
        STOCK_ADJUST,
        subject=f"sku:{sku_id}",
        now=now,
        details={"books": on_books, "counted": counted},
        reason=reason,
        shop_id=sku.shop_id,
    )
    return counted - on_books
