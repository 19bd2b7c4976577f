"""Tracked links with their clicks, as a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.intake.kinds import Cell, ExportColumn, ExportKind
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.warmup import queries
from kaibo.stages.warmup.permissions import CAMPAIGN_SEE
from kaibo.stages.warmup.words import PLATFORM_TITLES


def rows(actor: Actor, start: datetime | None, end: datetime | None) -> Iterator[tuple[Any, ...]]:
    """This function will give the links of the sessions that start in [start, end)."""
    found = showplan.sessions_for(actor).order_by("starts_at")
    if start:
        found = found.filter(starts_at__gte=start)
    if end:
        found = found.filter(starts_at__lt=end)
    sessions = list(found)
    links = queries.links_of(one.pk for one in sessions)
    for session in sessions:
        for one in links.get(session.pk, []):
            yield (session.room, session.title, session.starts_at, str(PLATFORM_TITLES[one.platform]), one.title, one.code, one.target, one.clicks)


LINKS_EXPORT = ExportKind(
    key="warmup.links",
    title_zh="推广链接",
    title_en="Tracked links",
    ability=CAMPAIGN_SEE,
    columns=(
        ExportColumn("room", "直播间编号"), ExportColumn("session", "场次"), ExportColumn("starts_at", "开播", Cell.WHEN), ExportColumn("platform", "平台"),
        ExportColumn("title", "位置"), ExportColumn("code", "短码"), ExportColumn("target", "目标网址"), ExportColumn("clicks", "点击", Cell.WHOLE),
    ),
    rows=rows,
)  # fmt: skip
