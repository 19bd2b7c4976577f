"""
Single sampling by attributes: how many units of a lot are looked at, and how many defects are still accepted. Pure.

Source: SUP-4; GB/T 2828.1-2012, identical with ISO 2859-1:1999: Table 1, Tables 2-A/2-B/2-C, clauses 9.3 (switching) and 10.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from kaibo.kit.errors import Invalid
from kaibo.stages.supply import sampling_tables as tables

STANDARD = "GB/T 2828.1-2012（ISO 2859-1:1999）"


class Severity(StrEnum):
    """How strict the inspection of a supplier's lots is: 正常, 加严, 放宽, 暂停."""

    NORMAL = "normal"
    TIGHTENED = "tightened"
    REDUCED = "reduced"
    SUSPENDED = "suspended"


class DefectClass(StrEnum):
    """致命, 严重, 轻微: one critical defect refuses a lot whatever the sample size."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"


class LotTooSmall(Invalid):
    code = "supply.lot_too_small"
    message_zh = "批量要至少 2 件才能抽样，现在是 {lot} 件"
    message_en = "Sampling needs a lot of at least 2 units, not {lot}"


class LevelUnknown(Invalid):
    code = "supply.level_unknown"
    message_zh = "没有检验水平“{level}”，可用：S-1、S-2、S-3、S-4、I、II、III"
    message_en = "There is no inspection level “{level}”; use S-1, S-2, S-3, S-4, I, II or III"


class AqlUnknown(Invalid):
    code = "supply.aql_unknown"
    message_zh = "标准里没有 AQL {aql}，请选 {known}"
    message_en = "The standard has no AQL {aql}; choose one of {known}"


@dataclass(frozen=True, slots=True)
class Plan:
    """
    A sampling plan. `first_letter` is the letter of the lot, `letter` the one whose plan is used after following arrows.

    `is_full`: the sample would be the whole lot, so every unit is looked at; the acceptance number stays.
    """

    first_letter: str
    letter: str
    sample_units: int
    accept: int
    reject: int
    is_full: bool

    @property
    def arrow_steps(self) -> int:
        return _LETTERS.index(self.letter) - _LETTERS.index(self.first_letter)


_LETTERS = "ABCDEFGHJKLMNPQRS"
_TEXTS = {Severity.NORMAL: tables.NORMAL, Severity.TIGHTENED: tables.TIGHTENED, Severity.REDUCED: tables.REDUCED}


@cache
def master_table(severity: Severity) -> Mapping[str, tuple[int, tuple[str, ...]]]:
    """This function will give a master table as letter → (sample size, cells by AQL)."""
    rows = (line.split() for line in _TEXTS[severity].strip().splitlines())
    return {letter: (int(size), tuple(cells)) for letter, size, *cells in rows}


def aql_text(aql_milli: int) -> str:
    """This function will write an AQL as the standard does: 2500 → 2.5, 1000 → 1.0, 65 → 0.065, 10000 → 10."""
    if aql_milli >= 10_000:
        return str(aql_milli // 1_000)
    whole, rest = divmod(aql_milli, 1_000)
    return f"{whole}.{rest:03d}".rstrip("0") + ("0" if rest == 0 or aql_milli in {10, 40, 100, 400} else "")


def code_letter(lot_units: int, level: str) -> str:
    """This function will give the sample-size code letter 样本量字码.   Raises: LotTooSmall, LevelUnknown.   Source: Table 1."""
    if lot_units < 2:
        raise LotTooSmall(lot=lot_units)
    if level not in tables.LEVELS:
        raise LevelUnknown(level=level)
    letters = next(row for most, row in tables.CODE_LETTERS if most is None or lot_units <= most)
    return letters[tables.LEVELS.index(level)]


def plan_for(lot_units: int, *, level: str, aql_milli: int, severity: Severity = Severity.NORMAL) -> Plan:
    """
    This function will give the plan for a lot; an arrow leads to the next plan that exists, with its own sample size.

    Suspended inspection uses the tightened table: it is what the supplier comes back to.
    Raises: LotTooSmall, LevelUnknown, AqlUnknown.   Source: GB/T 2828.1 clause 10.3, Tables 2-A/2-B/2-C.
    """
    if aql_milli not in tables.AQLS_MILLI:
        raise AqlUnknown(aql=aql_text(aql_milli), known="、".join(aql_text(one) for one in tables.AQLS_MILLI))
    column = tables.AQLS_MILLI.index(aql_milli)
    table = master_table(Severity.TIGHTENED if severity is Severity.SUSPENDED else severity)
    first = letter = code_letter(lot_units, level)
    while (cell := table[letter][1][column]) in {"v", "^"}:
        letter = _LETTERS[_LETTERS.index(letter) + (1 if cell == "v" else -1)]
    size = table[letter][0]
    return Plan(first, letter, min(size, lot_units), int(cell), int(cell) + 1, size >= lot_units)


def tighter(aql_milli: int) -> int | None:
    """This function will give the AQL one step tighter; None where the standard has none."""
    place = tables.AQLS_MILLI.index(aql_milli)
    return tables.AQLS_MILLI[place - 1] if place else None


@dataclass(frozen=True, slots=True)
class ClassPlan:
    """The plan for one class of defects; for critical ones the largest sample of the others and none accepted."""

    defect_class: DefectClass
    aql_milli: int | None
    sample_units: int
    accept: int
    reject: int
    is_full: bool
    letter: str
    first_letter: str


@dataclass(frozen=True, slots=True)
class LotPlan:
    """Everything an inspector needs to draw a sample and to decide."""

    lot_units: int
    level: str
    severity: Severity
    classes: tuple[ClassPlan, ...]

    @property
    def sample_units(self) -> int:
        return max(one.sample_units for one in self.classes)


def lot_plan(lot_units: int, *, level: str, major_milli: int, minor_milli: int, severity: Severity) -> LotPlan:
    """This function will plan the inspection of a lot for its three classes of defects.   Raises: as `plan_for`.   Source: SUP-4."""
    found = []
    for kind, aql in ((DefectClass.MAJOR, major_milli), (DefectClass.MINOR, minor_milli)):
        plan = plan_for(lot_units, level=level, aql_milli=aql, severity=severity)
        found.append(
            ClassPlan(kind, aql, plan.sample_units, plan.accept, plan.reject, plan.is_full, plan.letter, plan.first_letter)
        )
    largest = max(found, key=lambda one: one.sample_units)
    critical = ClassPlan(
        DefectClass.CRITICAL, None, largest.sample_units, 0, 1, largest.is_full, largest.letter, largest.first_letter
    )
    return LotPlan(lot_units, level, severity, (critical, *found))


def over_limit(plan: LotPlan, counts: Mapping[DefectClass, int]) -> list[ClassPlan]:
    """This function will list the classes of defects of which more were found than the plan accepts."""
    return [one for one in plan.classes if counts.get(one.defect_class, 0) > one.accept]


def switching_points(plan: LotPlan, counts: Mapping[DefectClass, int]) -> int | None:
    """
    This function will give what an accepted lot adds to the switching score, None when the score starts again at 0.

    An acceptance number of 2 or more: 3 points when the lot would also have passed the AQL one step tighter; 0 or 1: 2
    points. With several classes the least of them counts.   Source: GB/T 2828.1 clause 9.3.3.2.
    """
    points: list[int | None] = []
    for one in plan.classes:
        if one.aql_milli is None:
            continue
        found = counts.get(one.defect_class, 0)
        if found > one.accept:
            return None
        if one.accept < 2:
            points.append(2)
            continue
        step = tighter(one.aql_milli)
        strict = plan_for(plan.lot_units, level=plan.level, aql_milli=step, severity=Severity.NORMAL) if step else None
        points.append(3 if strict and found <= strict.accept else None)
    least = [point for point in points if point is not None]
    return min(least) if least and len(least) == len(points) and not counts.get(DefectClass.CRITICAL) else None


class Happening(StrEnum):
    """What moves the severity of a supplier's inspection."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    REDUCED_ALLOWED = "reduced_allowed"  # the responsible authority allows reduced inspection
    REDUCED_ENDED = "reduced_ended"  # it is ended by hand: production irregular, or another reason
    RESUMED = "resumed"  # the supplier has acted, inspection begins again, tightened


@dataclass(frozen=True, slots=True)
class Event:
    """A lot decided on original inspection with what it adds to the score, or a decision of the responsible authority."""

    happening: Happening
    points: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a supplier stands: the severity for the next lot, why, and how far it is from the next switch."""

    severity: Severity
    score: int
    accepted_in_a_row: int
    refused_while_tightened: int
    recent: tuple[bool, ...]
    reason: str

    @property
    def may_be_reduced(self) -> bool:
        return self.severity is Severity.NORMAL and self.score >= REDUCED_AT


REDUCED_AT = 30
SUSPENDED_AT = 5
START = Standing(Severity.NORMAL, 0, 0, 0, (), "start")


def standing_after(events: Sequence[Event]) -> Standing:
    """This function will fold a supplier's history in one category, oldest first, into its standing.   Source: GB/T 2828.1 clause 9.3."""
    now = START
    for event in events:
        now = _step(now, event)
    return now


def _step(now: Standing, event: Event) -> Standing:
    if event.happening is Happening.RESUMED:
        return Standing(Severity.TIGHTENED, 0, 0, 0, (), "resumed") if now.severity is Severity.SUSPENDED else now
    if event.happening is Happening.REDUCED_ALLOWED:
        return Standing(Severity.REDUCED, 0, 0, 0, (), "reduced_allowed") if now.may_be_reduced else now
    if event.happening is Happening.REDUCED_ENDED:
        return Standing(Severity.NORMAL, 0, 0, 0, (), "reduced_ended") if now.severity is Severity.REDUCED else now
    if now.severity is Severity.SUSPENDED:
        return now
    accepted = event.happening is Happening.ACCEPTED
    if now.severity is Severity.REDUCED:
        return now if accepted else Standing(Severity.NORMAL, 0, 0, 0, (), "refused_while_reduced")
    if now.severity is Severity.TIGHTENED:
        return _step_tightened(now, accepted=accepted)
    recent = (*now.recent, accepted)[-5:]
    if recent.count(False) >= 2:
        return Standing(Severity.TIGHTENED, 0, 0, 0, (), "two_of_five_refused")
    score = now.score + event.points if accepted and event.points else 0
    return Standing(Severity.NORMAL, score, now.accepted_in_a_row + 1 if accepted else 0, 0, recent, now.reason)


def _step_tightened(now: Standing, *, accepted: bool) -> Standing:
    in_a_row = now.accepted_in_a_row + 1 if accepted else 0
    refused = now.refused_while_tightened + (not accepted)
    if in_a_row >= 5:
        return Standing(Severity.NORMAL, 0, 0, 0, (), "five_accepted")
    if refused >= SUSPENDED_AT:
        return Standing(Severity.SUSPENDED, 0, 0, refused, (), "five_refused_while_tightened")
    return Standing(Severity.TIGHTENED, 0, in_a_row, refused, (), now.reason)
