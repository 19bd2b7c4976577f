"""The files selection gives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.intake.kinds import Cell, ExportColumn, ExportKind
from kaibo.stages.selection import queries
from kaibo.stages.selection.permissions import SEE


def _candidates(actor: Actor, start: datetime | None, end: datetime | None) -> Iterator[tuple[Any, ...]]:
    found = queries.candidates_for(actor)
    if start:
        found = found.filter(created_at__gte=start)
    if end:
        found = found.filter(created_at__lt=end)
    for one in found.iterator():
        yield (
            one.code, one.title, one.shop.name, one.market.title if one.market else "", one.state, one.cost_fen, one.price_fen, one.return_bp,
            one.margin_bp, one.value_proposition, "；".join(one.selling_points), one.decided_by, one.decided_at, one.decision_reason,
        )


CANDIDATES = ExportKind(
    key="candidates",
    title_zh="选品候选",
    title_en="Candidates",
    ability=SEE,
    columns=(
        ExportColumn("code", "编码"), ExportColumn("title", "名称"), ExportColumn("shop", "店铺"), ExportColumn("market", "市场"),
        ExportColumn("state", "状态"), ExportColumn("cost", "成本", Cell.MONEY), ExportColumn("price", "售价", Cell.MONEY),
        ExportColumn("returns", "预计退货率", Cell.RATE), ExportColumn("margin", "退货后毛利率", Cell.RATE), ExportColumn("proposition", "价值主张"),
        ExportColumn("points", "核心卖点"), ExportColumn("decided_by", "决定人"), ExportColumn("decided_at", "决定时间", Cell.WHEN),
        ExportColumn("reason", "决定说明"),
    ),
    rows=_candidates,
)
