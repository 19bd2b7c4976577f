"""A person's key and their encrypted fields, made before anybody asked whether the person is known. Pure: no database, no Django."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from kaibo.plumbing.vault import cipher

_encode = msgspec.json.Encoder().encode


class Offer(msgspec.Struct, array_like=True, gc=False):
    """A person and their fields as they are kept if nobody met them before; `vault.keep_offers` decides."""

    mark: str
    key: bytes
    wrapped: bytes
    plain: bytes
    blob: bytes


def offers_of(secret: str, persons: Sequence[tuple[str, Mapping[str, str]]]) -> list[Offer]:
    """This function will make a key for every (identity, fields), wrapped under the secret, and encrypt the fields under it."""
    count = len(persons)
    keys = cipher.random_pieces(count, cipher.KEY_BYTES)
    nonces = iter(cipher.random_pieces(2 * count, cipher.NONCE_BYTES))
    offers = []
    for (identity, fields), key in zip(persons, keys, strict=True):
        plain = _encode(fields) if fields else b""
        blob = cipher.seal(key, plain, next(nonces)) if fields else b""
        offers.append(Offer(cipher.fingerprint(secret, identity), key, cipher.wrap(secret, key, next(nonces)), plain, blob))
    return offers
