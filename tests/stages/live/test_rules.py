"""The show on the clock, the rest re-planned, the one thing worth doing now."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kaibo.stages.live.rules import (
    LEAST_MINUTES,
    Advice,
    Limits,
    Situation,
    Slot,
    Suggestion,
    delay_seconds,
    expected_starts,
    gpm_fen,
    next_place,
    replanned,
    suggest,
)

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LIMITS = Limits(low_left_bp=2_000, overrun_minutes=2, behind_bp=1_500)
QUIET = Situation(
    stock=100, left=60, recent_units=10, recent_minutes=5, sellable=500, over_seconds=0, minutes_left_in_segment=6, amount_fen=100_000,
    planned_fen=100_000, is_selling=True,
)


def after(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def test_before_the_show_everything_is_where_the_plan_says():
    assert expected_starts([Slot(10), Slot(5)], starts_at=START, now=after(-30)) == [START, after(10)]


def test_a_late_start_moves_everything():
    assert expected_starts([Slot(10), Slot(5)], starts_at=after(7), now=after(7)) == [after(7), after(17)]


def test_a_segment_within_its_time_leaves_the_rest_alone():
    assert expected_starts([Slot(10, after(0)), Slot(5)], starts_at=START, now=after(4)) == [after(0), after(10)]


def test_a_segment_over_its_time_pushes_the_rest_with_the_clock():
    assert expected_starts([Slot(10, after(0)), Slot(5), Slot(5)], starts_at=START, now=after(13)) == [after(0), after(13), after(18)]


def test_finished_segments_keep_their_real_times():
    slots = [Slot(10, after(0), after(12)), Slot(10, after(12)), Slot(5)]
    assert expected_starts(slots, starts_at=START, now=after(14)) == [after(0), after(12), after(22)]


def test_a_segment_jumped_over_is_expected_nowhere_and_pushes_nothing_back():
    slots = [Slot(10, after(0), after(10)), Slot(20), Slot(10, after(10)), Slot(5)]
    assert expected_starts(slots, starts_at=START, now=after(12)) == [after(0), None, after(10), after(20)]


def test_a_segment_gone_back_to_leaves_what_is_still_to_come_where_the_clock_puts_it():
    slots = [Slot(10, after(30)), Slot(20, after(10), after(30)), Slot(5)]
    assert expected_starts(slots, starts_at=START, now=after(33)) == [after(30), after(10), after(40)]
    assert next_place(slots) == 2


def test_nothing_that_is_still_to_come_is_expected_in_the_past():
    assert expected_starts([Slot(10), Slot(5)], starts_at=START, now=after(6)) == [after(6), after(16)]
    ended = [Slot(10, after(0), after(10)), Slot(5)]
    assert expected_starts(ended, starts_at=START, now=after(14)) == [after(0), after(14)]


def test_the_next_segment_is_the_next_one_not_on_air_yet():
    assert next_place([Slot(10), Slot(5)]) == 0
    assert next_place([Slot(10, after(0), after(10)), Slot(20), Slot(10, after(10)), Slot(5)]) == 3
    assert next_place([Slot(10, after(0)), Slot(5, after(-9), after(0))]) is None


def test_a_break_keeps_its_minutes_when_the_rest_is_squeezed():
    assert replanned([22, 10, 12], left_minutes=27, fixed=[False, True, False]) == [11, 10, 6]
    assert replanned([22, 10, 12], left_minutes=5, fixed=[False, True, False]) == [2, 10, 2]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(1, 90), min_size=1, max_size=30), st.integers(-100, 600))
def test_a_re_planned_rest_fits_exactly_or_is_as_short_as_it_can_be(minutes, left):
    fitted = replanned(minutes, left_minutes=left)
    assert len(fitted) == len(minutes)
    assert min(fitted) >= LEAST_MINUTES
    least = LEAST_MINUTES * len(minutes)
    assert sum(fitted) == (left if left > least else least)


def test_re_planning_keeps_the_proportions():
    assert replanned([22, 12, 2], left_minutes=21) == [12, 7, 2]


@pytest.mark.parametrize(
    ("changes", "advice", "units", "minutes"),
    [
        ({}, Advice.ON_PLAN, 0, 0),
        ({"left": 0, "recent_units": 50}, Advice.SOLD_OUT, 60, 0),
        ({"left": 0, "sellable": 0}, Advice.SOLD_OUT, 0, 0),
        ({"left": 19, "recent_units": 25}, Advice.LOW_STOCK, 20, 3),
        ({"left": 20, "recent_units": 25}, Advice.ON_PLAN, 0, 0),
        ({"left": 19, "recent_units": 0}, Advice.ON_PLAN, 0, 0),
        ({"left": 19, "recent_units": 250, "sellable": 40}, Advice.LOW_STOCK, 40, 0),
        ({"over_seconds": 119}, Advice.ON_PLAN, 0, 0),
        ({"over_seconds": 125}, Advice.OVERRUN, 0, 2),
        ({"amount_fen": 85_100}, Advice.ON_PLAN, 0, 0),
        ({"amount_fen": 85_000}, Advice.BEHIND, 0, 0),
        ({"amount_fen": 115_000}, Advice.AHEAD, 0, 0),
        ({"planned_fen": 0, "amount_fen": 0}, Advice.ON_PLAN, 0, 0),
        ({"conversion_bp": -1_499}, Advice.ON_PLAN, 0, 0),
        ({"conversion_bp": -1_500}, Advice.CONVERSION_LOW, 0, 0),
        ({"conversion_bp": -5_000, "is_selling": False}, Advice.ON_PLAN, 0, 0),
        ({"stay_bp": -3_000, "viewers_bp": -2_000}, Advice.STAY_SHORT, 0, 0),
        ({"stay_bp": -2_000, "viewers_bp": -3_000, "amount_fen": 10}, Advice.VIEWERS_FEW, 0, 0),
        ({"viewers_bp": -3_000, "over_seconds": 125}, Advice.OVERRUN, 0, 2),
        ({"is_selling": False, "left": 0, "over_seconds": 300}, Advice.OVERRUN, 0, 5),
    ],
)
def test_the_most_urgent_thing_is_suggested(changes, advice, units, minutes):
    found = suggest(replace(QUIET, **changes), LIMITS)
    assert (found.advice, found.units, found.minutes) == (advice, units, minutes)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 1000), st.integers(0, 500), st.integers(0, 300), st.integers(0, 60))
def test_never_more_is_suggested_than_can_be_sold(left, recent, sellable, minutes):
    found = suggest(replace(QUIET, stock=1000, left=left, recent_units=recent, sellable=sellable, minutes_left_in_segment=minutes), LIMITS)
    assert isinstance(found, Suggestion)
    assert 0 <= found.units <= sellable


def test_delay_and_sales_per_thousand_views():
    assert delay_seconds(START, after(3)) == 180
    assert delay_seconds(after(3), START) == -180
    assert gpm_fen(86_400, 100) == 864_000
    assert gpm_fen(86_400, 0) is None
