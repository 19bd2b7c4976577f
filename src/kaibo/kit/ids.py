"""Ids: time-ordered UUIDs as keys, short readable codes for people."""

from __future__ import annotations

import secrets
import uuid

import uuid_utils

_READABLE = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0/O, 1/I/L, U: read aloud at 1 a.m.


def new_id() -> uuid.UUID:
    """This function will make a new time-ordered id (UUID version 7)."""
    return uuid.UUID(int=uuid_utils.uuid7().int)


def readable_code(length: int = 8) -> str:
    """This function will make a random code that people can read to each other over the phone."""
    return "".join(secrets.choice(_READABLE) for _ in range(length))
