"""Pages of the market board: what rises, what to choose now, who moved, whom we sell to, and the weekly brief."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.core.paginator import Paginator
from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kaibo.kit.clock import business_date
from kaibo.kit.errors import NotFound
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.document_files.writers import WRITERS
from kaibo.plumbing.listed import listed
from kaibo.stages.selection import brief, brief_words, market_queries, market_services, queries
from kaibo.stages.selection.market_imports import week_of
from kaibo.stages.selection.permissions import RESEARCH, SEE

DUE_PILLS = {"late": "bad", "now": "warn", "soon": "run", "running": "ok", "later": ""}
BOARD_DAYS = 14
"""How far back the board tells what competitors did: a weekly file may come a day late."""
TOLD_COURSES = ("mainstream", "rising", "falling")


class AspectUnknown(NotFound):
    code = "selection.aspect_unknown"
    message_zh = "这个市场的评价里没有谈到它"
    message_en = "No review of this market speaks of it"


class OccasionForm(forms.Form):
    shop = forms.TypedChoiceField(label=gettext_lazy("店铺"), coerce=str)
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=24)
    title = forms.CharField(label=gettext_lazy("节点"), max_length=40)
    starts_on = forms.DateField(label=gettext_lazy("开始"), widget=forms.DateInput(attrs={"type": "date"}))
    ends_on = forms.DateField(label=gettext_lazy("结束"), widget=forms.DateInput(attrs={"type": "date"}))
    lead_days = forms.IntegerField(label=gettext_lazy("提前几天选定"), min_value=0, max_value=365, initial=45)
    themes = forms.CharField(label=gettext_lazy("选品主题"), max_length=200, required=False, help_text=gettext_lazy("用顿号分开，例如：防晒、轻便"))
    is_hidden = forms.BooleanField(label=gettext_lazy("本店不做这个节点"), required=False)

    def __init__(self, *args: object, shops: list[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shop"].choices = shops


def _shops(request: ConsoleRequest) -> list[tuple[str, str]]:
    return sorted(((str(shop.pk), shop.name) for shop in request.shops), key=lambda pair: pair[0] != str(request.shop_id))


def _imports(*kinds: str) -> dict[str, str]:
    return {kind.replace("-", "_"): f"{reverse('intake:upload')}?kind={kind}" for kind in kinds}


@require_GET
def board(request: ConsoleRequest) -> HttpResponse:
    """What rises, what has to be chosen now, and what did competitors do?   Source: SEL-2, SEL-4, SEL-17."""
    access.require(request.actor, SEE)
    today = business_date(request.now)
    words = market_queries.Words(request.actor, shop_id=request.shop_id)
    trends = words.tested
    told = [one for one in trends if one.trend.course in TOLD_COURSES]
    due = [one for one in market_queries.calendar_for(request.actor, today, shop_id=request.shop_id) if one.stage != "later"]
    markets = list(queries.markets_seen(request.actor, shop_id=request.shop_id))
    moves = market_queries.moves_between(markets, today - timedelta(days=BOARD_DAYS), today + timedelta(days=1))
    newest = brief.briefs_for(request.actor, shop_id=request.shop_id).first()
    return render(
        request, "selection/board.html",
        {
            "figures": _board_figures(trends, due, moves, newest), "told": [_trend_line(one) for one in told[:30]], "quiet": len(words) - len(told), "tested": len(trends),
            "chart": _trend_chart(told[:6]) if told else None, "due": [(one, DUE_PILLS[one.stage], brief_words.stage_word(one.stage)) for one in due[:14]], "is_english": (get_language() or "").startswith("en"),
            "moves": moves[:20], "hosts": market_queries.hosts_for(request.actor, shop_id=request.shop_id, most=10), "reports": market_queries.reports_for(request.actor, shop_id=request.shop_id),
            "newest": newest, "imports": _imports("market-heat", "live-rankings", "competitors"), "may_research": request.actor.can(RESEARCH),
        },
    )  # fmt: skip


def _board_figures(trends: list[market_queries.TrendRow], due: list[Any], moves: list[market_queries.Move], newest: Any) -> list[dict[str, object]]:
    rising = [one for one in trends if one.trend.course == "mainstream"]
    urgent = [one for one in due if one.stage in {"late", "now"} and one.occasion.kind != "term"]
    cheaper = [one for one in moves if one.price_bp < 0]
    return [
        {"name": _("小众走向大众"), "value": str(len(rising)), "beside": listed(one.trend.word for one in rising[:2]) or _("还没有"), "href": "#trends"},
        {"name": _("现在要选的节点"), "value": str(len(urgent)), "beside": _("按备货时间倒推"), "href": "#due", "state": "warn" if urgent else ""},
        {"name": _("两周内降价的竞品"), "value": str(len(cheaper)), "beside": _("变动共 %(n)s 处") % {"n": len(moves)}, "href": "#moves"},
        {"name": _("最近一份周报"), "value": newest.week_on.isoformat() if newest else "—", "beside": _("每周一早上生成"), "href": reverse("selection:briefs")},
    ]  # fmt: skip


def _trend_line(one: market_queries.TrendRow) -> dict[str, Any]:
    return {
        "row": one, "word": brief_words.course_word(one.trend.course), "pill": brief_words.COURSE_PILLS[one.trend.course],
        "growth": brief_words.percent(one.trend.weekly_growth_bp, signed=True), "p": f"{one.trend.p:.4f}" if one.trend.p >= 0.0001 else "< 0.0001",
    }  # fmt: skip


def _trend_chart(rows: list[market_queries.TrendRow]) -> dict[str, Any]:
    longest = max(rows, key=lambda one: len(one.heat))
    weeks = [(longest.last_on - timedelta(weeks=back)).strftime("%m-%d") for back in reversed(range(len(longest.heat)))]
    return {
        "kind": "line", "x": weeks,
        "series": [{"name": one.trend.word, "unit": "count", "data": [None] * (len(weeks) - len(one.heat)) + list(one.heat)} for one in rows],
    }  # fmt: skip


@require_GET
def calendar(request: ConsoleRequest) -> HttpResponse:
    """Which occasions come, and by when must goods be chosen?   Source: SEL-17."""
    access.require(request.actor, SEE)
    due = market_queries.calendar_for(request.actor, business_date(request.now), shop_id=request.shop_id)
    return render(request, "selection/calendar.html", _calendar_values(request, due, OccasionForm(shops=_shops(request))))


def _calendar_values(request: ConsoleRequest, due: list[Any], form: OccasionForm) -> dict[str, Any]:
    return {
        "due": [(one, DUE_PILLS[one.stage], brief_words.stage_word(one.stage)) for one in due], "form": form, "may_research": request.actor.can(RESEARCH),
        "is_english": (get_language() or "").startswith("en"), "trail": [(_("市场看板"), reverse("selection:board"))],
    }  # fmt: skip


@require_POST
def set_occasion(request: ConsoleRequest) -> HttpResponse:
    form = OccasionForm(request.POST, shops=_shops(request))
    if not form.is_valid():
        due = market_queries.calendar_for(request.actor, business_date(request.now), shop_id=request.shop_id)
        return render(request, "selection/calendar.html", _calendar_values(request, due, form), status=422)
    values = dict(form.cleaned_data)
    shop_id = UUID(values.pop("shop"))
    line = market_services.set_occasion(actor=request.actor, shop_id=shop_id, now=request.now, **values)
    return done(request, _("“%(title)s”已记入本店日历") % {"title": line.title}, "selection:calendar")


@require_GET
def audience(request: ConsoleRequest) -> HttpResponse:
    """Whom do we sell to, and how do the segments differ?   Source: SEL-1."""
    access.require(request.actor, SEE)
    questions = market_queries.audience_for(request.actor, shop_id=request.shop_id)
    return render(
        request, "selection/audience.html",
        {"questions": questions, "imports": _imports("audience", "survey-answers"), "may_research": request.actor.can(RESEARCH), "trail": [(_("市场看板"), reverse("selection:board"))]},
    )


@require_GET
def aspect(request: ConsoleRequest, market_id: UUID, name: str) -> HttpResponse:
    """Who says this of that, in which words exactly?   Source: SEL-5."""
    access.require(request.actor, SEE)
    found = queries.market_for(request.actor, market_id)
    group = market_queries.aspect_named(found, name)
    if group is None:
        raise AspectUnknown
    side = "good" if request.GET.get("side") == "good" else "bad"
    shown = Paginator(market_queries.opinions_about(found, group.names, side), 50).get_page(request.GET.get("page"))
    trail = [(_("市场"), reverse("selection:markets")), (found.title, reverse("selection:market", args=[found.pk]))]
    return render(request, "selection/aspect.html", {"market": found, "group": group, "side": side, "page": shown, "quotes": [market_queries.cut(one) for one in shown], "trail": trail})


@require_GET
def briefs(request: ConsoleRequest) -> HttpResponse:
    """Which weeks have a brief?   Source: SEL-3."""
    access.require(request.actor, SEE)
    shown = Paginator(brief.briefs_for(request.actor, shop_id=request.shop_id), 30).get_page(request.GET.get("page"))
    return render(request, "selection/briefs.html", {"page": shown, "may_research": request.actor.can(RESEARCH), "shops": _shops(request), "trail": [(_("市场看板"), reverse("selection:board"))]})


@require_POST
def make_brief(request: ConsoleRequest) -> HttpResponse:
    week_on = week_of(business_date(request.now)) - timedelta(days=7)
    chosen = request.POST.get("shop", "")
    shop_id = next((shop.pk for shop in request.shops if str(shop.pk) == chosen), None)
    if shop_id is None:
        raise brief.BriefUnknown
    made, is_new = brief.make(actor=request.actor, shop_id=shop_id, week_on=week_on, now=request.now)
    return done(request, _("上周的简报已生成") if is_new else _("上周的简报已经有了"), "selection:brief", made.pk)


@require_GET
def one_brief(request: ConsoleRequest, brief_id: UUID) -> HttpResponse:
    """What moved since the week before?   Source: SEL-3."""
    access.require(request.actor, SEE)
    found = brief.brief_for(request.actor, brief_id)
    trail = [(_("市场看板"), reverse("selection:board")), (_("竞品周报"), reverse("selection:briefs"))]
    return render(request, "selection/brief.html", {"brief": found, "sections": brief_words.sections_of(found), "end": found.week_on + timedelta(days=6), "trail": trail})


@require_GET
def download_brief(request: ConsoleRequest, brief_id: UUID, kind: str) -> FileResponse:
    """A brief to send on; that it left is recorded.   Source: SEL-3."""
    found = brief.brief_for(request.actor, brief_id)
    if kind not in WRITERS:
        raise brief.BriefUnknown
    brief.note_download(actor=request.actor, brief=found, kind=kind, now=request.now)
    name = _("竞品周报-%(week)s") % {"week": found.week_on.isoformat()}
    return FileResponse(io.BytesIO(WRITERS[kind].write(brief_words.blocks_of(found))), as_attachment=True, filename=f"{name}.{kind}", content_type=WRITERS[kind].content_type)
