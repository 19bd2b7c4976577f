"""Within one reading the same question is asked once; outside of it, and in the next one, always anew."""

from __future__ import annotations

from uuid import UUID

import pytest

from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.once import asked_once, each_asked_once, is_reading, reading
from kaibo.plumbing.thresholds import thresholds
from tests.make.people import NOW

ONE, TWO, THREE = (UUID(int=number) for number in (1, 2, 3))


class Register:
    def __init__(self) -> None:
        self.asked: list[object] = []


@pytest.fixture
def register():
    return Register()


@pytest.fixture
def question(register):
    @asked_once
    def ask(ids, *, twice=False):
        register.asked.append((sorted(ids), twice))
        return {one: one for one in ids}

    return ask


def test_a_reading_asks_once_whatever_shape_the_ids_come_in(question, register):
    with reading():
        first = question([ONE, TWO])
        assert question({TWO: "", ONE: ""}.keys()) is first
        assert question((one for one in (ONE, TWO))) is first
        assert question({1: TWO, 2: ONE}.values()) is first
    assert register.asked == [([ONE, TWO], False)]


def test_other_arguments_are_another_question(question, register):
    with reading():
        question([ONE])
        question([ONE, TWO])
        question([ONE], twice=True)
    assert len(register.asked) == 3


def test_two_questions_with_the_same_arguments_stay_apart():
    left, right = asked_once(lambda ids: "left"), asked_once(lambda ids: "right")
    with reading():
        assert (left([ONE]), right([ONE])) == ("left", "right")


def test_nothing_is_kept_outside_of_a_reading_or_from_one_to_the_next(question, register):
    question([ONE])
    question([ONE])
    for _ in range(2):
        with reading():
            question([ONE])
    assert len(register.asked) == 4


def test_an_inner_reading_shares_the_outer_one_and_does_not_end_it(question, register):
    with reading():
        question([ONE])
        with reading():
            question([ONE])
        assert is_reading()
        question([ONE])
    assert len(register.asked) == 1
    assert not is_reading()


def test_a_reading_that_fails_is_over(question, register):
    with pytest.raises(ZeroDivisionError), reading():
        raise ZeroDivisionError
    assert not is_reading()


def test_of_many_ids_only_those_nobody_asked_about_are_asked():
    asked = []

    @each_asked_once
    def ask(ids, at):
        asked.append((list(ids), at))
        return {one: (one, at) for one in ids if one != TWO}

    assert ask([ONE, TWO], NOW) == {ONE: (ONE, NOW)}
    with reading():
        assert ask([ONE, TWO], NOW) == {ONE: (ONE, NOW)}
        assert ask([TWO, ONE, THREE], NOW) == {ONE: (ONE, NOW), THREE: (THREE, NOW)}
        assert ask({THREE: ""}.keys(), NOW) == {THREE: (THREE, NOW)}
        assert ask([ONE], "later") == {ONE: (ONE, "later")}
    assert asked == [([ONE, TWO], NOW), ([ONE, TWO], NOW), ([THREE], NOW), ([ONE], "later")]


@pytest.mark.django_db
def test_a_reading_takes_all_thresholds_with_one_query(django_assert_num_queries):
    thresholds.change(actor=KAIBO, key="selection.margin_floor_bp", new_value=4_321, now=NOW)
    keys = ("selection.margin_floor_bp", "selection.feedback_red_count", "supply.alert_line_bp")
    alone = thresholds.values(*keys)
    with reading(), django_assert_num_queries(1):
        assert thresholds.values(*keys) == alone
        assert {key: thresholds.value(key) for key in keys} == alone
    assert alone["selection.margin_floor_bp"] == 4_321
    thresholds.change(actor=KAIBO, key="selection.margin_floor_bp", new_value=1_234, now=NOW)
    with reading():
        assert thresholds.value("selection.margin_floor_bp") == 1_234
