"""Supply plans of launches over JSON (SUP-12)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema

from kaibo.stages.supply import launch_coverage, launch_hurdles, launch_plans
from kaibo.stages.supply.launch_coverage import PlanView

router = Router(tags=["supply"])


class ItemOut(Schema):
    sku_id: UUID
    code: str
    need: int
    source: str
    there: int
    coming: int
    confirmed: int
    missing: int


class PlanOut(Schema):
    launch_id: UUID
    title: str
    on_air_at: datetime | None
    needed_on: date
    items: list[ItemOut]
    parcels: int
    late_parcels: int
    last_parcel_on: date | None
    planned_fen: int
    committed_fen: int
    spent_fen: int
    limit_fen: int
    hurdles: list[str]
    confirmed_at: datetime | None


class UnitsIn(Schema):
    sku_id: UUID
    units: int | None = Field(default=None, ge=0)
    reason: str = Field(min_length=1, max_length=200)


class CapacityIn(Schema):
    supplier_id: UUID
    sku_id: UUID
    units: int = Field(gt=0)
    by_on: date
    said_by: str = Field(min_length=1, max_length=80)


class Made(Schema):
    id: UUID


@router.get("/launches/{launch_id}", response=PlanOut)
def plan(request: HttpRequest, launch_id: UUID) -> PlanOut:
    """This function will say how a launch's supply stands and what stands in its way."""
    return _out(request, launch_id)


@router.post("/launches/{launch_id}/units", response=PlanOut)
def set_units(request: HttpRequest, launch_id: UUID, body: UnitsIn) -> PlanOut:
    launch_plans.set_units(actor=request.auth, launch_id=launch_id, sku_id=body.sku_id, units=body.units, reason=body.reason, now=request.now)
    return _out(request, launch_id)


@router.post("/launches/{launch_id}/capacities", response={201: Made})
def note_capacity(request: HttpRequest, launch_id: UUID, body: CapacityIn) -> tuple[int, Made]:
    said = launch_plans.CapacitySaid(body.supplier_id, body.sku_id, body.units, body.by_on, body.said_by)
    return 201, Made(id=launch_plans.note_capacity(actor=request.auth, launch_id=launch_id, said=said, now=request.now).pk)


@router.post("/launches/{launch_id}/confirm", response=PlanOut)
def confirm(request: HttpRequest, launch_id: UUID) -> PlanOut:
    launch_plans.confirm(actor=request.auth, launch_id=launch_id, now=request.now)
    return _out(request, launch_id)


def _out(request: HttpRequest, launch_id: UUID) -> PlanOut:
    kept = launch_coverage.plan_for(request.auth, launch_id)
    view: PlanView = launch_coverage.view_of(kept, request.now)
    items = [
        ItemOut(
            sku_id=one.sku.id, code=one.sku.code, need=one.need.units, source=one.need.source, there=one.coverage.there, coming=one.coverage.coming,
            confirmed=one.coverage.confirmed, missing=one.coverage.missing,
        )
        for one in view.items
    ]  # fmt: skip
    parcels = view.delivery
    return PlanOut(
        launch_id=launch_id, title=kept.launch.title, on_air_at=kept.launch.on_air_at, needed_on=view.needed_on, items=items, parcels=parcels.parcels if parcels else 0,
        late_parcels=parcels.late if parcels else 0, last_parcel_on=parcels.last_on if parcels else None, planned_fen=view.money.planned_fen,
        committed_fen=view.money.committed_fen, spent_fen=view.money.spent_fen, limit_fen=view.money.limit_fen, hurdles=launch_hurdles.said_of(view, request.now),
        confirmed_at=kept.confirmed_at,
    )  # fmt: skip
