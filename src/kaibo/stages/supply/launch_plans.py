"""Writes of a launch's supply plan: begun, counted anew, units and parcels as people know better, capacity confirmed, the whole confirmed (SUP-12)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_noop

from kaibo.kit.clock import business_date
from kaibo.kit.errors import Conflict, Invalid
from kaibo.master.catalog import queries as catalog
from kaibo.master.launches import queries as launches
from kaibo.master.launches.models import Launch
from kaibo.master.media import services as media
from kaibo.master.people.queries import people_with_role
from kaibo.master.stock import queries as stock
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import KAIBO, Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.notices import notices
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.supply import launch_coverage, launch_hurdles, quality, replenishing, supplier_figures
from kaibo.stages.supply.launch_coverage import PlanView, plan_for
from kaibo.stages.supply.launch_models import CapacityPromise, LaunchItem, LaunchSupply
from kaibo.stages.supply.permissions import LAUNCH_CONFIRM, LAUNCH_PLAN

MOST_REVIEWED = 200


class LaunchNotReady(Conflict):
    code = "supply.launch_not_ready"
    message_zh = "供货计划还不能确认：{why_zh}"
    message_en = "The supply plan cannot be confirmed yet: {why_en}"


class LaunchFiguresWrong(Invalid):
    code = "supply.launch_figures_wrong"
    message_zh = "数量要是 0 或正整数，并写明为什么"
    message_en = "Figures must be whole and not below zero, with the reason"


class CapacityGone(Conflict):
    code = "supply.capacity_gone"
    message_zh = "这条产能确认已经撤回，请刷新"
    message_en = "This confirmation of capacity has been withdrawn already; reload"


class NotOfThisLaunch(Conflict):
    code = "supply.not_of_this_launch"
    message_zh = "这个货号不属于这个上新"
    message_en = "This item does not belong to this launch"


@transaction.atomic
def begin(*, actor: Actor, launch_id: UUID, now: datetime) -> LaunchSupply:
    """This function will begin a launch's supply plan from what is known; begun already, it is counted anew.   Raises: Forbidden, LaunchUnknown.   Source: SUP-12."""
    launch = launches.launch_for(actor, launch_id)
    access.require(actor, LAUNCH_PLAN, shop_id=launch.shop_id)
    main = next(iter(stock.warehouses()), None)  # a new shop may have none yet
    pace = launch_coverage.pace_of(main.pk, now) if main else {}
    plan, is_new = LaunchSupply.objects.get_or_create(
        pk=launch_id, defaults={"shop_id": launch.shop_id, "warehouse": main, "pace": pace, "begun_by": actor.name, "begun_at": now}
    )
    if is_new:
        audit.record(actor, "supply:launch:begin", subject=f"launch:{launch_id}", now=now, shop_id=launch.shop_id)
    refresh(plan, now)
    return plan


@transaction.atomic
def count_again(*, actor: Actor, launch_id: UUID, now: datetime) -> LaunchSupply:
    """This function will forecast the items of a launch and measure its warehouse anew.   Raises: Forbidden, LaunchWithoutPlan."""
    plan = _plan(actor, launch_id)
    refresh(plan, now)
    return plan


def refresh(plan: LaunchSupply, now: datetime) -> PlanView:
    """This function will forecast a launch's items, measure its warehouse, and note what stands in the way."""
    rows = catalog.skus_of([plan.launch.product_id])[plan.launch.product_id] if plan.launch.product_id else []
    days = thresholds.value(launch_coverage.COVER_DAYS)
    for sku in rows:
        if sku.is_bundle:
            continue
        units, by = _forecast(sku.id, days, now)
        LaunchItem.objects.update_or_create(plan=plan, sku_id=sku.id, defaults={"forecast_units": units, "forecast_by": by})
    if plan.warehouse_id:
        LaunchSupply.objects.filter(pk=plan.pk).update(pace=launch_coverage.pace_of(plan.warehouse_id, now))
    return note(plan.pk, now)


def _forecast(sku_id: UUID, days: int, now: datetime) -> tuple[int, str]:
    """Its own mean of the last weeks over so many days; a new item's, by the first days of items like it."""
    item = replenishing.plan_of(KAIBO, sku_id, now)
    if item.first is not None:
        return math.ceil(item.first.middle * days / item.first.days), "alike"
    return math.ceil(item.look.mean_milli * days / 1_000), "own" if item.look.mean_milli else ""


def note(launch_id: UUID, now: datetime) -> PlanView:
    """This function will keep what stands in a plan's way now, where the launch board reads it; a plan that was confirmed and is not right any more is told once a day."""
    plan = LaunchSupply.objects.select_related("launch__product", "warehouse").get(pk=launch_id)
    view = launch_coverage.view_of(plan, now)
    found = launch_hurdles.hurdles_of(view, business_date(now))
    LaunchSupply.objects.filter(pk=launch_id).update(hurdles=found, checked_at=now)
    if plan.confirmed_at and found and not plan.hurdles:
        notices.tell(
            [*people_with_role("operations", shop_id=plan.shop_id), *people_with_role("selection", shop_id=plan.shop_id)],
            key=f"launch-supply:{launch_id}:{business_date(now)}", now=now, state="red", href=f"/supply/launches/{launch_id}",
            title=gettext_noop("%(title)s 的供货计划确认后变了：%(n)s 处不够"), values={"title": plan.launch.title, "n": len(found)},
        )  # fmt: skip
    return view


def review_due(now: datetime) -> int:
    """This function will look again at the plan of every running launch that is still to go on air; the clock gives how many."""
    due = LaunchSupply.objects.filter(launch__state=Launch.State.RUNNING, launch__on_air_at__gte=now).order_by("launch__on_air_at")
    ids = list(due.values_list("pk", flat=True)[:MOST_REVIEWED])
    for launch_id in ids:
        note(launch_id, now)
    return len(ids)


@transaction.atomic
def set_units(*, actor: Actor, launch_id: UUID, sku_id: UUID, units: int | None, reason: str, now: datetime) -> None:
    """
    This function will put a person's own figure for an item in place of the computed one, or take it back (None).

    Raises: Forbidden, LaunchWithoutPlan, LaunchFiguresWrong, NotOfThisLaunch.   Source: SUP-12.
    """
    plan = _plan(actor, launch_id)
    if (units is not None and (units < 0 or units > 10_000_000)) or not reason.strip():
        raise LaunchFiguresWrong
    _require_of_launch(plan, sku_id, now)
    said = {"own_units": units, "own_reason": reason.strip()[:200], "own_by": actor.name, "own_at": now}
    LaunchItem.objects.update_or_create(plan=plan, sku_id=sku_id, defaults=said)
    record(actor, plan, "supply:launch:units", now, reason=reason, sku=str(sku_id), units=units)


@transaction.atomic
def set_delivery(
    *, actor: Actor, launch_id: UUID, warehouse_id: UUID, units_a_parcel_milli: int, pack_a_day: int | None, reason: str, now: datetime
) -> None:
    """
    This function will say from which warehouse a launch is sent, what a parcel holds, and what can be packed a day where somebody
    knows better than the warehouse's own past.   Raises: Forbidden, LaunchWithoutPlan, LaunchFiguresWrong.   Source: SUP-12.
    """
    plan = _plan(actor, launch_id)
    is_known = any(one.pk == warehouse_id for one in stock.warehouses())
    if not is_known or units_a_parcel_milli <= 0 or (pack_a_day is not None and (pack_a_day < 0 or not reason.strip())):
        raise LaunchFiguresWrong
    LaunchSupply.objects.filter(pk=launch_id).update(
        warehouse=warehouse_id, units_a_parcel_milli=units_a_parcel_milli, pack_a_day=pack_a_day, pack_reason=reason.strip()[:200] if pack_a_day is not None else "",
        pace=launch_coverage.pace_of(warehouse_id, now),
    )  # fmt: skip
    record(actor, plan, "supply:launch:delivery", now, reason=reason, warehouse=str(warehouse_id), pack_a_day=pack_a_day)


@dataclass(frozen=True, slots=True)
class CapacitySaid:
    """What a supplier said it can make."""

    supplier_id: UUID
    sku_id: UUID
    units: int
    by_on: date
    said_by: str


@transaction.atomic
def note_capacity(*, actor: Actor, launch_id: UUID, said: CapacitySaid, now: datetime, proof: quality.Brought | None = None) -> CapacityPromise:
    """
    This function will keep a supplier's confirmation of capacity with its proof.

    Raises: Forbidden, LaunchWithoutPlan, SupplierUnknown, LaunchFiguresWrong, NotOfThisLaunch, FileTypeRefused.   Source: SUP-12.
    """
    plan = _plan(actor, launch_id)
    supplier = supplier_figures.supplier_for(actor, said.supplier_id)
    if said.units <= 0 or said.by_on < business_date(now) or not said.said_by.strip():
        raise LaunchFiguresWrong
    _require_of_launch(plan, said.sku_id, now)
    kept = None
    if proof is not None:
        ending = proof.name.rpartition(".")[2].lower()
        if ending not in quality.FILE_TYPES:
            raise quality.FileTypeRefused(name=proof.name[:60])
        kept = media.keep(actor=actor, name=proof.name, mime=quality.FILE_TYPES[ending], content=proof.content, now=now)
    made = CapacityPromise.objects.create(
        plan=plan, supplier=supplier, sku_id=said.sku_id, units=said.units, by_on=said.by_on, said_by=said.said_by.strip()[:80], proof=kept,
        noted_by=actor.name, noted_at=now,
    )  # fmt: skip
    record(actor, plan, "supply:capacity:note", now, supplier=str(supplier.pk), sku=str(said.sku_id), units=said.units, by=str(said.by_on))
    return made


@transaction.atomic
def withdraw_capacity(*, actor: Actor, capacity_id: UUID, reason: str, now: datetime) -> CapacityPromise:
    """This function will say that a confirmed capacity does not hold any more.   Raises: Forbidden, LaunchWithoutPlan, CapacityGone, ReasonMissing."""
    found = CapacityPromise.objects.filter(pk=capacity_id).first()
    if found is None:
        raise CapacityGone
    plan = _plan(actor, found.plan_id)
    if not reason.strip():
        raise quality.ReasonMissing
    withdrawn = {"withdrawn_at": now, "withdrawn_by": actor.name, "withdrawn_reason": reason.strip()[:200]}
    if not CapacityPromise.objects.filter(pk=capacity_id, withdrawn_at=None).update(**withdrawn):
        raise CapacityGone
    record(actor, plan, "supply:capacity:withdraw", now, reason=reason, supplier=str(found.supplier_id), units=found.units)
    return found


@transaction.atomic
def confirm(*, actor: Actor, launch_id: UUID, now: datetime) -> None:
    """
    This function will confirm that a launch is supplied: every item covered, parcels leave in time, money within its limit.

    Whoever lets it through although something is missing does so at the launch's gate, with a second person and the reason.
    Raises: Forbidden, LaunchWithoutPlan, LaunchNotReady.   Source: SUP-12.
    """
    plan = plan_for(actor, launch_id)
    access.require(actor, LAUNCH_CONFIRM, shop_id=plan.shop_id)
    view = launch_coverage.view_of(plan, now)
    found = launch_hurdles.hurdles_of(view, business_date(now))
    if found:
        zh, en = launch_hurdles.both(found[0])
        raise LaunchNotReady(why_zh=zh, why_en=en)
    LaunchSupply.objects.filter(pk=launch_id).update(
        confirmed_by=actor.name, confirmed_by_id=actor.person_id, confirmed_at=now, hurdles=[], checked_at=now
    )
    audit.record(
        actor, "supply:launch:confirm", subject=f"launch:{launch_id}", now=now, shop_id=plan.shop_id,
        details={"units": view.units, "parcels": view.delivery.parcels if view.delivery else 0, "planned_fen": view.money.planned_fen},
    )  # fmt: skip


@transaction.atomic
def reopen(*, actor: Actor, launch_id: UUID, reason: str, now: datetime) -> None:
    """This function will take a confirmation back.   Raises: Forbidden, LaunchWithoutPlan, ReasonMissing."""
    plan = plan_for(actor, launch_id)
    access.require(actor, LAUNCH_CONFIRM, shop_id=plan.shop_id)
    if not reason.strip():
        raise quality.ReasonMissing
    LaunchSupply.objects.filter(pk=launch_id).update(confirmed_by="", confirmed_by_id=None, confirmed_at=None)
    record(actor, plan, "supply:launch:reopen", now, reason=reason)


def _plan(actor: Actor, launch_id: UUID) -> LaunchSupply:
    plan = plan_for(actor, launch_id)
    access.require(actor, LAUNCH_PLAN, shop_id=plan.shop_id)
    return plan


def _require_of_launch(plan: LaunchSupply, sku_id: UUID, now: datetime) -> None:
    if all(one.sku.id != sku_id for one in launch_coverage.view_of(plan, now).items):
        raise NotOfThisLaunch


def record(actor: Actor, plan: LaunchSupply, deed: str, now: datetime, *, reason: str = "", **details: Any) -> None:
    """This function will write down what was done to a plan and count anew what stands in its way."""
    audit.record(actor, deed, subject=f"launch:{plan.pk}", now=now, shop_id=plan.shop_id, reason=reason.strip(), details=details)
    note(plan.pk, now)
