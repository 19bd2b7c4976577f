"""Which platforms a shop can be connected to: the only place that knows all of them."""

from __future__ import annotations

from collections.abc import Mapping

from kaibo.channels.shop_douyin.channel import KIND as DOUYIN
from kaibo.channels.shop_jd.channel import KIND as JD
from kaibo.channels.shop_kuaishou.channel import KIND as KUAISHOU
from kaibo.channels.shop_pdd.channel import KIND as PDD
from kaibo.channels.shop_shopify.channel import KIND as SHOPIFY
from kaibo.channels.shop_taobao.channel import KIND as TAOBAO
from kaibo.channels.shop_tiktok_shop.channel import KIND as TIKTOK_SHOP
from kaibo.channels.shop_wechat_shop.channel import KIND as WECHAT_SHOP
from kaibo.channels.shop_xiaohongshu.channel import KIND as XIAOHONGSHU
from kaibo.kit.shop_channels import ShopKind


def all_kinds() -> Mapping[str, ShopKind]:
    """This function will give the platforms to the back of house (`plumbing.shop_kinds`)."""
    return {kind.key: kind for kind in (DOUYIN, TAOBAO, PDD, JD, KUAISHOU, WECHAT_SHOP, XIAOHONGSHU, SHOPIFY, TIKTOK_SHOP)}
