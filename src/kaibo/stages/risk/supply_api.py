"""Stock-outs and courier trouble over JSON (RSK-2)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema

from kaibo.stages.orders import courier_pauses
from kaibo.stages.orders.courier_rules import Signal
from kaibo.stages.orders.routing_models import CourierPause
from kaibo.stages.risk import shortages, supply_incidents

router = Router(tags=["risk"])


class ShortageOut(Schema):
    sku_id: UUID
    code: str
    orders: int
    there: int
    short: int
    earliest: datetime | None


class PauseOut(Schema):
    id: UUID
    courier: str
    places: list[str]
    reason: str
    until: date | None
    declared_by: str
    declared_at: datetime


class PauseIn(Schema):
    courier: str
    places: list[str] = []
    until: date | None = None
    reason: str = Field(min_length=1, max_length=200)


class Paused(Schema):
    id: UUID
    rerouted: int
    own: int
    nobody: int


class EndIn(Schema):
    reason: str = Field(min_length=1, max_length=200)


class Ended(Schema):
    back: int


class SignalOut(Schema):
    courier: str
    province: str
    troubles: int
    expected: float
    sent_a_day: float
    usual_a_day: float


@router.get("/shortages", response=list[ShortageOut])
def list_shortages(request: HttpRequest) -> list[ShortageOut]:
    """This function will list the items that orders wait for, the soonest promised first."""
    return [
        ShortageOut(sku_id=one.sku.id, code=one.sku.code, orders=len(one.waiting), there=one.there, short=one.short, earliest=one.earliest)
        for one in shortages.shortages(request.auth)[:500]
    ]


@router.get("/couriers", response=list[PauseOut])
def list_pauses(request: HttpRequest) -> list[CourierPause]:
    """This function will list the couriers that are paused now."""
    return courier_pauses.open_pauses(request.auth)


@router.get("/courier-signals", response=list[SignalOut])
def list_signals(request: HttpRequest) -> list[Signal]:
    """This function will list the couriers with trouble far above their own usual rate, with the figures."""
    return courier_pauses.signals(request.auth, request.now)


@router.post("/couriers", response={201: Paused})
def pause(request: HttpRequest, body: PauseIn) -> tuple[int, Paused]:
    made, outcome = supply_incidents.declare_courier(actor=request.auth, now=request.now, **body.dict())
    return 201, Paused(id=made.pk, rerouted=outcome.rerouted, own=outcome.own, nobody=outcome.nobody)


@router.post("/couriers/{pause_id}/end", response=Ended)
def end(request: HttpRequest, pause_id: UUID, body: EndIn) -> Ended:
    return Ended(back=supply_incidents.end_courier(actor=request.auth, pause_id=pause_id, reason=body.reason, now=request.now))
