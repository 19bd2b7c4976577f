"""Trials and A/B tests over JSON: begin, figures, reading, decision."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema

from kaibo.kit.clock import business_date
from kaibo.plumbing.access import access
from kaibo.stages.listing import trial_queries, trial_services
from kaibo.stages.listing.models import AbTest, Trial
from kaibo.stages.listing.permissions import SEE
from kaibo.stages.listing.trial_services import AbTestDraft, DayCounts
from kaibo.stages.listing.trials import Diagnosis, TrialState

router = Router(tags=["listing"])


class AudienceIn(Schema):
    audience: str = Field(max_length=120)


class RateOut(Schema):
    metric: str
    acted: int
    shown: int
    rate_bp: int
    low_bp: int
    high_bp: int
    mean_bp: int | None
    verdict: str


class TrialOut(Schema):
    id: UUID
    listing_id: UUID
    state: str
    audience: str
    ends_at: datetime
    locked_version: int | None
    step: str
    reason: str
    rates: list[RateOut]


class DayIn(Schema):
    day: date
    views: int
    clicks: int
    favourites: int = 0
    carts: int = 0
    orders: int = 0


class StepIn(Schema):
    to: TrialState
    reason: str = ""


class AbTestIn(Schema):
    code: str = Field(max_length=20)
    kind: str
    question: str = Field(max_length=120)
    a_words: str = Field(max_length=80)
    b_words: str = Field(max_length=80)
    metric: str
    baseline_bp: int
    lift_bp: int
    visitors_a_day: int
    b_share_bp: int = 5_000


class AbDayIn(Schema):
    day: date
    a_shown: int
    a_acted: int
    b_shown: int
    b_acted: int


class AbTestOut(Schema):
    id: UUID
    code: str
    state: str
    decision: str
    visitors_needed: int
    visitors: int
    evidence: float
    p_value: float
    difference: float
    low: float
    high: float
    split_p: float
    split_is_broken: bool
    winner: str


class DecisionIn(Schema):
    version: str
    reason: str = ""


def _one(found: Trial, today: date) -> dict[str, Any]:
    return _trial(found, trial_queries.diagnosis_of(found, today))


def _trial(found: Trial, diagnosis: Diagnosis) -> dict[str, Any]:
    rates = [
        {
            "metric": one.metric, "acted": one.acted, "shown": one.shown, "rate_bp": one.rate_bp, "low_bp": one.low_bp, "high_bp": one.high_bp,
            "mean_bp": one.mean.rate_bp if one.mean else None, "verdict": one.verdict,
        }
        for one in diagnosis.rates
    ]
    return {
        "id": found.pk, "listing_id": found.listing_id, "state": found.state, "audience": found.audience, "ends_at": found.ends_at, "locked_version": found.locked_version,
        "step": diagnosis.step, "reason": diagnosis.zh, "rates": rates,
    }


@router.get("/trials", response=list[TrialOut])
def list_trials(request: HttpRequest, state: str = "") -> list[dict[str, Any]]:
    access.require(request.auth, SEE)
    found = trial_queries.trials_for(request.auth)
    shown = list((found.filter(state=state) if state else found)[:100])
    diagnoses = trial_queries.diagnoses_of(shown, business_date(request.now))
    return [_trial(one, diagnoses[one.pk]) for one in shown]


@router.post("/listings/{listing_id}/trials", response={201: TrialOut})
def begin_trial(request: HttpRequest, listing_id: UUID, body: AudienceIn) -> tuple[int, dict[str, Any]]:
    made = trial_services.begin_trial(actor=request.auth, listing_id=listing_id, audience=body.audience, now=request.now)
    return 201, _one(trial_queries.trial_for(request.auth, made.pk), business_date(request.now))


@router.put("/listings/{listing_id}/figures", response={204: None})
def type_day(request: HttpRequest, listing_id: UUID, body: DayIn) -> tuple[int, None]:
    counts = DayCounts(body.views, body.clicks, body.favourites, body.carts, body.orders)
    trial_services.type_day(actor=request.auth, listing_id=listing_id, day=body.day, counts=counts, now=request.now)
    return 204, None


@router.post("/trials/{trial_id}/step", response=TrialOut)
def step_trial(request: HttpRequest, trial_id: UUID, body: StepIn) -> dict[str, Any]:
    trial_services.step_trial(actor=request.auth, trial_id=trial_id, to=body.to, reason=body.reason, now=request.now)
    return _one(trial_queries.trial_for(request.auth, trial_id), business_date(request.now))


def _test(found: AbTest) -> dict[str, Any]:
    reading = trial_queries.read_test(found)
    return {
        "id": found.pk, "code": found.code, "state": found.state, "decision": found.decision, "visitors_needed": found.visitors_needed, "visitors": reading.visitors,
        "evidence": reading.evidence, "p_value": reading.p_value, "difference": reading.difference, "low": reading.low, "high": reading.high, "split_p": reading.split_p,
        "split_is_broken": reading.split_is_broken, "winner": reading.winner,
    }


@router.post("/listings/{listing_id}/tests", response={201: AbTestOut})
def begin_test(request: HttpRequest, listing_id: UUID, body: AbTestIn) -> tuple[int, dict[str, Any]]:
    made = trial_services.begin_test(actor=request.auth, listing_id=listing_id, draft=AbTestDraft(**body.dict()), now=request.now)
    return 201, _test(made)


@router.get("/tests/{test_id}", response=AbTestOut)
def read_test(request: HttpRequest, test_id: UUID) -> dict[str, Any]:
    access.require(request.auth, SEE)
    return _test(trial_queries.ab_test_for(request.auth, test_id))


@router.put("/tests/{test_id}/figures", response=AbTestOut)
def type_test_day(request: HttpRequest, test_id: UUID, body: AbDayIn) -> dict[str, Any]:
    trial_services.type_test_day(
        actor=request.auth, test_id=test_id, day=body.day, a=(body.a_shown, body.a_acted), b=(body.b_shown, body.b_acted), now=request.now
    )
    return _test(trial_queries.ab_test_for(request.auth, test_id))


@router.post("/tests/{test_id}/decide", response=AbTestOut)
def decide_test(request: HttpRequest, test_id: UUID, body: DecisionIn) -> dict[str, Any]:
    return _test(trial_services.decide_test(actor=request.auth, test_id=test_id, version=body.version, reason=body.reason, now=request.now))
