"""What every tracker 物流查询 speaks: where a parcel is, in our words beside the courier's own. Source: facts/platforms §3. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from kaibo.kit.shop_channels import AccountField, PushAnswer


class Stage(StrEnum):
    """Where a parcel is. Not monotonic: what was delivered may come back."""

    NONE = "none"
    PICKED_UP = "picked_up"
    IN_TRANSIT = "in_transit"
    CUSTOMS = "customs"
    OUT_FOR_DELIVERY = "out_for_delivery"
    AT_STATION = "at_station"
    DELIVERED = "delivered"
    EXCEPTION = "exception"
    RETURNING = "returning"
    RETURNED = "returned"
    REJECTED = "rejected"
    REDIRECTED = "redirected"


@dataclass(frozen=True, slots=True)
class Step:
    """One scan of a parcel: the courier's words verbatim."""

    at: datetime
    words: str
    place: str = ""
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Track:
    """Where a parcel is now and how it got there, oldest step first. `raw` is the tracker's own state."""

    number: str
    courier: str
    """The courier's key in `kit.couriers`, as the tracker corrected it."""
    stage: Stage
    raw: str
    steps: tuple[Step, ...]
    is_ended: bool = False
    """The tracker follows it no longer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A parcel to ask about. `phone_tail` is what some couriers want before they tell anything."""

    number: str
    courier: str
    phone_tail: str = field(default="", repr=False)


class Tracker(Protocol):
    """One account at a tracker. Raises what `kit.shop_complaints` names."""

    key: str
    pushes: bool

    def track(self, parcel: Asked, *, now: datetime) -> Track:
        """This function will ask where a parcel is."""
        ...

    def subscribe(self, parcel: Asked, callback_url: str, *, now: datetime) -> None:
        """This function will let the tracker push what happens to a parcel; told twice is once."""
        ...

    def read_push(self, form: Mapping[str, str], *, now: datetime) -> Track:
        """This function will read a genuine push.   Raises: PushForged, PushUnreadable."""
        ...

    def answer_push(self, problem: str | None) -> PushAnswer:
        """This function will give the words the tracker wants to hear."""
        ...


@dataclass(frozen=True, slots=True)
class TrackerKind:
    """A tracker Kaibo can use, before any account."""

    key: str
    title_zh: str
    title_en: str
    fields: tuple[AccountField, ...]
    make: Callable[[Mapping[str, str]], Tracker]
