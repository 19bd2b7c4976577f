"""What a behaviour event is, in Python, in the journal and in Parquet; one version number for all three."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from kaibo.kit.errors import Invalid

SCHEMA_VERSION: Final = 1

BEACON_KINDS: Final = frozenset(
    {"enter", "leave", "heartbeat", "expose", "click", "cart", "share", "follow", "play_error"}
)
"""What a viewer's page may report about itself (contract of the room)."""

FACT_KINDS: Final = frozenset({"comment", "like", "order", "pay"})
"""What only the house may write beside them, so that one funnel reads one table; `value` of order and pay is fen."""

KINDS: Final = BEACON_KINDS | FACT_KINDS

COLUMNS: Final = {
    "id": "VARCHAR",
    "kind": "VARCHAR",
    "at": "TIMESTAMPTZ",
    "received_at": "TIMESTAMPTZ",
    "room": "VARCHAR",
    "session": "VARCHAR",
    "visitor": "VARCHAR",
    "item": "VARCHAR",
    "value": "BIGINT",
    "version": "SMALLINT",
}
"""Column types of Parquet parts and of the journal's lines, as DuckDB spells them."""

CLOCK_PAST: Final = timedelta(hours=24)
CLOCK_FUTURE: Final = timedelta(minutes=5)

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAX_TEXT = 128


class EventUnfit(Invalid):
    """An event that cannot be kept; `details["field"]` says what is wrong with it."""

    code = "lake.event_unfit"
    message_zh = "行为事件不合规范：{field}"
    message_en = "This event cannot be kept: {field}"


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a visitor did. `id` is the client's own and is the dedupe key within its room; times are UTC."""

    id: str
    kind: str
    at: datetime
    received_at: datetime
    room: str
    session: str
    visitor: str
    item: str | None = None
    value: int | None = None
    version: int = SCHEMA_VERSION


def believable_time(at: datetime, *, received_at: datetime) -> datetime:
    """
    This function will give the client's own time in UTC, or the time of receipt where the client's clock is off.

    A page may report up to a day late (it kept events while offline), hardly early.
    """
    if at.tzinfo is None or not -CLOCK_FUTURE <= received_at - at <= CLOCK_PAST:
        return received_at.astimezone(UTC)
    return at.astimezone(UTC)


def check_event(event: Event) -> None:
    """
    This function will refuse what must not reach the disk.

    Raises: EventUnfit. Room and session become folder names, so they are held to letters, digits, `-` and `_`.
    """
    for field, text in (("room", event.room), ("session", event.session)):
        if not _NAME.fullmatch(text):
            raise EventUnfit(field=field)
    for field, value in (("id", event.id), ("visitor", event.visitor), ("item", event.item)):
        if value is not None and not 0 < len(value) <= _MAX_TEXT:
            raise EventUnfit(field=field)
    if event.kind not in KINDS:
        raise EventUnfit(field="kind")
    if event.value is not None and not -(2**63) <= event.value < 2**63:
        raise EventUnfit(field="value")
    if event.at.tzinfo is None or event.received_at.tzinfo is None:
        raise EventUnfit(field="at")
