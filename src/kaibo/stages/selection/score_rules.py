"""The rules a shop scores by: versions with who and why, and the strengths of the house (SEL-9, SEL-15)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from kaibo.kit.errors import Conflict, Invalid
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.stages.selection import scorecard
from kaibo.stages.selection.models import HouseStrength, ScoreRules
from kaibo.stages.selection.permissions import DECIDE, SEE
from kaibo.stages.selection.scorecard import FIGURES, HOUSE_RULES, Rule, Rules


class RulesChangedMeanwhile(Conflict):
    code = "selection.score_rules_changed_meanwhile"
    message_zh = "评分规则刚被别人改到第 {number} 版，请先看看再改"
    message_en = "The score rules were changed to version {number} by somebody else; look at them first"


class RulesNeedAReason(Invalid):
    code = "selection.score_rules_need_a_reason"
    message_zh = "改评分规则要写明为什么：以后看旧分数的人要看得懂"
    message_en = "Changing the score rules needs a reason, for whoever reads old scores"


class StrengthWrong(Invalid):
    code = "selection.strength_wrong"
    message_zh = "优势要给 0 到 5 分，并写出凭什么（例如：自有产线 3 条、场均内容曝光 20 万）"
    message_en = "A strength takes 0 to 5 points and what they rest on"


def in_force(shop_id: UUID) -> tuple[int, Rules]:
    """This function will give the number and the rules in force; 0 is the house's own start."""
    newest = ScoreRules.objects.filter(shop=shop_id).order_by("-number").first()
    return (0, HOUSE_RULES) if newest is None else (newest.number, as_rules(newest))


def as_rules(one: ScoreRules) -> Rules:
    """This function will read a kept version; a figure that is newer than the version weighs nothing in it."""
    kept = {key: Rule(*one.rules[key]) if key in one.rules else Rule(0, HOUSE_RULES.rules[key].nothing, HOUSE_RULES.rules[key].full) for key in FIGURES}
    return Rules(kept, one.trial_bp, one.go_bp, one.known_bp)


def versions_of(actor: Actor, shop_id: UUID) -> list[ScoreRules]:
    """This function will list every version, newest first.   Raises: Forbidden."""
    access.require(actor, SEE, shop_id=shop_id)
    return list(ScoreRules.objects.filter(shop=shop_id).order_by("-number")[:50])


@transaction.atomic
def change_rules(*, actor: Actor, shop_id: UUID, rules: Rules, seen: int, reason: str, now: datetime) -> ScoreRules:
    """
    This function will keep a new version; of two people at once the second is told.

    `seen` is the version the person looked at.   Raises: Forbidden, RulesNeedAReason, RuleWrong, LinesWrong, RulesChangedMeanwhile.
    """
    access.require(actor, DECIDE, shop_id=shop_id)
    if not reason.strip():
        raise RulesNeedAReason
    scorecard.check_rules(rules)
    number, before = in_force(shop_id)
    if number != seen:
        raise RulesChangedMeanwhile(number=number)
    kept = {key: [one.weight, one.nothing, one.full] for key, one in rules.rules.items()}
    try:
        with transaction.atomic():
            made = ScoreRules.objects.create(
                shop_id=shop_id, number=number + 1, rules=kept, trial_bp=rules.trial_bp, go_bp=rules.go_bp, known_bp=rules.known_bp, reason=reason.strip(),
                made_by=actor.name, made_at=now,
            )  # fmt: skip
    except IntegrityError as taken:
        raise RulesChangedMeanwhile(number=number + 1) from taken
    changed = {key: [_told(before.rules[key]), _told(rules.rules[key])] for key in FIGURES if before.rules[key] != rules.rules[key]}
    audit.record(
        actor, "selection:score_rules:change", subject=f"shop:{shop_id}", now=now, shop_id=shop_id, reason=reason.strip(),
        details={"number": made.number, "changed": changed, "lines": [rules.trial_bp, rules.go_bp, rules.known_bp]},
    )  # fmt: skip
    return made


def _told(rule: Rule) -> list[int]:
    return [rule.weight, rule.nothing, rule.full]


@dataclass(frozen=True, slots=True)
class Strength:
    """One strength of a house."""

    kind: str
    level: int
    evidence: str
    said_by: str
    said_at: datetime


def strengths_of(shop_id: UUID) -> dict[str, Strength]:
    """This function will give kind → strength; one query."""
    return {one.kind: Strength(one.kind, one.level, one.evidence, one.said_by, one.said_at) for one in HouseStrength.objects.filter(shop=shop_id)}


@transaction.atomic
def say_strength(*, actor: Actor, shop_id: UUID, kind: str, level: int, evidence: str, now: datetime) -> None:
    """This function will keep how strong the house is in one thing, on what evidence.   Raises: Forbidden, StrengthWrong.   Source: SEL-9."""
    access.require(actor, DECIDE, shop_id=shop_id)
    if kind not in {"supply_chain", "content", "cash"} or not 0 <= level <= 5 or not evidence.strip():
        raise StrengthWrong
    before = HouseStrength.objects.filter(shop=shop_id, kind=kind).values_list("level", flat=True).first()
    HouseStrength.objects.update_or_create(
        shop_id=shop_id, kind=kind, defaults={"level": level, "evidence": evidence.strip(), "said_by": actor.name, "said_at": now}
    )
    audit.record(
        actor, "selection:strength:say", subject=f"shop:{shop_id}", now=now, shop_id=shop_id,
        details={"kind": kind, "before": before, "after": level, "evidence": evidence.strip()},
    )  # fmt: skip
