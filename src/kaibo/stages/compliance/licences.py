"""
The business licence as viewers read it 亮照亮证: what it says of the company, kept for the shop and shown in its rooms at once.

Source: facts/law L2, L4 (电子商务法第十五条; 网络交易监督管理办法第十二条 names code, name, type, legal person, address and capital).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kaibo.master.shops import services as shops
from kaibo.master.shops.models import Shop
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import Finding
from kaibo.room import duties as room
from kaibo.stages.compliance.models import Document

LICENCE_LAW = "电子商务法第十五条；网络交易监督管理办法第十二条"
FACTS = {
    "company": gettext_lazy("公司全称"), "licence_number": gettext_lazy("统一社会信用代码"), "company_type": gettext_lazy("企业类型"),
    "legal_person": gettext_lazy("法定代表人（负责人）"), "registered_capital": gettext_lazy("注册资本"), "registered_address": gettext_lazy("住所（经营场所）"),
}  # fmt: skip
"""What a licence page has to say of the company, in its order."""


@transaction.atomic
def say_licence(*, actor: Actor, shop_id: UUID, facts: shops.LicenceFacts, now: datetime) -> int:
    """
    This function will keep what a shop's licence says, show it in its rooms, and say in how many that was news.

    Raises: Forbidden, ShopUnknown, CreditCodeWrong.   Source: facts/law L2, L4.
    """
    shops.say_licence(actor=actor, shop_id=shop_id, facts=facts, now=now)
    return publish([shop_id])


def publish(shop_ids: Iterable[UUID]) -> int:
    """This function will bring what the rooms of shops show of the licence up to date, inside the caller's transaction."""
    with connection.cursor() as cursor:
        return sum(
            room.show_licence(cursor, shop=str(one.pk), company=one.company, licence_number=one.licence_number, facts={name: getattr(one, name) for name in room.LICENCE_FACTS})
            for one in Shop.objects.filter(pk__in=list(shop_ids)).order_by("pk")
        )


def lacking_of(shop: Shop) -> list[str]:
    """This function will name what a shop has not said of its licence; nothing is guessed from elsewhere."""
    return [str(title) for name, title in FACTS.items() if not getattr(shop, name)]


def disagreeing(shops_asked: Mapping[UUID, Shop]) -> dict[UUID, str]:
    """This function will give shop → the number of its checked business licence where that is another than the code it says."""
    filed = Document.objects.filter(shop__in=list(shops_asked), product=None, kind="business_licence", state="confirmed").order_by("shop", "-confirmed_at")
    numbers: dict[UUID, list[str]] = {}
    for one in filed:
        numbers.setdefault(one.shop_id, []).append(one.number)
    return {
        shop_id: found[0] for shop_id, found in numbers.items()
        if (code := shops_asked[shop_id].licence_number) and code not in found
    }  # fmt: skip


def findings_of(shop: Shop, shown: Mapping[str, str]) -> list[Finding]:
    """This function will say of each line of the licence whether viewers of a room can read it; `shown` is what its page says."""
    form, found = reverse("compliance:licence", args=[shop.pk]), []
    for name in room.LICENCE_FACTS:
        what, value = str(FACTS[name]), shown.get(name, "")
        if value:
            found.append(Finding("ok", _("%(what)s：%(value)s（%(where)s）") % {"what": what, "value": value, "where": _("证照公示页")}, LICENCE_LAW))
        else:
            found.append(Finding("red", _("%(what)s没有写，观众看不到") % {"what": what}, LICENCE_LAW, form, _("去填写"), form))
    return found
