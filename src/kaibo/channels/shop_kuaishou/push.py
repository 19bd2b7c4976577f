"""快手's pushes come encrypted with a key of the app: what opens is genuine. A push is a hint; the order itself is asked for. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kaibo.channels.raw import text
from kaibo.channels.shop_kuaishou import signing
from kaibo.kit.shop_channels import Hint, PushAnswer
from kaibo.kit.shop_complaints import PushForged, PushUnreadable

ORDERS, CASES = "kwaishop_order_", "kwaishop_aftersales_"
MOST_BYTES = 1024 * 1024
AGAIN = b'{"result":0}'


def read(app_key: str, message_key: str, body: bytes) -> list[Hint]:
    """This function will give the hints of a genuine push.   Raises: PushForged, PushUnreadable."""
    if len(body) > MOST_BYTES:
        raise PushUnreadable(why="size")
    if not message_key:
        raise PushForged(why="账号设置里没有消息密钥 / no message key in the account")
    try:
        told = json.loads(signing.open_push(message_key, body))
    except ValueError:
        raise PushForged(why="AES") from None
    if not isinstance(told, Mapping):
        raise PushUnreadable(why="JSON")
    if text(told.get("appKey")) not in {"", app_key}:
        raise PushForged(why="appKey")
    try:
        hint = _hint(told)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise PushUnreadable(why="info") from None
    return [hint] if hint else []


def _hint(told: Mapping[str, Any]) -> Hint | None:
    """None for the message that only tries the address out."""
    if told.get("test") is True:
        return None
    event, message_id = text(told["event"]), text(told.get("msgId")) or text(told.get("eventId"))
    info = told.get("info") or "{}"
    news = json.loads(info) if isinstance(info, str) else info
    if event.startswith(CASES) and text(news.get("refundId")):
        return Hint("case", text(news["refundId"]), event, message_id)
    if event.startswith((ORDERS, CASES)) and text(news.get("oid")):
        return Hint("order", text(news["oid"]), event, message_id)
    return Hint("other", "", event, message_id)


def answer(taken: str, problem: str | None) -> PushAnswer:
    return PushAnswer(200, "application/json", taken.encode() if problem is None else AGAIN)
