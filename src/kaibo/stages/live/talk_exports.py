"""Objections to the host's words as a file: what was said when, what it rests on, who dealt with it (CMP-9)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.intake.kinds import Cell, ExportColumn, ExportKind
from kaibo.stages.live.models import SpeechHit
from kaibo.stages.live.permissions import DESK_SEE

STATE_ZH = {"open": "待确认", "acknowledged": "已确认", "withdrawn": "识别更正"}
SEVERITY_ZH = {"block": "不能用", "review": "要人判断"}


def rows(actor: Actor, start: datetime | None, end: datetime | None) -> Iterator[tuple[Any, ...]]:
    """This function will give the hits of lines in [start, end), in the order they were said; corrected ones are marked."""
    found = SpeechHit.objects.select_related("session", "line").order_by("line__at", "start", "id")
    if not (actor.is_kaibo or actor.sees_all_shops):
        found = found.filter(session__shop__in=actor.shop_ids)
    if start:
        found = found.filter(line__at__gte=start)
    if end:
        found = found.filter(line__at__lt=end)
    for one in found.iterator():
        yield (
            one.line.at, one.session.room, one.line.text, one.text, one.kind, SEVERITY_ZH[one.severity], one.source, one.suggestion, STATE_ZH[one.state],
            one.acknowledged_by_name, one.note,
        )  # fmt: skip


SPEECH_EXPORT = ExportKind(
    key="live.speech_hits",
    title_zh="口播违禁记录",
    title_en="Hits in the host's words",
    ability=DESK_SEE,
    columns=(
        ExportColumn("at", "时间", Cell.WHEN), ExportColumn("room", "直播间编号"), ExportColumn("said", "原话"), ExportColumn("word", "命中"), ExportColumn("kind", "类型"),
        ExportColumn("severity", "处理"), ExportColumn("source", "依据"), ExportColumn("suggestion", "改成"), ExportColumn("state", "状态"),
        ExportColumn("who", "确认人"), ExportColumn("note", "备注"),
    ),
    rows=rows,
)  # fmt: skip
