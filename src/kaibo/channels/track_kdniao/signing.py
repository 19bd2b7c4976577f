"""快递鸟's signature: base64 of the hexadecimal MD5, which an address encodes once more. Pure."""

from __future__ import annotations

import base64
import hashlib


def sign(app_key: str, content: str) -> str:
    """This function will sign `RequestData`, the very JSON text that is sent; encode it for the form once."""
    digest = hashlib.md5((content + app_key).encode(), usedforsecurity=False).hexdigest()
    return base64.b64encode(digest.encode()).decode()
