"""快递100 as a tracker: asking, subscribing, and its pushes.   Source: facts/platforms §3."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from kaibo.channels.asking import Asker, Pace, json_object
from kaibo.channels.raw import items, text
from kaibo.channels.track_kuaidi100 import signing
from kaibo.channels.yuan import shanghai_moment
from kaibo.kit.shop_channels import AccountField, PushAnswer, calls_per_second, gateway, required
from kaibo.kit.shop_complaints import PushForged, PushUnreadable, ShopRefused, ShopSignatureRefused, ShopUnreadable
from kaibo.kit.trackers import Asked, Stage, Step, Track, Tracker, TrackerKind

NAME = "快递100"
GATEWAY = "https://poll.kuaidi100.com"
STAGES = {
    "0": Stage.IN_TRANSIT, "1": Stage.PICKED_UP, "2": Stage.EXCEPTION, "3": Stage.DELIVERED, "4": Stage.REJECTED, "5": Stage.OUT_FOR_DELIVERY,
    "6": Stage.RETURNING, "7": Stage.REDIRECTED, "10": Stage.CUSTOMS, "11": Stage.CUSTOMS, "12": Stage.CUSTOMS, "13": Stage.EXCEPTION,
    "14": Stage.REJECTED,
}  # fmt: skip
NOTHING_YET = "500"
"""No trace of the number yet: not wrong, only early.   [general knowledge]"""
BAD_SIGN = "503"
FIELDS = (
    AccountField("customer", "公司编号 customer", "customer"),
    AccountField("key", "授权 key", "key", is_secret=True),
    AccountField("salt", "推送签名 salt（自己定）", "salt of pushes (your own)", is_secret=True),
    AccountField("gateway", "网关地址", "gateway", default=GATEWAY),
    AccountField("calls_per_second", "每秒最多调用（未证实）", "calls per second (unverified)", default="20"),
)


@dataclass(frozen=True, slots=True)
class Settings:
    customer: str
    key: str = field(repr=False)
    salt: str = field(repr=False)
    gateway: str = GATEWAY
    calls_per_second: float = 20.0


class Channel:
    """One account at 快递100."""

    key = "kuaidi100"
    pushes = True

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._asker = Asker(NAME, Pace(settings.calls_per_second), tries=2)

    def track(self, parcel: Asked, *, now: datetime) -> Track:
        param = _dump({"com": parcel.courier, "num": parcel.number, **({"phone": parcel.phone_tail} if parcel.phone_tail else {}), "resultv2": "4", "order": "desc"})
        told = self._post("/poll/query.do", {"customer": self.settings.customer, "sign": signing.sign(self.settings.key, self.settings.customer, param), "param": param})
        if told.get("returnCode") == NOTHING_YET:
            return Track(parcel.number, parcel.courier, Stage.NONE, NOTHING_YET, ())
        if told.get("returnCode") == BAD_SIGN:
            raise ShopSignatureRefused(channel=NAME, why=text(told.get("message"))[:120])
        if told.get("result") is False or "data" not in told:
            raise ShopRefused(channel=NAME, why=f"{text(told.get('message'))[:120]}（{text(told.get('returnCode'))}）", sub_code=text(told.get("returnCode")))
        return _track(told)

    def subscribe(self, parcel: Asked, callback_url: str, *, now: datetime) -> None:
        parameters = {"callbackurl": callback_url, "salt": self.settings.salt, "resultv2": "4", "autoCom": "1"}
        if parcel.phone_tail:
            parameters["phone"] = parcel.phone_tail
        param = _dump({"company": parcel.courier, "number": parcel.number, "key": self.settings.key, "parameters": parameters})
        told = self._post("/poll", {"schema": "json", "param": param})
        if text(told.get("returnCode")) not in {"200", "501"}:  # 501: subscribed before
            raise ShopRefused(channel=NAME, why=f"{text(told.get('message'))[:120]}（{text(told.get('returnCode'))}）", sub_code=text(told.get("returnCode")))

    def read_push(self, form: Mapping[str, str], *, now: datetime) -> Track:
        param = form.get("param", "")
        if not signing.is_genuine_push(self.settings.salt, param, form.get("sign", "")):
            raise PushForged(why="sign")
        try:
            told = json.loads(param)
            track = _track(told["lastResult"])
        except (ValueError, KeyError, TypeError) as wrong:
            raise PushUnreadable(why=type(wrong).__name__) from None
        return Track(track.number, text(told.get("comNew")) or track.courier, track.stage, track.raw, track.steps, text(told.get("status")) in {"shutdown", "abort"})

    def answer_push(self, problem: str | None) -> PushAnswer:
        said = {"result": True, "returnCode": "200", "message": "成功"} if problem is None else {"result": False, "returnCode": "500", "message": problem}
        return PushAnswer(200, "application/json", _dump(said).encode())

    def _post(self, path: str, form: Mapping[str, str]) -> Mapping[str, Any]:
        headers = {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"}
        body = urlencode(form).encode()
        return self._asker.patiently(lambda: json_object(NAME, self._asker.get_answer("POST", self.settings.gateway + path, headers=headers, body=body)))


def _track(told: Mapping[str, Any]) -> Track:
    """Newest first there, oldest first here. A state we do not know is kept and shown as on its way, never as delivered."""
    raw = text(told.get("state"))
    try:
        steps = tuple(
            Step(shanghai_moment(text(one.get("ftime") or one["time"])), text(one["context"])[:500], text(one.get("areaName"))[:60], text(one.get("status"))[:30])
            for one in items(told.get("data"))
        )
    except (KeyError, ValueError, TypeError) as wrong:
        raise ShopUnreadable(channel=NAME, why=type(wrong).__name__) from None
    return Track(text(told["nu"]), text(told.get("com")), STAGES.get(raw[:1] if len(raw) > 2 else raw, Stage.IN_TRANSIT), raw, tuple(reversed(steps)))


def _dump(said: Mapping[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def _make(given: Mapping[str, str]) -> Tracker:
    told = required(given, FIELDS)
    return Channel(Settings(told["customer"], told["key"], told["salt"], gateway(told), calls_per_second(told)))


KIND = TrackerKind("kuaidi100", NAME, "Kuaidi100", FIELDS, _make)
