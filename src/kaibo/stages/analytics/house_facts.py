"""What the house itself knows of viewers, as events beside their beacons, so that one funnel reads one table. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kaibo.lake.schema import Event


@dataclass(frozen=True, slots=True)
class ClaimSeen:
    """A claim of the room with what became of its order; `order_state` is empty while the relay has not made one."""

    claim: UUID
    visitor: str
    item: UUID
    quantity: int
    amount_fen: int
    claimed_at: datetime
    order_state: str = ""
    paid_fen: int = 0
    paid_at: datetime | None = None
    refund_due_fen: int = 0
    returned: int = 0

    @property
    def is_paid(self) -> bool:
        return self.paid_at is not None


@dataclass(frozen=True, slots=True)
class LineSaid:
    """A chat line."""

    message: UUID
    visitor: str
    text: str
    sent_at: datetime


def events_of(room: str, claims: Iterable[ClaimSeen], lines: Iterable[LineSaid], *, now: datetime) -> Iterator[Event]:
    """This function will say claims, payments and chat as events; their ids follow from the rows, so told twice they count once."""
    for one in claims:
        yield _event(room, f"order-{one.claim}", "order", one.claimed_at, one.visitor, now, item=str(one.item), value=one.amount_fen)
        if one.paid_at is not None:
            yield _event(room, f"pay-{one.claim}", "pay", one.paid_at, one.visitor, now, item=str(one.item), value=one.paid_fen)
    for line in lines:
        yield _event(room, f"said-{line.message}", "comment", line.sent_at, line.visitor, now)


def _event(room: str, id_: str, kind: str, at: datetime, visitor: str, now: datetime, *, item: str | None = None, value: int | None = None) -> Event:
    return Event(id=id_, kind=kind, at=at, received_at=now, room=room, session=room, visitor=visitor, item=item, value=value)
