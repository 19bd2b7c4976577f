"""Writes of shops and channels."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from kaibo.kit.credit_code import is_credit_code, plain_code
from kaibo.kit.errors import Conflict, Invalid
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
    """This function will add a shop.   Raises: Forbidden, CreditCodeWrong, ShopCodeTaken."""
    access.require(actor, SHOP_MANAGE)
    licence_number = checked_code(licence_number)
    try:
        with transaction.atomic():
            shop = Shop.objects.create(
                code=code, name=name, company=company, licence_number=licence_number, main_category=main_category
            )
    except IntegrityError as taken:
        raise ShopCodeTaken(code=code) from taken
    audit.record(actor, "shops:shop:add", subject=f"shop:{shop.pk}", now=now, details={"code": code}, shop_id=shop.pk)
    return shop


class CreditCodeWrong(Invalid):
    code = "shops.credit_code_wrong"
    message_zh = "统一社会信用代码“{written}”不对：{why_zh}。照营业执照右上角重新抄一遍"
    message_en = "“{written}” is no unified social credit code: {why_en}. Copy it again from the licence"


@dataclass(frozen=True, slots=True)
class LicenceFacts:
    """What a business licence 营业执照 says of a company, as an operator has to show it. What is not known is empty, never guessed."""

    company: str
    licence_number: str
    company_type: str = ""
    legal_person: str = ""
    registered_capital: str = ""
    registered_address: str = ""


def checked_code(written: str) -> str:
    """This function will give a credit code in the form it is kept in; nothing stays nothing.   Raises: CreditCodeWrong.   Source: GB 32100-2015."""
    code = plain_code(written)
    if not code or is_credit_code(code):
        return code
    if len(code) != 18:
        raise CreditCodeWrong(written=written, why_zh=f"应为 18 位，现在 {len(code)} 位", why_en=f"it has 18 signs, this has {len(code)}")
    raise CreditCodeWrong(written=written, why_zh="校验位对不上，有一位抄错了", why_en="its check sign does not agree, one sign is wrong")


@transaction.atomic
def say_licence(*, actor: Actor, shop_id: UUID, facts: LicenceFacts, now: datetime) -> LicenceFacts:
    """
    This function will keep what a shop's licence says and give it as it was kept.

    Raises: Forbidden, ShopUnknown, CreditCodeWrong.   Source: facts/law L2, L4 (电子商务法第十五条, 网络交易监督管理办法第十二条).
    """
    access.require(actor, SHOP_MANAGE, shop_id=shop_id)
    kept = LicenceFacts(**{name: str(value).strip() for name, value in asdict(facts).items()} | {"licence_number": checked_code(facts.licence_number)})
    before = Shop.objects.filter(pk=shop_id).values(*asdict(kept)).first()
    if before is None:
        raise ShopUnknown
    changed = {name: value for name, value in asdict(kept).items() if before[name] != value}
    if changed:
        Shop.objects.filter(pk=shop_id).update(**changed)
        details = {name: {"from": before[name], "to": value} for name, value in changed.items()}
        audit.record(actor, "shops:shop:licence", subject=f"shop:{shop_id}", now=now, shop_id=shop_id, details=details)
    return kept


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
