"""Listing over JSON: titles, prices, publishing."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.pagination import PageNumberPagination, paginate

from kaibo.plumbing.access import access
from kaibo.stages.listing import queries, services
from kaibo.stages.listing.models import Listing
from kaibo.stages.listing.page_api import router as page_router
from kaibo.stages.listing.permissions import SEE
from kaibo.stages.listing.rules import TitleParts
from kaibo.stages.listing.trial_api import router as trial_router

router = Router(tags=["listing"])
router.add_router("", page_router)
router.add_router("", trial_router)


class ListingOut(Schema):
    id: UUID
    product_id: UUID
    channel_id: UUID
    shop_id: UUID
    state: str
    title: str
    revision: int
    published_version: int | None
    published_at: datetime | None


class BlockerOut(Schema):
    state: str
    reason: str
    source: str
    repair_href: str


class BeginIn(Schema):
    product_id: UUID
    channel_id: UUID


class TitleIn(Schema):
    core: str = Field(max_length=40)
    attributes: list[str] = []
    scenes: list[str] = []
    title: str = Field("", max_length=300)
    revision: int


class PriceIn(Schema):
    price_fen: int
    reason: str = ""


class PriceOut(Schema):
    price_fen: int
    margin_bp: int
    state: str
    waits_for: list[str]
    notes: list[str]


class ReasonIn(Schema):
    reason: str = ""


@router.get("/listings", response=list[ListingOut])
@paginate(PageNumberPagination, page_size=50, max_page_size=200)
def list_listings(request: HttpRequest, state: str = "") -> list[Listing]:
    access.require(request.auth, SEE)
    found = queries.listings_for(request.auth)
    return found.filter(state=state) if state else found


@router.post("/listings", response={201: ListingOut})
def begin(request: HttpRequest, body: BeginIn) -> tuple[int, Listing]:
    return 201, services.begin_listing(actor=request.auth, product_id=body.product_id, channel_id=body.channel_id, now=request.now)


@router.get("/listings/{listing_id}/readiness", response=list[BlockerOut])
def readiness(request: HttpRequest, listing_id: UUID) -> list[object]:
    access.require(request.auth, SEE)
    return list(queries.readiness_of(queries.listing_for(request.auth, listing_id), request.now).findings)


@router.put("/listings/{listing_id}/title", response=ListingOut)
def save_title(request: HttpRequest, listing_id: UUID, body: TitleIn) -> Listing:
    parts = TitleParts(body.core, tuple(body.attributes), tuple(body.scenes))
    return services.save_title(actor=request.auth, listing_id=listing_id, parts=parts, title=body.title, revision=body.revision, now=request.now)


@router.put("/listings/{listing_id}/prices/{sku_id}", response=PriceOut)
def set_price(request: HttpRequest, listing_id: UUID, sku_id: UUID, body: PriceIn) -> dict[str, object]:
    check = services.set_price(actor=request.auth, listing_id=listing_id, sku_id=sku_id, price_fen=body.price_fen, reason=body.reason, now=request.now)
    return {
        "price_fen": check.price_fen, "margin_bp": check.margin_bp, "state": check.state, "waits_for": [zh for zh, _en in check.amber],
        "notes": [zh for zh, _en in check.note],
    }


@router.post("/listings/{listing_id}/prices/{sku_id}/confirm", response={204: None})
def confirm_price(request: HttpRequest, listing_id: UUID, sku_id: UUID, body: PriceIn) -> tuple[int, None]:
    services.confirm_price(actor=request.auth, listing_id=listing_id, sku_id=sku_id, price_fen=body.price_fen, now=request.now)
    return 204, None


@router.post("/listings/{listing_id}/publish", response=ListingOut)
def publish(request: HttpRequest, listing_id: UUID) -> Listing:
    return services.publish_listing(actor=request.auth, listing_id=listing_id, now=request.now)


@router.post("/listings/{listing_id}/withdraw", response=ListingOut)
def withdraw(request: HttpRequest, listing_id: UUID, body: ReasonIn) -> Listing:
    services.withdraw_listing(actor=request.auth, listing_id=listing_id, reason=body.reason, now=request.now)
    return queries.listing_for(request.auth, listing_id)
