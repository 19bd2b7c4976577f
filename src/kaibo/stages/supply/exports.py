"""The safety-stock sheet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kaibo.plumbing.intake.kinds import Cell, ExportColumn, ExportKind
from kaibo.stages.supply import queries
from kaibo.stages.supply.permissions import SEE


def rows(actor: Any, start: datetime | None, end: datetime | None) -> Iterator[tuple[Any, ...]]:
    """This function will give every item against its line, the worst first."""
    for line in queries.lines_for(actor):
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
