"""AES-256-GCM with a key per person, wrapped by a key derived from the installation's secret. Pure."""

from __future__ import annotations

import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


def wrapping_key(secret: str) -> bytes:
    """This function will derive the key that wraps personal keys from the installation's secret."""
    return hashlib.sha256(b"kaibo.vault.wrap:" + secret.encode()).digest()


def fingerprint(secret: str, identity: str) -> str:
    """This function will give a keyed hash of an identity: equal for the same person, useless without the secret."""
    return hmac.digest(b"kaibo.vault.find:" + secret.encode(), identity.encode(), "sha256").hex()


def new_key() -> bytes:
    return AESGCM.generate_key(bit_length=256)


def seal(key: bytes, plain: str) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain.encode(), None)


def unseal(key: bytes, sealed: bytes) -> str:
    return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None).decode()


def wrap(secret: str, key: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _wrapper(secret).encrypt(nonce, key, b"subject")


def unwrap(secret: str, wrapped: bytes) -> bytes:
    return _wrapper(secret).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], b"subject")


@lru_cache(maxsize=4)
def _wrapper(secret: str) -> AESGCM:
    """Made once a secret: a file of orders wraps a key for every buyer."""
    return AESGCM(wrapping_key(secret))
