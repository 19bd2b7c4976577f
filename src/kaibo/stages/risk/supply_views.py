"""Stock-outs and courier trouble: what is out or stuck now, which orders and promises, what do I press?"""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from kaibo.kit.couriers import COURIERS
from kaibo.kit.money import yuan_text
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.stages.orders import courier_pauses
from kaibo.stages.orders.courier_rules import Signal
from kaibo.stages.orders.permissions import PAUSE, PUBLISH
from kaibo.stages.orders.track_views import stage_words, trouble_words
from kaibo.stages.orders.words import short_number
from kaibo.stages.risk import shortage_rules, shortages, supply_incidents, supply_texts
from kaibo.stages.risk.permissions import SUPPLY_HANDLE, SUPPLY_SEE
from kaibo.stages.risk.shortages import Shortage, WayOut
from kaibo.stages.risk.supply_models import SupplyIncident
from kaibo.stages.showplan.queries import sessions_of_products
from kaibo.stages.supply.permissions import PURCHASE_DRAFT, SUPPLIER_EDIT

SHOWN = 100
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
WAY_WORDS = {"order": gettext_lazy("在途"), "standby": gettext_lazy("备用供应商"), "quote": gettext_lazy("补货")}


class PauseForm(forms.Form):
    """A courier's trouble, declared."""

    courier = forms.ChoiceField(label=gettext_lazy("快递"), choices=[(one.key, one.zh) for one in COURIERS])
    places = forms.CharField(label=gettext_lazy("哪些省"), max_length=300, required=False, help_text=gettext_lazy("顿号隔开，如 新疆、西藏；留空是全国"))
    until = forms.DateField(label=gettext_lazy("预计到哪天"), required=False, widget=DAY, help_text=gettext_lazy("含当天，过了自动恢复；留空：手动恢复"))
    reason = forms.CharField(label=gettext_lazy("出了什么事"), max_length=200)
    province = forms.CharField(required=False, widget=forms.HiddenInput)
    signalled = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_places(self) -> list[str]:
        written = self.cleaned_data["places"]
        for mark in "，,；; ":
            written = written.replace(mark, "、")
        return [one.strip() for one in written.split("、") if one.strip()]


class CannotForm(forms.Form):
    """The main supplier cannot deliver until a day."""

    until = forms.DateField()
    reason = forms.CharField(max_length=200)


@require_GET
def home(request: ConsoleRequest) -> HttpResponse:
    """What is out, which courier is stuck, who deals with it?   Source: RSK-2."""
    access.require(request.actor, SUPPLY_SEE)
    return _shown(request, None)


def _shown(request: ConsoleRequest, wrong: PauseForm | None) -> HttpResponse:
    actor, now = request.actor, request.now
    found = shortages.shortages(actor, shop_id=request.shop_id)
    open_ones = list(supply_incidents.incidents_for(actor, shop_id=request.shop_id).filter(closed_at=None)[:SHOWN])
    taken = {one.subject_id: one for one in open_ones}
    pauses = [_pause_row(one) for one in courier_pauses.open_pauses(actor)]
    proposals = [_signal_row(one) for one in courier_pauses.signals(actor, now)]
    asked = {name: request.GET.get(name, "") for name in ("courier", "places", "reason", "province", "signalled")}
    form = wrong or PauseForm(initial={**asked, "until": supply_incidents.usual_end(now)})
    orders = sum(len(one.waiting) for one in found)
    figures = [
        {"name": _("缺货的货号"), "value": len(found), "beside": _("%(n)s 单在等") % {"n": f"{orders:,}"}, "state": "bad" if found else "ok", "value_state": "bad" if found else "", "href": "#short"},
        {"name": _("停用的快递"), "value": len(pauses), "beside": _("没发的按规则改走别家"), "state": "warn" if pauses else "ok", "href": "#couriers"},
        {"name": _("异常太多的快递"), "value": len(proposals), "beside": _("24 小时异常远高于它自己平时"), "state": "bad" if proposals else "ok", "value_state": "bad" if proposals else "", "href": "#signals"},
        {"name": _("没人管的"), "value": sum(1 for one in found if one.sku.id not in taken), "beside": _("缺货还没人接手")},
    ]  # fmt: skip
    context = {
        "figures": figures, "short": [_short_row(one, taken.get(one.sku.id), now) for one in found[:SHOWN]], "pauses": pauses, "signals": proposals, "now": now,
        "form": form, "is_asked": wrong is not None or bool(asked["courier"]), "may": _may(request), "trail": [(_("风险"), reverse("risk:home")), (_("断货与快递"), "")],
        "closed": list(supply_incidents.incidents_for(actor, shop_id=request.shop_id).exclude(closed_at=None).order_by("-closed_at")[:20]),
    }  # fmt: skip
    return render(request, "risk/supply.html", context, status=422 if wrong is not None else 200)


def _may(request: ConsoleRequest) -> dict[str, bool]:
    can = request.actor.can
    return {"handle": can(SUPPLY_HANDLE), "pause": can(SUPPLY_HANDLE) and can(PAUSE), "draft": can(PURCHASE_DRAFT), "switch": can(SUPPLIER_EDIT), "publish": can(PUBLISH)}


def _places(places: list[str]) -> str:
    return "、".join(places) or _("全国")


def _pause_row(one: Any) -> dict[str, Any]:
    return {"one": one, "courier": courier_pauses.NAMES[one.courier], "places": _places(one.places)}


def _signal_row(one: Signal) -> dict[str, Any]:
    return {
        "one": one, "courier": courier_pauses.NAMES[one.courier], "place": one.province or _("全国"), "expected": f"{one.expected:.1f}", "times": f"{one.times:.0f}",
        "sent": f"{one.sent_a_day:.0f}", "usual_sent": f"{one.usual_a_day:.0f}",
        "reason": f"24 小时异常 {one.troubles} 个，平时一天 {one.expected:.1f} 个",
    }  # fmt: skip


def _short_row(one: Shortage, incident: SupplyIncident | None, now: Any) -> dict[str, Any]:
    late, soon, later = shortage_rules.by_promise(one.lines, now)
    return {"one": one, "late": late, "soon": soon, "later": later, "incident": incident}


@require_POST
def declare(request: ConsoleRequest) -> HttpResponse:
    form = PauseForm(request.POST)
    if not form.is_valid():
        return _shown(request, form)
    said = form.cleaned_data
    signal = supply_incidents.signal_of(request.actor, said["courier"], said["province"], request.now) if said["signalled"] else None
    pause, outcome = supply_incidents.declare_courier(
        actor=request.actor, courier=said["courier"], places=said["places"], until=said["until"], reason=said["reason"], now=request.now, signal=signal
    )
    return done(request, _("已停用：%(n)s 单改走别家，客服和仓库已通知") % {"n": outcome.rerouted}, "risk:courier", pause.pk)


@require_GET
def courier(request: ConsoleRequest, pause_id: UUID) -> HttpResponse:
    """Which orders go another way, which parcels are stuck, what do we say?   Source: RSK-2."""
    access.require(request.actor, SUPPLY_SEE)
    pause = courier_pauses.pause_for(request.actor, pause_id)
    name, places = courier_pauses.NAMES[pause.courier], _places(pause.places)
    rerouted = list(courier_pauses.rerouted_of(request.actor, pause, shop_id=request.shop_id))
    away = courier_pauses.on_the_way(request.actor, pause, shop_id=request.shop_id)
    stuck = list(away[:SHOWN])
    late, soon = courier_pauses.promise_of(rerouted, request.now)
    others = Counter(courier_pauses.NAMES.get(one.now_courier, "") for one in rerouted)
    nobody = others.pop("", 0)
    total = away.count()
    figures = [
        {"name": _("没发的，改走别家"), "value": len(rerouted), "beside": "、".join(f"{key} {n}" for key, n in others.most_common()) or "—", "href": "#orders"},
        {"name": _("没有别家能送"), "value": nobody, "beside": _("先保留，联系买家"), "state": "bad" if nobody else "ok", "value_state": "bad" if nobody else ""},
        {"name": _("承诺"), "value": late, "beside": _("已过；24 小时内到期 %(n)s 单") % {"n": soon}, "state": "bad" if late else "ok", "value_state": "bad" if late else ""},
        {"name": _("在路上的"), "value": total, "beside": _("%(n)s 个有异常") % {"n": away.exclude(trouble="").count()}, "href": "#away"},
    ]  # fmt: skip
    incident = supply_incidents.incident_of(request.actor, "courier", pause.pk)
    context = {
        "pause": pause, "name": name, "places": places, "figures": figures, "orders": [_rerouted_row(one) for one in rerouted[:SHOWN]], "more_orders": max(0, len(rerouted) - SHOWN),
        "away": [_away_row(one) for one in stuck], "more_away": max(0, total - SHOWN), "now": request.now, "may": _may(request), "incident": incident,
        "steps": list(incident.steps.order_by("at", "pk")) if incident else [], "trail": [(_("断货与快递"), reverse("risk:supply")), (f"{name} {places}", "")],
        "texts": [
            (_("还没发的买家"), supply_texts.paused_not_left(name, "、".join(pause.places) or "全国", "、".join(others))),
            (_("在路上的买家"), supply_texts.paused_on_the_way(name, "、".join(pause.places) or "全国", pause.until)),
        ],
    }  # fmt: skip
    return render(request, "risk/courier.html", context)


def _rerouted_row(one: Any) -> dict[str, Any]:
    return {"one": one, "number": short_number(one.order.order_no), "now": courier_pauses.NAMES.get(one.now_courier, ""), "cost": yuan_text(one.cost_fen) if one.cost_fen is not None else ""}


def _away_row(one: Any) -> dict[str, Any]:
    words, state = stage_words(one.stage)
    return {"one": one, "order": one.shipment.order, "words": words, "state": state, "trouble": trouble_words(one.trouble) if one.trouble else ""}


@require_POST
def end_courier(request: ConsoleRequest, pause_id: UUID) -> HttpResponse:
    back = supply_incidents.end_courier(actor=request.actor, pause_id=pause_id, reason=request.POST.get("reason", ""), now=request.now)
    return done(request, _("已恢复，没发的照原来的规则；%(n)s 单人工选的快递也改回去了") % {"n": back}, "risk:courier", pause_id)


@require_GET
def stockout(request: ConsoleRequest, sku_id: UUID) -> HttpResponse:
    """Who waits for this item, and what does each way out do?   Source: RSK-2."""
    plan = shortages.plan_of(request.actor, sku_id, request.now)
    found, sku = plan.shortage, plan.shortage.sku
    late, soon, later = shortage_rules.by_promise(found.lines, request.now)
    incident = supply_incidents.incident_of(request.actor, "stockout", sku_id)
    soonest = min((one.here_on for one in (*plan.coming, *(way for way in plan.helpers if not way.cannot))), default=None)
    figures = [
        {"name": _("在等的订单"), "value": len(found.waiting), "beside": _("缺 %(n)s 件，现有 %(there)s 件") % {"n": found.short, "there": found.there}, "state": "bad", "value_state": "bad"},
        {"name": _("已过承诺"), "value": late, "beside": _("24 小时内 %(soon)s 单，以后 %(later)s 单") % {"soon": soon, "later": later}, "state": "bad" if late else "ok", "value_state": "bad" if late else ""},
        {"name": _("全退要退"), "value": yuan_text(found.paid_fen), "beside": _("这些订单里它的货款")},
    ]  # fmt: skip
    live = [one for one in sessions_of_products([sku.product_id]).get(sku.product_id, []) if one.state == "live"]
    context = {
        "plan": plan, "sku": sku, "figures": figures, "ways": [_way_row(one, found) for one in (*plan.coming, *plan.helpers)], "incident": incident,
        "steps": list(incident.steps.order_by("at", "pk")) if incident else [], "may": _may(request), "now": request.now, "live": live, "until": supply_incidents.usual_end(request.now),
        "orders": [(short_number(order.order_no), order, one) for order, one in _soonest(found)[:SHOWN]], "more": max(0, len(found.waiting) - SHOWN),
        "selling": [one for one in plan.channels if one.quota_units != 0], "stopped": [one for one in plan.channels if one.quota_units == 0],
        "text": supply_texts.out_of_stock(sku.title, soonest), "trail": [(_("断货与快递"), reverse("risk:supply")), (sku.code, "")],
    }  # fmt: skip
    return render(request, "risk/stockout.html", context)


def _soonest(found: Shortage) -> list[tuple[Any, shortage_rules.Waiting]]:
    return sorted(found.waiting, key=lambda row: (row[1].ship_by is None, row[1].ship_by.timestamp() if row[1].ship_by else 0.0))


def _way_row(one: WayOut, found: Shortage) -> dict[str, Any]:
    return {"one": one, "kind": WAY_WORDS[one.kind], "fen": yuan_text(one.units * one.price_fen), "all": len(found.waiting), "state": "ok" if one.served.in_time else "warn" if one.served.orders else "bad"}


@require_POST
def handle(request: ConsoleRequest, sku_id: UUID) -> HttpResponse:
    """One press about a stock-out: take it on, order more, say that the main supplier cannot, stop or resume selling."""
    said, what = request.POST, request.POST.get("what", "")
    common: dict[str, Any] = {"actor": request.actor, "sku_id": sku_id, "now": request.now}
    if what == "order":
        made = supply_incidents.order_more(**common, kind=said.get("kind", ""), supplier_id=_uuid(said.get("supplier", "")))
        return done(request, _("已起草 %(code)s，待批准") % {"code": made.code}, "supply:purchase", made.pk)
    if what == "cannot":
        form = CannotForm(said)
        if not form.is_valid():
            raise supply_incidents.WayOutGone
        supply_incidents.tell_main_cannot(**common, **form.cleaned_data)
        words = _("已记下，有备用协议的会马上给出切换建议")
    elif what in {"stop", "resume"}:
        n = supply_incidents.stop_selling(**common, is_stopped=what == "stop")
        words = _("%(n)s 个渠道已停售，马上按 0 件发布") % {"n": n} if what == "stop" else _("%(n)s 个渠道恢复售卖") % {"n": n}
    else:
        supply_incidents.take_on_shortage(**common)
        words = _("由你负责，做了什么都记在这里")
    return done(request, words, "risk:stockout", sku_id)


def _uuid(written: str) -> UUID:
    try:
        return UUID(written)
    except ValueError:
        raise supply_incidents.WayOutGone from None


@require_POST
def close(request: ConsoleRequest, incident_id: UUID) -> HttpResponse:
    supply_incidents.close(actor=request.actor, incident_id=incident_id, outcome=request.POST.get("outcome", ""), now=request.now)
    return done(request, _("已结束"), "risk:supply")
