"""飞书's signature in the body: the moment and the secret are the key, the message is empty. Pure."""

from __future__ import annotations

import base64
import hmac


def sign(secret: str, timestamp_seconds: int) -> str:
    return base64.b64encode(hmac.digest(f"{timestamp_seconds}\n{secret}".encode(), b"", "sha256")).decode()
