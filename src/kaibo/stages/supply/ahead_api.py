"""Stock set aside and rolling replenishment over JSON (SUP-8)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema

from kaibo.stages.supply import locks, replenishing
from kaibo.stages.supply.ahead_models import StockLock

router = Router(tags=["supply"])


class LockOut(Schema):
    id: UUID
    sku_id: UUID
    quantity: int
    used: int
    purpose: str
    session_id: UUID | None
    who: str
    reason: str
    state: str
    expires_at: datetime
    locked_by: str


class LockIn(Schema):
    sku_id: UUID
    quantity: int = Field(gt=0)
    purpose: Literal["session", "customer"]
    who: str = Field(min_length=1, max_length=80)
    reason: str = Field(min_length=1, max_length=200)
    expires_at: datetime
    session_id: UUID | None = None


class ReleaseIn(Schema):
    reason: str = Field(min_length=1, max_length=200)


class Released(Schema):
    units: int


class LookOut(Schema):
    sku_id: UUID
    is_new: bool
    units: int
    reason: str
    look: dict[str, Any]


@router.get("/locks", response=list[LockOut])
def list_locks(request: HttpRequest) -> list[StockLock]:
    """This function will list the locks that stand, the first to end first."""
    return list(locks.locks_for(request.auth).filter(state="open").order_by("expires_at")[:500])


@router.post("/locks", response={201: LockOut})
def lock(request: HttpRequest, body: LockIn) -> tuple[int, StockLock]:
    return 201, locks.lock_stock(actor=request.auth, now=request.now, **body.dict())


@router.post("/locks/{lock_id}/release", response=Released)
def release(request: HttpRequest, lock_id: UUID, body: ReleaseIn) -> Released:
    return Released(units=locks.release_lock(actor=request.auth, lock_id=lock_id, reason=body.reason, now=request.now))


@router.get("/rolling/{sku_id}", response=LookOut)
def look(request: HttpRequest, sku_id: UUID) -> LookOut:
    """This function will say what the next order of an item would be, and why."""
    item = replenishing.plan_of(request.auth, sku_id, request.now)
    return LookOut(sku_id=sku_id, is_new=item.is_new, units=item.units, reason=replenishing.reason_zh(item), look=item.look.as_json())
