"""Orders over JSON: lists, findings and their decisions, payment, release, shipping."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.pagination import PageNumberPagination, paginate

from kaibo.plumbing.access import access
from kaibo.stages.orders import deciding, dispatching, parcel_queries, queries, services
from kaibo.stages.orders.models import Finding, Order, Shipment
from kaibo.stages.orders.permissions import SEE
from kaibo.stages.orders.rules import Hold

router = Router(tags=["orders"])


class OrderOut(Schema):
    id: UUID
    shop_id: UUID
    platform: str
    order_no: str
    parent_no: str
    state: str
    raw_status: str
    hold_flags: list[str]
    amount_fen: int
    paid_fen: int
    coupon_fen: int
    coupon_id: UUID | None
    refund_due_fen: int
    units: int
    goods: str
    receiver_masked: str
    province: str
    city: str
    area: str
    ordered_at: datetime
    paid_at: datetime | None
    ship_by: datetime | None
    shipped_at: datetime | None
    open_findings: int
    session_id: UUID | None
    source_version: datetime


class LineOut(Schema):
    id: UUID
    line_no: str
    sku_id: UUID | None
    platform_title: str
    platform_specification: str
    platform_code: str
    quantity: int
    shipped: int
    cancelled: int
    returned: int
    price_fen: int
    amount_fen: int


class FindingOut(Schema):
    id: UUID
    order_id: UUID
    line_id: UUID | None
    field: str
    wrong: str
    proposed: str
    proposed_sku_id: UUID | None
    confidence_bp: int
    reason: str
    details: dict[str, Any]
    state: str


class ConsistencyOut(Schema):
    platform: str
    theirs: int
    ours: int
    missing: list[str]
    at: datetime | None


class PaymentIn(Schema):
    paid_fen: int = Field(gt=0)
    payment_no: str = Field(min_length=1, max_length=64)
    paid_at: datetime


class PaymentOut(Schema):
    id: UUID
    order_id: UUID
    payment_no: str
    paid_fen: int
    outcome: str


class ShipIn(Schema):
    carrier: str = Field(min_length=1, max_length=40)
    tracking_no: str = Field(min_length=1, max_length=60)
    units: dict[UUID, int] = {}
    """Line → units, where only a part leaves."""


class ParcelOut(Schema):
    id: UUID
    order_id: UUID
    carrier: str
    tracking_no: str
    state: str
    problem_zh: str
    problem_en: str
    attempts: int
    next_try_at: datetime
    left_at: datetime | None
    told_at: datetime | None


class ShipmentOut(Schema):
    id: UUID
    order_id: UUID
    carrier: str
    tracking_no: str
    shipped_at: datetime


class AcceptIn(Schema):
    sku_id: UUID | None = None


class ReasonIn(Schema):
    reason: str = Field(min_length=1, max_length=200)


class ShopIn(Schema):
    shop_id: UUID | None = None


@router.get("", response=list[OrderOut])
@paginate(PageNumberPagination, page_size=50, max_page_size=200)
def list_orders(request: HttpRequest, state: str = "", platform: str = "", order_no: str = "") -> QuerySet[Order]:
    access.require(request.auth, SEE)
    found = queries.orders_for(request.auth).order_by("-ordered_at", "pk")
    wanted = {name: value for name, value in (("state", state), ("platform", platform), ("order_no", order_no)) if value}
    return found.filter(**wanted)


@router.get("/consistency", response=list[ConsistencyOut])
def consistency(request: HttpRequest, shop_id: UUID | None = None) -> list[queries.Consistency]:
    access.require(request.auth, SEE, shop_id=shop_id)
    return queries.consistency(request.auth, shop_id=shop_id)


@router.get("/findings", response=list[FindingOut])
@paginate(PageNumberPagination, page_size=50, max_page_size=200)
def list_findings(request: HttpRequest, field: str = "") -> QuerySet[Finding]:
    access.require(request.auth, SEE)
    found = queries.open_findings(request.auth)
    return found.filter(field=field) if field else found


@router.post("/findings/{finding_id}/accept", response=dict[str, int])
def accept_finding(request: HttpRequest, finding_id: UUID, body: AcceptIn) -> dict[str, int]:
    return {"mended": deciding.accept_finding(actor=request.auth, finding_id=finding_id, sku_id=body.sku_id, now=request.now)}


@router.post("/findings/{finding_id}/dismiss", response={204: None})
def dismiss_finding(request: HttpRequest, finding_id: UUID, body: ReasonIn) -> tuple[int, None]:
    deciding.dismiss_finding(actor=request.auth, finding_id=finding_id, reason=body.reason, now=request.now)
    return 204, None


@router.post("/release", response=dict[str, int])
def release_passed(request: HttpRequest, body: ShopIn) -> dict[str, int]:
    return {"released": services.release_passed(actor=request.auth, shop_id=body.shop_id, now=request.now)}


@router.get("/{order_id}", response=OrderOut)
def get_order(request: HttpRequest, order_id: UUID) -> Order:
    access.require(request.auth, SEE)
    return queries.order_for(request.auth, order_id)


@router.get("/{order_id}/lines", response=list[LineOut])
def get_lines(request: HttpRequest, order_id: UUID) -> list[Any]:
    access.require(request.auth, SEE)
    return queries.lines_of([queries.order_for(request.auth, order_id).pk]).get(order_id, [])


@router.post("/{order_id}/payments", response={201: PaymentOut})
def record_payment(request: HttpRequest, order_id: UUID, body: PaymentIn) -> tuple[int, Any]:
    made = services.record_payment(
        actor=request.auth, order_id=order_id, paid_fen=body.paid_fen, payment_no=body.payment_no, paid_at=body.paid_at, now=request.now
    )
    return 201, made


@router.post("/{order_id}/shipments", response={201: ShipmentOut, 202: ParcelOut})
def ship(request: HttpRequest, order_id: UUID, body: ShipIn) -> tuple[int, Any]:
    """201: it left. 202: its platform is to be asked or told yet. 409 `orders.parcel_refused`: it must stay."""
    made = dispatching.send_out(
        actor=request.auth, order_id=order_id, carrier=body.carrier, tracking_no=body.tracking_no, units=body.units or None, now=request.now
    )
    dispatching.require_not_refused(made)
    return (201, made) if isinstance(made, Shipment) else (202, made)


@router.get("/{order_id}/parcels", response=list[ParcelOut])
def list_parcels(request: HttpRequest, order_id: UUID) -> list[Any]:
    access.require(request.auth, SEE)
    return parcel_queries.dispatches_of(queries.order_for(request.auth, order_id).pk)


@router.post("/parcels/{dispatch_id}/again", response=ParcelOut)
def try_parcel_again(request: HttpRequest, dispatch_id: UUID) -> Any:
    return dispatching.try_again(actor=request.auth, dispatch_id=dispatch_id, now=request.now)


@router.post("/{order_id}/hold", response={204: None})
def hold(request: HttpRequest, order_id: UUID, body: ReasonIn) -> tuple[int, None]:
    services.hold_orders(actor=request.auth, order_ids=[order_id], reason=body.reason, now=request.now)
    return 204, None


@router.delete("/{order_id}/hold", response={204: None})
def lift(request: HttpRequest, order_id: UUID, flag: Hold = Hold.MANUAL) -> tuple[int, None]:
    services.lift_hold(actor=request.auth, order_id=order_id, flag=flag, now=request.now)
    return 204, None
