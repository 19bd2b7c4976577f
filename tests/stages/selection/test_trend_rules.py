"""SEL-4: a word that grows is told from chance, and a niche that goes mainstream from its growth alone."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaibo.stages.selection.trend_rules import Course, Limits, Series, discoveries, judge, mann_kendall_p, weekly_growth

LEVEL = tuple(Series(f"平{n}", tuple(10_000 + 7 * ((n * 13 + week * 5) % 11) for week in range(16))) for n in range(9))


def courses(*series):
    return {one.word: one.course for one in judge([*series, *LEVEL], Limits())}


@pytest.mark.parametrize(
    ("values", "score", "p"),
    [([1, 2, 3, 4], 6, 2 / 24), ([4, 3, 2, 1], -6, 2 / 24), ([1, 3, 2, 4], 4, 8 / 24), ([1, 2, 3, 4, 5, 6], 15, 2 / 720), ([5, 5, 5, 5], 0, 1.0)],
)
def test_the_test_counts_orders_exactly_when_they_are_few(values, score, p):
    assert mann_kendall_p(values) == (score, pytest.approx(p))


def test_a_small_word_that_doubles_and_doubles_goes_mainstream_and_a_large_one_only_rises():
    small = Series("小众", tuple(round(300 * 1.15**week) for week in range(16)))
    large = Series("大词", tuple(round(90_000 * 1.06**week) for week in range(16)))
    sinking = Series("退潮", tuple(round(50_000 * 0.93**week) for week in range(16)))
    found = courses(small, large, sinking)
    assert (found["小众"], found["大词"], found["退潮"]) == (Course.MAINSTREAM, Course.RISING, Course.FALLING)
    assert {found[one.word] for one in LEVEL} == {Course.STEADY}


def test_growth_below_twice_is_no_niche_going_mainstream():
    slow = Series("慢", tuple(round(300 * 1.03**week) for week in range(16)))
    assert courses(slow)["慢"] is Course.RISING


def test_five_weeks_are_too_few_to_say_anything():
    assert courses(Series("短", (1, 10, 100, 1_000, 10_000)))["短"] is Course.TOO_SHORT


def test_growth_is_a_factor_a_week():
    assert weekly_growth([999, 1_099, 1_209, 1_330]) == pytest.approx(0.1, abs=0.001)


def test_false_discoveries_are_held_among_all_words_asked():
    assert discoveries([0.01, 0.02, 0.03, 0.9], 0.05) == 0.03
    assert discoveries([0.04, 0.5, 0.6, 0.7], 0.05) == 0.0


@given(st.lists(st.integers(0, 10_000), min_size=2, max_size=9, unique=True))
def test_turning_a_row_round_turns_the_score_and_keeps_the_chance(values):
    score, p = mann_kendall_p(values)
    turned, turned_p = mann_kendall_p(values[::-1])
    assert turned == -score and turned_p == pytest.approx(p) and 0 <= p <= 1


def test_words_without_a_trend_are_hardly_ever_called_growing():
    chance = random.Random(11)
    false = mainstream = 0
    for _ in range(40):
        rows = [Series(str(n), tuple(round(base * chance.lognormvariate(0, 0.25)) for _week in range(12))) for n, base in enumerate([300, 5_000] * 15)]
        found = [one.course for one in judge(rows, Limits())]
        false += any(one in {Course.RISING, Course.FALLING, Course.MAINSTREAM} for one in found)
        mainstream += sum(one is Course.MAINSTREAM for one in found)
    assert false <= 4 and mainstream == 0  # 5 % of 40 runs is 2; 0 were seen
