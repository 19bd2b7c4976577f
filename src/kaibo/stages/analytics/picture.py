"""A session in numbers, as plain data: what is kept, shown, compared and reasoned about. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class ItemStats:
    """One item in the session. People are counted once; money in fen; `questions` are chat lines by topic while it was explained."""

    key: str
    title: str
    product_id: str = ""
    expose_people: int = 0
    click_people: int = 0
    buyers: int = 0
    """People with an order of the item, paid or not."""
    paid_buyers: int = 0
    units: int = 0
    gross_fen: int = 0
    refunded_fen: int = 0
    cost_fen: int = 0
    returned_units: int = 0
    return_reasons: dict[str, int] = field(default_factory=dict)
    questions: dict[str, int] = field(default_factory=dict)
    explained_minutes: int = 0

    @property
    def net_fen(self) -> int:
        return self.gross_fen - self.refunded_fen


@dataclass(frozen=True, slots=True)
class MinuteRow:
    """One minute, Shanghai clock on screen: who was there, who came, what was clicked and ordered."""

    at: datetime
    online: int
    entered: int
    clicks: int
    orders: int
    paid_fen: int = 0


@dataclass(frozen=True, slots=True)
class Band:
    """An item in front of the camera, half open. `is_planned` when only the run of show says so."""

    starts_at: datetime
    ends_at: datetime
    title: str
    item: str = ""
    is_planned: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A deed at the desk: kind is price, notice, item or state."""

    at: datetime
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything a session's page shows. `money` counts orders of the session; people are visitors, counted once."""

    room: str
    started_at: datetime
    ended_at: datetime | None
    taken_at: datetime
    viewers: int = 0
    views: int = 0
    peak_online: int = 0
    dwell_seconds: int = 0
    interacting: int = 0
    interactions: dict[str, int] = field(default_factory=dict)
    """comment, like, share, follow → people who did it."""
    expose_people: int = 0
    click_people: int = 0
    order_people: int = 0
    paid_people: int = 0
    orders: int = 0
    paid_orders: int = 0
    paid_units: int = 0
    gross_fen: int = 0
    refunded_fen: int = 0
    refunded_orders: int = 0
    returned_units: int = 0
    cost_fen: int = 0
    items: tuple[ItemStats, ...] = ()
    minutes: tuple[MinuteRow, ...] = ()
    bands: tuple[Band, ...] = ()
    marks: tuple[Mark, ...] = ()
    version: int = VERSION

    @property
    def net_fen(self) -> int:
        return self.gross_fen - self.refunded_fen

    @property
    def steps(self) -> tuple[tuple[str, int], ...]:
        """The funnel by people: enter, expose, click, order, pay."""
        return (
            ("enter", self.viewers), ("expose", self.expose_people), ("click", self.click_people), ("order", self.order_people),
            ("pay", self.paid_people),
        )  # fmt: skip


def to_json(picture: Picture) -> dict[str, Any]:
    """This function will give a picture as plain JSON."""
    kept: dict[str, Any] = msgspec.to_builtins(picture)
    return kept


def from_json(kept: dict[str, Any]) -> Picture:
    """This function will read a kept picture; fields added later take their default."""
    return msgspec.convert(kept, Picture)
