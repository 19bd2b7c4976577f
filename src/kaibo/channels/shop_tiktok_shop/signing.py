"""TikTok Shop's signatures: of calls (path, query and raw body between two secrets) and of webhooks. Pure."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

UNSIGNED = frozenset({"sign", "access_token"})


def sign(secret: str, *, path: str, query: Mapping[str, str], body: str = "") -> str:
    """This function will sign one call; `body` is the very text that is sent, empty for GET."""
    joined = "".join(name + query[name] for name in sorted(query) if name not in UNSIGNED)
    return hmac.digest(secret.encode(), f"{secret}{path}{joined}{body}{secret}".encode(), "sha256").hex()


def webhook_sign(secret: str, *, app_key: str, body: bytes) -> str:
    return hmac.digest(secret.encode(), app_key.encode() + body, "sha256").hex()


def is_genuine_webhook(secret: str, *, app_key: str, body: bytes, given: str) -> bool:
    return hmac.compare_digest(webhook_sign(secret, app_key=app_key, body=body), given.strip().lower())
