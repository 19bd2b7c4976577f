"""快手's signature of calls, whose secret is not the app's, and the cipher its pushes come in. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, Literal

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

Method = Literal["MD5", "HMAC_SHA256"]
SIGNED = ("access_token", "appkey", "method", "param", "signMethod", "timestamp", "version")
BLOCK_BITS = 128


def canonical(parameters: Mapping[str, Any]) -> str:
    return json.dumps(parameters, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def sign(sign_secret: str, parameters: Mapping[str, str], *, method: Method = "HMAC_SHA256") -> str:
    """This function will sign one call, before anything is encoded for an address; the secret is part of the text in both ways."""
    text = "&".join(f"{name}={parameters[name]}" for name in SIGNED) + f"&signSecret={sign_secret}"
    if method == "MD5":
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return base64.b64encode(hmac.digest(sign_secret.encode(), text.encode(), "sha256")).decode()


def open_push(message_key: str, body: bytes) -> bytes:
    """This function will decrypt a push (AES-CBC, a vector of zeros).   Raises: ValueError (not encrypted with this key)."""
    key = base64.b64decode(message_key, validate=True)
    opener = Cipher(AES(key), CBC(bytes(16))).decryptor()
    padded = opener.update(base64.b64decode(body.strip(), validate=True)) + opener.finalize()
    unpadder = PKCS7(BLOCK_BITS).unpadder()
    return unpadder.update(padded) + unpadder.finalize()
