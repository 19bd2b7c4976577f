"""微信's callbacks: a signature of sorted texts, and messages encrypted with AES-256 under a key of 43 letters. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

RANDOM_BYTES = 16
LENGTH_BYTES = 4
MOST_PAD = 32


def signature(token: str, timestamp: str, nonce: str, encrypted: str = "") -> str:
    """This function will give a callback's signature; with an encrypted message this is its `msg_signature`."""
    parts = sorted(filter(None, (token, timestamp, nonce, encrypted)))
    return hashlib.sha1("".join(parts).encode(), usedforsecurity=False).hexdigest()


def is_genuine(token: str, *, timestamp: str, nonce: str, given: str, encrypted: str = "") -> bool:
    return bool(token) and hmac.compare_digest(signature(token, timestamp, nonce, encrypted), given)


def open_message(encoding_key: str, encrypted: str) -> tuple[bytes, str]:
    """This function will decrypt a message and give it with the app it is for.   Raises: ValueError."""
    key = base64.b64decode(encoding_key + "=", validate=True)
    opener = Cipher(AES(key), CBC(key[:16])).decryptor()
    padded = opener.update(base64.b64decode(encrypted, validate=True)) + opener.finalize()
    pad = padded[-1] if padded else 0
    if not 1 <= pad <= MOST_PAD or padded[-pad:] != bytes([pad]) * pad:
        raise ValueError("padding")
    plain = padded[RANDOM_BYTES:-pad]
    length = int.from_bytes(plain[:LENGTH_BYTES], "big")
    if length > len(plain) - LENGTH_BYTES:
        raise ValueError("length")
    end = LENGTH_BYTES + length
    return plain[LENGTH_BYTES:end], plain[end:].decode()
