"""Shopify's webhooks: signed over the raw body; the same push again has the same number. A push is a hint. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping

from kaibo.channels.raw import text
from kaibo.channels.shop_shopify import signing
from kaibo.kit.shop_channels import Hint, PushAnswer
from kaibo.kit.shop_complaints import PushForged, PushUnreadable

ORDERS, REFUNDS = "orders/", "refunds/"
MOST_BYTES = 1024 * 1024


def read(secrets: tuple[str, ...], headers: Mapping[str, str], body: bytes) -> list[Hint]:
    """This function will give the hint of a genuine push.   Raises: PushForged, PushUnreadable."""
    given = {name.lower(): value for name, value in headers.items()}
    if len(body) > MOST_BYTES:
        raise PushUnreadable(why="size")
    if not signing.is_genuine_webhook(secrets, body, given.get("x-shopify-hmac-sha256", "")):
        raise PushForged(why="x-shopify-hmac-sha256")
    topic, message_id = given.get("x-shopify-topic", ""), given.get("x-shopify-webhook-id", "")
    try:
        told = json.loads(body)
        number = text(told.get("id")) if topic.startswith(ORDERS) else text(told.get("order_id")) if topic.startswith(REFUNDS) else ""
    except (ValueError, AttributeError):
        raise PushUnreadable(why="JSON") from None
    return [Hint("order" if number else "other", number, topic, message_id, is_about_cases=topic.startswith(REFUNDS))]


def answer(problem: str | None) -> PushAnswer:
    """A problem makes it push again, eight times within four hours."""
    return PushAnswer(200 if problem is None else 503, "text/plain", b"")
