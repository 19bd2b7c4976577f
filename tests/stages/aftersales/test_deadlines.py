"""Hours of service, closed days, terms of the law: exact to the minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaibo.kit.clock import SHANGHAI
from kaibo.stages.aftersales import deadlines
from kaibo.stages.aftersales.deadlines import ServiceHours

NINE_TO_NINE = ServiceHours(9 * 60, 21 * 60)
FESTIVAL = ServiceHours(9 * 60, 21 * 60, frozenset({date(2027, 2, 5), date(2027, 2, 6), date(2027, 2, 7)}))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


@pytest.mark.parametrize(
    "start, hours, due",
    [
        ("2026-11-22 10:00", 3, "2026-11-22 13:00"),
        ("2026-11-22 19:00", 3, "2026-11-23 10:00"),
        ("2026-11-22 02:00", 12, "2026-11-22 21:00"),
        ("2026-11-22 22:30", 1, "2026-11-23 10:00"),
        ("2026-11-22 09:00", 24, "2026-11-23 21:00"),
        ("2026-11-22 21:00", 1, "2026-11-23 10:00"),
    ],
)
def test_hours_of_service_stop_at_night(start, hours, due):
    assert deadlines.after_service_time(at(start), hours, NINE_TO_NINE) == at(due)


def test_closed_days_do_not_count_and_the_day_before_still_does():
    assert deadlines.after_service_time(at("2027-02-04 20:00"), 2, FESTIVAL) == at("2027-02-08 10:00")
    assert deadlines.after_service_time(at("2027-02-06 12:00"), 2, FESTIVAL) == at("2027-02-08 11:00")


def test_a_calendar_that_never_opens_does_not_lose_the_deadline():
    never = ServiceHours(600, 600)
    assert deadlines.after_service_time(at("2026-11-22 10:00"), 5, never) == at("2026-11-22 15:00")


STEP = timedelta(minutes=30)


def _open_steps(start: datetime, end: datetime, service: ServiceHours) -> int:
    """The model: count the half hours one by one."""
    count, moment = 0, start
    while moment < end:
        opening = service.of_day(moment.astimezone(SHANGHAI).date())
        count += bool(opening and opening[0] <= moment < opening[1])
        moment += STEP
    return count


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 7 * 48), st.integers(1, 40), st.integers(0, 12), st.integers(13, 24), st.sets(st.integers(1, 6), max_size=3))
def test_the_deadline_is_the_first_moment_with_exactly_so_many_hours_of_service(offset, hours, opens, closes, closed):
    service = ServiceHours(opens * 60, closes * 60, frozenset(date(2026, 11, 22) + timedelta(days=one) for one in closed))
    start = at("2026-11-22 00:00") + STEP * offset
    due = deadlines.after_service_time(start, hours, service)
    assert _open_steps(start, due, service) == hours * 2
    assert _open_steps(start, due - STEP, service) == hours * 2 - 1


def test_the_laws_seven_days_do_not_count_the_day_of_receipt_and_end_with_business():
    assert deadlines.legal_refund_by(at("2026-11-22 00:01"), 7, NINE_TO_NINE) == at("2026-11-29 21:00")
    assert deadlines.legal_refund_by(at("2026-11-22 23:59"), 7, NINE_TO_NINE) == at("2026-11-29 21:00")


def test_a_closed_last_day_brings_the_refund_forward_never_back():
    assert deadlines.legal_refund_by(at("2027-01-31 12:00"), 7, FESTIVAL) == at("2027-02-04 21:00")


@given(st.integers(0, 60 * 24 * 60), st.sets(st.integers(0, 40), max_size=30))
def test_the_house_never_plans_a_refund_later_than_the_law_allows(offset, closed):
    received = at("2026-11-22 00:00") + timedelta(minutes=offset)
    service = ServiceHours(9 * 60, 24 * 60, frozenset(date(2026, 11, 22) + timedelta(days=one) for one in closed))
    by = deadlines.legal_refund_by(received, 7, service)
    day = received.astimezone(SHANGHAI).date()
    assert received < by <= at(f"{day + timedelta(days=8)} 00:00")


def test_deliberate_delay_begins_after_fifteen_days_and_returns_end_after_seven():
    assert deadlines.deliberate_delay_from(at("2026-11-22 18:00")) == at("2026-12-08 00:00")
    assert deadlines.may_return_until(at("2026-11-22 18:00")) == at("2026-11-30 00:00")
