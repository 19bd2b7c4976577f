"""企业微信 group robots: the key in the address is the secret.   Source: facts/platforms §4."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from kaibo.channels.posting import judge, post, poster, webhook
from kaibo.channels.raw import whole
from kaibo.kit.robots import Robot, RobotKind, Say, clipped
from kaibo.kit.shop_channels import AccountField, required

NAME = "企业微信"
MOST_BYTES = 4_096
THROTTLED = {45009: 60, -1: 10}
FIELDS = (AccountField("webhook", "Webhook 地址", "webhook address", is_secret=True),)


@dataclass(frozen=True, slots=True)
class Channel:
    address: str = field(repr=False)

    def send(self, said: Say, *, now: datetime) -> None:
        lines = [f"**{said.title}**", *(f"[{text}]({href})" if href else text for text, href in said.lines)]
        told = post(poster(NAME), self.address, {"msgtype": "markdown", "markdown": {"content": clipped("\n".join(lines), MOST_BYTES)}})
        judge(NAME, whole(told.get("errcode")), str(told.get("errmsg", "")), throttled=THROTTLED)


def _make(given: Mapping[str, str]) -> Robot:
    return Channel(webhook(required(given, FIELDS)))


KIND = RobotKind("wecom", NAME, "WeCom", FIELDS, 20, _make)
