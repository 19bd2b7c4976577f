"""小红书 keeps what every shop channel must keep."""

from __future__ import annotations

from kaibo.channels.shop_xiaohongshu.channel import KIND
from kaibo.kit.shop_channels import OrderState
from kaibo.simulator.world import Order
from kaibo.simulator.xiaohongshu import Xiaohongshu
from tests.channels.shop_contract import *  # noqa: F403  the promises, which are tests
from tests.channels.shop_contract import SECRET, STAGES, Case


def _state_of(order: Order) -> OrderState:
    """Payment being looked at is payment that is not there yet."""
    return OrderState.PENDING_PAYMENT if order.stage == "review" else STAGES[order.stage]


PLATFORMS = {
    "xiaohongshu": Case(
        KIND, lambda world, chaos: Xiaohongshu(world, chaos, SECRET), {"calls_per_second": "100000"},
        "simulated-code", "顺丰", "77", line_by="item", state_of=_state_of, is_clock_checked=False, drift_seconds=1,
    ),
}  # fmt: skip
