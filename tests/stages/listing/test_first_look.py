"""The first three seconds (LST-1): what a list cuts off, what nobody reads in time, what nobody has looked at."""

from __future__ import annotations

import pytest

from kaibo.stages.listing.details import DetailContent
from kaibo.stages.listing.first_look import READ_AT_A_GLANCE, SEEN_IN_A_LIST, first_look

GOOD = DetailContent(pain_title="零下早高峰，大衣一厚就显矮", scene_picture="1")


def states(**changed):
    given = {"title": "短款双面呢外套女小个子", "core": ("双面呢外套", "外套"), "picture": (9, 0, 0), "content": GOOD} | changed
    return [one.state for one in first_look(**given)]


def test_a_page_that_stops_a_thumb_passes_everywhere():
    assert states() == ["ok", "ok", "ok", "ok"]


@pytest.mark.parametrize(("before", "state"), [(SEEN_IN_A_LIST - 2, "ok"), (SEEN_IN_A_LIST - 1, "bad")])
def test_the_word_that_says_what_it_is_must_stand_before_the_list_cuts(before, state):
    assert states(title="暖" * before + "外套女")[0] == state


def test_an_empty_core_word_never_passes_and_no_title_is_said():
    assert states(core=("", ""))[0] == "bad"
    assert states(title=" ")[0] == "bad"


@pytest.mark.parametrize(("picture", "state"), [(None, "bad"), ((8, 1, 2), "bad"), ((8, 0, 1), "none"), ((9, 0, 0), "ok")])
def test_the_main_picture_passes_only_when_nothing_fails_and_nothing_is_open(picture, state):
    assert states(picture=picture)[1] == state


@pytest.mark.parametrize(("length", "state"), [(0, "bad"), (READ_AT_A_GLANCE, "ok"), (READ_AT_A_GLANCE + 1, "bad")])
def test_the_first_screens_line_is_read_in_three_seconds(length, state):
    assert states(content=DetailContent(pain_title="冷" * length, scene_picture="1"))[2] == state


def test_the_first_screen_needs_its_scene():
    assert states(content=DetailContent(pain_title="冷"))[3] == "bad"
