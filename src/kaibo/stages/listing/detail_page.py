"""The detail page as a buyer's phone shows it, and as a folder ready to be uploaded."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from uuid import UUID

import msgspec
from django.template.loader import render_to_string
from PIL import Image

from kaibo.kit.pictures import opened
from kaibo.master.media.services import path_of
from kaibo.stages.compliance import queries as compliance
from kaibo.stages.compliance.models import Document
from kaibo.stages.listing.details import BUTTONS, DetailContent, complaints_of, texts_of
from kaibo.stages.listing.models import DetailVersion, Listing, ListingPicture
from kaibo.stages.listing.rules import Complaint

LONG_WIDTH = 750
LONGEST = 30_000
BUYER_WORDS = {"scene": "场景图", "trust": "检测与评价", "report": "检测报告"}
"""What the page itself says to buyers, who read Chinese whatever the console speaks."""


@dataclass(frozen=True, slots=True)
class DetailReview:
    """A detail page with what is missing in its parts and what the screener says of its texts, text by text."""

    content: DetailContent
    complaints: tuple[Complaint, ...]
    texts: tuple[tuple[str, tuple[compliance.Piece, ...], compliance.Screening], ...]

    @property
    def is_refused(self) -> bool:
        return any(screening.verdict == "block" for _part, _pieces, screening in self.texts)


def newest_detail(listing: Listing) -> DetailVersion | None:
    return listing.details.order_by("-number").first()


def content_of(version: DetailVersion | None) -> DetailContent:
    """This function will give a version's content; an empty page for none."""
    return msgspec.convert(version.content, DetailContent) if version else DetailContent()


def drafted(listing: Listing) -> DetailContent:
    """This function will give a first draft from what the product carries: its proposition, selling points and inspection reports, to be completed by a person."""
    product = listing.product
    advantages = [{"words": str(point)[:40], "parameter": ""} for point in product.selling_points][:6]
    filed = Document.objects.filter(product=product, kind="test_report", state="confirmed").order_by("-valid_from")[:3]
    reports = [f"检测报告 {one.number}（{one.issuer}）" for one in filed]
    return msgspec.convert({"pain_title": product.value_proposition, "advantages": advantages, "reports": reports}, DetailContent)


def review_detail(listing: Listing, content: DetailContent) -> DetailReview:
    """This function will review a detail page without keeping anything.   Source: LST-3, CMP-4."""
    category = compliance.category_words(listing.product.category_id)
    texts = []
    for one in texts_of(content):
        if one.text.strip():
            screening = compliance.screen_now(one.text, surface="detail", category=category)
            if screening.hits:
                texts.append((one.part, tuple(compliance.pieces_of(one.text, screening.hits)), screening))
    return DetailReview(content, tuple(complaints_of(content)), tuple(texts))


def pictures_of(listing: Listing, content: DetailContent) -> dict[str, ListingPicture]:
    named = [one for one in (content.scene_picture, *content.detail_pictures, content.report_picture) if one]
    found = {str(one.pk): one for one in listing.pictures.select_related("media").filter(pk__in=[UUID(one) for one in named])}
    return {key: found[key] for key in named if key in found}


def rendered(listing: Listing, content: DetailContent, *, sources: dict[str, str], style: str, is_export: bool = False) -> str:
    """This function will render the page; `sources` gives each picture's address."""
    return render_to_string(
        "listing/phone.html",
        {
            "title": listing.title or listing.product.title, "content": content, "scene": sources.get(content.scene_picture, ""),
            "report": sources.get(content.report_picture, ""), "details": [sources[one] for one in content.detail_pictures if one in sources], "style": style, "words": BUYER_WORDS,
            "button": BUTTONS[content.button], "is_export": is_export,
        },
    )


def packed(listing: Listing, version: DetailVersion, *, style: str) -> bytes:
    """
    This function will pack a version for upload: the page as one HTML file, its pictures beside it in order, its texts, and the pictures
    as one long picture (texts are not drawn into it: that would take a font).   Source: LST-3.
    """
    content = content_of(version)
    pictures = pictures_of(listing, content)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as folder:
        sources: dict[str, str] = {}
        for number, (key, one) in enumerate(pictures.items(), 1):
            suffix = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}.get(one.media.mime, "img")
            sources[key] = f"pictures/{number:02d}.{suffix}"
            folder.write(path_of(one.media.sha256), sources[key])
        folder.writestr("index.html", rendered(listing, content, sources=sources, style=style, is_export=True))
        folder.writestr("texts.txt", "\r\n".join(f"[{one.part}] {one.text}" for one in texts_of(content) if one.text.strip()).encode("utf-8-sig"))
        if pictures:
            folder.writestr("long.jpg", long_picture([one.media.sha256 for one in pictures.values()]))
    return made.getvalue()


def long_picture(sha256s: list[str]) -> bytes:
    """This function will put pictures under one another, each 750 wide, as platforms take detail pictures."""
    strips = []
    for sha256 in sha256s:
        with path_of(sha256).open("rb") as content:
            picture = opened(content)
        strips.append(picture.resize((LONG_WIDTH, max(1, round(picture.height * LONG_WIDTH / picture.width))), Image.Resampling.LANCZOS))
    height = min(LONGEST, sum(one.height for one in strips))
    page = Image.new("RGB", (LONG_WIDTH, height), "white")
    at = 0
    for one in strips:
        page.paste(one, (0, at))
        at += one.height
    made = io.BytesIO()
    page.save(made, "JPEG", quality=88)
    return made.getvalue()
