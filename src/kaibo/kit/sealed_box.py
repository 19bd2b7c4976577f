"""
A box anybody with the public half can close and only the holder of the private half can open: X25519, HKDF, AES-256-GCM.

The room takes buyers' addresses with it, so that a copy of the room's tables tells nobody where people live. Pure.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kaibo.kit.errors import Invalid

_KEY_BYTES = 32
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


def seal(public: bytes, plain: bytes, *, about: bytes = b"") -> bytes:
    """This function will close a box; `about` must be the same when it is opened, so that boxes cannot be swapped."""
    once = X25519PrivateKey.generate()
    sender = once.public_key().public_bytes_raw()
    shared = once.exchange(X25519PublicKey.from_public_bytes(public))
    return sender + AESGCM(_derive(shared, sender + public)).encrypt(_NONCE, plain, about)


def unseal(private: bytes, sealed: bytes, *, about: bytes = b"") -> bytes:
    """This function will open a box.   Raises: BoxNotOurs."""
    sender, content = sealed[:_KEY_BYTES], sealed[_KEY_BYTES:]
    mine = X25519PrivateKey.from_private_bytes(private)
    try:
        shared = mine.exchange(X25519PublicKey.from_public_bytes(sender))
        key = _derive(shared, sender + mine.public_key().public_bytes_raw())
        return AESGCM(key).decrypt(_NONCE, content, about)
    except (InvalidTag, ValueError) as wrong:
        raise BoxNotOurs from wrong


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=purpose).derive(secret)
