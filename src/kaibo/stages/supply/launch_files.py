"""A file of what launches are supplied with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kaibo.kit.clock import utc_now
from kaibo.master.launches.models import Launch
from kaibo.plumbing.intake.kinds import Cell, ExportColumn, ExportKind
from kaibo.stages.supply import launch_coverage
from kaibo.stages.supply.permissions import SEE

SOURCES = {"own": "人工定的", "session": "场次计划", "forecast": "销量预测", "safety": "安全库存", "none": "还不知道"}


def rows(actor: Any, start: datetime | None, end: datetime | None) -> Iterator[tuple[Any, ...]]:
    """This function will give each item and each material of the running launches' supply plans."""
    now = utc_now()
    for plan in launch_coverage.plans_for(actor).filter(launch__state=Launch.State.RUNNING):
        view = launch_coverage.view_of(plan, now)
        for one in view.items:
            found = one.coverage
            yield (
                plan.launch.title, plan.launch.on_air_at, "货品", one.sku.code, one.sku.title, found.need, SOURCES[one.need.source], found.there, found.coming,
                found.confirmed, found.missing, view.needed_on, None, plan.confirmed_by,
            )  # fmt: skip
        for kept, needed, line in view.materials:
            came = kept.ordered_units if kept.state == "arrived" else 0
            yield (
                plan.launch.title, plan.launch.on_air_at, "物料", "", kept.title, needed, "", kept.on_hand + came, kept.ordered_units - came, 0, line.to_order,
                kept.needed_on, line.planned_fen, plan.confirmed_by,
            )  # fmt: skip


LAUNCH_SUPPLY = ExportKind(
    key="launch-supply",
    title_zh="上新供货计划",
    title_en="Supply plans of launches",
    ability=SEE,
    personal=False,
    columns=(
        ExportColumn("launch", "上新"), ExportColumn("on_air", "开播", Cell.WHEN), ExportColumn("kind", "种类"), ExportColumn("sku", "货号"), ExportColumn("title", "名称"),
        ExportColumn("need", "要", Cell.WHOLE), ExportColumn("source", "按什么算"), ExportColumn("there", "现有", Cell.WHOLE), ExportColumn("coming", "在途", Cell.WHOLE),
        ExportColumn("confirmed", "已确认产能", Cell.WHOLE), ExportColumn("missing", "缺", Cell.WHOLE), ExportColumn("needed_on", "哪天前要到", Cell.DAY),
        ExportColumn("planned", "物料金额", Cell.MONEY), ExportColumn("confirmed_by", "确认人"),
    ),
    rows=rows,
)  # fmt: skip
