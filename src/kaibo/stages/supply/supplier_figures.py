"""What a supplier's score is made of, each figure with the rows it was counted from (SUP-1, SUP-2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Sum

from kaibo.kit.clock import business_date
from kaibo.kit.errors import NotFound
from kaibo.master.stock import queries as stock
from kaibo.master.stock.rules import Bucket
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.selection import taught
from kaibo.stages.selection.models import Feedback
from kaibo.stages.supply import queries, scoring
from kaibo.stages.supply.models import (
    Agreement,
    Defect,
    Inspection,
    Negotiation,
    Purchase,
    Quote,
    Screening,
    Shortfall,
    Supplier,
)
from kaibo.stages.supply.permissions import SEE

CAUSED = frozenset({"quality", "safety", "not_as_described"})
"""What comes back for these reasons is the maker's doing; sizes, transport and changed minds are not."""
WEIGHTS = tuple(f"supply.score_{key}_weight" for key in scoring.FIGURES)
DAYS = "supply.score_days"


class SupplierUnknown(NotFound):
    code = "supply.supplier_unknown"
    message_zh = "没有这个供应商"
    message_en = "There is no such supplier"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The rows behind each figure of one supplier, newest first."""

    purchases: list[Purchase]
    inspections: list[Inspection]
    defect_units: dict[UUID, int]
    returns: list[Feedback]
    sent_units: int
    prices: list[tuple[Quote, int]]
    negotiations: list[Negotiation]
    screenings: list[Screening]


@dataclass(frozen=True, slots=True)
class SupplierScore:
    supplier: Supplier
    score: scoring.Score
    evidence: Evidence


def supplier_for(actor: Actor, supplier_id: UUID) -> Supplier:
    """This function will give a supplier.   Raises: Forbidden, SupplierUnknown."""
    access.require(actor, SEE)
    found = Supplier.objects.filter(pk=supplier_id).first()
    if found is None:
        raise SupplierUnknown
    return found


def is_on_time(one: Purchase, now: datetime) -> bool | None:
    """
    This function will say whether an order arrived whole by the promised day; None while that day is still to come. One
    its supplier never completed was not on time, whenever it was closed.
    """
    if one.promised_on is None:
        return None
    if one.short_by == "supplier":
        return False
    if one.completed_at is not None:
        return business_date(one.completed_at) <= one.promised_on
    return None if business_date(now) <= one.promised_on else False


def scores(actor: Actor, now: datetime, *, only: Iterable[UUID] | None = None) -> list[SupplierScore]:
    """
    This function will score active suppliers from what happened in the last days, the best first; unknown ones last. A
    constant number of queries, however many suppliers.   Raises: Forbidden.   Source: SUP-1, SUP-2, SEL-19.
    """
    suppliers = queries.suppliers(actor) if only is None else list(Supplier.objects.filter(pk__in=list(only)))
    held = thresholds.values(DAYS, *WEIGHTS)
    weights = dict(zip(scoring.FIGURES, (held[key] for key in WEIGHTS), strict=True))
    known = _evidence([one.pk for one in suppliers], now - timedelta(days=held[DAYS]), is_shown=only is not None)
    found = [SupplierScore(one, _score(known[one.pk], weights, now), known[one.pk]) for one in suppliers]
    return sorted(found, key=lambda one: (one.score.total_bp is None, -(one.score.total_bp or 0), one.supplier.name))


def _score(evidence: Evidence, weights: dict[str, int], now: datetime) -> scoring.Score:
    kept = [done for one in evidence.purchases if (done := is_on_time(one, now)) is not None]
    inspected = sum(one.quantity for one in evidence.inspections)
    answered = [
        int((one.answered_at - one.asked_at).total_seconds() // 60) for one in evidence.negotiations if one.answered_at is not None
    ]
    return scoring.score(
        [
            scoring.share("on_time", sum(kept), len(kept), weights["on_time"]),
            scoring.share("passed", sum(one.state == "passed" for one in evidence.inspections), len(evidence.inspections), weights["passed"]),
            scoring.share("defects", sum(evidence.defect_units.values()), inspected, weights["defects"]),
            scoring.share("returns", sum(one.units for one in evidence.returns), evidence.sent_units, weights["returns"]),
            scoring.mean("price", [lowest * scoring.BP // quote.price_fen for quote, lowest in evidence.prices], weights["price"]),
            scoring.middle("response", answered, weights["response"]),
            scoring.mean("screening", [one.points * scoring.BP // 5 for one in _newest(evidence.screenings)], weights["screening"]),
        ]
    )


def _newest(screenings: list[Screening]) -> list[Screening]:
    """Of each kind the newest counts."""
    found: dict[str, Screening] = {}
    for one in screenings:
        found.setdefault(one.kind, one)
    return list(found.values())


def _evidence(ids: list[UUID], since: datetime, *, is_shown: bool) -> dict[UUID, Evidence]:
    """What is only counted is read without its goods and with the columns that count: thousands of rows for a list of suppliers."""
    purchases: dict[UUID, list[Purchase]] = {one: [] for one in ids}
    orders = Purchase.objects.filter(supplier__in=ids, approved_at__gte=since).order_by("-approved_at")
    for bought in orders.select_related("sku") if is_shown else orders.only("supplier_id", "promised_on", "completed_at", "short_by"):
        purchases[bought.supplier_id].append(bought)
    inspections: dict[UUID, list[Inspection]] = {one: [] for one in ids}
    lots: dict[UUID, UUID] = {}
    arrivals = Inspection.objects.filter(supplier__in=ids, gate="arrival", decided_at__gte=since, is_repeat=False).order_by("-decided_at")
    for looked in arrivals.select_related("lot", "sku") if is_shown else arrivals.only("supplier_id", "lot_id", "quantity", "state"):
        if looked.supplier_id and looked.lot_id:
            inspections[looked.supplier_id].append(looked)
            lots[looked.lot_id] = looked.supplier_id
    units = dict(
        Defect.objects.filter(inspection__in=[one.pk for rows in inspections.values() for one in rows])
        .values_list("inspection").annotate(units=Sum("units")).order_by()
    )  # fmt: skip
    returns, sent = _returns(lots, since)
    prices = _prices(ids, is_shown=is_shown)
    negotiations: dict[UUID, list[Negotiation]] = {one: [] for one in ids}
    for said in Negotiation.objects.filter(supplier__in=ids, asked_at__gte=since).select_related("sku").order_by("-asked_at"):
        negotiations[said.supplier_id].append(said)
    screenings: dict[UUID, list[Screening]] = {one: [] for one in ids}
    for seen in Screening.objects.filter(supplier__in=ids).select_related("report").order_by("-seen_on", "-pk"):
        screenings[seen.supplier_id].append(seen)
    return {
        one: Evidence(
            purchases[one], inspections[one], {row.pk: units[row.pk] for row in inspections[one] if row.pk in units}, returns.get(one, []), sent.get(one, 0),
            prices.get(one, []), negotiations[one], screenings[one],
        )
        for one in ids
    }  # fmt: skip


def _returns(lots: dict[UUID, UUID], since: datetime) -> tuple[dict[UUID, list[Feedback]], dict[UUID, int]]:
    """Closed cases the maker caused, by supplier through the lot; and how many units of these lots buyers were sent."""
    back: dict[UUID, list[Feedback]] = {}
    for one in taught.returns_of_lots(lots, since=since) if lots else []:
        if one.nature in CAUSED:
            for supplier in {lots[lot] for lot in one.lot_ids if lot in lots}:
                back.setdefault(supplier, []).append(one)
    sent: dict[UUID, int] = {}
    for lot, levels in stock.lot_levels(lots).items():
        caused = sum(one.units for one in back.get(lots[lot], []) if lot in one.lot_ids)
        sent[lots[lot]] = sent.get(lots[lot], 0) + max(levels.get(Bucket.CUSTOMER, 0), 0) + caused
    return back, sent


def _prices(ids: list[UUID], *, is_shown: bool) -> dict[UUID, list[tuple[Quote, int]]]:
    """Each standing quote beside the lowest standing one of its item, where somebody else quotes too."""
    skus = set(Quote.objects.filter(supplier__in=ids).values_list("sku_id", flat=True))
    found: dict[UUID, list[tuple[Quote, int]]] = {}
    for offers in queries.standing_offers(skus, is_shown=is_shown).values():
        lowest = min(one.price_fen for one in offers)
        for one in offers if len(offers) > 1 else []:
            found.setdefault(one.supplier_id, []).append((one, lowest))
    return found


def agreements_of(supplier_id: UUID) -> list[Agreement]:
    return list(Agreement.objects.filter(supplier=supplier_id).select_related("sku__product").order_by("ended_at", "-valid_until"))


def shortfalls_of(supplier_id: UUID, now: datetime) -> list[Shortfall]:
    return list(Shortfall.objects.filter(supplier=supplier_id, until__gte=business_date(now)).select_related("sku").order_by("until"))
