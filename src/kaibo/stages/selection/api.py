"""Selection over JSON: markets with their verdict, candidates and the decision."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.pagination import PageNumberPagination, paginate

from kaibo.master.catalog.services import NewSku
from kaibo.plumbing.access import access
from kaibo.stages.selection import queries, services
from kaibo.stages.selection.decision_api import router as decision_router
from kaibo.stages.selection.market_api import router as market_router
from kaibo.stages.selection.models import Candidate, Market
from kaibo.stages.selection.permissions import SEE
from kaibo.stages.selection.rules import Economics
from kaibo.stages.selection.services import Draft

router = Router(tags=["selection"])
router.add_router("", decision_router)
router.add_router("", market_router)


class MarketOut(Schema):
    id: UUID
    title: str
    shop_id: UUID
    competitor_count: int
    review_count: int
    complaint_count: int


class ThemeOut(Schema):
    key: str
    title: str
    count: int
    share_bp: int


class VerdictOut(Schema):
    outcome: str
    competitors: int
    on_price_count: int
    complaints: int
    quality_complaints: int
    quality_bp: int
    quality_limit_bp: int
    reference_fen: int | None
    source: str
    themes: list[ThemeOut]


class SkuIn(Schema):
    code: str = Field(max_length=60)
    specification: str = Field(max_length=80)
    cost_fen: int = Field(ge=0)
    price_fen: int = Field(gt=0)
    barcode: str = ""


class CandidateIn(Schema):
    shop_id: UUID
    title: str = Field(max_length=120)
    code: str = Field(max_length=40)
    category: str
    market_id: UUID | None = None
    position: str = ""
    goods_kind: str = ""
    value_proposition: str = Field("", max_length=120)
    selling_points: list[str] = []
    cost_fen: int
    price_fen: int
    return_bp: int
    freight_fen: int = 0
    return_loss_fen: int = 0
    commission_bp: int = 0
    on_air_at: datetime | None = None
    skus: list[SkuIn] = []


class CandidateOut(Schema):
    id: UUID
    shop_id: UUID
    market_id: UUID | None
    code: str
    title: str
    state: str
    cost_fen: int
    price_fen: int
    return_bp: int
    margin_bp: int | None
    value_proposition: str
    selling_points: list[str]
    product_id: UUID | None
    launch_id: UUID | None
    decided_by: str
    decided_at: datetime | None


class ReasonIn(Schema):
    reason: str = ""


@router.get("/markets", response=list[MarketOut])
@paginate(PageNumberPagination, page_size=50, max_page_size=200)
def list_markets(request: HttpRequest) -> list[Market]:
    access.require(request.auth, SEE)
    return queries.markets_for(request.auth)


@router.get("/markets/{market_id}/verdict", response=VerdictOut)
def market_verdict(request: HttpRequest, market_id: UUID) -> dict[str, object]:
    access.require(request.auth, SEE)
    market = queries.market_for(request.auth, market_id)
    verdict = queries.verdict_of(market)
    return {
        "outcome": verdict.outcome.value, "competitors": len(verdict.signs), "on_price_count": verdict.on_price_count,
        "complaints": verdict.complaints, "quality_complaints": verdict.quality_complaints, "quality_bp": verdict.quality_bp,
        "quality_limit_bp": verdict.limits.quality_share_bp, "reference_fen": verdict.reference_fen, "source": "SEL-7",
        "themes": [{"key": one.key, "title": one.title, "count": one.count, "share_bp": one.share_bp, "low_bp": one.low_bp, "high_bp": one.high_bp} for one in queries.themes_of(market, quotes=1)],
    }


@router.get("/candidates", response=list[CandidateOut])
@paginate(PageNumberPagination, page_size=50, max_page_size=200)
def list_candidates(request: HttpRequest, state: str = "") -> list[Candidate]:
    access.require(request.auth, SEE)
    found = queries.candidates_for(request.auth)
    return found.filter(state=state) if state else found


@router.get("/candidates/{candidate_id}", response=CandidateOut)
def get_candidate(request: HttpRequest, candidate_id: UUID) -> Candidate:
    access.require(request.auth, SEE)
    return queries.candidate_for(request.auth, candidate_id)


@router.post("/candidates", response={201: CandidateOut})
def add_candidate(request: HttpRequest, body: CandidateIn) -> tuple[int, Candidate]:
    draft = Draft(
        title=body.title, code=body.code, category=body.category, market_id=body.market_id, position=body.position, goods_kind=body.goods_kind,
        value_proposition=body.value_proposition, selling_points=body.selling_points, on_air_at=body.on_air_at,
        economics=Economics(body.cost_fen, body.price_fen, body.return_bp, body.freight_fen, body.return_loss_fen, body.commission_bp),
        skus=[NewSku(one.code, one.specification, one.cost_fen, one.price_fen, one.barcode) for one in body.skus],
    )
    return 201, services.add_candidate(actor=request.auth, shop_id=body.shop_id, draft=draft, now=request.now)


@router.post("/candidates/{candidate_id}/score", response=CandidateOut)
def score_candidate(request: HttpRequest, candidate_id: UUID) -> Candidate:
    return services.score_candidate(actor=request.auth, candidate_id=candidate_id, now=request.now)


@router.post("/candidates/{candidate_id}/approve", response=CandidateOut)
def approve_candidate(request: HttpRequest, candidate_id: UUID, body: ReasonIn) -> Candidate:
    return services.approve_candidate(actor=request.auth, candidate_id=candidate_id, now=request.now, reason=body.reason)


@router.post("/candidates/{candidate_id}/reject", response=CandidateOut)
def reject_candidate(request: HttpRequest, candidate_id: UUID, body: ReasonIn) -> Candidate:
    return services.reject_candidate(actor=request.auth, candidate_id=candidate_id, reason=body.reason, now=request.now)
