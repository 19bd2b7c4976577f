"""The safety-stock sheet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kaibo.kit.clock import utc_now
from kaibo.master.catalog import queries as catalog
from kaibo.plumbing.intake.kinds import Cell, ExportColumn, ExportKind
from kaibo.stages.supply import aging, queries
from kaibo.stages.supply.permissions import SEE


def rows(actor: Any, start: datetime | None, end: datetime | None) -> Iterator[tuple[Any, ...]]:
    """This function will give every item against its line, the worst first."""
    for line in queries.Lines(actor):
        yield (
            line.sku.code,
            line.sku.title,
            line.sellable,
            line.incoming,
            line.safety.units,
            line.line,
            "是" if line.is_below else "否",
            line.safety.formula_zh,
        )


SAFETY = ExportKind(
    key="safety-stock",
    title_zh="安全库存表",
    title_en="Safety stock",
    ability=SEE,
    personal=False,
    columns=(
        ExportColumn("sku", "货号"),
        ExportColumn("title", "商品"),
        ExportColumn("sellable", "可售", Cell.WHOLE),
        ExportColumn("incoming", "待检", Cell.WHOLE),
        ExportColumn("safety", "安全库存", Cell.WHOLE),
        ExportColumn("line", "警戒线", Cell.WHOLE),
        ExportColumn("below", "低于警戒线"),
        ExportColumn("formula", "算法"),
    ),
    rows=rows,
)


def age_rows(actor: Any, start: datetime | None, end: datetime | None) -> Iterator[tuple[Any, ...]]:
    """This function will give every lot on the shelf with its age and what is proposed for it."""
    found = aging.rows_for(actor, end or utc_now())
    skus = catalog.sku_rows({one.lot.sku_id for one in found})
    for one in found:
        lot = one.lot
        yield (
            lot.sku_code, skus[lot.sku_id].title, lot.code, lot.units, one.age_days, one.cover_days, lot.price_fen, one.plan.price_fen if one.plan.off_bp else None,
            lot.cost_fen, one.given_up_fen,
        )  # fmt: skip


STOCK_AGE = ExportKind(
    key="stock-age",
    title_zh="库龄与折扣方案",
    title_en="Stock age and discount plan",
    ability=SEE,
    personal=False,
    columns=(
        ExportColumn("sku", "货号"),
        ExportColumn("title", "商品"),
        ExportColumn("lot", "批次"),
        ExportColumn("units", "可售", Cell.WHOLE),
        ExportColumn("age", "库龄（天）", Cell.WHOLE),
        ExportColumn("cover", "够卖（天）", Cell.WHOLE),
        ExportColumn("price", "现价", Cell.MONEY),
        ExportColumn("planned", "方案价", Cell.MONEY),
        ExportColumn("cost", "成本", Cell.MONEY),
        ExportColumn("given_up", "让利", Cell.MONEY),
    ),
    rows=age_rows,
)
