"""快递鸟 as a tracker: asked, never pushed to us (its push door is not proven).   Source: facts/platforms §3."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from kaibo.channels.asking import Asker, Pace, json_object
from kaibo.channels.raw import items, text
from kaibo.channels.track_kdniao import signing
from kaibo.channels.yuan import shanghai_moment
from kaibo.kit.couriers import COURIERS
from kaibo.kit.shop_channels import AccountField, PushAnswer, calls_per_second, gateway, required
from kaibo.kit.shop_complaints import PushForged, ShopCannot, ShopRefused, ShopUnreadable
from kaibo.kit.trackers import Asked, Stage, Step, Track, Tracker, TrackerKind

NAME = "快递鸟"
GATEWAY = "https://api.kdniao.com"
STAGES = {"0": Stage.NONE, "1": Stage.PICKED_UP, "2": Stage.IN_TRANSIT, "3": Stage.DELIVERED, "4": Stage.EXCEPTION}
FINER = {
    "10": Stage.NONE, "201": Stage.IN_TRANSIT, "202": Stage.OUT_FOR_DELIVERY, "211": Stage.AT_STATION, "301": Stage.DELIVERED, "302": Stage.DELIVERED,
    "304": Stage.DELIVERED, "311": Stage.DELIVERED, "404": Stage.REJECTED, "406": Stage.RETURNED, "407": Stage.RETURNING, "412": Stage.AT_STATION,
}  # fmt: skip
CODES = {one.key: one.kdniao for one in COURIERS}
KEYS = {code: key for key, code in CODES.items()}
FIELDS = (
    AccountField("business_id", "商户 ID EBusinessID", "EBusinessID"),
    AccountField("app_key", "API key", "API key", is_secret=True),
    AccountField("request_type", "接口指令 RequestType（1002 即时，8001 增值）", "RequestType (1002, 8001)", default="8001"),
    AccountField("gateway", "网关地址", "gateway", default=GATEWAY),
    AccountField("calls_per_second", "每秒最多调用（未证实）", "calls per second (unverified)", default="10"),
)


@dataclass(frozen=True, slots=True)
class Settings:
    business_id: str
    app_key: str = field(repr=False)
    request_type: str = "8001"
    gateway: str = GATEWAY
    calls_per_second: float = 10.0


class Channel:
    """One account at 快递鸟."""

    key = "kdniao"
    pushes = False

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._asker = Asker(NAME, Pace(settings.calls_per_second), tries=2)

    def track(self, parcel: Asked, *, now: datetime) -> Track:
        code = CODES.get(parcel.courier, "")
        if not code:
            raise ShopCannot(channel=NAME, what=f"快递公司 {parcel.courier} / courier {parcel.courier}")
        asked = {"ShipperCode": code, "LogisticCode": parcel.number, **({"CustomerName": parcel.phone_tail} if parcel.phone_tail else {})}
        content = json.dumps(asked, ensure_ascii=False, separators=(",", ":"))
        form = urlencode({
            "RequestData": content, "EBusinessID": self.settings.business_id, "RequestType": self.settings.request_type,
            "DataSign": signing.sign(self.settings.app_key, content), "DataType": "2",
        }).encode()  # fmt: skip
        headers = {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"}
        url = f"{self.settings.gateway}/Ebusiness/EbusinessOrderHandle.aspx"
        told = self._asker.patiently(lambda: json_object(NAME, self._asker.get_answer("POST", url, headers=headers, body=form)))
        if told.get("Success") is not True:
            raise ShopRefused(channel=NAME, why=text(told.get("Reason"))[:120], sub_code="")
        return _track(told, parcel.courier)

    def subscribe(self, parcel: Asked, callback_url: str, *, now: datetime) -> None:
        raise ShopCannot(channel=NAME, what="推送 / pushes")

    def read_push(self, form: Mapping[str, str], *, now: datetime) -> Track:
        raise PushForged(why="kdniao")

    def answer_push(self, problem: str | None) -> PushAnswer:
        return PushAnswer(404, "application/json", b"{}")


def _track(told: Mapping[str, Any], courier: str) -> Track:
    raw, finer = text(told.get("State")), text(told.get("StateEx"))
    try:
        steps = tuple(
            Step(shanghai_moment(text(one["AcceptTime"])), text(one["AcceptStation"])[:500], text(one.get("Location"))[:60], text(one.get("Action"))[:30])
            for one in items(told.get("Traces"))
        )
    except (KeyError, ValueError, TypeError) as wrong:
        raise ShopUnreadable(channel=NAME, why=type(wrong).__name__) from None
    stage = FINER.get(finer) or STAGES.get(raw, Stage.IN_TRANSIT)
    return Track(text(told.get("LogisticCode")), KEYS.get(text(told.get("ShipperCode")), courier), stage, finer or raw, steps)


def _make(given: Mapping[str, str]) -> Tracker:
    told = required(given, FIELDS)
    return Channel(Settings(told["business_id"], told["app_key"], told["request_type"], gateway(told), calls_per_second(told)))


KIND = TrackerKind("kdniao", NAME, "KDNiao", FIELDS, _make)
