"""Warm-ups over the JSON API."""

# Annotations are evaluated here: `paginate` wraps the function and would look for UUID in its own module.

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate

from kaibo.plumbing.access import access
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.warmup import queries, services
from kaibo.stages.warmup.findings import finding_of
from kaibo.stages.warmup.permissions import CAMPAIGN_SEE

router = Router(tags=["warmup"])


class AnnouncementIn(Schema):
    headline: str
    body: str
    offers: str = ""


class AnnouncementOut(Schema):
    headline: str
    body: str
    offers: str
    published_at: datetime | None
    late_reason: str
    state: str
    reason: str


class PublishIn(Schema):
    late_reason: str = ""


class LinkIn(Schema):
    platform: str
    title: str
    target: str = ""


class LinkOut(Schema):
    id: UUID
    code: str
    platform: str
    title: str
    target: str
    clicks: int


class Made(Schema):
    id: UUID
    code: str


@router.get("/sessions/{session_id}/announcement", response=AnnouncementOut)
def announcement(request: HttpRequest, session_id: UUID) -> AnnouncementOut:
    session = showplan.session_for(request.auth, session_id)
    access.require(request.auth, CAMPAIGN_SEE, shop_id=session.shop_id)
    there = queries.announcements_of([session_id]).get(session_id)
    found = finding_of(session, there, queries.leads_of([session], request.now)[session_id])
    return AnnouncementOut(
        headline=there.headline if there else "", body=there.body if there else "", offers=there.offers if there else "",
        published_at=there.published_at if there else None, late_reason=there.late_reason if there else "", state=found.state, reason=found.reason,
    )  # fmt: skip


@router.post("/sessions/{session_id}/announcement", response={204: None})
def write_announcement(request: HttpRequest, session_id: UUID, body: AnnouncementIn) -> tuple[int, None]:
    services.write_announcement(actor=request.auth, session_id=session_id, now=request.now, **body.dict())
    return 204, None


@router.post("/sessions/{session_id}/announcement/publish", response={204: None})
def publish(request: HttpRequest, session_id: UUID, body: PublishIn) -> tuple[int, None]:
    services.publish_announcement(actor=request.auth, session_id=session_id, late_reason=body.late_reason, now=request.now)
    return 204, None


@router.get("/sessions/{session_id}/links", response=list[LinkOut])
@paginate
def links(request: HttpRequest, session_id: UUID) -> list[queries.LinkRow]:
    session = showplan.session_for(request.auth, session_id)
    access.require(request.auth, CAMPAIGN_SEE, shop_id=session.shop_id)
    return queries.links_of([session_id]).get(session_id, [])


@router.post("/sessions/{session_id}/links", response={201: Made})
def make_link(request: HttpRequest, session_id: UUID, body: LinkIn) -> tuple[int, object]:
    return 201, services.make_link(actor=request.auth, session_id=session_id, now=request.now, **body.dict())
