"""钉钉's signature in the address: of the moment and the secret. Pure."""

from __future__ import annotations

import base64
import hmac


def sign(secret: str, timestamp_ms: int) -> str:
    """This function will sign a moment; encode it for the address exactly once."""
    return base64.b64encode(hmac.digest(secret.encode(), f"{timestamp_ms}\n{secret}".encode(), "sha256")).decode()
