"""Draws over the JSON API: write a draft, publish it, void it, and how each stands. The clock freezes and draws, nobody else."""

# Annotations are evaluated here: `paginate` wraps the function and would look for UUID in its own module.

from dataclasses import asdict
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.pagination import paginate

from kaibo.plumbing.access import access
from kaibo.stages.live import draw_queries
from kaibo.stages.live.draw_queries import DrawRow
from kaibo.stages.live.draw_terms import DrawUnknown, Prize, Terms
from kaibo.stages.live.models import DeskAction
from kaibo.stages.live.permissions import DESK_SEE
from kaibo.stages.live.services import draws
from kaibo.stages.live.steering_api import DoneOut
from kaibo.stages.showplan import queries as showplan

router = Router(tags=["live"])


class PrizeIn(Schema):
    name: str = Field(max_length=60)
    detail: str = Field("", max_length=200)
    count: int = Field(ge=1)
    value_fen: int = Field(ge=0)


class DrawIn(Schema):
    """What may be left out is filled as the form fills it; what the law still wants then is named by `lacks`."""

    title: str = Field(max_length=500)
    prizes: list[PrizeIn] = Field(max_length=20)
    organiser: str | None = Field(None, max_length=500)
    contact: str | None = Field(None, max_length=500)
    eligibility: Literal["everyone", "followed", "commented", "claimed"] | None = None
    conditions: str | None = Field(None, max_length=500)
    minutes_open: int | None = None
    claim_hours: int | None = None
    claim_how: str | None = Field(None, max_length=500)
    delivery: str | None = Field(None, max_length=500)
    forfeiture: str | None = Field(None, max_length=500)
    alternates: int | None = None
    least_reveals: int | None = None


class WinnerOut(Schema):
    place: int
    name: str
    prize: int | None
    state: str
    claim_by: datetime | None


class DrawOut(Schema):
    """`state` is draft, open, frozen, drawn or void; times and counts are those of the room, once it is published."""

    id: UUID
    state: str
    title: str
    prizes: list[PrizeIn]
    eligibility: str
    conditions: str
    organiser: str
    contact: str
    minutes_open: int
    lacks: list[str]
    published_at: datetime | None
    closes_at: datetime | None
    draws_at: datetime | None
    rules_hash: str
    root: str
    digest: str
    entrants: int | None
    witnesses: int
    winners: list[WinnerOut]
    void_reason: str


class VoidIn(Schema):
    reason: str = Field(min_length=1, max_length=200)


def _out(one: DrawRow) -> DrawOut:
    terms, card = one.terms, one.card
    return DrawOut(
        id=one.plan.pk, state=one.state, title=terms.title, prizes=[PrizeIn(**asdict(prize)) for prize in terms.prizes], eligibility=terms.eligibility,
        conditions=terms.conditions, organiser=terms.organiser, contact=terms.contact, minutes_open=terms.minutes_open, lacks=list(one.lacks),
        published_at=one.plan.published_at, closes_at=card.get("closes_at"), draws_at=card.get("draws_at"), rules_hash=card.get("rules_hash") or "",
        root=card.get("root") or "", digest=card.get("digest") or "", entrants=card.get("entrants"), witnesses=len(one.witnesses),
        winners=[WinnerOut(place=p.place, name=p.name, prize=p.prize, state=p.state, claim_by=p.claim_by) for p in one.places if p.prize is not None],
        void_reason=card.get("void_reason") or "",
    )  # fmt: skip


def _rows(request: HttpRequest, session_id: UUID) -> list[DrawRow]:
    session = showplan.session_for(request.auth, session_id)
    access.require(request.auth, DESK_SEE, shop_id=session.shop_id)
    return draw_queries.draws_of(session, now=request.now)


def _row(request: HttpRequest, session_id: UUID, draw_id: UUID) -> DrawOut:
    for one in _rows(request, session_id):
        if one.plan.pk == draw_id:
            return _out(one)
    raise DrawUnknown


def _terms(request: HttpRequest, session_id: UUID, draw_id: UUID | None, body: DrawIn) -> Terms:
    kept = draw_queries.terms_for(showplan.session_for(request.auth, session_id), draw_id).as_json()
    said = body.dict(exclude_none=True, exclude={"prizes"})
    return Terms(**{**kept, **said, "prizes": tuple(Prize(**one.dict()) for one in body.prizes)})


@router.get("/sessions/{session_id}/draws", response=list[DrawOut])
@paginate
def listed(request: HttpRequest, session_id: UUID) -> list[DrawOut]:
    return [_out(one) for one in _rows(request, session_id)]


@router.get("/sessions/{session_id}/draws/{draw_id}", response=DrawOut)
def one_draw(request: HttpRequest, session_id: UUID, draw_id: UUID) -> DrawOut:
    return _row(request, session_id, draw_id)


@router.post("/sessions/{session_id}/draws", response={201: DrawOut})
def write(request: HttpRequest, session_id: UUID, body: DrawIn) -> tuple[int, DrawOut]:
    plan = draws.save_draw(
        actor=request.auth, session_id=session_id, draw_id=None, terms=_terms(request, session_id, None, body),
        key=request.headers.get("Idempotency-Key", "")[:80], now=request.now,
    )  # fmt: skip
    return 201, _row(request, session_id, plan.pk)


@router.put("/sessions/{session_id}/draws/{draw_id}", response=DrawOut)
def rewrite(request: HttpRequest, session_id: UUID, draw_id: UUID, body: DrawIn) -> DrawOut:
    terms = _terms(request, session_id, draw_id, body)
    draws.save_draw(actor=request.auth, session_id=session_id, draw_id=draw_id, terms=terms, now=request.now)
    return _row(request, session_id, draw_id)


@router.delete("/sessions/{session_id}/draws/{draw_id}", response={204: None})
def throw_away(request: HttpRequest, session_id: UUID, draw_id: UUID) -> tuple[int, None]:
    _here(request, session_id, draw_id)
    draws.delete_draft(actor=request.auth, draw_id=draw_id, now=request.now)
    return 204, None


@router.post("/sessions/{session_id}/draws/{draw_id}/publish", response=DoneOut)
def publish(request: HttpRequest, session_id: UUID, draw_id: UUID) -> DeskAction:
    _here(request, session_id, draw_id)
    return draws.start_draw(actor=request.auth, draw_id=draw_id, now=request.now)


@router.post("/sessions/{session_id}/draws/{draw_id}/void", response=DrawOut)
def void(request: HttpRequest, session_id: UUID, draw_id: UUID, body: VoidIn) -> DrawOut:
    _here(request, session_id, draw_id)
    draws.void_draw(actor=request.auth, draw_id=draw_id, reason=body.reason, now=request.now)
    return _row(request, session_id, draw_id)


def _here(request: HttpRequest, session_id: UUID, draw_id: UUID) -> None:
    """A draw of another session is none of this address.   Raises: SessionUnknown, DrawUnknown."""
    draw_queries.plan_in(showplan.session_for(request.auth, session_id), draw_id)
