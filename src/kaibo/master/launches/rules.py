"""Dates and lateness of launches. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kaibo.kit.errors import Conflict, Invalid

DAYS_BEFORE_AIR = {
    "selection": 30,
    "supply": 10,
    "compliance": 7,
    "listing": 5,
    "showplan": 2,
    "warmup": 3,
    "live": -1,
    "orders": -2,
    "aftersales": -9,
    "analytics": -2,
    "members": -10,
    "risk": -10,
}
"""When each stage is due, in days before the broadcast (negative: after it). A starting plan; owners move dates."""


class SamePersonTwice(Conflict):
    code = "launches.same_person_twice"
    message_zh = "放行需要第二个人确认，不能自己确认自己的申请"
    message_en = "Letting a red gate through needs a second person"


class ReasonMissing(Invalid):
    code = "launches.reason_missing"
    message_zh = "请写明放行原因"
    message_en = "Say why the gate should be let through"


@dataclass(frozen=True, slots=True)
class Lateness:
    """How a launch stands against its dates. `state` is ok, run (due within a day) or red."""

    state: str
    zh: str
    en: str


def due_dates(on_air_at: datetime) -> dict[str, datetime]:
    """This function will plan backwards from the broadcast.   Source: WRM-6."""
    return {stage: on_air_at - timedelta(days=days) for stage, days in DAYS_BEFORE_AIR.items()}


def lateness(open_due: Sequence[datetime], now: datetime) -> Lateness:
    """This function will say how late the earliest unfinished stage is."""
    if not open_due:
        return Lateness("ok", "按期", "on time")
    left = min(open_due) - now
    if left < timedelta(0):
        days = -left // timedelta(days=1)
        return Lateness("red", f"逾期 {days} 天" if days else "今天逾期", f"{days} d late" if days else "late today")
    if left < timedelta(days=1):
        hours = left // timedelta(hours=1)
        return Lateness("run", f"剩 {hours} 小时", f"{hours} h left")
    return Lateness("ok", "按期", "on time")
