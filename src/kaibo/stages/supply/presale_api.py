"""Pre-sale quotas over JSON (SUP-14)."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema

from kaibo.stages.supply import presales
from kaibo.stages.supply.presales import Standing

router = Router(tags=["supply"])


class QuotaOut(Schema):
    sku_id: UUID
    item: str
    promise: str
    given: int
    taken_back: int
    sold: int
    left: int
    owed: int
    coming: int
    breaking: int
    is_open: bool


class QuotaIn(Schema):
    sku_id: UUID
    units: int = Field(gt=0, le=1_000_000)
    reason: str = Field(min_length=1, max_length=200)


class TakenBack(Schema):
    units: int


def _out(row: Standing) -> QuotaOut:
    one = row.presale
    return QuotaOut(
        sku_id=one.sku_id, item=one.sku.code, promise=row.words, given=one.given_units, taken_back=one.taken_units, sold=row.sold, left=row.left,
        owed=row.owed, coming=row.coming, breaking=row.breaking, is_open=one.closed_at is None,
    )  # fmt: skip


@router.get("/presale", response=list[QuotaOut])
def list_quotas(request: HttpRequest) -> list[QuotaOut]:
    """This function will list the items that may be or were sold ahead, those whose promises break first."""
    return [_out(row) for row in presales.standing_quotas(request.auth, request.now)]


@router.post("/presale", response={201: QuotaOut})
def give_quota(request: HttpRequest, body: QuotaIn) -> tuple[int, QuotaOut]:
    """This function will let units be sold ahead, as far as they are confirmed to come in time."""
    made = presales.give_quota(actor=request.auth, sku_id=body.sku_id, units=body.units, reason=body.reason, now=request.now)
    return 201, next(_out(row) for row in presales.standing_quotas(request.auth, request.now) if row.presale.pk == made.pk)


@router.post("/presale/{sku_id}/take-back", response=TakenBack)
def take_back(request: HttpRequest, sku_id: UUID) -> TakenBack:
    return TakenBack(units=presales.take_back_quota(actor=request.auth, sku_id=sku_id, now=request.now))
