"""Titles proposed by rule, their neighbours, and what one press mends."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kaibo.language.screening import Hit
from kaibo.stages.listing.rules import TitleLimit, TitleParts, width_of
from kaibo.stages.listing.titles import (
    HotFigure,
    KnownTitle,
    TitleFacts,
    fits_product,
    growth_of,
    guess_core,
    likeness_bp,
    neighbour_complaints,
    propose,
    rewrites,
    words_in,
)

LIMIT = TitleLimit("抖店", 60, "")
FACTS = TitleFacts(
    "双面呢外套", "", ("羊毛", "短款", "手工缝制", "显高"), ("小个子", "秋冬", "通勤"),
    (HotFigure("小个子双面呢", 48_210, 3_200, 30), HotFigure("通勤外套女", 32_000), HotFigure("韩系短外套", 12_000, 9_000, 30)),
    (KnownTitle("秋冬羊毛短款双面呢外套", "竞品"),), LIMIT,
)


def hit(title: str, word: str, rewrite: str | None) -> Hit:
    at = title.index(word)
    return Hit(at, at + len(word), word, "absolute", "block", "广告法第九条", "删去", rewrite)


def test_every_proposal_holds_the_core_word_and_fits():
    for one in propose(FACTS, similar_bp=7_500):
        assert one.title.endswith("双面呢外套")
        assert one.width == width_of(one.title) <= 60


def test_a_search_word_that_runs_into_the_core_word_is_written_once():
    best = propose(FACTS, similar_bp=7_500)[0]
    assert "小个子双面呢外套" in best.title
    assert best.title.count("双面呢") == 1
    assert best.way == "search"
    assert "30 天涨 32 %" in best.reasons_zh[1]


def test_the_rising_word_leads_where_growth_is_asked_for():
    rising = next(one for one in propose(FACTS, similar_bp=7_500) if one.way == "rising")
    assert rising.title.startswith("韩系短外套")


def test_a_copy_of_a_rivals_title_loses_the_points_of_difference():
    bare = TitleFacts("双面呢外套", "", ("羊毛", "短款"), ("秋冬",), (), FACTS.others, LIMIT)
    copied = propose(bare, similar_bp=7_500)[0]
    alone = propose(TitleFacts("双面呢外套", "", ("羊毛", "短款"), ("秋冬",), (), (), LIMIT), similar_bp=7_500)[0]
    assert (copied.title, alone.points - copied.points) == (alone.title, 20)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the first draw waits for a busy machine
@given(st.lists(st.text("羊毛绒短长款秋冬通勤小个子", min_size=1, max_size=6), max_size=12), st.integers(20, 90))
def test_no_proposal_is_ever_too_wide(words, most):
    facts = TitleFacts("外套", "", tuple(words[:6]), tuple(words[6:]), (HotFigure("短外套", 5),), (), TitleLimit("x", most, ""))
    assert all(width_of(one.title) <= most for one in propose(facts, similar_bp=7_500))


def test_likeness_counts_common_pairs():
    assert likeness_bp("羊毛外套", "羊毛外套") == 10_000
    assert likeness_bp("羊毛外套", "羊毛大衣") == 2_000  # 羊毛 of 羊毛 毛外 外套 毛大 大衣
    assert likeness_bp("羊毛外套", "牛仔裤") == 0


def test_own_and_rivals_near_copies_are_told_apart():
    others = (KnownTitle("羊毛短款双面呢外套女", "自播间", "/x", is_own=True), KnownTitle("羊毛短款双面呢外套", "云上羊绒"))
    own, rival = sorted(neighbour_complaints("羊毛短款双面呢外套", others, similar_bp=7_500), key=lambda one: "竞品" in one.zh)
    assert "互相抢位置" in own.zh
    assert "照抄" in rival.zh
    assert not own.is_stop


def test_a_forbidden_word_is_replaced_or_left_out_by_one_press():
    title = "驰名商标羊毛外套"
    parts = TitleParts("外套", ("羊毛",))
    assert rewrites(title, parts, LIMIT, [hit(title, "驰名商标", "知名品牌")])[0].title == "知名品牌羊毛外套"
    assert rewrites(title, parts, LIMIT, [hit(title, "驰名商标", "")])[0].title == "羊毛外套"
    assert rewrites(title, parts, LIMIT, [hit(title, "驰名商标", None)])[0].title == "羊毛外套"


def test_a_missing_core_word_repetition_and_length_have_each_their_press():
    assert rewrites("羊毛短款", TitleParts("外套"), LIMIT, [])[0].title == "羊毛短款外套"
    assert rewrites("羊毛羊毛外套", TitleParts("外套", ("羊毛",)), LIMIT, [])[0].title == "羊毛外套"
    long = "秋冬通勤" + "好看的" * 12 + "外套"
    shortened = rewrites(long, TitleParts("外套", (), ("秋冬", "通勤")), LIMIT, [])[0].title
    assert width_of(shortened) <= 60
    assert shortened.endswith("外套")


def test_a_title_that_stands_offers_no_press():
    assert rewrites("秋冬羊毛外套", TitleParts("外套", ("羊毛",), ("秋冬",)), LIMIT, []) == []


@pytest.mark.parametrize(("title", "core"), [("短款羊毛双面呢外套", "双面呢外套"), ("加绒直筒牛仔裤", "牛仔裤"), ("羊毛袜 三双装", "羊毛袜")])
def test_the_core_word_is_guessed_from_the_products_name(title, core):
    assert guess_core(title, ["双面呢外套", "外套", "牛仔裤", "羊毛袜", "袜"]) == core


def test_words_are_found_longest_first_and_once():
    assert words_in(["手工缝制的手工缝", "儿女都爱", "外套女"], ["手工", "手工缝制", "手工缝", "女"]) == ("手工缝制", "手工缝", "女")


@pytest.mark.parametrize(("word", "fits"), [("小个子双面呢", True), ("短款外套", True), ("加绒牛仔裤", False), ("羊绒围巾", False), ("赫本风", False), ("羊毛大衣", True)])
def test_a_search_word_is_only_said_of_goods_it_fits(word, fits):
    texts = ["短款羊毛", "九成羊毛手工缝制", "短款显高小个子不压身"]
    assert fits_product(word, "双面呢外套", texts, ["牛仔裤", "围巾", "双面呢外套", "短外套"]) is fits


def test_growth_takes_two_days_and_a_beginning():
    assert growth_of([(10, 100), (40, 132)]) == (3_200, 30)
    assert growth_of([(10, 100)]) is None
    assert growth_of([(10, 0), (40, 5)]) is None
