"""抖店 and 淘宝 keep what every shop channel must keep."""

from __future__ import annotations

from kaibo.channels.shop_douyin.channel import KIND as DOUYIN
from kaibo.channels.shop_taobao.channel import KIND as TAOBAO
from kaibo.simulator.douyin import Douyin
from kaibo.simulator.taobao import STRANGE_STATUS, Taobao
from tests.channels.shop_contract import *  # noqa: F403  the promises, which are tests
from tests.channels.shop_contract import SECRET, SESSION, Case, closed_once_paid

PLATFORMS = {
    "douyin": Case(
        DOUYIN, lambda world, chaos: Douyin(world, chaos, SECRET),
        {"app_key": "7000000000000000001", "app_secret": SECRET, "shop_id": "123456", "calls_per_second": "100000"}, "simulated-code", "shunfeng", "777",
        is_stock_told_once=True,
    ),
    "taobao": Case(
        TAOBAO, lambda world, chaos: Taobao(world, chaos, SECRET),
        {"app_key": "12345678", "app_secret": SECRET, "session": SESSION, "calls_per_second": "100000"}, "", "SF",
        STRANGE_STATUS, state_of=closed_once_paid, tells_deadline=False,
    ),
}  # fmt: skip
