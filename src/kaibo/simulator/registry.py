"""Which platforms the simulator plays: one line a platform, by the name Kaibo's channels know it by."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from kaibo.simulator.chaos import Chaos
from kaibo.simulator.douyin import Douyin
from kaibo.simulator.jd import Jd
from kaibo.simulator.kuaishou import Kuaishou
from kaibo.simulator.pdd import Pdd
from kaibo.simulator.platform import Platform
from kaibo.simulator.shopify import Shopify
from kaibo.simulator.taobao import Taobao
from kaibo.simulator.tiktok_shop import TiktokShop
from kaibo.simulator.wechat_shop import WechatShop
from kaibo.simulator.world import World
from kaibo.simulator.xiaohongshu import Xiaohongshu

PLATFORMS: Mapping[str, type[Platform]] = {
    "douyin": Douyin,
    "taobao": Taobao,
    "wechat_shop": WechatShop,
    "xiaohongshu": Xiaohongshu,
    "shopify": Shopify,
    "tiktok_shop": TiktokShop,
    "pdd": Pdd,
    "jd": Jd,
    "kuaishou": Kuaishou,
}


def open_platform(name: str, *, seed: int, begin: int, seconds: int, orders: int, shares: dict[str, int], secret: str) -> Platform:
    """
    This function will open a shop on a platform: its own story and its own chaos, the same whichever others run beside it.

    Raises: KeyError (no such platform, no such switch).
    """
    own = seed * 1_000 + zlib.crc32(name.encode()) % 1_000
    kind = PLATFORMS[name]
    world = World(
        own, begin=begin, seconds=seconds, orders=orders, strange=shares.get("unknown", 0), bare=shares.get("bare", 0), most_lines=kind.MOST_LINES,
        sends_parts=kind.SENDS_PARTS, splits=kind.SPLITS,
    )  # fmt: skip
    return kind(world, Chaos.of(own, shares), secret)
