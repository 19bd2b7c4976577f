"""The arithmetic of selection, and the rule for 高质中价 in labelled cases."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaibo.stages.selection import rules
from kaibo.stages.selection.rules import Economics, Inputs, Limits, Outcome, Rival, State

CHEAP = [Rival(f"低价款{n}", "甲", 9_900, 1_000 + n) for n in range(4)]
NICE = Rival("羊绒高定款", "乙", 129_900, 50_000, "手工双面缝")

CASES = [
    ("all cheap, quality just above", CHEAP, 100, 31, 20_000, Outcome.RECOMMENDED),
    ("all cheap, quality exactly at the line", CHEAP, 100, 30, 20_000, Outcome.NOT_MET),
    ("all cheap, quality below", CHEAP, 100, 5, 20_000, Outcome.NOT_MET),
    ("one main competitor does not sell on price", [*CHEAP, NICE], 100, 60, 20_000, Outcome.NOT_MET),
    ("nobody sells on price", [NICE, NICE, NICE], 100, 60, 20_000, Outcome.NOT_MET),
    ("a low-price word in the title is enough without a reference price", CHEAP[1:], 100, 60, None, Outcome.RECOMMENDED),
    ("two competitors are too few", CHEAP[:2], 100, 60, 20_000, Outcome.TOO_LITTLE),
    ("29 complaints are too few", CHEAP, 29, 29, 20_000, Outcome.TOO_LITTLE),
    ("30 complaints are enough", CHEAP, 30, 10, 20_000, Outcome.RECOMMENDED),
    ("no competitors at all", [], 100, 60, 20_000, Outcome.TOO_LITTLE),
    ("no complaints at all", CHEAP, 0, 0, 20_000, Outcome.TOO_LITTLE),
]


@pytest.mark.parametrize(("rivals", "complaints", "quality", "reference", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_high_quality_middle_price_is_recommended_exactly_when_both_conditions_hold(rivals, complaints, quality, reference, expected):
    verdict = rules.judge_high_quality_middle_price(Inputs(tuple(rivals), complaints, quality, reference), Limits())
    assert verdict.outcome is expected


def test_a_competitor_sells_on_price_by_a_word_or_by_its_price_and_the_sign_is_kept():
    word = rules.low_price_sign(Rival("外套", "甲", 50_000, 1, "工厂价直发"), reference_fen=40_000, low_price_bp=7_000)
    price = rules.low_price_sign(Rival("外套", "甲", 28_000, 1), reference_fen=40_000, low_price_bp=7_000)
    dear = rules.low_price_sign(Rival("外套", "甲", 28_001, 1), reference_fen=40_000, low_price_bp=7_000)
    blind = rules.low_price_sign(Rival("外套", "甲", 1, 1), reference_fen=None, low_price_bp=7_000)
    assert (word.word, word.is_cheap, word.sells_on_price) == ("工厂价", False, True)
    assert (price.word, price.sells_on_price) == ("", True)
    assert not dear.sells_on_price
    assert not blind.sells_on_price


def test_only_the_best_selling_competitors_count():
    unsold_and_dear = [Rival(f"没人买{n}", "丙", 200_000, 1) for n in range(5)]
    inputs = Inputs((*CHEAP, *unsold_and_dear), 100, 50, 20_000)
    assert rules.judge_high_quality_middle_price(inputs, Limits(main_count=4)).outcome is Outcome.RECOMMENDED
    assert rules.judge_high_quality_middle_price(inputs, Limits(main_count=5)).outcome is Outcome.NOT_MET


@given(complaints=st.integers(30, 5_000), quality=st.integers(0, 5_000), limit=st.integers(100, 9_900))
def test_what_would_change_the_verdict_does_change_it(complaints, quality, limit):
    quality = min(quality, complaints)
    limits = Limits(quality_share_bp=limit)

    def holds(more_quality: int, more_others: int) -> bool:
        inputs = Inputs(tuple(CHEAP), complaints + more_quality + more_others, quality + more_quality, 20_000)
        return rules.judge_high_quality_middle_price(inputs, limits).is_quality_bad

    verdict = rules.judge_high_quality_middle_price(Inputs(tuple(CHEAP), complaints, quality, 20_000), limits)
    if verdict.is_quality_bad:
        assert holds(0, verdict.others_to_fall - 1)
        assert not holds(0, verdict.others_to_fall)
    else:
        assert not holds(verdict.quality_to_cross - 1, 0)
        assert holds(verdict.quality_to_cross, 0)


MONEY = st.integers(0, 2_000_000)


def test_the_margin_after_returns_of_a_coat_is_exact():
    margin = rules.margin_after_returns(Economics(18_000, 59_900, 3_500, 600, 1_200, 1_500))
    # 6,500 kept × 599.00 = 3,893,500.00; goods 1,170,000.00; freight 60,000.00; returns 42,000.00; commission 584,025.00
    assert (margin.revenue_fen, margin.goods_fen, margin.freight_fen) == (389_350_000, 117_000_000, 6_000_000)
    assert (margin.return_loss_fen, margin.commission_fen, margin.profit_fen) == (4_200_000, 58_402_500, 203_747_500)
    assert margin.margin_bp == 5_233


@given(cost=MONEY, price=st.integers(1, 2_000_000), returns=st.integers(0, 9_900), freight=MONEY, loss=MONEY, commission=st.integers(0, 10_000))
def test_more_returns_never_raise_the_margin(cost, price, returns, freight, loss, commission):
    less = rules.margin_after_returns(Economics(cost, price, returns, freight, loss, commission))
    more = rules.margin_after_returns(Economics(cost, price, min(9_999, returns + 50), freight, loss, commission))
    assert more.margin_bp <= less.margin_bp + 1  # a rounded basis point
    assert less.profit_fen == less.revenue_fen - less.goods_fen - less.freight_fen - less.return_loss_fen - less.commission_fen


@given(cost=st.integers(1, 500_000), returns=st.integers(0, 9_000), freight=st.integers(0, 3_000), commission=st.integers(0, 3_000), floor=st.integers(0, 5_000))
def test_the_needed_price_reaches_the_floor_and_one_fen_less_does_not(cost, returns, freight, commission, floor):
    price = rules.price_for_margin(Economics(cost, 1, returns, freight, 500, commission), floor)
    reached = rules.margin_after_returns(Economics(cost, price, returns, freight, 500, commission))
    assert reached.margin_bp >= floor
    if price > 3:
        assert rules.margin_after_returns(Economics(cost, price - 3, returns, freight, 500, commission)).profit_fen < reached.profit_fen


def test_a_floor_that_commission_eats_up_has_no_price():
    assert rules.price_for_margin(Economics(100, 1, 0, 0, 0, 8_000), 2_000) is None


def test_a_thin_margin_is_refused_with_the_price_it_would_take():
    with pytest.raises(rules.MarginTooThin) as refused:
        rules.check_margin(Economics(8_000, 10_000, 0), floor_bp=3_000)
    assert refused.value.details["margin_bp"] == 2_000
    assert refused.value.details["needed_price"] == "114.28"
    assert rules.check_margin(Economics(7_000, 10_000, 0), floor_bp=3_000).margin_bp == 3_000


@pytest.mark.parametrize("wrong", [Economics(1, 0, 0), Economics(-1, 1, 0), Economics(1, 1, 10_000), Economics(1, 1, -1), Economics(1, 1, 0, 0, 0, 10_001)])
def test_impossible_economics_are_refused(wrong):
    with pytest.raises(rules.EconomicsImpossible):
        rules.margin_after_returns(wrong)


@pytest.mark.parametrize(
    ("points", "error"),
    [
        ([], rules.SellingPointsWrong), (["一", "二", "三", "四"], rules.SellingPointsWrong),
        (["九成羊毛，一成锦纶，手工双面缝制，经典翻领版型"], rules.SellingPointNotSpeakable), (["羊毛/羊绒"], rules.SellingPointNotSpeakable),
        (["货号20261122"], rules.SellingPointNotSpeakable),
    ],
)
def test_selling_points_a_host_cannot_say_are_refused(points, error):
    with pytest.raises(error):
        rules.check_selling_points(points)


def test_one_to_three_short_selling_points_pass():
    rules.check_selling_points(["九成羊毛不扎人"])
    rules.check_selling_points(["九成羊毛不扎人", "机洗不变形", "小个子不压身高"])


@given(st.lists(st.builds(Rival, st.just("货"), st.just("店"), st.integers(1, 3_000_000), st.integers(0, 100_000)), max_size=60))
def test_price_bands_hold_every_competitor_and_every_sale_once(rivals):
    bands = rules.price_bands(rivals)
    assert sum(band.products for band in bands) == len(rivals)
    assert sum(band.sales for band in bands) == sum(one.sales for one in rivals)
    assert len(bands) <= 10
    assert all(left.to_fen == right.from_fen for left, right in zip(bands, bands[1:], strict=False))


def test_the_price_span_is_where_the_sold_pieces_lie():
    span = rules.price_span([Rival("a", "", 10_000, 100), Rival("b", "", 20_000, 700), Rival("c", "", 90_000, 200)])
    assert (span.low_fen, span.middle_fen, span.high_fen, span.products) == (20_000, 20_000, 20_000, 3)
    even = rules.price_span([Rival("a", "", fen, 1) for fen in (100, 200, 300, 400)])
    assert (even.low_fen, even.middle_fen, even.high_fen) == (100, 200, 300)
    assert rules.price_span([]) is None


def test_decided_candidates_are_final():
    assert rules.STEPS.is_final(State.APPROVED)
    assert rules.STEPS.is_final(State.REJECTED)
    assert not rules.STEPS.allows(State.DRAFT, State.APPROVED)
