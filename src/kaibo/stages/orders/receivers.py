"""Sealing receivers of a batch: readable ones under their person's key, the platform's ciphertext as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class Ready:
    """What is kept of a readable receiver, but for their key: the database knows whether they have one already."""

    masked: str
    mark: str
    phone_tail: str
    offer: vault.Offer


def make_ready(platform: str, shop_id: UUID | None, lines: Sequence[LineIn]) -> None:
    """This function will make the readable receivers of lines ready. No database."""
    readable = [line for line in lines if line.ready is None and line.receiver.is_readable]
    offers = vault.offer_persons([(_identity(platform, shop_id, line.receiver), _fields(line.receiver)) for line in readable])
    for line, offer in zip(readable, offers, strict=True):
        one = line.receiver
        line.ready = Ready(masked_receiver(one.name, one.phone), receiver_mark(one.phone, one.address), _tail(one.phone), offer)


def seal_receivers(platform: str, shop_id: UUID | None, lines: Mapping[str, LineIn], *, now: datetime) -> dict[str, Sealed]:
    """This function will seal the receivers of many orders with a constant number of queries.   Source: PIPL art. 51."""
    make_ready(platform, shop_id, list(lines.values()))
    ready = {no: line.ready for no, line in lines.items() if line.ready}
    kept = dict(zip(ready, vault.keep_offers([one.offer for one in ready.values()], now=now) if ready else (), strict=True))
    return {no: _sealed(ready[no], kept[no]) if no in ready else _kept_by_platform(line.receiver) for no, line in lines.items()}


def _sealed(ready: Ready, kept: tuple[UUID, bytes]) -> Sealed:
    return Sealed(kept[0], kept[1], None, ready.masked, ready.mark, ready.phone_tail)


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
