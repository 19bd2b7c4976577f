"""The rules for couriers and warehouses: their versions, what they say of an order or an address, and a person's own choice (SUP-13)."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop

from kaibo.kit import couriers
from kaibo.kit.errors import Conflict, Invalid
from kaibo.master.stock import queries as stock
from kaibo.plumbing import kept_words
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.kept_words import Filling
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.orders import queries, routing
from kaibo.stages.orders.addresses.parser import parse_address
from kaibo.stages.orders.complaints import ReasonMissing
from kaibo.stages.orders.models import Order, OrderLine
from kaibo.stages.orders.permissions import ROUTE, SHIP
from kaibo.stages.orders.provinces import short_name
from kaibo.stages.orders.routing import Book, Choice, Parcel, Sending
from kaibo.stages.orders.routing_models import CourierPause, RouteBook, RouteChoice

UNIT_GRAMS = "orders.unit_grams"
USUAL: dict[str, Any] = {"on": True, "cash": False, "most_fen": 0, "most_grams": 0, "excluded": []}
MOST_RULES, MOST_PLACES = 50, 200


class RulesMovedOn(Conflict):
    code = "orders.route_rules_moved_on"
    message_zh = "快递规则刚被改成第 {number} 版，请刷新后再改"
    message_en = "The courier rules have just become version {number}; reload before changing them"


class RouteWrong(Invalid):
    code = "orders.route_wrong"
    message_zh = "规则写得不对：{why_zh}"
    message_en = "The rule is wrong: {why_en}"


@dataclass(frozen=True, slots=True)
class Version:
    number: int
    kept: Mapping[str, Any]
    paused: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def book(self) -> Book:
        return routing.without(routing.book_of(self.kept), self.paused)


@dataclass(frozen=True, slots=True)
class Route:
    """What the rules say of an order, and what a person said instead."""

    parcel: Parcel
    choice: Choice
    sending: Sending[UUID]
    own: RouteChoice | None

    @property
    def courier(self) -> str:
        return self.own.courier if self.own else self.choice.courier or ""


def in_force() -> Version:
    """This function will read the newest rules; version 0 has none."""
    newest = RouteBook.objects.order_by("-number").first()
    return Version(newest.number, newest.rules, paused_places()) if newest else Version(0, {"couriers": {}, "freight": {}, "rules": [], "warehouses": {}})


def paused_places() -> dict[str, list[str]]:
    """This function will give courier → the places where it takes nothing now; one that is paused everywhere has `routing.EVERYWHERE`.   Source: RSK-2."""
    found: dict[str, list[str]] = {}
    for courier, places in CourierPause.objects.filter(ended_at=None).values_list("courier", "places"):
        found.setdefault(courier, []).extend(places or [routing.EVERYWHERE])
    return found


def versions(most: int = 20) -> list[RouteBook]:
    return list(RouteBook.objects.order_by("-number")[:most])


@transaction.atomic
def change(
    *, actor: Actor, version: int, make: Callable[[dict[str, Any]], None], words: str, reason: str, now: datetime,
    values: Mapping[str, Filling] | None = None,
) -> int:  # fmt: skip
    """This function will write the rules anew as the next version.   Raises: Forbidden, ReasonMissing, RulesMovedOn, RouteWrong."""
    access.require(actor, ROUTE)
    if not reason.strip():
        raise ReasonMissing
    current = in_force()
    if current.number != version:
        raise RulesMovedOn(number=current.number)
    rules = copy.deepcopy({"couriers": {}, "freight": {}, "rules": [], "warehouses": {}, **current.kept})
    make(rules)
    _check(rules)
    kept = kept_words.kept(values or {})
    try:
        with transaction.atomic():
            RouteBook.objects.create(
                number=version + 1, rules=rules, change=words[:200], values=kept, reason=reason.strip()[:200], changed_by=actor.name, changed_at=now
            )
    except IntegrityError:
        raise RulesMovedOn(number=in_force().number) from None
    audit.record(actor, "orders:route:change", subject=f"route:{version + 1}", now=now, reason=reason, details={"change": kept_words.read(words, kept)})
    return version + 1


def set_courier(*, actor: Actor, version: int, key: str, told: Mapping[str, Any], reason: str, now: datetime) -> int:
    """This function will say how the house uses a courier.   Raises: Forbidden, ReasonMissing, RulesMovedOn, RouteWrong."""
    said = {
        "on": bool(told["on"]), "cash": bool(told["cash"]), "most_fen": max(0, int(told["most_fen"])), "most_grams": max(0, int(told["most_grams"])),
        "excluded": list(told["excluded"]),
    }  # fmt: skip
    name = _courier_name(key)
    return change(
        actor=actor, version=version, make=lambda rules: rules["couriers"].update({key: said}), words=gettext_noop("改了 %(courier)s 的用法"),
        values={"courier": name}, reason=reason, now=now,
    )  # fmt: skip


def add_rule(*, actor: Actor, version: int, rule: Mapping[str, Any], reason: str, now: datetime) -> int:
    """This function will add a rule at the end.   Raises: Forbidden, ReasonMissing, RulesMovedOn, RouteWrong."""
    said = {
        "courier": rule["courier"], "places": list(rule["places"]), "least_grams": int(rule["least_grams"]), "least_fen": int(rule["least_fen"]),
        "cash": bool(rule["cash"]), "why": str(rule["why"])[:80],
    }  # fmt: skip
    words = gettext_noop("加了一条 %(courier)s 的规则")
    return change(actor=actor, version=version, make=lambda rules: rules["rules"].append(said), words=words, values={"courier": _courier_name(said["courier"])}, reason=reason, now=now)


def drop_rule(*, actor: Actor, version: int, place: int, reason: str, now: datetime) -> int:
    """This function will take a rule out.   Raises: Forbidden, ReasonMissing, RulesMovedOn, RouteWrong."""

    def make(rules: dict[str, Any]) -> None:
        if not 0 <= place < len(rules["rules"]):
            raise RouteWrong(why_zh="没有这一条", why_en="there is no such rule")
        del rules["rules"][place]

    return change(actor=actor, version=version, make=make, words=gettext_noop("去掉第 %(n)s 条规则"), values={"n": place + 1}, reason=reason, now=now)


def place_warehouse(*, actor: Actor, version: int, code: str, province: str, reason: str, now: datetime) -> int:
    """This function will say in which province a warehouse is.   Raises: Forbidden, ReasonMissing, RulesMovedOn, RouteWrong."""
    words = gettext_noop("仓库 %(code)s 在 %(province)s")
    values: dict[str, Filling] = {"code": code, "province": province}
    return change(actor=actor, version=version, make=lambda rules: rules["warehouses"].update({code: province}), words=words, values=values, reason=reason, now=now)


def merge_freight(*, actor: Actor, version: int, lines: Sequence[tuple[str, str, int, int, int, int]], reason: str, now: datetime) -> int:
    """This function will put lines into the freight tables; others stay.   Raises: Forbidden, ReasonMissing, RulesMovedOn, RouteWrong."""

    def make(rules: dict[str, Any]) -> None:
        for key, place, *numbers in lines:
            rules["freight"].setdefault(key, {})[place] = list(numbers)
            rules["couriers"].setdefault(key, dict(USUAL))

    return change(actor=actor, version=version, make=make, words=gettext_noop("改了运费表 %(n)s 行"), values={"n": len(lines)}, reason=reason, now=now)


def full_place(written: str) -> str | None:
    """This function will read a place of a freight table: “其他” and “全国” are everywhere; None where it begins with no province."""
    place = written.strip().replace("-", "/")
    if place in {"其他", "其它", "全国", routing.EVERYWHERE}:
        return routing.EVERYWHERE
    return place if short_name(place.split("/")[0]) else None


def set_freight(*, actor: Actor, version: int, lines: Sequence[tuple[str, str, int, int, int, int]], reason: str, now: datetime) -> int:
    """This function will replace the freight tables of the couriers named in the lines.   Raises: Forbidden, ReasonMissing, RulesMovedOn, RouteWrong."""

    def make(rules: dict[str, Any]) -> None:
        for key in {line[0] for line in lines}:
            rules["freight"][key] = {}
            rules["couriers"].setdefault(key, dict(USUAL))
        for key, place, *numbers in lines:
            rules["freight"][key][place] = list(numbers)

    return change(actor=actor, version=version, make=make, words=gettext_noop("换了运费表，%(n)s 行"), values={"n": len(lines)}, reason=reason, now=now)


def restore(*, actor: Actor, version: int, number: int, reason: str, now: datetime) -> int:
    """This function will put the rules of an earlier version into force again.   Raises: Forbidden, ReasonMissing, RulesMovedOn, RouteWrong."""
    old = RouteBook.objects.filter(pk=number).first()
    if old is None:
        raise RouteWrong(why_zh="没有这一版", why_en="there is no such version")

    def make(rules: dict[str, Any]) -> None:
        rules.clear()
        rules.update(copy.deepcopy(old.rules))

    return change(actor=actor, version=version, make=make, words=gettext_noop("回到第 %(n)s 版"), values={"n": number}, reason=reason, now=now)


def _check(rules: Mapping[str, Any]) -> None:
    if len(rules["rules"]) > MOST_RULES:
        raise RouteWrong(why_zh=f"最多 {MOST_RULES} 条规则", why_en=f"at most {MOST_RULES} rules")
    for key in {*rules["couriers"], *rules["freight"], *(one["courier"] for one in rules["rules"])}:
        _courier_name(key)
    for code, province in rules["warehouses"].items():
        if not short_name(province):
            raise RouteWrong(why_zh=f"仓库 {code} 的省份“{province}”不认识", why_en=f"the province “{province}” of warehouse {code} is not known")
    places = [place for one in rules["rules"] for place in one["places"]] + [place for one in rules["couriers"].values() for place in one["excluded"]]
    places += [place for table in rules["freight"].values() for place in table if place != routing.EVERYWHERE]
    for place in places:
        if not short_name(place.split("/")[0]) or len(places) > MOST_PLACES * 40:
            raise RouteWrong(why_zh=f"地区“{place}”要以省份开头，例如 新疆 或 浙江/杭州", why_en=f"“{place}” must begin with a province, such as 新疆 or 浙江/杭州")
    for table in rules["freight"].values():
        for numbers in table.values():
            if len(numbers) != 4 or min(numbers) < 0 or numbers[0] == 0 or numbers[2] == 0:
                raise RouteWrong(why_zh="首重、续重要大于 0，金额不能为负", why_en="weights must be above zero, amounts not below")


def _courier_name(key: str) -> str:
    known = next((one for one in couriers.COURIERS if one.key == key), None)
    if known is None:
        raise RouteWrong(why_zh=f"快递“{key}”不认识", why_en=f"the courier “{key}” is not known")
    return known.zh


# ── what they say ─────────────────────────────────────────────────────────────────────────────────────────────────────


def try_address(address: str, *, grams: int, value_fen: int, is_cash: bool) -> tuple[Parcel, Choice, list[tuple[str, str, int]]]:
    """This function will say what the rules make of an address: the parcel, the choice, and warehouses by distance."""
    version = in_force()
    read = parse_address(address)
    parcel = Parcel((read.province, read.city, read.area), grams, value_fen, is_cash)
    names = {one.code: one.name for one in stock.warehouses()}
    sent = routing.send_from(version.book, {}, {code: {} for code in names}, read.province)
    return parcel, routing.choose(version.book, parcel), sorted(((code, names[code], km) for code, km in sent.km.items()), key=lambda one: one[2])


def routes_of(orders: Sequence[Order]) -> dict[UUID, Route]:
    """This function will say for each order who takes it and from where, four queries for all of them."""
    version = in_force()
    if not orders or not version.number:
        return {}
    book = version.book
    lines = queries.lines_of([one.pk for one in orders])
    default_grams = thresholds.value(UNIT_GRAMS)
    own = {one.pk: one for one in RouteChoice.objects.filter(order__in=[one.pk for one in orders])}
    there = _there([line.sku_id for found in lines.values() for line in found if line.sku_id])
    routes = {}
    for order in orders:
        mine = [line for line in lines.get(order.pk, []) if line.left]
        grams = sum((line.sku.weight_grams if line.sku and line.sku.weight_grams else default_grams) * line.left for line in mine)
        parcel = Parcel((order.province, order.city, order.area), grams, order.amount_fen, is_cash(order))
        sending = routing.send_from(book, _wanted(mine), there, order.province)
        routes[order.pk] = Route(parcel, routing.choose(book, parcel), sending, own.get(order.pk))
    return routes


def route_of(order: Order) -> Route | None:
    return routes_of([order]).get(order.pk)


def is_cash(order: Order) -> bool:
    """This function will say whether the courier takes the money: sent before it was paid."""
    return "货到付款" in order.raw_status or order.raw_status == "COD"


def _wanted(lines: Iterable[OrderLine]) -> dict[UUID, int]:
    wanted: dict[UUID, int] = {}
    for line in lines:
        if line.sku_id:
            wanted[line.sku_id] = wanted.get(line.sku_id, 0) + line.left
    return wanted


def _there(sku_ids: Sequence[UUID]) -> dict[str, dict[UUID, int]]:
    """Sellable units by warehouse; a bundle is not known there and leaves from the main one."""
    return stock.sellable_by_warehouse(sku_ids)


def warehouses_for(wanted: Mapping[UUID, Mapping[UUID, int]], provinces: Mapping[UUID, str]) -> dict[UUID, dict[UUID, UUID]]:
    """This function will give for orders item → warehouse, where the rules place warehouses and have an answer; else nothing."""
    version = in_force()
    if not version.kept.get("warehouses"):
        return {}
    book, places = version.book, {one.code: one.pk for one in stock.warehouses()}
    there = _there([sku for units in wanted.values() for sku in units])
    chosen = {}
    for order_id, units in wanted.items():
        sending = routing.send_from(book, units, there, provinces.get(order_id, ""))
        if sending.parts:
            chosen[order_id] = {sku: places[code] for code, part in sending.parts for sku in part}
            for code, part in sending.parts:  # the next order of the batch finds so much less
                for sku, count in part.items():
                    there[code][sku] -= count
    return chosen


def courier_words(route: Route | None) -> str:
    """This function will give the short name of the courier of a route, as files and labels have it; empty without one."""
    known = couriers.courier_of(route.courier) if route and route.courier else None
    return known.zh if known else ""


@transaction.atomic
def choose_courier(*, actor: Actor, order_id: UUID, courier: str, reason: str, now: datetime) -> RouteChoice:
    """This function will let a person send an order with another courier than the rules say.   Raises: Forbidden, OrderUnknown, ReasonMissing, RouteWrong."""
    order = queries.order_for(actor, order_id)
    access.require(actor, SHIP, shop_id=order.shop_id)
    if not reason.strip():
        raise ReasonMissing
    _courier_name(courier)
    route = route_of(order)
    ruled = (route.choice.courier or "") if route else ""
    made, _ = RouteChoice.objects.update_or_create(
        pk=order_id, defaults={"courier": courier, "ruled": ruled, "reason": reason.strip()[:200], "chosen_by": actor.name, "chosen_at": now}
    )
    audit.record(
        actor, "orders:route:override", subject=f"order:{order_id}", now=now, shop_id=order.shop_id, reason=reason, details={"courier": courier, "ruled": ruled}
    )
    return made
