"""Under which numbers a channel lists our items, learnt from its orders by the merchant's own code 商家编码."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kaibo.kit.shop_channels import PlatformOrder
from kaibo.master.catalog.models import Sku
from kaibo.master.shops.models import ChannelAccount
from kaibo.master.stock.models import ChannelItem


def note_items(account: ChannelAccount, orders: Sequence[PlatformOrder], now: datetime) -> int:
    """
    This function will remember under which numbers a channel lists our items, learnt from its orders by the merchant's code.

    Nothing is published for what was just found: a person switches that on.
    """
    seen = {line.sku_id: (line.code, line.product_id) for order in orders for line in order.lines if line.sku_id and line.code}
    known = set(ChannelItem.objects.filter(channel=account.pk, platform_sku_id__in=seen).values_list("platform_sku_id", flat=True))
    fresh = {number: told for number, told in seen.items() if number not in known}
    if not fresh:
        return 0
    ours = dict(Sku.objects.filter(product__shop=account.channel.shop_id, code__in=[code for code, _ in fresh.values()]).values_list("code", "pk"))
    made = [
        ChannelItem(channel_id=account.pk, sku_id=ours[code], product_id=product[:64], platform_sku_id=number[:64], found_at=now)
        for number, (code, product) in fresh.items() if code in ours
    ]
    ChannelItem.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)
