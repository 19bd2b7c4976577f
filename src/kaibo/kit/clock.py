"""Time: UTC inside, Asia/Shanghai on screen; the clock is an argument, this is the only place that reads it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def utc_now() -> datetime:
    """This function will read the wall clock, in UTC. Only doors (requests, commands, workers) may call it."""
    return datetime.now(UTC)


def in_shanghai(moment: datetime) -> datetime:
    """This function will give the same moment on a Shanghai wall clock."""
    return moment.astimezone(SHANGHAI)


def from_shanghai(naive: datetime) -> datetime:
    """This function will read a naive platform or form time as Shanghai time and give it in UTC."""
    return naive.replace(tzinfo=SHANGHAI).astimezone(UTC)


def business_date(moment: datetime) -> date:
    """This function will give the Shanghai calendar day a moment belongs to."""
    return in_shanghai(moment).date()


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """This function will give the half-open UTC bounds of a Shanghai calendar day."""
    start = datetime.combine(day, time.min, tzinfo=SHANGHAI)
    return start.astimezone(UTC), (start + timedelta(days=1)).astimezone(UTC)


def screen_time(moment: datetime) -> str:
    """This function will write a moment as `11-22 20:00` on a Shanghai clock."""
    return in_shanghai(moment).strftime("%m-%d %H:%M")
