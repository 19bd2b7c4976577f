"""Ids: time-ordered UUIDs as keys, short readable codes for people."""

from __future__ import annotations

import os
import secrets
import struct
import time
import uuid

import uuid_utils

_READABLE = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0/O, 1/I/L, U: read aloud at 1 a.m.

_new, _put, _UNKNOWN = uuid.UUID.__new__, object.__setattr__, uuid.SafeUUID.unknown
"""What `UUID.__init__` does besides checking what it was given."""


def new_id() -> uuid.UUID:
    """This function will make a new time-ordered id (UUID version 7)."""
    return uuid.UUID(int=uuid_utils.uuid7().int)


def new_ids(count: int) -> list[uuid.UUID]:
    """
    This function will make many time-ordered ids, in ascending order and several times cheaper than one by one.

    RFC 9562 §6.2, method 1: a counter of 26 bits that begins in the lower half of its range, then 48 random bits.
    """
    head = time.time_ns() // 1_000_000 << 80 | 7 << 76 | 2 << 62
    begin = secrets.randbits(25)
    noise = struct.unpack(f"<{count}Q", os.urandom(8 * count))
    made = []
    for turn, random in enumerate(noise, begin):
        one = _new(uuid.UUID)
        _put(one, "int", head | turn >> 14 << 64 | (turn & 0x3FFF) << 48 | random >> 16)
        _put(one, "is_safe", _UNKNOWN)
        made.append(one)
    return made


def readable_code(length: int = 8) -> str:
    """This function will make a random code that people can read to each other over the phone."""
    return "".join(secrets.choice(_READABLE) for _ in range(length))
