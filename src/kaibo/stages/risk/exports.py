"""The register of mentions as a file, authors masked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kaibo.plumbing.intake.kinds import Cell, ExportColumn, ExportKind
from kaibo.stages.risk import queries
from kaibo.stages.risk.permissions import EXPORT
from kaibo.stages.risk.words import SEVERITY_WORDS, STATE_WORDS


def rows(actor: Any, start: datetime | None, end: datetime | None) -> Iterator[tuple[Any, ...]]:
    """This function will give the register, newest first."""
    found = queries.mentions_for(actor).order_by("-first_seen_at")
    if start is not None:
        found = found.filter(first_seen_at__gte=start)
    if end is not None:
        found = found.filter(first_seen_at__lt=end)
    for one in found.iterator(chunk_size=1_000):
        yield (
            one.first_seen_at, one.platform, one.author, one.text, one.url, one.product.title if one.product else "", str(SEVERITY_WORDS[one.severity][0]),
            str(STATE_WORDS[one.state][0]), one.owner_name, one.answer_by, one.answered_at, one.answer, one.outcome,
        )  # fmt: skip


REGISTER = ExportKind(
    key="mention-register",
    title_zh="舆情登记表",
    title_en="Register of mentions",
    ability=EXPORT,
    columns=(
        ExportColumn("seen", "首次发现", Cell.WHEN), ExportColumn("platform", "平台"), ExportColumn("author", "作者（脱敏）"), ExportColumn("text", "内容"),
        ExportColumn("url", "链接"), ExportColumn("product", "商品"), ExportColumn("severity", "严重程度"), ExportColumn("state", "状态"),
        ExportColumn("owner", "负责人"), ExportColumn("answer_by", "答复期限", Cell.WHEN), ExportColumn("answered_at", "答复时间", Cell.WHEN),
        ExportColumn("answer", "答复"), ExportColumn("outcome", "结果"),
    ),
    rows=rows,
)  # fmt: skip
