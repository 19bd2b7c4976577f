"""Reads of orders, scoped by actor."""

from __future__ import annotations

from uuid import UUID

from kaibo.plumbing.access.actor import ALL_SHOPS, Actor
from kaibo.stages.orders.complaints import OrderUnknown
from kaibo.stages.orders.models import Finding, Order


def order_for(actor: Actor, order_id: UUID) -> Order:
    """This function will give an order of the actor's shops.   Raises: OrderUnknown."""
    order = Order.objects.filter(pk=order_id).first()
    if order is None or not actor.sees(order.shop_id):
        raise OrderUnknown
    return order


def finding_for(actor: Actor, finding_id: UUID) -> Finding:
    """This function will give a finding of the actor's shops.   Raises: OrderUnknown."""
    finding = Finding.objects.select_related("order").filter(pk=finding_id).first()
    if finding is None or not actor.sees(finding.order.shop_id):
        raise OrderUnknown
    return finding


def shops_where(actor: Actor, ability: str, shop_id: UUID | None) -> list[UUID] | None:
    """This function will give the shops in which the actor may do this, narrowed to one; None stands for every shop."""
    if shop_id is not None:
        return [shop_id]
    if actor.is_kaibo or ALL_SHOPS in actor.shops_for(ability):
        return None
    return [one for one in actor.shops_for(ability) if one is not None]
