"""SEL-5: what reviews talk about in their own words, praised, blamed and wished for."""

from __future__ import annotations

import pytest

from kaibo.language.aspects import aspects_of, grouped, said_in
from kaibo.language.themes import default_reader
from kaibo.language.tone import default_tone, read, written


def said(review, domain=None):
    return {(one.side, one.aspect): review[one.start : one.end] for one in said_in(default_reader(), review, domain=domain)}


def test_praise_and_blame_of_one_review_stand_apart():
    found = said("屏幕很清晰，但是电池不耐用，客服态度不是很好")
    assert found["good", "屏幕"] == "清晰"
    assert found["bad", "电池"].startswith("电池不耐")
    assert found["bad", "客服态度"] == "不是很好"


def test_a_noun_no_dictionary_knows_becomes_an_aspect():
    assert ("bad", "转轴") in said("转轴很差")


@pytest.mark.parametrize("review", ["一点都不起球", "没有色差", "没有质量问题", "线头没有"])
def test_a_denied_complaint_is_praise(review):
    assert {side for side, _aspect in said(review)} == {"good"}


@pytest.mark.parametrize("review", ["不是很好", "质量不怎么样", "没有想象的好", "一点也不保暖", "不太满意"])
def test_denied_praise_is_a_complaint(review):
    assert {one.is_bad for one in default_reader().opinions_in(review)} == {True}


def test_a_wish_is_kept_in_its_own_words():
    wishes = [words for (side, _aspect), words in said("面料不错，希望能出加长款").items() if side == "wish"]
    assert wishes == ["希望能出加长款"]


def test_what_a_word_is_about_follows_the_kind_of_goods():
    reader = default_reader()
    assert {one.theme for one in reader.opinions_in("两个烂了", domain="food")} == {"taste"}
    assert {one.theme for one in reader.opinions_in("裤子穿一次就烂了", domain="apparel")} == {"quality"}
    assert {one.theme for one in reader.opinions_in("速度太慢", domain="electronics")} == {"performance"}
    assert reader.domain_of(["裤子掉色", "尺码偏小", "面料很薄"]) == "apparel" and reader.domain_of([]) == ""


def test_near_names_are_one_aspect_led_by_the_most_used():
    (screen, battery) = grouped({("屏幕", "performance", "bad"): 5, ("手机屏幕", "performance", "bad"): 2, ("屏幕", "performance", "good"): 3, ("电池", "performance", "bad"): 1})
    assert (screen.name, screen.names, screen.bad, screen.good) == ("屏幕", ("屏幕", "手机屏幕"), 7, 3)
    assert (battery.name, battery.bad) == ("电池", 1)


def test_one_review_counts_once_for_an_aspect():
    (zip_,) = [one for one in aspects_of(default_reader(), ["拉链很差，拉链坏了", "拉链很好"]) if one.name == "拉链"]
    assert (zip_.bad, zip_.good) == (1, 1)


def test_the_tone_of_a_review_is_told_and_its_model_survives_being_written():
    tone = default_tone()
    assert (tone.side("非常满意，质量很好，下次还会再来"), tone.side("太差了，非常失望，再也不买了")) == ("good", "bad")
    assert tone.score("") == 0.0 and tone.side("") == "unknown"
    assert read(written(tone)) == tone
