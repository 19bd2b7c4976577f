"""Prices, rights, likenesses, rows of the matrix, duties and disclosures over JSON."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.pagination import PageNumberPagination, paginate

from kaibo.plumbing.access import access
from kaibo.stages.compliance import comparing, disclosures, duties, evidence, matrix_rows, rights, struck_work
from kaibo.stages.compliance.models import ComparedPrice, IpRight, Likeness, MatrixRow
from kaibo.stages.compliance.permissions import SEE

router = Router(tags=["compliance"])


class DealOut(Schema):
    reference: str
    at: datetime
    unit_fen: int
    units: int
    why_not: str


class RemarkOut(Schema):
    kind: str
    weight: str
    zh: str
    en: str


class StruckOut(Schema):
    is_allowed: bool
    basis: str | None
    most_fen: int | None
    zh: str
    en: str
    label_zh: str
    source: str


class PriceOut(Schema):
    sku: str
    platform: str
    deals_counted: int
    lowest_fen: int | None
    last_fen: int | None
    most_struck_fen: int | None
    basis: str | None
    price_fen: int
    remarks: list[RemarkOut]
    struck: StruckOut | None
    deals: list[DealOut]


class ComparedIn(Schema):
    struck_fen: int = Field(gt=0)
    price_fen: int = Field(gt=0)
    evidence: str = Field("", max_length=200)
    evidence_until: date | None = None


class ComparedOut(Schema):
    id: UUID
    struck_fen: int
    price_fen: int
    basis: str
    most_fen: int
    deals: int
    evidence: str
    began_at: datetime


class StruckWorkOut(Schema):
    sku_id: UUID
    sku: str
    platform: str
    struck_fen: int
    instead_fen: int | None
    since: datetime
    reason: str
    source: str


class RightIn(Schema):
    shop_id: UUID
    kind: str
    title: str = Field(max_length=120)
    number: str = Field(max_length=60)
    owner: str = Field(max_length=80)
    valid_from: date
    valid_until: date | None = None
    authorisation: str = Field("", max_length=80)
    product_id: UUID | None = None


class RightOut(Schema):
    id: UUID
    shop_id: UUID
    product_id: UUID | None
    kind: str
    title: str
    number: str
    owner: str
    authorisation: str
    valid_from: date
    valid_until: date | None


class LikenessOut(Schema):
    id: UUID
    product_id: UUID
    kind: str
    their_title: str
    their_origin: str
    distance: int
    like_bp: int
    how: str
    state: str
    ground: str


class DecisionIn(Schema):
    is_copy: bool
    ground: str = Field(max_length=300)


class RowIn(Schema):
    platform: str = "*"
    shop_type: str = "*"
    category: str = "*"
    documents: list[str]
    grade: str
    source: str = Field(max_length=200)
    in_force_from: date
    replaces: str = ""


class RowOut(Schema):
    line: UUID
    version: int
    platform: str
    shop_type: str
    category: str
    documents: list[str]
    grade: str
    source: str
    in_force_from: date
    replaces: str


class DutyOut(Schema):
    until: date
    what: str
    about: str
    who: str
    href: str
    is_late: bool


class ShownOut(Schema):
    state: str
    reason: str
    source: str


class RoomOut(Schema):
    room: str
    title: str
    is_complete: bool
    findings: list[ShownOut]


@router.get("/prices/{sku_id}/{platform}", response=PriceOut)
def price(request: HttpRequest, sku_id: UUID, platform: str, price_fen: int | None = None, struck_fen: int | None = None) -> dict[str, object]:
    found = comparing.explain(actor=request.auth, sku_id=sku_id, platform=platform, now=request.now, price_fen=price_fen, struck_fen=struck_fen)
    return {
        "sku": found.sku.code, "platform": platform, "deals_counted": found.level.deals, "lowest_fen": found.level.lowest_fen, "last_fen": found.level.last_fen,
        "most_struck_fen": found.level.most_fen, "basis": found.level.basis, "price_fen": found.price_fen, "remarks": found.remarks, "struck": found.struck, "deals": found.deals,
    }  # fmt: skip


@router.get("/struck-work", response=list[StruckWorkOut])
def struck_prices_to_change(request: HttpRequest) -> list[dict[str, object]]:
    """What has to change on outside platforms, what cannot stand for longest first."""
    access.require(request.auth, SEE)
    return [
        {
            "sku_id": one.compared.sku_id, "sku": one.compared.sku.code, "platform": one.compared.platform, "struck_fen": one.compared.struck_fen, "instead_fen": one.instead_fen,
            "since": one.since, "reason": one.reason, "source": one.source,
        }
        for one in struck_work.work_of(request.auth, request.now)
    ]  # fmt: skip


@router.put("/prices/{sku_id}/{platform}/struck", response=ComparedOut)
def set_struck(request: HttpRequest, sku_id: UUID, platform: str, body: ComparedIn) -> ComparedPrice:
    return comparing.set_struck(actor=request.auth, sku_id=sku_id, platform=platform, wanted=comparing.Comparison(**body.dict()), now=request.now)


@router.delete("/prices/{sku_id}/{platform}/struck", response={204: None})
def end_struck(request: HttpRequest, sku_id: UUID, platform: str) -> tuple[int, None]:
    comparing.end_struck(actor=request.auth, sku_id=sku_id, platform=platform, now=request.now)
    return 204, None


@router.get("/rights", response=list[RightOut])
@paginate(PageNumberPagination, page_size=50, max_page_size=200)
def list_rights(request: HttpRequest) -> list[IpRight]:
    access.require(request.auth, SEE)
    return evidence.rights_for(request.auth)


@router.post("/rights", response={201: RightOut})
def add_right(request: HttpRequest, body: RightIn) -> tuple[int, IpRight]:
    said = body.dict()
    return 201, rights.add_right(actor=request.auth, shop_id=said.pop("shop_id"), draft=rights.RightDraft(**said), now=request.now)


@router.get("/likenesses", response=list[LikenessOut])
@paginate(PageNumberPagination, page_size=50, max_page_size=200)
def list_likenesses(request: HttpRequest) -> list[Likeness]:
    access.require(request.auth, SEE)
    return evidence.likenesses_for(request.auth)


@router.post("/likenesses/{likeness_id}/decision", response=LikenessOut)
def decide(request: HttpRequest, likeness_id: UUID, body: DecisionIn) -> Likeness:
    return rights.decide_likeness(actor=request.auth, likeness_id=likeness_id, is_copy=body.is_copy, ground=body.ground, now=request.now)


@router.get("/requirements", response=list[RowOut])
@paginate(PageNumberPagination, page_size=50, max_page_size=200)
def list_requirements(request: HttpRequest) -> list[MatrixRow]:
    access.require(request.auth, SEE)
    return matrix_rows.rows_in_force()


@router.post("/requirements", response={201: RowOut})
def add_requirement(request: HttpRequest, body: RowIn) -> tuple[int, MatrixRow]:
    draft = matrix_rows.RowDraft(**(body.dict() | {"documents": tuple(body.documents)}))
    return 201, matrix_rows.save_row(actor=request.auth, draft=draft, now=request.now)


@router.get("/duties", response=list[DutyOut])
def list_duties(request: HttpRequest) -> list[duties.Duty]:
    access.require(request.auth, SEE)
    return duties.duties_of(request.auth, request.now)


@router.get("/disclosures", response=list[RoomOut])
def list_disclosures(request: HttpRequest) -> list[disclosures.RoomPage]:
    access.require(request.auth, SEE)
    return disclosures.rooms_of(request.auth)
