"""Percentiles, intervals, figures and causes, without a database; every number is worked out beside it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaibo.stages.analytics import causes
from kaibo.stages.analytics import picture as pictures
from kaibo.stages.analytics.causes import causes_of, topic_of
from kaibo.stages.analytics.figures import counts, figure_rows
from kaibo.stages.analytics.rules import difference_of_shares, percentile
from tests.make.analytics import make_picture, make_stats

LIMITS = {"min_sample": 30, "return_line_bp": 3_000}


@pytest.mark.parametrize(
    ("value", "history", "place"),
    [(9, [1, 2, 3, 4, 5, 6, 7, 8, 10, 11], 80), (5, [5], 50), (1, [2, 3], 0), (4, [2, 3], 100), (3, [], None), (5, [5, 5, 1, 9], 50)],
)
def test_a_percentile_is_the_share_below_with_equals_counted_half(value, history, place):
    assert percentile(value, history) == place


def test_an_interval_that_excludes_zero_says_below():
    # 19/1000 against 31/1000: −1.2 points; Agresti–Caffo half-width 1.38 points keeps zero inside, ten times the people does not
    assert difference_of_shares(19, 1_000, 31, 1_000).is_below is False
    clear = difference_of_shares(190, 10_000, 310, 10_000)
    assert (clear.difference_bp, clear.low_bp, clear.high_bp, clear.is_below) == (-120, -163, -77, True)


def test_a_share_of_nothing_has_no_interval():
    assert difference_of_shares(0, 0, 3, 10) is None


@given(st.integers(0, 300), st.integers(1, 300), st.integers(0, 300), st.integers(1, 300))
def test_an_interval_turned_round_is_its_mirror(part, whole, other, other_whole):
    part, other = min(part, whole), min(other, other_whole)
    here, there = difference_of_shares(part, whole, other, other_whole), difference_of_shares(other, other_whole, part, whole)
    assert (here.low_bp, here.high_bp) == (-there.high_bp, -there.low_bp)
    assert not (here.is_below and here.is_above)


def test_every_figure_is_its_numerator_over_its_denominator():
    found = counts(make_picture(), spend_fen=400_000)
    assert {key: value for key, (value, _part, _whole) in found.items()} == {
        "net": 2_400_000, "gross": 3_000_000, "contribution": 1_000_000,  # 2,400,000 − 1,000,000 − 400,000
        "viewers": 1_000, "views": 1_400, "expose": 800, "peak": 0, "dwell": 65, "interaction": 580, "click": 3_750, "conversion": 500, "orders": 52,
        "basket": 60_000, "unit_price": 50_000, "gpm": 2_142_857, "uv_value": 3_000, "refund": 1_923, "roi": 60_000,
    }  # fmt: skip
    assert found["gpm"] == (2_142_857, 3_000_000, 1_400)


def test_without_spend_there_is_no_roi_rather_than_an_endless_one():
    assert "roi" not in counts(make_picture())


def test_a_session_nobody_saw_has_no_shares():
    found = counts(make_picture(viewers=0, views=0, paid_people=0, paid_units=0, paid_orders=0))
    assert [found[key][0] for key in ("interaction", "conversion", "gpm", "uv_value", "basket", "refund")] == [None] * 6


def test_a_figure_stands_beside_target_history_and_platform_and_the_difference_is_shown():
    history = [(make_picture(paid_people=n), None) for n in (10, 20, 30, 60)]
    rows = {one.key: one for one in figure_rows(make_picture(), history, targets={"conversion": (300, "INS-2")}, platform={"viewers": (1_012, "douyin")})}
    assert (rows["conversion"].percentile, rows["conversion"].history_count, rows["conversion"].meets_target) == (75, 4, True)
    assert (rows["viewers"].value, rows["viewers"].platform_value, rows["viewers"].platform_difference) == (1_000, 1_012, -12)


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_net_sales_never_exceed_gross(gross, refunded):
    picture = make_picture(gross_fen=gross, refunded_fen=min(gross, refunded))
    assert counts(picture)["net"][0] == gross - min(gross, refunded)


def test_a_picture_comes_back_from_json_as_it_was():
    picture = make_picture(items=(make_stats("a", 10, 2, questions={"size": 3}),))
    assert pictures.from_json(pictures.to_json(picture)) == picture


@pytest.mark.parametrize(
    ("line", "topic"),
    [("160 斤穿多大码？", "size"), ("什么时候发货", "delivery"), ("起球吗", "fabric"), ("尺码很准", ""), ("主播好美", ""), ("有没有优惠券", "price")],
)
def test_only_a_question_has_a_topic(line, topic):
    assert topic_of(line) == topic


def test_an_item_people_click_and_do_not_buy_is_named_with_what_they_asked_and_what_it_cost():
    slow = make_stats("coat", 1_000, 19, questions={"size": 41, "color": 3})
    other = make_stats("scarf", 2_000, 100)
    picture = make_picture(items=(slow, other), order_people=119, paid_people=119, gross_fen=1_190_000, refunded_fen=0, expose_people=3_000, click_people=3_000)
    (below,) = [one for one in causes_of(picture, [], **LIMITS) if one.key == "item-below:coat"]
    # 1,000 × 5 % = 50 buyers expected, 19 came: −31 × ¥100, everybody who ordered paid
    assert below.effect_fen == -310_000
    assert "尺码" in below.title
    assert "公屏问尺码 41 次" in below.evidence
    assert below.owner_role == "operations"


def test_effects_are_net_of_returns():
    slow = make_stats("coat", 1_000, 20, refunded_fen=100_000)  # half of ¥2,000 went back: each buyer is worth ¥50
    picture = make_picture(items=(slow, make_stats("scarf", 2_000, 100)), order_people=120, paid_people=120)
    below = next(one for one in causes_of(picture, [], **LIMITS) if one.key == "item-below:coat")
    assert below.effect_fen == -30 * 5_000


def test_an_item_that_sold_above_the_others_is_praised():
    picture = make_picture(items=(make_stats("coat", 1_000, 100), make_stats("scarf", 2_000, 60)), order_people=160, paid_people=160)
    above = next(one for one in causes_of(picture, [], **LIMITS) if one.key == "item-above:coat")
    assert (above.effect_fen, above.is_good) == (70 * 10_000, True)


def test_few_clicks_prove_nothing():
    picture = make_picture(items=(make_stats("coat", 29, 0), make_stats("scarf", 2_000, 400)))
    assert [one.key for one in causes_of(picture, [], **LIMITS) if one.key.startswith("item")] == []


def test_a_difference_within_chance_is_not_a_cause():
    picture = make_picture(items=(make_stats("coat", 200, 10), make_stats("scarf", 200, 12)))
    assert causes_of(picture, [], **LIMITS) == []


def test_the_step_that_fell_most_in_yuan_below_ones_own_history_is_where_the_funnel_broke():
    usual = make_picture(viewers=1_000, expose_people=800, click_people=300, order_people=60, paid_people=50)
    broken = make_picture(viewers=1_000, expose_people=800, click_people=100, order_people=20, paid_people=17, gross_fen=170_000, refunded_fen=0)
    (cause,) = causes_of(broken, [usual] * 3, **LIMITS)
    assert cause.key == "funnel:click"
    # 800 × 300/800 = 300 usually click, 100 did: 200 fewer × 17/100 paying × ¥100
    assert cause.effect_fen == -200 * 1_700 * 10_000 // 10_000
    assert "37.5%" in cause.evidence


def test_a_funnel_as_usual_is_no_cause():
    assert causes_of(make_picture(), [make_picture()] * 3, **LIMITS) == []


def test_returns_far_above_the_others_are_named_with_their_reason():
    back = make_stats("knit", 400, 62, returned_units=38, refunded_fen=380_000, return_reasons={"not_as_described": 30, "size": 8})
    picture = make_picture(items=(back, make_stats("scarf", 400, 62, returned_units=2)))
    found = next(one for one in causes_of(picture, [], **LIMITS) if one.key == "returns:knit")
    assert found.effect_fen == -380_000
    assert "卖出 62 件退 38 件（61.3%）" in found.evidence
    assert "30 件" in found.evidence


def test_the_costliest_cause_comes_first():
    picture = make_picture(items=(make_stats("coat", 1_000, 19), make_stats("scarf", 2_000, 100), make_stats("knit", 400, 62, returned_units=38, refunded_fen=380_000)))
    effects = [abs(one.effect_fen) for one in causes_of(picture, [], **LIMITS)]
    assert effects == sorted(effects, reverse=True)
    assert len(effects) >= 2


def test_every_step_has_its_action():
    assert set(causes.STEP_ACTIONS) == {"expose", "click", "order", "pay"}
