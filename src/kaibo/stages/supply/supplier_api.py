"""Suppliers over the JSON API: scores with their figures, agreements, proposed switches, returned goods (SUP-1, SUP-9)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema

from kaibo.stages.supply import quality, returned, sampling, supplier_book, supplier_figures
from kaibo.stages.supply.models import SwitchProposal

router = Router(tags=["supply"])


class FigureOut(Schema):
    key: str
    part: int
    whole: int
    value: int | None
    points_bp: int | None
    weight: int


class ScoreOut(Schema):
    supplier_id: UUID
    code: str
    name: str
    total_bp: int | None
    covered_bp: int
    figures: list[FigureOut]


class ShortfallIn(Schema):
    sku_id: UUID
    until: date
    reason: str = Field(min_length=1, max_length=200)


class SwitchOut(Schema):
    id: UUID
    sku_id: UUID
    leaves_id: UUID
    steps_in_id: UUID
    cause: str
    evidence: str
    units: int
    state: str
    made_at: datetime
    purchase_id: UUID | None


class DecisionIn(Schema):
    is_accepted: bool
    reason: str = Field("", max_length=200)


class FaultIn(Schema):
    defect_class: sampling.DefectClass
    kind: str = Field(min_length=1, max_length=40)
    units: int = Field(gt=0)


class ReturnIn(Schema):
    good_units: int = Field(ge=0)
    faults: list[FaultIn] = []
    note: str = Field("", max_length=300)


class Decided(Schema):
    state: str


@router.get("/suppliers", response=list[ScoreOut])
def list_suppliers(request: HttpRequest) -> list[ScoreOut]:
    """This function will list active suppliers with their score and what it is made of, the best first."""
    return [
        ScoreOut(
            supplier_id=one.supplier.pk, code=one.supplier.code, name=one.supplier.name, total_bp=one.score.total_bp, covered_bp=one.score.covered_bp,
            figures=[FigureOut(key=f.key, part=f.part, whole=f.whole, value=f.value, points_bp=f.points_bp, weight=f.weight) for f in one.score.figures],
        )
        for one in supplier_figures.scores(request.auth, request.now)
    ]  # fmt: skip


@router.post("/suppliers/{supplier_id}/shortfalls", response={201: list[SwitchOut]})
def tell_shortfall(request: HttpRequest, supplier_id: UUID, body: ShortfallIn) -> tuple[int, list[SwitchProposal]]:
    """This function will note that a supplier cannot deliver, and give the switches proposed for the item."""
    supplier_book.tell_shortfall(actor=request.auth, supplier_id=supplier_id, now=request.now, **body.dict())
    return 201, [one for one in supplier_book.open_switches(request.auth) if one.sku_id == body.sku_id]


@router.get("/switches", response=list[SwitchOut])
def switches(request: HttpRequest) -> list[SwitchProposal]:
    return supplier_book.open_switches(request.auth)


@router.post("/switches/{proposal_id}/decide", response=SwitchOut)
def decide_switch(request: HttpRequest, proposal_id: UUID, body: DecisionIn) -> SwitchProposal:
    return supplier_book.decide_switch(actor=request.auth, proposal_id=proposal_id, is_accepted=body.is_accepted, reason=body.reason, now=request.now)


@router.post("/returns/{inspection_id}", response=Decided)
def judge_return(request: HttpRequest, inspection_id: UUID, body: ReturnIn) -> Decided:
    """This function will judge returned units one by one: good ones are sellable again, faulty ones held."""
    faults = [quality.DefectSaid(one.defect_class, one.kind, one.units) for one in body.faults]
    made = returned.decide_check(actor=request.auth, inspection_id=inspection_id, good_units=body.good_units, faults=faults, note=body.note, now=request.now)
    return Decided(state=made.state)
