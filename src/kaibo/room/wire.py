"""What travels between the room and its clients: msgspec structs, checked while they are decoded."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

MOST_UNITS_IN_A_CLAIM = 99
MOST_EVENTS_IN_A_BATCH = 200

encode = msgspec.json.Encoder().encode


class VisitorAsk(Struct, frozen=True):
    nickname: Annotated[str, Meta(min_length=1, max_length=24)]


class VisitorAnswer(Struct, frozen=True):
    visitor: str
    token: str


class ClaimAsk(Struct, frozen=True):
    item: UUID
    quantity: Annotated[int, Meta(ge=1, le=MOST_UNITS_IN_A_CLAIM)]


class ClaimAnswer(Struct, frozen=True):
    claim: UUID
    item: UUID
    quantity: int
    unit_price_fen: int
    amount_fen: int
    pay_by: datetime


class MessageAsk(Struct, frozen=True):
    text: Annotated[str, Meta(min_length=1, max_length=200)]
    asks: bool = False
    """The viewer wants an answer; questions are also recognised without it."""


class VoteAsk(Struct, frozen=True):
    option: Annotated[int, Meta(ge=1, le=6)]


class VoteAnswer(Struct, frozen=True):
    poll: str
    option: int


class LikesAsk(Struct, frozen=True):
    count: Annotated[int, Meta(ge=1, le=100)]


class EventsAsk(Struct, frozen=True):
    events: Annotated[list[msgspec.Raw], Meta(max_length=MOST_EVENTS_IN_A_BATCH)]


class EventAsk(Struct, frozen=True):
    """One behaviour event as a client sends it; `id` is the client's own, so a batch sent twice counts once."""

    id: Annotated[str, Meta(min_length=1, max_length=64)]
    kind: str
    at: datetime
    item: UUID | None = None
    value: Annotated[float, Meta(ge=-1e12, le=1e12)] | None = None


class Event(Struct, frozen=True):
    """One behaviour event as it goes to the lake: the visitor comes from the token, never from the client's words."""

    id: str
    room: str
    visitor: str
    kind: str
    at: datetime
    received_at: datetime
    item: str | None = None
    value: float | None = None


class Appended(Struct, frozen=True):
    """How many events were new and how many were known by their id."""

    accepted: int
    duplicates: int


class RejectedEvent(Struct, frozen=True):
    index: int
    code: str


class EventsAnswer(Struct, frozen=True):
    accepted: int
    duplicates: int
    rejected: list[RejectedEvent]


class Refused(Struct, frozen=True):
    code: str
    message: str
    details: dict[str, Any]


decode_visitor = msgspec.json.Decoder(VisitorAsk).decode
decode_claim = msgspec.json.Decoder(ClaimAsk).decode
decode_message = msgspec.json.Decoder(MessageAsk).decode
decode_vote = msgspec.json.Decoder(VoteAsk).decode
decode_likes = msgspec.json.Decoder(LikesAsk).decode
decode_events = msgspec.json.Decoder(EventsAsk).decode
decode_event = msgspec.json.Decoder(EventAsk).decode
