"""The pages of suppliers: how well does each do, why, what was agreed, and who steps in?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from kaibo.kit.clock import business_date, from_shanghai
from kaibo.master.catalog import queries as catalog
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.long_select import LongSelect
from kaibo.stages.supply import permissions, scoring, supplier_book, supplier_figures
from kaibo.stages.supply.forms import DAY, YuanField
from kaibo.stages.supply.models import Negotiation
from kaibo.stages.supply.quality import Brought

FIGURE_WORDS = {
    "on_time": (gettext_lazy("准时交货"), gettext_lazy("按约定日到齐的采购单 / 已到约定日的采购单")),
    "passed": (gettext_lazy("到货合格"), gettext_lazy("合格的到货批次 / 判定过的到货批次（不含复检）")),
    "defects": (gettext_lazy("缺陷"), gettext_lazy("检验发现的缺陷件数 / 到货件数")),
    "returns": (gettext_lazy("它造成的退货"), gettext_lazy("因质量、安全、描述不符结案的件数 / 这些批次发给买家的件数")),
    "price": (gettext_lazy("价格"), gettext_lazy("同货号最低报价 ÷ 它的报价，取平均")),
    "response": (gettext_lazy("答复快慢"), gettext_lazy("从问到答的中位时间")),
    "screening": (gettext_lazy("考察"), gettext_lazy("质量体系、试产、工厂报告、客户口碑、实地考察，各取最新，满分 5")),
}
SCREENING_WORDS = {
    "system": gettext_lazy("质量体系"), "trial": gettext_lazy("小批试产"), "factory": gettext_lazy("工厂报告"), "references": gettext_lazy("客户口碑"),
    "visit": gettext_lazy("实地考察（流程标准化）"),
}  # fmt: skip
KIND_WORDS = {"standby": gettext_lazy("备用供货"), "material": gettext_lazy("备料")}
CAUSE_WORDS = {"shortfall": gettext_lazy("产能不足"), "late": gettext_lazy("逾期"), "suspended": gettext_lazy("检验暂停")}


class AskForm(forms.Form):
    sku = forms.ChoiceField(label=gettext_lazy("货号"), required=False, widget=LongSelect)
    question = forms.CharField(label=gettext_lazy("问了什么"), max_length=300)
    target = YuanField(label=gettext_lazy("我们的目标价（元）"), required=False)
    asked_at = forms.DateTimeField(label=gettext_lazy("什么时候问的"), required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))

    def __init__(self, *args: object, skus: list[tuple[object, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sku"].choices = [("", "—"), *skus]


class AnswerForm(forms.Form):
    answer = forms.CharField(label=gettext_lazy("答了什么"), max_length=300)
    offered = YuanField(label=gettext_lazy("对方报价（元）"), required=False)
    answered_at = forms.DateTimeField(label=gettext_lazy("什么时候答的"), required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))


class ScreeningForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("考察什么"), choices=list(SCREENING_WORDS.items()))
    points = forms.IntegerField(label=gettext_lazy("几分（0–5）"), min_value=0, max_value=5)
    note = forms.CharField(label=gettext_lazy("看到了什么"), max_length=300)
    seen_on = forms.DateField(label=gettext_lazy("哪天"), widget=DAY)
    report = forms.FileField(label=gettext_lazy("报告或照片"), required=False)


class AgreementForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("协议"), choices=[("standby", gettext_lazy("备用供货（每周能供多少件）")), ("material", gettext_lazy("备料（为多少件备好料）"))])
    sku = forms.ChoiceField(label=gettext_lazy("货号"), widget=LongSelect)
    units = forms.IntegerField(label=gettext_lazy("件数"), min_value=1)
    price = YuanField(label=gettext_lazy("单价（元）"))
    lead_days = forms.IntegerField(label=gettext_lazy("交期（天）"), min_value=1, max_value=365)
    valid_from = forms.DateField(label=gettext_lazy("生效日"), widget=DAY)
    valid_until = forms.DateField(label=gettext_lazy("到期日"), widget=DAY)
    note = forms.CharField(label=gettext_lazy("备注"), max_length=200, required=False)

    def __init__(self, *args: object, skus: list[tuple[object, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sku"].choices = skus


class ShortfallForm(forms.Form):
    sku = forms.ChoiceField(label=gettext_lazy("哪个货号供不上"), widget=LongSelect)
    until = forms.DateField(label=gettext_lazy("到哪天"), widget=DAY)
    reason = forms.CharField(label=gettext_lazy("对方怎么说"), max_length=200)

    def __init__(self, *args: object, skus: list[tuple[object, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sku"].choices = skus


def figure_row(one: scoring.Figure, page: str) -> dict[str, Any]:
    """This function will write a figure as people read it, with its counts, its scale and the way to its evidence."""
    title, how = FIGURE_WORDS[one.key]
    scale = scoring.SCALES[one.key]
    return {
        "key": one.key, "title": title, "how": how, "value": _written(one.value, scale.unit), "part": one.part, "whole": one.whole,
        "points": None if one.points_bp is None else one.points_bp // 100, "weight": one.weight, "nothing": _written(scale.nothing, scale.unit),
        "full": _written(scale.full, scale.unit), "counted": scale.unit != "minutes" and one.key not in {"price", "screening"},
        "href": f"{page}#{one.key}", "state": "" if one.points_bp is None else _state(one.points_bp),
    }  # fmt: skip


def _state(points_bp: int) -> str:
    return "ok" if points_bp >= 8_000 else "warn" if points_bp >= 5_000 else "bad"


def _written(value: int | None, unit: str) -> str:
    if value is None:
        return "—"
    if unit == "bp":
        return f"{value / 100:.1f}%"
    if unit == "ppm":
        return f"{value / 10_000:.2f}%"
    return _("%(n)s 小时") % {"n": f"{value / 60:.1f}"}


def _figures(score: scoring.Score, supplier_id: UUID) -> list[dict[str, Any]]:
    page = reverse("supply:supplier", args=[supplier_id])
    return [figure_row(one, page) for one in score.figures]


def score_rows(found: Iterable[supplier_figures.SupplierScore]) -> list[dict[str, Any]]:
    """This function will write suppliers with their scores and figures."""
    return [
        {
            "supplier": one.supplier, "total": None if one.score.total_bp is None else one.score.total_bp // 100, "covered": one.score.covered_bp // 100,
            "state": _state(one.score.total_bp) if one.score.total_bp is not None else "", "figures": _figures(one.score, one.supplier.pk),
        }
        for one in found
    ]  # fmt: skip


def switch_rows(request: ConsoleRequest) -> list[dict[str, Any]]:
    """This function will give the open proposals of the actor's shops."""
    return [{"one": one, "cause": CAUSE_WORDS[one.cause]} for one in supplier_book.open_switches(request.actor)]


def supplier(request: ConsoleRequest, supplier_id: UUID) -> HttpResponse:
    """How well does this supplier do, and what is behind every figure?   Source: SUP-1, SUP-2, SUP-9."""
    found = supplier_figures.supplier_for(request.actor, supplier_id)
    score, evidence = supplier_figures.evidence_of(supplier_id, request.now)
    skus = _skus(request)
    today = business_date(request.now)
    agreements = supplier_figures.agreements_of(supplier_id)
    return render(
        request, "supply/supplier.html",
        {
            "supplier": found, "total": None if score.total_bp is None else score.total_bp // 100, "covered": score.covered_bp // 100,
            "state": _state(score.total_bp) if score.total_bp is not None else "", "figures": _figures(score, supplier_id),
            "purchases": [(one, supplier_figures.is_on_time(one, request.now)) for one in evidence.purchases[:50]],
            "inspections": [(one, evidence.defect_units.get(one.pk, 0)) for one in evidence.inspections[:50]],
            "returns": evidence.returns[:50], "sent_units": evidence.sent_units, "prices": evidence.prices[:50],
            "negotiations": evidence.negotiations[:50], "screenings": [(SCREENING_WORDS[one.kind], one) for one in evidence.screenings],
            "agreements": [(KIND_WORDS[one.kind], one, one.ended_at is None and one.valid_from <= today <= one.valid_until) for one in agreements],
            "shortfalls": supplier_figures.shortfalls_of(supplier_id, request.now), "can_edit": request.actor.can(permissions.SUPPLIER_EDIT),
            "ask_form": AskForm(skus=skus), "answer_form": AnswerForm(), "screening_form": ScreeningForm(initial={"seen_on": today}),
            "agreement_form": AgreementForm(skus=skus, initial={"valid_from": today}), "shortfall_form": ShortfallForm(skus=skus),
            "trail": [(_("供应商"), reverse("supply:suppliers")), (found.name, "")],
        },
    )  # fmt: skip


def _skus(request: ConsoleRequest) -> list[tuple[object, str]]:
    return list(catalog.sku_choices(request.actor))


def _again(request: ConsoleRequest, form: forms.Form, title: str, supplier_id: UUID) -> HttpResponse:
    context = {"form": form, "title": title, "back": reverse("supply:supplier", args=[supplier_id]), "is_file": "report" in form.fields}
    return render(request, "supply/form.html", context, status=422)


def _moment(said: Any, request: ConsoleRequest) -> Any:
    return request.now if said is None else said if said.tzinfo else from_shanghai(said)


@require_POST
def ask(request: ConsoleRequest, supplier_id: UUID) -> HttpResponse:
    form = AskForm(request.POST, skus=_skus(request))
    if not form.is_valid():
        return _again(request, form, _("问供应商"), supplier_id)
    said = form.cleaned_data
    supplier_book.ask(
        actor=request.actor, supplier_id=supplier_id, sku_id=UUID(said["sku"]) if said["sku"] else None, question=said["question"],
        target_fen=said["target"], asked_at=_moment(said["asked_at"], request), now=request.now,
    )  # fmt: skip
    return done(request, _("已记下，等答复"), "supply:supplier", supplier_id)


@require_POST
def answer(request: ConsoleRequest, negotiation_id: UUID) -> HttpResponse:
    form = AnswerForm(request.POST)
    supplier_id = Negotiation.objects.values_list("supplier_id", flat=True).filter(pk=negotiation_id).first()
    if supplier_id is None:
        raise supplier_figures.SupplierUnknown
    if not form.is_valid():
        return _again(request, form, _("记下答复"), supplier_id)
    said = form.cleaned_data
    supplier_book.answer(
        actor=request.actor, negotiation_id=negotiation_id, text=said["answer"], offered_fen=said["offered"], answered_at=_moment(said["answered_at"], request),
        now=request.now,
    )  # fmt: skip
    return done(request, _("已记下答复"), "supply:supplier", supplier_id)


@require_POST
def screen(request: ConsoleRequest, supplier_id: UUID) -> HttpResponse:
    form = ScreeningForm(request.POST, request.FILES)
    if not form.is_valid():
        return _again(request, form, _("考察"), supplier_id)
    said = form.cleaned_data
    report = said.pop("report")
    supplier_book.screen(
        actor=request.actor, supplier_id=supplier_id, report=Brought(report.name, report) if report else None, now=request.now, **said
    )
    return done(request, _("已记下"), "supply:supplier", supplier_id)


@require_POST
def agree(request: ConsoleRequest, supplier_id: UUID) -> HttpResponse:
    form = AgreementForm(request.POST, skus=_skus(request))
    if not form.is_valid():
        return _again(request, form, _("协议"), supplier_id)
    said = form.cleaned_data
    terms = supplier_book.Terms(
        said["kind"], supplier_id, UUID(said["sku"]), said["units"], said["price"], said["lead_days"], said["valid_from"], said["valid_until"], said["note"]
    )
    supplier_book.agree(actor=request.actor, terms=terms, now=request.now)
    return done(request, _("协议已记下"), "supply:supplier", supplier_id)


@require_POST
def end_agreement(request: ConsoleRequest, supplier_id: UUID, agreement_id: UUID) -> HttpResponse:
    supplier_book.end_agreement(actor=request.actor, agreement_id=agreement_id, reason=request.POST.get("reason", ""), now=request.now)
    return done(request, _("协议已结束"), "supply:supplier", supplier_id)


@require_POST
def tell_shortfall(request: ConsoleRequest, supplier_id: UUID) -> HttpResponse:
    form = ShortfallForm(request.POST, skus=_skus(request))
    if not form.is_valid():
        return _again(request, form, _("供不上货"), supplier_id)
    said = form.cleaned_data
    supplier_book.tell_shortfall(
        actor=request.actor, supplier_id=supplier_id, sku_id=UUID(said["sku"]), until=said["until"], reason=said["reason"], now=request.now
    )
    return done(request, _("已记下；有备用协议的会给出切换建议"), "supply:supplier", supplier_id)


@require_POST
def decide_switch(request: ConsoleRequest, proposal_id: UUID) -> HttpResponse:
    is_accepted = request.POST.get("decision") == "accept"
    made = supplier_book.decide_switch(
        actor=request.actor, proposal_id=proposal_id, is_accepted=is_accepted, reason=request.POST.get("reason", ""), now=request.now
    )
    if made.purchase_id:
        return done(request, _("已切换，采购单草稿等批准"), "supply:purchase", made.purchase_id)
    return done(request, _("维持原供应商，原因已记下"), "supply:suppliers")


