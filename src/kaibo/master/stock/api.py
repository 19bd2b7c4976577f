"""Stock over the JSON API."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Schema

from kaibo.master.catalog import queries as catalog
from kaibo.master.stock import queries
from kaibo.master.stock.queries import STOCK_SEE
from kaibo.plumbing.access import access

router = Router(tags=["stock"])


class LineOut(Schema):
    label_zh: str
    label_en: str
    quantity: int
    reference: str


class AvailabilityOut(Schema):
    item: str
    available: int
    ahead: int
    promise_zh: str
    promise_en: str
    lines: list[LineOut]


@router.get("/availability/{code}", response=AvailabilityOut)
def availability(request: HttpRequest, code: str) -> dict[str, object]:
    """This function will explain line by line what can be sold of an item (SUP-14)."""
    sku = catalog.sku_by_code(code)
    access.require(request.auth, STOCK_SEE, shop_id=sku.shop_id)
    found = queries.availability_of(sku.id, now=request.now)
    return {
        "item": sku.code, "available": found.available, "ahead": found.ahead, "promise_zh": found.promise_zh, "promise_en": found.promise_en,
        "lines": list(found.lines),
    }  # fmt: skip
