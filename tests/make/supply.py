"""Makers of suppliers, purchases and inspections."""

from __future__ import annotations

from datetime import UTC, date, datetime

from kaibo.master.catalog.models import Sku
from kaibo.plumbing.access.actor import KAIBO
from kaibo.stages.supply import arrivals, services
from kaibo.stages.supply.models import Inspection, Purchase, Supplier
from tests.make.goods import make_warehouse

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TEMPLATE = [
    {"key": "colour", "title": "耐摩擦色牢度", "title_en": "Colour fastness to rubbing", "unit": "级", "standard": "GB/T 3920", "lower": 3000, "upper": None},
    {"key": "shrink", "title": "水洗尺寸变化率", "title_en": "Dimensional change", "unit": "%", "standard": "GB/T 8628", "lower": -3000, "upper": 3000},
]
GOOD = {"colour": "4", "shrink": "-2.5"}
BAD = {"colour": "2.5", "shrink": "-2.5"}


def make_supplier(code: str = "txnr", name: str = "桐乡暖绒针织") -> Supplier:
    return Supplier.objects.get_or_create(code=code, defaults={"name": name, "created_at": NOW})[0]


def make_quote(sku: Sku, *, supplier: Supplier | None = None, price_fen: int = 21_000, lead_days: int = 7, is_main: bool = True) -> None:
    services.record_quote(
        actor=KAIBO, supplier_id=(supplier or make_supplier()).pk, sku_id=sku.pk, price_fen=price_fen, minimum_units=50, lead_days=lead_days,
        quoted_on=date(2026, 11, 1), is_main=is_main, now=NOW,
    )


def make_purchase(sku: Sku, quantity: int = 100, *, is_approved: bool = True) -> Purchase:
    made = services.draft_purchase(actor=KAIBO, supplier_id=make_supplier().pk, sku_id=sku.pk, quantity=quantity, price_fen=21_000, now=NOW)
    if is_approved:
        services.approve_purchase(actor=KAIBO, purchase_id=made.pk, now=NOW)
    return made


def make_arrival(sku: Sku, quantity: int = 100, lot: str = "L2611-07") -> Inspection:
    make_warehouse()
    services.ensure_template(category=sku.product.category_id, items=TEMPLATE)
    return arrivals.receive_goods(actor=KAIBO, purchase_id=make_purchase(sku, quantity).pk, lot_code=lot, quantity=quantity, now=NOW)
