"""微信小店's callbacks in safe mode: encrypted, signed by what stands in the address. A push is a hint. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from kaibo.channels.raw import inner, text
from kaibo.channels.shop_wechat_shop import signing
from kaibo.kit.shop_channels import PUSH_PATH, Hint, PushAnswer
from kaibo.kit.shop_complaints import PushForged, PushUnreadable

ORDER_EVENTS = "channels_ec_order_"
CASE_EVENT = "channels_ec_aftersale_update"
TAKEN, NOT_TAKEN = b"success", b"fail"
MOST_BYTES = 1024 * 1024


def read(token: str, encoding_key: str, app: str, headers: Mapping[str, str], body: bytes) -> list[Hint]:
    """This function will give the hint of a genuine push.   Raises: PushForged, PushUnreadable."""
    asked = _query(headers)
    if len(body) > MOST_BYTES:
        raise PushUnreadable(why="size")
    encrypted = text(_object(body).get("Encrypt"))
    if not encrypted or not encoding_key:
        raise PushForged(why="需要安全模式 / safe mode needed")
    _prove(token, asked, asked.get("msg_signature", ""), encrypted)
    try:
        plain, meant_for = signing.open_message(encoding_key, encrypted)
    except (ValueError, IndexError):
        raise PushForged(why="Encrypt") from None
    if meant_for != app:
        raise PushForged(why="appid")
    told = _object(plain)
    return [_hint(told)]


def greeting(token: str, headers: Mapping[str, str]) -> PushAnswer:
    """This function will answer the platform's try of a new address: its own text back, proven first.   Raises: PushForged."""
    asked = _query(headers)
    _prove(token, asked, asked.get("signature", ""), "")
    return PushAnswer(200, "text/plain", asked.get("echostr", "")[:1_000].encode())


def answer(problem: str | None) -> PushAnswer:
    return PushAnswer(200, "text/plain", TAKEN) if problem is None else PushAnswer(500, "text/plain", NOT_TAKEN)


def _hint(told: Mapping[str, Any]) -> Hint:
    event, at = text(told.get("Event")), text(told.get("CreateTime"))
    about, number = "other", ""
    if event == CASE_EVENT:
        about, number = "case", text(inner(told, "finder_shop_aftersale_status_update").get("after_sale_order_id"))
    elif event.startswith(ORDER_EVENTS):
        about, number = "order", text(inner(told, "order_info").get("order_id"))
    return Hint("case" if about == "case" else "order", number, event, f"{event}:{number}:{at}") if number else Hint("other", "", event, f"{event}:{at}")


def _prove(token: str, asked: Mapping[str, str], given: str, encrypted: str) -> None:
    if not signing.is_genuine(token, timestamp=asked.get("timestamp", ""), nonce=asked.get("nonce", ""), given=given, encrypted=encrypted):
        raise PushForged(why="signature")


def _query(headers: Mapping[str, str]) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(headers.get(PUSH_PATH, "")).query, keep_blank_values=True))


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(body)
    except ValueError:
        raise PushUnreadable(why="JSON") from None
    if not isinstance(told, dict):
        raise PushUnreadable(why="JSON")
    return told
