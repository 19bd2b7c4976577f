"""Makers of goods and stock."""

from __future__ import annotations

from datetime import UTC, date, datetime

from kaibo.kit.ids import readable_code
from kaibo.master.catalog.models import Category, Product, Sku
from kaibo.master.shops.models import Shop
from kaibo.master.stock import services as stock
from kaibo.master.stock.models import Lot, Warehouse
from kaibo.plumbing.access.actor import KAIBO

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def make_category(code: str = "apparel", title: str = "服装", title_en: str = "Apparel") -> Category:
    return Category.objects.get_or_create(code=code, defaults={"title": title, "title_en": title_en})[0]


def make_product(shop: Shop, code: str = "KB-2417", title: str = "短款羊毛双面呢外套", category: str = "apparel") -> Product:
    make_category(category)
    return Product.objects.get_or_create(
        shop=shop, code=code, defaults={"title": title, "category_id": category, "created_at": NOW, "selling_points": ["90% 羊毛"]}
    )[0]


def make_sku(product: Product, code: str = "KB-2417-B-M", specification: str = "黑色 / M", cost_fen: int = 21_000, price_fen: int = 59_900) -> Sku:
    return Sku.objects.get_or_create(
        code=code, defaults={"product": product, "specification": specification, "cost_fen": cost_fen, "price_fen": price_fen}
    )[0]


def make_warehouse(code: str = "hz", name: str = "杭州仓") -> Warehouse:
    return stock.ensure_warehouse(code=code, name=name)


def make_lot(sku: Sku, code: str = "L2611-07", expires_on: date | None = None) -> Lot:
    return stock.add_lot(sku_id=sku.pk, code=code, now=NOW, expires_on=expires_on)


def make_stock(sku: Sku, quantity: int, *, warehouse: Warehouse | None = None, lot: Lot | None = None) -> None:
    """Units in sellable stock, the honest way: received and released."""
    place = warehouse or make_warehouse()
    reference = f"make:{readable_code()}"
    where = {"sku_id": sku.pk, "warehouse_id": place.pk, "lot_id": lot.pk if lot else None, "quantity": quantity, "reference": reference, "now": NOW}
    stock.receive(actor=KAIBO, **where)
    stock.release(actor=KAIBO, **where)
