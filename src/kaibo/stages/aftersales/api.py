"""After-sales over JSON: cases, their steps, refunds, call-backs."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.pagination import PageNumberPagination, paginate

from kaibo.plumbing.access import access
from kaibo.stages.aftersales import queries, services
from kaibo.stages.aftersales.models import Case, Refund
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


class RefundIn(Schema):
    amount_fen: int = Field(gt=0)
    key: str = Field(min_length=1, max_length=80)


class RefundOut(Schema):
    id: UUID
    case_id: UUID
    amount_fen: int
    key: str
    refunded_at: datetime


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
        actor=request.auth, case_id=case_id, target=body.target, reason=body.reason, tracking_no=body.tracking_no, now=request.now
    )


@router.post("/cases/{case_id}/return", response=CaseOut)
def receive_return(request: HttpRequest, case_id: UUID, body: ReceiveIn) -> Case:
    return services.receive_return(actor=request.auth, case_id=case_id, quantity=body.quantity, now=request.now)


@router.post("/cases/{case_id}/refunds", response={201: RefundOut})
def refund(request: HttpRequest, case_id: UUID, body: RefundIn) -> tuple[int, Refund]:
    return 201, services.refund(actor=request.auth, case_id=case_id, amount_fen=body.amount_fen, key=body.key, now=request.now)


@router.post("/cases/{case_id}/contacts", response=CaseOut)
def record_contact(request: HttpRequest, case_id: UUID, body: ContactIn) -> Case:
    return services.record_contact(actor=request.auth, case_id=case_id, outcome=body.outcome, text=body.text, now=request.now)


@router.post("/cases/{case_id}/close", response=CaseOut)
def close_case(request: HttpRequest, case_id: UUID, body: ReasonIn) -> Case:
    return services.close_case(actor=request.auth, case_id=case_id, reason=body.reason, now=request.now)
