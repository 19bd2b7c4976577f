"""钉钉 group robots: signed in the address; more than 20 a minute silences the robot for ten.   Source: facts/platforms §4."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from kaibo.channels.posting import judge, post, poster, webhook
from kaibo.channels.raw import whole
from kaibo.channels.robot_dingtalk import signing
from kaibo.kit.robots import Robot, RobotKind, Say, clipped
from kaibo.kit.shop_channels import AccountField, required

NAME = "钉钉"
MOST_BYTES = 18_000
THROTTLED = {130101: 600, 90030: 600, -1: 10}
FIELDS = (
    AccountField("webhook", "Webhook 地址", "webhook address", is_secret=True),
    AccountField("secret", "加签密钥 SEC…（没有开启加签可空）", "secret SEC… (empty without signing)", is_secret=True, is_required=False),
)


@dataclass(frozen=True, slots=True)
class Channel:
    address: str = field(repr=False)
    secret: str = field(default="", repr=False)

    def send(self, said: Say, *, now: datetime) -> None:
        url = self.address
        if self.secret:
            at = int(now.timestamp() * 1000)
            url += f"{'&' if '?' in url else '?'}timestamp={at}&sign={quote(signing.sign(self.secret, at), safe='')}"
        text = "\n\n".join([f"### {said.title}", *(f"[{words}]({href})" if href else words for words, href in said.lines)])
        told = post(poster(NAME), url, {"msgtype": "markdown", "markdown": {"title": said.title[:60], "text": clipped(text, MOST_BYTES)}})
        judge(NAME, whole(told.get("errcode")), str(told.get("errmsg", "")), throttled=THROTTLED)


def _make(given: Mapping[str, str]) -> Robot:
    told = required(given, FIELDS)
    return Channel(webhook(told), told["secret"])


KIND = RobotKind("dingtalk", NAME, "DingTalk", FIELDS, 20, _make)
