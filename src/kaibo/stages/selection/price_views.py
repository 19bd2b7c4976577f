"""Pages of the price and the trial sale: what may it cost, what would it sell, and how do we find out?"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kaibo.kit.clock import business_date
from kaibo.kit.money import yuan_text
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.stages.selection import elasticity, price_services, pricing, queries, trial_services, trials
from kaibo.stages.selection.decision_forms import PriceInputsForm, TermsForm, TrialDayForm, TrialForm
from kaibo.stages.selection.decision_views import trail_to
from kaibo.stages.selection.decision_words import (
    CEILING_WORDS,
    ENDING_WORDS,
    FORM_WORDS,
    TRIAL_WORDS,
    percent,
    span_text,
    terms_text,
    too_little_text,
)
from kaibo.stages.selection.models import Candidate, PriceInputs, Trial
from kaibo.stages.selection.permissions import DECIDE, EDIT, RESEARCH, SEE
from kaibo.stages.selection.price_services import PricePicture
from kaibo.stages.selection.pricing import Form, Terms

USUAL_BP, WORTH_BP, VIEWERS = 200, 150, 800


@require_http_methods(["GET", "POST"])
def price(request: ConsoleRequest, candidate_id: UUID) -> HttpResponse:
    """What may it cost, what would it sell and leave?   Source: SEL-11, SEL-12, SEL-13."""
    access.require(request.actor, SEE)
    candidate = queries.candidate_for(request.actor, candidate_id)
    form = PriceInputsForm(request.POST or None, initial=_initial(price_services.inputs_of(candidate)[1]))
    if request.method == "POST" and form.is_valid():
        price_services.say_inputs(actor=request.actor, candidate_id=candidate_id, said=form.said(), now=request.now)
        return done(request, _("定价依据已记下，页面已重算"), "selection:price", candidate_id)
    return render(request, "selection/price.html", _price_values(request, candidate, form), status=422 if request.method == "POST" else 200)


def _initial(said: PriceInputs | None) -> dict[str, Any]:
    return {name: getattr(said, name) for name in price_services.Said.__dataclass_fields__} if said else {}


def _price_values(request: ConsoleRequest, candidate: Candidate, form: PriceInputsForm, trial_form: TrialForm | None = None) -> dict[str, Any]:
    terms_form = TermsForm(request.GET if "pieces" in request.GET else None)
    picture = price_services.picture_of(request.actor, candidate, _terms(terms_form))
    shown = TermsForm(initial={name: field.initial for name, field in terms_form.fields.items()}) if not terms_form.is_bound else terms_form
    may_edit = request.actor.can(EDIT, shop_id=candidate.shop_id)
    return {
        "candidate": candidate, "trail": trail_to(candidate), "form": form, "terms_form": shown, "picture": picture, "figures": _price_figures(candidate, picture),
        "offers": [_offer(one, picture.inputs.floor_bp) for one in picture.offers], "refused": [(FORM_WORDS[terms.form], why.message("en" if (get_language() or "").startswith("en") else "zh")) for terms, why in picture.refused],
        "offer_chart": _offer_chart(picture), "limits": _limits(picture), "limits_chart": _limits_chart(picture), "ladder_chart": _ladder_chart(picture),
        "ladder": picture.ladder, "ladder_rows": _ladder_rows(picture), "own": _own(picture), "own_chart": _own_chart(picture), "may_edit": may_edit,
        "may_import": request.actor.can(RESEARCH, shop_id=candidate.shop_id), "trials": _trials(candidate),
        "trial_form": trial_form or TrialForm(initial=_trial_initial(candidate)), "runs": candidate.trials.filter(state="running").exists(),
        "imports": {key.replace("-", "_"): f"{reverse('intake:upload')}?kind={key}" for key in ("price-limits", "price-answers")},
    }  # fmt: skip


def _terms(form: TermsForm) -> list[Terms]:
    """What was filled in, else what the form begins with."""
    told = form.cleaned_data if form.is_bound and form.is_valid() else {name: field.initial for name, field in form.fields.items()}
    return [
        Terms(Form.SINGLE), Terms(Form.TIER, pieces=told["pieces"], second_bp=told["second_bp"]),
        Terms(Form.EARLY_BIRD, off_bp=told["early_bp"], share_bp=told["early_share_bp"]), Terms(Form.BUNDLE, off_bp=told["bundle_bp"]),
        Terms(Form.PENETRATION, off_bp=told["enter_bp"]), Terms(Form.VALUE, over_bp=told["over_bp"]),
    ]  # fmt: skip


def _price_figures(candidate: Candidate, picture: PricePicture) -> list[dict[str, Any]]:
    i, room = picture.inputs, picture.room
    ceiling = str(CEILING_WORDS[room.ceiling_by]) if room.ceiling_by else _("还不知道买家受得了多少")
    floor = yuan_text(-(-room.floor_fen // 100) * 100) if room.floor_fen else "—"
    is_above = room.ceiling_fen is not None and candidate.price_fen > room.ceiling_fen
    is_below = room.floor_fen is not None and candidate.price_fen < room.floor_fen
    where = _("高于可定的上限") if is_above else _("低于可定的下限") if is_below else _("成本 %(cost)s") % {"cost": yuan_text(candidate.cost_fen)}
    return [
        {"name": _("现在的价格"), "value": yuan_text(candidate.price_fen), "beside": where, "state": "warn" if is_above else "bad" if is_below else ""},
        {"name": _("可定的区间"), "value": f"{floor}–{yuan_text(room.ceiling_fen // 100 * 100) if room.ceiling_fen else '?'}", "beside": ceiling, "state": "bad" if room.is_empty else ""},
        {"name": _("竞品价格带"), "value": span_text(i.low_fen, i.high_fen) if i.low_fen is not None and i.high_fen is not None else "—", "beside": _("中间 %(middle)s") % {"middle": yuan_text(i.middle_fen)} if i.middle_fen else _("还没有竞品")},
        {"name": _("买家购买力"), "value": f"{yuan_text(i.power_low_fen or 0)}–{yuan_text(i.power_high_fen)}" if i.power_high_fen else "—", "beside": _("主播溢价 %(host)s") % {"host": percent(i.host_bp)} if i.host_bp is not None else _("主播影响力还没填")},
        {"name": _("推广摊到每件"), "value": yuan_text(room.budget_each_fen) if room.budget_each_fen is not None else "—", "beside": _("已算进下限") if room.budget_each_fen is not None else _("填预算和件数后算进下限")},
    ]  # fmt: skip


def _offer(one: pricing.Offer, floor_bp: int) -> dict[str, Any]:
    is_thin = one.margin_bp < floor_bp
    return {
        "title": FORM_WORDS[one.terms.form], "terms": terms_text(one.terms), "paid_fen": one.paid_fen, "pieces": one.pieces, "list_fen": one.list_fen, "off_bp": one.off_bp,
        "coupon_fen": one.coupon_fen // 10_000, "profit_fen": one.profit_each_fen, "margin_bp": one.margin_bp, "is_thin": is_thin,
    }  # fmt: skip


def _offer_chart(picture: PricePicture) -> dict[str, Any]:
    return {
        "kind": "bar", "x": [str(FORM_WORDS[one.terms.form]) for one in picture.offers],
        "series": [
            {"name": _("每单净赚"), "unit": "fen", "data": [one.profit_each_fen for one in picture.offers]},
            {"name": _("毛利率"), "unit": "bp", "kind": "line", "axis": 1, "data": [one.margin_bp for one in picture.offers]},
        ],
    }


def _limits(picture: PricePicture) -> list[tuple[str, str, Any]]:
    found = picture.sensitivity
    if found is None:
        return []
    return [
        (_("可接受的最低价"), _("“太便宜”与“不便宜”相交：再低就怀疑质量"), found.cheapest), (_("无差异价"), _("“便宜”与“贵”相交：多数人觉得的中间价"), found.indifferent),
        (_("最优价"), _("“太便宜”与“太贵”相交：嫌弃的人最少"), found.optimal), (_("可接受的最高价"), _("“不贵”与“太贵”相交：再高就没人考虑"), found.dearest),
    ]  # fmt: skip


def _limits_chart(picture: PricePicture) -> dict[str, Any]:
    found = picture.sensitivity
    if found is None:
        return {}
    names = {"too_cheap": _("太便宜"), "cheap": _("便宜"), "expensive": _("贵"), "too_expensive": _("太贵")}
    return {
        "kind": "line", "x": [yuan_text(fen // 100 * 100) for fen in found.prices_fen],
        "series": [{"name": names[key], "unit": "bp", "data": list(found.curves[key]), "dashed": key.startswith("too")} for key in names],
    }


def _ladder_rows(picture: PricePicture) -> list[tuple[Any, int, int, int]]:
    """In whole yuan: a profit of ten thousand people is not known to the fen."""
    steps = picture.ladder.steps if picture.ladder else ()
    return [(one, *(fen // 100 * 100 for fen in (one.profit_fen, one.profit_low_fen, one.profit_high_fen))) for one in steps]


def _ladder_chart(picture: PricePicture) -> dict[str, Any]:
    if picture.ladder is None:
        return {}
    steps = picture.ladder.steps
    return {
        "kind": "bar", "x": [yuan_text(one.price_fen) for one in steps],
        "series": [
            {"name": _("会买"), "unit": "bp", "data": [one.smooth_bp for one in steps]},
            {"name": _("问一万人的净赚"), "unit": "fen", "kind": "line", "axis": 1, "data": [one.profit_fen for one in steps]},
            {"name": _("低"), "unit": "fen", "kind": "line", "axis": 1, "dashed": True, "data": [one.profit_low_fen for one in steps]},
            {"name": _("高"), "unit": "fen", "kind": "line", "axis": 1, "dashed": True, "data": [one.profit_high_fen for one in steps]},
        ],
    }


def _own(picture: PricePicture) -> dict[str, Any]:
    own = picture.own
    if own is None:
        return {"why": _("还没有自己的成交：通过后卖起来，这里按天和价格算弹性")}
    if isinstance(own, elasticity.TooLittle):
        return {"why": too_little_text(own.why, own.have, own.need)}
    best = picture.best
    return {
        "elasticity": f"{own.elasticity:.2f}", "low": f"{own.low:.2f}", "high": f"{own.high:.2f}", "days": own.days, "units": own.units, "is_sure": own.is_sure,
        "span": span_text(own.cheapest_fen, own.dearest_fen), "by_reach": own.by_reach, "best": best, "left_out": own.left_out,
        "rows": [(one, f"{one.units:.1f}", f"{one.units_low:.1f}–{one.units_high:.1f}") for one in picture.points],
    }


def _own_chart(picture: PricePicture) -> dict[str, Any]:
    if not picture.points:
        return {}
    return {
        "kind": "line", "x": [yuan_text(one.price_fen // 100 * 100) for one in picture.points],
        "series": [
            {"name": _("每天净赚"), "unit": "fen", "data": [one.profit_fen for one in picture.points]},
            {"name": _("低"), "unit": "fen", "dashed": True, "data": [one.profit_low_fen for one in picture.points]},
            {"name": _("高"), "unit": "fen", "dashed": True, "data": [one.profit_high_fen for one in picture.points]},
        ],
    }


# Trials


def _trial_initial(candidate: Candidate) -> dict[str, Any]:
    return {
        "price_fen": candidate.price_fen, "usual_bp": USUAL_BP, "worth_bp": WORTH_BP, "viewers_a_day": VIEWERS, "return_limit_bp": min(10_000, candidate.return_bp + 500),
    }


def _trials(candidate: Candidate) -> list[tuple[Trial, tuple[Any, str], tuple[int, int]]]:
    rows = list(trial_services.trials_of(candidate)[:20])
    sums = trial_services.sums_of([one.pk for one in rows])
    return [(one, TRIAL_WORDS[one.state], sums.get(one.pk, (0, 0))) for one in rows]


@require_POST
def begin_trial(request: ConsoleRequest, candidate_id: UUID) -> HttpResponse:
    """Works out the size first; only `begin` fixes it."""
    candidate = queries.candidate_for(request.actor, candidate_id)
    access.require(request.actor, EDIT, shop_id=candidate.shop_id)
    form = TrialForm(request.POST)
    if not form.is_valid():
        values = _price_values(request, candidate, PriceInputsForm(initial=_initial(price_services.inputs_of(candidate)[1])), form)
        return render(request, "selection/price.html", values, status=422)
    if "begin" not in request.POST:
        plan, size = trial_services.plan_for(candidate, form.wish())
        values = _price_values(request, candidate, PriceInputsForm(initial=_initial(price_services.inputs_of(candidate)[1])), form)
        return render(request, "selection/price.html", values | {"size": size, "plan": plan})
    trial = trial_services.begin_trial(actor=request.actor, candidate_id=candidate_id, wish=form.wish(), now=request.now)
    return done(request, _("试卖已开始，人数和停止线已定死"), "selection:trial", trial.pk)


@require_GET
def trial(request: ConsoleRequest, trial_id: UUID) -> HttpResponse:
    """Does it sell better than usual without coming back, and may we stop?   Source: SEL-14, SEL-15."""
    access.require(request.actor, SEE)
    return render(request, "selection/trial.html", _trial_values(request, trial_services.trial_for(request.actor, trial_id), TrialDayForm(initial={"day": business_date(request.now)})))


def _trial_values(request: ConsoleRequest, found: Trial, form: TrialDayForm) -> dict[str, Any]:
    days, seen = trial_services.counted_of(found)
    plan, size = trial_services.plan_of(found)
    result = trials.judge_trial(plan, size, seen)
    words, state = ENDING_WORDS[result.ending] if found.state == "running" else TRIAL_WORDS[found.state]
    return {
        "trial": found, "trail": [*trail_to(found.candidate), (_("定价"), reverse("selection:price", args=[found.candidate_id]))], "days": days, "form": form, "words": words,
        "state": state, "result": result, "figures": _trial_figures(found, result, seen), "chart": _trial_chart(days, found), "is_running": found.state == "running",
        "may_edit": request.actor.can(EDIT, shop_id=found.candidate.shop_id), "may_decide": request.actor.can(DECIDE, shop_id=found.candidate.shop_id),
        "may_end": result.ending is not trials.Ending.RUNNING,
    }  # fmt: skip


def _trial_figures(found: Trial, result: trials.Result, seen: trials.Seen) -> list[dict[str, Any]]:
    left = max(0, found.viewers - seen.viewers)
    return [
        {"name": _("看到的人"), "value": f"{seen.viewers:,} / {found.viewers:,}", "beside": _("还差 %(n)s 人") % {"n": f"{left:,}"} if left else _("够了")},
        {"name": _("付款的人"), "value": f"{seen.buyers:,} / {found.buyers_to_pass:,}", "beside": _("通过要 %(n)s 人") % {"n": found.buyers_to_pass}},
        {"name": _("成交率"), "value": percent(result.buy_bp), "beside": f"{percent(result.buy_low_bp)}–{percent(result.buy_high_bp)} · " + _("平时 %(usual)s") % {"usual": percent(found.usual_bp)}},
        {"name": _("退货率"), "value": percent(result.return_bp) if seen.units else "—", "beside": f"{percent(result.return_low_bp)}–{percent(result.return_high_bp)} · " + _("上限 %(limit)s") % {"limit": percent(found.return_limit_bp)}, "state": "bad" if seen.units and result.return_bp > found.return_limit_bp else ""},
        {"name": _("净赚"), "value": yuan_text(seen.profit_fen - found.fixed_fen), "beside": _("亏到 %(loss)s 就停") % {"loss": yuan_text(found.loss_limit_fen)} if found.loss_limit_fen else _("没设亏损上限")},
    ]  # fmt: skip


def _trial_chart(days: list[Any], found: Trial) -> dict[str, Any]:
    buyers = viewers = 0
    reached, needed = [], []
    for one in days:
        buyers, viewers = buyers + one.buyers, viewers + one.viewers
        reached.append(buyers)
        needed.append(found.buyers_to_pass * min(viewers, found.viewers) // found.viewers)
    return {
        "kind": "line", "x": [f"{one.day:%m-%d}" for one in days],
        "series": [{"name": _("付款的人，累计"), "unit": "count", "data": reached}, {"name": _("按进度要到"), "unit": "count", "dashed": True, "data": needed}],
    }


@require_POST
def count_trial(request: ConsoleRequest, trial_id: UUID) -> HttpResponse:
    form = TrialDayForm(request.POST)
    if not form.is_valid():
        access.require(request.actor, EDIT)
        return render(request, "selection/trial.html", _trial_values(request, trial_services.trial_for(request.actor, trial_id), form), status=422)
    result = trial_services.count_day(
        actor=request.actor, trial_id=trial_id, day=form.cleaned_data["day"], seen=form.seen(), today=business_date(request.now), now=request.now
    )
    return done(request, _("已记下：%(ending)s") % {"ending": ENDING_WORDS[result.ending][0]}, "selection:trial", trial_id)


@require_POST
def end_trial(request: ConsoleRequest, trial_id: UUID) -> HttpResponse:
    ended = trial_services.end_trial(actor=request.actor, trial_id=trial_id, reason=request.POST.get("reason", ""), now=request.now)
    return done(request, _("试卖结束：%(state)s") % {"state": TRIAL_WORDS[ended.state][0]}, "selection:trial", trial_id)


@require_POST
def cancel_trial(request: ConsoleRequest, trial_id: UUID) -> HttpResponse:
    trial_services.cancel_trial(actor=request.actor, trial_id=trial_id, reason=request.POST.get("reason", ""), now=request.now)
    return done(request, _("试卖已取消，它不算数"), "selection:trial", trial_id)
