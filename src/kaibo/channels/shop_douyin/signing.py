"""抖店's signatures: of our calls (HMAC-SHA256 of a fixed set of parameters) and of its pushes (MD5). Pure."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

VERSION = "2"


def canonical(parameters: Mapping[str, Any]) -> str:
    """
    This function will write parameters the one way that is signed and sent: keys sorted at every depth, nothing escaped.

    The very text that was signed must be sent.   Source: facts/platforms §0.1.
    """
    return json.dumps(parameters, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def sign(secret: str, *, app_key: str, method: str, timestamp: str, content: str) -> str:
    """This function will sign one call; token and sign method are not part of it."""
    said = f"app_key{app_key}method{method}param_json{content}timestamp{timestamp}v{VERSION}"
    return hmac.new(secret.encode(), f"{secret}{said}{secret}".encode(), hashlib.sha256).hexdigest()


def push_sign(secret: str, *, app_key: str, body: bytes) -> str:
    """This function will give the `event-sign` a genuine push of these bytes carries."""
    return hashlib.md5(app_key.encode() + body + secret.encode(), usedforsecurity=False).hexdigest()


def is_genuine_push(secret: str, *, app_key: str, body: bytes, given: str) -> bool:
    return hmac.compare_digest(push_sign(secret, app_key=app_key, body=body), given.strip().lower())
