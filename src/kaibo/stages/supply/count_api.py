"""Stocktaking over the JSON API: open a sheet, write what was counted, hand in, approve or send back (SUP-11)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.pagination import PageNumberPagination, paginate

from kaibo.stages.supply import counting
from kaibo.stages.supply.models import StockCount

router = Router(tags=["supply"])


class CountOut(Schema):
    id: UUID
    code: str
    shop_id: UUID
    warehouse_id: UUID
    is_blind: bool
    state: str
    variance_fen: int
    opened_at: datetime
    handed_in_at: datetime | None
    decided_at: datetime | None
    reason: str


class LineOut(Schema):
    """A line to be counted. What the books say stays hidden while a blind sheet is being counted."""

    line_id: int
    item: str
    lot: str
    counted: int | None
    book_units: int | None


class CountIn(Schema):
    shop_id: UUID
    warehouse_id: UUID
    is_blind: bool = True


class WrittenIn(Schema):
    line_id: int
    counted: int = Field(ge=0)


class ReasonIn(Schema):
    reason: str = Field("", max_length=300)


class SendBackIn(Schema):
    reason: str = Field(min_length=1, max_length=300)
    is_cancelled: bool = False


class Written(Schema):
    written: int


@router.get("/counts", response=list[CountOut])
@paginate(PageNumberPagination, page_size=50, max_page_size=200)
def list_counts(request: HttpRequest, state: str = "") -> QuerySet[StockCount]:
    found = counting.counts_for(request.auth).order_by("-opened_at")
    return found.filter(state=state) if state else found


@router.post("/counts", response={201: CountOut})
def open_count(request: HttpRequest, body: CountIn) -> tuple[int, StockCount]:
    """This function will open a sheet of everything that stands on the shelves of a warehouse."""
    return 201, counting.open_count(actor=request.auth, now=request.now, **body.dict())


@router.get("/counts/{count_id}", response=CountOut)
def get_count(request: HttpRequest, count_id: UUID) -> StockCount:
    return counting.count_for(request.auth, count_id)


@router.get("/counts/{count_id}/lines", response=list[LineOut])
def lines(request: HttpRequest, count_id: UUID) -> list[LineOut]:
    found = counting.count_for(request.auth, count_id)
    hides = found.is_blind and found.state == "counting"
    rows = found.lines.select_related("sku", "lot").order_by("sku__code", "lot__code", "pk")
    return [
        LineOut(line_id=one.pk, item=one.sku.code, lot=one.lot.code if one.lot else "", counted=one.counted, book_units=None if hides else one.book_units)
        for one in rows
    ]


@router.post("/counts/{count_id}/lines", response=Written)
def write(request: HttpRequest, count_id: UUID, body: list[WrittenIn]) -> Written:
    """This function will write counts down; each is compared with the books of that moment."""
    counted = {one.line_id: one.counted for one in body}
    return Written(written=counting.write_counts(actor=request.auth, count_id=count_id, counted=counted, now=request.now))


@router.post("/counts/{count_id}/hand-in", response=CountOut)
def hand_in(request: HttpRequest, count_id: UUID) -> StockCount:
    """This function will hand a count in: booked at once, or waiting for somebody else when its variance is above the limit."""
    return counting.hand_in(actor=request.auth, count_id=count_id, now=request.now)


@router.post("/counts/{count_id}/approve", response=CountOut)
def approve(request: HttpRequest, count_id: UUID, body: ReasonIn) -> StockCount:
    counting.approve_count(actor=request.auth, count_id=count_id, reason=body.reason, now=request.now)
    return counting.count_for(request.auth, count_id)


@router.post("/counts/{count_id}/send-back", response=CountOut)
def send_back(request: HttpRequest, count_id: UUID, body: SendBackIn) -> StockCount:
    """This function will have a count done again, or drop it."""
    counting.send_back(actor=request.auth, count_id=count_id, reason=body.reason, is_cancelled=body.is_cancelled, now=request.now)
    return counting.count_for(request.auth, count_id)
