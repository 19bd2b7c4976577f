"""Goods over the JSON API."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.pagination import paginate

from kaibo.master.catalog import promising, queries, services
from kaibo.master.catalog.services import NewSku

router = Router(tags=["goods"])


class SkuOut(Schema):
    id: UUID
    code: str
    product_id: UUID
    product_title: str
    specification: str
    cost_fen: int
    price_fen: int
    is_bundle: bool


class SkuIn(Schema):
    code: str
    specification: str
    cost_fen: int
    price_fen: int
    barcode: str = ""


class ProductIn(Schema):
    shop_id: UUID
    code: str
    title: str
    category: str
    skus: list[SkuIn]
    brand: str = ""
    value_proposition: str = ""
    selling_points: list[str] = []


class Made(Schema):
    id: UUID


@router.get("/items", response=list[SkuOut])
@paginate
def items(request: HttpRequest) -> list[queries.SkuRow]:
    """This function will list the items the token may see."""
    return queries.skus_visible(request.auth)


@router.post("/products", response={201: Made})
def add_product(request: HttpRequest, body: ProductIn) -> tuple[int, Made]:
    """This function will add a product with its items."""
    product = services.add_product(
        actor=request.auth, shop_id=body.shop_id, code=body.code, title=body.title, category=body.category, brand=body.brand,
        value_proposition=body.value_proposition, selling_points=body.selling_points, now=request.now,
        skus=[NewSku(one.code, one.specification, one.cost_fen, one.price_fen, one.barcode) for one in body.skus],
    )  # fmt: skip
    return 201, Made(id=product.pk)


class PromiseIn(Schema):
    days: int | None = None
    ships_on: date | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    note: str = Field("", max_length=200)


class PromiseOut(Schema):
    id: UUID
    product_id: UUID
    days: int | None
    ships_on: date | None
    starts_at: datetime
    ends_at: datetime | None
    note: str
    made_by: str
    made_at: datetime
    ended_at: datetime | None
    ended_by: str


@router.get("/products/{product_id}/promises", response=list[PromiseOut])
def promises(request: HttpRequest, product_id: UUID) -> Any:
    """This function will list a product's promises of shipping (pre-sale), the last begun first."""
    return promising.promises_for(request.auth, product_id)[:100]


@router.post("/products/{product_id}/promises", response={201: PromiseOut})
def set_promise(request: HttpRequest, product_id: UUID, body: PromiseIn) -> tuple[int, Any]:
    """This function will promise by when a product leaves: within days of payment, or by a date."""
    return 201, promising.set_promise(
        actor=request.auth, product_id=product_id, days=body.days, ships_on=body.ships_on, starts_at=body.starts_at, ends_at=body.ends_at, note=body.note, now=request.now
    )


@router.post("/promises/{promise_id}/end", response=PromiseOut)
def end_promise(request: HttpRequest, promise_id: UUID) -> Any:
    """This function will end a promise; orders paid for while it ran keep it."""
    return promising.end_promise(actor=request.auth, promise_id=promise_id, now=request.now)


@router.post("/promises/{promise_id}/resume", response=PromiseOut)
def resume_promise(request: HttpRequest, promise_id: UUID) -> Any:
    """This function will undo the end of a promise."""
    return promising.resume_promise(actor=request.auth, promise_id=promise_id, now=request.now)
