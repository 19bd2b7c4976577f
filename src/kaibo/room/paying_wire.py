"""What travels between the room and its clients about payments, addresses and the waitlist."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from kaibo.room.wire import MOST_UNITS_IN_A_CLAIM


class PaymentAsk(Struct, frozen=True):
    channel: Annotated[str, Meta(min_length=1, max_length=20)]
    coupon: UUID | None = None
    """A coupon the viewer has taken; the amount is less by what it takes off."""


class PaymentAnswer(Struct, frozen=True):
    """Where to pay: open the `page`, or show the `code` as a QR picture."""

    payment: UUID
    amount_fen: int
    pay_by: datetime
    kind: str
    url: str
    picture: str = ""
    """The code as a picture, `data:image/svg+xml…`."""
    discount_fen: int = 0
    """What the coupon took off; `amount_fen` is what is left to pay."""


class AddressAsk(Struct, frozen=True):
    name: Annotated[str, Meta(min_length=1, max_length=30)]
    phone: Annotated[str, Meta(min_length=7, max_length=20, pattern=r"^[0-9 +-]+$")]
    address: Annotated[str, Meta(min_length=5, max_length=200)]


class ClaimState(Struct, frozen=True):
    """A claim as its owner sees it; `state` is unpaid, paid, expired, refunding or refunded."""

    claim: UUID
    item: UUID
    title: str
    quantity: int
    unit_price_fen: int
    amount_fen: int
    claimed_at: datetime
    pay_by: datetime
    paid_at: datetime | None
    state: str
    address_given: bool
    is_offer: bool
    """True when it came from the waitlist."""


class WaitAsk(Struct, frozen=True):
    item: UUID
    quantity: Annotated[int, Meta(ge=1, le=MOST_UNITS_IN_A_CLAIM)]


class WaitState(Struct, frozen=True):
    """A place in the queue of a sold-out item; `state` is waiting, offered, left, limit_reached or closed."""

    item: UUID
    quantity: int
    state: str
    ahead: int
    """How many viewers stand before this one; 0 when it is not waiting any more."""
    joined_at: datetime
    claim: UUID | None = None
    """The claim that was offered."""


class Mine(Struct, frozen=True):
    claims: list[ClaimState]
    waits: list[WaitState]


decode_payment = msgspec.json.Decoder(PaymentAsk).decode
decode_address = msgspec.json.Decoder(AddressAsk).decode
decode_wait = msgspec.json.Decoder(WaitAsk).decode
