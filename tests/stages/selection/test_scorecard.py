"""The scorecard's verdict, and what would change it: applied it flips, a little less does not."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaibo.stages.selection import scorecard
from kaibo.stages.selection.scorecard import BOUNDS, FIGURES, HOUSE_RULES, Card, Outcome, Reading, Rule, TrialWord, changes, judge

GOOD = {"demand": 15_000, "gap": 3_000, "strengths": 4, "margin": 4_500, "returns": 2_000, "compliance": 0, "feedback": 100, "on_air": 11_000}


def card(**changed) -> Card:
    trial = changed.pop("trial", TrialWord.NONE)
    floor_bp = changed.pop("floor_bp", 3_000)
    values = GOOD | changed
    readings = tuple(Reading(key, values[key], 10) for key in FIGURES)
    return Card(readings, HOUSE_RULES, values["margin"] if values["margin"] is not None else 4_500, floor_bp, trial)


def test_the_score_is_the_weighted_geometric_mean_of_the_points():
    found = judge(card())
    points = {one.key: one.points_bp for one in found.figures}
    assert points == {"demand": 7_500, "gap": 7_500, "strengths": 8_000, "margin": 9_000, "returns": 8_000, "compliance": 10_000, "feedback": 8_000, "on_air": 7_333}
    mean = 1.0
    for one in found.figures:
        mean *= (one.points_bp / 10_000) ** (one.rule.weight / 125)
    assert found.score_bp == int(mean * 10_000)
    assert (found.known_bp, found.outcome, found.reasons) == (10_000, Outcome.TRIAL, ("no_trial",))


def test_only_a_passed_trial_makes_more_of_a_product_and_a_failed_one_ends_it():
    assert judge(card(trial=TrialWord.PASSED)).outcome is Outcome.GO
    assert judge(card(trial=TrialWord.FAILED)).reasons == ("trial_failed",)


def test_a_figure_worth_nothing_cannot_be_bought_back():
    found = judge(card(returns=6_000, trial=TrialWord.PASSED))
    assert (found.score_bp, found.outcome, found.reasons) == (0, Outcome.NO, ("below_trial",))


def test_a_margin_below_the_floor_is_refused_whatever_the_score():
    assert judge(card(margin=2_999)).reasons == ("margin",)
    assert judge(card(margin=3_000)).reasons != ("margin",)


def test_what_is_missing_is_not_zero_and_lowers_what_is_known():
    found = judge(card(feedback=None, on_air=None))
    assert found.known_bp == 95 * 10_000 // 125
    assert found.outcome is Outcome.TRIAL
    assert {one.key for one in found.figures if one.points_bp is None} == {"feedback", "on_air"}


def test_with_too_little_known_there_is_no_verdict():
    found = judge(card(demand=None, gap=None, feedback=None))
    assert (found.outcome, found.known_bp) == (Outcome.TOO_LITTLE, 70 * 10_000 // 125)


def test_a_missing_figure_says_what_knowing_it_could_do():
    by_key = {one.key: one for one in scorecard.unknowns(card(feedback=None))}
    assert (by_key["feedback"].at_worst, by_key["feedback"].at_best, by_key["feedback"].matters) == (Outcome.NO, Outcome.TRIAL, True)


def test_the_smallest_changes_of_a_known_card_are_the_ones_worked_out_by_hand():
    found = {(one.key, one.of): one for one in changes(card()) if one.outcome is Outcome.NO}
    assert (found[("margin", "value")].needed, found[("margin", "value")].distance) == (2_999, 1_501)
    assert ("trial", "trial") in found
    assert {(one.outcome, one.needed) for one in changes(card()) if one.of == "trial"} == {(Outcome.GO, 1), (Outcome.NO, -1)}


@pytest.mark.parametrize(
    "broken", [{"weight": 101}, {"weight": -1}, {"nothing": 5_000}], ids=["too heavy", "below zero", "no span"]
)
def test_rules_nobody_can_score_by_are_refused(broken):
    rules = replace(HOUSE_RULES, rules=dict(HOUSE_RULES.rules) | {"margin": replace(HOUSE_RULES.rules["margin"], **broken)})
    with pytest.raises(scorecard.RuleWrong):
        scorecard.check_rules(rules)


def test_lines_that_stand_the_wrong_way_are_refused():
    scorecard.check_rules(HOUSE_RULES)
    for broken in ({"trial_bp": 6_500}, {"go_bp": 10_001}, {"known_bp": -1}):
        with pytest.raises(scorecard.LinesWrong):
            scorecard.check_rules(replace(HOUSE_RULES, **broken))


values = st.fixed_dictionaries({key: st.one_of(st.none(), st.integers(max(low, -20_000), min(high, 40_000))) for key, (low, high) in BOUNDS.items()})
weights = st.fixed_dictionaries({key: st.integers(0, 100) for key in FIGURES})


@st.composite
def cards(draw) -> Card:
    found, weighed = draw(values), draw(weights)
    rules = {key: replace(HOUSE_RULES.rules[key], weight=weighed[key]) for key in FIGURES}
    trial_bp = draw(st.integers(1, 9_000))
    made = replace(HOUSE_RULES, rules=rules, trial_bp=trial_bp, go_bp=draw(st.integers(trial_bp + 1, 10_000)), known_bp=draw(st.integers(0, 10_000)))
    margin = found["margin"] if found["margin"] is not None else 4_000
    return Card(tuple(Reading(key, found[key]) for key in FIGURES), made, margin, draw(st.integers(0, 6_000)), draw(st.sampled_from(list(TrialWord))))


def applied(one: scorecard.Change, held: Card, value: int) -> Outcome:
    return judge(held.with_value(one.key, value) if one.of == "value" else held.with_weight(one.key, value)).outcome


@settings(max_examples=60, deadline=None)
@given(cards())
def test_applying_a_change_flips_the_verdict_and_a_little_less_does_not(held):
    now = judge(held).outcome
    for one in changes(held):
        if one.of == "trial":
            assert judge(replace(held, trial=TrialWord.PASSED if one.needed == 1 else TrialWord.FAILED)).outcome is one.outcome is not now
            continue
        assert applied(one, held, one.needed) is one.outcome is not now
        step = 1 if one.needed > one.now else -1
        assert applied(one, held, one.needed - step) is now


@settings(max_examples=25, deadline=None)
@given(cards(), st.sampled_from(FIGURES), st.data())
def test_nothing_nearer_than_the_named_change_flips_and_what_is_not_named_cannot(held, key, data):
    now = judge(held).outcome
    value = next(one.value for one in held.readings if one.key == key)
    if value is None:
        return
    low, high = BOUNDS[key]
    tried = data.draw(st.integers(max(low, -20_000), min(high, 60_000)))
    named = [one for one in changes(held) if (one.key, one.of) == (key, "value") and (one.needed > value) == (tried > value)]
    if applied(scorecard.Change(key, "value", value, tried, now), held, tried) is not now:
        assert named and named[0].distance <= abs(tried - value)


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 100)), min_size=1, max_size=8), st.integers(1, 10_000))
def test_the_whole_number_comparison_agrees_with_the_root_away_from_the_line(parts, line):
    import math

    if any(points == 0 for points, _ in parts):
        assert not scorecard.reaches(parts, line)
        return
    mean = math.exp(sum(w * math.log(p) for p, w in parts) / sum(w for _, w in parts))
    if abs(mean - line) > 1e-6 * line:
        assert scorecard.reaches(parts, line) == (mean > line)


def test_points_end_at_both_ends_and_fall_where_less_is_better():
    rising, falling = Rule(1, 0, 200), Rule(1, 6_000, 1_000)
    assert [rising.points(v) for v in (-5, 0, 50, 200, 900)] == [0, 0, 2_500, 10_000, 10_000]
    assert [falling.points(v) for v in (7_000, 6_000, 3_500, 1_000, 0)] == [0, 0, 5_000, 10_000, 10_000]


def test_a_score_on_the_line_reaches_it_and_one_above_does_not():
    assert scorecard.reaches([(5_000, 3), (5_000, 7)], 5_000) and not scorecard.reaches([(5_000, 3), (5_000, 7)], 5_001)
    assert scorecard.reaches([(2_000, 1), (8_000, 1)], 4_000) and not scorecard.reaches([(2_000, 1), (7_999, 1)], 4_000)


@given(cards(), st.lists(st.integers(0, 3), max_size=5))
@settings(max_examples=150)
def test_no_smaller_choice_of_risks_mends_what_the_named_ones_do(held, weights_):
    held = held.with_value("compliance", sum(weights_))
    risks = [scorecard.Risk(f"r{n}", weight) for n, weight in enumerate(weights_)]
    found = scorecard.fewest_mended(held, "compliance", risks)
    now = scorecard.outcome_of(held)
    flips = {
        len(chosen)
        for size in range(1, len(risks) + 1)
        for chosen in itertools.combinations(risks, size)
        if scorecard.outcome_of(held.with_value("compliance", sum(weights_) - sum(one.weight for one in chosen))) is not now
    }
    assert (len(found.keys) if found else None) == min(flips, default=None)
    if found:
        mended = {one.key: one.weight for one in risks}
        assert found.value == sum(weights_) - sum(mended[key] for key in found.keys)
        assert scorecard.outcome_of(held.with_value("compliance", found.value)) is found.outcome
