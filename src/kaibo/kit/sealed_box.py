"""
A box anybody with the public half can close and only the holder of the private half can open: X25519, HKDF, AES-256-GCM.

The room takes buyers' addresses with it, so that a copy of the room's tables tells nobody where people live. Pure.
"""

from __future__ import annotations

import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kaibo.kit.errors import Invalid

BOXES_A_SENDER = 1_000
_KEY_BYTES = 32
_SALT_BYTES = 16
_HEAD_BYTES = _KEY_BYTES + _SALT_BYTES
_NO_SALT = b"\0" * 32
_NONCE = b"\0" * 12
"""Each box has a key of its own, used once."""


class BoxNotOurs(Invalid):
    code = "kit.box_not_ours"
    message_zh = "这份密文不是用本店的密钥封的，或已损坏"
    message_en = "This sealed box was not made for this installation, or it is broken"


def private_key(secret: str, purpose: str) -> bytes:
    """This function will derive the private half of a purpose's key from the installation's secret."""
    return _derive(secret.encode(), b"kaibo.sealed_box:" + purpose.encode())


def public_key(private: bytes) -> bytes:
    """This function will give the half that only closes boxes."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


class Sealer:
    """
    Closes boxes for one public key. The costly agreement on a shared secret is made anew after `BOXES_A_SENDER` boxes; each
    box has a key of its own, derived with a salt of its own.
    """

    def __init__(self, public: bytes) -> None:
        self._public = public
        self._left = 0
        self._sender = b""
        self._shared = b""

    def seal(self, plain: bytes, *, about: bytes = b"") -> bytes:
        """This function will close a box; `about` must be the same when it is opened, so that boxes cannot be swapped."""
        if not self._left:
            once = X25519PrivateKey.generate()
            self._sender = once.public_key().public_bytes_raw()
            self._shared = once.exchange(X25519PublicKey.from_public_bytes(self._public))
            self._left = BOXES_A_SENDER
        self._left -= 1
        salt = os.urandom(_SALT_BYTES)
        key = _derive(self._shared, self._sender + self._public, salt)
        return self._sender + salt + AESGCM(key).encrypt(_NONCE, plain, about)


def seal(public: bytes, plain: bytes, *, about: bytes = b"") -> bytes:
    """This function will close one box."""
    return Sealer(public).seal(plain, about=about)


def unseal(private: bytes, sealed: bytes, *, about: bytes = b"") -> bytes:
    """This function will open a box.   Raises: BoxNotOurs."""
    sender, salt, content = sealed[:_KEY_BYTES], sealed[_KEY_BYTES:_HEAD_BYTES], sealed[_HEAD_BYTES:]
    try:
        shared, mine = _agreed(private, sender)
        return AESGCM(_derive(shared, sender + mine, salt)).decrypt(_NONCE, content, about)
    except (InvalidTag, ValueError) as wrong:
        raise BoxNotOurs from wrong


@lru_cache(maxsize=64)
def _agreed(private: bytes, sender: bytes) -> tuple[bytes, bytes]:
    """The shared secret with a sender, and our own public half; a sender closes many boxes."""
    key = X25519PrivateKey.from_private_bytes(private)
    return key.exchange(X25519PublicKey.from_public_bytes(sender)), key.public_key().public_bytes_raw()


def _derive(secret: bytes, purpose: bytes, salt: bytes = b"") -> bytes:
    """HKDF-SHA256 (RFC 5869) for one block, which is one key: extract, then expand once. A crowd's addresses cost a third of it."""
    return hmac.digest(hmac.digest(salt or _NO_SALT, secret, "sha256"), purpose + b"\x01", "sha256")
