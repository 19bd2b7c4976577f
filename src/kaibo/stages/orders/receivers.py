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
    readable = {no: _identity(platform, shop_id, line.receiver) for no, line in lines.items() if _is_readable(line.receiver)}
    latest = {identity: _fields(lines[no]) for no, identity in readable.items()}
    persons = vault.seal_persons(latest, now=now) if latest else {}
    sealed = {}
    for no, line in lines.items():
        if no not in readable:
            sealed[no] = _kept_by_platform(line.receiver)
            continue
        subject, blob = persons[readable[no]]
        fields = _fields(line)
        if latest[readable[no]] != fields:  # one person, several addresses in this file
            blob = vault.seal_fields(subject, fields)
        sealed[no] = Sealed(
            subject, blob, None, masked_receiver(line.receiver.name, line.receiver.phone), receiver_mark(line.receiver.phone, line.receiver.address),
            _tail(line.receiver.phone),
        )  # fmt: skip
    return sealed


def _is_readable(receiver: Receiver) -> bool:
    return not receiver.is_empty and not receiver.is_kept_by_platform


def _identity(platform: str, shop_id: UUID | None, receiver: Receiver) -> str:
    digits = _digits(receiver.phone)
    return f"phone:{digits}" if len(digits) >= 10 else f"{platform}:{shop_id}:{receiver.name}|{receiver.address}"


def _fields(line: LineIn) -> dict[str, str]:
    return {"name": line.receiver.name, "phone": line.receiver.phone, "address": line.receiver.address}


def _kept_by_platform(receiver: Receiver) -> Sealed:
    if receiver.is_empty:
        return Sealed()
    cipher = {"name": receiver.name, "phone": receiver.phone, "address": receiver.address}
    is_masked = "**" in receiver.phone
    shown = receiver.phone if is_masked else ""
    # equal ciphertexts are the same receiver; 抖店 gives a new one per order, then nothing can be compared
    return Sealed(None, None, cipher, shown, receiver_mark(receiver.phone, receiver.address), _tail(receiver.phone) if is_masked else "")


def _tail(phone: str) -> str:
    tail = _digits(phone)[-4:]
    return tail if len(tail) == 4 else ""


def _digits(phone: str) -> str:
    return phone if phone.isdecimal() else _NO_DIGIT.sub("", phone)
