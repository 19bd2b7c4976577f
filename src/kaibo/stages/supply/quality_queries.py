"""Reads of the three quality gates: policies, where suppliers stand, plans, custody, and what blocks a product."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import IntegerField, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.kit.errors import NotFound
from kaibo.plumbing import prepared
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.once import asked_once
from kaibo.plumbing.thresholds import thresholds
from kaibo.plumbing.wiring import Finding
from kaibo.stages.supply import sampling
from kaibo.stages.supply.models import Custody, Inspection, QualityPolicy, Recall, SeverityDecision
from kaibo.stages.supply.permissions import SEE
from kaibo.stages.supply.sampling import ClassPlan, DefectClass, Event, Happening, LotPlan, Severity, Standing

SOURCE = "SUP-4 · GB/T 2828.1"


class CustodyUnknown(NotFound):
    code = "supply.custody_unknown"
    message_zh = "没有这批隔离品，或你看不到它"
    message_en = "There are no such held units, or you cannot see them"


@dataclass(frozen=True, slots=True)
class Policy:
    """How a category is inspected; where nobody said anything: level II, AQL 2.5 for major and 4.0 for minor defects."""

    category: str
    level: str = "II"
    major_milli: int = 2_500
    minor_milli: int = 4_000
    needs_sample: bool = False
    needs_spot: bool = False


def policies(categories: Iterable[str]) -> dict[str, Policy]:
    """This function will give the policy of each category."""
    wanted = set(categories)
    kept = {
        one.category_id: Policy(one.category_id, one.level, one.major_milli, one.minor_milli, one.needs_sample, one.needs_spot)
        for one in prepared.rows(_policies, categories=list(wanted))
    }
    return {code: kept.get(code, Policy(code)) for code in wanted}


def _policies(*, categories: Any) -> QuerySet[QualityPolicy]:
    return QualityPolicy.objects.filter(category__among=categories)


def standing_of(supplier_id: UUID | None, category: str) -> Standing:
    """This function will give where a supplier stands in a category, from all lots it ever delivered there.   Source: SUP-4."""
    if supplier_id is None:
        return sampling.START
    return standings([supplier_id]).get((supplier_id, category), sampling.START)


def standings(supplier_ids: Iterable[UUID]) -> dict[tuple[UUID, str], Standing]:
    """This function will give every standing of suppliers, by supplier and category, in two queries."""
    wanted = list(supplier_ids)
    decided = Inspection.objects.filter(
        supplier__in=wanted, gate="arrival", is_repeat=False, state__in=["passed", "failed"]
    ).values_list("supplier_id", "sku__product__category_id", "decided_at", "state", Cast(KeyTextTransform("points", "plan"), IntegerField()))
    spoken = SeverityDecision.objects.filter(supplier__in=wanted).values_list(
        "supplier_id", "category_id", "decided_at", "happening"
    )
    events: dict[tuple[UUID, str], list[tuple[datetime, Event]]] = {}
    for supplier, category, at, state, points in decided:
        happening = Happening.ACCEPTED if state == "passed" else Happening.REFUSED
        events.setdefault((supplier, category), []).append((at, Event(happening, points)))
    for supplier, category, at, happening in spoken:
        events.setdefault((supplier, category), []).append((at, Event(Happening(happening))))
    return {
        key: sampling.standing_after([event for _at, event in sorted(found, key=lambda one: one[0])])
        for key, found in events.items()
    }


def plan_of_lot(policy: Policy, units: int, severity: Severity) -> LotPlan:
    """This function will plan a lot; a lot of one unit is looked at whole."""
    if units < 2:
        whole = tuple(ClassPlan(kind, None, units, 0, 1, True, "—", "—") for kind in DefectClass)
        return LotPlan(units, policy.level, severity, whole)
    return sampling.lot_plan(
        units, level=policy.level, major_milli=policy.major_milli, minor_milli=policy.minor_milli, severity=severity
    )


def plan_as_json(plan: LotPlan) -> dict[str, Any]:
    return asdict(plan)


def plan_from_json(kept: Mapping[str, Any] | None) -> LotPlan | None:
    """This function will read a kept plan; None for inspections older than sampling plans."""
    if not kept:
        return None
    classes = tuple(ClassPlan(**{**one, "defect_class": DefectClass(one["defect_class"])}) for one in kept["classes"])
    return LotPlan(kept["lot_units"], kept["level"], Severity(kept["severity"]), classes)


def custodies_for(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[Custody]:
    """This function will give held units an actor may see, for lists.   Raises: Forbidden."""
    access.require(actor, SEE)
    found = Custody.objects.select_related("lot", "sku__product", "warehouse", "inspection__supplier")
    return access.visible(found, actor, "sku__product__shop", shop_id=shop_id)


def custody_for(actor: Actor, custody_id: UUID) -> Custody:
    """This function will give held units.   Raises: CustodyUnknown, Forbidden."""
    found = custodies_for(actor).filter(pk=custody_id).first()
    if found is None:
        raise CustodyUnknown
    return found


def is_standing_failure(inspection: Inspection) -> bool:
    """This function will say whether a failed lot is still in the house, undecided (`custody` must be loaded)."""
    custody = getattr(inspection, "custody", None)
    return inspection.state == "failed" and (custody is None or custody.outcome == "held")


def has_approved_sample(product_id: UUID, supplier_id: UUID) -> bool:
    """This function will say whether the newest pre-production sample of a product from a supplier passed."""
    newest = (
        Inspection.objects.filter(gate="sample", sku__product=product_id, supplier=supplier_id, state__in=["passed", "failed"])
        .order_by("-decided_at")
        .values_list("state", flat=True)[:1]
    )
    return list(newest) == ["passed"]


@dataclass(frozen=True, slots=True)
class Gates:
    """What the three gates know of some products, loaded at once; `against` asks it of one of them."""

    asks: Mapping[UUID, Policy]
    newest: Mapping[tuple[UUID, str], Inspection]
    failed: Mapping[UUID, Inspection]
    recalled: Mapping[UUID, Recall]
    spot_valid: timedelta

    def against(self, product_id: UUID, *, on_air: datetime | None, now: datetime) -> list[Finding]:
        """
        This function will say what the gates have against a product, or nothing. A spot check counts for
        `supply.spot_valid_days` before the product goes on air, and is not asked for earlier.   Source: SUP-4.
        """
        policy = self.asks.get(product_id)
        found: list[Finding | None] = []
        if policy and policy.needs_sample:
            found.append(_sample_finding(self.newest.get((product_id, "sample"))))
        if recall := self.recalled.get(product_id):
            said = _("批次 %(lot)s 正在召回：%(why)s") % {"lot": recall.lot.code, "why": recall.reason}
            found.append(Finding("red", said, "SUP-6", reverse("supply:trace", args=[recall.lot_id])))
        if failed := self.failed.get(product_id):
            said = _("批次 %(lot)s 检验不合格，已冻结") % {"lot": failed.label}
            href = reverse("supply:inspection", args=[failed.pk])
            found.append(Finding("red", said, SOURCE, href, _("处置隔离品"), reverse("supply:quarantine")))
        if policy and policy.needs_spot and on_air is not None and now >= on_air - self.spot_valid:
            found.append(_spot_finding(self.newest.get((product_id, "spot")), since=on_air - self.spot_valid))
        return [one for one in found if one is not None]


def gates_of(products: Mapping[UUID, str]) -> Gates:
    """This function will load what the gates know of products (id → category), in a constant number of queries."""
    asks = {product: policy for product, policy in _by_product(products).items() if policy.needs_sample or policy.needs_spot}
    newest: dict[tuple[UUID, str], Inspection] = {}
    arrived: dict[UUID, Inspection] = {}
    for one in reversed(inspections_of(products)):
        if one.gate == "arrival":
            arrived[one.sku_id] = one
        else:
            newest[one.sku.product_id, one.gate] = one
    failed = {one.sku.product_id: one for one in arrived.values() if is_standing_failure(one)}
    recalled = {one.lot.sku.product_id: one for one in prepared.rows(_recalls, products=list(products))}
    return Gates(asks, newest, failed, recalled, timedelta(days=thresholds.value("supply.spot_valid_days")))


@asked_once
def inspections_of(product_ids: Iterable[UUID]) -> list[Inspection]:
    """This function will give the inspections of products at all gates, newest first, no more of each than gates read; one query."""
    return prepared.rows(_inspections, products=list(product_ids))


def _inspections(*, products: Any) -> QuerySet[Inspection]:
    rows = Inspection.objects.filter(sku__product__among=products).exclude(gate="return").exclude(state="undone").select_related("lot", "sku", "custody").order_by("-opened_at")
    return rows.only("gate", "state", "opened_at", "sku__code", "sku__product_id", "lot__code", "custody__outcome")


def _recalls(*, products: Any) -> QuerySet[Recall]:
    rows = Recall.objects.filter(closed_at=None, lot__sku__product__among=products).select_related("lot__sku")
    return rows.only("reason", "lot__code", "lot__sku__product_id")


def _by_product(products: Mapping[UUID, str]) -> dict[UUID, Policy]:
    kept = policies(products.values())
    return {product: kept[category] for product, category in products.items()}


def _sample_finding(newest: Inspection | None) -> Finding | None:
    ask = reverse("supply:new-check", args=["sample"])
    if newest is None:
        return Finding("red", _("还没有产前样确认"), SOURCE, ask, _("送样"), ask)
    href = reverse("supply:inspection", args=[newest.pk])
    if newest.state == "open":
        return Finding("red", _("产前样还在检验"), SOURCE, href, _("去检验"), href)
    return Finding("red", _("产前样不合格"), SOURCE, href, _("重新送样"), ask) if newest.state == "failed" else None


def _spot_finding(newest: Inspection | None, *, since: datetime) -> Finding | None:
    ask = reverse("supply:new-check", args=["spot"])
    if newest is None or newest.opened_at < since:
        return Finding("red", _("还没有做开播前抽查"), SOURCE, ask, _("去抽查"), ask)
    href = reverse("supply:inspection", args=[newest.pk])
    if newest.state == "open":
        return Finding("red", _("开播前抽查还没出结论"), SOURCE, href, _("去检验"), href)
    if newest.state == "passed" or not (newest.gate == "spot" and _is_still_against(newest)):
        return None
    said = _("批次 %(lot)s 开播前抽查不合格") % {"lot": newest.label}
    return Finding("red", said, SOURCE, href, _("处置隔离品"), reverse("supply:quarantine"))


def _is_still_against(spot: Inspection) -> bool:
    """A failed spot check speaks until another passes, or until somebody released what it held, or part of it and sent the rest away."""
    custody = getattr(spot, "custody", None)
    return custody is None or custody.outcome not in {"released", "sorted"}
