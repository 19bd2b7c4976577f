"""What is known of a launch's supply: each item covered or short by how many, parcels against the promise, materials against the budget (SUP-12)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet, Sum

from kaibo.kit.clock import business_date, day_bounds
from kaibo.kit.errors import NotFound
from kaibo.master.catalog import promises
from kaibo.master.catalog import queries as catalog
from kaibo.master.stock import queries as stock
from kaibo.master.stock.rules import Bucket
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.thresholds import thresholds
from kaibo.plumbing.wiring import Expected, wiring
from kaibo.stages.supply import launch_rules, queries
from kaibo.stages.supply.ahead_models import StockLock
from kaibo.stages.supply.launch_models import BudgetRaise, CapacityPromise, LaunchItem, LaunchMaterial, LaunchSupply
from kaibo.stages.supply.models import Agreement, Inspection, Purchase, Quote, SafetyLevel
from kaibo.stages.supply.permissions import SEE

READY_DAYS, COVER_DAYS, WARN_BP = "supply.launch_ready_days", "supply.launch_cover_days", "supply.budget_warn_bp"


class LaunchWithoutPlan(NotFound):
    code = "supply.launch_without_plan"
    message_zh = "这个上新还没有供货计划，或你看不到它"
    message_en = "This launch has no supply plan yet, or you cannot see it"


@dataclass(frozen=True, slots=True)
class Helper:
    """Somebody who could still make units by the day: with how many we may count, and what an order with him says."""

    supplier_id: UUID
    supplier: str
    kind: str
    units: int
    price_fen: int
    lead_days: int
    minimum_units: int
    here_on: date


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item of a launch with everything its coverage follows from."""

    sku: catalog.SkuRow
    kept: LaunchItem | None
    need: launch_rules.Need
    sessions: tuple[Expected, ...]
    levels: Mapping[str, int]
    coming: tuple[Purchase, ...]
    too_late: tuple[Purchase, ...]
    drafts: tuple[Purchase, ...]
    confirmed: tuple[CapacityPromise, ...]
    helpers: tuple[Helper, ...]
    coverage: launch_rules.Coverage


@dataclass(frozen=True, slots=True)
class PlanView:
    """A launch's supply as it stands now."""

    plan: LaunchSupply
    needed_on: date
    items: tuple[ItemView, ...]
    delivery: launch_rules.Delivery | None
    promised_by: str
    materials: tuple[tuple[LaunchMaterial, int, launch_rules.MaterialLine], ...]
    money: launch_rules.Money
    raises: tuple[BudgetRaise, ...]

    @property
    def units(self) -> int:
        return sum(one.need.units for one in self.items)

    @property
    def missing(self) -> int:
        return sum(one.coverage.missing for one in self.items)

    @property
    def short_items(self) -> list[ItemView]:
        return [one for one in self.items if one.coverage.missing]


def plans_for(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[LaunchSupply]:
    """This function will give the supply plans of launches an actor may see, the next to go on air first.   Raises: Forbidden."""
    access.require(actor, SEE)
    visible = access.visible(LaunchSupply.objects.select_related("launch__product", "warehouse"), actor, shop_id=shop_id)
    return visible.order_by("launch__on_air_at", "begun_at")


def plan_for(actor: Actor, launch_id: UUID) -> LaunchSupply:
    """This function will give a launch's supply plan.   Raises: LaunchWithoutPlan, Forbidden."""
    found = plans_for(actor).filter(pk=launch_id).first()
    if found is None:
        raise LaunchWithoutPlan
    return found


def needed_on(plan: LaunchSupply, now: datetime) -> date:
    """This function will give the day everything must be here: some days before the broadcast, for goods-in and inspection."""
    on_air = plan.launch.on_air_at or now + timedelta(days=14)
    return business_date(on_air) - timedelta(days=thresholds.value(READY_DAYS))


def view_of(plan: LaunchSupply, now: datetime) -> PlanView:
    """This function will say how a launch's supply stands: a constant number of questions, whatever the items.   Source: SUP-12."""
    by = needed_on(plan, now)
    kept = {one.sku_id: one for one in LaunchItem.objects.filter(plan=plan)}
    own = catalog.skus_of([plan.launch.product_id])[plan.launch.product_id] if plan.launch.product_id else []
    items = _items(plan, own, kept, by, now)
    parcels = launch_rules.parcels_of(sum(one.need.units for one in items), plan.units_a_parcel_milli)
    delivery, promised_by = _delivery(plan, parcels, now)
    materials = tuple(_material(one, parcels) for one in LaunchMaterial.objects.filter(plan=plan).order_by("needed_on", "added_at"))
    raises = tuple(BudgetRaise.objects.filter(plan=plan).order_by("-asked_at"))
    allowed = max((one.up_to_fen for one in raises if one.allowed_at), default=0)
    money = launch_rules.money_of(
        (line for _kept, _units, line in materials), budget_fen=plan.budget_fen, allowed_fen=allowed, warn_bp=thresholds.value(WARN_BP)
    )
    return PlanView(plan, by, items, delivery, promised_by, materials, money, raises)


def _items(plan: LaunchSupply, own: Sequence[catalog.SkuRow], kept: Mapping[UUID, LaunchItem], by: date, now: datetime) -> tuple[ItemView, ...]:
    parts = catalog.components_of([one.id for one in own if one.is_bundle])
    plain = {one.id: one for one in own if not one.is_bundle}
    plain |= catalog.sku_rows({sku for rows in parts.values() for sku, _ in rows} - set(plain))
    said = wiring().expected_of([*plain, *parts], now)
    session = {sku: sum(one.units for one in said.get(sku, ())) for sku in plain}
    for bundle, rows in parts.items():
        for sku, count in rows:
            session[sku] += count * sum(one.units for one in said.get(bundle, ()))
    safety = dict(SafetyLevel.objects.filter(sku__in=plain).values_list("sku_id", "units"))
    facts = _Facts.of(plan, list(plain), by, now)
    views = []
    for sku_id, sku in plain.items():
        mine = kept.get(sku_id)
        need = launch_rules.need_of(
            own=mine.own_units if mine else None, session=session[sku_id], forecast=mine.forecast_units if mine else 0, safety=safety.get(sku_id, 0)
        )
        from_bundles = [one for bundle, rows in parts.items() if any(part == sku_id for part, _ in rows) for one in said.get(bundle, ())]
        views.append(facts.item(sku, mine, need, (*said.get(sku_id, ()), *from_bundles)))
    return tuple(sorted(views, key=lambda one: (-one.coverage.missing, one.sku.code)))


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the tables say of the items of a launch, each asked once for all of them."""

    today: date
    by: date
    levels: Mapping[UUID, Mapping[Bucket, int]]
    locked: Mapping[UUID, int]
    purchases: Mapping[UUID, list[Purchase]]
    confirmed: Mapping[UUID, list[CapacityPromise]]
    arrived: Mapping[UUID, list[tuple[UUID, datetime, int]]]
    agreements: Mapping[UUID, list[Agreement]]
    offers: Mapping[UUID, list[Quote]]

    @classmethod
    def of(cls, plan: LaunchSupply, skus: list[UUID], by: date, now: datetime) -> _Facts:
        today = business_date(now)
        locks = StockLock.objects.filter(sku__in=skus, state="open", purpose="session")
        locked = dict(locks.values_list("sku_id").annotate(units=Sum(F("quantity") - F("used"))).order_by())
        orders = Purchase.objects.filter(sku__in=skus, state__in=["draft", "approved"]).select_related("supplier").order_by("promised_on", "created_at")
        confirmed = CapacityPromise.objects.filter(plan=plan, withdrawn_at=None).select_related("supplier").order_by("by_on", "noted_at")
        standing = Agreement.objects.filter(sku__in=skus, ended_at=None, valid_from__lte=today, valid_until__gte=today, supplier__is_active=True)
        since = min((one.noted_at for one in confirmed), default=now)
        came = Inspection.objects.filter(Q(gate="arrival") & ~Q(state="undone"), sku__in=skus, opened_at__gte=since, supplier__isnull=False)
        arrived: dict[UUID, list[tuple[UUID, datetime, int]]] = {}
        for sku, supplier, at, units in came.values_list("sku_id", "supplier_id", "opened_at", "quantity") if confirmed else ():
            arrived.setdefault(sku, []).append((supplier, at, units))
        return cls(
            today, by, stock.levels_of(skus), locked, _by_sku(orders), _by_sku(confirmed), arrived,
            _by_sku(standing.select_related("supplier").order_by("lead_days")), queries.standing_offers(skus),
        )  # fmt: skip

    def item(self, sku: catalog.SkuRow, kept: LaunchItem | None, need: launch_rules.Need, sessions: tuple[Expected, ...]) -> ItemView:
        """This function will put one item's facts together."""
        there = self.levels.get(sku.id, {})
        levels = {
            "sellable": there.get(Bucket.SELLABLE, 0), "incoming": there.get(Bucket.INCOMING, 0), "allotted": there.get(Bucket.ALLOTTED, 0),
            "locked": int(self.locked.get(sku.id, 0)),
        }  # fmt: skip
        approved = [one for one in self.purchases.get(sku.id, []) if one.state == "approved" and one.quantity > one.received]
        coming = [one for one in approved if one.promised_on is not None and one.promised_on <= self.by]
        confirmed = self.confirmed.get(sku.id, [])
        counted = self._ordered(sku.id, coming, confirmed)
        beyond = launch_rules.confirmed_beyond_orders(
            [launch_rules.Confirmed(one.supplier_id, one.units) for one in confirmed if one.by_on <= self.by], counted
        )
        helpers = self._helpers(sku.id, {one.supplier_id for one in confirmed})
        found = launch_rules.Coverage(
            need.units, sum(levels.values()), sum(one.quantity - one.received for one in coming), beyond,
            sum(one.units for one in helpers if one.kind != "quote"),
        )  # fmt: skip
        return ItemView(
            sku, kept, need, sessions, levels, tuple(coming), tuple(one for one in approved if one not in coming),
            tuple(one for one in self.purchases.get(sku.id, []) if one.state == "draft"), tuple(confirmed), helpers, found,
        )  # fmt: skip

    def _ordered(self, sku_id: UUID, coming: Sequence[Purchase], confirmed: Sequence[CapacityPromise]) -> dict[UUID, int]:
        """Supplier → units of his confirmation that count already: still coming by the day, or come since he confirmed."""
        first = {one.supplier_id: one.noted_at for one in reversed(confirmed)}
        counted: dict[UUID, int] = {}
        for order in coming:
            counted[order.supplier_id] = counted.get(order.supplier_id, 0) + order.quantity - order.received
        for supplier, at, units in self.arrived.get(sku_id, []):
            if supplier in first and at >= first[supplier]:
                counted[supplier] = counted.get(supplier, 0) + units
        return counted

    def _helpers(self, sku_id: UUID, said: Collection[UUID]) -> tuple[Helper, ...]:
        """Agreements first, with the units they hold by the day, unless that supplier confirmed what he can (`said`); then who quoted, whose capacity nobody knows until asked."""
        found = []
        for one in self.agreements.get(sku_id, []):
            here = self.today + timedelta(days=one.lead_days)
            if one.kind == "standby":
                units = launch_rules.standby_units(one.units, lead_days=one.lead_days, today=self.today, needed_on=self.by)
            else:
                units = one.units - one.drawn if here <= self.by else 0
            units = 0 if one.supplier_id in said else units
            found.append(Helper(one.supplier_id, one.supplier.name, one.kind, units, one.price_fen, one.lead_days, 1, here))
        for quote in self.offers.get(sku_id, []):
            here = self.today + timedelta(days=quote.lead_days)
            found.append(Helper(quote.supplier_id, quote.supplier.name, "quote", 0, quote.price_fen, quote.lead_days, quote.minimum_units, here))
        return tuple(found)


def _by_sku(rows: Iterable[Any]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {}
    for one in rows:
        found.setdefault(one.sku_id, []).append(one)
    return found


def promised_at(plan: LaunchSupply, now: datetime) -> tuple[datetime, str]:
    """This function will give by when what is sold at the broadcast must leave, and whether a promise or the house's usual hours say so."""
    on_air = plan.launch.on_air_at or now
    product = plan.launch.product_id
    said = promises.latest(promises.promises_of([product]).get(product, ()), on_air) if product else None
    return (said, "promise") if said else (on_air + timedelta(hours=thresholds.value("orders.ship_within_hours", shop_id=plan.shop_id)), "hours")


def _delivery(plan: LaunchSupply, parcels: int, now: datetime) -> tuple[launch_rules.Delivery | None, str]:
    at, by = promised_at(plan, now)
    if plan.warehouse_id is None:
        return None, by
    begins = business_date(plan.launch.on_air_at or now) + timedelta(days=1)
    pace = plan.pack_a_day if plan.pack_a_day is not None else plan.pace.get("p90", 0)
    return launch_rules.Delivery(parcels, pace, plan.pace.get("usual", 0), begins, at), by


def pace_of(warehouse_id: UUID, now: datetime) -> dict[str, int]:
    """This function will measure what a warehouse packed a day in its last 60 days: its better days (p90), its usual day, on how many it worked."""
    end = day_bounds(business_date(now))[0]
    days = stock.parcels_by_day(warehouse_id, start=end - timedelta(days=60), end=end)
    return {"p90": launch_rules.ninth_decile(days), "usual": sum(days) // 60, "days": len(days)}


def _material(one: LaunchMaterial, parcels: int) -> tuple[LaunchMaterial, int, launch_rules.MaterialLine]:
    needed = launch_rules.needed_units(a_parcel_milli=one.a_parcel_milli, total_units=one.total_units, parcels=parcels)
    return one, needed, launch_rules.MaterialLine(needed, one.on_hand, one.price_fen, one.state, one.ordered_fen, one.spent_fen)
