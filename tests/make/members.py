"""Makers of members: purchases as a file tells them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from kaibo.kit.ids import new_id
from kaibo.master.shops.models import Shop
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.intake.kinds import ImportContext, Outcome, ParsedRow
from kaibo.stages.members import services
from kaibo.stages.members.imports import PURCHASES
from kaibo.stages.members.models import Member
from kaibo.stages.members.rules import Bought

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def bought(customer: str, days_ago: int, yuan: int, *, order: str = "", consent: bool | None = True) -> Bought:
    return Bought(customer, NOW - timedelta(days=days_ago), yuan * 100, 1, order, consent)


def make_purchases(shop: Shop, *purchases: Bought, platform: str = "douyin", score: bool = True):
    outcomes = services.take_purchases(shop_id=shop.pk, platform=platform, bought=list(purchases), now=NOW)
    if score:
        services.score(actor=KAIBO, shop_id=shop.pk, now=NOW)
    return outcomes


def make_ladder(shop: Shop, people: int = 20, *, consent: bool | None = True) -> None:
    """Customers c00, c01 …: each bought once more, spent more and bought more lately than the one before."""
    rows = []
    for place in range(people):
        rows += [bought(f"cust-{place:02d}", (people - place) * 5, 100 + place * 10, order=f"{place}-{n}", consent=consent) for n in range(place + 1)]
    make_purchases(shop, *rows)


def member_of(shop: Shop, customer: str, platform: str = "douyin") -> Member:
    subject = services.vault.subject_ids({f"{platform}:{customer}"}, now=NOW)[f"{platform}:{customer}"]
    return Member.objects.get(shop=shop, subject_id=subject)


def import_rows(shop: Shop, rows: Sequence[dict[str, object]], *, platform: str = "douyin") -> list[Outcome]:
    """Rows of a file, as the import engine would hand them over."""
    empty = {column.key: None for column in PURCHASES.columns}
    context = ImportContext(KAIBO, shop.pk, platform, new_id(), NOW, NOW)
    return PURCHASES.apply(context, [ParsedRow(number, empty | row) for number, row in enumerate(rows, start=2)])
