"""Members over the JSON API: segments in figures, members masked, consent."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate

from kaibo.plumbing.access import access
from kaibo.stages.members import queries, services
from kaibo.stages.members.models import Member
from kaibo.stages.members.permissions import SEE

router = Router(tags=["members"])


class SegmentOut(Schema):
    segment: str
    title: str
    rule: str
    action: str
    source: str
    members: int
    share_bp: int
    spent_fen: int
    reachable: int


class MemberOut(Schema):
    id: UUID
    label: str
    segment: str
    recency: int | None
    frequency: int | None
    monetary: int | None
    purchases: int
    spent_fen: int
    last_at: datetime | None
    consent: str


class ConsentIn(Schema):
    is_given: bool
    source: str


class Done(Schema):
    consent: str


@router.get("/segments", response=list[SegmentOut])
def segments(request: HttpRequest, shop_id: UUID | None = None) -> list[dict[str, object]]:
    """This function will give every segment in figures (MEM-1)."""
    access.require(request.auth, SEE)
    return [
        {
            "segment": one.words.segment.value, "title": str(one.words.title), "rule": str(one.words.rule), "action": str(one.words.action),
            "source": str(one.words.source), "members": one.members, "share_bp": one.share_bp, "spent_fen": one.spent_fen, "reachable": one.reachable,
        }
        for one in queries.segment_rows(request.auth, now=request.now, shop_id=shop_id)
    ]  # fmt: skip


@router.get("/members", response=list[MemberOut])
@paginate
def members(request: HttpRequest, segment: str = "") -> list[Member]:
    """This function will list members, masked, the best first."""
    access.require(request.auth, SEE)
    found = queries.members_for(request.auth).order_by("-spent_fen", "pk")
    return found.filter(segment=segment) if segment else found


@router.post("/members/{member_id}/consent", response=Done)
def consent(request: HttpRequest, member_id: UUID, body: ConsentIn) -> Done:
    """This function will note consent or opt-out (MEM-3)."""
    services.record_consent(actor=request.auth, member_id=member_id, is_given=body.is_given, source=body.source, now=request.now)
    return Done(consent="given" if body.is_given else "refused")
