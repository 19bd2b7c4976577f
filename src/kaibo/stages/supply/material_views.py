"""Deeds about a launch's materials and money, from its supply page."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kaibo.kit.money import fen_from_text
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.stages.supply import launch_coverage, launch_materials
from kaibo.stages.supply.launch_forms import BudgetForm, MaterialForm, RaiseForm
from kaibo.stages.supply.launch_views import back_to, shown


@require_POST
def add(request: ConsoleRequest, launch_id: UUID) -> HttpResponse:
    form = MaterialForm(request.POST)
    if not form.is_valid():
        return shown(request, launch_coverage.plan_for(request.actor, launch_id), {"material": form})
    launch_materials.add_material(actor=request.actor, launch_id=launch_id, said=form.said(), now=request.now)
    return done(request, _("物料已加进计划"), back_to(launch_id, "budget"))


@require_POST
def step(request: ConsoleRequest, material_id: UUID) -> HttpResponse:
    """Ordered, taken back, arrived, or not needed any more."""
    said, what = request.POST, request.POST.get("what", "")
    common = {"actor": request.actor, "material_id": material_id, "now": request.now}
    if what == "order":
        found, words = launch_materials.order_material(**common), _("已记为下单，金额占用预算")
    elif what == "back":
        found, words = launch_materials.take_order_back(**common, reason=said.get("reason", "")), _("下单已撤回，预算放回")
    elif what == "arrive":
        paid = fen_from_text(said["spent"]) if said.get("spent", "").strip() else None
        found, words = launch_materials.note_arrival(**common, spent_fen=paid), _("已到，实付已记")
    else:
        found, words = launch_materials.drop_material(**common, reason=said.get("reason", "")), _("已从计划里去掉")
    return done(request, words, back_to(found.plan_id, "budget"))


@require_POST
def budget(request: ConsoleRequest, launch_id: UUID) -> HttpResponse:
    form = BudgetForm(request.POST)
    if not form.is_valid():
        return shown(request, launch_coverage.plan_for(request.actor, launch_id), {"budget": form})
    said = form.cleaned_data
    launch_materials.set_budget(actor=request.actor, launch_id=launch_id, budget_fen=said["budget"], reason=said["reason"], now=request.now)
    return done(request, _("预算已定"), back_to(launch_id, "budget"))


@require_POST
def ask_raise(request: ConsoleRequest, launch_id: UUID) -> HttpResponse:
    form = RaiseForm(request.POST)
    if not form.is_valid():
        return shown(request, launch_coverage.plan_for(request.actor, launch_id), {"raise": form})
    said = form.cleaned_data
    launch_materials.ask_raise(actor=request.actor, launch_id=launch_id, up_to_fen=said["up_to"], reason=said["reason"], now=request.now)
    return done(request, _("已申请超支，等另一个人批准"), back_to(launch_id, "budget"))


@require_POST
def allow_raise(request: ConsoleRequest, raise_id: UUID) -> HttpResponse:
    asked = launch_materials.allow_raise(actor=request.actor, raise_id=raise_id, now=request.now)
    return done(request, _("已批准超支，双方姓名记入审计"), back_to(asked.plan_id, "budget"))
