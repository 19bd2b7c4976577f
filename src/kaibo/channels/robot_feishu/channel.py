"""飞书 group robots: signed in the body.   Source: facts/platforms §4."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kaibo.channels.posting import judge, post, poster, webhook
from kaibo.channels.raw import whole
from kaibo.channels.robot_feishu import signing
from kaibo.kit.robots import Robot, RobotKind, Say, clipped
from kaibo.kit.shop_channels import AccountField, required

NAME = "飞书"
MOST_LINE_BYTES = 2_000
THROTTLED = {11232: 30}
FIELDS = (
    AccountField("webhook", "Webhook 地址", "webhook address", is_secret=True),
    AccountField("secret", "签名密钥（没有开启签名可空）", "secret (empty without signing)", is_secret=True, is_required=False),
)


@dataclass(frozen=True, slots=True)
class Channel:
    address: str = field(repr=False)
    secret: str = field(default="", repr=False)

    def send(self, said: Say, *, now: datetime) -> None:
        content = [[{"tag": "a", "text": text, "href": href} if href else {"tag": "text", "text": clipped(text, MOST_LINE_BYTES)}] for text, href in said.lines[:60]]
        message: dict[str, Any] = {"msg_type": "post", "content": {"post": {"zh_cn": {"title": said.title[:200], "content": content}}}}
        if self.secret:
            at = int(now.timestamp())
            message |= {"timestamp": str(at), "sign": signing.sign(self.secret, at)}
        told = post(poster(NAME), self.address, message)
        judge(NAME, whole(told.get("code", told.get("StatusCode"))), str(told.get("msg", "")), throttled=THROTTLED)


def _make(given: Mapping[str, str]) -> Robot:
    told = required(given, FIELDS)
    return Channel(webhook(told), told["secret"])


KIND = RobotKind("feishu", NAME, "Feishu", FIELDS, 100, _make)
