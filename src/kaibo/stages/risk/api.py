"""Mentions over the JSON API."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate

from kaibo.plumbing.access import access
from kaibo.stages.risk import queries, services
from kaibo.stages.risk.models import Mention
from kaibo.stages.risk.permissions import IMPORT, SEE
from kaibo.stages.risk.supply_api import router as supply_router

router = Router(tags=["risk"])
router.add_router("", supply_router)


class MentionOut(Schema):
    id: UUID
    shop_id: UUID
    product_id: UUID | None
    platform: str
    author: str
    text: str
    url: str
    severity: str
    themes: list[str]
    state: str
    first_seen_at: datetime
    answer_by: datetime | None
    owner_name: str
    answered_at: datetime | None


class MentionIn(Schema):
    shop_id: UUID
    platform: str
    text: str
    author: str = ""
    url: str = ""
    posted_at: datetime | None = None


class Became(Schema):
    outcome: str


class AnswerIn(Schema):
    text: str


@router.get("/mentions", response=list[MentionOut])
@paginate
def mentions(request: HttpRequest, state: str = "") -> QuerySet[Mention]:
    """This function will list mentions, newest first; authors are masked."""
    access.require(request.auth, SEE)
    found = queries.mentions_for(request.auth).order_by("-first_seen_at")
    return found.filter(state=state) if state else found


@router.post("/mentions", response={201: Became})
def tell(request: HttpRequest, body: MentionIn) -> tuple[int, Became]:
    """This function will take one mention in: `new`, `same`, or `not_ours`."""
    access.require(request.auth, IMPORT, shop_id=body.shop_id)
    told = services.Told(body.platform, body.author, body.text, body.url, body.posted_at or request.now)
    names = services.names_of_shop(body.shop_id)
    outcome = services.take_mentions(shop_id=body.shop_id, told=[told], names=names, now=request.now)[0]
    return 201, Became(outcome=outcome.value if outcome else "not_ours")


@router.post("/mentions/{mention_id}/take", response=Became)
def take_on(request: HttpRequest, mention_id: UUID) -> Became:
    """This function will make the caller the one who answers."""
    services.take_on(actor=request.auth, mention_id=mention_id, now=request.now)
    return Became(outcome="answering")


@router.post("/mentions/{mention_id}/answer", response=Became)
def answer(request: HttpRequest, mention_id: UUID, body: AnswerIn) -> Became:
    """This function will keep the answer given, once its words pass the screening (RSK-1, CMP-2)."""
    services.answer(actor=request.auth, mention_id=mention_id, text=body.text, now=request.now)
    return Became(outcome="answered")
