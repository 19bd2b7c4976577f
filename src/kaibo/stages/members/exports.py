"""The segments as a file, people masked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kaibo.plumbing.intake.kinds import Cell, ExportColumn, ExportKind
from kaibo.stages.members import queries, rules
from kaibo.stages.members.permissions import EXPORT


def rows(actor: Any, start: datetime | None, end: datetime | None) -> Iterator[tuple[Any, ...]]:
    """This function will give members with their scores, the best first; narrowed by their last purchase."""
    found = queries.members_for(actor).order_by("-spent_fen", "pk")
    if start is not None:
        found = found.filter(last_at__gte=start)
    if end is not None:
        found = found.filter(last_at__lt=end)
    for one in found.iterator(chunk_size=2_000):
        words = rules.WORDS.get(one.segment)
        yield (one.label, str(words.title) if words else "", one.recency, one.frequency, one.monetary, one.purchases, one.spent_fen, one.last_at, one.consent)


SEGMENTS = ExportKind(
    key="rfm",
    title_zh="会员分层（脱敏）",
    title_en="Member segments (masked)",
    ability=EXPORT,
    columns=(
        ExportColumn("label", "会员（脱敏）"), ExportColumn("segment", "分层"), ExportColumn("r", "R", Cell.WHOLE), ExportColumn("f", "F", Cell.WHOLE),
        ExportColumn("m", "M", Cell.WHOLE), ExportColumn("purchases", "购买次数", Cell.WHOLE), ExportColumn("spent", "累计金额", Cell.MONEY),
        ExportColumn("last_at", "最近购买", Cell.WHEN), ExportColumn("consent", "营销同意"),
    ),
    rows=rows,
)  # fmt: skip
