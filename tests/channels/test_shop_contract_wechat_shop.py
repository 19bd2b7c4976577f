"""微信小店 keeps what every shop channel must keep."""

from __future__ import annotations

from kaibo.channels.shop_wechat_shop.channel import KIND
from kaibo.simulator.wechat_shop import WechatShop
from tests.channels.shop_contract import *  # noqa: F403  the promises, which are tests
from tests.channels.shop_contract import SECRET, Case, closed_once_paid

PLATFORMS = {
    "wechat_shop": Case(
        KIND, lambda world, chaos: WechatShop(world, chaos, SECRET), {"calls_per_second": "100000"},
        "", "顺丰", "13", line_by="item", state_of=closed_once_paid, is_clock_checked=False, drift_seconds=1,
        changes_push=(b'"Encrypt": "', b'"Encrypt": "A'),
    ),
}  # fmt: skip
