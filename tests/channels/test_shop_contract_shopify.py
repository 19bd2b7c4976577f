"""Shopify keeps what every shop channel must keep."""

from __future__ import annotations

from kaibo.channels.shop_shopify.channel import KIND
from kaibo.kit.shop_channels import OrderState
from kaibo.simulator.shopify import Shopify
from kaibo.simulator.world import Order
from tests.channels.shop_contract import *  # noqa: F403  the promises, which are tests
from tests.channels.shop_contract import SECRET, STAGES, Case


def _state_of(order: Order) -> OrderState:
    """Money that is only reserved is not there yet; a parcel is delivered when its courier says so; nothing says completed."""
    if order.stage == "review":
        return OrderState.PENDING_PAYMENT
    if order.stage != "cancelled" and all(line.case and line.case.stage == "refunded" for line in order.lines):
        return OrderState.CLOSED
    return OrderState.DELIVERED if order.stage == "done" or order.signed_at else STAGES[order.stage]


PLATFORMS = {
    "shopify": Case(
        KIND, lambda world, chaos: Shopify(world, chaos, SECRET), {"calls_per_second": "100000"},
        "", "SF Express", "frozen/null", state_of=_state_of, wrong={"access_token": "another token"}, is_clock_checked=False, pushes_cases=False,
        changes_push=(b'"id"', b'"ix"'),
    ),
}  # fmt: skip
