"""Sealing receivers of a batch: readable ones under their person's key, the platform's ciphertext as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kaibo.plumbing.vault import vault
from kaibo.stages.orders.marks import masked_receiver, receiver_mark
from kaibo.stages.orders.reading import LineIn, Receiver

_NO_DIGIT = re.compile(r"\D")


@dataclass(frozen=True, slots=True)
class Sealed:
    """What the order row keeps of a receiver."""

    subject_id: UUID | None = None
    blob: bytes | None = None
    cipher: dict[str, str] | None = None
    masked: str = ""
    mark: str = ""
    phone_tail: str = ""


def seal_receivers(platform: str, shop_id: UUID | None, lines: Mapping[str, LineIn], *, now: datetime) -> dict[str, Sealed]:
    """This function will seal the receivers of many orders with a constant number of queries.   Source: PIPL art. 51."""
    readable = {no: _identity(platform, shop_id, line.receiver) for no, line in lines.items() if line.receiver.is_readable}
    latest = {identity: lines[no].receiver for no, identity in readable.items()}
    persons = vault.seal_persons({identity: _fields(one) for identity, one in latest.items()}, now=now) if latest else {}
    sealed = {}
    for no, line in lines.items():
        one = line.receiver
        if no not in readable:
            sealed[no] = _kept_by_platform(one)
            continue
        subject, blob = persons[readable[no]]
        if latest[readable[no]] is not one and latest[readable[no]] != one:  # one person, several addresses in this file
            blob = vault.seal_fields(subject, _fields(one))
        sealed[no] = Sealed(subject, blob, None, masked_receiver(one.name, one.phone), receiver_mark(one.phone, one.address), _tail(one.phone))
    return sealed


def _identity(platform: str, shop_id: UUID | None, receiver: Receiver) -> str:
    digits = _digits(receiver.phone)
    return f"phone:{digits}" if len(digits) >= 10 else f"{platform}:{shop_id}:{receiver.name}|{receiver.address}"


def _fields(receiver: Receiver) -> dict[str, str]:
    return {"name": receiver.name, "phone": receiver.phone, "address": receiver.address}


def _kept_by_platform(receiver: Receiver) -> Sealed:
    if receiver.is_empty:
        return Sealed()
    cipher = _fields(receiver)
    is_masked = "**" in receiver.phone
    shown = receiver.shown or (receiver.phone if is_masked else "")
    # equal ciphertexts are the same receiver; 抖店 gives a new one per order, then nothing can be compared
    return Sealed(None, None, cipher, shown, receiver_mark(receiver.phone, receiver.address), _tail(shown))


def _tail(phone: str) -> str:
    tail = _digits(phone)[-4:]
    return tail if len(tail) == 4 else ""


def _digits(phone: str) -> str:
    return phone if phone.isdecimal() else _NO_DIGIT.sub("", phone)
