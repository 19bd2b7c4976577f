"""The rules of after-sales by version: what counts as grave, and what each level does and says (AFT-1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction

from kaibo.kit.errors import Conflict, Invalid
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.stages.aftersales import fairness, rules
from kaibo.stages.aftersales.complaints import ReasonMissing
from kaibo.stages.aftersales.models import ClosedDay, RuleVersion
from kaibo.stages.aftersales.permissions import RULES
from kaibo.stages.aftersales.rules import Impact, Nature, Process, Severity

MOST_LINES, LONGEST_LINE = 12, 200


class RulesMovedOn(Conflict):
    code = "aftersales.rules_moved_on"
    message_zh = "规则刚被改成第 {number} 版，请刷新后再改"
    message_en = "The rules have just become version {number}; reload before changing them"


class NothingChanged(Invalid):
    code = "aftersales.nothing_changed"
    message_zh = "和现在的规则一样，没有要改的"
    message_en = "This is what the rules say already"


class StepsMissing(Invalid):
    code = "aftersales.steps_missing"
    message_zh = "每一级至少要有一步流程和一句话，最多 {most} 条，每条 {longest} 字以内"
    message_en = "A level needs at least one step and one phrase, at most {most} of each, {longest} characters long"


@dataclass(frozen=True, slots=True)
class Book:
    """The rules of one version: number 0 is what Kaibo came with."""

    number: int
    cells: Mapping[tuple[str, str], str]
    levels: Mapping[str, Mapping[str, Sequence[str]]]

    def severity_of(self, nature: Nature, impact: Impact) -> Severity:
        return rules.severity_of(nature, impact, self.cells)

    def process_of(self, severity: Severity) -> Process:
        """This function will give what a level does and says: as people rewrote it, else as it came."""
        written = self.levels.get(severity.value)
        if not written:
            return rules.LEVELS[severity]
        return Process(tuple((one, one) for one in written["steps"]), tuple((one, one) for one in written["phrases"]))

    def is_changed(self, nature: Nature, impact: Impact) -> bool:
        return (nature.value, impact.value) in self.cells


def in_force() -> Book:
    """This function will read the newest version of the rules; one query."""
    newest = RuleVersion.objects.order_by("-number").first()
    return _book(newest) if newest else Book(0, {}, {})


def of_version(number: int) -> Book:
    """This function will read the rules a case was weighed by."""
    found = RuleVersion.objects.filter(number=number).first()
    return _book(found) if found else Book(0, {}, {})


def versions(*, most: int = 50) -> list[RuleVersion]:
    return list(RuleVersion.objects.order_by("-number")[:most])


def _book(row: RuleVersion) -> Book:
    cells = {(key.partition(":")[0], key.partition(":")[2]): value for key, value in row.cells.items()}
    return Book(row.number, cells, row.levels)


@transaction.atomic
def change_cell(*, actor: Actor, nature: Nature, impact: Impact, severity: Severity, reason: str, now: datetime, based_on: int | None = None) -> RuleVersion:
    """
    This function will change a cell of the severity table as a new version; open cases keep the severity they were given.

    Raises: Forbidden, ReasonMissing, NothingChanged, RulesMovedOn.   Source: AFT-1.
    """
    book = _current(actor, reason, based_on)
    before = book.severity_of(nature, impact)
    if before is severity:
        raise NothingChanged
    cells = {**book.cells, (nature.value, impact.value): severity.value}
    if rules.default_severity(nature, impact) is severity:
        del cells[nature.value, impact.value]
    change = f"{rules.NATURE_WORDS[nature][0]} × {rules.IMPACT_WORDS[impact][0]}：{rules.SEVERITY_WORDS[before][0]} → {rules.SEVERITY_WORDS[severity][0]}"
    details = {"nature": nature.value, "impact": impact.value, "before": before.value, "after": severity.value}
    return _add(actor, book, cells, book.levels, change, reason, details, now)


@transaction.atomic
def change_level(
    *, actor: Actor, severity: Severity, steps: Sequence[str], phrases: Sequence[str], reason: str, now: datetime, based_on: int | None = None
) -> RuleVersion:
    """
    This function will rewrite what a level does and says, as a new version. Words that tie something to a review are refused.

    Raises: Forbidden, ReasonMissing, StepsMissing, ReviewTied, NothingChanged, RulesMovedOn.   Source: AFT-1, AFT-6.
    """
    book = _current(actor, reason, based_on)
    kept = {"steps": [one.strip() for one in steps if one.strip()], "phrases": [one.strip() for one in phrases if one.strip()]}
    for lines in kept.values():
        if not 0 < len(lines) <= MOST_LINES or max(map(len, lines)) > LONGEST_LINE:
            raise StepsMissing(most=MOST_LINES, longest=LONGEST_LINE)
    fairness.refuse_tied(*kept["steps"], *kept["phrases"])
    now_in_force = book.process_of(severity)
    if kept == {"steps": [one[0] for one in now_in_force.steps], "phrases": [one[0] for one in now_in_force.phrases]}:
        raise NothingChanged
    levels = {**book.levels, severity.value: kept}
    change = f"{rules.SEVERITY_WORDS[severity][0]}：{len(kept['steps'])} 步、{len(kept['phrases'])} 句"
    return _add(actor, book, book.cells, levels, change, reason, {"level": severity.value, **kept}, now)


@transaction.atomic
def restore(*, actor: Actor, number: int, reason: str, now: datetime, based_on: int | None = None) -> RuleVersion:
    """This function will put the rules of an earlier version in force again, as a new version.   Raises: Forbidden, ReasonMissing, NothingChanged, RulesMovedOn."""
    book = _current(actor, reason, based_on)
    before = of_version(number)
    if (before.cells, before.levels) == (book.cells, book.levels):
        raise NothingChanged
    return _add(actor, book, before.cells, before.levels, f"恢复到第 {number} 版", reason, {"restored": number}, now)


def _current(actor: Actor, reason: str, based_on: int | None) -> Book:
    access.require(actor, RULES)
    if not reason.strip():
        raise ReasonMissing
    book = in_force()
    if based_on is not None and based_on != book.number:
        raise RulesMovedOn(number=book.number)
    return book


def _add(
    actor: Actor, book: Book, cells: Mapping[tuple[str, str], str], levels: Mapping[str, object], change: str, reason: str, details: dict[str, object],
    now: datetime,
) -> RuleVersion:
    number = book.number + 1
    try:
        with transaction.atomic():
            made = RuleVersion.objects.create(
                number=number, cells={":".join(key): value for key, value in cells.items()}, levels=dict(levels), change=change[:200],
                reason=reason.strip()[:200], changed_by=actor.name, changed_at=now,
            )  # fmt: skip
    except IntegrityError as taken:
        raise RulesMovedOn(number=number) from taken
    audit.record(actor, RULES, subject=f"aftersales-rules:{number}", now=now, details={"version": number, "change": change, **details}, reason=reason)
    return made


def closed_days(since: date) -> list[ClosedDay]:
    """This function will list the days from then on on which the house is closed."""
    return list(ClosedDay.objects.filter(day__gte=since).order_by("day"))


@transaction.atomic
def set_closed(*, actor: Actor, day: date, is_closed: bool, words: str, now: datetime) -> None:
    """This function will close a day of service, or open it again; open cases keep the deadline they have.   Raises: Forbidden, ReasonMissing.   Source: AFT-5."""
    access.require(actor, RULES)
    if is_closed and not words.strip():
        raise ReasonMissing
    if is_closed:
        ClosedDay.objects.update_or_create(day=day, defaults={"words": words.strip()[:60], "set_by": actor.name, "set_at": now})
    else:
        ClosedDay.objects.filter(day=day).delete()
    audit.record(actor, "aftersales:calendar:change", subject=f"day:{day}", now=now, details={"closed": is_closed, "words": words.strip()[:60]})


def version_of_case(rules_version: int, severity: Severity) -> Process:
    """This function will give the process a case was opened under: a rewriting later does not change what was begun."""
    return of_version(rules_version).process_of(severity)
