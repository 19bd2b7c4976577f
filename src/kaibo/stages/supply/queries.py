"""Reads of supply."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import overload
from uuid import UUID

from django.db.models import BigIntegerField, Case, Count, ExpressionWrapper, F, Q, QuerySet, Sum, Value, When, Window
from django.db.models.functions import RowNumber

from kaibo.kit.clock import business_date, day_bounds
from kaibo.kit.errors import NotFound
from kaibo.kit.ids import readable_code
from kaibo.master.catalog import queries as catalog
from kaibo.master.stock import queries as stock
from kaibo.master.stock.rules import Bucket
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.supply import backtest, rules
from kaibo.stages.supply.models import (
    Inspection,
    InspectionItem,
    Purchase,
    Quote,
    Recall,
    SafetyLevel,
    StockCount,
    Supplier,
)
from kaibo.stages.supply.permissions import SEE


class InspectionUnknown(NotFound):
    code = "supply.inspection_unknown"
    message_zh = "没有这次检验，或你看不到它"
    message_en = "There is no such inspection, or you cannot see it"


class PurchaseUnknown(NotFound):
    code = "supply.purchase_unknown"
    message_zh = "没有这张采购单，或你看不到它"
    message_en = "There is no such purchase order, or you cannot see it"


class ItemUnknown(NotFound):
    code = "supply.item_unknown"
    message_zh = "没有这个货号，或你看不到它"
    message_en = "There is no such item, or you cannot see it"


@dataclass(frozen=True, slots=True)
class LineRow:
    """An item against its safety stock."""

    sku: catalog.SkuRow
    sellable: int
    incoming: int
    safety: rules.SafetyStock
    line: int
    is_below: bool
    draft_code: str
    is_unserved: bool
    was_below: bool


def suppliers(actor: Actor) -> list[Supplier]:
    """This function will list active suppliers.   Raises: Forbidden."""
    access.require(actor, SEE)
    return list(Supplier.objects.filter(is_active=True).order_by("name"))


def standing_offers(sku_ids: Iterable[UUID]) -> dict[UUID, list[Quote]]:
    """This function will give each item's newest quote of each active supplier, main ones first."""
    newest = _standing().filter(sku__in=set(sku_ids)).select_related("supplier", "sku")
    found: dict[UUID, list[Quote]] = {}
    for quote in sorted(newest, key=lambda q: (not q.is_main, q.lead_days, q.price_fen)):
        found.setdefault(quote.sku_id, []).append(quote)
    return found


def _standing() -> QuerySet[Quote]:
    return Quote.objects.filter(supplier__is_active=True).order_by("sku_id", "supplier_id", "-quoted_on").distinct("sku_id", "supplier_id")


def quotes_of(actor: Actor, supplier_ids: Iterable[UUID], *, most: int, whole: UUID | None = None) -> dict[UUID, list[Quote]]:
    """
    This function will give the first standing quotes of each supplier, main ones first, each knowing how many there are (`of_all`); of
    the supplier `whole` all of them.   Raises: Forbidden.
    """
    access.require(actor, SEE)
    standing = access.visible(_standing().filter(supplier__in=list(supplier_ids)), actor, "sku__product__shop")
    place = Window(RowNumber(), partition_by="supplier_id", order_by=[F("is_main").desc(), "lead_days", "price_fen", "sku_id"])
    placed = Quote.objects.filter(pk__in=standing.values("pk")).annotate(place=place, of_all=Window(Count("*"), partition_by="supplier_id"))
    wanted = Q(place__lte=most) | Q(supplier=whole) if whole else Q(place__lte=most)
    found: dict[UUID, list[Quote]] = {}
    for quote in placed.filter(wanted).select_related("sku").order_by("supplier_id", "place"):
        found.setdefault(quote.supplier_id, []).append(quote)
    return found


def price_history(sku_id: UUID, *, most: int = 20) -> list[tuple[date, str, int, str]]:
    """This function will list what an item was quoted and bought at, newest first: (day, supplier, fen, quote or order number).   Source: SUP-1."""
    quoted = Quote.objects.filter(sku=sku_id).select_related("supplier").order_by("-quoted_on")[:most]
    bought = Purchase.objects.filter(sku=sku_id, state__in=["approved", "received"]).select_related("supplier").order_by("-created_at")[:most]
    rows = [(one.quoted_on, one.supplier.name, one.price_fen, "") for one in quoted]
    rows += [(business_date(one.created_at), one.supplier.name, one.price_fen, one.code) for one in bought]
    return sorted(rows, key=lambda row: row[0], reverse=True)[:most]


def purchases_for(actor: Actor) -> QuerySet[Purchase]:
    """This function will give the purchase orders an actor may see, for lists.   Raises: Forbidden."""
    access.require(actor, SEE)
    visible = Purchase.objects.select_related("supplier", "sku__product", "shop")
    return access.visible(visible, actor)


def purchase_for(actor: Actor, purchase_id: UUID) -> Purchase:
    """This function will give a purchase order.   Raises: PurchaseUnknown, Forbidden."""
    found = purchases_for(actor).filter(pk=purchase_id).first()
    if found is None:
        raise PurchaseUnknown
    return found


def inspections_for(actor: Actor) -> QuerySet[Inspection]:
    """This function will give the inspections an actor may see, for lists.   Raises: Forbidden."""
    access.require(actor, SEE)
    visible = Inspection.objects.select_related("lot", "sku__product", "warehouse", "supplier", "purchase__supplier")
    return access.visible(visible, actor, "sku__product__shop")


def inspection_for(actor: Actor, inspection_id: UUID) -> Inspection:
    """This function will give an inspection.   Raises: InspectionUnknown, Forbidden."""
    found = inspections_for(actor).filter(pk=inspection_id).first()
    if found is None:
        raise InspectionUnknown
    return found


UNITS_EN = {"级": "grade", "件": "units", "天": "days"}


def limits_of(category: str, *, in_english: bool = False) -> list[rules.ItemLimit]:
    """
    This function will give the inspection template of a category; a category without one uses the general template.

    What is kept with a verdict is Chinese; `in_english` is for the page of somebody who reads English.
    """
    for code in (category, "general"):
        items = InspectionItem.objects.filter(category=code).order_by("position", "key")
        if items and in_english:
            return [rules.ItemLimit(i.key, i.title_en or i.title, UNITS_EN.get(i.unit, i.unit), i.standard, i.lower, i.upper) for i in items]
        if items:
            return [rules.ItemLimit(i.key, i.title, i.unit, i.standard, i.lower, i.upper) for i in items]
    return []


class Lines(Sequence[LineRow]):
    """
    Every item that has a safety stock against its line, the worst first: the database puts them in order, and of a part (`lines[50:100]`)
    only that part's items are read.   Raises: Forbidden.   Source: SUP-7, SUP-10.
    """

    def __init__(self, actor: Actor, *, shop_id: UUID | None = None, only: UUID | None = None) -> None:
        access.require(actor, SEE)
        self.line_bp = thresholds.value("supply.alert_line_bp")
        kept = access.visible(SafetyLevel.objects.all() if only is None else SafetyLevel.objects.filter(sku=only), actor, "sku__product__shop", shop_id=shop_id)
        sellable = Sum("sku__level__quantity", filter=Q(sku__level__bucket=Bucket.SELLABLE.value), default=0)
        worth = ExpressionWrapper(F("units") * Value(self.line_bp, BigIntegerField()), BigIntegerField())
        self._placed = kept.annotate(sellable=sellable, worth=worth).annotate(
            stands_below=Case(When(worth__gt=F("sellable") * 10_000, then=1), default=0), above=F("sellable") - F("worth") / 10_000
        ).order_by("-stands_below", "above", "sku__code")  # fmt: skip

    @cached_property
    def tally(self) -> tuple[int, int]:
        """How many there are, and how many of them below their line."""
        found = self._placed.order_by().aggregate(all=Count("*"), below=Sum("stands_below", default=0))
        return found["all"], found["below"]

    def __len__(self) -> int:
        return self.tally[0]

    def __iter__(self) -> Iterator[LineRow]:
        return iter(self._rows(self._placed))

    @overload
    def __getitem__(self, place: int) -> LineRow: ...
    @overload
    def __getitem__(self, place: slice) -> list[LineRow]: ...
    def __getitem__(self, place: int | slice) -> LineRow | list[LineRow]:
        return self._rows(self._placed[place]) if isinstance(place, slice) else self._rows(self._placed[place : place + 1])[0]

    def _rows(self, placed: Iterable[SafetyLevel]) -> list[LineRow]:
        kept = {level.sku_id: level for level in placed}
        skus = catalog.sku_rows(kept)
        levels = stock.levels_of(kept)
        drafts = dict(Purchase.objects.filter(sku__in=kept, cause="safety_line", state="draft").values_list("sku_id", "code"))
        return [self._row(level, skus[sku_id], levels[sku_id], drafts.get(sku_id, "")) for sku_id, level in kept.items()]

    def _row(self, level: SafetyLevel, sku: catalog.SkuRow, units: dict[Bucket, int], draft_code: str) -> LineRow:
        safety, sellable = rules.SafetyStock(**level.inputs), units.get(Bucket.SELLABLE, 0)
        return LineRow(
            sku, sellable, units.get(Bucket.INCOMING, 0), safety, safety.units * self.line_bp // 10_000,
            rules.is_below_line(sellable, safety.units, line_bp=self.line_bp), draft_code, level.is_unserved, level.is_below,
        )  # fmt: skip


def below_line(actor: Actor, now: datetime) -> tuple[QuerySet[SafetyLevel], ...]:
    """This function will give the items of the actor's shops below their line: the stage's badge."""
    return (access.visible(SafetyLevel.objects.filter(is_below=True), actor, "sku__product__shop"),) if actor.can(SEE) else ()


def trace_of_lot(actor: Actor, lot_id: UUID) -> dict[str, object]:
    """
    This function will follow a lot: where it came from, how it was inspected, where its units are, which orders have it.

    Source: SUP-6. Raises: Forbidden.
    """
    access.require(actor, SEE)
    inspections = list(inspections_for(actor).filter(lot=lot_id).order_by("opened_at"))
    if not inspections:
        raise InspectionUnknown
    return {
        "lot": inspections[0].lot, "sku": inspections[0].sku, "inspections": inspections, "levels": stock.lot_levels([lot_id])[lot_id],
        "references": stock.references_of_lot(lot_id),
    }  # fmt: skip


def open_recall(lot_id: UUID) -> Recall | None:
    """This function will give the recall of a lot that is not closed yet."""
    return Recall.objects.filter(lot=lot_id, closed_at=None).first()


BACKTEST_DAYS = 365


def backtest_of(actor: Actor, sku_id: UUID, now: datetime) -> tuple[catalog.SkuRow, backtest.Backtest, list[str]]:
    """
    This function will test an item's safety line on its own sales of the last year: the rounds, and the day each began.

    Days before the item first sold are left out.   Raises: Forbidden, ItemUnknown.   Source: SUP-7.
    """
    access.require(actor, SEE)
    sku = catalog.sku_rows([sku_id]).get(sku_id)
    if sku is None or not actor.sees(sku.shop_id):
        raise ItemUnknown
    settings = thresholds.values("supply.history_days", "supply.service_level_bp", "supply.default_lead_days")
    end = day_bounds(business_date(now))[0]
    start = end - timedelta(days=BACKTEST_DAYS)
    sold = stock.outflow_by_day(sku_id, start=start, end=end)
    days = [f"{business_date(start + timedelta(days=day)):%Y-%m-%d}" for day in range(BACKTEST_DAYS)]
    first = next((place for place, day in enumerate(days) if day in sold), BACKTEST_DAYS)
    daily = [sold.get(day, 0) for day in days[first:]]
    offers = standing_offers([sku_id]).get(sku_id, [])
    lead = offers[0].lead_days if offers else settings["supply.default_lead_days"]
    found = backtest.run(
        daily, history_days=settings["supply.history_days"], lead_days=lead, service_bp=settings["supply.service_level_bp"]
    )
    return sku, found, [days[first + one.day] for one in found.rounds]


def unused_code(model: type[Purchase | StockCount], prefix: str, now: datetime) -> str:
    """
    This function will make a number people can read out, of the day and four signs, that no sheet of that kind has yet.

    A million a day is few enough to meet one that is taken: with 250 sheets every thirtieth day.
    """
    while True:
        code = f"{prefix}{business_date(now):%y%m%d}-{readable_code(4)}"
        if not model.objects.filter(code=code).exists():
            return code
