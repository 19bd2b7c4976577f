"""AES-256-GCM with a key per person, wrapped by a key derived from the installation's secret. Pure."""

from __future__ import annotations

import os
from functools import lru_cache
from hashlib import sha256

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
_BLOCK_BYTES = 64


def wrapping_key(secret: str) -> bytes:
    """This function will derive the key that wraps personal keys from the installation's secret."""
    return sha256(b"kaibo.vault.wrap:" + secret.encode()).digest()


def fingerprint(secret: str, identity: str) -> str:
    """This function will give a keyed hash of an identity: equal for the same person, useless without the secret."""
    inner, outer = _pads(secret)
    return sha256(outer + sha256(inner + identity.encode()).digest()).hexdigest()


@lru_cache(maxsize=4)
def _pads(secret: str) -> tuple[bytes, bytes]:
    """HMAC written out (RFC 2104), its two halves of the key made once: a file of orders asks twice an order."""
    key = b"kaibo.vault.find:" + secret.encode()
    block = (key if len(key) <= _BLOCK_BYTES else sha256(key).digest()).ljust(_BLOCK_BYTES, b"\0")
    return bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)


def random_pieces(count: int, size_bytes: int) -> list[bytes]:
    """This function will make keys or nonces, asking the system for its randomness once: each asking may cost a thread its turn."""
    noise = os.urandom(size_bytes * count)
    return [noise[place : place + size_bytes] for place in range(0, len(noise), size_bytes)]


def seal(key: bytes, plain: bytes, nonce: bytes | None = None) -> bytes:
    """This function will encrypt; a nonce that is given must be fresh from `random_pieces`."""
    nonce = nonce or os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, None)


def unseal(key: bytes, sealed: bytes) -> str:
    return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None).decode()


def wrap(secret: str, key: bytes, nonce: bytes | None = None) -> bytes:
    """This function will encrypt a personal key; a nonce that is given must be fresh from `random_pieces`."""
    nonce = nonce or os.urandom(NONCE_BYTES)
    return nonce + _wrapper(secret).encrypt(nonce, key, b"subject")


def unwrap(secret: str, wrapped: bytes) -> bytes:
    return _wrapper(secret).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], b"subject")


@lru_cache(maxsize=4)
def _wrapper(secret: str) -> AESGCM:
    """Made once a secret: a file of orders wraps a key for every buyer."""
    return AESGCM(wrapping_key(secret))
