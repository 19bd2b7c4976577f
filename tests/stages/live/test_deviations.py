"""A figure beside its plan and the own earlier sessions: exact values, and nothing where there is nothing to divide by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaibo.kit.errors import KaiboError
from kaibo.stages.live.deviations import Measure, Moment, median, off_bp, standing
from kaibo.stages.live.playbooks import PROPOSED, PlaybookEmpty, Step, StepUnreadable, Ticked, check_steps, score

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TODAY = Moment(viewers=80, claims=30, amount_fen=500_000, entered=1_000, viewer_seconds=90_000, recent_claims=12, recent_minutes=5)


def moment(**changes: int) -> Moment:
    return Moment(**{name: changes.get(name, getattr(TODAY, name)) for name in Moment.__slots__})


def test_each_measure_is_counted_as_defined():
    assert [TODAY.value(one) for one in Measure] == [80, 24, 500_000, 300, 90]


def test_without_entries_nothing_is_said_of_conversion_and_stay():
    assert [moment(entered=0).value(one) for one in (Measure.CONVERSION, Measure.STAY)] == [None, None]
    assert moment(viewer_seconds=0).value(Measure.STAY) is None


def test_a_measure_stands_beside_the_median_of_the_own_sessions():
    earlier = [moment(viewers=count) for count in (100, 60, 120, 90)]
    found = standing(Measure.VIEWERS, TODAY, earlier=earlier)
    assert (found.value, found.median, found.rank, found.sessions) == (80, 95, 25, 4)
    assert found.own_bp == -1_579  # 80 is 15.79 % below 95
    assert found.plan_bp is None


def test_the_plan_decides_where_there_is_one():
    earlier = [moment(amount_fen=1_000_000)]
    found = standing(Measure.AMOUNT, TODAY, earlier=earlier, plan=400_000)
    assert (found.plan_bp, found.own_bp) == (2_500, -5_000)
    assert found.state(1_500) == "ok"


@pytest.mark.parametrize(("viewers", "state"), [(100, "ok"), (99, "warn"), (86, "warn"), (85, "bad"), (0, "bad")])
def test_a_deviation_is_bad_from_the_threshold_on(viewers, state):
    assert standing(Measure.VIEWERS, moment(viewers=viewers), earlier=[moment(viewers=100)]).state(1_500) == state


def test_with_nothing_to_compare_nothing_is_judged():
    assert standing(Measure.VIEWERS, TODAY, earlier=[]).state(1_500) == ""


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=30))
def test_a_median_lies_between_its_values_and_is_none_of_nothing(values):
    found = median(values)
    assert min(values) <= found <= max(values)
    assert sum(one <= found for one in values) * 2 >= len(values)
    assert median([]) is None


def test_how_far_off_says_nothing_of_nothing():
    assert off_bp(5, 0) is None
    assert off_bp(None, 5) is None
    assert off_bp(0, 5) == -10_000


def test_the_proposed_playbooks_can_be_followed():
    for draft in PROPOSED:
        check_steps(draft.steps, roles=("control", "technician", "host", "operations", "service"))
    assert len({one.kind for one in PROPOSED}) == len(PROPOSED) == 5


@pytest.mark.parametrize(
    ("steps", "complaint"),
    [
        ([], PlaybookEmpty), ([Step("control", "看", 1)] * 13, PlaybookEmpty), ([Step("pilot", "看", 10)], StepUnreadable),
        ([Step("control", "  ", 10)], StepUnreadable), ([Step("control", "看", 0)], StepUnreadable), ([Step("control", "看", 3_601)], StepUnreadable),
    ],
)  # fmt: skip
def test_steps_nobody_can_follow_are_refused(steps, complaint):
    with pytest.raises(complaint) as refused:
        check_steps(steps, roles=("control",))
    assert isinstance(refused.value, KaiboError)


def test_a_score_counts_what_was_done_and_what_was_done_in_time():
    due = START + timedelta(seconds=30)
    found = score([Ticked(due, due), Ticked(due, due + timedelta(seconds=41)), Ticked(due, None)])
    assert (found.steps, found.done, found.in_time, found.latest_seconds, found.in_time_percent) == (3, 2, 1, 41, 33)
