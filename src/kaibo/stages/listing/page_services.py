"""Writes of a page's pictures, detail versions and category."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import BinaryIO
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import Max

from kaibo.kit import pictures as measured
from kaibo.kit.errors import Conflict, Invalid, NotFound
from kaibo.master.media.services import keep
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.citations import in_both
from kaibo.stages.compliance import queries as compliance
from kaibo.stages.compliance.services import keep_screening
from kaibo.stages.listing import queries
from kaibo.stages.listing.details import BUTTONS, DetailContent, texts_of
from kaibo.stages.listing.models import DetailVersion, Listing, ListingCategory, ListingPicture
from kaibo.stages.listing.page_models import PICTURE_ROLES
from kaibo.stages.listing.permissions import EDIT, SEE
from kaibo.stages.listing.pictures import questions_of

MOST_PICTURES = 60
MOST_BYTES = 20_000_000


class PictureUnknown(NotFound):
    code = "listing.picture_unknown"
    message_zh = "没有这张图片，或你看不到它"
    message_en = "There is no such picture, or you cannot see it"


class PictureRoleUnknown(Invalid):
    code = "listing.picture_role_unknown"
    message_zh = "图片要么是主图、详情图、视频封面，要么是竞品主图"
    message_en = "A picture is a main, detail, video cover or competitor picture"


class PictureTooLarge(Invalid):
    code = "listing.picture_too_large"
    message_zh = "图片超过 {most_mb} MB"
    message_en = "The picture is larger than {most_mb} MB"


class TooManyPictures(Conflict):
    code = "listing.too_many_pictures"
    message_zh = "一个商品页最多 {most} 张图片，先删几张"
    message_en = "A page takes at most {most} pictures; remove some first"


class DetailChanged(Conflict):
    code = "listing.detail_changed"
    message_zh = "{saved_by} 刚存了第 {number} 版详情页，请刷新后再改"
    message_en = "{saved_by} has just saved version {number} of the detail page; reload and try again"


class DetailBlocked(Invalid):
    code = "listing.detail_blocked"
    message_zh = "详情页里的“{word}”不能用（{source}）：{suggestion}"
    message_en = "“{word}” may not stand on a detail page ({source_en}): {suggestion_en}"


class CategoryEmpty(Invalid):
    code = "listing.category_empty"
    message_zh = "类目不能为空，例如：女装/毛呢外套"
    message_en = "The category must not be empty"


@transaction.atomic
def add_picture(*, actor: Actor, listing_id: UUID, role: str, name: str, content: BinaryIO, now: datetime, note: str = "") -> ListingPicture:
    """
    This function will keep a picture with everything that can be measured on it.

    Raises: Forbidden, ListingUnknown, PictureRoleUnknown, PictureTooLarge, TooManyPictures, NotAPicture, DiskFull.   Source: LST-4.
    """
    listing = queries.listing_for(actor, listing_id)
    access.require(actor, EDIT, shop_id=listing.shop_id)
    if role not in PICTURE_ROLES:
        raise PictureRoleUnknown
    content.seek(0, 2)
    size = content.tell()
    if size > MOST_BYTES:
        raise PictureTooLarge(most_mb=MOST_BYTES // 1_000_000)
    # lock: positions are given one by one
    Listing.objects.select_for_update().get(pk=listing.pk)
    if listing.pictures.count() >= MOST_PICTURES:
        raise TooManyPictures(most=MOST_PICTURES)
    content.seek(0)
    made = measured.measure(measured.opened(content))
    content.seek(0)
    media = keep(actor=actor, name=name, mime=measured.mime_of(content), content=content, now=now)
    last = listing.pictures.filter(role=role).aggregate(last=Max("position"))["last"] or 0
    picture = ListingPicture.objects.create(
        listing=listing, media=media, role=role, position=last + 1, note=note.strip()[:120], width=made.width, height=made.height, size_bytes=size,
        sharpness=made.sharpness, white_bp=made.white_bp, white_border_bp=made.white_border_bp, busy_bp=made.busy_bp, hash=measured.signed(made.hash),
        added_by=actor.name, added_at=now,
    )
    audit.record(actor, "listing:picture:add", subject=f"listing:{listing.pk}", now=now, shop_id=listing.shop_id, details={"role": role, "name": media.name, "sha256": media.sha256})
    return picture


def _picture(actor: Actor, listing_id: UUID, picture_id: UUID) -> ListingPicture:
    listing = queries.listing_for(actor, listing_id)
    access.require(actor, EDIT, shop_id=listing.shop_id)
    found = ListingPicture.objects.select_related("media").filter(pk=picture_id, listing=listing).first()
    if found is None:
        raise PictureUnknown
    return found


@transaction.atomic
def remove_picture(*, actor: Actor, listing_id: UUID, picture_id: UUID, now: datetime) -> None:
    """This function will take a picture off a page; its file stays, since older versions of the detail page may show it.   Raises: Forbidden, PictureUnknown."""
    picture = _picture(actor, listing_id, picture_id)
    audit.record(
        actor, "listing:picture:remove", subject=f"listing:{listing_id}", now=now, shop_id=picture.listing.shop_id,
        details={"role": picture.role, "name": picture.media.name, "sha256": picture.media.sha256},
    )
    picture.delete()


@transaction.atomic
def lead_with(*, actor: Actor, listing_id: UUID, picture_id: UUID, now: datetime) -> None:
    """This function will put a picture first among those of its role.   Raises: Forbidden, PictureUnknown."""
    picture = _picture(actor, listing_id, picture_id)
    # lock: positions are given one by one
    Listing.objects.select_for_update().get(pk=listing_id)
    others = list(ListingPicture.objects.filter(listing=listing_id, role=picture.role).exclude(pk=picture.pk).order_by("position"))
    for place, one in enumerate([picture, *others], 1):
        ListingPicture.objects.filter(pk=one.pk).update(position=place + 10_000)
    for place, one in enumerate([picture, *others], 1):
        ListingPicture.objects.filter(pk=one.pk).update(position=place)
    audit.record(actor, "listing:picture:lead", subject=f"listing:{listing_id}", now=now, shop_id=picture.listing.shop_id, details={"name": picture.media.name})


@transaction.atomic
def answer_checklist(*, actor: Actor, listing_id: UUID, picture_id: UUID, answers: Mapping[str, bool], now: datetime) -> None:
    """This function will keep what a person says to the questions no measure answers.   Raises: Forbidden, PictureUnknown.   Source: LST-1, LST-4."""
    picture = _picture(actor, listing_id, picture_id)
    known = {one.key for one in questions_of(picture.role)}
    kept = {key: bool(value) for key, value in answers.items() if key in known}
    ListingPicture.objects.filter(pk=picture.pk).update(answers=kept, answered_by=actor.name)
    audit.record(actor, "listing:picture:answer", subject=f"listing:{listing_id}", now=now, shop_id=picture.listing.shop_id, details={"name": picture.media.name, "answers": kept})


@transaction.atomic
def save_detail(*, actor: Actor, listing_id: UUID, content: DetailContent, base_number: int, now: datetime) -> DetailVersion:
    """
    This function will save the detail page as a new version; its whole text is screened and kept with the lexicon that judged it.

    What is missing in a part is told and not refused: a page is written in several sittings.
    Raises: Forbidden, ListingUnknown, DetailBlocked, DetailChanged, PictureUnknown.   Source: LST-3, CMP-4.
    """
    listing = queries.listing_for(actor, listing_id)
    access.require(actor, EDIT, shop_id=listing.shop_id)
    # lock: versions are numbered one by one
    Listing.objects.select_for_update().get(pk=listing.pk)
    newest = listing.details.order_by("-number").first()
    if newest is not None and newest.number != base_number:
        raise DetailChanged(saved_by=newest.saved_by, number=newest.number)
    named = {one for one in (content.scene_picture, content.report_picture, *content.detail_pictures) if one}
    if named - {str(one) for one in listing.pictures.exclude(role="competitor").values_list("pk", flat=True)}:
        raise PictureUnknown
    content = msgspec.structs.replace(content, button=content.button if content.button in BUTTONS else "buy")
    category = compliance.category_words(listing.product.category_id)
    text = "\n".join(one.text for one in texts_of(content) if one.text.strip())
    screening = compliance.screen_now(text, surface="detail", category=category)
    blocked = next((hit for hit in screening.hits if hit.severity == "block"), None)
    if blocked:
        raise DetailBlocked(word=blocked.text, **in_both(blocked.source, blocked.suggestion))
    version = DetailVersion.objects.create(
        listing=listing, number=base_number + 1, content=msgspec.to_builtins(content), lexicon_version=screening.lexicon_version[:60], saved_by=actor.name, saved_at=now
    )
    if text:
        keep_screening(actor=actor, text=text, surface="detail", category=category, subject=queries.subject_of(listing), now=now)
    audit.record(actor, "listing:detail:save", subject=f"listing:{listing.pk}", now=now, shop_id=listing.shop_id, details={"version": version.number})
    return version


@transaction.atomic
def choose_category(*, actor: Actor, listing_id: UUID, path: str, reason: str, now: datetime) -> ListingCategory:
    """This function will keep the category a page stands in; the adviser learns from it.   Raises: Forbidden, ListingUnknown, CategoryEmpty.   Source: LST-5."""
    listing = queries.listing_for(actor, listing_id)
    access.require(actor, EDIT, shop_id=listing.shop_id)
    path = "/".join(part.strip() for part in path.replace(">", "/").split("/") if part.strip())[:120]
    if not path:
        raise CategoryEmpty
    chosen, _is_new = ListingCategory.objects.update_or_create(
        listing=listing, defaults={"path": path, "reason": reason.strip()[:300], "chosen_by": actor.name, "chosen_at": now}
    )
    audit.record(actor, "listing:category:choose", subject=f"listing:{listing.pk}", now=now, shop_id=listing.shop_id, reason=reason.strip(), details={"path": path})
    return chosen


@transaction.atomic
def note_detail_file(*, actor: Actor, listing: Listing, kind: str, number: int, now: datetime) -> None:
    """This function will record that a detail page left the house as a document; number 0 is a draft.   Raises: Forbidden."""
    access.require(actor, SEE, shop_id=listing.shop_id)
    audit.record(actor, "listing:detail:download", subject=f"listing:{listing.pk}", now=now, shop_id=listing.shop_id, details={"kind": kind, "version": number})
