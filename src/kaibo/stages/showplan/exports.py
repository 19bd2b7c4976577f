"""The run of show as a file: the same columns the import reads, so a plan can be copied from session to session."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.intake.kinds import Cell, ExportColumn, ExportKind
from kaibo.stages.showplan import queries
from kaibo.stages.showplan.permissions import SESSION_SEE
from kaibo.stages.showplan.rules import SegmentKind

KIND_ZH = {
    SegmentKind.PRODUCT.value: "商品", SegmentKind.OPENING.value: "开场", SegmentKind.DRAW.value: "抽奖", SegmentKind.INTERACTION.value: "互动",
    SegmentKind.TRIAL.value: "试穿体验", SegmentKind.BREAK.value: "休息", SegmentKind.CLOSING.value: "收尾",
}  # fmt: skip


def rows(actor: Actor, start: datetime | None, end: datetime | None) -> Iterator[tuple[Any, ...]]:
    """This function will give the run of show of the sessions that start in [start, end), an item a row."""
    found = queries.sessions_for(actor).order_by("starts_at")
    if start:
        found = found.filter(starts_at__gte=start)
    if end:
        found = found.filter(starts_at__lt=end)
    sessions = list(found)
    rundowns = queries.rundowns(sessions)
    for session in sessions:
        for segment in rundowns[session.pk]:
            common = (session.room, segment.position, KIND_ZH[segment.kind], segment.title, segment.planned_at, segment.minutes)
            if not segment.offers:
                yield (*common, "", None, None, None, "", segment.note)
            for offer in segment.offers:
                flash = "是" if segment.is_flash else "否"
                yield (*common, offer.sku_code, offer.price_fen, offer.quantity, offer.limit_per_visitor, flash, segment.note)


RUNDOWN_EXPORT = ExportKind(
    key="showplan.rundown",
    title_zh="流程单",
    title_en="Run of show",
    ability=SESSION_SEE,
    columns=(
        ExportColumn("room", "直播间编号"), ExportColumn("position", "序号", Cell.WHOLE), ExportColumn("kind", "环节"),
        ExportColumn("title", "名称"), ExportColumn("planned_at", "计划开始", Cell.WHEN), ExportColumn("minutes", "计划分钟", Cell.WHOLE),
        ExportColumn("sku", "货号"), ExportColumn("price_fen", "直播价", Cell.MONEY), ExportColumn("quantity", "配额", Cell.WHOLE),
        ExportColumn("limit", "限购", Cell.WHOLE), ExportColumn("flash", "秒杀"), ExportColumn("note", "备注"),
    ),
    rows=rows,
)  # fmt: skip
