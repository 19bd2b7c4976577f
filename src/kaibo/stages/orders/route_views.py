"""Pages of the rules for couriers and warehouses: who takes what, from where, why, and what if?"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kaibo.kit.couriers import COURIERS
from kaibo.kit.money import fen_from_text, plain_yuan, yuan_text
from kaibo.master.catalog import queries as catalog
from kaibo.master.stock import queries as stock
from kaibo.plumbing import kept_words
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.stages.orders import route_book
from kaibo.stages.orders.freight_files import NAMES
from kaibo.stages.orders.permissions import ROUTE, SEE
from kaibo.stages.orders.route_book import Route, RouteWrong
from kaibo.stages.orders.routing import EVERYWHERE, Choice, Weighed, Why


@require_GET
def routes(request: ConsoleRequest) -> HttpResponse:
    """Who takes which parcel, from where, and why?   Source: SUP-13."""
    access.require(request.actor, SEE)
    version = route_book.in_force()
    couriers = [_courier_row(one.key, version) for one in COURIERS]
    warehouses = [(one, version.kept.get("warehouses", {}).get(one.code, "")) for one in stock.warehouses()]
    rules = [(place, one, NAMES[one["courier"]], _rule_words(one)) for place, one in enumerate(version.kept.get("rules", []))]
    freight = [(NAMES[key], len(table), table.get(EVERYWHERE)) for key, table in version.kept.get("freight", {}).items()]
    history = [(one, kept_words.read(one.change, one.values)) for one in route_book.versions()]
    context = {
        "version": version.number, "couriers": couriers, "warehouses": warehouses, "rules": rules, "freight": freight, "history": history,
        "names": [(one.key, one.zh) for one in COURIERS], "may_change": request.actor.can(ROUTE), "asked": _asked(request), **_tried(request),
    }  # fmt: skip
    return render(request, "orders/routes.html", context)


def _courier_row(key: str, version: route_book.Version) -> dict[str, Any]:
    told = version.kept.get("couriers", {}).get(key)
    return {
        "key": key, "name": NAMES[key], "told": told, "lines": len(version.kept.get("freight", {}).get(key, {})),
        "most_yuan": plain_yuan(told["most_fen"]) if told and told["most_fen"] else "", "most_kg": f"{told['most_grams'] / 1000:g}" if told and told["most_grams"] else "",
        "excluded": "、".join(told["excluded"]) if told else "",
    }  # fmt: skip


def _asked(request: ConsoleRequest) -> dict[str, str]:
    return {name: request.GET.get(name, usual) for name, usual in (("address", ""), ("kg", "1"), ("yuan", "199"), ("cash", ""))}


def _tried(request: ConsoleRequest) -> dict[str, Any]:
    asked = _asked(request)
    if not asked["address"].strip():
        return {}
    grams, value_fen = _grams(asked["kg"]), _fen(asked["yuan"])
    parcel, choice, warehouses = route_book.try_address(asked["address"][:200], grams=grams, value_fen=value_fen, is_cash=asked["cash"] == "1")
    return {"tried": {"place": " ".join(filter(None, parcel.place)) or _("读不出省市区"), "is_unread": not any(parcel.place), "warehouses": warehouses, **choice_words(choice)}}


def choice_words(choice: Choice) -> dict[str, Any]:
    """This function will say who takes a parcel and why, and why not the others."""
    if choice.courier is None:
        why = _("没有一家能送：看下面每家的原因")
    elif choice.rule is not None:
        why = _("第 %(n)s 条规则") % {"n": choice.rule + 1}
    else:
        why = _("能送的里面最便宜")
    cost = yuan_text(choice.cost_fen) if choice.cost_fen is not None else ""
    return {"courier": NAMES.get(choice.courier or "", ""), "why": why, "cost": cost, "weighed": [_weighed_words(one, choice.courier) for one in choice.weighed]}


def _weighed_words(one: Weighed, chosen: str | None) -> dict[str, Any]:
    said = {
        Why.FITS: _("能送"), Why.OFF: _("没有启用"), Why.PAUSED: _("宣布停用中"), Why.EXCLUDED: _("不送这个地区"), Why.NO_CASH: _("不代收货款"), Why.TOO_DEAR: _("货值超过上限"),
        Why.TOO_HEAVY: _("超重"), Why.NO_FREIGHT: _("没有这个地区的运费"),
    }[one.why]  # fmt: skip
    return {"name": NAMES[one.courier], "said": said, "cost": yuan_text(one.cost_fen) if one.cost_fen is not None else "—", "is_chosen": one.courier == chosen, "fits": one.why is Why.FITS}


def route_words(route: Route | None) -> dict[str, Any] | None:
    """This function will say of an order who takes it, from where, and why."""
    if route is None:
        return None
    names = {one.code: one.name for one in stock.warehouses()}
    items = catalog.sku_rows([sku for _code, part in route.sending.parts for sku in part] + list(route.sending.short))
    parts = [(names.get(code, code), route.sending.km.get(code, 0), [(items[sku].code, units) for sku, units in part.items()]) for code, part in route.sending.parts]
    own = route.own
    return {
        **choice_words(route.choice), "own": own, "own_name": NAMES.get(own.courier, "") if own else "", "parts": parts, "is_split": len(parts) > 1,
        "short": [(items[sku].code, units) for sku, units in route.sending.short.items()], "kg": f"{route.parcel.grams / 1000:g}",
    }  # fmt: skip


def _rule_words(rule: dict[str, Any]) -> str:
    said = [_("到 %(places)s") % {"places": "、".join(rule["places"])}] if rule["places"] else []
    said += [_("满 %(kg)s 公斤") % {"kg": f"{rule['least_grams'] / 1000:g}"}] if rule["least_grams"] else []
    said += [_("货值满 %(yuan)s") % {"yuan": yuan_text(rule["least_fen"])}] if rule["least_fen"] else []
    said += [_("货到付款")] if rule["cash"] else []
    return " · ".join(str(one) for one in said) or _("所有包裹")


@require_POST
def change(request: ConsoleRequest) -> HttpResponse:
    """One change of the rules: a courier, a rule more or less, a warehouse's place, an earlier version."""
    said, now = request.POST, request.now
    common: dict[str, Any] = {"actor": request.actor, "version": _whole(said.get("version", "")), "reason": said.get("reason", ""), "now": now}
    what = said.get("what", "")
    if what == "courier":
        told = {
            "on": said.get("on") == "1", "cash": said.get("cash") == "1", "most_fen": _fen(said.get("most_yuan", "")), "most_grams": _grams(said.get("most_kg", "")),
            "excluded": _places(said.get("excluded", "")),
        }  # fmt: skip
        route_book.set_courier(**common, key=said.get("key", ""), told=told)
    elif what == "rule":
        rule = {
            "courier": said.get("key", ""), "places": _places(said.get("places", "")), "least_grams": _grams(said.get("least_kg", "")),
            "least_fen": _fen(said.get("least_yuan", "")), "cash": said.get("cash") == "1", "why": said.get("reason", ""),
        }  # fmt: skip
        route_book.add_rule(**common, rule=rule)
    elif what == "drop":
        route_book.drop_rule(**common, place=_whole(said.get("place", "")))
    elif what == "warehouse":
        route_book.place_warehouse(**common, code=said.get("code", ""), province=said.get("province", "").strip())
    else:
        route_book.restore(**common, number=_whole(said.get("number", "")))
    return done(request, _("规则已更新，之后的包裹照新规则"), "orders:routes")


@require_POST
def choose(request: ConsoleRequest, order_id: UUID) -> HttpResponse:
    route_book.choose_courier(actor=request.actor, order_id=order_id, courier=request.POST.get("courier", ""), reason=request.POST.get("reason", ""), now=request.now)
    return done(request, _("已改快递，原因记在订单上"), "orders:order", order_id)


def _places(written: str) -> list[str]:
    for mark in "，,；;\n":
        written = written.replace(mark, "、")
    return [one.strip() for one in written.split("、") if one.strip()]


def _whole(written: str) -> int:
    if not written.strip().isdecimal():
        raise RouteWrong(why_zh="数字看不懂", why_en="this is no number")
    return int(written)


def _grams(written: str) -> int:
    try:
        grams = round(float(written or 0) * 1000)
    except (ValueError, OverflowError):
        raise RouteWrong(why_zh=f"重量“{written[:20]}”看不懂，写公斤数", why_en="the weight is no number of kilograms") from None
    if not 0 <= grams <= 10_000_000:
        raise RouteWrong(why_zh="重量不对", why_en="the weight is wrong")
    return grams


def _fen(written: str) -> int:
    return fen_from_text(written) if written.strip() else 0
