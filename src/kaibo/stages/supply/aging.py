"""What stands too long, and at which price it would go: a discount plan by the age of stock (SUP-11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import BigIntegerField, F, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from kaibo.kit.clock import business_date
from kaibo.master.stock.models import Level
from kaibo.master.stock.rules import Bucket
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.supply.permissions import SEE

BP = 10_000
STEPS = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Band:
    """From so many days in the house, so much off."""

    days: int
    off_bp: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What is proposed for one lot, and why. `cover_days` is how long it lasts at the sales of the last weeks, None when nothing sells."""

    off_bp: int
    price_fen: int
    reason: str


def plan(
    *, age_days: int, cover_days: int | None, price_fen: int, cost_fen: int, bands: Sequence[Band], soon_gone_days: int, days_to_expiry: int | None = None
) -> Plan:
    """
    This function will propose the discount of the oldest band a lot has reached. What will be gone soon anyway keeps its
    price; what expires before it would be sold is one band further; nothing goes below cost.   Source: SUP-11.
    """
    reached = [one for one in sorted(bands, key=lambda band: band.days) if age_days >= one.days]
    level = len(reached)
    is_expiring = days_to_expiry is not None and (cover_days is None or days_to_expiry < cover_days)
    if is_expiring:
        level = min(level + 1, len(bands))
    if not level:
        return Plan(0, price_fen, "young")
    if not is_expiring and cover_days is not None and cover_days <= soon_gone_days:
        return Plan(0, price_fen, "soon_gone")
    off = sorted(bands, key=lambda band: band.days)[level - 1].off_bp
    wanted = price_fen * (BP - off) // BP
    lowest = min(cost_fen, price_fen)
    if wanted < lowest:
        return Plan((price_fen - lowest) * BP // price_fen if price_fen else 0, lowest, "at_cost")
    return Plan(off, wanted, "expiring" if is_expiring else "old")


class Lot(NamedTuple):
    """A lot with units that can be sold, all warehouses together; `mean_milli` is what its item sells a day, in thousandths."""

    sku_id: UUID
    lot_id: UUID
    code: str
    received_at: datetime
    expires_on: date | None
    sku_code: str
    price_fen: int
    cost_fen: int
    mean_milli: int | None
    units: int


class AgeRow(NamedTuple):
    """A lot on the shelf with its age and what is proposed for it."""

    lot: Lot
    age_days: int
    cover_days: int | None
    plan: Plan

    @property
    def given_up_fen(self) -> int:
        return self.lot.units * (self.lot.price_fen - self.plan.price_fen)

    @property
    def bound_fen(self) -> int:
        return self.lot.units * self.lot.cost_fen


def bands_in_force() -> tuple[list[Band], int]:
    """This function will read the bands, and within how many days of sales nothing is discounted."""
    keys = [f"supply.age_{step}_{part}" for step in STEPS for part in ("days", "off_bp")]
    found = thresholds.values(*keys, "supply.age_soon_gone_days")
    bands = [Band(found[f"supply.age_{step}_days"], found[f"supply.age_{step}_off_bp"]) for step in STEPS]
    return bands, found["supply.age_soon_gone_days"]


def _lots_that_sell(actor: Actor, shop_id: UUID | None) -> list[Lot]:
    levels = Level.objects.filter(bucket=Bucket.SELLABLE.value, quantity__gt=0, lot__isnull=False)
    mean = Cast(KeyTextTransform("mean_milli", F("sku__safetylevel__inputs")), BigIntegerField())
    of_lot = ("sku_id", "lot_id", "lot__code", "lot__received_at", "lot__expires_on", "sku__code", "sku__price_fen", "sku__cost_fen", mean)
    counted = access.visible(levels, actor, "sku__product__shop", shop_id=shop_id).values_list(*of_lot).annotate(units=Sum("quantity")).order_by()
    return [Lot(*row) for row in counted]


def rows_for(actor: Actor, now: datetime, *, shop_id: UUID | None = None) -> list[AgeRow]:
    """
    This function will give every lot that can be sold with its age, the most money bound in old stock first. What an item is called is
    asked for those shown (`catalog.sku_rows`).   Raises: Forbidden.
    """
    access.require(actor, SEE)
    bands, soon_gone = bands_in_force()
    lots = _lots_that_sell(actor, shop_id)
    on_shelf: dict[UUID, int] = {}
    for lot in lots:
        on_shelf[lot.sku_id] = on_shelf.get(lot.sku_id, 0) + lot.units
    today = business_date(now)
    found = []
    for lot in lots:
        cover = on_shelf[lot.sku_id] * 1000 // lot.mean_milli if lot.mean_milli else None
        age = (today - business_date(lot.received_at)).days
        left = (lot.expires_on - today).days if lot.expires_on else None
        proposed = plan(age_days=age, cover_days=cover, price_fen=lot.price_fen, cost_fen=lot.cost_fen, bands=bands, soon_gone_days=soon_gone, days_to_expiry=left)
        found.append(AgeRow(lot, age, cover, proposed))
    return sorted(found, key=lambda one: (one.plan.off_bp == 0, -one.bound_fen if one.plan.off_bp else -one.age_days, one.lot.sku_code, one.lot.code))
