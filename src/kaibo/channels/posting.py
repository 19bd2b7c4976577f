"""One JSON message to a group robot, and its answer; the address is the secret and is told to nobody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kaibo.channels.asking import Asker, Pace, json_object
from kaibo.kit.shop_complaints import ShopRefused, ShopSettingWrong, ShopThrottled


def poster(name: str) -> Asker:
    """This function will give a caller that tries once: when to try again is the outbox's business."""
    return Asker(name, Pace(5.0), tries=1)


def post(asker: Asker, url: str, message: Mapping[str, Any]) -> Mapping[str, Any]:
    body = json.dumps(message, ensure_ascii=False).encode()
    return json_object(asker.channel, asker.get_answer("POST", url, headers={"Content-Type": "application/json; charset=utf-8"}, body=body))


def judge(name: str, code: int, words: str, *, throttled: Mapping[int, int]) -> None:
    """This function will turn an answer's code into a complaint; `throttled`: code → seconds to wait.   Raises: ShopThrottled, ShopRefused."""
    if code == 0:
        return
    if code in throttled:
        raise ShopThrottled(channel=name, retry_after_seconds=throttled[code])
    raise ShopRefused(channel=name, why=f"{words[:120]}（{code}）", sub_code=str(code))


def webhook(given: Mapping[str, str]) -> str:
    """This function will read a robot's address.   Raises: ShopSettingWrong."""
    address = given["webhook"]
    if not address.startswith(("https://", "http://")):
        raise ShopSettingWrong(name="Webhook 地址 / address", wanted="https://…")
    return address
