"""Reads of pictures: each beside its checklist and the competitors' pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy

from kaibo.kit.pictures import HASH_BITS, Measures, distance, unsigned
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.listing.details import DetailContent
from kaibo.stages.listing.first_look import Look, first_look
from kaibo.stages.listing.models import Listing, ListingPicture
from kaibo.stages.listing.pictures import (
    PictureLimits,
    PictureRemark,
    Question,
    checklist,
    questions_of,
    review_picture,
)

ROLE_WORDS = {"main": gettext_lazy("主图"), "detail": gettext_lazy("详情图"), "video_cover": gettext_lazy("短视频封面"), "competitor": gettext_lazy("竞品主图（只比较，不展示）")}


@dataclass(frozen=True, slots=True)
class PictureRow:
    """A picture with everything said of it: measured remarks, questions with a person's answers, the nearest competitor picture."""

    picture: ListingPicture
    remarks: tuple[PictureRemark, ...]
    questions: tuple[tuple[Question, str], ...]
    holds: int
    fails: int
    open: int
    nearest_media: UUID | None
    distance: int


def picture_limits(shop_id: UUID) -> PictureLimits:
    def value(name: str) -> int:
        return thresholds.value(f"listing.picture_{name}", shop_id=shop_id)

    return PictureLimits(
        least_side_px=value("least_px"), sharpness=value("sharpness"), white_border_bp=value("white_bp"), busy_bp=value("busy_bp"), distance_bits=value("distance")
    )


def measures_of(one: ListingPicture) -> Measures:
    return Measures(one.width, one.height, one.sharpness, one.white_bp, one.white_border_bp, one.busy_bp, unsigned(one.hash))


def rows_of(listing: Listing) -> list[PictureRow]:
    """This function will give a page's pictures with their checklists, in the order of the page.   Source: LST-1, LST-4."""
    limits = picture_limits(listing.shop_id)
    kept = list(listing.pictures.select_related("media").order_by("role", "position"))
    rivals = [(unsigned(one.hash), one.media_id) for one in kept if one.role == "competitor"]
    rows = []
    for one in kept:
        mine = unsigned(one.hash)
        bits, media_id = min(((distance(mine, other), media) for other, media in rivals), default=(HASH_BITS, None), key=lambda pair: pair[0])
        remarks = () if one.role == "competitor" else tuple(review_picture(one.role, measures_of(one), one.size_bytes, bits, limits))
        asked = tuple((question, {True: "yes", False: "no"}.get(one.answers.get(question.key), "")) for question in questions_of(one.role))
        rows.append(PictureRow(one, remarks, asked, *checklist(one.role, remarks, one.answers), media_id if one.role == "main" else None, bits))
    return rows


def groups_of(listing: Listing) -> list[tuple[str, Any, list[PictureRow]]]:
    """This function will give the pictures role by role, empty roles too."""
    rows = rows_of(listing)
    return [(role, words, [one for one in rows if one.picture.role == role]) for role, words in ROLE_WORDS.items()]


def first_look_of(listing: Listing, content: DetailContent) -> list[Look]:
    """This function will review the first three seconds of a page: main picture, first line, first screen.   Source: LST-1."""
    main = next((one for one in rows_of(listing) if one.picture.role == "main"), None)
    core = (listing.core_word, listing.core_word[-2:])
    return first_look(title=listing.title, core=core, picture=(main.holds, main.fails, main.open) if main else None, content=content)
