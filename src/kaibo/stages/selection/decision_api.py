"""Decisions over JSON: the scorecard with what would change it, trials, matching, cooperations."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema

from kaibo.kit.clock import business_date
from kaibo.plumbing.access import access
from kaibo.stages.selection import cooperation_services, evidence, matching_services, queries, scorecard, trial_services
from kaibo.stages.selection.models import Trial
from kaibo.stages.selection.permissions import SEE
from kaibo.stages.selection.trial_services import Wish
from kaibo.stages.selection.trials import Seen

router = Router(tags=["selection"])


class FigureOut(Schema):
    key: str
    value: int | None
    unit: str
    counted: int
    why: str
    points_bp: int | None
    weight: int
    nothing: int
    full: int
    href: str


class ChangeOut(Schema):
    key: str
    of: str
    now: int
    needed: int
    outcome: str


class RiskOut(Schema):
    key: str
    kind: str
    state: str
    reason: str
    source: str
    places: list[str]
    href: str


class CardOut(Schema):
    outcome: str
    reasons: list[str]
    score_bp: int | None
    known_bp: int
    trial_bp: int
    go_bp: int
    rules_number: int
    figures: list[FigureOut]
    changes: list[ChangeOut]
    risks: list[RiskOut]


class TrialIn(Schema):
    price_fen: int = Field(gt=0)
    usual_bp: int
    worth_bp: int
    viewers_a_day: int
    return_limit_bp: int
    loss_limit_fen: int = 0
    fixed_fen: int = 0


class TrialOut(Schema):
    id: UUID
    state: str
    price_fen: int
    viewers: int
    buyers_to_pass: int
    days: int
    stock_units: int
    ending: str
    planned_at: datetime
    ended_at: datetime | None


class DayIn(Schema):
    day: date
    viewers: int
    buyers: int
    units: int
    returned: int = 0
    profit_fen: int = 0


class StandingOut(Schema):
    ending: str
    buy_bp: int
    buy_low_bp: int
    buy_high_bp: int
    return_bp: int
    chance_to_pass_bp: int


class CooperationOut(Schema):
    id: UUID
    shop_id: UUID
    kind: str
    title: str
    commission_bp: int
    slot_fee_fen: int
    starts_on: date
    ends_on: date
    contact_masked: str
    decision: str
    advice: str
    sessions: int
    kept_fen: int
    profit_fen: int
    return_bp: int


class ReasonIn(Schema):
    reason: str = ""


@router.get("/candidates/{candidate_id}/card", response=CardOut)
def candidate_card(request: HttpRequest, candidate_id: UUID) -> dict[str, Any]:
    access.require(request.auth, SEE)
    gathered = evidence.gather(queries.candidate_for(request.auth, candidate_id), request.now)
    judged, rules = scorecard.judge(gathered.card), gathered.card.rules
    return {
        "outcome": judged.outcome.value, "reasons": list(judged.reasons), "score_bp": judged.score_bp, "known_bp": judged.known_bp, "trial_bp": rules.trial_bp,
        "go_bp": rules.go_bp, "rules_number": gathered.rules_number,
        "figures": [
            {
                "key": one.key, "value": one.reading.value, "unit": scorecard.UNITS[one.key], "counted": one.reading.counted, "why": one.reading.why,
                "points_bp": one.points_bp, "weight": one.rule.weight, "nothing": one.rule.nothing, "full": one.rule.full, "href": gathered.found[one.key].href,
            }
            for one in judged.figures
        ],
        "changes": [{"key": one.key, "of": one.of, "now": one.now, "needed": one.needed, "outcome": one.outcome.value} for one in scorecard.changes(gathered.card)],
        "risks": [{"key": one.key, "kind": one.kind, "state": one.state, "reason": one.reason, "source": one.source, "places": list(one.places), "href": one.repair_href} for one in gathered.hurdles],
    }  # fmt: skip


@router.get("/candidates/{candidate_id}/trials", response=list[TrialOut])
def list_trials(request: HttpRequest, candidate_id: UUID) -> list[Trial]:
    access.require(request.auth, SEE)
    return list(trial_services.trials_of(queries.candidate_for(request.auth, candidate_id))[:100])


@router.post("/candidates/{candidate_id}/trials", response={201: TrialOut})
def begin_trial(request: HttpRequest, candidate_id: UUID, body: TrialIn) -> tuple[int, Trial]:
    wish = Wish(body.price_fen, body.usual_bp, body.worth_bp, body.viewers_a_day, body.return_limit_bp, body.loss_limit_fen, body.fixed_fen)
    return 201, trial_services.begin_trial(actor=request.auth, candidate_id=candidate_id, wish=wish, now=request.now)


@router.put("/trials/{trial_id}/days", response=StandingOut)
def count_trial_day(request: HttpRequest, trial_id: UUID, body: DayIn) -> dict[str, Any]:
    seen = Seen(body.viewers, body.buyers, body.units, body.returned, body.profit_fen)
    found = trial_services.count_day(actor=request.auth, trial_id=trial_id, day=body.day, seen=seen, today=business_date(request.now), now=request.now)
    return {
        "ending": found.ending.value, "buy_bp": found.buy_bp, "buy_low_bp": found.buy_low_bp, "buy_high_bp": found.buy_high_bp, "return_bp": found.return_bp,
        "chance_to_pass_bp": found.chance_to_pass_bp,
    }  # fmt: skip


@router.post("/trials/{trial_id}/end", response=TrialOut)
def end_trial(request: HttpRequest, trial_id: UUID, body: ReasonIn) -> Trial:
    return trial_services.end_trial(actor=request.auth, trial_id=trial_id, reason=body.reason, now=request.now)


@router.get("/shops/{shop_id}/matching")
def matching_report(request: HttpRequest, shop_id: UUID) -> dict[str, Any]:
    """The shop's newest report on what is bought together; `report` is null before the first."""
    found = matching_services.report_of(request.auth, shop_id)
    return {"report": found.sheet, "made_at": found.made_at, "since": found.since} if found else {"report": None}


@router.get("/cooperations", response=list[CooperationOut])
def list_cooperations(request: HttpRequest) -> list[dict[str, Any]]:
    access.require(request.auth, SEE)
    rows = list(cooperation_services.cooperations_for(request.auth)[:200])
    sessions = cooperation_services.sessions_of([one.pk for one in rows])
    limits = cooperation_services.limits_in_force()
    found = []
    for one in rows:
        verdict = cooperation_services.verdict_of(one, sessions.get(one.pk, []), limits)
        kept = {name: getattr(one, name) for name in ("shop_id", "kind", "title", "commission_bp", "slot_fee_fen", "starts_on", "ends_on", "contact_masked", "decision")}
        total = verdict.total
        found.append(
            kept | {"id": one.pk, "advice": verdict.advice.value, "sessions": total.sessions, "kept_fen": total.kept_fen, "profit_fen": total.profit_fen, "return_bp": total.return_bp}
        )
    return found
