"""The desk's log as a file: who did what, when, and which event of the room proves it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.intake.kinds import Cell, ExportColumn, ExportKind
from kaibo.stages.live.models import DeskAction
from kaibo.stages.live.permissions import DESK_SEE


def rows(actor: Actor, start: datetime | None, end: datetime | None) -> Iterator[tuple[Any, ...]]:
    """This function will give the actions in [start, end), oldest first."""
    found = DeskAction.objects.select_related("session", "item__sku").order_by("at", "id")
    if not (actor.is_kaibo or actor.sees_all_shops):
        found = found.filter(session__shop__in=actor.shop_ids)
    if start:
        found = found.filter(at__gte=start)
    if end:
        found = found.filter(at__lt=end)
    for one in found.iterator():
        yield (
            one.at, one.session.room, one.actor_name, one.kind, one.item.sku.code if one.item else "",
            json.dumps(one.details, ensure_ascii=False), one.seq, "是" if one.undone_by_id else "",
        )  # fmt: skip


DESK_LOG_EXPORT = ExportKind(
    key="live.desk_log",
    title_zh="中控动作记录",
    title_en="Desk log",
    ability=DESK_SEE,
    columns=(
        ExportColumn("at", "时间", Cell.WHEN), ExportColumn("room", "直播间编号"), ExportColumn("who", "操作人"), ExportColumn("kind", "动作"),
        ExportColumn("sku", "货号"), ExportColumn("details", "内容"), ExportColumn("seq", "直播间事件号", Cell.WHOLE), ExportColumn("undone", "已撤销"),
    ),
    rows=rows,
)  # fmt: skip
