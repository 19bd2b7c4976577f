"""Supply over the JSON API."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import PageNumberPagination, paginate

from kaibo.stages.supply import (
    arrivals,
    purchase_changes,
    quality,
    quality_queries,
    queries,
    sampling,
    services,
    settling,
)
from kaibo.stages.supply.ahead_api import router as ahead_router
from kaibo.stages.supply.count_api import router as count_router
from kaibo.stages.supply.launch_api import router as launch_router
from kaibo.stages.supply.presale_api import router as presale_router
from kaibo.stages.supply.recall_api import router as recall_router
from kaibo.stages.supply.supplier_api import router as supplier_router

router = Router(tags=["supply"])
router.add_router("", ahead_router)
router.add_router("", presale_router)
router.add_router("", launch_router)
router.add_router("", recall_router)
router.add_router("", count_router)
router.add_router("", supplier_router)


class LineOut(Schema):
    item: str
    sellable: int
    safety: int
    line: int
    is_below: bool
    formula: str

    @staticmethod
    def resolve_item(line: queries.LineRow) -> str:
        return line.sku.code

    @staticmethod
    def resolve_safety(line: queries.LineRow) -> int:
        return line.safety.units

    @staticmethod
    def resolve_formula(line: queries.LineRow) -> str:
        return line.safety.formula_en


class ArrivalIn(Schema):
    lot_code: str
    quantity: int
    produced_on: date | None = None
    expires_on: date | None = None
    warehouse_id: UUID | None = None


class CloseIn(Schema):
    short_by: str
    reason: str


class ReasonIn(Schema):
    reason: str


class Closed(Schema):
    missing: int


class Made(Schema):
    id: UUID


class DefectIn(Schema):
    defect_class: sampling.DefectClass
    kind: str
    units: int


class ResultsIn(Schema):
    values: dict[str, str]
    defects: list[DefectIn] = []
    note: str = ""


class PlanOut(Schema):
    standard: str
    letter: str
    sample_units: int
    accept: int
    reject: int
    is_full: bool


class CustodyOut(Schema):
    id: UUID
    lot: str
    item: str
    units: int
    units_left: int
    place: str
    outcome: str
    opened_at: datetime


class SettleIn(Schema):
    """`units` none: all that are left. `left_seen`: how many the caller knows to be left, so that a repeated call settles once."""

    outcome: str
    reason: str
    units: int | None = None
    left_seen: int | None = None


class Settled(Schema):
    id: UUID
    state: str
    units: int
    units_left: int


class UndoIn(Schema):
    reason: str
    place: str = ""


class Decided(Schema):
    state: str


@router.get("/safety", response=list[LineOut])
@paginate(PageNumberPagination, page_size=50, max_page_size=200)
def safety(request: HttpRequest) -> queries.Lines:
    """This function will list items against their safety line, the worst first (SUP-7, SUP-10)."""
    return queries.Lines(request.auth)


@router.post("/purchases/{purchase_id}/arrivals", response={201: Made})
def arrive(request: HttpRequest, purchase_id: UUID, body: ArrivalIn) -> tuple[int, Made]:
    """This function will take an arrival in; its units wait for inspection."""
    made = arrivals.receive_goods(actor=request.auth, purchase_id=purchase_id, now=request.now, **body.dict())
    return 201, Made(id=made.pk)


@router.post("/purchases/{purchase_id}/close-rest", response=Closed)
def close_rest(request: HttpRequest, purchase_id: UUID, body: CloseIn) -> Closed:
    """This function will close an order whose rest will not come; `short_by` is supplier or us."""
    return Closed(missing=purchase_changes.close_rest(actor=request.auth, purchase_id=purchase_id, now=request.now, **body.dict()))


@router.post("/inspections/{inspection_id}/take-back", response=Decided)
def take_back(request: HttpRequest, inspection_id: UUID, body: ReasonIn) -> Decided:
    """This function will take back an arrival booked wrongly, before anybody judged it."""
    arrivals.take_back_arrival(actor=request.auth, inspection_id=inspection_id, reason=body.reason, now=request.now)
    return Decided(state="undone")


@router.post("/inspections/{inspection_id}/results", response=Decided)
def results(request: HttpRequest, inspection_id: UUID, body: ResultsIn) -> Decided:
    """This function will judge an inspection: units within the plan's acceptance numbers are released, others held."""
    defects = [quality.DefectSaid(one.defect_class, one.kind, one.units) for one in body.defects]
    state = services.decide_inspection(
        actor=request.auth, inspection_id=inspection_id, values=body.values, defects=defects, note=body.note, now=request.now
    )
    return Decided(state=state)


@router.get("/sampling-plan", response=PlanOut)
def sampling_plan(
    request: HttpRequest, lot: int, aql_milli: int = 2_500, level: str = "II", severity: sampling.Severity = sampling.Severity.NORMAL
) -> PlanOut:
    """This function will give the single sampling plan of GB/T 2828.1 for a lot; AQL 2.5 is 2500."""
    plan = sampling.plan_for(lot, level=level, aql_milli=aql_milli, severity=severity)
    return PlanOut(
        standard=sampling.STANDARD, letter=plan.letter, sample_units=plan.sample_units, accept=plan.accept, reject=plan.reject, is_full=plan.is_full
    )


@router.get("/custodies", response=list[CustodyOut])
def custodies(request: HttpRequest) -> list[CustodyOut]:
    """This function will list the units that are held now."""
    held = quality_queries.custodies_for(request.auth).filter(outcome="held").order_by("opened_at")[:500]
    return [
        CustodyOut(id=one.pk, lot=one.lot.code, item=one.sku.code, units=one.units, units_left=one.units_left, place=one.place, outcome=one.outcome, opened_at=one.opened_at)
        for one in held
    ]


@router.post("/custodies/{custody_id}/settle", response=Settled)
def settle(request: HttpRequest, custody_id: UUID, body: SettleIn) -> Settled:
    """This function will decide what becomes of held units, all or some: released, returned, scrapped or repeat."""
    made = settling.settle_custody(actor=request.auth, custody_id=custody_id, now=request.now, **body.dict())
    return Settled(id=made.pk, state=made.outcome, units=made.units, units_left=quality_queries.custody_for(request.auth, custody_id).units_left)


@router.post("/settlements/{settlement_id}/undo", response=Decided)
def undo_settlement(request: HttpRequest, settlement_id: UUID, body: UndoIn) -> Decided:
    """This function will put settled units back among the held ones, where the goods allow it."""
    settling.undo_settlement(actor=request.auth, settlement_id=settlement_id, reason=body.reason, place=body.place, now=request.now)
    return Decided(state="held")
