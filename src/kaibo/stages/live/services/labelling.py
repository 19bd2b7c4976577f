"""Keeps what cards must say up to date while they sell: a promise of shipping that begins or ends on air, a paper that ended."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from kaibo.master.catalog.models import Product
from kaibo.room import duties as room
from kaibo.stages.compliance import disclosures
from kaibo.stages.live.models import SaleItem


def refresh_labels(now: datetime) -> int:
    """This function will bring the labels of all items in the room up to date and give how many changed; a clock, one query while nothing sells."""
    selling = SaleItem.objects.filter(closed_at=None, session__desk__closed_at=None, session__platform="own").order_by("session_id", "pk")
    found = list(selling.values_list("session__room", "pk", "sku__product_id"))
    if not found:
        return 0
    said = {
        product: [label.text for label in labels if label.text]
        for product, labels in disclosures.labels_of(Product.objects.filter(pk__in={product for _, _, product in found}), now).items()
    }
    return sum(_show(name, item, said[product]) for name, item, product in found)


@transaction.atomic
def _show(name: str, item: UUID, labels: list[str]) -> bool:
    with connection.cursor() as cursor:
        return room.show_labels(cursor, room=name, item=item, labels=labels)
