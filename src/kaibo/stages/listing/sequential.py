"""
Statistics of an A/B test that may be looked at every day without lying. Pure.

Decision: an e-process (a bet against "both versions are equal" whose fair value never grows): over any number of looks the chance
that it ever reaches 1/α is at most α, exactly, at any sample size, even when the rate changes from day to day (Ville 1939; Turner, Ly
and Grünwald 2024 for two proportions). The bets are mixed over a prior of effects (mixture SPRT, Robbins 1970; Johari et al. 2017).
Interval: an always-valid confidence sequence of the difference (normal mixture; asymptotic, its coverage is measured by `bench abtest`).
Split: an e-process against the planned share of visitors (Lindon and Malek 2022).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

_NORMAL = NormalDist()
_SPLIT_STRENGTH = 200
"""How firmly an unplanned split is expected near the plan: the prior of a few points, so that large leaks show early."""


@dataclass(frozen=True, slots=True)
class Arm:
    """What one version got: how many saw it, how many of these acted."""

    shown: float
    acted: float

    @property
    def rate(self) -> float:
        return self.acted / self.shown if self.shown else 0.0


@dataclass(frozen=True, slots=True)
class Design:
    """
    What was settled before the start: the rate expected, the smallest relative change worth seeing, the error allowed.

    `b_share` is the planned share of visitors that see version B.
    """

    baseline: float
    lift: float
    alpha: float = 0.05
    power: float = 0.8
    b_share: float = 0.5


@dataclass(frozen=True, slots=True)
class Reading:
    """What the figures say so far: `evidence` against "equal" (decided at 1/α), p-value that holds at every look, difference B − A with its sequence."""

    evidence: float
    p_value: float
    difference: float
    low: float
    high: float
    is_decided: bool


@dataclass(frozen=True, slots=True)
class _Bet:
    weight: float
    a_hit: float
    a_miss: float
    b_hit: float
    b_miss: float


@lru_cache(maxsize=64)
def _bets(baseline: float, lift: float, b_share: float) -> tuple[_Bet, ...]:
    """This function will lay out the mixture once: nine in ten bets near the change worth seeing, one in ten far beyond it, at five base rates."""
    spread = math.log1p(lift)
    steps = range(-12, 13)
    effects = [(0.9 * math.exp(-((s / 4) ** 2) / 2), s / 4 * spread) for s in steps] + [(0.1 * math.exp(-((s / 4) ** 2) / 2), s * spread) for s in steps]
    total = sum(weight for weight, _effect in effects) * 5
    centre = math.log(baseline / (1 - baseline))
    made = []
    for base in (-0.8, -0.4, 0.0, 0.4, 0.8):
        for weight, effect in effects:
            a = 1 / (1 + math.exp(-(centre + base - effect / 2)))
            b = 1 / (1 + math.exp(-(centre + base + effect / 2)))
            # Against the mean of the two, a visitor assigned by the planned shares wins nothing on average, whatever the common rate is.
            both = (1 - b_share) * a + b_share * b
            made.append(_Bet(weight / total, math.log(a / both), math.log((1 - a) / (1 - both)), math.log(b / both), math.log((1 - b) / (1 - both))))
    return tuple(made)


def log_evidence(a: Arm, b: Arm, design: Design) -> float:
    """This function will give the logarithm of the e-process at cumulative counts."""
    a_missed, b_missed = a.shown - a.acted, b.shown - b.acted
    bets = _bets(design.baseline, design.lift, design.b_share)
    gains = [one.a_hit * a.acted + one.a_miss * a_missed + one.b_hit * b.acted + one.b_miss * b_missed for one in bets]
    most = max(gains)
    return most + math.log(math.fsum(one.weight * math.exp(gain - most) for one, gain in zip(bets, gains, strict=True)))


def confidence_sequence(a: Arm, b: Arm, design: Design) -> tuple[float, float]:
    """This function will give the always-valid interval of B − A; the whole range until both versions have visitors."""
    if not a.shown or not b.shown:
        return -1.0, 1.0
    # One hit and one miss are added to each, so that an arm without a hit does not pass for certain.
    variance = sum((rate := (arm.acted + 1) / (arm.shown + 2)) * (1 - rate) / arm.shown for arm in (a, b))
    prior = (design.baseline * design.lift) ** 2
    reach = math.sqrt(2 * variance * (variance + prior) / prior * (math.log(1 / design.alpha) + 0.5 * math.log((variance + prior) / variance)))
    difference = b.rate - a.rate
    return max(-1.0, difference - reach), min(1.0, difference + reach)


def read(a: Arm, b: Arm, design: Design, *, best_so_far: float = 0.0) -> Reading:
    """
    This function will read a test at any moment. `best_so_far` is the greatest log evidence of earlier looks: what was once decided stays so.

    Source: LST-12.
    """
    log_best = max(best_so_far, log_evidence(a, b, design))
    low, high = confidence_sequence(a, b, design)
    evidence = math.exp(min(700.0, log_best))
    return Reading(evidence, min(1.0, math.exp(-log_best)), b.rate - a.rate, low, high, log_best >= math.log(1 / design.alpha))


def split_log_evidence(a_shown: int, b_shown: int, b_share: float) -> float:
    """This function will give the log evidence that visitors are not split as planned: a Beta mixture around the plan against the plan."""
    one, two = _SPLIT_STRENGTH * (1 - b_share), _SPLIT_STRENGTH * b_share
    mixed = _log_beta(one + a_shown, two + b_shown) - _log_beta(one, two)
    return mixed - a_shown * math.log(1 - b_share) - b_shown * math.log(b_share)


def split_p_value(a_shown: int, b_shown: int, b_share: float) -> float:
    """This function will give a p-value of the planned split that holds at every look (sample-ratio mismatch).   Source: LST-12."""
    return min(1.0, math.exp(-split_log_evidence(a_shown, b_shown, b_share)))


def split_chi_square(a_shown: int, b_shown: int, b_share: float) -> float:
    """This function will give Pearson's χ² (one degree of freedom) of the split: right for one look, beside `split_p_value`."""
    total = a_shown + b_shown
    if not total:
        return 0.0
    wanted_b = total * b_share
    wanted_a = total - wanted_b
    return (a_shown - wanted_a) ** 2 / wanted_a + (b_shown - wanted_b) ** 2 / wanted_b


def _log_beta(one: float, two: float) -> float:
    return math.lgamma(one) + math.lgamma(two) - math.lgamma(one + two)


def fixed_sample_size(design: Design) -> int:
    """This function will give the visitors in all that a test looked at exactly once would need (two-sided z, unpooled power)."""
    p, q = design.baseline, design.baseline * (1 + design.lift)
    share = design.b_share
    mean = (1 - share) * p + share * q
    under_null = _NORMAL.inv_cdf(1 - design.alpha / 2) * math.sqrt(mean * (1 - mean) * (1 / share + 1 / (1 - share)))
    under_lift = _NORMAL.inv_cdf(design.power) * math.sqrt(q * (1 - q) / share + p * (1 - p) / (1 - share))
    return math.ceil(((under_null + under_lift) / (q - p)) ** 2)


def sequential_sample_size(design: Design) -> int:
    """
    This function will give the visitors in all after which the test has decided with the power asked, if the change is as large as
    `design.lift`: the evidence at a draw as unlucky as the power allows must have reached 1/α.
    """

    def reaches(visitors: float) -> bool:
        a_shown, b_shown = visitors * (1 - design.b_share), visitors * design.b_share
        p, q = design.baseline, design.baseline * (1 + design.lift)
        unlucky = _NORMAL.inv_cdf(design.power) * math.sqrt(p * (1 - p) / a_shown + q * (1 - q) / b_shown)
        gap = max(0.0, q - p - unlucky)
        middle = (1 - design.b_share) * p + design.b_share * q
        low, high = middle - gap * design.b_share, middle + gap * (1 - design.b_share)
        return log_evidence(Arm(a_shown, a_shown * low), Arm(b_shown, b_shown * high), design) >= math.log(1 / design.alpha)

    least, most = 2.0, float(fixed_sample_size(design))
    while not reaches(most):
        most *= 2
    while most - least > 1:
        middle = (least + most) / 2
        least, most = (least, middle) if reaches(middle) else (middle, most)
    return math.ceil(most)


def naive_p_value(a: Arm, b: Arm) -> float:
    """This function will give the p-value of the ordinary pooled z-test: honest for one look only, kept as the baseline."""
    total = a.shown + b.shown
    pooled = (a.acted + b.acted) / total if total else 0.0
    if not a.shown or not b.shown or pooled in (0.0, 1.0):
        return 1.0
    score = (b.rate - a.rate) / math.sqrt(pooled * (1 - pooled) * (1 / a.shown + 1 / b.shown))
    return 2 * (1 - _NORMAL.cdf(abs(score)))


def wilson(acted: int, shown: int, *, level: float = 0.95) -> tuple[float, float]:
    """This function will give Wilson's interval of a rate; the whole range without anybody."""
    if not shown:
        return 0.0, 1.0
    z = _NORMAL.inv_cdf(0.5 + level / 2)
    rate, spread = acted / shown, z * z / shown
    centre = (rate + spread / 2) / (1 + spread)
    reach = z * math.sqrt(rate * (1 - rate) / shown + spread / (4 * shown)) / (1 + spread)
    return max(0.0, centre - reach), min(1.0, centre + reach)
