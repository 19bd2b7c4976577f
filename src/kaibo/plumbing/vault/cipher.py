"""AES-256-GCM with a key per person, wrapped by a key derived from the installation's secret. Pure."""

from __future__ import annotations

import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12


def wrapping_key(secret: str) -> bytes:
    """This function will derive the key that wraps personal keys from the installation's secret."""
    return hashlib.sha256(b"kaibo.vault.wrap:" + secret.encode()).digest()


def fingerprint(secret: str, identity: str) -> str:
    """This function will give a keyed hash of an identity: equal for the same person, useless without the secret."""
    mark = _finder(secret).copy()
    mark.update(identity.encode())
    return mark.hexdigest()


@lru_cache(maxsize=4)
def _finder(secret: str) -> hmac.HMAC:
    return hmac.new(b"kaibo.vault.find:" + secret.encode(), digestmod="sha256")


def new_keys(count: int) -> list[bytes]:
    """This function will make keys, asking the system for its randomness once."""
    noise = os.urandom(KEY_BYTES * count)
    return [noise[place : place + KEY_BYTES] for place in range(0, len(noise), KEY_BYTES)]


def seal(key: bytes, plain: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, None)


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
