"""Orders the team placed itself to try payment, logistics and after-sales: marked, and in no figure (LST-8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.stages.orders import queries
from kaibo.stages.orders.complaints import ReasonMissing
from kaibo.stages.orders.models import Order
from kaibo.stages.orders.permissions import MARK_TEST


@transaction.atomic
def mark(*, actor: Actor, order_ids: Sequence[UUID], is_test: bool, reason: str, now: datetime) -> int:
    """
    This function will say of orders that the team placed them itself, or that it did not after all, and give how many
    changed. Money, stock and parcels go on as for any order, which is what is tried; figures leave them out.

    Raises: Forbidden, OrderUnknown, ReasonMissing.   Source: LST-8.
    """
    if is_test and not reason.strip():
        raise ReasonMissing
    changed = 0
    for order in [queries.order_for(actor, order_id) for order_id in order_ids]:
        access.require(actor, MARK_TEST, shop_id=order.shop_id)
        if Order.objects.filter(pk=order.pk, is_test=not is_test).update(is_test=is_test):
            changed += 1
            audit.record(actor, MARK_TEST, subject=f"order:{order.pk}", now=now, shop_id=order.shop_id, reason=reason, details={"is_test": is_test})
    return changed


def is_test_order(order_id: UUID | None) -> bool:
    """This function will say whether an order is one of the team's own."""
    return order_id is not None and Order.objects.filter(pk=order_id, is_test=True).exists()
