"""When the next step of a case is due: hours of service, days the house is closed, and the terms the law sets. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from kaibo.kit.clock import SHANGHAI, business_date, in_shanghai

if TYPE_CHECKING:
    from kaibo.stages.aftersales.rules import Severity

MINUTES_A_DAY = 24 * 60
MOST_DAYS_AHEAD = 400
"""A calendar closed for longer than this is a mistake; the clock then runs as if the house were open."""


@dataclass(frozen=True, slots=True)
class ServiceHours:
    """When somebody answers: from `opens_minute` to `closes_minute` of a Shanghai day, except on closed days."""

    opens_minute: int = 9 * 60
    closes_minute: int = MINUTES_A_DAY
    closed_days: frozenset[date] = frozenset()

    def of_day(self, day: date) -> tuple[datetime, datetime] | None:
        """This function will give the opening and closing moment of a day, or None when the house is closed."""
        if day in self.closed_days or self.opens_minute >= self.closes_minute:
            return None
        midnight = datetime.combine(day, time.min, tzinfo=SHANGHAI)
        return midnight + timedelta(minutes=self.opens_minute), midnight + timedelta(minutes=self.closes_minute)


@dataclass(frozen=True, slots=True)
class Hours:
    """
    How long each level may take. Minor and general cases count hours of service, serious ones hours of the clock;
    refunds are days after the goods came back.   Source: AFT-1, AFT-5.
    """

    minor: int
    general: int
    serious: int
    refund_days: int
    follow_up: int
    service: ServiceHours = field(default_factory=ServiceHours)

    def for_severity(self, severity: Severity) -> int:
        return {"minor": self.minor, "general": self.general, "serious": self.serious}[severity.value]


def after_service_time(start: datetime, hours: int, service: ServiceHours) -> datetime:
    """
    This function will give the moment at which so many hours of service have passed since `start`.

    Nights and closed days do not count. What ends exactly at closing time is due then, not the next morning.
    """
    left = timedelta(hours=hours)
    moment = in_shanghai(start)
    day = moment.date()
    for _ in range(MOST_DAYS_AHEAD):
        opening = service.of_day(day)
        if opening:
            begin = max(moment, opening[0])
            there = opening[1] - begin
            if timedelta(0) < there and left <= there:
                return (begin + left).astimezone(start.tzinfo)
            left -= max(there, timedelta(0))
        day += timedelta(days=1)
    return start + timedelta(hours=hours)


def legal_refund_by(received_at: datetime, days: int, service: ServiceHours) -> datetime:
    """
    This function will give the moment by which the law wants the money of a returned item back.

    The day of receipt is not counted (民法典 art. 201), the term ends when business ends on its last day (art. 203). The
    extension over a holiday that art. 203 allows is not used: where the house is closed on the last day, the refund is
    due before that.   Source: 消费者权益保护法 art. 25, AFT-5.
    """
    first, last = business_date(received_at), business_date(received_at) + timedelta(days=days)
    for back in range((last - first).days):
        opening = service.of_day(last - timedelta(days=back))
        if opening:
            return opening[1].astimezone(received_at.tzinfo)
    return received_at + timedelta(days=days)


def deliberate_delay_from(received_at: datetime) -> datetime:
    """
    This function will give the moment from which a refund not made counts as deliberate delay 故意拖延.

    Source: 侵害消费者权益行为处罚办法 art. 9 (more than fifteen days).
    """
    begin = datetime.combine(business_date(received_at), time.min, tzinfo=SHANGHAI)
    return (begin + timedelta(days=16)).astimezone(received_at.tzinfo)


def may_return_until(signed_at: datetime) -> datetime:
    """
    This function will give the end of the seven days in which a buyer may send goods back without a reason.

    Source: 消费者权益保护法 art. 25; the day of receipt is not counted (民法典 art. 201).
    """
    begin = datetime.combine(business_date(signed_at), time.min, tzinfo=SHANGHAI)
    return (begin + timedelta(days=8)).astimezone(signed_at.tzinfo)
