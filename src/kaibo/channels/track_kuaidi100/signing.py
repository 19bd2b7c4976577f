"""快递100's signatures: of questions, of pushes, of its order calls. Pure."""

from __future__ import annotations

import hashlib
import hmac


def sign(key: str, customer: str, content: str) -> str:
    """This function will sign a question; `content` is the very JSON text that is sent as `param`."""
    return _upper_md5(content + key + customer)


def push_sign(salt: str, content: str) -> str:
    """This function will give the sign a genuine push of this `param` carries."""
    return _upper_md5(content + salt)


def is_genuine_push(salt: str, content: str, given: str) -> bool:
    return hmac.compare_digest(push_sign(salt, content), given.strip().upper())


def order_sign(key: str, secret: str, content: str, timestamp: str) -> str:
    return _upper_md5(content + timestamp + key + secret)


def _upper_md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()
