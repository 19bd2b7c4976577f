"""Warm-up: is each session announced in time, and which place brings people?"""

from __future__ import annotations

import io
from uuid import UUID

import segno
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.stages.compliance import queries as compliance
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.showplan.models import Session
from kaibo.stages.warmup import queries, services
from kaibo.stages.warmup.findings import finding_of
from kaibo.stages.warmup.forms import AnnouncementForm, LinkForm
from kaibo.stages.warmup.permissions import ANNOUNCEMENT_PUBLISH, ANNOUNCEMENT_WRITE, CAMPAIGN_SEE, LINK_MAKE
from kaibo.stages.warmup.rules import Timing
from kaibo.stages.warmup.words import PLATFORM_TITLES


@require_GET
def campaigns(request: ConsoleRequest) -> HttpResponse:
    access.require(request.actor, CAMPAIGN_SEE)
    sessions = list(showplan.sessions_for(request.actor, shop_id=request.shop_id).exclude(state=Session.State.CANCELLED)[:60])
    leads = queries.leads_of(sessions, request.now)
    announced = queries.announcements_of(one.pk for one in sessions)
    links = queries.links_of(one.pk for one in sessions)
    rows = [
        (one, announced.get(one.pk), leads[one.pk], finding_of(one, announced.get(one.pk), leads[one.pk]), len(links.get(one.pk, [])), sum(link.clicks for link in links.get(one.pk, [])))
        for one in sessions
    ]
    return render(request, "warmup/campaigns.html", {"rows": rows})


def campaign(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    session = showplan.session_for(request.actor, session_id)
    access.require(request.actor, CAMPAIGN_SEE, shop_id=session.shop_id)
    there = queries.announcements_of([session_id]).get(session_id)
    known = {"headline": there.headline, "body": there.body, "offers": there.offers} if there else {"headline": session.title}
    form = AnnouncementForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        services.write_announcement(actor=request.actor, session_id=session_id, now=request.now, **form.cleaned_data)
        return done(request, _("已保存，用语已检查"), "warmup:campaign", session_id)
    links = queries.links_of([session_id]).get(session_id, [])
    found = queries.leads_of([session], request.now)[session_id]
    return render(
        request, "warmup/campaign.html",
        {
            "session": session, "announcement": there, "form": form, "link_form": LinkForm(), "lead": found, "is_late": found.timing is Timing.LATE,
            "timing": finding_of(session, there, found), "screened": _screened(request, there), "links": [(one, PLATFORM_TITLES[one.platform], _address(one.code)) for one in links],
            "clicks": sum(one.clicks for one in links), "chart": _chart(session_id), "can_write": request.actor.can(ANNOUNCEMENT_WRITE, shop_id=session.shop_id),
            "can_publish": request.actor.can(ANNOUNCEMENT_PUBLISH, shop_id=session.shop_id), "can_link": request.actor.can(LINK_MAKE, shop_id=session.shop_id),
        },
        status=422 if form.errors else 200,
    )  # fmt: skip


def _screened(request: ConsoleRequest, there: object) -> dict[str, object] | None:
    screening_id = getattr(there, "screening_id", None)
    if screening_id is None:
        return None
    kept = compliance.text_for(request.actor, screening_id)
    hits = compliance.hits_of(kept)
    return {"kept": kept, "hits": hits, "pieces": compliance.pieces_of(kept.text, hits)}


def _address(code: str) -> str:
    return f"{settings.ENV.console_url}{reverse('follow', args=[code])}"


def _chart(session_id: UUID) -> dict[str, object] | None:
    rows = queries.clicks_by_day(session_id)
    if not rows:
        return None
    days = sorted({day for day, _platform, _count in rows})
    platforms = sorted({platform for _day, platform, _count in rows})
    counts = {(day, platform): count for day, platform, count in rows}
    return {
        "kind": "bar", "x": [day.strftime("%m-%d") for day in days],
        "series": [
            {"name": str(PLATFORM_TITLES[one]), "data": [counts.get((day, one), 0) for day in days], "unit": "count", "stack": "clicks"} for one in platforms
        ],
    }  # fmt: skip


@require_POST
def publish(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    services.publish_announcement(actor=request.actor, session_id=session_id, late_reason=request.POST.get("reason", ""), now=request.now)
    return done(request, _("预告已发布"), "warmup:campaign", session_id)


@require_POST
def withdraw(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    services.withdraw_announcement(actor=request.actor, session_id=session_id, now=request.now)
    return done(request, _("预告已撤回，可以修改"), "warmup:campaign", session_id)


@require_POST
def add_link(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    form = LinkForm(request.POST)
    if not form.is_valid():
        session = showplan.session_for(request.actor, session_id)
        return render(request, "warmup/link_form.html", {"form": form, "session": session}, status=422)
    services.make_link(actor=request.actor, session_id=session_id, now=request.now, **form.cleaned_data)
    return done(request, _("推广链接已建好"), f"{reverse('warmup:campaign', args=[session_id])}#links")


@require_POST
def close_link(request: ConsoleRequest, link_id: UUID) -> HttpResponse:
    services.close_link(actor=request.actor, link_id=link_id, now=request.now)
    return done(request, _("链接已停用"))


@require_GET
def code_picture(request: ConsoleRequest, link_id: UUID, shape: str) -> HttpResponse:
    """The link's QR code, as SVG to look at or PNG to print."""
    link = queries.link_for(request.actor, link_id)
    access.require(request.actor, CAMPAIGN_SEE, shop_id=link.session.shop_id)
    out = io.BytesIO()
    code = segno.make(_address(link.code), error="m", micro=False)
    if shape == "png":
        code.save(out, kind="png", scale=16, border=4)
        return HttpResponse(out.getvalue(), content_type="image/png", headers={"Content-Disposition": f'attachment; filename="{link.platform}-{link.code}.png"'})
    code.save(out, kind="svg", scale=6, border=4, light="#fff")
    return HttpResponse(out.getvalue(), content_type="image/svg+xml")


@require_GET
@login_not_required
def follow(request: HttpRequest, code: str) -> HttpResponse:
    """A viewer followed a link: count it and send them on. No cookie, no address kept."""
    link = queries.link_by_code(code)
    services.count_click(link=link, now=request.now)  # type: ignore[attr-defined]  # set by ActorMiddleware
    answer = HttpResponseRedirect(link.target or f"{settings.ENV.room_url}/r/{link.session.room}?from={link.code}")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
