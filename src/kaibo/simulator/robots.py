"""Group robots of 企业微信, 钉钉 and 飞书 as their callers know them: always 200, their own codes, their own limits."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

from kaibo.simulator.answers import Reply, page_of_error
from kaibo.simulator.chaos import Chaos
from kaibo.simulator.platform import Call

SKEW_SECONDS = 3_600


@dataclass(slots=True)
class Group:
    """One group with one robot: what was said there, when."""

    chaos: Chaos
    key: str = field(repr=False)
    secret: str = field(default="", repr=False)
    now: int = 0
    said: list[dict[str, Any]] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    muted_until: int = 0

    def truth(self) -> dict[str, Any]:
        return {"now": self.now, "said": self.said}

    def address(self, url: str) -> str:
        raise NotImplementedError

    def answer(self, call: Call) -> Reply:
        if self.chaos.strikes("broken"):
            return page_of_error(502)
        return self._judge(call, json.loads(call.body or b"{}"))

    def _judge(self, call: Call, told: dict[str, Any]) -> Reply:
        raise NotImplementedError

    def _within(self, limit: int) -> bool:
        recent = [at for at in self.times if at > self.now - 60]
        return len(recent) < limit

    def _keep(self, told: dict[str, Any]) -> None:
        self.said.append(told)
        self.times.append(self.now)


class Wecom(Group):
    def address(self, url: str) -> str:
        return f"{url}/cgi-bin/webhook/send?key={self.key}"

    def _judge(self, call: Call, told: dict[str, Any]) -> Reply:
        if call.query.get("key") != self.key:
            return _no("errcode", 93000, "invalid webhook url")
        if len(told.get("markdown", {}).get("content", "").encode()) > 4_096 or not told.get("markdown", {}).get("content"):
            return _no("errcode", 40058, "markdown.content exceed max length 4096")
        if not self._within(20):
            return _no("errcode", 45009, "api freq out of limit")
        self._keep(told)
        return _no("errcode", 0, "ok")


class Dingtalk(Group):
    def address(self, url: str) -> str:
        return f"{url}/robot/send?access_token={self.key}"

    def _judge(self, call: Call, told: dict[str, Any]) -> Reply:
        at = call.query.get("timestamp", "")
        wanted = base64.b64encode(hmac.digest(self.secret.encode(), f"{at}\n{self.secret}".encode(), "sha256")).decode()
        is_signed = at.isdigit() and abs(int(at) // 1000 - self.now) <= SKEW_SECONDS and hmac.compare_digest(wanted, call.query.get("sign", ""))
        if call.query.get("access_token") != self.key or (self.secret and not is_signed):
            return _no("errcode", 310000, "sign not match")
        if self.now < self.muted_until or not self._within(20):
            self.muted_until = max(self.muted_until, self.now + 600)
            return _no("errcode", 130101, "send too fast, exceed 20 times per minute")
        self._keep(told)
        return _no("errcode", 0, "ok")


class Feishu(Group):
    def address(self, url: str) -> str:
        return f"{url}/open-apis/bot/v2/hook/{self.key}"

    def _judge(self, call: Call, told: dict[str, Any]) -> Reply:
        at = str(told.get("timestamp", ""))
        wanted = base64.b64encode(hmac.new(f"{at}\n{self.secret}".encode(), b"", hashlib.sha256).digest()).decode()
        is_signed = at.isdigit() and abs(int(at) - self.now) <= SKEW_SECONDS and hmac.compare_digest(wanted, str(told.get("sign", "")))
        if call.path.rsplit("/", 1)[-1] != self.key or (self.secret and not is_signed):
            return _no("code", 19021, "sign match fail or timestamp is not within one hour from current time")
        if told.get("msg_type") != "post" or len(call.body) > 20_480:
            return _no("code", 9499, "Bad Request")
        if not self._within(100):
            return _no("code", 11232, "frequency limited")
        self._keep(told)
        return Reply.of_json({"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"})


def _no(name: str, code: int, words: str) -> Reply:
    return Reply.of_json({name: code, "errmsg" if name == "errcode" else "msg": words})
