"""Figures of sessions over the JSON API. Money in fen, rates in basis points, times in seconds."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate

from kaibo.plumbing.access import access
from kaibo.stages.analytics import queries, services
from kaibo.stages.analytics.figures import figure_rows
from kaibo.stages.analytics.next_plan import plan_next
from kaibo.stages.analytics.permissions import SEE
from kaibo.stages.showplan import queries as showplan

router = Router(tags=["analytics"])


class SessionOut(Schema):
    id: UUID
    title: str
    starts_at: datetime
    state: str
    is_concluded: bool
    net_fen: int | None
    viewers: int | None


class FigureOut(Schema):
    key: str
    title: str
    value: int | None
    unit: str
    numerator: str
    numerator_count: int
    denominator: str
    denominator_count: int | None
    dedupe_key: str
    source: str
    version: int
    target: int | None
    target_source: str
    percentile: int | None
    history_count: int
    platform_value: int | None
    platform_difference: int | None


class MinuteOut(Schema):
    at: datetime
    online: int
    entered: int
    clicks: int
    orders: int
    paid_fen: int


class CauseOut(Schema):
    key: str
    title: str
    evidence: str
    effect_fen: int | None
    formula: str
    action: str


class FiguresOut(Schema):
    session_id: UUID
    taken_at: datetime
    window_start: datetime
    window_end: datetime | None
    figures: list[FigureOut]
    minutes: list[MinuteOut]
    causes: list[CauseOut]


class AcceptIn(Schema):
    cause: str
    owner_id: UUID
    due_on: date
    words: str = ""


class ConcludeIn(Schema):
    lessons: str


class Made(Schema):
    id: UUID


@router.get("/sessions", response=list[SessionOut])
@paginate
def sessions(request: HttpRequest) -> list[dict[str, object]]:
    """This function will list sessions that were or are live, newest first."""
    access.require(request.auth, SEE)
    return [
        {
            "id": row.session.pk, "title": row.session.title, "starts_at": row.session.starts_at, "state": row.session.state,
            "is_concluded": row.is_concluded, "net_fen": row.picture.net_fen if row.picture else None, "viewers": row.picture.viewers if row.picture else None,
        }
        for row in queries.session_rows(request.auth, most=2_000)
    ]  # fmt: skip


@router.get("/sessions/{session_id}", response=FiguresOut)
def session(request: HttpRequest, session_id: UUID) -> dict[str, object]:
    """This function will give a session's figures with their definitions, its minutes and why it went so (INS-11, INS-12)."""
    found = showplan.session_for(request.auth, session_id)
    access.require(request.auth, SEE, shop_id=found.shop_id)
    kept = queries.kept_picture(session_id)
    rows = figure_rows(kept, queries.history_of(found), targets=queries.targets_for(found), platform=queries.platform_of(session_id))
    figures = [
        {
            "key": one.key, "title": str(one.definition.title), "value": one.value, "unit": one.definition.unit, "numerator": str(one.definition.numerator),
            "numerator_count": one.numerator_count, "denominator": str(one.definition.denominator), "denominator_count": one.denominator_count,
            "dedupe_key": str(one.definition.dedupe_key), "source": str(one.definition.source), "version": one.version, "target": one.target,
            "target_source": one.target_source, "percentile": one.percentile, "history_count": one.history_count, "platform_value": one.platform_value,
            "platform_difference": one.platform_difference,
        }
        for one in rows
    ]  # fmt: skip
    return {
        "session_id": session_id, "taken_at": kept.taken_at, "window_start": kept.started_at, "window_end": kept.ended_at, "figures": figures,
        "minutes": list(kept.minutes), "causes": services.causes_for(found, kept),
    }  # fmt: skip


@router.post("/sessions/{session_id}/actions", response={201: Made})
def accept(request: HttpRequest, session_id: UUID, body: AcceptIn) -> tuple[int, Made]:
    """This function will accept a cause's action."""
    made = services.accept_action(
        actor=request.auth, session_id=session_id, cause=body.cause, owner_id=body.owner_id, due_on=body.due_on, words=body.words, now=request.now
    )
    return 201, Made(id=made.pk)


@router.post("/sessions/{session_id}/conclusion", response={201: Made})
def conclude(request: HttpRequest, session_id: UUID, body: ConcludeIn) -> tuple[int, Made]:
    """This function will conclude a retrospective."""
    services.conclude(actor=request.auth, session_id=session_id, lessons=body.lessons, now=request.now)
    return 201, Made(id=session_id)


@router.post("/sessions/{session_id}/next", response={201: Made})
def next_session(request: HttpRequest, session_id: UUID) -> tuple[int, Made]:
    """This function will plan the next session from a concluded one."""
    return 201, Made(id=plan_next(actor=request.auth, session_id=session_id, now=request.now).pk)
