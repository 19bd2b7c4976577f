"""Writes of shops and channels."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from kaibo.kit.errors import Conflict
from kaibo.master.shops.models import Channel, Shop
from kaibo.master.shops.queries import ShopUnknown
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit

SHOP_MANAGE = "shops:shop:manage"


class ShopCodeTaken(Conflict):
    code = "shops.code_taken"
    message_zh = "店铺代码“{code}”已被使用"
    message_en = "The shop code “{code}” is taken"


class ChannelExists(Conflict):
    code = "shops.channel_exists"
    message_zh = "这个店铺已连接这个平台账号"
    message_en = "This shop already has that platform account"


@transaction.atomic
def add_shop(
    *,
    actor: Actor,
    code: str,
    name: str,
    company: str,
    now: datetime,
    licence_number: str = "",
    main_category: str = "",
) -> Shop:
    """This function will add a shop.   Raises: Forbidden, ShopCodeTaken."""
    access.require(actor, SHOP_MANAGE)
    try:
        with transaction.atomic():
            shop = Shop.objects.create(
                code=code, name=name, company=company, licence_number=licence_number, main_category=main_category
            )
    except IntegrityError as taken:
        raise ShopCodeTaken(code=code) from taken
    audit.record(actor, "shops:shop:add", subject=f"shop:{shop.pk}", now=now, details={"code": code}, shop_id=shop.pk)
    return shop


@transaction.atomic
def say_contact(*, actor: Actor, shop_id: UUID, contact: str, service_url: str, now: datetime) -> None:
    """
    This function will keep how viewers reach a shop; its rooms show it from their next opening on.

    Raises: Forbidden, ShopUnknown.   Source: facts/law L2 (information disclosure by the room operator).
    """
    access.require(actor, SHOP_MANAGE, shop_id=shop_id)
    if not Shop.objects.filter(pk=shop_id).update(contact=contact, service_url=service_url):
        raise ShopUnknown
    audit.record(
        actor, "shops:shop:contact", subject=f"shop:{shop_id}", now=now, shop_id=shop_id,
        details={"contact": contact, "service_url": service_url},
    )  # fmt: skip


@transaction.atomic
def add_channel(
    *, actor: Actor, shop_id: UUID, platform: str, name: str, now: datetime, shop_type: str = "", external_id: str = ""
) -> Channel:
    """This function will connect a shop to a platform account.   Raises: Forbidden, ChannelExists."""
    access.require(actor, SHOP_MANAGE, shop_id=shop_id)
    try:
        with transaction.atomic():
            channel = Channel.objects.create(
                shop_id=shop_id, platform=platform, name=name, shop_type=shop_type, external_id=external_id
            )
    except IntegrityError as exists:
        raise ChannelExists from exists
    audit.record(
        actor,
        "shops:channel:add",
        subject=f"channel:{channel.pk}",
        now=now,
        details={"platform": platform},
        shop_id=shop_id,
    )
    return channel
