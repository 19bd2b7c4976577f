"""The supply gate of a launch: every item has stock that quality released, none is below its line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.master.catalog.queries import SkuRow, skus_of
from kaibo.master.launches.queries import on_air_of_launches, products_of_launches
from kaibo.master.stock.queries import levels_of
from kaibo.master.stock.rules import Bucket
from kaibo.plumbing import prepared
from kaibo.plumbing.thresholds import thresholds
from kaibo.plumbing.wiring import Finding
from kaibo.stages.supply import launch_gate, quality_queries, rules
from kaibo.stages.supply.models import Inspection, Purchase, SafetyLevel


def gate(launch_ids: Sequence[UUID], now: datetime) -> dict[UUID, Finding]:
    """This function will give the supply finding of launches.   Source: SUP-3, SUP-10, TEAM-4."""
    products = products_of_launches(launch_ids)
    skus = {product: [sku for sku in rows if not sku.is_bundle] for product, rows in skus_of(products.values()).items()}
    ids = [sku.id for rows in skus.values() for sku in rows]
    levels = levels_of(ids)
    stocked = {product: rows[0].category for product, rows in skus.items() if rows}
    arrivals: dict[UUID, list[Inspection]] = {}
    for one in quality_queries.inspections_of(stocked):
        if one.gate == "arrival":
            arrivals.setdefault(one.sku_id, []).append(one)
    safety = dict(prepared.rows(_safety, skus=ids))
    on_order = set(prepared.rows(_on_order, skus=ids))
    line_bp = thresholds.value("supply.alert_line_bp")
    on_air = on_air_of_launches(launch_ids)
    gates = quality_queries.gates_of(stocked)
    found = {}
    for launch_id, product in products.items():
        against = gates.against(product, on_air=on_air.get(launch_id), now=now)
        found[launch_id] = against[0] if against else _finding(skus.get(product, []), levels, arrivals, safety, on_order, line_bp)
    return found | launch_gate.findings(found, on_air, now)


def _safety(*, skus: Any) -> QuerySet[Any]:
    return SafetyLevel.objects.filter(sku__among=skus).values_list("sku_id", "units")


def _on_order(*, skus: Any) -> QuerySet[Any]:
    return Purchase.objects.filter(sku__among=skus, state__in=["draft", "approved"]).values_list("sku_id", flat=True)


def _finding(
    skus: list[SkuRow],
    levels: dict,
    inspections: dict[UUID, list[Inspection]],
    safety: dict,
    on_order: set,
    line_bp: int,
) -> Finding:
    home = reverse("supply:home")
    for sku in skus:
        newest = inspections.get(sku.id, [])
        sellable = levels[sku.id].get(Bucket.SELLABLE, 0) + levels[sku.id].get(Bucket.ALLOTTED, 0)
        if waiting := [one for one in newest if one.state == "open"]:
            href = reverse("supply:inspection", args=[waiting[0].pk])
            return Finding(
                "run",
                _("批次 %(lot)s 待放行") % {"lot": waiting[0].lot.code},
                _("到货检验 SUP-3"),
                href,
                _("去检验"),
                href,
            )
        if newest and rules.is_below_line(sellable, safety.get(sku.id, 0), line_bp=line_bp):
            reason = _("%(sku)s 可售 %(units)s 件，低于安全库存 %(safety)s 件的 50%%") % {
                "sku": sku.code,
                "units": sellable,
                "safety": safety[sku.id],
            }
            return Finding("red", reason, _("安全库存 SUP-10"), home, _("看补货"), reverse("supply:purchases"))
    if skus and all(
        levels[sku.id].get(Bucket.SELLABLE, 0) + levels[sku.id].get(Bucket.ALLOTTED, 0) > 0 for sku in skus
    ):
        return Finding("ok", _("全部货号已放行有货"), "", home)
    if any(sku.id in on_order for sku in skus):
        return Finding("run", _("采购在途，等到货检验"), "", reverse("supply:purchases"))
    if any(inspections.get(sku.id) for sku in skus):
        return Finding(
            "red", _("有货号没有可售库存"), _("库存账本 SUP-14"), home, _("起草采购"), reverse("supply:new-purchase")
        )
    return Finding("none", _("还没有采购"), "", home, _("起草采购"), reverse("supply:new-purchase"))
