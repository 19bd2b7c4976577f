"""TikTok Shop keeps what every shop channel must keep."""

from __future__ import annotations

from kaibo.channels.shop_tiktok_shop.channel import KIND
from kaibo.kit.shop_channels import OrderState
from kaibo.simulator.tiktok_shop import TiktokShop
from kaibo.simulator.world import Order
from tests.channels.shop_contract import *  # noqa: F403  the promises, which are tests
from tests.channels.shop_contract import SECRET, STAGES, Case


def _state_of(order: Order) -> OrderState:
    return OrderState.DELIVERED if order.stage == "sent" and order.signed_at else STAGES[order.stage]


PLATFORMS = {
    "tiktok_shop": Case(
        KIND, lambda world, chaos: TiktokShop(world, chaos, SECRET), {"calls_per_second": "100000"}, "simulated-code", "7117858858072016686", "TELEPORTED",
        line_by="item", state_of=_state_of, is_clock_checked=False, tells_deadline=False, pushes_cases=False, changes_push=(b'"type"', b'"tipe"'),
    ),
}  # fmt: skip
