"""Recalls over the JSON API: start one, follow it, end it (SUP-6)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.pagination import PageNumberPagination, paginate

from kaibo.stages.supply import recalls
from kaibo.stages.supply.models import Recall

router = Router(tags=["supply"])


class RecallOut(Schema):
    id: UUID
    lot_id: UUID
    lot: str
    item: str
    reason: str
    held_units: int
    started_by: str
    started_at: datetime
    closed_by: str
    closed_at: datetime | None
    result: str

    @staticmethod
    def resolve_lot(one: Recall) -> str:
        return one.lot.code

    @staticmethod
    def resolve_item(one: Recall) -> str:
        return one.lot.sku.code


class RecallIn(Schema):
    lot_id: UUID
    reason: str = Field(min_length=1, max_length=300)


class ResultIn(Schema):
    result: str = Field(min_length=1, max_length=300)


@router.get("/recalls", response=list[RecallOut])
@paginate(PageNumberPagination, page_size=50, max_page_size=200)
def list_recalls(request: HttpRequest, is_open: bool | None = None) -> QuerySet[Recall]:
    """This function will list recalls of the shops one sees, the newest first. Who has the units: /orders/lots on the console, with a reason."""
    found = recalls.recalls_for(request.auth)
    return found if is_open is None else found.filter(closed_at__isnull=is_open)


@router.post("/recalls", response={201: RecallOut})
def start_recall(request: HttpRequest, body: RecallIn) -> tuple[int, Recall]:
    """This function will recall a lot: what can still be sold of it is held at once, everywhere."""
    made = recalls.start_recall(actor=request.auth, lot_id=body.lot_id, reason=body.reason, now=request.now)
    return 201, recalls.recall_for(request.auth, made.pk)


@router.get("/recalls/{recall_id}", response=RecallOut)
def get_recall(request: HttpRequest, recall_id: UUID) -> Recall:
    return recalls.recall_for(request.auth, recall_id)


@router.post("/recalls/{recall_id}/close", response=RecallOut)
def close_recall(request: HttpRequest, recall_id: UUID, body: ResultIn) -> Recall:
    """This function will end a recall with what came of it; held units stay held until they are settled."""
    recalls.recall_for(request.auth, recall_id)
    recalls.close_recall(actor=request.auth, recall_id=recall_id, result=body.result, now=request.now)
    return recalls.recall_for(request.auth, recall_id)
