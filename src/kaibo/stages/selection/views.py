"""Pages of selection: which market lacks what, and should we bring this product?"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kaibo.kit.money import yuan_text
from kaibo.master.catalog.queries import categories
from kaibo.master.people.queries import choices as people_choices
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.tables import tables
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.selection import market_queries, queries, rules, services, taught
from kaibo.stages.selection.forms import POSITION_WORDS, CandidateForm, MarketForm, ReferenceForm, initial_of
from kaibo.stages.selection.models import Candidate, Market
from kaibo.stages.selection.permissions import DECIDE, EDIT, RESEARCH, SEE
from kaibo.stages.selection.rules import Outcome, State

STATE_WORDS = {
    State.DRAFT: gettext_lazy("草稿"), State.SCORED: gettext_lazy("待决定"), State.APPROVED: gettext_lazy("已通过"), State.REJECTED: gettext_lazy("未通过"),
}
SEVERITY_WORDS = {"minor": gettext_lazy("轻微"), "general": gettext_lazy("一般"), "serious": gettext_lazy("严重")}
"""How grave an after-sales case was, as the fact of its closing says it."""
STATE_PILLS = {State.DRAFT: "", State.SCORED: "warn", State.APPROVED: "ok", State.REJECTED: "bad"}
OUTCOMES = {
    Outcome.RECOMMENDED: (gettext_lazy("建议：高质中价"), "ok"),
    Outcome.NOT_MET: (gettext_lazy("不建议：条件不成立"), "note"),
    Outcome.TOO_LITTLE: (gettext_lazy("证据不够，不下结论"), "warn"),
}

MARKETS = tables.Table(
    key="selection.markets",
    title=gettext_lazy("市场"),
    columns=(
        tables.Column("title", gettext_lazy("市场"), sort="title", kind="lead"),
        tables.Column("competitors", gettext_lazy("竞品"), sort="competitor_count", kind="count"),
        tables.Column("reviews", gettext_lazy("评价"), sort="review_count", kind="count"),
        tables.Column("complaints", gettext_lazy("有抱怨的"), sort="complaint_count", kind="count"),
        tables.Column("quality", gettext_lazy("质量类占比"), kind="rate"),
        tables.Column("candidates", gettext_lazy("候选"), sort="candidate_count", kind="count"),
    ),
    filters=(tables.Search(("title__icontains",), gettext_lazy("市场名称")),),
    default_sort="-complaints",
    unit=gettext_lazy("个市场"),
    empty_title=gettext_lazy("还没有市场"),
    empty_text=gettext_lazy("先导入竞品或评价：文件里的“类目”会成为市场，抱怨主题、价格带和“高质中价”判断就出来了。"),
)
CANDIDATES = tables.Table(
    key="selection.candidates",
    title=gettext_lazy("选品候选"),
    columns=(
        tables.Column("title", gettext_lazy("候选"), sort="title", kind="lead"),
        tables.Column("market", gettext_lazy("市场"), sort="market__title"),
        tables.Column("state", gettext_lazy("状态"), sort="state", kind="pill"),
        tables.Column("price", gettext_lazy("售价"), sort="price_fen", kind="money"),
        tables.Column("cost", gettext_lazy("成本"), sort="cost_fen", kind="money"),
        tables.Column("returns", gettext_lazy("预计退货"), sort="return_bp", kind="rate"),
        tables.Column("margin", gettext_lazy("退货后毛利"), sort="margin_bp", kind="rate"),
        tables.Column("decided", gettext_lazy("决定"), sort="decided_at"),
    ),
    filters=(
        tables.Search(("title__icontains", "code__istartswith"), gettext_lazy("名称、编码")),
        tables.Choice("state", gettext_lazy("状态"), tuple(STATE_WORDS.items()), as_chips=True, counted=True),
    ),
    unit=gettext_lazy("个候选"),
    empty_title=gettext_lazy("还没有候选"),
    empty_text=gettext_lazy("从一个市场的抱怨和价格带出发，写下第一个候选：成本、售价、退货率，和一句话价值主张。"),
    empty_action_label=gettext_lazy("新建候选"),
    empty_action_href="/selection/candidates/new",
)


@require_GET
def markets(request: ConsoleRequest) -> HttpResponse:
    """Which market complains most, and about what kind of thing?   Source: SEL-5, SEL-6."""
    access.require(request.actor, SEE)
    found = tables.page(request, MARKETS, queries.markets_for(request.actor, shop_id=request.shop_id), row=_market_row)
    return render(
        request, "selection/markets.html",
        {"table": found, "may_research": request.actor.can(RESEARCH), "form": MarketForm(shops=_shops(request)), "imports": _import_links()},
    )


def _market_row(one: Market) -> tables.Row:
    quality_bp = rules.share_bp(one.quality_count, one.complaint_count)
    return tables.Row(
        one.pk,
        {
            "title": tables.Cell(one.title, note=one.shop.name), "competitors": one.competitor_count, "reviews": one.review_count,
            "complaints": one.complaint_count, "quality": quality_bp if one.complaint_count else None, "candidates": one.candidate_count,
        },
        reverse("selection:market", args=[one.pk]),
    )


def _shops(request: HttpRequest) -> list[tuple[str, str]]:
    chosen = request.shop_id
    return sorted(((str(shop.pk), shop.name) for shop in request.shops), key=lambda pair: pair[0] != str(chosen))


def _import_links() -> dict[str, str]:
    return {key: f"{reverse('intake:upload')}?kind={key}" for key in ("competitors", "reviews")}


@require_POST
def add_market(request: ConsoleRequest) -> HttpResponse:
    form = MarketForm(request.POST, shops=_shops(request))
    if not form.is_valid():
        found = tables.page(request, MARKETS, queries.markets_for(request.actor, shop_id=request.shop_id), row=_market_row)
        return render(request, "selection/markets.html", {"table": found, "may_research": True, "form": form, "imports": _import_links()}, status=422)
    market = services.add_market(actor=request.actor, shop_id=UUID(form.cleaned_data["shop"]), title=form.cleaned_data["title"], now=request.now)
    return done(request, _("市场“%(title)s”已建好，现在导入竞品和评价") % {"title": market.title}, "selection:market", market.pk)


@require_GET
def market(request: ConsoleRequest, market_id: UUID) -> HttpResponse:
    """What does this market lack, and does 高质中价 hold here?   Source: SEL-6, SEL-7."""
    access.require(request.actor, SEE)
    found = queries.market_for(request.actor, market_id)
    return render(request, "selection/market.html", _market_values(request, found, ReferenceForm(initial={"reference_fen": found.reference_fen, "source": found.reference_source})))


def _market_values(request: ConsoleRequest, found: Market, form: ReferenceForm) -> dict[str, Any]:
    limits = queries.limits_in_force()
    rivals = queries.rivals_of(found)
    figures = queries.figures_of(found)
    verdict = queries.verdict_of(found, limits=limits, rivals=rivals, figures=figures)
    main = rules.main_competitors(rivals, limits.main_count)
    themes = queries.themes_of(found)
    words, state = OUTCOMES[verdict.outcome]
    top = queries.top_competitors(found, most=limits.main_count)
    return {
        "market": found, "figures": _market_figures(found, figures, rules.price_span(rivals), limits), "verdict": verdict,
        "needs": market_queries.needs_of(found), "wishes": market_queries.wishes_of(found),
        "outcome": words, "outcome_state": state, "themes": themes, "theme_chart": _theme_chart(themes, limits),
        "band_chart": _band_chart(rules.price_bands(main)), "span": rules.price_span(rivals), "has_rivals": bool(rivals),
        "top": _top_rows(top, verdict), "trail": _trail(_("市场"), "selection:markets"),
        "concentration": queries.concentration_of(found), "candidates": list(queries.candidates_for(request.actor).filter(market=found)[:20]),
        "form": form, "may_research": request.actor.can(RESEARCH, shop_id=found.shop_id), "may_edit": request.actor.can(EDIT, shop_id=found.shop_id),
        "imports": _import_links(), "counts": figures, "main_count": len(main), "state_words": STATE_WORDS,
    }


def _top_rows(top: list[queries.Competitor], verdict: rules.Verdict) -> list[tuple[queries.Competitor, rules.LowPrice | None, str]]:
    signs = {(sign.rival.title, sign.rival.shop): sign for sign in verdict.signs}
    return [(one, signs.get((one.title, one.shop_name)), f"{one.rating_centi / 100:.1f}" if one.rating_centi is not None else "—") for one in top]


def _trail(label: str, name: str, *args: object) -> list[tuple[str, str]]:
    return [(label, reverse(name, args=args))]


def _market_figures(found: Market, figures: queries.MarketFigures, span: rules.PriceSpan | None, limits: rules.Limits) -> list[dict[str, object]]:
    is_over = rules.exceeds(figures.quality, figures.complaints, limits.quality_share_bp)
    return [
        {"name": _("竞品"), "value": f"{figures.competitors:,}", "beside": _("按销量取前 %(n)s 名为主要竞品") % {"n": limits.main_count}, "href": "#rivals"},
        {"name": _("成交价格带"), "value": f"{yuan_text(span.low_fen)}–{yuan_text(span.high_fen)}" if span else "—", "beside": (_("一半销量在这里，中间 %(middle)s") % {"middle": yuan_text(span.middle_fen)}) if span else _("导入竞品后显示"), "href": "#bands"},
        {"name": _("评价"), "value": f"{figures.reviews:,}", "beside": _("差评 %(bad)s 条") % {"bad": f"{figures.bad:,}"}},
        {"name": _("有抱怨的评价"), "value": f"{figures.complaints:,}", "beside": _("占比都以它为分母"), "href": "#themes"},
        {"name": _("质量类占抱怨"), "value": _percent(figures.quality_bp) if figures.complaints else "—", "beside": _("界线 %(limit)s（SEL-7）") % {"limit": _percent(limits.quality_share_bp)}, "state": "bad" if is_over else "", "value_state": "bad" if is_over else "", "href": "#verdict"},
    ]  # fmt: skip


def _percent(rate_bp: int) -> str:
    if rate_bp < 0:
        return f"−{_percent(-rate_bp)}"
    return f"{rate_bp // 100}.{rate_bp % 100:02d}%".replace(".00%", "%")


def _theme_chart(themes: list[queries.ThemeRow], limits: rules.Limits) -> dict[str, Any]:
    shown = themes[:10]
    return {"kind": "ranking", "x": [one.title for one in shown], "series": [{"name": str(_("占抱怨的比例")), "unit": "bp", "data": [one.share_bp for one in shown]}]}


def _band_chart(bands: list[rules.Band]) -> dict[str, Any]:
    return {
        "kind": "bar", "x": [band.label for band in bands],
        "series": [
            {"name": str(_("销量")), "unit": "count", "data": [band.sales for band in bands]},
            {"name": str(_("竞品个数")), "unit": "count", "kind": "line", "axis": 1, "data": [band.products for band in bands]},
        ],
    }


@require_POST
def set_reference(request: ConsoleRequest, market_id: UUID) -> HttpResponse:
    form = ReferenceForm(request.POST)
    if not form.is_valid():
        return render(request, "selection/market.html", _market_values(request, queries.market_for(request.actor, market_id), form), status=422)
    services.set_reference_price(
        actor=request.actor, market_id=market_id, reference_fen=form.cleaned_data["reference_fen"], source=form.cleaned_data["source"], now=request.now
    )
    return done(request, _("参考中间价已更新，判断已重算"), "selection:market", market_id)


@require_GET
def complaints(request: ConsoleRequest, market_id: UUID, theme: str) -> HttpResponse:
    """Who said so, in which words exactly?   Source: SEL-5."""
    access.require(request.actor, SEE)
    found = queries.market_for(request.actor, market_id)
    shown = Paginator(queries.quotes_of(found, theme), 50).get_page(request.GET.get("page"))
    title = queries.theme_words(theme)
    return render(
        request, "selection/complaints.html", {"market": found, "page": shown, "quotes": [queries.quote_row(one) for one in shown], "theme_title": title, "trail": [*_trail(_("市场"), "selection:markets"), *_trail(found.title, "selection:market", found.pk)]}
    )


# Candidates


@require_GET
def candidates(request: ConsoleRequest) -> HttpResponse:
    """Which candidates wait for a decision, and do their figures hold?   Source: SEL-8."""
    access.require(request.actor, SEE)
    floors: dict[UUID, int] = {}

    def row(one: Candidate) -> tables.Row:
        if one.shop_id not in floors:
            floors[one.shop_id] = thresholds.value("selection.margin_floor_bp", shop_id=one.shop_id)
        return _candidate_row(one, floors[one.shop_id])

    found = tables.page(request, CANDIDATES, queries.candidates_for(request.actor, shop_id=request.shop_id), row=row)
    return render(request, "selection/candidates.html", {"table": found, "may_edit": request.actor.can(EDIT)})


def _candidate_row(one: Candidate, floor_bp: int) -> tables.Row:
    is_thin = one.margin_bp is not None and one.margin_bp < floor_bp
    return tables.Row(
        one.pk,
        {
            "title": tables.Cell(one.title, note=one.code), "market": one.market.title if one.market else "",
            "state": tables.Cell(STATE_WORDS[State(one.state)], state=STATE_PILLS[State(one.state)]), "price": one.price_fen, "cost": one.cost_fen,
            "returns": one.return_bp, "margin": tables.Cell(one.margin_bp, note=_("✕ 低于底线 %(floor)s") % {"floor": _percent(floor_bp)} if is_thin else ""), "decided": one.decided_by,
        },
        reverse("selection:candidate", args=[one.pk]),
    )


def _form(request: ConsoleRequest, *args: object, **kwargs: object) -> CandidateForm:
    return CandidateForm(
        *args, shops=_shops(request), categories=[(one.code, one.local_title) for one in categories()],
        markets=[(str(one.pk), one.title) for one in queries.markets_seen(request.actor)],
        people=[(str(key), name) for key, name in people_choices()], **kwargs,
    )


@require_http_methods(["GET", "POST"])
def new_candidate(request: ConsoleRequest) -> HttpResponse:
    if request.method == "POST":
        form = _form(request, request.POST)
        if form.is_valid():
            candidate = services.add_candidate(actor=request.actor, shop_id=UUID(form.cleaned_data["shop"]), draft=form.draft(), now=request.now)
            return done(request, _("候选已保存，下一步：评分"), "selection:candidate", candidate.pk)
        return render(request, "selection/candidate_form.html", {"form": form, "trail": _trail(_("选品候选"), "selection:candidates")}, status=422)
    access.require(request.actor, EDIT)
    return render(request, "selection/candidate_form.html", {"form": _form(request, initial={"market": request.GET.get("market", "")}), "trail": _trail(_("选品候选"), "selection:candidates")})


@require_http_methods(["GET", "POST"])
def edit_candidate(request: ConsoleRequest, candidate_id: UUID) -> HttpResponse:
    candidate = queries.candidate_for(request.actor, candidate_id)
    access.require(request.actor, EDIT, shop_id=candidate.shop_id)
    form = _form(request, request.POST or None, initial=initial_of(candidate))
    if request.method == "POST" and form.is_valid():
        services.edit_candidate(actor=request.actor, candidate_id=candidate_id, draft=form.draft(), now=request.now)
        return done(request, _("已保存。数字变了，请重新评分"), "selection:candidate", candidate_id)
    return render(
        request, "selection/candidate_form.html", {"form": form, "candidate": candidate, "trail": _trail(_("选品候选"), "selection:candidates")}, status=422 if request.method == "POST" else 200
    )


@require_GET
def candidate(request: ConsoleRequest, candidate_id: UUID) -> HttpResponse:
    """Should we bring this to market, on what evidence?   Source: SEL-7, SEL-8, SEL-10."""
    access.require(request.actor, SEE)
    found = queries.candidate_for(request.actor, candidate_id)
    floor_bp = thresholds.value("selection.margin_floor_bp", shop_id=found.shop_id)
    economics = services.economics_of(found)
    margin = rules.margin_after_returns(economics)
    verdict = queries.verdict_of(found.market) if found.market else None
    span = rules.price_span(queries.rivals_of(found.market)) if found.market else None
    state = State(found.state)
    return render(
        request, "selection/candidate.html",
        {
            "candidate": found, "trail": _trail(_("选品候选"), "selection:candidates"), "state": state, "state_words": STATE_WORDS[state], "state_pill": STATE_PILLS[state],
            "figures": _candidate_figures(found, margin, floor_bp, span), "lines": _margin_lines(economics, margin), "margin": margin, "floor_bp": floor_bp,
            "is_thin": margin.margin_bp < floor_bp, "needed_fen": rules.price_for_margin(economics, floor_bp), "verdict": verdict,
            "outcome": OUTCOMES[verdict.outcome] if verdict else None, "span": span, "position": POSITION_WORDS.get(found.position, ""),
            "themes": queries.themes_of(found.market, quotes=2)[:4] if found.market else [], "feedback": [(one, SEVERITY_WORDS.get(one.severity, one.severity)) for one in queries.feedback_of(found)],
            "why_back": [(taught.words_of(one.nature), one) for one in taught.reasons_of(found.product_id)] if found.product_id else [],
            "skus": list(found.skus.order_by("pk")), "may_edit": request.actor.can(EDIT, shop_id=found.shop_id),
            "may_decide": request.actor.can(DECIDE, shop_id=found.shop_id), "is_open": state in {State.DRAFT, State.SCORED},
        },
    )  # fmt: skip


def _candidate_figures(found: Candidate, margin: rules.Margin, floor_bp: int, span: rules.PriceSpan | None) -> list[dict[str, object]]:
    is_thin = margin.margin_bp < floor_bp
    where = _("导入竞品后比较")
    if span:
        where = _("低于价格带") if found.price_fen < span.low_fen else _("高于价格带") if found.price_fen > span.high_fen else _("在价格带内")
        where += f" ¥{span.low_fen // 100}–{span.high_fen // 100}"
    return [
        {"name": _("退货后毛利率"), "value": _percent(margin.margin_bp), "beside": _("底线 %(floor)s") % {"floor": _percent(floor_bp)}, "state": "bad" if is_thin else "ok", "value_state": "bad" if is_thin else "", "href": "#economics"},
        {"name": _("售价"), "value": yuan_text(found.price_fen), "beside": where},
        {"name": _("成本"), "value": yuan_text(found.cost_fen), "beside": _("占售价 %(share)s") % {"share": _percent(rules.share_bp(found.cost_fen, found.price_fen))}},
        {"name": _("预计退货率"), "value": _percent(found.return_bp), "beside": _("每件退货损失 %(loss)s") % {"loss": yuan_text(found.return_loss_fen)}},
        {"name": _("每发一件净赚"), "value": yuan_text(margin.profit_fen // 10_000), "beside": _("按预计退货率平均"), "state": "bad" if margin.profit_fen < 0 else ""},
    ]  # fmt: skip


def _margin_lines(economics: rules.Economics, margin: rules.Margin) -> list[tuple[str, str, int]]:
    """What stands in the sum, per hundred shipped pieces."""
    kept = 100 - economics.return_bp / 100
    return [
        (_("留下的成交额"), _("100 件里约 %(kept)s 件不退 × 售价") % {"kept": f"{kept:g}"}, margin.revenue_fen // 100),
        (_("货品成本"), _("只算不退的，退回的能再卖"), -(margin.goods_fen // 100)),
        (_("发货运费"), _("100 件都要发"), -(margin.freight_fen // 100)),
        (_("退货损失"), _("退回的每件"), -(margin.return_loss_fen // 100)),
        (_("平台与达人佣金"), _("按留下的成交额"), -(margin.commission_fen // 100)),
        (_("利润"), "", margin.profit_fen // 100),
    ]


@require_POST
def score(request: ConsoleRequest, candidate_id: UUID) -> HttpResponse:
    services.score_candidate(actor=request.actor, candidate_id=candidate_id, now=request.now)
    return done(request, _("已评分，等待决定"), "selection:candidate", candidate_id)


@require_POST
def approve(request: ConsoleRequest, candidate_id: UUID) -> HttpResponse:
    services.approve_candidate(actor=request.actor, candidate_id=candidate_id, now=request.now, reason=request.POST.get("reason", ""))
    return done(request, _("已通过：商品和上新已建好，供应链会收到通知"), "selection:candidate", candidate_id)


@require_POST
def reject(request: ConsoleRequest, candidate_id: UUID) -> HttpResponse:
    services.reject_candidate(actor=request.actor, candidate_id=candidate_id, reason=request.POST.get("reason", ""), now=request.now)
    return done(request, _("已记下不通过的原因"), "selection:candidate", candidate_id)
