"""Sessions over the JSON API."""

# Annotations are evaluated here: `paginate` wraps the function and would look for UUID in its own module.

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate

from kaibo.plumbing.access import access
from kaibo.stages.showplan import queries, services
from kaibo.stages.showplan.models import Session
from kaibo.stages.showplan.opening import opening_of
from kaibo.stages.showplan.permissions import SESSION_SEE
from kaibo.stages.showplan.services import NewOffer

router = Router(tags=["showplan"])


class SessionOut(Schema):
    id: UUID
    shop_id: UUID
    title: str
    theme: str
    room: str
    state: str
    starts_at: datetime
    ends_at: datetime
    target_fen: int
    started_at: datetime | None
    ended_at: datetime | None


class SessionIn(Schema):
    shop_id: UUID
    title: str
    room: str
    starts_at: datetime
    ends_at: datetime
    theme: str = ""
    target_fen: int = 0
    video_url: str = ""
    backup_video_url: str = ""
    is_ai_host: bool = False
    platform: str = "own"


class OfferOut(Schema):
    sku_id: UUID
    sku_code: str
    price_fen: int
    quantity: int
    limit_per_visitor: int | None


class SegmentOut(Schema):
    id: UUID
    position: int
    kind: str
    title: str
    product_id: UUID | None
    minutes: int
    planned_at: datetime
    is_flash: bool
    note: str
    offers: list[OfferOut]


class OfferIn(Schema):
    sku_id: UUID
    price_fen: int
    quantity: int
    limit_per_visitor: int | None = None


class SegmentIn(Schema):
    kind: str
    minutes: int
    title: str = ""
    product_id: UUID | None = None
    offers: list[OfferIn] = []
    is_flash: bool = False
    note: str = ""


class FindingOut(Schema):
    key: str
    area: str
    state: str
    reason: str
    source: str
    is_let_through: bool
    override_id: UUID | None


class GateOut(Schema):
    is_open: bool
    findings: list[FindingOut]


class OverrideIn(Schema):
    finding_key: str
    reason: str


class Made(Schema):
    id: UUID


def _seen(request: HttpRequest, session_id: UUID) -> Session:
    session = queries.session_for(request.auth, session_id)
    access.require(request.auth, SESSION_SEE, shop_id=session.shop_id)
    return session


@router.get("/sessions", response=list[SessionOut])
@paginate
def list_sessions(request: HttpRequest, state: str = "") -> list[Session]:
    access.require(request.auth, SESSION_SEE)
    found = queries.sessions_for(request.auth)
    return found.filter(state=state) if state else found


@router.post("/sessions", response={201: Made})
def plan_session(request: HttpRequest, body: SessionIn) -> tuple[int, Session]:
    said = body.dict()
    room_name = said.pop("room")
    return 201, services.plan_session(actor=request.auth, room_name=room_name, now=request.now, **said)


@router.get("/sessions/{session_id}", response=SessionOut)
def session(request: HttpRequest, session_id: UUID) -> Session:
    return _seen(request, session_id)


@router.get("/sessions/{session_id}/rundown", response=list[SegmentOut])
@paginate
def rundown(request: HttpRequest, session_id: UUID) -> list[queries.SegmentRow]:
    return queries.rundown_of(_seen(request, session_id))


@router.post("/sessions/{session_id}/segments", response={201: Made})
def add_segment(request: HttpRequest, session_id: UUID, body: SegmentIn) -> tuple[int, object]:
    said = body.dict()
    offers = [NewOffer(**offer) for offer in said.pop("offers")]
    return 201, services.add_segment(actor=request.auth, session_id=session_id, offers=offers, now=request.now, **said)


@router.get("/sessions/{session_id}/gate", response=GateOut)
def gate(request: HttpRequest, session_id: UUID) -> GateOut:
    verdict = opening_of(_seen(request, session_id), request.now)
    findings = [
        FindingOut(
            key=one.key, area=str(one.area), state=one.finding.state, reason=one.finding.reason, source=one.finding.source,
            is_let_through=one.is_let_through, override_id=one.override.pk if one.override else None,
        )
        for one in verdict.findings
    ]  # fmt: skip
    return GateOut(is_open=verdict.is_open, findings=findings)


@router.post("/sessions/{session_id}/ready", response={204: None})
def make_ready(request: HttpRequest, session_id: UUID) -> tuple[int, None]:
    services.make_ready(actor=request.auth, session_id=session_id, now=request.now)
    return 204, None


@router.post("/sessions/{session_id}/overrides", response={201: Made})
def ask_override(request: HttpRequest, session_id: UUID, body: OverrideIn) -> tuple[int, object]:
    return 201, services.ask_override(actor=request.auth, session_id=session_id, now=request.now, **body.dict())


@router.post("/sessions/{session_id}/overrides/{override_id}/confirm", response={204: None})
def confirm_override(request: HttpRequest, session_id: UUID, override_id: UUID) -> tuple[int, None]:
    services.confirm_override(actor=request.auth, session_id=session_id, override_id=override_id, now=request.now)
    return 204, None
