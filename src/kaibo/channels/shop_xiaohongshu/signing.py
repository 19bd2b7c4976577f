"""小红书's signature: of method, app, time and version; the call's own parameters and the token are not part of it. Pure."""

from __future__ import annotations

import hashlib

VERSION = "2.0"


def sign(secret: str, *, app: str, method: str, timestamp: str) -> str:
    text = f"{method}?appId={app}&timestamp={timestamp}&version={VERSION}{secret}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
