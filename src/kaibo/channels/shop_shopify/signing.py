"""Shopify's signatures: of webhooks (the raw body) and of the address a shop's owner comes back to. Pure."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping


def webhook_sign(secret: str, body: bytes) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


def is_genuine_webhook(secrets: tuple[str, ...], body: bytes, given: str) -> bool:
    """This function will try the secret and the one before it: for an hour after a change the old one still signs."""
    return any(hmac.compare_digest(webhook_sign(secret, body), given) for secret in secrets if secret)


def is_genuine_return(secret: str, query: Mapping[str, str]) -> bool:
    """This function will check the `hmac` of an authorisation's return address."""
    text = "&".join(f"{name}={query[name]}" for name in sorted(query) if name != "hmac")
    return hmac.compare_digest(hmac.digest(secret.encode(), text.encode(), "sha256").hex(), query.get("hmac", ""))
