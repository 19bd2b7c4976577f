"""The arithmetic of a plan: who is missing, when each segment is due, what it should sell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kaibo.stages.showplan.rules import (
    TRANSITIONS,
    DutyRole,
    EndsBeforeItStarts,
    Gap,
    MinutesOutOfRange,
    PriceConcern,
    SessionState,
    Shortage,
    Target,
    check_minutes,
    check_period,
    planned_amount_fen,
    planned_starts,
    price_concerns,
    shortages,
    staffing_gaps,
    targets,
)

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BAND = {"hosts_least": 3, "hosts_most": 5, "operators_least": 2}
SKU = UUID(int=1)


@pytest.mark.parametrize(
    ("hosts", "operators", "gaps"),
    [
        (3, 2, []), (5, 9, []),
        (2, 2, [Gap(DutyRole.HOST, 2, 3, 5)]), (6, 2, [Gap(DutyRole.HOST, 6, 3, 5)]),
        (4, 1, [Gap(DutyRole.OPERATIONS, 1, 2, None)]), (0, 0, [Gap(DutyRole.HOST, 0, 3, 5), Gap(DutyRole.OPERATIONS, 0, 2, None)]),
    ],
)
def test_three_to_five_hosts_and_two_operators(hosts, operators, gaps):
    assert staffing_gaps({DutyRole.HOST: hosts, DutyRole.OPERATIONS: operators}, **BAND) == gaps


def test_each_segment_begins_where_the_one_before_ends():
    assert planned_starts(START, [8, 12, 5]) == [START, START + timedelta(minutes=8), START + timedelta(minutes=20)]


@pytest.mark.parametrize("minutes", [0, -1, 241])
def test_a_segment_of_no_length_or_of_half_a_day_is_refused(minutes):
    with pytest.raises(MinutesOutOfRange):
        check_minutes(minutes)


def test_a_session_ends_after_it_starts():
    with pytest.raises(EndsBeforeItStarts):
        check_period(START, START)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 10**9)), min_size=1, max_size=20), st.integers(1, 10**12))
def test_a_goal_is_spread_over_the_segments_to_the_fen(segments, goal):
    spread = targets(START, segments, target_fen=goal, sell_through_bp=6000)
    assert sum(one.amount_fen for one in spread) == (goal if any(worth for _minutes, worth in segments) else 0)


def test_without_a_goal_a_share_of_each_allotment_is_planned():
    assert [one.amount_fen for one in targets(START, [(10, 100_000), (5, 0)], target_fen=0, sell_through_bp=6000)] == [60_000, 0]


def test_the_plan_line_counts_finished_segments_whole_and_the_running_one_by_its_minutes():
    plan = [Target(START, 10, 1_000), Target(START + timedelta(minutes=10), 20, 4_000)]
    at = [planned_amount_fen(plan, START + timedelta(minutes=m)) for m in (-1, 0, 5, 10, 15, 30, 99)]
    assert at == [0, 0, 500, 1_000, 2_000, 5_000, 5_000]


@pytest.mark.parametrize(
    ("price", "concerns"),
    [
        (59_900, []), (41_930, []), (41_920, [PriceConcern.FAR_FROM_PUBLISHED]), (77_870, []), (77_880, [PriceConcern.FAR_FROM_PUBLISHED]),
        (5_990, [PriceConcern.BELOW_COST, PriceConcern.FAR_FROM_PUBLISHED]), (599_000, [PriceConcern.FAR_FROM_PUBLISHED]),
    ],
)
def test_a_price_below_cost_or_a_slipped_digit_is_a_concern(price, concerns):
    assert price_concerns(price, cost_fen=21_000, published_fen=59_900, most_deviation_bp=3_000) == concerns


def test_without_a_published_price_only_the_cost_speaks():
    assert price_concerns(1, cost_fen=2, published_fen=None, most_deviation_bp=3_000) == [PriceConcern.BELOW_COST]


def test_what_is_short_says_whether_quality_holds_it():
    assert shortages({SKU: 100}, {SKU: 100}, {}) == []
    assert shortages({SKU: 100}, {SKU: 60}, {SKU: 40}) == [Shortage(SKU, 100, 60, 40)]
    assert Shortage(SKU, 100, 60, 40).is_unreleased
    assert not Shortage(SKU, 100, 60, 39).is_unreleased


def test_a_session_never_comes_back_from_its_end():
    assert TRANSITIONS.is_final(SessionState.ENDED)
    assert TRANSITIONS.is_final(SessionState.CANCELLED)
    assert not TRANSITIONS.allows(SessionState.DRAFT, SessionState.LIVE)
    assert TRANSITIONS.sources_of(SessionState.LIVE) == [SessionState.READY]
