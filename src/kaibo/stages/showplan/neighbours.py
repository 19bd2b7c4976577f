"""What the opening gate asks of others: allotments already given, published prices, compliance's findings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from kaibo.master.catalog import queries as catalog
from kaibo.master.stock.models import Allotment
from kaibo.plumbing import prepared
from kaibo.plumbing.wiring import Finding
from kaibo.stages.compliance import price_book
from kaibo.stages.compliance import queries as compliance
from kaibo.stages.compliance.pricing import PriceLimits
from kaibo.stages.listing import queries as listing
from kaibo.stages.supply import quality_queries as quality


def allotted_to(session_ids: Sequence[UUID]) -> dict[UUID, dict[UUID, int]]:
    """This function will give the units each session still holds in open allotments, by item; bundles by their components."""
    found: dict[UUID, dict[UUID, int]] = {}
    held: list[Allotment] = prepared.rows(_open_allotments, sessions=list(session_ids))
    components = catalog.components_of([one.sku_id for one in held])
    for one in held:
        left = one.quantity - one.settled - one.returned
        for sku, each in components.get(one.sku_id, ((one.sku_id, 1),)):
            units = found.setdefault(one.session_id, {})
            units[sku] = units.get(sku, 0) + each * left
    return found


def _open_allotments(*, sessions: Any) -> QuerySet[Allotment]:
    return Allotment.objects.filter(session_id__among=sessions, state=Allotment.State.OPEN)


def published_prices(sku_ids: Iterable[UUID]) -> Mapping[UUID, int]:
    """This function will give the published price of items; what is not published is left out."""
    return listing.published_prices(sku_ids)


def slip_words(sku_id: UUID, platform: str, price_fen: int, published_fen: int, limits: PriceLimits, now: datetime) -> str:
    """This function will say which slip of the finger a planned price looks like, beside its last deals; one query for a price that stands out."""
    return price_book.slip_words(price_fen, published_fen, price_book.levels_of([sku_id], platform, now)[sku_id], limits)


def compliance_findings(product_ids: Iterable[UUID], now: datetime) -> Mapping[UUID, Sequence[Finding]]:
    """This function will give what compliance says of products: documents on their channels, and words."""
    return compliance.findings_for_products(product_ids, now)


def quality_gates(product_ids: Iterable[UUID]) -> quality.Gates:
    """This function will load what the three quality gates know of products: samples, arrivals, spot checks."""
    return quality.gates_of(catalog.categories_of(product_ids))
