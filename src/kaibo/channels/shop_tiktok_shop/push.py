"""TikTok Shop's webhooks: signed over the app's key and the raw body. A push is a hint; the order itself is asked for. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping

from kaibo.channels.raw import inner, text
from kaibo.channels.shop_tiktok_shop import signing
from kaibo.kit.shop_channels import Hint, PushAnswer
from kaibo.kit.shop_complaints import PushForged, PushUnreadable

MOST_BYTES = 1024 * 1024
CASE_KINDS = frozenset({"2", "12"})
"""Reverse orders, and returns."""


def read(app_key: str, secret: str, headers: Mapping[str, str], body: bytes) -> list[Hint]:
    """This function will give the hint of a genuine push: what it is about has an order, whatever its type.   Raises: PushForged, PushUnreadable."""
    given = {name.lower(): value for name, value in headers.items()}
    if len(body) > MOST_BYTES:
        raise PushUnreadable(why="size")
    if not signing.is_genuine_webhook(secret, app_key=app_key, body=body, given=given.get("authorization", "")):
        raise PushForged(why="Authorization")
    try:
        told = json.loads(body)
        kind, at, data = text(told.get("type")), text(told.get("timestamp")), inner(told, "data")
        number = text(data.get("order_id"))
    except (ValueError, AttributeError):
        raise PushUnreadable(why="JSON") from None
    return [Hint("order" if number else "other", number, kind, f"{kind}:{number}:{text(data.get('order_status'))}:{at}", is_about_cases=kind in CASE_KINDS)]


def answer(problem: str | None) -> PushAnswer:
    return PushAnswer(200, "application/json", b'{"code":0}') if problem is None else PushAnswer(500, "application/json", b'{"code":1}')
