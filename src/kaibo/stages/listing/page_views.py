"""Pages of a product's page in the making: proposed titles, category, pictures, detail page with its phone preview."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

import msgspec
from django.contrib.staticfiles import finders
from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from kaibo.kit.pictures import HASH_BITS
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.document_files.writers import WRITERS
from kaibo.plumbing.listed import listed
from kaibo.stages.listing import (
    advice,
    detail_files,
    detail_page,
    page_services,
    picture_queries,
    queries,
    title_queries,
)
from kaibo.stages.listing.details import DetailContent, advantages_from, advantages_text, lines_from
from kaibo.stages.listing.models import Listing
from kaibo.stages.listing.permissions import EDIT, SEE
from kaibo.stages.listing.pictures import questions_of
from kaibo.stages.listing.views import FormIncomplete

PHONE_POLICY = "default-src 'none'; img-src 'self'; style-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
PART_WORDS = {"pain": gettext_lazy("痛点"), "solution": gettext_lazy("方案"), "trust": gettext_lazy("信任"), "action": gettext_lazy("行动")}
BUTTON_WORDS = {"buy": gettext_lazy("立即购买"), "offer": gettext_lazy("抢优惠")}
TEXTS = ("pain_title", "pain_text", "solution_text", "action_text")


def _trail(found: Listing) -> list[tuple[str, str]]:
    return [(_("商品上架"), reverse("listing:listings")), (found.product.title, reverse("listing:listing", args=[found.pk]))]


@require_GET
def proposals(request: ConsoleRequest, listing_id: UUID) -> HttpResponse:
    """Titles made of what is known of the product, best first, each with its reasons.   Source: LST-2."""
    access.require(request.actor, SEE)
    found = queries.listing_for(request.actor, listing_id)
    is_english = (get_language() or "").startswith("en")
    shown = [
        {"title": one.title, "points": one.points, "width": one.width, "parts": one.parts, "reasons": one.reasons_en if is_english else one.reasons_zh}
        for one in title_queries.proposals_for(found)
    ]
    return render(request, "listing/_proposals.html", {"proposals": shown, "listing": found})


@require_GET
def category(request: ConsoleRequest, listing_id: UUID) -> HttpResponse:
    """Which category, and which words say so?   Source: LST-5."""
    access.require(request.actor, SEE)
    found = queries.listing_for(request.actor, listing_id)
    advised = advice.advise(found)
    rows = [
        {
            "path": one.path, "share": round(one.share * 100), "words": listed(one.words), "heat": advised.traffic.get(one.path, 0), "is_busiest": one.path == advised.busiest,
            "reason": _("标题里的词：%(words)s") % {"words": listed(one.words)} if one.words else "",
        }
        for one in advised.ranked
    ]
    return render(
        request, "listing/_category.html",
        {"listing": found, "advice": advised, "rows": rows, "chosen": getattr(found, "category_choice", None), "may_edit": request.actor.can(EDIT, shop_id=found.shop_id)},
    )


@require_POST
def choose_category(request: ConsoleRequest, listing_id: UUID) -> HttpResponse:
    page_services.choose_category(
        actor=request.actor, listing_id=listing_id, path=request.POST.get("path", ""), reason=request.POST.get("reason", ""), now=request.now
    )
    return done(request, _("类目已定，以后的建议会学它"), "listing:listing", listing_id)


@require_GET
def pictures(request: ConsoleRequest, listing_id: UUID) -> HttpResponse:
    """Do the pictures stop a thumb in three seconds, and are they ours?   Source: LST-1, LST-4."""
    access.require(request.actor, SEE)
    found = queries.listing_for(request.actor, listing_id)
    groups = picture_queries.groups_of(found)
    newest = detail_page.newest_detail(found)
    looks = picture_queries.first_look_of(found, detail_page.content_of(newest))
    places = {"title": f"{reverse('listing:listing', args=[found.pk])}#title", "detail": reverse("listing:detail", args=[found.pk]), "pictures": "#main"}
    return render(
        request, "listing/pictures.html",
        {"listing": found, "groups": groups, "looks": [(one, places[one.part]) for one in looks], "look_fails": sum(one.state == "bad" for one in looks), "trail": _trail(found), "may_edit": request.actor.can(EDIT, shop_id=found.shop_id), "roles": picture_queries.ROLE_WORDS.items(), "bits": HASH_BITS},
    )


@require_POST
def add_picture(request: ConsoleRequest, listing_id: UUID) -> HttpResponse:
    files = request.FILES.getlist("pictures")
    if not files:
        raise FormIncomplete
    for one in files:
        page_services.add_picture(
            actor=request.actor, listing_id=listing_id, role=request.POST.get("role", ""), name=one.name or "picture", content=one.file, note=request.POST.get("note", ""), now=request.now
        )
    return done(request, _("图片已量好"), "listing:pictures", listing_id)


@require_POST
def remove_picture(request: ConsoleRequest, listing_id: UUID, picture_id: UUID) -> HttpResponse:
    page_services.remove_picture(actor=request.actor, listing_id=listing_id, picture_id=picture_id, now=request.now)
    return done(request, _("图片已拿下"), "listing:pictures", listing_id)


@require_POST
def lead_with(request: ConsoleRequest, listing_id: UUID, picture_id: UUID) -> HttpResponse:
    page_services.lead_with(actor=request.actor, listing_id=listing_id, picture_id=picture_id, now=request.now)
    return done(request, _("已放到第一张"), "listing:pictures", listing_id)


@require_POST
def answer_checklist(request: ConsoleRequest, listing_id: UUID, picture_id: UUID) -> HttpResponse:
    role = request.POST.get("role", "")
    answers = {one.key: request.POST[one.key] == "yes" for one in questions_of(role) if request.POST.get(one.key) in {"yes", "no"}}
    page_services.answer_checklist(actor=request.actor, listing_id=listing_id, picture_id=picture_id, answers=answers, now=request.now)
    return done(request, _("已记下你的判断"), "listing:pictures", listing_id)


@require_GET
def detail(request: ConsoleRequest, listing_id: UUID) -> HttpResponse:
    """Does the detail page lead from pain to action?   Source: LST-3."""
    access.require(request.actor, SEE)
    found = queries.listing_for(request.actor, listing_id)
    newest = detail_page.newest_detail(found)
    content = detail_page.content_of(newest) if newest else detail_page.drafted(found)
    return render(request, "listing/detail.html", _detail_values(request, found, content, newest.number if newest else 0))


def _detail_values(request: ConsoleRequest, found: Listing, content: DetailContent, number: int) -> dict[str, Any]:
    shown = list(found.pictures.select_related("media").exclude(role="competitor").order_by("role", "position"))
    return {
        "listing": found, "content": content, "number": number, "review": _review_words(found, content), "versions": list(found.details.order_by("-number")[:10]),
        "trail": _trail(found), "may_edit": request.actor.can(EDIT, shop_id=found.shop_id), "pictures": [(str(one.pk), one) for one in shown],
        "advantages": advantages_text(content.advantages), "reports": "\n".join(content.reports), "reviews": "\n".join(content.reviews), "buttons": BUTTON_WORDS.items(),
    }


def _review_words(found: Listing, content: DetailContent) -> dict[str, Any]:
    review = detail_page.review_detail(found, content)
    return {"complaints": review.complaints, "is_refused": review.is_refused, "texts": [(PART_WORDS[part], pieces, screening) for part, pieces, screening in review.texts]}


def _content_from(request: ConsoleRequest) -> DetailContent:
    given = request.POST
    texts = {name: given.get(name, "").strip()[:600] for name in TEXTS}
    return DetailContent(
        **texts, advantages=advantages_from(given.get("advantages", "")), reports=lines_from(given.get("reports", "")), reviews=lines_from(given.get("reviews", "")),
        button=given.get("button", "buy"), scene_picture=given.get("scene_picture", ""), report_picture=given.get("report_picture", ""),
        detail_pictures=tuple(given.getlist("detail_pictures")[:20]),
    )


@require_POST
def review_detail(request: ConsoleRequest, listing_id: UUID) -> HttpResponse:
    """The detail page as it is being written: what is missing where, which words may not stand. Nothing is kept."""
    access.require(request.actor, SEE)
    found = queries.listing_for(request.actor, listing_id)
    return render(request, "listing/_detail_review.html", {"review": _review_words(found, _content_from(request)), "listing": found})


@require_POST
def save_detail(request: ConsoleRequest, listing_id: UUID) -> HttpResponse:
    base = request.POST.get("number", "")
    if not base.isdigit() or len(base) > 9:
        raise FormIncomplete
    made = page_services.save_detail(actor=request.actor, listing_id=listing_id, content=_content_from(request), base_number=int(base), now=request.now)
    return done(request, _("详情页已存为第 %(n)s 版并留档筛查") % {"n": made.number}, "listing:detail", listing_id)


def _style() -> str:
    path = finders.find("listing/phone.css")
    with open(path, encoding="utf-8") as style:
        return style.read()


@require_GET
@xframe_options_sameorigin
def preview(request: ConsoleRequest, listing_id: UUID) -> HttpResponse:
    """The detail page as a phone shows it: a page of its own that may run nothing."""
    access.require(request.actor, SEE)
    found = queries.listing_for(request.actor, listing_id)
    content = detail_page.content_of(_version(found, request)) if found.details.exists() else detail_page.drafted(found)
    media = {str(pk): reverse("media:file", args=[media_id]) for pk, media_id in found.pictures.values_list("pk", "media_id")}
    answer = HttpResponse(detail_page.rendered(found, content, sources=media, style=""))
    answer["Content-Security-Policy"] = PHONE_POLICY
    return answer


def _version(found: Listing, request: ConsoleRequest) -> Any:
    number = request.GET.get("version", "")
    asked = found.details.filter(number=int(number)).first() if number.isdigit() and len(number) < 9 else None
    return asked or detail_page.newest_detail(found)


@require_GET
def export_detail(request: ConsoleRequest, listing_id: UUID) -> HttpResponse:
    """The detail page with its pictures, ready to be uploaded."""
    access.require(request.actor, SEE)
    found = queries.listing_for(request.actor, listing_id)
    version = _version(found, request)
    if version is None:
        raise FormIncomplete
    answer = HttpResponse(detail_page.packed(found, version, style=_style()), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="detail-{found.product.code.encode("ascii", "ignore").decode() or "page"}-v{version.number}.zip"'
    return answer


@require_GET
def detail_file(request: ConsoleRequest, listing_id: UUID, kind: str) -> FileResponse:
    """The detail page as Word or PDF, a draft too, with what still stands against it; that it left is recorded.   Source: LST-3."""
    access.require(request.actor, SEE)
    found = queries.listing_for(request.actor, listing_id)
    if kind not in WRITERS:
        raise queries.ListingUnknown
    version = _version(found, request)
    content = detail_page.content_of(version) if version else detail_page.drafted(found)
    made = WRITERS[kind].write(detail_files.blocks_of(found, content, version))
    page_services.note_detail_file(actor=request.actor, listing=found, kind=kind, number=version.number if version else 0, now=request.now)
    name = _("详情页-%(code)s-%(version)s") % {"code": found.product.code, "version": f"v{version.number}" if version else _("草稿")}
    return FileResponse(io.BytesIO(made), as_attachment=True, filename=f"{name}.{kind}", content_type=WRITERS[kind].content_type)


def content_from_api(body: dict[str, Any]) -> DetailContent:
    """This function will read a detail page as a program sends it.   Raises: FormIncomplete."""
    try:
        return msgspec.convert(body, DetailContent)
    except msgspec.ValidationError as unreadable:
        raise FormIncomplete from unreadable
