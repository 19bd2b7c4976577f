"""Through whose robots notices can go out: the only place that knows all of them."""

from __future__ import annotations

from collections.abc import Mapping

from kaibo.channels.robot_dingtalk.channel import KIND as DINGTALK
from kaibo.channels.robot_feishu.channel import KIND as FEISHU
from kaibo.channels.robot_wecom.channel import KIND as WECOM
from kaibo.kit.robots import RobotKind


def all_kinds() -> Mapping[str, RobotKind]:
    """This function will give the robots to the back of house (`plumbing.robots`)."""
    return {kind.key: kind for kind in (WECOM, DINGTALK, FEISHU)}
