"""The price guard: slips of the finger, limits, and how high a struck-through price may be."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaibo.stages.compliance import pricing
from kaibo.stages.compliance.pricing import (
    Basis,
    DealLevel,
    Kind,
    PriceGround,
    PriceLimits,
    Slip,
    Suggested,
    guard,
    judge_struck,
    slip_between,
)

LIMITS = PriceLimits(floor_bp=2_000, deviation_bp=3_000)
THEN = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)

SLIPS = [
    (1_990, 19_900, Slip.TENTH), (199_000, 19_900, Slip.TENFOLD), (199, 19_900, Slip.YUAN_FOR_FEN), (1_990_000, 19_900, Slip.FEN_FOR_YUAN),
    (1_900, 19_900, Slip.DIGIT_LOST), (9_900, 19_900, Slip.DIGIT_LOST), (199_900, 19_900, Slip.DIGIT_TOO_MANY), (91_900, 19_900, Slip.SWAPPED),
    (18_900, 19_800, Slip.SWAPPED), (79_900, 19_900, Slip.WRONG_DIGIT), (19_900, 19_900, None), (25_000, 19_900, None), (28_800, 19_900, None),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "meant", "slip"), SLIPS)
def test_a_slip_of_the_finger_is_named(typed, meant, slip):
    assert slip_between(typed, meant) is slip


@given(meant=st.integers(100, 10**7), place=st.integers(0, 7))
def test_whatever_digit_is_lost_a_slip_is_seen(meant, place):
    digits = str(meant)
    typed = digits[: place % len(digits)] + digits[place % len(digits) + 1 :]
    if int(typed) > 0 and not typed.startswith("0"):
        assert slip_between(int(typed), meant) in {Slip.DIGIT_LOST, Slip.TENTH}


@given(meant=st.integers(100, 10**7), place=st.integers(0, 6))
def test_whatever_neighbours_are_swapped_a_slip_is_seen(meant, place):
    digits = list(str(meant))
    at = place % (len(digits) - 1)
    digits[at], digits[at + 1] = digits[at + 1], digits[at]
    typed = "".join(digits)
    if typed != str(meant) and typed[0] != "0":
        assert slip_between(int(typed), meant) is Slip.SWAPPED


@given(one=st.integers(1, 10**7), other=st.integers(1, 10**7))
def test_what_is_lost_one_way_is_too_much_the_other_way(one, other):
    turned = {Slip.DIGIT_LOST: Slip.DIGIT_TOO_MANY, Slip.DIGIT_TOO_MANY: Slip.DIGIT_LOST, Slip.TENTH: Slip.TENFOLD, Slip.TENFOLD: Slip.TENTH,
              Slip.YUAN_FOR_FEN: Slip.FEN_FOR_YUAN, Slip.FEN_FOR_YUAN: Slip.YUAN_FOR_FEN}  # fmt: skip
    slip = slip_between(one, other)
    assert slip_between(other, one) is turned.get(slip, slip)


def test_the_guard_explains_a_missing_digit_in_words_with_its_figure():
    found = guard(1_990, PriceGround("KB-1", 9_000, 25_900, last_fen=21_900, deal_fen=19_900), LIMITS)
    assert [one.kind for one in found] == [Kind.BELOW_COST, Kind.FAR_FROM_LIST, Kind.FAR_FROM_LAST, Kind.SLIP]
    assert found[-1].zh == "您写的是 ¥19.90，近 7 日成交最低 ¥199：像少写一位"
    assert found[-1].en == "you wrote ¥19.90, the lowest deal of 7 days is ¥199: looks like a digit is missing"


def test_two_digits_swapped_within_the_limit_are_told_and_stop_nothing():
    found = guard(18_900, PriceGround("KB-1", 9_000, 19_800, deal_fen=19_800), LIMITS)
    assert [(one.kind, one.weight) for one in found] == [(Kind.SLIP, "note")]


def test_an_everyday_price_step_is_no_slip():
    assert guard(18_900, PriceGround("KB-1", 9_000, 19_900, deal_fen=19_900), LIMITS) == ()


@given(price=st.integers(-5, 10**7), cost=st.integers(0, 10**7), base=st.integers(0, 10**7), deal=st.one_of(st.none(), st.integers(1, 10**7)))
def test_a_price_below_cost_is_always_red_and_only_that_is(price, cost, base, deal):
    found = guard(price, PriceGround("x", cost, base, deal_fen=deal), LIMITS)
    assert any(one.weight == "red" for one in found) == (price < cost or price <= 0)


# How high a struck-through price may be

CASES = [
    (29_900, DealLevel(3, 29_900), True, Basis.LOWEST_DEAL),
    (29_901, DealLevel(3, 29_900), False, Basis.LOWEST_DEAL),
    (35_900, DealLevel(0, None, 35_900, THEN), True, Basis.LAST_DEAL),
    (36_000, DealLevel(0, None, 35_900, THEN), False, Basis.LAST_DEAL),
    (29_900, DealLevel(3, 29_900, 50_000, THEN), True, Basis.LOWEST_DEAL),
    (45_000, DealLevel(3, 29_900, 50_000, THEN), False, Basis.LOWEST_DEAL),
    (29_900, DealLevel(), False, None),
]


@pytest.mark.parametrize(("struck", "level", "is_allowed", "basis"), CASES)
def test_a_struck_price_is_no_higher_than_the_lowest_deal_or_the_last_one(struck, level, is_allowed, basis):
    verdict = judge_struck(struck, 19_900, level)
    assert (verdict.is_allowed, verdict.basis) == (is_allowed, basis)


def test_a_refused_struck_price_says_what_it_is_above_and_by_which_article():
    verdict = judge_struck(199_000, 9_900, DealLevel(2, 19_900))
    assert verdict.zh == "划线价 ¥1,990 高于近 7 日最低成交价 ¥199（近 7 日 2 笔）；像多写一位"
    assert verdict.source == "明码标价和禁止价格欺诈规定第十六条"


def test_a_suggested_price_stands_only_named_and_proved():
    proved = judge_struck(39_900, 19_900, DealLevel(), Suggested(39_900, "品牌方函 2026-08"))
    assert (proved.is_allowed, proved.label_zh) == (True, "厂商建议零售价")
    assert not judge_struck(39_900, 19_900, DealLevel(), Suggested(39_900, " ")).is_allowed
    assert not judge_struck(39_901, 19_900, DealLevel(), Suggested(39_900, "品牌方函 2026-08")).is_allowed


def test_nothing_off_is_no_comparison():
    assert not judge_struck(19_900, 19_900, DealLevel(3, 29_900)).is_allowed


@given(
    struck=st.integers(1, 10**6), price=st.integers(1, 10**6), lowest=st.one_of(st.none(), st.integers(1, 10**6)),
    last=st.one_of(st.none(), st.integers(1, 10**6)),
)  # fmt: skip
def test_without_a_suggested_price_nothing_above_the_deals_is_ever_allowed(struck, price, lowest, last):
    level = DealLevel(1 if lowest is not None else 0, lowest, last, THEN if last else None)
    ground = lowest if lowest is not None else last
    assert judge_struck(struck, price, level).is_allowed == (ground is not None and price < struck <= ground)


def test_every_slip_has_words_in_both_languages():
    assert set(pricing.SLIP_WORDS) == set(Slip)
