"""The statistics of A/B tests: exact where they claim to be, honest under many looks."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaibo.cli.benches.abtest import binomial, simulate
from kaibo.stages.listing.sequential import (
    Arm,
    Design,
    confidence_sequence,
    fixed_sample_size,
    log_evidence,
    naive_p_value,
    read,
    sequential_sample_size,
    split_chi_square,
    split_log_evidence,
    split_p_value,
    wilson,
)

DESIGN = Design(0.05, 0.2)


def comb(n: int, k: int, p: float) -> float:
    return math.comb(n, k) * p**k * (1 - p) ** (n - k)


@pytest.mark.parametrize("share", [0.5, 0.2])
@pytest.mark.parametrize("rate", [0.02, 0.05, 0.4])
def test_the_mean_of_the_evidence_is_one_whatever_the_common_rate(rate, share):
    # Six visitors, each sent to B with the planned share: every outcome weighed by its probability.
    design = Design(0.05, 0.5, b_share=share)
    total = 0.0
    for in_b in range(7):
        for a_hit, b_hit in itertools.product(range(7 - in_b), range(in_b + 1)):
            chance = comb(6, in_b, share) * comb(6 - in_b, a_hit, rate) * comb(in_b, b_hit, rate)
            total += chance * math.exp(log_evidence(Arm(6 - in_b, a_hit), Arm(in_b, b_hit), design))
    assert total == pytest.approx(1.0, abs=1e-12)


def test_the_mean_of_the_split_evidence_is_one():
    total = sum(comb(40, b, 0.3) * math.exp(split_log_evidence(40 - b, b, 0.3)) for b in range(41))
    assert total == pytest.approx(1.0, abs=1e-9)


def test_equal_versions_earn_no_evidence_and_a_plain_difference_earns_much():
    assert log_evidence(Arm(4_000, 200), Arm(4_000, 200), DESIGN) < 0
    assert read(Arm(20_000, 1_000), Arm(20_000, 1_300), DESIGN).is_decided
    assert not read(Arm(200, 10), Arm(200, 13), DESIGN).is_decided


def test_swapping_the_versions_mirrors_the_reading():
    one, other = read(Arm(900, 40), Arm(1_000, 70), DESIGN), read(Arm(1_000, 70), Arm(900, 40), DESIGN)
    assert one.difference == pytest.approx(-other.difference)
    assert (one.low, one.high) == (pytest.approx(-other.high), pytest.approx(-other.low))


def test_what_was_once_decided_stays_decided():
    decided = read(Arm(20_000, 1_000), Arm(20_000, 1_300), DESIGN)
    later = read(Arm(30_000, 1_700), Arm(30_000, 1_720), DESIGN, best_so_far=math.log(decided.evidence))
    assert later.is_decided
    assert later.p_value == pytest.approx(decided.p_value)


def test_without_visitors_the_interval_is_everything():
    assert confidence_sequence(Arm(0, 0), Arm(10, 1), DESIGN) == (-1.0, 1.0)


@given(st.integers(50, 5_000), st.floats(0.01, 0.5), st.floats(0.01, 0.5))
@settings(max_examples=60, deadline=None)
def test_the_interval_holds_the_difference_measured_and_shrinks_with_visitors(shown, a_rate, b_rate):
    a, b = Arm(shown, int(shown * a_rate)), Arm(shown, int(shown * b_rate))
    low, high = confidence_sequence(a, b, DESIGN)
    assert low <= b.rate - a.rate <= high
    four = confidence_sequence(Arm(4 * a.shown, 4 * a.acted), Arm(4 * b.shown, 4 * b.acted), DESIGN)
    assert four[1] - four[0] <= high - low + 1e-9


def test_sample_sizes_are_those_of_the_textbook_and_sequential_ones_are_larger():
    # 5 % → 6 %, α 5 %, power 80 %, equal split: 8,158 each by the usual formula.
    assert fixed_sample_size(DESIGN) == 16_316
    needed = sequential_sample_size(DESIGN)
    assert 1.3 * 16_316 < needed < 2.6 * 16_316


def test_a_smaller_change_or_a_lopsided_split_takes_more_visitors():
    assert sequential_sample_size(Design(0.05, 0.1)) > 3 * sequential_sample_size(DESIGN)
    assert sequential_sample_size(Design(0.05, 0.2, b_share=0.1)) > 1.5 * sequential_sample_size(DESIGN)


def test_a_leaking_split_is_seen_and_a_fair_one_is_left_alone():
    assert split_p_value(5_000, 5_060, 0.5) == 1.0
    assert split_p_value(5_000, 4_300, 0.5) < 0.001
    assert split_chi_square(5_000, 4_300, 0.5) == pytest.approx(700**2 / 9_300)


def test_wilsons_interval_is_the_published_one():
    low, high = wilson(8, 100)
    assert (round(low, 4), round(high, 4)) == (0.0411, 0.15)
    assert wilson(0, 0) == (0.0, 1.0)


def test_the_ordinary_test_gives_the_ordinary_p_value():
    assert naive_p_value(Arm(1_000, 50), Arm(1_000, 70)) == pytest.approx(0.0597, abs=0.0001)


def test_draws_have_the_mean_and_variance_of_a_binomial():
    draw = random.Random(3)
    drawn = [binomial(draw, 400, 0.05) for _ in range(3_000)]
    mean = sum(drawn) / 3_000
    assert abs(mean - 20) < 0.3
    assert abs(sum((one - mean) ** 2 for one in drawn) / 3_000 - 19) < 1.8


def test_daily_looks_err_at_most_in_one_of_twenty_and_the_ordinary_test_far_more_often():
    t = simulate(DESIGN, lift=0.0, looks=14, visitors=300, runs=300, draw=random.Random(5))
    assert t.decided <= 15
    assert t.naive >= 40
    assert t.uncovered <= 15
    assert t.split_alarms <= 6
