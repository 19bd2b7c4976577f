"""快手 keeps what every shop channel must keep."""

from __future__ import annotations

from kaibo.channels.shop_kuaishou.channel import KIND as KUAISHOU
from kaibo.kit.shop_channels import OrderState
from kaibo.simulator.kuaishou import STRANGE_STATUS, Kuaishou
from tests.channels.shop_contract import *  # noqa: F403  the promises, which are tests
from tests.channels.shop_contract import SECRET, Case, closed_once_paid


def _state(order):
    return OrderState.DELIVERED if order.stage == "sent" and order.signed_at else closed_once_paid(order)


PLATFORMS = {
    "kuaishou": Case(
        KUAISHOU, lambda world, chaos: Kuaishou(world, chaos, SECRET), {"calls_per_second": "100000"}, "simulated-code", "shunfeng", str(STRANGE_STATUS),
        line_by="code", most_lines=1, sends_parts=False, tells_deadline=False, state_of=_state, wrong={"sign_secret": "another secret"},
        changes_push=(b"A", b"B"),
    ),
}  # fmt: skip
