"""Draws of a session: are the rules complete, what is running, who has won, and can anybody check it?"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kaibo.kit.money import fen_from_text, plain_yuan
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.stages.live import draw_queries
from kaibo.stages.live.deeds import whole
from kaibo.stages.live.draw_terms import ELIGIBILITY, DrawUnknown, Prize, Terms
from kaibo.stages.live.draw_words import draw_field_words, draw_state_words
from kaibo.stages.live.permissions import DESK_SEE, DRAW_RUN, DRAW_WITNESS
from kaibo.stages.live.services import draws
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.showplan.models import Session

PRIZE_ROWS = 4


def _session(request: ConsoleRequest, session_id: UUID, ability: str = DESK_SEE) -> Session:
    session = showplan.session_for(request.actor, session_id)
    access.require(request.actor, ability, shop_id=session.shop_id)
    return session


def _page(request: ConsoleRequest, session: Session) -> dict[str, Any]:
    rows = draw_queries.draws_of(session, now=request.now)
    state_words, field_words = draw_state_words(), draw_field_words()
    return {
        "session": session, "can_run": request.actor.can(DRAW_RUN, shop_id=session.shop_id),
        "can_witness": request.actor.can(DRAW_WITNESS, shop_id=session.shop_id), "me": request.actor, "has_beacon": bool(settings.ENV.beacon_url),
        "rows": [
            {
                "row": one, "state": state_words[one.state][0], "pill": state_words[one.state][1], "lacks": [field_words[name] for name in one.lacks],
                "proof": f"{settings.ENV.room_url}/draw/{session.room}/{one.plan.pk}", "mine": one.witness_of(request.actor.person_id),
                "missing_witness": max(one.terms.least_reveals - len(one.witnesses), 0) if one.card.get("kind") == "witnesses" and one.state == "open" else 0,
            }
            for one in rows
        ],
    }  # fmt: skip


@require_GET
def page(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    return render(request, "live/draws.html", _page(request, _session(request, session_id)))


@require_GET
def panel(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    """The desk's small view of the same."""
    context = _page(request, _session(request, session_id))
    context["rows"] = [one for one in context["rows"] if one["row"].state != "void"][-4:]
    return render(request, "live/_draws_panel.html", context)


def edit(request: ConsoleRequest, session_id: UUID, draw_id: UUID | None = None) -> HttpResponse:
    """Write the rules; what the law still wants is named before anything can start."""
    session = _session(request, session_id, DRAW_RUN)
    if request.method == "POST":
        draws.save_draw(actor=request.actor, session_id=session_id, draw_id=draw_id, terms=_terms(request.POST), now=request.now)
        return done(request, _("草稿已保存"), "live:draws", session_id)
    terms = draw_queries.terms_for(session, draw_id)
    prizes = [(one.name, one.detail, str(one.count), plain_yuan(one.value_fen)) for one in terms.prizes]
    return render(
        request, "live/draw.html",
        {"session": session, "terms": terms, "prizes": [*prizes, *[("", "", "", "")] * (PRIZE_ROWS - len(prizes))], "eligibility": _eligibility()},
    )  # fmt: skip


def _eligibility() -> list[tuple[str, str]]:
    words = {"everyone": _("所有进入直播间的观众"), "followed": _("关注了店铺的观众"), "commented": _("在直播间发过言的观众"), "claimed": _("抢到过商品的观众")}
    return [(one, words[one]) for one in ELIGIBILITY]


def _terms(posted: QueryDict) -> Terms:
    texts = {name: posted.get(name, "").strip()[:500] for name in ("title", "organiser", "contact", "conditions", "claim_how", "delivery", "forfeiture")}
    numbers = {name: whole(posted, name) for name in ("minutes_open", "claim_hours", "alternates", "least_reveals")}
    columns = (posted.getlist(f"prize_{name}") for name in ("name", "detail", "count", "value"))
    prizes = tuple(
        Prize(name.strip()[:60], detail.strip()[:200], int(count) if count.strip().isdecimal() else 0, fen_from_text(value or "0"))
        for name, detail, count, value in zip(*columns, strict=False) if name.strip()
    )  # fmt: skip
    eligibility = posted.get("eligibility", "")
    return Terms(**texts, **numbers, prizes=prizes, eligibility=eligibility if eligibility in ELIGIBILITY else "")


@require_POST
def act(request: ConsoleRequest, session_id: UUID, draw_id: UUID, deed: str) -> HttpResponse:
    """One press, one call."""
    session = _session(request, session_id)
    said = {"actor": request.actor, "draw_id": draw_id, "now": request.now}
    if deed == "start":
        draws.start_draw(**said)
        return done(request, _("抽奖开始，规则已公布，不能再改"), "live:draws", session.pk)
    if deed == "void":
        draws.void_draw(reason=request.POST.get("reason", ""), **said)
        return done(request, _("已作废，观众会看到原因"), "live:draws", session.pk)
    if deed == "delete":
        draws.delete_draft(**said)
        return done(request, _("草稿已删除"), "live:draws", session.pk)
    if deed == "promise":
        draws.promise_secret(commitment=request.POST.get("commitment", ""), **said)
        return done(request, _("已登记为见证人，请在开奖前不要关闭本页"), "live:draws", session.pk)
    if deed == "show":
        draws.show_secret(secret=request.POST.get("secret", ""), **said)
        return done(request, _("随机数已公开"), "live:draws", session.pk)
    raise DrawUnknown


@require_GET
def file(request: ConsoleRequest, session_id: UUID, draw_id: UUID) -> HttpResponse:
    """The published file, byte for byte."""
    plan, told = draw_queries.published_file(request.actor, draw_id)
    answer = HttpResponse(told.encode(), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="kaibo-draw-{plan.session.room}-{draw_id}.json"'
    return answer
