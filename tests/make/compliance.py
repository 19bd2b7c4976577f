"""Makers of channels and qualification documents."""

from __future__ import annotations

from datetime import UTC, date, datetime

from kaibo.master.catalog.models import Category, Product
from kaibo.master.shops.models import Channel, Shop
from kaibo.plumbing.access.actor import KAIBO
from kaibo.stages.compliance import services
from kaibo.stages.compliance.models import Document

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def make_channel(shop: Shop, platform: str = "douyin", shop_type: str = "企业店", name: str = "") -> Channel:
    return Channel.objects.get_or_create(
        shop=shop, platform=platform, external_id=f"{platform}-1", defaults={"name": name or f"{shop.name} {platform}", "shop_type": shop_type}
    )[0]


def make_food_category() -> Category:
    food = Category.objects.get_or_create(code="food", defaults={"title": "食品", "title_en": "Food"})[0]
    return Category.objects.get_or_create(code="food.tea", defaults={"title": "茶叶", "title_en": "Tea", "parent": food})[0]


def make_document(
    shop: Shop, kind: str = "business_licence", number: str = "91330106MA2H", *, valid_from: date = date(2021, 3, 15), valid_until: date | None = None,
    product: Product | None = None, confirmed: bool = True,
) -> Document:
    document = services.file_document(
        actor=KAIBO, shop_id=shop.pk, kind=kind, number=number, valid_from=valid_from, valid_until=valid_until, now=NOW, issuer="市场监管局",
        product_id=product.pk if product else None,
    )
    if confirmed:
        services.confirm_document(actor=KAIBO, document_id=document.pk, now=NOW)
        document.refresh_from_db()
    return document


def make_papers(shop: Shop) -> None:
    """What an apparel shop needs everywhere."""
    make_document(shop)
    make_document(shop, "test_report", "WT2611-0412", valid_from=date(2026, 11, 2), valid_until=date(2027, 11, 1))
