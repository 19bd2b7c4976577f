"""The pages of the quality gates: policies and standings, new checks, quarantine, and the plan calculator."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kaibo.master.catalog import queries as catalog
from kaibo.master.people.queries import names_of
from kaibo.master.stock import queries as stock
from kaibo.master.stock.rules import Bucket
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.tables import tables
from kaibo.plumbing.tables.tables import Cell, Choice, Column, Row, Search, Table
from kaibo.stages.supply import (
    permissions,
    quality,
    quality_forms,
    quality_queries,
    quality_words,
    queries,
    sampling,
    settling,
)
from kaibo.stages.supply.models import Custody

STANDINGS_SHOWN = 50
QUARANTINE = Table(
    key="supply:quarantine",
    title=gettext_lazy("隔离区"),
    columns=(
        Column("lot", gettext_lazy("批次"), sort="lot__code", kind="lead"),
        Column("units", gettext_lazy("还在隔离"), sort="units_left", kind="count"),
        Column("whole", gettext_lazy("进来时"), sort="units", kind="count"),
        Column("outcome", gettext_lazy("状态"), sort="outcome", kind="pill"),
        Column("holder", gettext_lazy("保管人")),
        Column("place", gettext_lazy("存放位置"), sort="place"),
        Column("supplier", gettext_lazy("供应商")),
        Column("opened_at", gettext_lazy("隔离时间"), sort="opened_at", kind="when"),
        Column("settled_by", gettext_lazy("处置人")),
    ),
    filters=(
        Search(("lot__code__istartswith", "sku__code__istartswith"), gettext_lazy("批次、货号…")),
        Choice(
            "outcome", gettext_lazy("状态"), [(key, words) for key, (words, _state) in quality_words.OUTCOME_WORDS.items()],
            as_chips=True, counted=True,
        ),
    ),
    default_sort="-opened_at",
    unit=gettext_lazy("批"),
    empty_title=gettext_lazy("没有隔离品"),
    empty_text=gettext_lazy("检验不合格的批次会自动进来：写明谁保管、放在哪，再决定返工、退货、报废或让步接收。"),
)  # fmt: skip


def quarantine(request: ConsoleRequest) -> HttpResponse:
    found = quality_queries.custodies_for(request.actor, shop_id=request.shop_id)
    names = names_of(found.values_list("holder_id", flat=True))

    def row(one: Custody) -> Row:
        words, state = quality_words.OUTCOME_WORDS[one.outcome]
        cells = {
            "lot": Cell(one.lot.code, note=f"{one.sku.code} {one.sku.product.title}"), "units": one.units_left, "whole": one.units, "outcome": Cell(words, state=state),
            "holder": names.get(one.holder_id, "—"), "place": one.place or _("还没写"), "supplier": one.inspection.supplier.name if one.inspection.supplier else "—",
            "opened_at": one.opened_at, "settled_by": one.settled_by,
        }  # fmt: skip
        return Row(one.pk, cells, reverse("supply:inspection", args=[one.inspection_id]))

    table = tables.page(request, QUARANTINE, found, row=row)
    return render(request, "supply/quarantine.html", {"table": table})


def policies(request: ConsoleRequest) -> HttpResponse:
    """How every category is inspected, where every supplier stands, and a calculator of the standard's tables."""
    access.require(request.actor, permissions.SEE)
    is_english = (get_language() or "").startswith("en")
    titles = {one.code: one.title_en if is_english else one.title for one in catalog.categories()}
    kept = quality_queries.policies(titles)
    suppliers = {one.pk: one.name for one in queries.suppliers(request.actor)}
    may_edit = request.actor.can(permissions.POLICY_EDIT)
    placed = sorted(quality_queries.standings(suppliers).items(), key=lambda pair: (pair[1].severity is sampling.Severity.NORMAL, str(pair[0])))
    page = Paginator(placed, STANDINGS_SHOWN).get_page(request.GET.get("page"))
    standings = [
        {
            "supplier_id": supplier, "supplier": suppliers[supplier], "category": category, "category_words": titles.get(category, category),
            "words": quality_words.SEVERITY_WORDS[one.severity.value][0], "state": quality_words.SEVERITY_WORDS[one.severity.value][1],
            "why": quality_words.standing_words(one), "decision": _decision(one) if may_edit else None,
        }
        for (supplier, category), one in page
    ]  # fmt: skip
    plan_form = quality_forms.PlanForm(request.GET if "lot" in request.GET else None)
    return render(
        request, "supply/policies.html",
        {
            "rows": [(titles[code], policy, sampling.aql_text(policy.major_milli), sampling.aql_text(policy.minor_milli)) for code, policy in sorted(kept.items())],
            "standings": standings, "page": page, "form": quality_forms.PolicyForm(categories=list(titles.items())), "may_edit": may_edit,
            "plan_form": plan_form, "plan": _calculated(plan_form), "standard": sampling.STANDARD,
        },
    )  # fmt: skip


def _decision(one: sampling.Standing) -> dict[str, object] | None:
    if one.may_be_reduced:
        return {"happening": "reduced_allowed", "label": _("批准放宽"), "effect": _("下一批起按放宽检验抽样，样本约为原来的四成")}
    if one.severity is sampling.Severity.REDUCED:
        return {"happening": "reduced_ended", "label": _("结束放宽"), "effect": _("下一批起回到正常检验")}
    if one.severity is sampling.Severity.SUSPENDED:
        return {"happening": "resumed", "label": _("恢复检验"), "effect": _("下一批起按加严检验抽样")}
    return None


def _calculated(form: quality_forms.PlanForm) -> sampling.Plan | None:
    said = form.cleaned_data if form.is_bound and form.is_valid() else {"lot": 2_000, "level": "II", "aql": 2_500, "severity": "normal"}
    if form.is_bound and form.errors:
        return None
    return sampling.plan_for(said["lot"], level=said["level"], aql_milli=said["aql"], severity=sampling.Severity(said["severity"]))


@require_POST
def set_policy(request: ConsoleRequest) -> HttpResponse:
    titles = [(one.code, one.title) for one in catalog.categories()]
    form = quality_forms.PolicyForm(request.POST, categories=titles)
    if not form.is_valid():
        context = {"form": form, "title": _("品控方案"), "back": reverse("supply:policies")}
        return render(request, "supply/form.html", context, status=422)
    quality.set_policy(actor=request.actor, now=request.now, **form.cleaned_data)
    return done(request, _("已保存，下一批到货起生效"), "supply:policies")


@require_POST
def decide_severity(request: ConsoleRequest) -> HttpResponse:
    form = quality_forms.SeverityForm(request.POST)
    if not form.is_valid():
        raise quality.ReasonMissing
    said = form.cleaned_data
    quality.decide_severity(
        actor=request.actor, supplier_id=said["supplier"], category=said["category"], happening=sampling.Happening(said["happening"]),
        reason=said["reason"], now=request.now,
    )  # fmt: skip
    return done(request, _("已记录，下一批起按新的严格度抽样"), "supply:policies")


def new_check(request: ConsoleRequest, gate: str) -> HttpResponse:
    """A sample sent in, or a lot to be looked at before a session."""
    access.require(request.actor, permissions.CHECK_OPEN)
    if gate == "sample":
        form = quality_forms.SampleForm(request.POST or None, actor=request.actor, suppliers=queries.suppliers(request.actor))
    else:
        form = quality_forms.SpotForm(request.POST or None, lots=_lots_to_check(request), initial={"lot": request.GET.get("lot")})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        if gate == "sample":
            made = quality.open_sample(
                actor=request.actor, sku_id=UUID(said["sku"]), supplier_id=UUID(said["supplier"]), units=said["units"], now=request.now
            )
        else:
            made = quality.open_spot(actor=request.actor, lot_id=UUID(said["lot"]), now=request.now)
        return done(request, _("已通知品控"), "supply:inspection", made.pk)
    title = _("送产前样") if gate == "sample" else _("开播前抽查")
    context = {"form": form, "title": title, "back": reverse("supply:inspections")}
    return render(request, "supply/form.html", context, status=422 if form.errors else 200)


def _lots_to_check(request: ConsoleRequest) -> list[tuple[object, str]]:
    skus = {sku.id: sku for sku in catalog.skus_visible(request.actor)}
    lots = list(stock.lots_of(skus).filter(received_at__gte=request.now - timedelta(days=730))[:500])
    levels = stock.lot_levels([lot.pk for lot in lots])
    return [
        (lot.pk, f"{lot.code} · {skus[lot.sku_id].code} · {units}")
        for lot in lots
        if (units := levels[lot.pk].get(Bucket.SELLABLE, 0) + levels[lot.pk].get(Bucket.ALLOTTED, 0)) > 0
    ]


@require_POST
def add_report(request: ConsoleRequest, inspection_id: UUID) -> HttpResponse:
    form = quality_forms.ReportForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(
            request, "supply/form.html",
            {"form": form, "title": _("第三方报告"), "back": reverse("supply:inspection", args=[inspection_id]), "is_file": True}, status=422,
        )  # fmt: skip
    report = form.cleaned_data["report"]
    quality.add_report(
        actor=request.actor, inspection_id=inspection_id, brought=quality.Brought(report.name, report), issuer=form.cleaned_data["issuer"],
        now=request.now,
    )  # fmt: skip
    return done(request, _("报告已存档"), "supply:inspection", inspection_id)


@require_POST
def hand_over(request: ConsoleRequest, custody_id: UUID) -> HttpResponse:
    custody = quality_queries.custody_for(request.actor, custody_id)
    form = quality_forms.HandOverForm(request.POST)
    if not form.is_valid():
        context = {"form": form, "title": _("谁保管、放在哪"), "back": reverse("supply:inspection", args=[custody.inspection_id])}
        return render(request, "supply/form.html", context, status=422)
    said = form.cleaned_data
    quality.hand_over(actor=request.actor, custody_id=custody_id, holder_id=UUID(said["holder"]), place=said["place"], now=request.now)
    return done(request, _("已记录"), "supply:inspection", custody.inspection_id)


@require_POST
def settle(request: ConsoleRequest, custody_id: UUID) -> HttpResponse:
    custody = quality_queries.custody_for(request.actor, custody_id)
    form = quality_forms.SettleForm(request.POST, left=custody.units_left)
    if not form.is_valid():
        context = {"form": form, "title": _("处置隔离品"), "back": reverse("supply:inspection", args=[custody.inspection_id])}
        return render(request, "supply/form.html", context, status=422)
    made = settling.settle_custody(actor=request.actor, custody_id=custody_id, now=request.now, **form.cleaned_data)
    words = _("已处置 %(units)s 件：%(outcome)s，库存已按决定移动") % {"units": made.units, "outcome": quality_words.OUTCOME_WORDS[made.outcome][0]}
    return done(request, words, "supply:inspection", custody.inspection_id)


@require_POST
def undo_settlement(request: ConsoleRequest, settlement_id: UUID) -> HttpResponse:
    inspection_id = settling.undo_settlement(
        actor=request.actor, settlement_id=settlement_id, reason=request.POST.get("reason", ""), place=request.POST.get("place", ""), now=request.now
    )
    return done(request, _("已撤回，货回到隔离区"), "supply:inspection", inspection_id)
