"""The listing sheet: what to put on which channel, one line an item."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.intake.kinds import Cell, ExportColumn, ExportKind
from kaibo.stages.listing import queries
from kaibo.stages.listing.models import ListingPrice
from kaibo.stages.listing.permissions import SEE

STATE_WORDS = {"draft": "草稿", "published": "在售", "withdrawn": "已下架"}


def _sheet(actor: Actor, start: datetime | None, end: datetime | None) -> Iterator[tuple[Any, ...]]:
    found = queries.listings_for(actor)
    if start:
        found = found.filter(changed_at__gte=start)
    if end:
        found = found.filter(changed_at__lt=end)
    prices = ListingPrice.objects.filter(listing__in=found.order_by()).select_related("listing__product__category", "listing__channel", "sku")
    for one in prices.order_by("listing__channel__platform", "listing__product__code", "sku__code").iterator():
        listing = one.listing
        yield (
            listing.channel.get_platform_display(), listing.channel.name, listing.product.code, listing.title, listing.product.category.title,
            one.sku.code, one.sku.specification, one.sku.barcode, one.price_fen, "；".join(listing.product.selling_points),
            STATE_WORDS[listing.state], listing.published_version, listing.published_at,
        )


LISTING_SHEET = ExportKind(
    key="listing_sheet",
    title_zh="上架表",
    title_en="Listing sheet",
    ability=SEE,
    columns=(
        ExportColumn("platform", "平台"), ExportColumn("channel", "渠道"), ExportColumn("product", "商品编码"), ExportColumn("title", "标题"),
        ExportColumn("category", "类目"), ExportColumn("sku", "货号"), ExportColumn("specification", "规格"), ExportColumn("barcode", "条码"),
        ExportColumn("price", "价格", Cell.MONEY), ExportColumn("points", "核心卖点"), ExportColumn("state", "状态"),
        ExportColumn("version", "版本", Cell.WHOLE), ExportColumn("published_at", "上架时间", Cell.WHEN),
    ),
    rows=_sheet,
)
