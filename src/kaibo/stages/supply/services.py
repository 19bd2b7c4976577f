"""Writes of supply: suppliers and quotes, purchases, arrivals, inspections, safety stock and its line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from kaibo.facts.flow import LotReleased
from kaibo.kit.clock import business_date, day_bounds
from kaibo.kit.errors import Conflict, Invalid
from kaibo.master.catalog import queries as catalog
from kaibo.master.stock import quarantine
from kaibo.master.stock import queries as stock_queries
from kaibo.master.stock import services as stock
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.outbox import outbox
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.supply import material, presales, quality, quality_queries, queries, rules, sampling, settling
from kaibo.stages.supply.models import (
    Inspection,
    InspectionItem,
    InspectionResult,
    Purchase,
    Quote,
    SafetyLevel,
    Supplier,
)
from kaibo.stages.supply.permissions import (
    LOT_INSPECT,
    PURCHASE_APPROVE,
    PURCHASE_APPROVE_LARGE,
    PURCHASE_DRAFT,
    SUPPLIER_EDIT,
)


class SupplierCodeTaken(Conflict):
    code = "supply.supplier_code_taken"
    message_zh = "供应商编码“{supplier}”已被使用"
    message_en = "The supplier code “{supplier}” is taken"


class PurchaseMovedOn(Conflict):
    code = "supply.purchase_moved_on"
    message_zh = "采购单 {purchase} 的状态已变化，请刷新"
    message_en = "Purchase order {purchase} has moved on; reload"


class InspectionDecided(Conflict):
    code = "supply.inspection_decided"
    message_zh = "批次 {lot} 已有结论，不能重复判定"
    message_en = "Lot {lot} has been decided already"


class SampleNotApproved(Conflict):
    code = "supply.sample_not_approved"
    message_zh = "{supplier} 的“{product}”还没有合格的产前样，不能批准采购"
    message_en = "No pre-production sample of “{product}” from {supplier} has passed; the order cannot be approved"


class NothingToInspect(Invalid):
    code = "supply.no_template"
    message_zh = "类目“{category}”没有检验模板，请先在检验模板里补充"
    message_en = "There is no inspection template for the category “{category}”"


@transaction.atomic
def add_supplier(*, actor: Actor, code: str, name: str, now: datetime, note: str = "") -> Supplier:
    """This function will add a supplier.   Raises: Forbidden, SupplierCodeTaken.   Source: SUP-1."""
    access.require(actor, SUPPLIER_EDIT)
    try:
        with transaction.atomic():
            supplier = Supplier.objects.create(code=code, name=name, note=note, created_at=now)
    except IntegrityError as taken:
        raise SupplierCodeTaken(supplier=code) from taken
    audit.record(actor, "supply:supplier:add", subject=f"supplier:{supplier.pk}", now=now, details={"code": code})
    return supplier


@transaction.atomic
def record_quote(
    *,
    actor: Actor,
    supplier_id: UUID,
    sku_id: UUID,
    price_fen: int,
    minimum_units: int,
    lead_days: int,
    quoted_on: date,
    now: datetime,
    is_main: bool = False,
) -> Quote:
    """This function will keep a supplier's offer of a day; told again for the day, it is replaced.   Raises: Forbidden.   Source: SUP-1."""
    access.require(actor, SUPPLIER_EDIT)
    quote, _made = Quote.objects.update_or_create(
        supplier_id=supplier_id,
        sku_id=sku_id,
        quoted_on=quoted_on,
        defaults={"price_fen": price_fen, "minimum_units": minimum_units, "lead_days": lead_days, "is_main": is_main},
    )
    audit.record(
        actor,
        "supply:quote:record",
        subject=f"sku:{sku_id}",
        now=now,
        details={"supplier": str(supplier_id), "price_fen": price_fen},
    )
    return quote


@transaction.atomic
def draft_purchase(
    *,
    actor: Actor,
    supplier_id: UUID,
    sku_id: UUID,
    quantity: int,
    price_fen: int,
    now: datetime,
    cause: str = "manual",
    reason: str = "",
) -> Purchase:
    """This function will draft a purchase order, to be approved by another role.   Raises: Forbidden."""
    sku = catalog.sku_rows([sku_id])[sku_id]
    access.require(actor, PURCHASE_DRAFT, shop_id=sku.shop_id)
    purchase = Purchase.objects.create(
        code=queries.unused_code(Purchase, "PO", now),
        supplier_id=supplier_id,
        sku_id=sku_id,
        shop_id=sku.shop_id,
        quantity=quantity,
        price_fen=price_fen,
        cause=cause,
        reason=reason,
        drafted_by=actor.person_id,
        created_at=now,
    )
    audit.record(
        actor,
        "supply:purchase:draft",
        subject=f"purchase:{purchase.pk}",
        now=now,
        details={"units": quantity},
        shop_id=sku.shop_id,
    )
    return purchase


@transaction.atomic
def approve_purchase(*, actor: Actor, purchase_id: UUID, now: datetime, seen_fen: int | None = None) -> None:
    """
    This function will approve a draft; a large amount asks for the large ability, and where the category asks for a
    pre-production sample, one must have passed. `seen_fen` is the amount the approver read: a draft changed meanwhile is
    not approved unread.

    Raises: Forbidden, PurchaseUnknown, PurchaseMovedOn, SampleNotApproved.   Source: SUP-4, SUP-10.
    """
    purchase = queries.purchase_for(actor, purchase_id)
    access.require(actor, PURCHASE_APPROVE, shop_id=purchase.shop_id)
    if seen_fen is not None and seen_fen != purchase.quantity * purchase.price_fen:
        raise PurchaseMovedOn(purchase=purchase.code)
    if purchase.quantity * purchase.price_fen > thresholds.value("supply.purchase_large_fen"):
        access.require(actor, PURCHASE_APPROVE_LARGE, shop_id=purchase.shop_id)
    product = purchase.sku.product
    needs_sample = quality_queries.policies([product.category_id])[product.category_id].needs_sample
    if needs_sample and not quality_queries.has_approved_sample(product.pk, purchase.supplier_id):
        raise SampleNotApproved(supplier=purchase.supplier.name, product=product.title)
    as_read = Purchase.objects.filter(pk=purchase_id, quantity=purchase.quantity, price_fen=purchase.price_fen)
    changed = as_read.filter(state=rules.PurchaseState.DRAFT).update(
        state=rules.PurchaseState.APPROVED, approved_by=actor.person_id, approved_at=now, promised_on=_promised_on(purchase, now),
    )
    if not changed:
        raise PurchaseMovedOn(purchase=purchase.code)
    material.draw(purchase, now)
    presales.coming_changed(actor=actor, sku_id=purchase.sku_id, now=now)
    audit.record(actor, PURCHASE_APPROVE, subject=f"purchase:{purchase_id}", now=now, shop_id=purchase.shop_id)


def _promised_on(purchase: Purchase, now: datetime) -> date:
    """The day the supplier's newest quote promises an order approved now for."""
    offers = [one for one in queries.standing_offers([purchase.sku_id]).get(purchase.sku_id, []) if one.supplier_id == purchase.supplier_id]
    days = offers[0].lead_days if offers else thresholds.value("supply.default_lead_days")
    return business_date(now) + timedelta(days=days)


@transaction.atomic
def cancel_purchase(*, actor: Actor, purchase_id: UUID, now: datetime) -> None:
    """This function will cancel an order nothing of which has arrived.   Raises: Forbidden, PurchaseUnknown, PurchaseMovedOn."""
    purchase = queries.purchase_for(actor, purchase_id)
    access.require(actor, PURCHASE_APPROVE, shop_id=purchase.shop_id)
    open_states = rules.PURCHASE_STEPS.sources_of(rules.PurchaseState.CANCELLED)
    if not Purchase.objects.filter(pk=purchase_id, state__in=open_states, received=0).update(
        state=rules.PurchaseState.CANCELLED
    ):
        raise PurchaseMovedOn(purchase=purchase.code)
    material.give_back(Purchase.objects.get(pk=purchase_id), purchase.quantity)
    presales.coming_changed(actor=actor, sku_id=purchase.sku_id, now=now)
    audit.record(actor, "supply:purchase:cancel", subject=f"purchase:{purchase_id}", now=now, shop_id=purchase.shop_id)


@transaction.atomic
def decide_inspection(
    *, actor: Actor, inspection_id: UUID, values: Mapping[str, str], now: datetime, note: str = "",
    defects: Sequence[quality.DefectSaid] = (),
) -> rules.InspectionState:  # fmt: skip
    """
    This function will judge a sample, an arrival or a spot check: every item of the category's template within its limit
    and no class of defects above its acceptance number → passed. An arrival that passed becomes sellable and LotReleased
    is announced; units that failed are held, in somebody's custody.

    Raises: Forbidden, InspectionUnknown, InspectionDecided, JudgedOneByOne, ResultMissing, ResultUnreadable, NothingToInspect,
    DefectsBeyondSample, SamplingSuspended, LotUnderRecall, FileTypeRefused.   Source: SUP-3, SUP-4, SUP-5.
    """
    inspection = queries.inspection_for(actor, inspection_id)
    sku = catalog.sku_rows([inspection.sku_id])[inspection.sku_id]
    access.require(actor, LOT_INSPECT, shop_id=sku.shop_id)
    if inspection.gate == "return":
        raise quality.JudgedOneByOne
    limits = queries.limits_of(sku.category)
    if not limits:
        raise NothingToInspect(category=sku.category)
    judged = rules.judge(limits, _typed(limits, values))
    plan = quality_queries.plan_from_json(inspection.plan) or quality_queries.plan_of_lot(
        quality_queries.policies([sku.category])[sku.category], inspection.quantity, sampling.Severity.NORMAL
    )
    counts = quality.counts_of(defects, plan)
    over = sampling.over_limit(plan, counts)
    failed = [*rules.failed_items(judged), *(one.defect_class.value for one in over)]
    state = rules.InspectionState.FAILED if failed else rules.InspectionState.PASSED
    if not failed:
        quality.refuse_if_suspended(inspection, sku.category)
        if inspection.gate == "arrival":
            settling.refuse_recalled(inspection.lot_id)
    points = sampling.switching_points(plan, counts) if not failed and inspection.gate == "arrival" else None
    decided = Inspection.objects.filter(pk=inspection_id, state=rules.InspectionState.OPEN).update(
        state=state, decided_at=now, decided_by=actor.name, decided_by_id=actor.person_id, note=note,
        plan=quality_queries.plan_as_json(plan) | {"points": points},
    )  # fmt: skip
    if not decided:
        raise InspectionDecided(lot=inspection.label)
    _keep_results(inspection, judged)
    quality.keep_defects(actor=actor, inspection=inspection, defects=defects, now=now)
    _move_judged(actor=actor, inspection=inspection, is_failed=bool(failed), now=now)
    presales.coming_changed(actor=actor, sku_id=inspection.sku_id, now=now)
    audit.record(
        actor,
        f"supply:lot:{state}",
        subject=f"lot:{inspection.lot_id}" if inspection.lot_id else f"inspection:{inspection.pk}",
        now=now,
        details={"failed": failed, "gate": inspection.gate},
        reason=note,
        shop_id=sku.shop_id,
    )
    return state


def _move_judged(*, actor: Actor, inspection: Inspection, is_failed: bool, now: datetime) -> None:
    """Units follow the verdict: an arrival is released or held, of a lot that failed a spot check what can be sold is held."""
    if inspection.lot_id is None or inspection.warehouse_id is None:
        return
    where = {
        "actor": actor, "sku_id": inspection.sku_id, "warehouse_id": inspection.warehouse_id, "lot_id": inspection.lot_id,
        "reference": f"inspection:{inspection.pk}", "now": now,
    }  # fmt: skip
    if inspection.gate == "spot":
        held = quarantine.hold_sellable(**where) if is_failed else 0
        if held:
            quality.take_custody(actor=actor, inspection=inspection, units=held, now=now)
    elif is_failed:
        stock.hold(quantity=inspection.quantity, **where)
        quality.take_custody(actor=actor, inspection=inspection, units=inspection.quantity, now=now)
    else:
        stock.release(quantity=inspection.quantity, **where)
        outbox.announce(
            LotReleased(
                lot_id=inspection.lot_id, sku_id=inspection.sku_id, quantity=inspection.quantity, released_at=now
            ),
            now=now,
        )


def _typed(limits: Sequence[rules.ItemLimit], values: Mapping[str, str]) -> dict[str, int]:
    return {
        limit.key: rules.read_thousandths(values[limit.key], item=limit.title) for limit in limits if values.get(limit.key, "").strip()
    }


def _keep_results(inspection: Inspection, judged: Sequence[rules.Judged]) -> None:
    InspectionResult.objects.bulk_create(
        [
            InspectionResult(
                inspection=inspection,
                key=one.limit.key,
                title=one.limit.title,
                value=one.value,
                limit=one.limit.limit_words,
                standard=one.limit.standard,
                is_passed=one.is_passed,
            )
            for one in judged
        ]
    )


@transaction.atomic
def compute_safety(*, sku_id: UUID, now: datetime) -> rules.SafetyStock:
    """
    This function will compute an item's safety stock from its outflow of the last days and keep it with its inputs.

    Source: SUP-7.
    """
    settings = thresholds.values("supply.history_days", "supply.service_level_bp", "supply.default_lead_days")
    end = day_bounds(business_date(now))[0]
    start = end - timedelta(days=settings["supply.history_days"])
    sold = stock_queries.outflow_by_day(sku_id, start=start, end=end)
    daily = [
        sold.get(f"{business_date(start + timedelta(days=day)):%Y-%m-%d}", 0)
        for day in range(settings["supply.history_days"])
    ]
    offers = queries.standing_offers([sku_id]).get(sku_id, [])
    lead = offers[0].lead_days if offers else settings["supply.default_lead_days"]
    found = rules.safety_stock(daily, lead_days=lead, service_bp=settings["supply.service_level_bp"])
    inputs = {field: getattr(found, field) for field in rules.SafetyStock.__dataclass_fields__}
    SafetyLevel.objects.update_or_create(
        sku_id=sku_id, defaults={"units": found.units, "inputs": inputs, "computed_at": now}
    )
    return found


def compute_safety_as(*, actor: Actor, sku_id: UUID, now: datetime) -> rules.SafetyStock:
    """This function will compute an item's safety stock on a person's demand.   Raises: Forbidden."""
    access.require(actor, PURCHASE_DRAFT, shop_id=catalog.sku_rows([sku_id])[sku_id].shop_id)
    return compute_safety(sku_id=sku_id, now=now)


def recompute_all(now: datetime) -> int:
    """This function will recompute the safety stock of every item that was ever inspected or quoted; a nightly clock."""
    bought = Inspection.objects.values_list("sku_id", flat=True).union(Quote.objects.values_list("sku_id", flat=True))
    sku_ids = list(bought)
    for sku_id in sku_ids:
        compute_safety(sku_id=sku_id, now=now)
    return len(sku_ids)


def ensure_template(*, category: str, items: list[dict[str, object]]) -> None:
    """This function will make a category's inspection template, or bring it up to date; used by set-up."""
    for position, item in enumerate(items):
        InspectionItem.objects.update_or_create(
            category_id=category, key=item["key"], defaults={**item, "position": position}
        )
