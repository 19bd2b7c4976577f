"""The register of stock-outs and courier trouble as a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kaibo.plumbing.intake.kinds import Cell, ExportColumn, ExportKind
from kaibo.stages.risk import supply_incidents
from kaibo.stages.risk.permissions import SUPPLY_SEE

KINDS = {"stockout": "断货", "courier": "快递"}


def rows(actor: Any, start: datetime | None, end: datetime | None) -> Iterator[tuple[Any, ...]]:
    """This function will give every incident with what was known, done and came of it, newest first."""
    found = supply_incidents.incidents_for(actor).prefetch_related("steps")
    found = found.filter(opened_at__gte=start) if start is not None else found
    found = found.filter(opened_at__lt=end) if end is not None else found
    for one in found:
        done = "；".join(f"{step.by}：{step.text}" for step in sorted(one.steps.all(), key=lambda step: (step.at, step.pk)))
        orders = one.figures.get("orders", one.figures.get("rerouted", 0))
        yield (KINDS[one.kind], one.title, one.opened_at, one.owner_name, orders, one.figures.get("units"), done, one.closed_at, one.closed_by, one.outcome)


SUPPLY_REGISTER = ExportKind(
    key="supply-incidents",
    title_zh="断货与快递异常登记表",
    title_en="Register of stock-outs and courier trouble",
    ability=SUPPLY_SEE,
    personal=False,
    columns=(
        ExportColumn("kind", "种类"), ExportColumn("title", "什么"), ExportColumn("opened", "开始", Cell.WHEN), ExportColumn("owner", "负责人"),
        ExportColumn("orders", "涉及订单", Cell.WHOLE), ExportColumn("units", "缺件数", Cell.WHOLE), ExportColumn("steps", "做了什么"),
        ExportColumn("closed", "结束", Cell.WHEN), ExportColumn("closed_by", "结束人"), ExportColumn("outcome", "结果"),
    ),
    rows=rows,
)  # fmt: skip
