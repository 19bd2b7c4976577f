"""Titles by formula and prices with a floor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaibo.stages.listing import rules
from kaibo.stages.compliance.pricing import PriceGround, PriceLimits
from kaibo.stages.listing.rules import State, TitleLimit, TitleParts

LIMIT = TitleLimit("抖店", 60, "测试")


def test_a_title_is_brand_scenes_attributes_and_the_core_word():
    parts = TitleParts("双面呢外套", ("羊毛", "短款"), ("秋冬", "通勤"), "林夏")
    assert rules.build_title(parts) == "林夏秋冬通勤羊毛短款双面呢外套"
    assert rules.build_title(TitleParts("coat", ("wool", "100%"), (), "LX")) == "LX wool 100%coat"


@pytest.mark.parametrize(("text", "width"), [("", 0), ("外套", 4), ("coat", 4), ("ｃｏａｔ", 8), ("外套A", 5), ("。", 2), ("é", 1), ("é", 1)])
def test_chinese_and_full_width_characters_count_two(text, width):
    assert rules.width_of(text) == width


@given(st.text(max_size=80), st.integers(0, 80))
def test_a_cut_title_fits_and_one_more_character_would_not(text, most):
    kept = rules.cut_to_width(text, most)
    assert text.startswith(kept)
    assert rules.width_of(kept) <= most
    if kept != text:
        assert rules.width_of(kept) + rules.width_of(text[len(kept)]) > most


def codes(title, parts, hot=()):
    return [one.code for one in rules.title_complaints(title, parts, LIMIT, hot)]


def test_a_title_without_its_core_word_or_too_wide_is_stopped():
    parts = TitleParts("双面呢外套")
    assert codes("双面呢外套", parts) == []
    assert codes("好看的衣服", parts) == ["listing.core_word_missing"]
    assert codes("双面呢外套" + "字" * 25, parts) == []
    assert codes("双面呢外套" + "字" * 25 + "a", parts) == ["listing.title_too_long"]
    assert codes("外套", TitleParts("")) == ["listing.core_word_missing"]


def test_what_is_too_much_is_shown_exactly():
    complaint = rules.title_complaints("双面呢外套" + "字" * 25 + "多了", TitleParts("双面呢外套"), LIMIT, ())[0]
    assert "“多了”" in complaint.zh
    assert "64" in complaint.zh


def test_repeated_words_and_missing_hot_words_are_told_but_do_not_stop():
    parts = TitleParts("外套", ("羊毛",), ("羊毛",))
    found = rules.title_complaints(rules.build_title(parts), parts, LIMIT, ("小个子",))
    assert [(one.code, one.is_stop) for one in found] == [("listing.word_repeated", False), ("listing.no_hot_word", False)]
    assert codes("小个子羊毛外套", TitleParts("外套", ("羊毛",), ("小个子",)), ("小个子",)) == []


def test_words_are_read_as_people_write_them():
    assert rules.split_words("羊毛、短款, 通勤　羊毛；A/B".replace("　", " ")) == ("羊毛", "短款", "通勤", "A", "B")


GROUND = PriceGround("KB-1", cost_fen=20_000, list_fen=50_000, low_fen=18_000, high_fen=45_000, last_fen=None)
PRICES = [
    (19_999, "red"), (20_000, "run"), (25_000, "run"), (34_999, "run"), (35_000, "ok"), (50_000, "ok"), (65_000, "ok"), (65_001, "run"), (0, "red"), (-5, "red"),
]


@pytest.mark.parametrize(("price", "state"), PRICES)
def test_below_cost_is_refused_and_far_or_thin_prices_take_a_second_person(price, state):
    assert rules.check_price(price, GROUND, PriceLimits()).state == state


def test_the_margin_floor_is_exact():
    ground = PriceGround("KB-1", 8_000, 10_000)
    assert rules.check_price(10_000, ground, PriceLimits()).amber == ()
    assert len(rules.check_price(9_999, ground, PriceLimits()).amber) == 1


def test_the_price_in_force_counts_besides_the_list_price():
    ground = PriceGround("KB-1", 10_000, 50_000, last_fen=70_000)
    assert [en for _zh, en in rules.check_price(48_999, ground, PriceLimits()).amber] == ["more than 30% away from the price in force of ¥700"]


def test_leaving_the_competitors_band_is_told_only():
    check = rules.check_price(50_000, GROUND, PriceLimits())
    assert (check.state, len(check.note)) == ("ok", 1)
    assert rules.check_price(45_000, GROUND, PriceLimits()).note == ()


@given(price=st.integers(1, 10**7), cost=st.integers(0, 10**7), base=st.integers(1, 10**7))
def test_no_confirmation_lets_a_price_below_cost_through(price, cost, base):
    check = rules.check_price(price, PriceGround("x", cost, base), PriceLimits())
    if price < cost:
        with pytest.raises(rules.BelowCost):
            rules.refuse_price(check, is_confirmed=True)
    else:
        rules.refuse_price(check, is_confirmed=True)
        assert check.margin_bp <= 10_000


def test_a_withdrawn_page_can_go_up_again_and_a_draft_cannot_be_withdrawn():
    assert rules.STEPS.allows(State.WITHDRAWN, State.PUBLISHED)
    assert not rules.STEPS.allows(State.DRAFT, State.WITHDRAWN)
