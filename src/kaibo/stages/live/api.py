"""The desk over the JSON API. Writes may carry an `Idempotency-Key`: the same key again gives what the first did."""

# Annotations are evaluated here: `paginate` wraps the function and would look for UUID in its own module.

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate

from kaibo.plumbing.access import access
from kaibo.stages.live import queries, services
from kaibo.stages.live.coupon_api import router as coupon_router
from kaibo.stages.live.desk import look
from kaibo.stages.live.draw_api import router as draw_router
from kaibo.stages.live.models import DeskAction
from kaibo.stages.live.permissions import DESK_SEE
from kaibo.stages.live.services.items import new_key
from kaibo.stages.live.steering_api import router as steering_router
from kaibo.stages.live.talk_api import router as talk_router
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.showplan.models import Session

router = Router(tags=["live"])
router.add_router("", steering_router)
router.add_router("", coupon_router)
router.add_router("", talk_router)
router.add_router("", draw_router)


class ItemOut(Schema):
    id: UUID
    sku_code: str
    state: str
    price_fen: int
    stock: int
    claimed: int
    left: int


class DeskOut(Schema):
    session_id: UUID
    state: str
    segment: str
    viewers: int
    claims: int
    units: int
    amount_fen: int
    planned_fen: int
    delay_seconds: int
    advice: str
    items: list[ItemOut]


class ActionOut(Schema):
    id: UUID
    kind: str
    at: datetime
    actor_name: str
    seq: int
    details: dict[str, object]


class NextIn(Schema):
    seen: UUID | None = None


class UnitsIn(Schema):
    units: int


class PriceIn(Schema):
    price_fen: int
    reason: str = ""


class FlashIn(Schema):
    segment_id: UUID
    sku_id: UUID
    price_fen: int
    units: int
    minutes: int
    limit: int | None = None
    reason: str = ""


class TextIn(Schema):
    text: str


def _seen(request: HttpRequest, session_id: UUID) -> Session:
    session = showplan.session_for(request.auth, session_id)
    access.require(request.auth, DESK_SEE, shop_id=session.shop_id)
    return session


def _said(request: HttpRequest, session_id: UUID) -> dict[str, object]:
    key = request.headers.get("Idempotency-Key", "")[:80] or new_key()
    return {"actor": request.auth, "session_id": session_id, "key": key, "now": request.now}


@router.get("/sessions/{session_id}", response=DeskOut)
def desk(request: HttpRequest, session_id: UUID) -> DeskOut:
    view = look(_seen(request, session_id), request.now)
    items = [
        ItemOut(id=one.id, sku_code=one.sku_code, state=one.state, price_fen=one.price_fen, stock=one.stock, claimed=one.claimed, left=one.left)
        for row in view.rows for one in row.items
    ]  # fmt: skip
    return DeskOut(
        session_id=session_id, state=view.session.state, segment=view.current.segment.title if view.current else "", viewers=view.figures.viewers,
        claims=view.figures.claims, units=view.figures.claimed_units, amount_fen=view.figures.claimed_fen, planned_fen=view.planned_fen,
        delay_seconds=view.delay, advice=view.suggestion.advice.value, items=items,
    )  # fmt: skip


@router.get("/sessions/{session_id}/actions", response=list[ActionOut])
@paginate
def actions(request: HttpRequest, session_id: UUID) -> list[DeskAction]:
    return queries.actions_of(_seen(request, session_id).pk, most=10_000)


@router.post("/sessions/{session_id}/start", response=ActionOut)
def start(request: HttpRequest, session_id: UUID) -> DeskAction:
    return services.start_session(**_said(request, session_id))


@router.post("/sessions/{session_id}/next", response=ActionOut)
def go_on(request: HttpRequest, session_id: UUID, body: NextIn) -> DeskAction:
    return services.next_segment(seen=body.seen, **_said(request, session_id))


@router.post("/sessions/{session_id}/items/{item_id}/take-down", response=ActionOut)
def take_down(request: HttpRequest, session_id: UUID, item_id: UUID) -> DeskAction:
    return services.take_down(item_id=item_id, **_said(request, session_id))


@router.post("/sessions/{session_id}/items/{item_id}/put-back", response=ActionOut)
def put_back(request: HttpRequest, session_id: UUID, item_id: UUID) -> DeskAction:
    return services.put_back(item_id=item_id, **_said(request, session_id))


@router.post("/sessions/{session_id}/items/{item_id}/extend", response=ActionOut)
def extend(request: HttpRequest, session_id: UUID, item_id: UUID, body: UnitsIn) -> DeskAction:
    return services.extend_item(item_id=item_id, units=body.units, **_said(request, session_id))


@router.post("/sessions/{session_id}/items/{item_id}/price", response=ActionOut)
def price(request: HttpRequest, session_id: UUID, item_id: UUID, body: PriceIn) -> DeskAction:
    return services.change_price(item_id=item_id, price_fen=body.price_fen, reason=body.reason, **_said(request, session_id))


@router.post("/sessions/{session_id}/flash-sales", response=ActionOut)
def flash(request: HttpRequest, session_id: UUID, body: FlashIn) -> DeskAction:
    return services.open_flash_sale(**body.dict(), **_said(request, session_id))


@router.post("/sessions/{session_id}/notices", response=ActionOut)
def notice(request: HttpRequest, session_id: UUID, body: TextIn) -> DeskAction:
    return services.post_notice(text=body.text, **_said(request, session_id))


@router.post("/sessions/{session_id}/end", response=ActionOut)
def end(request: HttpRequest, session_id: UUID) -> DeskAction:
    return services.end_session(**_said(request, session_id))
