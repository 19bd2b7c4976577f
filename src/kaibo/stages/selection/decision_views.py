"""Pages of the decision: the scorecard with what would change it, the rules it goes by, matching."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kaibo.kit.money import yuan_text
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.listed import clauses, listed
from kaibo.stages.selection import evidence, matching_services, queries, score_rules, scorecard, trial_services
from kaibo.stages.selection.decision_forms import ScoreRulesForm, StrengthForm, rules_initial
from kaibo.stages.selection.decision_words import (
    FIGURE_WORDS,
    OUTCOME_WORDS,
    REASON_WORDS,
    STRENGTH_WORDS,
    WHY_MISSING,
    percent,
    value_text,
)
from kaibo.stages.selection.models import Candidate, ScoreRules
from kaibo.stages.selection.permissions import DECIDE, RESEARCH, SEE
from kaibo.stages.selection.scorecard import FIGURES, Card, Change, Judged


def trail_to(candidate: Candidate) -> list[tuple[str, str]]:
    """This function will give the way back from a candidate's own pages."""
    return [(_("选品候选"), reverse("selection:candidates")), (candidate.title, reverse("selection:candidate", args=[candidate.pk]))]


@require_GET
def card(request: ConsoleRequest, candidate_id: UUID) -> HttpResponse:
    """What does this candidate score, on what, and what would change it?   Source: SEL-9, SEL-15, SEL-19."""
    access.require(request.actor, SEE)
    candidate = queries.candidate_for(request.actor, candidate_id)
    gathered = evidence.gather(candidate, request.now)
    judged = scorecard.judge(gathered.card)
    words, state = OUTCOME_WORDS[judged.outcome]
    return render(
        request, "selection/card.html",
        {
            "candidate": candidate, "trail": trail_to(candidate), "words": words, "state": state, "figures": _figures(judged, gathered, runs=trial_services.running_of(candidate)),
            "rows": [_row(one, gathered) for one in judged.figures],
            "chart": _chart(judged), "changes": [*mending_told(gathered), *changes_told(gathered.card)], "risks": risks_told(gathered), "unknowns": _unknowns(gathered.card),
            "hits": gathered.found["compliance"].words, "number": gathered.rules_number,
        },
    )  # fmt: skip


def _figures(judged: Judged, gathered: evidence.Gathered, *, runs: UUID | None) -> list[dict[str, object]]:
    rules = gathered.card.rules
    words, state = OUTCOME_WORDS[judged.outcome]
    held = {"none": _("没有做过"), "passed": _("试卖通过"), "failed": _("试卖没通过")}[gathered.card.trial.value]
    return [
        {"name": _("判断"), "value": words, "beside": REASON_WORDS[judged.reasons[0]], "state": state},
        {"name": _("总分"), "value": percent(judged.score_bp) if judged.score_bp is not None else "—", "beside": _("试卖线 %(trial)s · 放量线 %(go)s") % {"trial": percent(rules.trial_bp), "go": percent(rules.go_bp)}},
        {"name": _("知道多少"), "value": percent(judged.known_bp), "beside": _("有数字的权重，至少 %(need)s") % {"need": percent(rules.known_bp)}, "state": "" if judged.known_bp >= rules.known_bp else "warn"},
        {"name": _("一次试卖"), "value": _("还在试") if runs else held, "beside": (held if gathered.card.trial.value != "none" else _("还没有结论")) if runs else "", "href": reverse("selection:trial", args=[runs]) if runs else ""},
    ]  # fmt: skip


def _row(one: scorecard.Scored, gathered: evidence.Gathered) -> dict[str, Any]:
    found = gathered.found[one.key]
    title, how = FIGURE_WORDS[one.key]
    why = WHY_MISSING.get(one.reading.why, "")
    state = "" if one.points_bp is None else "ok" if one.points_bp >= 7_000 else "bad" if one.points_bp < 3_000 else ""
    return {
        "key": one.key, "title": title, "how": how, "value": value_text(one.key, one.reading.value), "is_missing": one.reading.value is None, "why": why,
        "counted": one.reading.counted, "part": found.part, "whole": found.whole, "href": found.href, "nothing": value_text(one.key, one.rule.nothing),
        "full": value_text(one.key, one.rule.full), "points": one.points_bp, "weight": one.rule.weight, "state": state,
    }  # fmt: skip


def _chart(judged: Judged) -> dict[str, Any]:
    known = [one for one in judged.figures if one.points_bp is not None]
    return {
        "kind": "ranking", "x": [str(FIGURE_WORDS[one.key][0]) for one in known],
        "series": [{"name": _("得分"), "unit": "bp", "data": [one.points_bp for one in known]}],
    }


def changes_told(card_: Card) -> list[dict[str, Any]]:
    """This function will write what would change a verdict, nearest figures first, weights last."""
    found = [_change(one) for one in scorecard.changes(card_)]
    return sorted(found, key=lambda one: ({"trial": 0, "value": 1, "weight": 2}[one["of"]], FIGURES.index(one["key"]) if one["key"] in FIGURES else -1))


def _change(one: Change) -> dict[str, Any]:
    words, state = OUTCOME_WORDS[one.outcome]
    if one.of == "trial":
        title, now, needed = _("一次试卖"), "", _("试卖通过") if one.needed > 0 else _("试卖没通过")
    elif one.of == "weight":
        title, now, needed = _("%(figure)s的权重") % {"figure": FIGURE_WORDS[one.key][0]}, one.now, one.needed
    else:
        title, now, needed = FIGURE_WORDS[one.key][0], value_text(one.key, one.now), value_text(one.key, one.needed)
    return {"key": one.key, "of": one.of, "title": title, "now": now, "needed": needed, "words": words, "state": state}


def risks_told(gathered: evidence.Gathered) -> list[dict[str, Any]]:
    """This function will write what the compliance figure counts, thing by thing, with where each is mended."""
    weights = {one.key: one.weight for one in gathered.risks}
    return [
        {
            "words": one.reason, "places": listed(one.places), "source": one.source, "weight": weights[one.key], "state": "bad" if one.state == "red" else "warn",
            "label": one.repair_label, "href": one.repair_href,
        }
        for one in gathered.hurdles
    ]  # fmt: skip


def mending_told(gathered: evidence.Gathered) -> list[dict[str, Any]]:
    """This function will say which documents, filings and words are the fewest whose mending changes the verdict."""
    found = scorecard.fewest_mended(gathered.card, "compliance", gathered.risks)
    if found is None:
        return []
    reasons = {one.key: one.reason for one in gathered.hurdles}
    words, state = OUTCOME_WORDS[found.outcome]
    named = clauses(reasons.get(key) or _("改掉“%(word)s”") % {"word": key.removeprefix("word:")} for key in found.keys)
    value = next(one.value for one in gathered.card.readings if one.key == "compliance")
    return [{"key": "compliance", "of": "mended", "title": _("办好：%(what)s") % {"what": named}, "now": value, "needed": found.value, "words": words, "state": state}]


def _unknowns(card_: Card) -> list[dict[str, Any]]:
    return [
        {"title": FIGURE_WORDS[one.key][0], "worst": OUTCOME_WORDS[one.at_worst][0], "best": OUTCOME_WORDS[one.at_best][0], "matters": one.matters}
        for one in scorecard.unknowns(card_)
    ]


# The rules


@require_http_methods(["GET", "POST"])
def rules(request: ConsoleRequest) -> HttpResponse:
    """What weighs how much, since when, why?   Source: SEL-9, SEL-15."""
    access.require(request.actor, SEE)
    shop_id = shop_of(request)
    number, held = score_rules.in_force(shop_id)
    form = ScoreRulesForm(request.POST or None, initial=rules_initial(held, number))
    if request.method == "POST" and form.is_valid():
        made = score_rules.change_rules(
            actor=request.actor, shop_id=shop_id, rules=form.rules(), seen=form.cleaned_data["seen"], reason=form.cleaned_data["reason"], now=request.now
        )
        return done(request, _("评分规则已改到第 %(n)s 版，候选页马上按它算") % {"n": made.number}, "selection:score-rules")
    return render(request, "selection/score_rules.html", _rules_values(request, shop_id, form, StrengthForm()), status=422 if request.method == "POST" else 200)


def shop_of(request: ConsoleRequest) -> UUID:
    """This function will give the shop chosen at the top, or the actor's first."""
    shop_id: UUID = request.shop_id or next(iter(request.shops)).pk
    return shop_id


def _rules_values(request: ConsoleRequest, shop_id: UUID, form: ScoreRulesForm, strength_form: StrengthForm) -> dict[str, Any]:
    number, held = score_rules.in_force(shop_id)
    strengths = score_rules.strengths_of(shop_id)
    rows = [
        {
            "title": FIGURE_WORDS[key][0], "how": FIGURE_WORDS[key][1], "unit": scorecard.UNITS[key], "weight": form[f"{key}_weight"],
            "nothing": form[f"{key}_nothing"], "full": form[f"{key}_full"], "share": rule.weight,
        }
        for key, rule in held.rules.items()
    ]  # fmt: skip
    versions = score_rules.versions_of(request.actor, shop_id)
    return {
        "form": form, "rows": rows, "number": number, "versions": _versions(versions), "may_change": request.actor.can(DECIDE, shop_id=shop_id),
        "strengths": [(words, strengths.get(kind)) for kind, words in STRENGTH_WORDS.items()], "strength_form": strength_form,
        "trail": [(_("选品候选"), reverse("selection:candidates"))], "whole": sum(one.weight for one in held.rules.values()),
    }  # fmt: skip


def _versions(versions: list[ScoreRules]) -> list[dict[str, Any]]:
    """Each version with what it changed against the one before it."""
    before = {one.number: score_rules.as_rules(one).rules for one in versions} | {0: scorecard.HOUSE_RULES.rules}
    told = []
    for one in versions:
        old, new = before.get(one.number - 1), before[one.number]
        changed = [f"{FIGURE_WORDS[key][0]} {old[key].weight} → {new[key].weight}" for key in FIGURES if old and old[key].weight != new[key].weight]
        moved = [str(FIGURE_WORDS[key][0]) for key in FIGURES if old and (old[key].nothing, old[key].full) != (new[key].nothing, new[key].full)]
        told.append({"version": one, "changed": changed, "moved": moved})
    return told


@require_POST
def say_strength(request: ConsoleRequest) -> HttpResponse:
    shop_id = shop_of(request)
    form = StrengthForm(request.POST)
    if not form.is_valid():
        number, held = score_rules.in_force(shop_id)
        return render(request, "selection/score_rules.html", _rules_values(request, shop_id, ScoreRulesForm(initial=rules_initial(held, number)), form), status=422)
    d = form.cleaned_data
    score_rules.say_strength(actor=request.actor, shop_id=shop_id, kind=d["kind"], level=d["level"], evidence=d["evidence"], now=request.now)
    return done(request, _("已记下，候选页马上按它算"), "selection:score-rules")


# Matching


@require_GET
def matching(request: ConsoleRequest) -> HttpResponse:
    """What is bought together, and which combinations earn?   Source: SEL-16."""
    shop_id = shop_of(request)
    report = matching_services.report_of(request.actor, shop_id)
    values: dict[str, Any] = {"report": report, "may_mine": request.actor.can(RESEARCH, shop_id=shop_id)}
    if report:
        values |= _matched(report.sheet)
    return render(request, "selection/matching.html", values)


def _matched(sheet: dict[str, Any]) -> dict[str, Any]:
    wanted = {one for pair in sheet["pairs"] for one in (pair["a"], pair["b"])}
    wanted |= {one for row in sheet["combinations"] for one in (row["traffic"], *row["beside"])}
    known = matching_services.named(wanted)
    pairs = [one | {"a": known.get(one["a"]), "b": known.get(one["b"]), "p_text": _chance(one["p"]), "lift_text": f"{one['lift_bp'] / 10_000:.1f}×"} for one in sheet["pairs"]]
    rows = [one | {"traffic": known.get(one["traffic"]), "beside": [known.get(b) for b in one["beside"]], "total_fen": one["held_fen"] + one["traffic_fen"]} for one in sheet["combinations"]]
    gain = sheet["held_fen"] - sheet["plain_fen"]
    figures = [
        {"name": _("购物篮"), "value": f"{sheet['baskets']:,}", "beside": _("前七成时间里，一个买家一天买的")},
        {"name": _("检验的商品对"), "value": f"{sheet['tests']:,}", "beside": _("%(n)s 个商品，至少在 20 个篮子里") % {"n": f"{sheet['items']:,}"}},
        {"name": _("一起买不是碰巧"), "value": f"{sheet['named']:,}", "beside": _("精确检验，假发现控制在 5%"), "href": "#pairs"},
        {"name": _("留出的后三成里多赚"), "value": yuan_text(gain), "beside": _("对照“只放热门”，95%% 区间 %(low)s 到 %(high)s") % {"low": yuan_text(sheet["gain_low_fen"]), "high": yuan_text(sheet["gain_high_fen"])}, "state": "ok" if sheet["is_better"] else ""},
    ]  # fmt: skip
    shown = [one for one in rows if one["traffic"]][:12]
    chart = {
        "kind": "bar", "x": [one["traffic"].title[:12] for one in shown],
        "series": [
            {"name": _("我们的搭配"), "unit": "fen", "data": [one["held_fen"] for one in shown]},
            {"name": _("只放热门"), "unit": "fen", "data": [one["plain_fen"] for one in shown]},
        ],
    }
    return {"pairs": pairs, "combinations": rows, "figures": figures, "chart": chart, "is_better": sheet["is_better"], "is_worse": sheet["gain_high_fen"] < 0}


def _chance(p: float) -> str:
    return f"{p:.4f}" if p >= 0.0001 else "< 0.0001"


@require_POST
def mine(request: ConsoleRequest) -> HttpResponse:
    report = matching_services.mine_shop(actor=request.actor, shop_id=shop_of(request), now=request.now)
    return done(request, _("已按 %(n)s 个购物篮重算") % {"n": f"{report.sheet['baskets']:,}"}, "selection:matching")
