"""Pages in the making over JSON: proposed titles, category, pictures with their checks, detail versions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, File, Form, Router, Schema
from ninja.files import UploadedFile

from kaibo.plumbing.access import access
from kaibo.stages.listing import advice, detail_page, page_services, picture_queries, queries, title_queries
from kaibo.stages.listing.page_views import content_from_api
from kaibo.stages.listing.permissions import SEE

router = Router(tags=["listing"])


class ProposalOut(Schema):
    title: str
    points: int
    width: int
    core: str
    attributes: list[str]
    scenes: list[str]
    reasons: list[str]


class AdviceOut(Schema):
    path: str
    share: float
    words: list[str]
    heat: int
    is_busiest: bool


class CategoryIn(Schema):
    path: str = Field(max_length=120)
    reason: str = Field("", max_length=300)


class CategoryOut(Schema):
    path: str
    reason: str
    chosen_by: str


class RemarkOut(Schema):
    key: str
    state: str
    zh: str
    en: str


class PictureOut(Schema):
    id: UUID
    role: str
    position: int
    width: int
    height: int
    sharpness: int
    white_border_bp: int
    distance: int
    remarks: list[RemarkOut]


class DetailIn(Schema):
    content: dict[str, Any]
    base_number: int = Field(ge=0)


class DetailOut(Schema):
    number: int
    content: dict[str, Any]
    saved_by: str
    missing: list[str]


@router.get("/listings/{listing_id}/proposals", response=list[ProposalOut])
def proposals(request: HttpRequest, listing_id: UUID) -> list[dict[str, Any]]:
    access.require(request.auth, SEE)
    return [
        {
            "title": one.title, "points": one.points, "width": one.width, "core": one.parts.core, "attributes": list(one.parts.attributes), "scenes": list(one.parts.scenes),
            "reasons": list(one.reasons_zh),
        }
        for one in title_queries.proposals_for(queries.listing_for(request.auth, listing_id))
    ]


@router.get("/listings/{listing_id}/category", response=list[AdviceOut])
def category(request: HttpRequest, listing_id: UUID) -> list[dict[str, Any]]:
    access.require(request.auth, SEE)
    found = advice.advise(queries.listing_for(request.auth, listing_id))
    return [
        {"path": one.path, "share": round(one.share, 4), "words": list(one.words), "heat": found.traffic.get(one.path, 0), "is_busiest": one.path == found.busiest}
        for one in found.ranked
    ]


@router.put("/listings/{listing_id}/category", response=CategoryOut)
def choose_category(request: HttpRequest, listing_id: UUID, body: CategoryIn) -> Any:
    return page_services.choose_category(actor=request.auth, listing_id=listing_id, path=body.path, reason=body.reason, now=request.now)


@router.get("/listings/{listing_id}/pictures", response=list[PictureOut])
def pictures(request: HttpRequest, listing_id: UUID) -> list[dict[str, Any]]:
    access.require(request.auth, SEE)
    return [_picture(one) for one in picture_queries.rows_of(queries.listing_for(request.auth, listing_id))]


def _picture(one: picture_queries.PictureRow) -> dict[str, Any]:
    kept = one.picture
    return {
        "id": kept.pk, "role": kept.role, "position": kept.position, "width": kept.width, "height": kept.height, "sharpness": kept.sharpness,
        "white_border_bp": kept.white_border_bp, "distance": one.distance, "remarks": [{"key": each.key, "state": each.state, "zh": each.zh, "en": each.en} for each in one.remarks],
    }


@router.post("/listings/{listing_id}/pictures", response={201: PictureOut})
def add_picture(request: HttpRequest, listing_id: UUID, role: Form[str], picture: File[UploadedFile], note: Form[str] = "") -> tuple[int, dict[str, Any]]:
    made = page_services.add_picture(actor=request.auth, listing_id=listing_id, role=role, name=picture.name or "picture", content=picture.file, note=note, now=request.now)
    rows = picture_queries.rows_of(queries.listing_for(request.auth, listing_id))
    return 201, _picture(next(one for one in rows if one.picture.pk == made.pk))


@router.get("/listings/{listing_id}/detail", response=DetailOut)
def detail(request: HttpRequest, listing_id: UUID) -> dict[str, Any]:
    access.require(request.auth, SEE)
    found = queries.listing_for(request.auth, listing_id)
    newest = detail_page.newest_detail(found)
    content = detail_page.content_of(newest)
    missing = [one.code for one in detail_page.review_detail(found, content).complaints]
    return {"number": newest.number if newest else 0, "content": newest.content if newest else {}, "saved_by": newest.saved_by if newest else "", "missing": missing}


@router.put("/listings/{listing_id}/detail", response=DetailOut)
def save_detail(request: HttpRequest, listing_id: UUID, body: DetailIn) -> dict[str, Any]:
    page_services.save_detail(actor=request.auth, listing_id=listing_id, content=content_from_api(body.content), base_number=body.base_number, now=request.now)
    return detail(request, listing_id)
