"""What is bought together in a shop: baskets written by the orders stage, mined, kept as a report (SEL-16)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from kaibo.master.catalog.models import Product
from kaibo.master.shops.queries import shops_for
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import KAIBO, Actor
from kaibo.plumbing.audit import audit
from kaibo.stages.selection import matching
from kaibo.stages.selection.association import Together
from kaibo.stages.selection.models import MatchingReport
from kaibo.stages.selection.past import selling_past
from kaibo.stages.selection.permissions import RESEARCH, SEE

LOOKED_BACK = timedelta(days=365)
SHOWN = 60


def mine_shop(*, actor: Actor, shop_id: UUID, now: datetime) -> MatchingReport:
    """This function will mine a shop's baskets of the last year and keep the report.   Raises: Forbidden.   Source: SEL-16."""
    access.require(actor, RESEARCH, shop_id=shop_id)
    since = now - LOOKED_BACK
    with tempfile.TemporaryDirectory(prefix="kaibo-matching-") as folder, matching.opened(threads=1) as connection:
        path = Path(folder) / "baskets.csv"
        selling_past().write_baskets(path, shop_id=shop_id, since=since)
        matching.read_csv(connection, path)
        sheet = _sheet(matching.try_combinations(connection, matching.Limits()))
    return _keep(actor, shop_id, sheet, since=since, now=now)


@transaction.atomic
def _keep(actor: Actor, shop_id: UUID, sheet: dict[str, Any], *, since: datetime, now: datetime) -> MatchingReport:
    report, _ = MatchingReport.objects.update_or_create(shop_id=shop_id, defaults={"made_at": now, "since": since, "sheet": sheet})
    audit.record(actor, "selection:matching:mine", subject=f"shop:{shop_id}", now=now, shop_id=shop_id, details={key: sheet[key] for key in ("baskets", "named", "combinations_count")})
    return report


def mine_all(now: datetime) -> int:
    """This function will mine every shop once more (the daily clock)."""
    shops = [shop.pk for shop in shops_for(KAIBO)]
    for shop_id in shops:
        mine_shop(actor=KAIBO, shop_id=shop_id, now=now)
    return len(shops)


def _sheet(found: matching.Trial) -> dict[str, Any]:
    mined = found.mined
    return {
        "baskets": mined.baskets, "items": mined.items, "tests": mined.tests, "named": mined.named, "until": mined.until.isoformat() if mined.until else "",
        "pairs": [_pair(one) for one in mined.pairs[:SHOWN]], "combinations_count": len(found.combinations), "held_baskets": found.held_baskets,
        "held_fen": found.held_fen, "plain_fen": found.plain_fen, "gain_low_fen": found.gain_low_fen, "gain_high_fen": found.gain_high_fen,
        "is_better": found.is_better,
        "combinations": [
            {
                "traffic": one.traffic, "beside": list(one.beside), "pairs": [_pair(pair) for pair in one.pairs], "held_baskets": one.held_baskets,
                "held_fen": one.held_fen, "plain_fen": one.plain_fen, "traffic_fen": one.traffic_fen, "expected_fen": one.expected_fen,
            }
            for one in found.combinations[:SHOWN]
        ],
    }  # fmt: skip


def _pair(one: Together) -> dict[str, Any]:
    return {"a": one.a, "b": one.b, "both": one.both, "with_a": one.with_a, "with_b": one.with_b, "lift_bp": one.lift_bp, "p": one.p}


@dataclass(frozen=True, slots=True)
class Named:
    """A product of a report, as people know it."""

    product_id: str
    code: str
    title: str


def report_of(actor: Actor, shop_id: UUID) -> MatchingReport | None:
    """This function will give a shop's newest report.   Raises: Forbidden."""
    access.require(actor, SEE, shop_id=shop_id)
    return MatchingReport.objects.filter(shop=shop_id).first()


def named(product_ids: Iterable[str]) -> dict[str, Named]:
    """This function will name products; one query."""
    return {str(one.pk): Named(str(one.pk), one.code, one.title) for one in Product.objects.filter(pk__in=set(product_ids))}
