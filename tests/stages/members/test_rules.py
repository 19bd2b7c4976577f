"""Scores, segments and who may be contacted, without a database."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaibo.stages.members.rules import WORDS, LeftOut, Segment, quintiles, segment_of, why_left_out


def test_five_different_values_get_the_scores_one_to_five():
    assert quintiles([50, 10, 40, 20, 30]) == [5, 1, 4, 2, 3]


def test_customers_who_all_bought_once_all_score_one():
    assert quintiles([1] * 10) == [1] * 10


def test_a_large_tie_takes_the_lowest_score_and_the_next_value_jumps_over_it():
    # half bought once: they share score 1; those who bought twice stand above half of all: 1 + 5 × 5/10 = 3
    assert quintiles([1] * 5 + [2] * 3 + [9] * 2) == [1] * 5 + [3] * 3 + [5] * 2


@given(st.lists(st.integers(0, 40), min_size=1, max_size=60))
def test_equal_values_score_alike_and_larger_ones_never_lower(values):
    scores = quintiles(values)
    assert all(1 <= score <= 5 for score in scores)
    for value, score in zip(values, scores, strict=True):
        for other, other_score in zip(values, scores, strict=True):
            assert (value == other) <= (score == other_score)
            assert (value < other) <= (score <= other_score)


@given(st.permutations([1, 1, 2, 3, 3, 3, 8, 9]))
def test_scores_do_not_depend_on_the_order_of_the_rows(values):
    expected = dict(zip([1, 1, 2, 3, 3, 3, 8, 9], quintiles([1, 1, 2, 3, 3, 3, 8, 9]), strict=True))
    assert quintiles(values) == [expected[value] for value in values]


@pytest.mark.parametrize(
    ("scores", "segment"),
    [
        ((5, 5, 5), Segment.HIGH_VALUE), ((4, 4, 4), Segment.HIGH_VALUE), ((3, 5, 5), Segment.LOYAL), ((4, 3, 5), Segment.STEADY),
        ((1, 1, 3), Segment.SLEEPING), ((2, 2, 3), Segment.SLEEPING), ((2, 2, 2), Segment.GONE), ((2, 2, 4), Segment.SLIPPING),
        ((1, 5, 5), Segment.SLIPPING), ((5, 1, 1), Segment.NEWCOMER), ((3, 1, 1), Segment.STEADY), ((5, 4, 3), Segment.LOYAL),
    ],
)  # fmt: skip
def test_a_segment_follows_from_its_scores(scores, segment):
    assert segment_of(*scores) == segment


def test_the_two_segments_of_the_requirement_do_what_it_says():
    assert (WORDS["high_value"].action, WORDS["high_value"].source) == ("新品预售优先购 + 专属权益", "MEM-1")
    assert (WORDS["sleeping"].action, WORDS["sleeping"].source) == ("召回券 + 按买过的品类做个性推荐", "MEM-1")


@pytest.mark.parametrize(
    ("consent", "touches", "why"),
    [("given", 0, None), ("given", 3, None), ("given", 4, LeftOut.TOO_OFTEN), ("refused", 0, LeftOut.REFUSED), ("unasked", 0, LeftOut.NO_CONSENT)],
)
def test_only_a_member_who_agreed_and_was_not_reached_too_often_may_be_contacted(consent, touches, why):
    assert why_left_out(consent, touches, most_touches=4) == why
