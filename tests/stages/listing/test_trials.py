"""The diagnosis tree and the three-day clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from kaibo.kit.transitions import StepNotAllowed
from kaibo.stages.listing.trials import TRIAL_STEPS, Mean, Totals, TrialState, clock_of, diagnose, rate_of

ON = date(2026, 11, 20)
MEANS = {"click": Mean(300, "后台", ON), "order": Mean(250, "后台", ON)}
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def step(**figures: int) -> str:
    return diagnose(Totals(**figures), MEANS, least_shown=1_000).step


def test_without_a_mean_nothing_is_judged():
    assert diagnose(Totals(views=9_000, clicks=20), {}, least_shown=1_000).step == "means"


@pytest.mark.parametrize(("figures", "wanted"), [
    ({"views": 12_000, "clicks": 180}, "picture"),
    ({"views": 400, "clicks": 8}, "wait"),
    ({"views": 60_000, "clicks": 1_900, "orders": 15}, "detail"),
    ({"views": 10_000, "clicks": 310, "orders": 8}, "wait"),
    ({"views": 60_000, "clicks": 1_900, "orders": 52}, "promote"),
    ({"views": 12_000, "clicks": 180, "orders": 0}, "picture"),
])
def test_the_tree_goes_from_picture_to_detail_to_promotion(figures, wanted):
    assert step(**figures) == wanted


def test_a_rate_under_its_mean_by_chance_is_not_called_low():
    # 26 of 1,000 is under 3 %, but its interval reaches 3.8 %.
    rate = rate_of("click", Totals(views=1_000, clicks=26), MEANS["click"], least_shown=1_000)
    assert (rate.rate_bp, rate.verdict) == (260, "level")
    assert rate.low_bp < 300 < rate.high_bp
    assert rate_of("click", Totals(views=999, clicks=26), MEANS["click"], least_shown=1_000).verdict == "unsure"


def test_favourites_and_carts_never_exceed_the_clicks():
    assert Totals(views=100, clicks=10, favourites=8, carts=9).counts("interest") == (10, 10)


@pytest.mark.parametrize(("hours", "state"), [(72, "run"), (25, "run"), (24, "warn"), (1, "warn"), (0, "red"), (-5, "red")])
def test_the_clock_warns_on_its_last_day_and_is_red_when_over(hours, state):
    assert clock_of(NOW + timedelta(hours=hours), NOW).state == state


def test_a_promoted_trial_is_not_opened_again():
    TRIAL_STEPS.require(TrialState.LOCKED, TrialState.RUNNING)
    with pytest.raises(StepNotAllowed):
        TRIAL_STEPS.require(TrialState.PROMOTED, TrialState.RUNNING)
