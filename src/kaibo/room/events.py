"""Behaviour events of viewers: checked one by one, appended durably as a batch, then acknowledged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from kaibo.lake.schema import BEACON_KINDS, believable_time
from kaibo.room.tokens import Visitor
from kaibo.room.wire import Appended, Event, RejectedEvent, decode_event


class EventSink(Protocol):
    """Where events go; returns only when they are durable. Known ids count as duplicates."""

    async def append(self, room: str, events: Sequence[Event]) -> Appended: ...


def check_events(raw: Sequence[msgspec.Raw], who: Visitor, *, now: datetime) -> tuple[list[Event], list[RejectedEvent]]:
    """
    This function will turn what a client sent into events and say which ones are refused and why.

    The visitor and the room come from the token; where the client's clock is far off, the time of receipt counts.
    """
    events: list[Event] = []
    rejected: list[RejectedEvent] = []
    for index, one in enumerate(raw):
        try:
            asked = decode_event(one)
        except msgspec.DecodeError:
            rejected.append(RejectedEvent(index, "not_readable"))
            continue
        if asked.kind not in BEACON_KINDS:
            rejected.append(RejectedEvent(index, "unknown_kind"))
        else:
            item = str(asked.item) if asked.item else None
            at = believable_time(asked.at, received_at=now)
            events.append(Event(asked.id, who.room, who.visitor, asked.kind, at, now, item, asked.value))
    return events, rejected
