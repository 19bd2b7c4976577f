"""The pages of a launch's supply: enough units by the day, from where, parcels in time, materials within the budget? What do I press?"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from kaibo.kit.clock import business_date
from kaibo.kit.money import yuan_text
from kaibo.master.launches.models import Launch
from kaibo.master.launches.queries import launch_for
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.thresholds import thresholds
from kaibo.plumbing.wiring import wiring
from kaibo.stages.supply import launch_coverage, launch_hurdles, launch_plans, queries, rolling, services, supplier_book
from kaibo.stages.supply.launch_coverage import Helper, ItemView, PlanView
from kaibo.stages.supply.launch_forms import BudgetForm, CapacityForm, DeliveryForm, MaterialForm, RaiseForm, UnitsForm
from kaibo.stages.supply.launch_models import LaunchSupply
from kaibo.stages.supply.permissions import (
    BUDGET_ALLOW,
    BUDGET_SET,
    LAUNCH_CONFIRM,
    LAUNCH_PLAN,
    PURCHASE_DRAFT,
    SEE,
    SUPPLIER_EDIT,
)
from kaibo.stages.supply.quality import Brought

NEED_WORDS = {
    "own": gettext_lazy("人工定的"), "session": gettext_lazy("场次计划"), "forecast": gettext_lazy("销量预测"), "safety": gettext_lazy("安全库存"), "none": gettext_lazy("还不知道"),
}  # fmt: skip
LEVEL_WORDS = {
    "sellable": gettext_lazy("可售"), "incoming": gettext_lazy("待检"), "allotted": gettext_lazy("直播配额"), "locked": gettext_lazy("给场次锁仓"),
}  # fmt: skip
HELPER_WORDS = {"standby": gettext_lazy("备用供货"), "material": gettext_lazy("备料协议"), "quote": gettext_lazy("有报价，产能要问")}
MATERIAL_WORDS = {
    "planned": (gettext_lazy("计划"), "note"), "ordered": (gettext_lazy("已下单"), "warn"), "arrived": (gettext_lazy("已到"), "ok"), "dropped": (gettext_lazy("不要了"), ""),
}  # fmt: skip
KIND_WORDS = {"packaging": gettext_lazy("包材"), "promotion": gettext_lazy("促销物料")}
USUAL_GRAMS, SHOWN = 500, 100


@require_GET
def launch_list(request: ConsoleRequest) -> HttpResponse:
    """Which launches are supplied, which lack what?   Source: SUP-12."""
    access.require(request.actor, SEE)
    running = access.visible(Launch.objects.filter(state=Launch.State.RUNNING), request.actor, shop_id=request.shop_id)
    found = list(running.select_related("product", "supply_plan__warehouse").order_by("on_air_at", "created_at")[:SHOWN])
    rows = [_list_row(one, request) for one in found]
    red = sum(1 for row in rows if row["state"] == "bad")
    figures = [
        {"name": _("进行中的上新"), "value": len(rows), "beside": _("%(n)s 个有供货计划") % {"n": sum(1 for row in rows if row["plan"])}},
        {"name": _("有缺口"), "value": red, "beside": _("缺件、赶不上承诺、超预算或物料没到"), "state": "bad" if red else "ok", "value_state": "bad" if red else ""},
        {"name": _("已确认"), "value": sum(1 for row in rows if row["state"] == "ok"), "beside": _("没确认的，开播前 %(n)s 天起闸门为红") % {"n": thresholds.value("supply.launch_red_days")}},
    ]  # fmt: skip
    return render(request, "supply/launch_plans.html", {"rows": rows, "figures": figures, "now": request.now, "may_plan": request.actor.can(LAUNCH_PLAN)})


def _list_row(one: Launch, request: ConsoleRequest) -> dict[str, Any]:
    plan: LaunchSupply | None = getattr(one, "supply_plan", None)
    if plan is None:
        words, state = _("还没做"), ""
    elif plan.hurdles:
        words, state = _("%(n)s 处不够") % {"n": len(plan.hurdles)}, "bad"
    elif plan.confirmed_at:
        words, state = _("已确认"), "ok"
    else:
        words, state = _("等确认"), "warn"
    return {"launch": one, "plan": plan, "words": words, "state": state, "why": launch_hurdles.kept_words(plan)[:2] if plan else []}


@require_GET
def launch_page(request: ConsoleRequest, launch_id: UUID) -> HttpResponse:
    """Is this launch supplied, and what do I press where it is not?   Source: SUP-12."""
    access.require(request.actor, SEE)
    launch = launch_for(request.actor, launch_id)
    trail = [(_("上新供货"), reverse("supply:launches")), (launch.title, "")]
    plan = launch_coverage.plans_for(request.actor).filter(pk=launch_id).first()
    may = _may(request, launch.shop_id)
    if plan is None:
        return render(request, "supply/launch_plan.html", {"launch": launch, "trail": trail, "plan": None, "may": may, "now": request.now})
    return shown(request, plan, {})


def _may(request: ConsoleRequest, shop_id: UUID) -> dict[str, bool]:
    abilities = {"plan": LAUNCH_PLAN, "confirm": LAUNCH_CONFIRM, "budget": BUDGET_SET, "allow": BUDGET_ALLOW, "draft": PURCHASE_DRAFT, "ask": SUPPLIER_EDIT}
    return {name: request.actor.can(ability, shop_id=shop_id) for name, ability in abilities.items()}


def shown(request: ConsoleRequest, plan: LaunchSupply, wrong: dict[str, forms.Form]) -> HttpResponse:
    view = launch_coverage.view_of(plan, request.now)
    today = business_date(request.now)
    hurdles = [launch_hurdles.words_of(one) for one in launch_hurdles.hurdles_of(view, today)]
    context = {
        "launch": plan.launch, "plan": plan, "view": view, "hurdles": hurdles, "now": request.now, "may": _may(request, plan.shop_id), "figures": _figures(view),
        "trail": [(_("上新供货"), reverse("supply:launches")), (plan.launch.title, "")], "items": [_item_row(one, view) for one in view.items],
        "delivery": _delivery_words(view), "carriers": _carriers(view), "materials": [_material_row(*row, today=today) for row in view.materials],
        "money": _money_words(view), "raises": [(one, one.allowed_at is None and one.asked_by != request.actor.person_id) for one in view.raises],
        **_forms(request, view, wrong), "cover_days": thresholds.value(launch_coverage.COVER_DAYS), "capacities": [(one, sku.sku.code) for sku in view.items for one in sku.confirmed],
    }  # fmt: skip
    return render(request, "supply/launch_plan.html", context, status=422 if wrong else 200)


def _forms(request: ConsoleRequest, view: PlanView, wrong: dict[str, forms.Form]) -> dict[str, Any]:
    suppliers = queries.suppliers(request.actor)
    delivery = {
        "warehouse": str(view.plan.warehouse_id or ""), "units_a_parcel": f"{view.plan.units_a_parcel_milli / 1000:g}", "pack_a_day": view.plan.pack_a_day,
        "reason": view.plan.pack_reason,
    }  # fmt: skip
    return {
        "capacity_form": wrong.get("capacity") or CapacityForm(view=view, suppliers=suppliers, initial={"by_on": view.needed_on}), "is_capacity_wrong": "capacity" in wrong,
        "delivery_form": wrong.get("delivery") or DeliveryForm(initial=delivery), "is_delivery_wrong": "delivery" in wrong,
        "material_form": wrong.get("material") or MaterialForm(initial={"needed_on": view.needed_on}), "is_material_wrong": "material" in wrong,
        "budget_form": wrong.get("budget") or BudgetForm(), "is_budget_wrong": "budget" in wrong, "raise_form": wrong.get("raise") or RaiseForm(), "is_raise_wrong": "raise" in wrong,
    }  # fmt: skip


def _figures(view: PlanView) -> list[dict[str, Any]]:
    delivery, money = view.delivery, view.money
    covered = view.units - view.missing
    figures = [
        {
            "name": _("备货"), "value": f"{covered:,} / {view.units:,}", "beside": _("缺 %(n)s 件，%(day)s 前要到") % {"n": f"{view.missing:,}", "day": f"{view.needed_on:%m-%d}"},
            "state": "bad" if view.missing else "ok", "value_state": "bad" if view.missing else "", "href": "#items",
        },
    ]  # fmt: skip
    if delivery is not None:
        last = f"{delivery.last_on:%m-%d}" if delivery.last_on else "—"
        figures.append({
            "name": _("最后一包"), "value": last, "beside": _("%(n)s 包，承诺到 %(by)s") % {"n": f"{delivery.parcels:,}", "by": f"{business_date(delivery.promised_at):%m-%d}"},
            "state": "bad" if delivery.late else "ok", "value_state": "bad" if delivery.late else "", "href": "#delivery",
        })  # fmt: skip
    figures.append({
        "name": _("物料"), "value": yuan_text(money.planned_fen), "beside": _("预算 %(fen)s") % {"fen": yuan_text(money.budget_fen)},
        "state": {"red": "bad", "run": "warn", "ok": "ok"}[money.state], "value_state": "bad" if money.state == "red" else "", "href": "#budget",
    })  # fmt: skip
    return figures


def _item_row(one: ItemView, view: PlanView) -> dict[str, Any]:
    state, words = {"ok": ("ok", _("够")), "run": ("warn", _("缺 %(n)s 件，协议能补上")), "red": ("bad", _("缺 %(n)s 件"))}[one.coverage.state]
    known = [(NEED_WORDS[key], units, key == one.need.source) for key, units in one.need.known.items()]
    levels = [(LEVEL_WORDS[key], units) for key, units in one.levels.items() if units]
    helpers = sorted((_helper_row(helper, one, view) for helper in one.helpers), key=lambda row: row["late_days"]) if one.coverage.missing else []
    return {"one": one, "state": state, "words": words % {"n": f"{one.coverage.missing:,}"}, "source": NEED_WORDS[one.need.source], "known": known, "levels": levels, "helpers": helpers}


def _helper_row(helper: Helper, one: ItemView, view: PlanView) -> dict[str, Any]:
    """How an order for what is missing would look: whole minimum, its sum, in time or so many days late."""
    units = rolling.in_packs(one.coverage.missing, minimum_units=helper.minimum_units, pack_units=1)
    late = max(0, (helper.here_on - view.needed_on).days)
    return {"helper": helper, "kind": HELPER_WORDS[helper.kind], "units": units, "fen": units * helper.price_fen, "late_days": late}


def _delivery_words(view: PlanView) -> dict[str, Any] | None:
    found = view.delivery
    if found is None:
        return None
    own = view.plan.pack_a_day is not None
    measured = _("自己填的：%(why)s") % {"why": view.plan.pack_reason} if own else _("近 60 天发过货的 %(n)s 天里，较忙的一天（p90）") % {"n": view.plan.pace.get("days", 0)}
    said = _("商品的发货承诺") if view.promised_by == "promise" else _("平时的发货时限")
    return {"found": found, "measured": measured, "promised_by": said}


def _carriers(view: PlanView) -> list[dict[str, Any]]:
    """Couriers by the rules in force, with how many parcels a day each has to fetch."""
    if view.delivery is None or not view.items:
        return []
    prices = [one.sku.price_fen for one in view.items]
    held = view.plan.units_a_parcel_milli
    found = wiring().carriers_of(view.plan.shop_id, grams=USUAL_GRAMS * held // 1000, value_fen=sum(prices) // len(prices) * held // 1000)
    a_day = min(view.delivery.spare_a_day, view.delivery.parcels) if view.delivery.days else 0
    return [
        {"one": one, "share": f"{one.share_bp / 100:.1f}%", "parcels": view.delivery.parcels * one.share_bp // 10_000, "a_day": -(-a_day * one.share_bp // 10_000), "places": "、".join(one.places)}
        for one in found
    ]  # fmt: skip


def _material_row(kept: Any, needed: int, line: Any, *, today: Any) -> dict[str, Any]:
    words, state = MATERIAL_WORDS[kept.state]
    late = kept.needed_on < today and kept.state in {"planned", "ordered"}
    per = _("每包 %(n)s 个") % {"n": f"{kept.a_parcel_milli / 1000:g}"} if kept.a_parcel_milli else _("一共 %(n)s 个") % {"n": f"{kept.total_units:,}"}
    return {"one": kept, "needed": needed, "line": line, "words": words, "state": state, "late": late, "kind": KIND_WORDS[kept.kind], "per": per}


def _money_words(view: PlanView) -> dict[str, Any]:
    money = view.money
    state, words = {
        "ok": ("ok", _("在预算内")), "run": ("warn", _("快到预算了")), "red": ("bad", _("超出 %(fen)s，要第二个人批准") % {"fen": yuan_text(money.over_fen)}),
    }[money.state]  # fmt: skip
    return {"found": money, "state": state, "words": words, "waits": any(one.allowed_at is None for one in view.raises), "warn": f"{money.warn_bp / 100:g}%"}


# ── deeds ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@require_POST
def begin(request: ConsoleRequest, launch_id: UUID) -> HttpResponse:
    launch_plans.begin(actor=request.actor, launch_id=launch_id, now=request.now)
    return done(request, _("供货计划已建好：先看缺口"), "supply:launch", launch_id)


@require_POST
def count_again(request: ConsoleRequest, launch_id: UUID) -> HttpResponse:
    launch_plans.count_again(actor=request.actor, launch_id=launch_id, now=request.now)
    return done(request, _("预测和仓库速度已重算"), "supply:launch", launch_id)


@require_POST
def set_units(request: ConsoleRequest, launch_id: UUID) -> HttpResponse:
    form = UnitsForm(request.POST)
    if not form.is_valid():
        raise launch_plans.LaunchFiguresWrong
    said = form.cleaned_data
    launch_plans.set_units(actor=request.actor, launch_id=launch_id, sku_id=said["sku"], units=said["units"], reason=said["reason"], now=request.now)
    return done(request, _("已按你的数重算缺口"), back_to(launch_id, "items"))


@require_POST
def set_delivery(request: ConsoleRequest, launch_id: UUID) -> HttpResponse:
    plan = launch_coverage.plan_for(request.actor, launch_id)
    form = DeliveryForm(request.POST)
    if not form.is_valid():
        return shown(request, plan, {"delivery": form})
    said = form.cleaned_data
    launch_plans.set_delivery(
        actor=request.actor, launch_id=launch_id, warehouse_id=UUID(said["warehouse"]), units_a_parcel_milli=int(said["units_a_parcel"] * 1000),
        pack_a_day=said["pack_a_day"], reason=said["reason"], now=request.now,
    )  # fmt: skip
    return done(request, _("仓配已更新"), back_to(launch_id, "delivery"))


@require_POST
def note_capacity(request: ConsoleRequest, launch_id: UUID) -> HttpResponse:
    plan = launch_coverage.plan_for(request.actor, launch_id)
    view = launch_coverage.view_of(plan, request.now)
    form = CapacityForm(request.POST, request.FILES, view=view, suppliers=queries.suppliers(request.actor))
    if not form.is_valid():
        return shown(request, plan, {"capacity": form})
    said, proof = form.cleaned_data, form.cleaned_data["proof"]
    told = launch_plans.CapacitySaid(UUID(said["supplier"]), UUID(said["sku"]), said["units"], said["by_on"], said["said_by"])
    launch_plans.note_capacity(
        actor=request.actor, launch_id=launch_id, said=told, now=request.now, proof=Brought(proof.name, proof) if proof else None
    )
    return done(request, _("产能确认已记下"), back_to(launch_id, "capacity"))


@require_POST
def withdraw_capacity(request: ConsoleRequest, capacity_id: UUID) -> HttpResponse:
    found = launch_plans.withdraw_capacity(actor=request.actor, capacity_id=capacity_id, reason=request.POST.get("reason", ""), now=request.now)
    return done(request, _("已撤回，缺口已重算"), back_to(found.plan_id, "capacity"))


@require_POST
def confirm(request: ConsoleRequest, launch_id: UUID) -> HttpResponse:
    launch_plans.confirm(actor=request.actor, launch_id=launch_id, now=request.now)
    return done(request, _("供货计划已确认，看板上这一关按它算"), "supply:launch", launch_id)


@require_POST
def reopen(request: ConsoleRequest, launch_id: UUID) -> HttpResponse:
    launch_plans.reopen(actor=request.actor, launch_id=launch_id, reason=request.POST.get("reason", ""), now=request.now)
    return done(request, _("已取消确认"), "supply:launch", launch_id)


@require_POST
def draft(request: ConsoleRequest, launch_id: UUID) -> HttpResponse:
    """Draft the order for what is missing from one of those who could make it."""
    plan = launch_coverage.plan_for(request.actor, launch_id)
    view = launch_coverage.view_of(plan, request.now)
    item, helper = _chosen(view, request.POST)
    units = rolling.in_packs(item.coverage.missing, minimum_units=helper.minimum_units, pack_units=1)
    made = services.draft_purchase(
        actor=request.actor, supplier_id=helper.supplier_id, sku_id=item.sku.id, quantity=units, price_fen=helper.price_fen, now=request.now,
        reason=f"上新备货 {plan.launch.title}：要 {item.need.units} 件，缺 {item.coverage.missing} 件，{view.needed_on:%m-%d} 前要到"[:300],
    )  # fmt: skip
    return done(request, _("已起草 %(code)s，待批准") % {"code": made.code}, "supply:purchase", made.pk)


@require_POST
def ask(request: ConsoleRequest, launch_id: UUID) -> HttpResponse:
    """Ask a supplier whether it can make what is missing by the day; the question stands in its negotiation record."""
    plan = launch_coverage.plan_for(request.actor, launch_id)
    view = launch_coverage.view_of(plan, request.now)
    item, helper = _chosen(view, request.POST)
    question = f"{item.sku.code} {item.coverage.missing} 件，{view.needed_on:%Y-%m-%d} 前能不能到？请书面确认"
    supplier_book.ask(
        actor=request.actor, supplier_id=helper.supplier_id, sku_id=item.sku.id, question=question, target_fen=None, asked_at=request.now, now=request.now
    )
    return done(request, _("已记在它的问与答里，等答复；确认后把产能记到这里"), back_to(launch_id, "items"))


def _chosen(view: PlanView, said: Any) -> tuple[ItemView, Helper]:
    item = next((one for one in view.items if str(one.sku.id) == said.get("sku")), None)
    if item is None:
        raise launch_plans.NotOfThisLaunch
    helper = next((one for one in item.helpers if str(one.supplier_id) == said.get("supplier") and one.kind == said.get("kind")), None)
    if helper is None or not item.coverage.missing:
        raise launch_plans.NotOfThisLaunch
    return item, helper


def back_to(launch_id: UUID, place: str) -> str:
    return f"{reverse('supply:launch', args=[launch_id])}#{place}"

