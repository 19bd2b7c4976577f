"""Supply over the JSON API."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema

from kaibo.stages.supply import queries, services

router = Router(tags=["supply"])


class LineOut(Schema):
    item: str
    sellable: int
    safety: int
    line: int
    is_below: bool
    formula: str


class ArrivalIn(Schema):
    lot_code: str
    quantity: int
    produced_on: date | None = None
    expires_on: date | None = None


class Made(Schema):
    id: UUID


class ResultsIn(Schema):
    values: dict[str, str]
    note: str = ""


class Decided(Schema):
    state: str


@router.get("/safety", response=list[LineOut])
def safety(request: HttpRequest) -> list[dict[str, object]]:
    """This function will list items against their safety line, the worst first (SUP-7, SUP-10)."""
    return [
        {
            "item": r.sku.code,
            "sellable": r.sellable,
            "safety": r.safety.units,
            "line": r.line,
            "is_below": r.is_below,
            "formula": r.safety.formula_en,
        }
        for r in queries.lines_for(request.auth)
    ]


@router.post("/purchases/{purchase_id}/arrivals", response={201: Made})
def arrive(request: HttpRequest, purchase_id: UUID, body: ArrivalIn) -> tuple[int, Made]:
    """This function will take an arrival in; its units wait for inspection."""
    made = services.receive_goods(actor=request.auth, purchase_id=purchase_id, now=request.now, **body.dict())
    return 201, Made(id=made.pk)


@router.post("/inspections/{inspection_id}/results", response=Decided)
def results(request: HttpRequest, inspection_id: UUID, body: ResultsIn) -> Decided:
    """This function will judge an arrival: released or held."""
    state = services.decide_inspection(
        actor=request.auth, inspection_id=inspection_id, values=body.values, note=body.note, now=request.now
    )
    return Decided(state=state)
