"""Goods over the JSON API."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate

from kaibo.master.catalog import queries, services
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
