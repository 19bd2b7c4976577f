"""Price forms to the fen, what buyers say they would pay, what own sales answered, and how large a trial must be."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaibo.stages.selection import elasticity, pricing, probability, trials, willingness
from kaibo.stages.selection.pricing import Form, Other, Terms, offer_of
from kaibo.stages.selection.rules import Economics, margin_after_returns
from kaibo.stages.selection.willingness import Limits, price_ladder, price_sensitivity

COAT = Economics(cost_fen=18_000, price_fen=59_900, return_bp=3_500, freight_fen=600, return_loss_fen=1_200, commission_bp=1_500)
SCARF = Economics(cost_fen=4_000, price_fen=20_100, return_bp=2_000, freight_fen=600, return_loss_fen=500, commission_bp=1_500)


# Forms


def test_a_single_piece_without_a_coupon_is_the_plain_margin():
    offer = offer_of(COAT, Terms(Form.SINGLE))
    assert (offer.margin, offer.paid_fen, offer.off_bp) == (margin_after_returns(COAT), 59_900, 0)


def test_a_second_piece_at_half_price_saves_one_freight_and_pays_both_goods():
    offer = offer_of(COAT, Terms(Form.TIER, pieces=2, second_bp=5_000))
    # per 10,000 purchases: 6,500 kept of each piece; 59,900 + 29,950 paid; one freight; two pieces may come back
    revenue = 6_500 * (59_900 + 29_950)
    assert offer.paid_fen == 89_850
    assert offer.margin.revenue_fen == revenue
    assert offer.profit_fen == revenue - 6_500 * 36_000 - 10_000 * 600 - 3_500 * 2_400 - revenue * 15 // 100
    assert offer.off_bp == 2_500


def test_a_coupon_costs_only_where_the_goods_are_kept():
    plain, with_coupon = offer_of(COAT, Terms(Form.SINGLE)), offer_of(COAT, Terms(Form.SINGLE, coupon_fen=3_000, coupon_use_bp=4_000))
    assert with_coupon.coupon_fen == 10_000 * 3_000 * 40 // 100 * 65 // 100
    assert plain.profit_fen - with_coupon.profit_fen == with_coupon.coupon_fen


def test_an_early_bird_pays_less_only_for_those_who_come_early():
    early = offer_of(COAT, Terms(Form.EARLY_BIRD, off_bp=1_000, share_bp=3_000))
    all_early, nobody = offer_of(COAT, Terms(Form.EARLY_BIRD, off_bp=1_000)), offer_of(COAT, Terms(Form.SINGLE))
    assert early.paid_fen == 53_910
    assert abs(early.profit_fen - (3 * all_early.profit_fen + 7 * nobody.profit_fen) // 10) <= 5


def test_a_bundle_splits_what_is_paid_to_the_fen_and_each_piece_comes_back_at_its_own_rate():
    offer = offer_of(COAT, Terms(Form.BUNDLE, off_bp=1_000), others=[Other("围巾", SCARF)])
    assert (offer.list_fen, offer.paid_fen) == (80_000, 72_000)
    assert offer.margin.revenue_fen == 6_500 * 53_910 + 8_000 * 18_090
    assert offer.margin.freight_fen == 10_000 * 600


def test_value_based_pricing_stands_on_the_competitors_middle_price():
    assert offer_of(COAT, Terms(Form.VALUE, over_bp=3_000), middle_fen=50_000).paid_fen == 65_000
    with pytest.raises(pricing.FormImpossible):
        offer_of(COAT, Terms(Form.VALUE, over_bp=3_000))


@pytest.mark.parametrize("terms", [Terms(Form.TIER, pieces=1), Terms(Form.TIER, pieces=2, second_bp=0), Terms(Form.PENETRATION, off_bp=10_000), Terms(Form.BUNDLE)])
def test_forms_that_give_goods_away_or_lack_a_part_are_refused(terms):
    with pytest.raises(pricing.FormImpossible):
        offer_of(COAT, terms)


@given(
    st.integers(1, 10_000_00), st.integers(0, 5_000_00), st.integers(0, 9_999), st.integers(0, 10_000), st.integers(0, 9_000), st.integers(2, 5),
    st.integers(1, 10_000), st.integers(0, 5_000), st.integers(0, 10_000),
)  # fmt: skip
def test_every_form_adds_up_to_the_fen(price, cost, returned, commission, off, pieces, second, coupon, use):
    one = Economics(cost, price, returned, 600, 900, commission)
    for terms in (Terms(Form.SINGLE, coupon_fen=coupon, coupon_use_bp=use), Terms(Form.TIER, pieces=pieces, second_bp=second), Terms(Form.EARLY_BIRD, off_bp=off, share_bp=use), Terms(Form.BUNDLE, off_bp=off)):
        try:
            offer = offer_of(one, terms, others=[Other("x", SCARF)])
        except pricing.FormImpossible:
            continue
        m = offer.margin
        assert offer.profit_fen == m.revenue_fen - m.goods_fen - m.freight_fen - m.return_loss_fen - m.commission_fen - offer.coupon_fen
        assert 0 < offer.paid_fen <= offer.list_fen


def test_the_room_for_a_price_lies_between_margin_floor_and_what_buyers_bear():
    room = pricing.room_of(pricing.Inputs(COAT, 3_000, 30_000, 50_000, 60_000, power_high_fen=58_000, host_bp=500, budget_fen=100_000, demand_units=100))
    assert (room.ceiling_fen, room.ceiling_by, room.budget_each_fen) == (58_000, "power", 1_000)
    with_budget = Economics(18_000, room.floor_fen, 3_500, 1_600, 1_200, 1_500)
    assert margin_after_returns(with_budget).margin_bp >= 3_000
    without = pricing.room_of(pricing.Inputs(COAT, 3_000, 30_000, 50_000, 60_000, host_bp=500))
    assert (without.ceiling_fen, without.ceiling_by, without.budget_each_fen) == (63_000, "competitors", None)


# What buyers say


def asked(n: int, seed: int = 7) -> list[Limits]:
    """Answers spread evenly around 100, 200, 300 and 400 yuan, by the same amount: every crossing is known."""
    return [Limits(10_000 - 5_000 + shift, 20_000 - 5_000 + shift, 30_000 - 5_000 + shift, 40_000 - 5_000 + shift) for shift in (10_000 * k // (n - 1) for k in range(n))]


def test_even_answers_cross_where_symmetry_says():
    found = price_sensitivity(asked(201))
    # each curve is a straight line 10,000 fen wide: cheap falls 15,000–25,000, expensive rises 25,000–35,000: they meet at 25,000, as do the outer two
    for name, fen in (("cheapest", 15_000), ("indifferent", 25_000), ("optimal", 25_000), ("dearest", 35_000)):
        point = getattr(found, name)
        assert abs(point.fen - fen) <= 100, name
        assert point.low_fen <= point.fen <= point.high_fen


def test_the_interval_narrows_with_more_people_and_holds_the_truth():
    chance = random.Random(3)

    def people(n):
        return [Limits(*sorted((round(chance.gauss(middle, 2_000)) for middle in (10_000, 20_000, 30_000, 40_000)))) for _ in range(n)]

    few, many = price_sensitivity(people(40)), price_sensitivity(people(640))
    assert few.indifferent.low_fen <= 25_000 <= few.indifferent.high_fen
    assert many.indifferent.high_fen - many.indifferent.low_fen < (few.indifferent.high_fen - few.indifferent.low_fen) * 2 // 3


def test_too_few_answers_or_contradictions_give_no_price():
    assert price_sensitivity(asked(19)) is None
    with pytest.raises(willingness.LimitsCrossed):
        price_sensitivity([*asked(30), Limits(10_000, 9_000, 30_000, 40_000)])


def test_the_ladder_finds_the_price_with_the_highest_profit_of_a_known_demand():
    # 100 people; 90 would pay 100, 70 pay 150, 40 pay 200, 10 pay 250; a piece costs 50: profit 45, 70, 60, 20 yuan a head
    said = [{10_000: n < 90, 15_000: n < 70, 20_000: n < 40, 25_000: n < 10} for n in range(100)]
    found = price_ladder(said, profit_each_fen=lambda fen: fen - 5_000)
    assert [(one.price_fen, one.share_bp, one.profit_fen) for one in found.steps] == [
        (10_000, 9_000, 45_000_000), (15_000, 7_000, 70_000_000), (20_000, 4_000, 60_000_000), (25_000, 1_000, 20_000_000),
    ]  # fmt: skip
    assert found.best.price_fen == 15_000
    assert found.best_low_fen == 15_000 and found.best_high_fen in (15_000, 20_000)
    assert 8_000 <= found.won_bp <= 10_000


def test_neighbours_that_contradict_each_other_are_pooled():
    said = [{10_000: n < 10, 20_000: n < 14} for n in range(40)]
    found = price_ladder(said, profit_each_fen=lambda fen: fen)
    assert [(one.share_bp, one.smooth_bp) for one in found.steps] == [(2_500, 3_000), (3_500, 3_000)]


def test_one_price_or_few_people_make_no_ladder():
    assert price_ladder([{10_000: True}] * 50, profit_each_fen=lambda fen: fen) is None
    assert price_ladder([{10_000: True, 20_000: False}] * 19, profit_each_fen=lambda fen: fen) is None


# What own sales answered


def days_of(chance: random.Random, true: float, n: int, *, shape: float = 0.0, reach: bool = False) -> list[elasticity.Day]:
    found = []
    for _ in range(n):
        price = chance.choice([40_000, 45_000, 50_000, 55_000, 60_000])
        reached = chance.randint(500, 3_000) if reach else 0
        mean = 40 * (price / 50_000) ** true * (reached / 1_000 if reach else 1)
        if shape:
            mean *= chance.gammavariate(shape, 1 / shape)
        found.append(elasticity.Day(price, poisson(chance, mean), reached))
    return found


def poisson(chance: random.Random, mean: float) -> int:
    count, left = 0, math.exp(-min(mean, 600.0))
    product = chance.random()
    while product > left:
        count += 1
        product *= chance.random()
    return count


def test_a_known_elasticity_is_found_with_viewers_as_exposure():
    found = elasticity.elasticity(days_of(random.Random(1), -1.8, 60, reach=True))
    assert found.by_reach and found.low < -1.8 < found.high and found.is_sure


@pytest.mark.parametrize(("shape", "n"), [(0.0, 12), (4.0, 12), (4.0, 40)], ids=["plain counts, few days", "restless days, few", "restless days, many"])
def test_the_interval_holds_the_truth_as_often_as_it_says(shape, n):
    chance = random.Random(11)
    held = told = 0
    for _ in range(300):
        found = elasticity.elasticity(days_of(chance, -1.5, n, shape=shape))
        if isinstance(found, elasticity.Answer):
            told += 1
            held += found.low <= -1.5 <= found.high
    assert told >= 280
    assert 0.91 <= held / told <= 0.99, held / told


def test_it_says_what_is_missing_instead_of_guessing():
    day = elasticity.Day
    assert elasticity.elasticity([day(50_000, 10)] * 7) == elasticity.TooLittle("few_days", 7, 8)
    assert elasticity.elasticity([day(50_000, 1)] * 9) == elasticity.TooLittle("few_units", 9, 30)
    assert elasticity.elasticity([day(50_000, 10)] * 8 + [day(52_000, 9)]) == elasticity.TooLittle("flat", 400, 500)


def test_predictions_stay_near_what_was_asked_and_the_best_price_is_where_theory_puts_it():
    # with elasticity −2 and cost c per piece the best price is 2c
    found = elasticity.elasticity(days_of(random.Random(5), -2.0, 200))
    points = elasticity.predictions(found, profit_each_fen=lambda fen: fen - 25_000, most=41)
    best = elasticity.best_of(points)
    assert (points[0].price_fen, points[-1].price_fen) == (32_000, 72_000)
    assert best.low_fen <= 50_000 <= best.high_fen
    assert abs(best.price.price_fen - 50_000) <= 6_000
    assert [one.is_outside for one in points[:3]] == [True, True, True]
    assert all(one.units_low <= one.units <= one.units_high and one.profit_low_fen <= one.profit_fen <= one.profit_high_fen for one in points)


# Trials

PLAN = trials.Plan(usual_bp=200, worth_bp=150, viewers_a_day=800, profit_each_fen=9_000, return_limit_bp=4_000, loss_limit_fen=200_000, fixed_fen=50_000)


def test_the_size_keeps_both_chances_exactly_and_is_near_the_textbook():
    size = trials.size_of(PLAN)
    assert size.false_bp <= 500 and size.power_bp >= 8_000
    assert 600 <= size.viewers <= 900  # (1.645√(.02·.98) + .842√(.035·.965))² / .015² = 659, and exact binomials take a little more
    assert size.days == -(-size.viewers // 800)


def test_false_passes_and_true_passes_happen_as_often_as_planned():
    size, chance = trials.size_of(PLAN), random.Random(2)
    for share, low, high in ((0.02, 0.02, 0.08), (0.035, 0.77, 0.9)):
        passed = 0
        for _ in range(600):
            buyers = sum(chance.random() < share for _ in range(size.viewers))
            passed += trials.judge_trial(PLAN, size, trials.Seen(size.viewers, buyers, buyers, 0, 0)).ending is trials.Ending.PASSED
        assert low <= passed / 600 <= high, (share, passed)


def test_quality_goes_first_and_losses_and_hopelessness_stop_early():
    size = trials.size_of(PLAN)
    good = size.buyers_to_pass + 5
    assert trials.judge_trial(PLAN, size, trials.Seen(size.viewers, good, good, good // 2 + 1, 0)).ending in (trials.Ending.FAILED, trials.Ending.STOP_RETURNS)
    assert trials.judge_trial(PLAN, size, trials.Seen(300, 30, 30, 25, 0)).ending is trials.Ending.STOP_RETURNS
    assert trials.judge_trial(PLAN, size, trials.Seen(300, 8, 8, 0, -200_001)).ending is trials.Ending.STOP_LOSS
    assert trials.judge_trial(PLAN, size, trials.Seen(300, 8, 8, 0, -200_000)).ending is trials.Ending.RUNNING
    assert trials.judge_trial(PLAN, size, trials.Seen(size.viewers - 50, 2, 2, 0, 0)).ending is trials.Ending.FUTILE


def test_a_trial_that_sells_well_early_is_not_passed_before_its_size():
    size = trials.size_of(PLAN)
    early = trials.judge_trial(PLAN, size, trials.Seen(size.viewers - 1, size.buyers_to_pass + 10, size.buyers_to_pass + 10, 0, 90_000))
    assert early.ending is trials.Ending.RUNNING
    assert trials.judge_trial(PLAN, size, trials.Seen(size.viewers, size.buyers_to_pass, size.buyers_to_pass, 0, 0)).ending is trials.Ending.PASSED
    assert trials.judge_trial(PLAN, size, trials.Seen(size.viewers, size.buyers_to_pass - 1, size.buyers_to_pass - 1, 0, 0)).ending is trials.Ending.FAILED


@pytest.mark.parametrize("broken", [{"usual_bp": 0}, {"worth_bp": 0}, {"worth_bp": 9_900}, {"viewers_a_day": 0}, {"false_bp": 5_000}, {"power_bp": 4_000}])
def test_a_plan_nobody_can_carry_out_is_refused(broken):
    from dataclasses import replace

    with pytest.raises(trials.TrialImpossible):
        trials.size_of(replace(PLAN, **broken))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(0, 61), st.integers(1, 99))
def test_the_binomial_tail_equals_the_sum_of_its_terms(n, k, percent):
    share = percent / 100
    exact = sum(math.comb(n, i) * share**i * (1 - share) ** (n - i) for i in range(k, n + 1))
    assert trials.at_least(k, n, share) == pytest.approx(exact, abs=1e-9)


def test_student_wilson_and_chi_square_give_the_values_of_the_tables():
    assert [round(probability.t_of(9_500, n), 3) for n in (1, 5, 30)] == [12.706, 2.571, 2.042]
    assert round(probability.t_of(9_900, 10), 3) == 3.169
    assert probability.wilson_bp(10, 100) == (552, 1_744)
    assert round(probability.chi_square_above(3.841459), 4) == 0.05


def test_a_slip_of_the_finger_is_no_price_of_these_goods_and_is_said():
    days = [elasticity.Day(price, units) for price, units in ((59_900, 4), (54_900, 5), (62_900, 4), (49_900, 7), (56_900, 5), (65_900, 3), (59_900, 4), (54_900, 5), (49_900, 6))]
    clean, bent = elasticity.elasticity(days), elasticity.elasticity([*days, elasticity.Day(599, 1), elasticity.Day(599_000, 1)])
    assert (bent.elasticity, bent.cheapest_fen, bent.dearest_fen, bent.left_out) == (clean.elasticity, 49_900, 65_900, 2)
    assert clean.left_out == 0


@pytest.mark.parametrize(("price", "stays"), [(50_000, True), (49_999, False), (200_000, True), (200_001, False)])
def test_half_and_twice_the_middle_price_still_count(price, stays):
    days = [elasticity.Day(100_000, 3)] * 5 + [elasticity.Day(price, 1)]
    assert (len(elasticity.plausible(days)) == 6) is stays
