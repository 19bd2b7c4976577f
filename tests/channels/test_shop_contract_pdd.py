"""拼多多 keeps what every shop channel must keep."""

from __future__ import annotations

from kaibo.channels.shop_pdd.channel import KIND as PDD
from kaibo.kit.shop_channels import OrderState
from kaibo.simulator.pdd import Pdd
from tests.channels.shop_contract import *  # noqa: F403  the promises, which are tests
from tests.channels.shop_contract import SECRET, STAGES, Case


def _state(order):
    """There is no completed there: what was signed for stays signed for."""
    if order.stage == "done" or (order.stage == "sent" and order.signed_at):
        return OrderState.DELIVERED
    return STAGES[order.stage]


PLATFORMS = {
    "pdd": Case(
        PDD, lambda world, chaos: Pdd(world, chaos, SECRET),
        {"client_id": "c1d2e3f4a5b64c7d8e9f0a1b2c3d4e5f", "client_secret": SECRET, "calls_per_second": "100000"}, "simulated-code", "顺丰", "9/1/1/1/0",
        line_by="code", most_lines=1, tells_deadline=False, state_of=_state, wrong={"client_secret": "another secret"},
    ),
}  # fmt: skip
