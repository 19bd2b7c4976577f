"""
A candidate's scorecard: demand × supply gap × strengths × margin × returns × compliance × feedback, exactly. Pure.

The score is the weighted geometric mean of what each figure is worth, because the requirement multiplies: a figure worth nothing cannot be
bought back by the others. Lines are compared as products of whole numbers, so a verdict never hangs on rounding, and what would change it
is found by asking the same verdict, not by a formula beside it.   Source: SEL-9, SEL-15, SEL-19.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from kaibo.kit.errors import Invalid

BP = 10_000
HEAVIEST = 100


class Outcome(StrEnum):
    """What the card says."""

    TOO_LITTLE = "too_little"
    NO = "no"
    TRIAL = "trial"
    GO = "go"


RANK = {Outcome.NO: 0, Outcome.TRIAL: 1, Outcome.GO: 2}


class TrialWord(StrEnum):
    """How the candidate's trial sale ended; none was held when `NONE`."""

    NONE = "none"
    PASSED = "passed"
    FAILED = "failed"


class RuleWrong(Invalid):
    code = "selection.score_rule_wrong"
    message_zh = "“{figure}”的权重要在 0 到 100 之间，0 分线和满分线不能相同"
    message_en = "The weight of “{figure}” must lie between 0 and 100, and its two ends must differ"


class LinesWrong(Invalid):
    code = "selection.score_lines_wrong"
    message_zh = "试卖线要低于放量线，三条线都在 0% 到 100% 之间，权重不能全是 0"
    message_en = "The line for a trial must lie below the line for more, all lines between 0 and 100 %, and some weight above 0"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a figure weighs, and the values at which it is worth nothing and everything; linear between, never outside."""

    weight: int
    nothing: int
    full: int

    def points(self, value: int) -> int:
        """This function will give what a value is worth, 0 to 10,000, rounded down."""
        return max(0, min(BP, (value - self.nothing) * BP // (self.full - self.nothing)))


@dataclass(frozen=True, slots=True)
class Rules:
    """One version of the rules: a rule for every figure, and the lines of the score and of how much must be known."""

    rules: Mapping[str, Rule]
    trial_bp: int
    go_bp: int
    known_bp: int


FIGURES = ("demand", "gap", "strengths", "margin", "returns", "compliance", "feedback", "on_air")
UNITS = {"demand": "count", "gap": "bp", "strengths": "level", "margin": "bp", "returns": "bp", "compliance": "count", "feedback": "per_10k", "on_air": "bp"}
BOUNDS = {
    "demand": (0, 10_000_000), "gap": (0, BP), "strengths": (0, 5), "margin": (-100_000, BP), "returns": (0, BP), "compliance": (0, 1_000),
    "feedback": (0, 1_000_000), "on_air": (0, 1_000_000),
}  # fmt: skip
"""Between which values a figure can lie: the search for what would change a verdict ends there."""

HOUSE_RULES = Rules(
    {
        "demand": Rule(20, 0, 20_000), "gap": Rule(15, 0, 4_000), "strengths": Rule(10, 0, 5), "margin": Rule(20, 0, 5_000),
        "returns": Rule(20, 6_000, 1_000), "compliance": Rule(10, 4, 0), "feedback": Rule(20, 500, 0), "on_air": Rule(10, 0, 15_000),
    },
    trial_bp=4_500, go_bp=6_500, known_bp=6_000,
)  # fmt: skip
"""Chosen by this house, not by a standard; every shop changes them on the page of weights, with a reason. Returns and what came back weigh
as much as margin: quality first (SEL-15)."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of one figure: its value in its unit and how many things were counted; without a value it is missing, and `why` says so."""

    key: str
    value: int | None
    counted: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """Everything a verdict looks at."""

    readings: tuple[Reading, ...]
    rules: Rules
    margin_bp: int
    floor_bp: int
    trial: TrialWord = TrialWord.NONE

    def with_value(self, key: str, value: int) -> Card:
        """This function will give the same card with one figure at another value; the margin's own line moves with its figure."""
        readings = tuple(replace(one, value=value) if one.key == key else one for one in self.readings)
        return replace(self, readings=readings, margin_bp=value if key == "margin" else self.margin_bp)

    def with_weight(self, key: str, weight: int) -> Card:
        """This function will give the same card with one figure weighing differently."""
        changed = dict(self.rules.rules) | {key: replace(self.rules.rules[key], weight=weight)}
        return replace(self, rules=replace(self.rules, rules=changed))


@dataclass(frozen=True, slots=True)
class Scored:
    """One figure with what it is worth and what it does to the score; missing figures are worth nothing either way."""

    key: str
    reading: Reading
    rule: Rule
    points_bp: int | None


@dataclass(frozen=True, slots=True)
class Judged:
    """The card's verdict with its score, both lines, and how much of the weight is known."""

    outcome: Outcome
    score_bp: int | None
    known_bp: int
    figures: tuple[Scored, ...]
    reasons: tuple[str, ...]
    """Keys of what decided: too_little, margin, trial_failed, below_trial, below_go, no_trial, passed."""


def check_rules(rules: Rules) -> None:
    """This function will refuse rules nobody can score by.   Raises: RuleWrong, LinesWrong."""
    for key in FIGURES:
        rule = rules.rules.get(key)
        if rule is None or not 0 <= rule.weight <= HEAVIEST or rule.nothing == rule.full:
            raise RuleWrong(figure=key)
    if rules.rules["margin"].nothing > rules.rules["margin"].full:  # the margin's own line stands the other way: a verdict would turn twice
        raise RuleWrong(figure="margin")
    if not 0 < rules.trial_bp < rules.go_bp <= BP or not 0 <= rules.known_bp <= BP or not any(one.weight for one in rules.rules.values()):
        raise LinesWrong


def judge(card: Card) -> Judged:
    """
    This function will weigh what is known, refuse to judge when too little is, and say what decided.

    More is made of a product only after a passed trial sale.   Source: SEL-15, SEL-19.
    """
    scored = tuple(_scored(one, card.rules.rules[one.key]) for one in card.readings)
    parts, known_bp = _parts(card)
    outcome, reasons = _outcome(card, parts, known_bp)
    return Judged(outcome, _mean(parts) if parts else None, known_bp, scored, reasons)


def outcome_of(card: Card) -> Outcome:
    """This function will give the verdict alone, for the search that asks for hundreds of them."""
    return _outcome(card, *_parts(card))[0]


Parts = list[tuple[int, int]]


def _parts(card: Card) -> tuple[Parts, int]:
    """(points, weight) of what is known, and its share of all weight."""
    rules = [(one.value, card.rules.rules[one.key]) for one in card.readings]
    parts = [(rule.points(value), rule.weight) for value, rule in rules if value is not None and rule.weight]
    whole = sum(rule.weight for _, rule in rules)
    return parts, sum(weight for _, weight in parts) * BP // whole if whole else 0


def _outcome(card: Card, parts: Parts, known_bp: int) -> tuple[Outcome, tuple[str, ...]]:
    if not parts or known_bp < card.rules.known_bp:
        return Outcome.TOO_LITTLE, ("too_little",)
    if card.margin_bp < card.floor_bp:
        return Outcome.NO, ("margin",)
    if card.trial is TrialWord.FAILED:
        return Outcome.NO, ("trial_failed",)
    if not reaches(parts, card.rules.trial_bp):
        return Outcome.NO, ("below_trial",)
    if not reaches(parts, card.rules.go_bp):
        return Outcome.TRIAL, ("below_go",)
    return (Outcome.GO, ("passed",)) if card.trial is TrialWord.PASSED else (Outcome.TRIAL, ("no_trial",))


def _scored(reading: Reading, rule: Rule) -> Scored:
    return Scored(reading.key, reading, rule, None if reading.value is None else rule.points(reading.value))


def reaches(parts: Parts, line_bp: int) -> bool:
    """
    This function will say exactly whether the weighted geometric mean of points reaches a line.

    ∏ pᵢ^wᵢ ≥ line^Σw is the same comparison without a root, in whole numbers.
    """
    product, weight = 1, 0
    for points, one in parts:
        product *= points**one
        weight += one
    return product >= line_bp**weight


def _mean(parts: Parts) -> int:
    """The highest whole basis point the mean reaches."""
    low, high = 0, BP
    while low < high:
        middle = (low + high + 1) // 2
        if reaches(parts, middle):
            low = middle
        else:
            high = middle - 1
    return low


# What would change the verdict


@dataclass(frozen=True, slots=True)
class Change:
    """The smallest change of one figure or weight that gives another verdict: applied it flips, one unit less does not."""

    key: str
    of: str
    """value, weight or trial."""
    now: int
    needed: int
    outcome: Outcome

    @property
    def distance(self) -> int:
        return abs(self.needed - self.now)


def changes(card: Card) -> list[Change]:
    """
    This function will find, for every figure and weight and both directions, the smallest change that gives another verdict.

    Nothing is said of a figure or weight no change of which alone gives another verdict.   Source: SEL-15.
    """
    now = outcome_of(card)
    found: list[Change] = []
    for reading in card.readings:
        if reading.value is not None:
            low, high = BOUNDS[reading.key]
            place = _asker(card.with_value, reading.key)
            found += _both_ways(place, reading.key, "value", reading.value, (low, high), now)
        weigh = _asker(card.with_weight, reading.key)
        found += _weights(weigh, reading.key, card.rules.rules[reading.key].weight, now)
    for word, rank in ((TrialWord.PASSED, 1), (TrialWord.FAILED, -1)):
        outcome = outcome_of(replace(card, trial=word))
        if outcome is not now and word is not card.trial:
            found.append(Change("trial", "trial", 0, rank, outcome))
    return found


def _asker(changed: Callable[[str, int], Card], key: str) -> Callable[[int], Outcome]:
    return lambda value: outcome_of(changed(key, value))


def _both_ways(ask: Callable[[int], Outcome], key: str, of: str, now: int, bounds: tuple[int, int], outcome: Outcome) -> list[Change]:
    """A verdict moves one way only as one figure moves one way, so halving finds the nearest value that changes it."""
    found = []
    for end in bounds:
        if (end - now) * (1 if end == bounds[1] else -1) <= 0 or ask(end) is outcome:
            continue
        same, other = now, end
        while abs(other - same) > 1:
            middle = (same + other) // 2
            if ask(middle) is outcome:
                same = middle
            else:
                other = middle
        found.append(Change(key, of, now, other, ask(other)))
    return found


def _weights(ask: Callable[[int], Outcome], key: str, now: int, outcome: Outcome) -> list[Change]:
    """A weight changes both the score and how much is known, so every weight between is asked, nearest first."""
    found = []
    for way in (range(now - 1, -1, -1), range(now + 1, HEAVIEST + 1)):
        nearest = next((weight for weight in way if ask(weight) is not outcome), None)
        if nearest is not None:
            found.append(Change(key, "weight", now, nearest, ask(nearest)))
    return found


@dataclass(frozen=True, slots=True)
class Unknown:
    """What the verdict would be if a missing figure were found at its worst and at its best."""

    key: str
    at_worst: Outcome
    at_best: Outcome

    @property
    def matters(self) -> bool:
        return self.at_worst is not self.at_best


def unknowns(card: Card) -> list[Unknown]:
    """This function will say of every missing figure what knowing it could do to the verdict."""
    found = []
    for reading in card.readings:
        if reading.value is None:
            rule = card.rules.rules[reading.key]
            found.append(Unknown(reading.key, outcome_of(card.with_value(reading.key, rule.nothing)), outcome_of(card.with_value(reading.key, rule.full))))
    return found


# What mending would change


@dataclass(frozen=True, slots=True)
class Risk:
    """One named thing that a figure counts against goods, and how much of the figure it is; 0 is told but not counted."""

    key: str
    weight: int


@dataclass(frozen=True, slots=True)
class Mended:
    """What a verdict becomes when these risks are out of the way."""

    keys: tuple[str, ...]
    value: int
    outcome: Outcome


def fewest_mended(card: Card, figure: str, risks: Sequence[Risk]) -> Mended | None:
    """
    This function will name the fewest risks whose mending gives another verdict, the heaviest first; None where not even all do.

    The figure is the sum of its risks, so the heaviest ones take it furthest: no smaller choice can reach what these do not.
    """
    value = next(one.value for one in card.readings if one.key == figure)
    if value is None:
        return None
    now, keys = outcome_of(card), []
    for risk in sorted((one for one in risks if one.weight), key=lambda one: -one.weight):
        value -= risk.weight
        keys.append(risk.key)
        outcome = outcome_of(card.with_value(figure, value))
        if outcome is not now:
            return Mended(tuple(keys), value, outcome)
    return None
