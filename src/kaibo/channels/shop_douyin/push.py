"""抖店's pushes: an array of messages, signed over the raw bytes. A push is a hint; the order itself is asked for. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kaibo.channels.raw import text
from kaibo.channels.shop_douyin import signing
from kaibo.kit.shop_channels import Hint, PushAnswer
from kaibo.kit.shop_complaints import PushForged, PushUnreadable

ADDRESS_CHECK = "0"
"""The tag of the message that only tries the address out."""
ORDER_TAGS = frozenset({"100", "101", "102", "103", "104", "105", "106", "108", "109", "110", "111", "113", "126"})
CASE_TAGS = frozenset({"200", "201", "202", "203", "204", "205", "206", "207", "208", "209", "211", *map(str, range(212, 219))})
MOST_BYTES = 1024 * 1024
TAKEN = b'{"code":0,"msg":"success"}'
NOT_TAKEN = b'{"code":40041,"msg":"fail"}'


def read(app_key: str, secret: str, headers: Mapping[str, str], body: bytes) -> list[Hint]:
    """This function will give the hints of a genuine push.   Raises: PushForged, PushUnreadable."""
    given = {name.lower(): value for name, value in headers.items()}
    if len(body) > MOST_BYTES:
        raise PushUnreadable(why="size")
    if given.get("app-id", "") != app_key:
        raise PushForged(why="app-id")
    if not signing.is_genuine_push(secret, app_key=app_key, body=body, given=given.get("event-sign", "")):
        raise PushForged(why="event-sign")
    try:
        messages = json.loads(body)
        if not isinstance(messages, list):
            raise TypeError
        return [hint for hint in map(_hint, messages) if hint]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise PushUnreadable(why="JSON") from None


def _hint(message: Mapping[str, Any]) -> Hint | None:
    tag, message_id = text(message["tag"]), text(message.get("msg_id"))
    if tag == ADDRESS_CHECK:
        return None
    told = message.get("data") or "{}"
    told = json.loads(told) if isinstance(told, str) else told
    if tag in CASE_TAGS and text(told.get("aftersale_id")):
        return Hint("case", text(told["aftersale_id"]), tag, message_id)
    if (tag in ORDER_TAGS or tag in CASE_TAGS) and text(told.get("p_id")):  # a number, and a text with tag 126
        return Hint("order", text(told["p_id"]), tag, message_id, is_about_cases=tag in CASE_TAGS)
    return Hint("other", "", tag, message_id)


def answer(problem: str | None) -> PushAnswer:
    return PushAnswer(200, "application/json", TAKEN if problem is None else NOT_TAKEN)
