"""Rolling replenishment 滚动补货: items looked at daily or weekly, an order drafted when something is missing, every look explained (SUP-8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet, Sum
from django.utils.translation import gettext_noop

from kaibo.kit.clock import business_date, day_bounds
from kaibo.kit.errors import Conflict, Invalid
from kaibo.master.catalog import queries as catalog
from kaibo.master.people.queries import people_with_role
from kaibo.master.stock import queries as stock
from kaibo.master.stock.rules import Bucket
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import KAIBO, Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.notices import notices
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.supply import queries, rolling
from kaibo.stages.supply.ahead_models import RollingPlan
from kaibo.stages.supply.models import Purchase, Quote
from kaibo.stages.supply.permissions import ROLLING_SET, SEE
from kaibo.stages.supply.services import draft_purchase

NEW_DAYS = 28
"""An item that sold on fewer days than this is new: items like it speak for it."""
PAST_DAYS = 365
MOST_ALIKE = 40
MOST_REVIEWED = 200


class NoOffer(Conflict):
    code = "supply.no_offer"
    message_zh = "{sku} 还没有供应商报价，先录入报价再补货"
    message_en = "{sku} has no supplier's quote yet; enter one first"


class RollingWrong(Invalid):
    code = "supply.rolling_wrong"
    message_zh = "滚动补货每天或每周看一次，装箱数从 1 起"
    message_en = "Rolling replenishment looks daily or weekly, in packs of one or more"


@dataclass(frozen=True, slots=True)
class ItemPlan:
    """An item with what is known for its next order: its own look, or items like it when it is new."""

    sku: catalog.SkuRow
    plan: RollingPlan | None
    terms: rolling.Terms
    offer: Quote | None
    days_sold: int
    look: rolling.Look
    first: rolling.FirstDays | None
    first_units: int

    @property
    def is_new(self) -> bool:
        return self.first is not None

    @property
    def units(self) -> int:
        return self.first_units if self.is_new else self.look.units


@transaction.atomic
def set_plan(*, actor: Actor, sku_id: UUID, review_days: int, pack_units: int, is_on: bool, now: datetime) -> RollingPlan:
    """This function will say how often an item is looked at and in which packs it comes.   Raises: Forbidden, ItemUnknown, RollingWrong."""
    sku = catalog.sku_rows([sku_id]).get(sku_id)
    if sku is None or not actor.sees(sku.shop_id):
        raise queries.ItemUnknown
    access.require(actor, ROLLING_SET, shop_id=sku.shop_id)
    if review_days not in {1, 7} or pack_units < 1:
        raise RollingWrong
    told = {"review_days": review_days, "pack_units": pack_units, "is_on": is_on, "changed_by": actor.name, "changed_at": now}
    plan, _ = RollingPlan.objects.update_or_create(pk=sku_id, defaults=told, create_defaults={**told, "next_review_on": business_date(now)})
    audit.record(
        actor, "supply:rolling:set", subject=f"sku:{sku_id}", now=now, shop_id=sku.shop_id, details={"days": review_days, "pack": pack_units, "on": is_on}
    )
    return plan


def review_due(now: datetime) -> int:
    """This function will look at every item whose day it is and draft what is missing; the clock gives how many orders."""
    due = RollingPlan.objects.filter(is_on=True, next_review_on__lte=business_date(now)).order_by("next_review_on")
    return sum(1 for sku_id in list(due.values_list("pk", flat=True)[:MOST_REVIEWED]) if review(actor=KAIBO, sku_id=sku_id, now=now) is not None)


@transaction.atomic
def review(*, actor: Actor, sku_id: UUID, now: datetime) -> Purchase | None:
    """
    This function will look at one item now, keep what it saw, and draft an order for what is missing.

    A draft that still waits counts as under way, so that two looks never order the same twice.
    Raises: Forbidden, ItemUnknown.   Source: SUP-8.
    """
    # lock: two looks at one item take turns
    plan = RollingPlan.objects.select_for_update().filter(pk=sku_id).first()
    item = plan_of(actor, sku_id, now)
    access.require(actor, ROLLING_SET, shop_id=item.sku.shop_id)
    if plan is None:
        raise queries.ItemUnknown
    made = _draft(actor, item, now) if item.units and item.offer else None
    seen = {**item.look.as_json(), "ordered": item.units, "is_new": item.is_new}
    RollingPlan.objects.filter(pk=sku_id).update(
        reviewed_at=now, result=seen, purchase=made, next_review_on=business_date(now) + timedelta(days=plan.review_days)
    )
    if item.units and item.offer is None:
        _tell(item, now, gettext_noop("%(sku)s 滚动补货要补 %(units)s 件，没有可用供应商报价"), "", "/supply/rolling")
    return made


def _draft(actor: Actor, item: ItemPlan, now: datetime) -> Purchase:
    assert item.offer is not None
    purchase = draft_purchase(
        actor=actor, supplier_id=item.offer.supplier_id, sku_id=item.sku.id, quantity=item.units, price_fen=item.offer.price_fen, now=now,
        cause="rolling", reason=reason_zh(item)[:300],
    )  # fmt: skip
    _tell(item, now, gettext_noop("%(sku)s 滚动补货 %(units)s 件，已起草 %(purchase)s，待批准"), purchase.code, f"/supply/purchases/{purchase.pk}")
    return purchase


def _tell(item: ItemPlan, now: datetime, title: str, purchase: str, href: str) -> None:
    told = people_with_role("operations", shop_id=item.sku.shop_id)
    values = {"sku": item.sku.code, "units": item.units, "purchase": purchase}
    notices.tell(told, key=f"rolling:{item.sku.id}:{business_date(now)}", title=title, values=values, now=now, href=href, state="run")


def reason_zh(item: ItemPlan) -> str:
    """This function will write the sum behind an order, as it is kept with it."""
    look = item.look
    if item.first is not None:
        return (
            f"新品首批：{len(item.first.analogues)} 个相近货号头 {item.first.days} 天卖 {item.first.low}–{item.first.high} 件，中间 {item.first.middle} 件，"
            f"按 {item.terms.stretch_days} 天备；现有 {look.there}，在途 {look.on_its_way}；起订 {look.minimum_units}，装箱 {look.pack_units}"
        )
    return (
        f"补到 {look.up_to} 件（日均 {look.mean_milli / 1000:.2f} × {item.terms.stretch_days} 天 + 安全量）− 现有 {look.there} − 在途 {look.on_its_way} = 缺 {look.missing}；"
        f"起订 {look.minimum_units}，装箱 {look.pack_units} → {look.units} 件"
    )


# ── reads ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def plan_of(actor: Actor, sku_id: UUID, now: datetime) -> ItemPlan:
    """This function will give everything the next order of an item follows from.   Raises: Forbidden, ItemUnknown."""
    access.require(actor, SEE)
    sku = catalog.sku_rows([sku_id]).get(sku_id)
    if sku is None or not actor.sees(sku.shop_id):
        raise queries.ItemUnknown
    settings = thresholds.values("supply.history_days", "supply.service_level_bp", "supply.default_lead_days")
    offer = next(iter(queries.standing_offers([sku_id]).get(sku_id, [])), None)
    plan = RollingPlan.objects.filter(pk=sku_id).first()
    terms = rolling.Terms(
        offer.lead_days if offer else settings["supply.default_lead_days"], plan.review_days if plan else 7, offer.minimum_units if offer else 1,
        plan.pack_units if plan else 1, settings["supply.service_level_bp"],
    )  # fmt: skip
    daily = daily_units(sku_id, now)
    levels = stock.levels_of([sku_id])[sku_id]
    there = levels.get(Bucket.SELLABLE, 0) + levels.get(Bucket.INCOMING, 0)
    coming = on_order([sku_id]).get(sku_id, 0)
    look = rolling.look(daily[-settings["supply.history_days"] :], there=there, on_its_way=coming, terms=terms)
    first = rolling.first_days(analogues_of(sku, now), days=NEW_DAYS) if len(daily) < NEW_DAYS else None
    units = rolling.first_batch(first, terms=terms, there=there, on_its_way=coming) if first else 0
    return ItemPlan(sku, plan, terms, offer, len(daily), look, first, units)


def daily_units(sku_id: UUID, now: datetime) -> list[int]:
    """This function will give an item's units a day since it first sold, up to a year, yesterday last."""
    end = day_bounds(business_date(now))[0]
    sold = stock.outflow_by_day(sku_id, start=end - timedelta(days=PAST_DAYS), end=end)
    days = [f"{business_date(end - timedelta(days=back)):%Y-%m-%d}" for back in range(PAST_DAYS, 0, -1)]
    first = next((place for place, day in enumerate(days) if day in sold), PAST_DAYS)
    return [sold.get(day, 0) for day in days[first:]]


def on_order(sku_ids: Iterable[UUID]) -> dict[UUID, int]:
    """This function will give item → units of purchase orders that have not come yet, drafts included."""
    waiting = Purchase.objects.filter(sku__in=list(sku_ids), state__in=["draft", "approved"])
    rows = waiting.values_list("sku").annotate(left=Sum(F("quantity") - F("received"))).order_by()
    return {sku: max(0, left) for sku, left in rows}


def analogues_of(sku: catalog.SkuRow, now: datetime) -> list[rolling.Analogue]:
    """This function will give items of the same kind that sold for at least as long as a new item is new, with their first days."""
    others = [one for one in catalog.skus_of_category(sku.category, sku.shop_id) if one.id != sku.id and not one.is_bundle]
    sold = stock.first_days_of([one.id for one in others], days=NEW_DAYS, now=day_bounds(business_date(now))[0])
    found = [
        rolling.Analogue(
            one.code, one.title, sold[one.id], one.price_fen,
            rolling.weight_of(same_product=one.product_id == sku.product_id, price_fen=sku.price_fen, other_fen=one.price_fen),
        )
        for one in others if one.id in sold
    ]  # fmt: skip
    return sorted(found, key=lambda one: (-one.weight, one.code))[:MOST_ALIKE]


def plans_for(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[RollingPlan]:
    """This function will give the items that are replenished rolling, the next look first.   Raises: Forbidden."""
    access.require(actor, SEE)
    visible = access.visible(RollingPlan.objects.select_related("purchase"), actor, "sku__product__shop", shop_id=shop_id)
    return visible.order_by("-is_on", "next_review_on", "pk")


def with_skus(found: Iterable[RollingPlan]) -> list[tuple[RollingPlan, catalog.SkuRow]]:
    """This function will put beside each plan the item it is for, in one query."""
    plans = list(found)
    rows = catalog.sku_rows([one.pk for one in plans])
    return [(one, rows[one.pk]) for one in plans]


def past_of(item: ItemPlan, now: datetime) -> tuple[rolling.Course, rolling.Course] | None:
    """This function will play an item's own past through with our looks and with the last week over again; None while it is short."""
    history = thresholds.value("supply.history_days")
    daily = daily_units(item.sku.id, now)
    if len(daily) < history + item.terms.stretch_days:
        return None
    return rolling.beside_naive(daily, history_days=history, terms=item.terms)


def next_look(plan: RollingPlan) -> date:
    return plan.next_review_on


def seen_words(result: Mapping[str, Any]) -> tuple[int, int, int]:
    """This function will give what the last look saw: should be there, there, under way."""
    return result.get("up_to", 0), result.get("there", 0), result.get("on_its_way", 0)
