"""After-sales over JSON: cases, their steps, refunds, call-backs."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.pagination import PageNumberPagination, paginate

from kaibo.plumbing.access import access
from kaibo.stages.aftersales import queries, refunds, replacements, returns, review_calls, rulebook, services
from kaibo.stages.aftersales.models import Case, Refund, RefundRequest, Replacement, ReviewCall
from kaibo.stages.aftersales.permissions import SEE
from kaibo.stages.aftersales.rules import Impact, Kind, Nature, State

router = Router(tags=["aftersales"])


class CaseOut(Schema):
    id: UUID
    shop_id: UUID
    platform: str
    case_no: str
    order_id: UUID | None
    line_id: UUID | None
    order_no: str
    goods: str
    kind: str
    nature: str
    impact: str
    severity: str
    state: str
    raw_status: str
    platform_state: str
    reason: str
    asked_fen: int
    refunded_fen: int
    owner_id: UUID | None
    opened_at: datetime
    due_at: datetime | None
    closed_at: datetime | None


class CaseIn(Schema):
    line_id: UUID
    kind: Kind
    nature: Nature
    impact: Impact = Impact.ONE
    reason: str = Field(max_length=400)
    asked_fen: int = Field(0, ge=0)
    quantity: int = Field(1, gt=0)


class MoveIn(Schema):
    target: State
    reason: str = ""
    tracking_no: str = ""
    ground: str = ""


class RefundIn(Schema):
    amount_fen: int = Field(gt=0)
    key: str = Field(min_length=1, max_length=80)


class RefundOut(Schema):
    id: UUID
    case_id: UUID
    amount_fen: int
    key: str
    refunded_at: datetime


class RefundRequestOut(Schema):
    id: UUID
    case_id: UUID
    amount_fen: int
    limit_fen: int
    key: str
    state: str
    asked_name: str
    asked_at: datetime
    decided_name: str
    decided_at: datetime | None
    reason: str


class DecisionIn(Schema):
    is_approved: bool
    reason: str = Field("", max_length=200)


class KindIn(Schema):
    kind: Kind
    reason: str = Field(min_length=1, max_length=200)


class ReplacementIn(Schema):
    sku_id: UUID | None = None
    quantity: int | None = Field(None, gt=0)


class ReplacementOut(Schema):
    id: UUID
    case_id: UUID
    order_id: UUID
    made_at: datetime
    sent_at: datetime | None


class ReviewIn(Schema):
    line_id: UUID
    stars: int = Field(ge=1, le=5)
    review: str = Field(min_length=1, max_length=600)
    reviewed_at: datetime


class CallIn(Schema):
    part: Literal["feeling", "problem", "offer"]
    text: str = Field(min_length=1, max_length=400)
    offer_fen: int = Field(0, ge=0)


class ReviewOut(Schema):
    case_id: UUID
    stars: int
    review: str
    feeling: str
    problem: str
    offer: str
    offer_fen: int
    called_by: str


class CellOut(Schema):
    nature: str
    impact: str
    severity: str


class RulesOut(Schema):
    version: int
    cells: list[CellOut]


class ContactIn(Schema):
    outcome: str
    text: str = Field(min_length=1, max_length=400)


class ReceiveIn(Schema):
    quantity: int = Field(gt=0)


class ReasonIn(Schema):
    reason: str = ""


@router.get("/cases", response=list[CaseOut])
@paginate(PageNumberPagination, page_size=50, max_page_size=200)
def list_cases(request: HttpRequest, state: str = "", severity: str = "") -> QuerySet[Case]:
    access.require(request.auth, SEE)
    wanted = {name: value for name, value in (("state", state), ("severity", severity)) if value}
    return queries.cases_for(request.auth).filter(**wanted).order_by("due_at", "pk")


@router.get("/cases/{case_id}", response=CaseOut)
def get_case(request: HttpRequest, case_id: UUID) -> Case:
    access.require(request.auth, SEE)
    return queries.case_for(request.auth, case_id)


@router.post("/cases", response={201: CaseOut})
def open_case(request: HttpRequest, body: CaseIn) -> tuple[int, Case]:
    told = services.NewCase(body.line_id, body.kind, body.nature, body.impact, body.reason, body.asked_fen, body.quantity)
    return 201, services.open_case(actor=request.auth, told=told, now=request.now)


@router.post("/cases/{case_id}/move", response=CaseOut)
def move_case(request: HttpRequest, case_id: UUID, body: MoveIn) -> Case:
    return services.move_case(
        actor=request.auth, case_id=case_id, target=body.target, reason=body.reason, tracking_no=body.tracking_no, ground=body.ground,
        now=request.now,
    )  # fmt: skip


@router.post("/cases/{case_id}/return", response=CaseOut)
def receive_return(request: HttpRequest, case_id: UUID, body: ReceiveIn) -> Case:
    return returns.receive_return(actor=request.auth, case_id=case_id, quantity=body.quantity, now=request.now)


@router.post("/cases/{case_id}/refunds", response={201: RefundOut, 202: RefundRequestOut})
def refund(request: HttpRequest, case_id: UUID, body: RefundIn) -> tuple[int, Refund | RefundRequest]:
    """201: the money is on its way. 202: it is above the limit and waits for a second person."""
    made = refunds.refund(actor=request.auth, case_id=case_id, amount_fen=body.amount_fen, key=body.key, now=request.now)
    return (201 if isinstance(made, Refund) else 202), made


@router.get("/refund-requests", response=list[RefundRequestOut])
@paginate(PageNumberPagination, page_size=50, max_page_size=200)
def list_refund_requests(request: HttpRequest) -> QuerySet[RefundRequest]:
    access.require(request.auth, SEE)
    return queries.refunds_to_decide(request.auth)


@router.post("/refund-requests/{request_id}/decide", response=RefundRequestOut)
def decide_refund(request: HttpRequest, request_id: UUID, body: DecisionIn) -> RefundRequest:
    return refunds.decide_request(actor=request.auth, request_id=request_id, is_approved=body.is_approved, reason=body.reason, now=request.now)


@router.post("/cases/{case_id}/kind", response=CaseOut)
def change_kind(request: HttpRequest, case_id: UUID, body: KindIn) -> Case:
    return services.change_kind(actor=request.auth, case_id=case_id, kind=body.kind, reason=body.reason, now=request.now)


@router.post("/cases/{case_id}/replacement", response={201: ReplacementOut})
def send_again(request: HttpRequest, case_id: UUID, body: ReplacementIn) -> tuple[int, Replacement]:
    return 201, replacements.send_again(actor=request.auth, case_id=case_id, sku_id=body.sku_id, quantity=body.quantity, now=request.now)


@router.delete("/cases/{case_id}/replacement", response=CaseOut)
def drop_replacement(request: HttpRequest, case_id: UUID, body: ReasonIn) -> Case:
    return replacements.drop(actor=request.auth, case_id=case_id, reason=body.reason, now=request.now)


@router.post("/reviews", response={201: ReviewOut})
def take_review(request: HttpRequest, body: ReviewIn) -> tuple[int, ReviewCall]:
    told = review_calls.BadReview(body.line_id, body.stars, body.review, body.reviewed_at)
    return 201, review_calls.take_review(actor=request.auth, told=told, now=request.now)


@router.post("/cases/{case_id}/review-call", response=ReviewOut)
def write_call(request: HttpRequest, case_id: UUID, body: CallIn) -> ReviewCall:
    """One part of the call at a time: feeling, then problem, then offer."""
    said = {"actor": request.auth, "case_id": case_id, "text": body.text, "now": request.now}
    if body.part == "offer":
        return review_calls.make_offer(**said, offer_fen=body.offer_fen)
    return (review_calls.note_feeling if body.part == "feeling" else review_calls.note_problem)(**said)


@router.get("/rules", response=RulesOut)
def rules_in_force(request: HttpRequest) -> RulesOut:
    access.require(request.auth, SEE)
    book = rulebook.in_force()
    cells = [CellOut(nature=n.value, impact=i.value, severity=book.severity_of(n, i).value) for n in Nature for i in Impact]
    return RulesOut(version=book.number, cells=cells)


@router.post("/cases/{case_id}/contacts", response=CaseOut)
def record_contact(request: HttpRequest, case_id: UUID, body: ContactIn) -> Case:
    return services.record_contact(actor=request.auth, case_id=case_id, outcome=body.outcome, text=body.text, now=request.now)


@router.post("/cases/{case_id}/close", response=CaseOut)
def close_case(request: HttpRequest, case_id: UUID, body: ReasonIn) -> Case:
    return services.close_case(actor=request.auth, case_id=case_id, reason=body.reason, now=request.now)
