"""京东 keeps what every shop channel must keep."""

from __future__ import annotations

from kaibo.channels.shop_jd.channel import KIND as JD
from kaibo.simulator.jd import STRANGE_STATUS, Jd
from tests.channels.shop_contract import *  # noqa: F403  the promises, which are tests
from tests.channels.shop_contract import SECRET, Case

PLATFORMS = {
    "jd": Case(
        JD, lambda world, chaos: Jd(world, chaos, SECRET), {"calls_per_second": "100000"}, "simulated-code", "shunfeng", STRANGE_STATUS, line_by="code",
        sends_parts=False, splits=20, tells_line_amounts=False, lists_strange=False, tells_deadline=False,
    ),
}  # fmt: skip
