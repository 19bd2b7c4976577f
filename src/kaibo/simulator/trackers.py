"""快递100 and 快递鸟 as their callers know them: own signatures, own words for one and the same road of a parcel."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, urlencode

from kaibo.simulator.answers import Reply, page_of_error
from kaibo.simulator.chaos import Chaos
from kaibo.simulator.platform import Call

CHINA = timezone(timedelta(hours=8))
USUAL = (
    (2, "picked_up", "【杭州市】快件已被揽收"), (6, "in_transit", "【杭州转运中心】已发出，下一站【广州转运中心】"), (26, "in_transit", "【广州转运中心】已到达"),
    (32, "delivering", "【广州市】派件中，派件员电话见短信"), (36, "delivered", "已签收，签收人：本人"),
)  # fmt: skip
"""Hours after it was first asked about, what, and the courier's words."""


@dataclass(slots=True)
class Roads:
    """Every parcel's road: what was scanned when, by number. A number nobody told of goes the usual way from when it is first asked about."""

    now: int
    scans: dict[str, list[tuple[int, str, str]]] = field(default_factory=dict)
    subscribed: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def scan(self, number: str, what: str, words: str, at: int | None = None) -> None:
        self.scans.setdefault(number, []).append((self.now if at is None else at, what, words))

    def so_far(self, number: str) -> list[tuple[int, str, str]]:
        if number not in self.scans:
            self.scans[number] = [(self.now + hours * 3600, what, words) for hours, what, words in USUAL]
        return [one for one in self.scans[number] if one[0] <= self.now]


@dataclass(slots=True)
class Kuaidi100:
    roads: Roads
    chaos: Chaos
    secret: str = field(repr=False)
    customer: str = "KD100CUSTOMER"
    salt: str = field(default="salt01", repr=False)
    calls: dict[str, int] = field(default_factory=dict)

    STATE = {"picked_up": "1", "in_transit": "0", "delivering": "5", "delivered": "3", "trouble": "2", "returning": "6", "rejected": "14"}

    def account(self, url: str) -> dict[str, str]:
        return {"customer": self.customer, "key": self.secret, "salt": self.salt, "gateway": url, "calls_per_second": "100000"}

    def truth(self) -> dict[str, Any]:
        return {"now": self.roads.now, "parcels": {number: [one[2] for one in scans] for number, scans in self.roads.scans.items()}}

    def answer(self, call: Call) -> Reply:
        self.calls[call.path] = self.calls.get(call.path, 0) + 1
        if self.chaos.strikes("broken"):
            return page_of_error(502)
        form = dict(parse_qsl(call.body.decode(), keep_blank_values=True))
        param = form.get("param", "")
        asked = json.loads(param or "{}")
        if call.path == "/poll":
            if asked.get("key") != self.secret:
                return Reply.of_json({"result": False, "returnCode": "600", "message": "您不是合法的订阅者（即授权Key出错）"})
            is_known = asked["number"] in self.roads.subscribed
            self.roads.subscribed[asked["number"]] = asked
            return Reply.of_json({"result": not is_known, "returnCode": "501" if is_known else "200", "message": "重复订阅" if is_known else "提交成功"})
        wanted = hashlib.md5((param + self.secret + self.customer).encode(), usedforsecurity=False).hexdigest().upper()
        if form.get("customer") != self.customer or not hmac.compare_digest(wanted, form.get("sign", "")):
            return Reply.of_json({"result": False, "returnCode": "503", "message": "验证签名失败。"})
        if asked["com"] == "shunfeng" and len(asked.get("phone", "")) != 4:
            return Reply.of_json({"result": False, "returnCode": "408", "message": "验证码错误：请输入收寄件人电话号码后四位"})
        scans = self.roads.so_far(asked["num"])
        if not scans:
            return Reply.of_json({"result": False, "returnCode": "500", "message": "查询无结果，请隔段时间再查"})
        return Reply.of_json({"message": "ok", "status": "200", **self._told(asked["com"], asked["num"], scans)})

    def _told(self, courier: str, number: str, scans: list[tuple[int, str, str]]) -> dict[str, Any]:
        data = [{"time": _clock(at), "ftime": _clock(at), "context": words, "status": what, "areaName": ""} for at, what, words in reversed(scans)]
        return {"state": self.STATE[scans[-1][1]], "ischeck": "1" if scans[-1][1] == "delivered" else "0", "com": courier, "nu": number, "data": data}

    def push(self, number: str) -> dict[str, str]:
        """This function will give the form of one push about a subscribed parcel."""
        scans = self.roads.so_far(number)
        told = {"status": "shutdown" if scans[-1][1] == "delivered" else "polling", "message": "", "lastResult": self._told(self.roads.subscribed[number]["company"], number, scans)}
        param = json.dumps(told, ensure_ascii=False)
        return {"param": param, "sign": hashlib.md5((param + self.salt).encode(), usedforsecurity=False).hexdigest().upper()}


@dataclass(slots=True)
class Kdniao:
    roads: Roads
    chaos: Chaos
    secret: str = field(repr=False)
    business_id: str = "1234567"
    calls: dict[str, int] = field(default_factory=dict)

    STATE = {
        "picked_up": ("1", "1"), "in_transit": ("2", "2"), "delivering": ("2", "202"), "delivered": ("3", "301"), "trouble": ("4", "405"),
        "returning": ("4", "407"), "rejected": ("4", "404"),
    }  # fmt: skip

    def account(self, url: str) -> dict[str, str]:
        return {"business_id": self.business_id, "app_key": self.secret, "gateway": url, "calls_per_second": "100000"}

    def truth(self) -> dict[str, Any]:
        return {"now": self.roads.now}

    def answer(self, call: Call) -> Reply:
        self.calls[call.path] = self.calls.get(call.path, 0) + 1
        if self.chaos.strikes("broken"):
            return page_of_error(502)
        form = dict(parse_qsl(call.body.decode(), keep_blank_values=True))
        content = form.get("RequestData", "")
        wanted = base64.b64encode(hashlib.md5((content + self.secret).encode(), usedforsecurity=False).hexdigest().encode()).decode()
        if call.path != "/Ebusiness/EbusinessOrderHandle.aspx" or form.get("EBusinessID") != self.business_id:
            return Reply.of_json({"Success": False, "Reason": "非法参数"})
        if not hmac.compare_digest(wanted, form.get("DataSign", "")):
            return Reply.of_json({"Success": False, "Reason": "数据签名错误", "EBusinessID": self.business_id})
        asked = json.loads(content)
        scans = self.roads.so_far(asked["LogisticCode"])
        state, finer = self.STATE[scans[-1][1]] if scans else ("0", "0")
        traces = [{"AcceptTime": _clock(at), "AcceptStation": words, "Location": "", "Action": finer} for at, _, words in scans]
        return Reply.of_json({
            "EBusinessID": self.business_id, "Success": True, "LogisticCode": asked["LogisticCode"], "ShipperCode": asked["ShipperCode"], "State": state,
            "StateEx": finer, "Traces": traces, **({} if scans else {"Reason": "暂无轨迹信息"}),
        })  # fmt: skip


def form_of(told: Mapping[str, str]) -> bytes:
    """This function will encode a form as a tracker posts it."""
    return urlencode(told).encode()


def _clock(at: int) -> str:
    return datetime.fromtimestamp(at, CHINA).strftime("%Y-%m-%d %H:%M:%S")
