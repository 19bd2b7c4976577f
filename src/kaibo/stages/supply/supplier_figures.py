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
from kaibo.stages.supply.supplier_tallies import CAUSED, Tally, scored, tallies

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
    days, weights = _in_force()
    counted = tallies([one.pk for one in suppliers], since=now - timedelta(days=days), now=now)
    found = [SupplierScore(one, scored(counted[one.pk], weights)) for one in suppliers]
    return sorted(found, key=lambda one: (one.score.total_bp is None, -(one.score.total_bp or 0), one.supplier.name))


def evidence_of(supplier_id: UUID, now: datetime) -> tuple[scoring.Score, Evidence]:
    """This function will score one supplier, with the rows behind each figure."""
    days, weights = _in_force()
    found = _evidence(supplier_id, now - timedelta(days=days))
    return scored(_tally(found, now), weights), found


def _in_force() -> tuple[int, dict[str, int]]:
    held = thresholds.values(DAYS, *WEIGHTS)
    return held[DAYS], dict(zip(scoring.FIGURES, (held[key] for key in WEIGHTS), strict=True))


def _tally(evidence: Evidence, now: datetime) -> Tally:
    kept = [done for one in evidence.purchases if (done := is_on_time(one, now)) is not None]
    return Tally(
        on_time=(sum(kept), len(kept)),
        passed=(sum(one.state == "passed" for one in evidence.inspections), len(evidence.inspections)),
        defects=(sum(evidence.defect_units.values()), sum(one.quantity for one in evidence.inspections)),
        returns=(sum(one.units for one in evidence.returns), evidence.sent_units),
        prices_bp=[lowest * scoring.BP // quote.price_fen for quote, lowest in evidence.prices],
        answer_minutes=[int((one.answered_at - one.asked_at).total_seconds() // 60) for one in evidence.negotiations if one.answered_at is not None],
        screenings_bp=[one.points * scoring.BP // 5 for one in _newest(evidence.screenings)],
    )


def _newest(screenings: list[Screening]) -> list[Screening]:
    """Of each kind the newest counts."""
    found: dict[str, Screening] = {}
    for one in screenings:
        found.setdefault(one.kind, one)
    return list(found.values())


def _evidence(supplier_id: UUID, since: datetime) -> Evidence:
    purchases = Purchase.objects.filter(supplier=supplier_id, approved_at__gte=since).select_related("sku").order_by("-approved_at")
    arrivals = Inspection.objects.filter(supplier=supplier_id, gate="arrival", decided_at__gte=since, is_repeat=False, lot__isnull=False)
    inspections = list(arrivals.select_related("lot", "sku").order_by("-decided_at"))
    units = Defect.objects.filter(inspection__in=[one.pk for one in inspections]).values_list("inspection").annotate(units=Sum("units")).order_by()
    returns, sent = _returns({one.lot_id for one in inspections if one.lot_id}, since)
    negotiations = Negotiation.objects.filter(supplier=supplier_id, asked_at__gte=since).select_related("sku").order_by("-asked_at")
    screenings = Screening.objects.filter(supplier=supplier_id).select_related("report").order_by("-seen_on", "-pk")
    return Evidence(list(purchases), inspections, dict(units), returns, sent, _prices(supplier_id), list(negotiations), list(screenings))


def _returns(lots: set[UUID], since: datetime) -> tuple[list[Feedback], int]:
    """Closed cases the maker caused, of these lots; and how many units of the lots buyers were sent."""
    back = [one for one in taught.returns_of_lots(lots, since=since) if one.nature in CAUSED] if lots else []
    sent = 0
    for lot, levels in stock.lot_levels(lots).items():
        sent += max(levels.get(Bucket.CUSTOMER, 0), 0) + sum(one.units for one in back if lot in one.lot_ids)
    return back, sent


def _prices(supplier_id: UUID) -> list[tuple[Quote, int]]:
    """Each standing quote of a supplier beside the lowest standing one of its item, where somebody else quotes too."""
    found: list[tuple[Quote, int]] = []
    for offers in queries.standing_offers(Quote.objects.filter(supplier=supplier_id).values_list("sku_id", flat=True)).values():
        lowest = min(one.price_fen for one in offers)
        found += [(one, lowest) for one in offers if len(offers) > 1 and one.supplier_id == supplier_id]
    return found


def agreements_of(supplier_id: UUID) -> list[Agreement]:
    return list(Agreement.objects.filter(supplier=supplier_id).select_related("sku__product").order_by("ended_at", "-valid_until"))


def shortfalls_of(supplier_id: UUID, now: datetime) -> list[Shortfall]:
    return list(Shortfall.objects.filter(supplier=supplier_id, until__gte=business_date(now)).select_related("sku").order_by("until"))
