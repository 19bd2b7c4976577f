"""Opinions are gathered into points: a person counts once, a question is a point too, and every quote stands where it was said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kaibo.stages.analytics.opinions import Said, Source, makes_a_point, points_of

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def said(person: str, text: str, source: Source = Source.REVIEW, nature: str = "", minutes: int = 0) -> Said:
    return Said(source, person, text, AT + timedelta(minutes=minutes), f"/{person}", nature)


def test_nobody_said_anything():
    found = points_of([])
    assert (found.whole, found.points, found.by_source) == (0, (), {})


def test_a_person_who_says_it_in_a_case_and_in_a_review_counts_once():
    found = points_of([said("a", "穿了三天就起球", Source.CASE), said("a", "起球严重，后悔买了"), said("b", "面料起球"), said("c", "颜色很正，很满意")])
    pilling = found.named("fabric")
    assert found.whole == 3
    assert (pilling.people, pilling.share_bp, pilling.by_source) == (2, 6_667, {"case": 1, "review": 2})


def test_what_is_denied_or_praised_makes_no_point():
    assert points_of([said("a", "一点都不起球，面料很舒服"), said("b", "没有色差")]).points == ()


def test_a_viewer_who_asks_makes_the_point_the_page_left_open():
    found = points_of([said("v1", "160 斤穿多大码？", Source.CHAT), said("v2", "这个尺码偏大吗", Source.CHAT), said("v2", "几天到？", Source.CHAT)])
    assert {one.key: one.people for one in found.points} == {"size": 2, "logistics": 1}


def test_a_case_whose_words_name_nothing_is_about_what_the_clerk_said_and_one_without_reason_about_nothing():
    found = points_of([said("a", "七天无理由", Source.CASE, "no_reason"), said("b", "要退", Source.CASE, "size")])
    assert [(one.key, one.people, one.whole) for one in found.points] == [("size", 1, 2)]


def test_a_quote_is_cut_at_its_place_and_each_text_is_quoted_once():
    found = points_of([said(str(number), "袖口起球了", minutes=number) for number in range(9)])
    quotes = found.points[0].quotes
    assert [(one.before, one.hit, one.after) for one in quotes] == [("袖口", "起球", "了")]
    assert found.points[0].people == 9


def test_quotes_are_taken_from_each_source_in_turn():
    many = [said(f"r{number}", f"第{number}次穿就起球", Source.REVIEW) for number in range(10)]
    quotes = points_of([*many, said("c", "起球，要退货", Source.CASE)]).named("fabric").quotes
    assert {one.source for one in quotes} == {Source.REVIEW, Source.CASE}
    assert len(quotes) == 6


@pytest.mark.parametrize(("line", "does"), [("主播晚上好", False), ("来了来了", False), ("会起球吗", True), ("我那件起球严重", True)])
def test_most_of_chat_is_greetings(line, does):
    assert makes_a_point(line) is does
