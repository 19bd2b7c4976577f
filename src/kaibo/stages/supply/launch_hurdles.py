"""What stands in the way of a launch's supply, kept as keys and figures and said in the reader's language (SUP-12)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from kaibo.kit.clock import business_date
from kaibo.kit.money import yuan_text
from kaibo.stages.supply.launch_coverage import PlanView
from kaibo.stages.supply.launch_models import LaunchMaterial, LaunchSupply

Hurdle = dict[str, Any]


def hurdles_of(view: PlanView, today: date) -> list[Hurdle]:
    """This function will say what stands in a plan's way, the gravest first; nothing: it may be confirmed.   Source: SUP-12."""
    found: list[Hurdle] = [] if view.items else [{"key": "no_items"}]
    found += [{"key": "missing", "sku": one.sku.code, "units": one.coverage.missing, "need": one.need.units} for one in view.short_items]
    found += [{"key": "unknown", "sku": one.sku.code} for one in view.items if one.need.source == "none"]
    found += _of_parcels(view)
    if view.money.over_fen:
        found.append({"key": "over_budget", "over_fen": view.money.over_fen, "planned_fen": view.money.planned_fen, "limit_fen": view.money.limit_fen})
    for one, _needed, line in view.materials:
        waits = (one.state == LaunchMaterial.State.PLANNED and line.to_order) or one.state == LaunchMaterial.State.ORDERED
        if waits and one.needed_on < today:
            found.append({"key": "material_late", "title": one.title, "on": f"{one.needed_on:%m-%d}", "is_ordered": one.state == LaunchMaterial.State.ORDERED})
    return found


def _of_parcels(view: PlanView) -> list[Hurdle]:
    if view.delivery is None:
        return [{"key": "no_warehouse"}]
    if not view.delivery.pack_a_day and view.delivery.parcels:
        return [{"key": "no_pace"}]
    if view.delivery.late:
        return [{"key": "late", "parcels": view.delivery.late, "spare": view.delivery.spare_a_day}]
    return []


def words_of(one: Mapping[str, Any]) -> str:
    """This function will put a hurdle into words."""
    said = {
        "no_items": _("上新还没有商品或货号"), "missing": _("%(sku)s 要 %(need)s 件，还缺 %(units)s 件"), "unknown": _("%(sku)s 还不知道要多少件"),
        "no_warehouse": _("还没定从哪个仓发"), "no_pace": _("仓库没有发货记录，要写一天能打包多少"),
        "late": _("%(parcels)s 个包裹赶不上承诺时间，每天只腾得出 %(spare)s 包"), "over_budget": _("物料要 %(planned)s，超出可花的 %(limit)s"),
        "material_late": _("%(title)s 该 %(on)s 到，还没到") if one.get("is_ordered") else _("%(title)s 该 %(on)s 到，还没下单"),
    }[one["key"]]  # fmt: skip
    money = {name.removesuffix("_fen"): yuan_text(one[name]) for name in ("planned_fen", "limit_fen") if name in one}
    return said % {**one, **money}


def both(one: Mapping[str, Any]) -> tuple[str, str]:
    """This function will put a hurdle into Chinese and English words, for a refusal."""
    with override("zh-hans"):
        zh = words_of(one)
    with override("en"):
        return zh, words_of(one)


def kept_words(plan: LaunchSupply) -> list[str]:
    return [words_of(one) for one in plan.hurdles]


def said_of(view: PlanView, now: datetime) -> list[str]:
    """This function will say what stands in a plan's way as it is now."""
    return [words_of(one) for one in hurdles_of(view, business_date(now))]
