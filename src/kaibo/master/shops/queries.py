"""Reads of shops and channels, scoped by actor."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from kaibo.kit.errors import NotFound
from kaibo.master.shops.models import Channel, Shop
from kaibo.plumbing import prepared
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor


class ShopUnknown(NotFound):
    code = "shops.shop_unknown"
    message_zh = "没有这个店铺，或你看不到它"
    message_en = "There is no such shop, or you cannot see it"


def shops_for(actor: Actor) -> list[Shop]:
    """This function will list the active shops an actor may see."""
    return prepared.rows(_shops_for, actor)


def _shops_for(actor: Actor) -> QuerySet[Shop]:
    return access.visible(Shop.objects.filter(is_active=True).order_by("name"), actor, "pk")


def shop_for(actor: Actor, shop_id: UUID) -> Shop:
    """This function will give a shop.   Raises: ShopUnknown."""
    shop = Shop.objects.filter(pk=shop_id).first()
    if shop is None or not actor.sees(shop_id):
        raise ShopUnknown
    return shop


def shop_by_code(actor: Actor, code: str) -> Shop:
    """This function will give a shop by its code.   Raises: ShopUnknown."""
    shop = Shop.objects.filter(code=code).first()
    if shop is None or not actor.sees(shop.pk):
        raise ShopUnknown
    return shop


def channels_of(shop_id: UUID) -> list[Channel]:
    """This function will list the active channels of a shop."""
    return list(Channel.objects.filter(shop=shop_id, is_active=True).order_by("platform"))
