"""When a parcel stands still, by where it is: each stage has its own patience. Pure.   Source: ORD-5."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from kaibo.kit.trackers import Stage


class Trouble(StrEnum):
    """Why somebody must look at a parcel."""

    NOT_PICKED_UP = "not_picked_up"
    STALLED = "stalled"
    DELIVERY_SLOW = "delivery_slow"
    WAITS_AT_STATION = "waits_at_station"
    EXCEPTION = "exception"
    COMING_BACK = "coming_back"


PATIENCE: Mapping[Stage, tuple[Trouble, str]] = {
    Stage.NONE: (Trouble.NOT_PICKED_UP, "orders.pickup_hours"),
    Stage.PICKED_UP: (Trouble.STALLED, "orders.first_scan_hours"),
    Stage.IN_TRANSIT: (Trouble.STALLED, "orders.transit_hours"),
    Stage.CUSTOMS: (Trouble.STALLED, "orders.customs_hours"),
    Stage.REDIRECTED: (Trouble.STALLED, "orders.transit_hours"),
    Stage.OUT_FOR_DELIVERY: (Trouble.DELIVERY_SLOW, "orders.delivery_hours"),
    Stage.AT_STATION: (Trouble.WAITS_AT_STATION, "orders.station_hours"),
}
"""Stage → what it is when nothing is scanned for so long (a threshold by key)."""
AT_ONCE: Mapping[Stage, Trouble] = {
    Stage.EXCEPTION: Trouble.EXCEPTION, Stage.REJECTED: Trouble.COMING_BACK, Stage.RETURNING: Trouble.COMING_BACK, Stage.RETURNED: Trouble.COMING_BACK,
}  # fmt: skip
OVER = frozenset({Stage.DELIVERED, Stage.RETURNED})
ASK_AGAIN: Mapping[Stage, timedelta] = {Stage.OUT_FOR_DELIVERY: timedelta(hours=1), Stage.EXCEPTION: timedelta(hours=1)}
USUALLY = timedelta(hours=4)


def ask_again(stage: Stage) -> timedelta:
    """This function will say how long to wait before asking about a parcel again."""
    return ASK_AGAIN.get(stage, USUALLY)


def trouble_at_once(stage: Stage) -> Trouble | None:
    return AT_ONCE.get(stage)
