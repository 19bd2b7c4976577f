"""Files analytics gives: the figures of sessions with their definitions, and minutes (INS-7, INS-11)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from kaibo.kit.clock import in_shanghai
from kaibo.language.themes import default_reader
from kaibo.master.people.queries import names_of
from kaibo.plumbing.intake.kinds import Cell, ExportColumn, ExportKind
from kaibo.plumbing.once import reading
from kaibo.stages.analytics import improvements, queries
from kaibo.stages.analytics.figures import FigureRow, figure_rows
from kaibo.stages.analytics.permissions import EXPORT
from kaibo.stages.analytics.queries import SessionRow
from kaibo.stages.analytics.words import value_words

MOST_SESSIONS = 2_000


def _rows_between(actor: Any, start: datetime | None, end: datetime | None) -> Iterator[SessionRow]:
    for row in queries.session_rows(actor, most=MOST_SESSIONS):
        if row.picture is not None and (start is None or row.session.starts_at >= start) and (end is None or row.session.starts_at < end):
            yield row


def figures_between(actor: Any, start: datetime | None, end: datetime | None) -> Iterator[tuple[Any, ...]]:
    """This function will give the figures of sessions, each with its definition, as rows of a file; what they stand beside is asked once for all."""
    rows = list(_rows_between(actor, start, end))
    histories = queries.histories_of([row.session for row in rows])
    told = queries.platforms_of([row.session.pk for row in rows])
    with reading():
        targets = {row.session.pk: queries.targets_for(row.session) for row in rows}
    for row in rows:
        if row.picture is not None:
            yield from _lines_of(row, figure_rows(row.picture, histories[row.session.pk], targets=targets[row.session.pk], platform=told.get(row.session.pk, {})))


def figures_of(row: SessionRow) -> Iterator[tuple[Any, ...]]:
    """This function will give one session's figures, each with its definition, as rows of a file."""
    assert row.picture is not None
    history, targets, told = queries.history_of(row.session), queries.targets_for(row.session), queries.platform_of(row.session.pk)
    yield from _lines_of(row, figure_rows(row.picture, history, targets=targets, platform=told))


def _lines_of(row: SessionRow, found: Sequence[FigureRow]) -> Iterator[tuple[Any, ...]]:
    for one in found:
        d = one.definition
        yield (
            row.session.title, row.session.starts_at, str(d.title), value_words(one.value, d.unit), one.value, d.unit, str(d.numerator), one.numerator_count,
            str(d.denominator), one.denominator_count, one.target, one.percentile, one.platform_value, one.platform_difference, str(d.dedupe_key),
            str(d.source), one.version,
        )  # fmt: skip


def minutes_of(row: SessionRow) -> Iterator[tuple[Any, ...]]:
    """This function will give a session's minutes as rows of a file."""
    assert row.picture is not None
    for one in row.picture.minutes:
        yield (row.session.title, in_shanghai(one.at).strftime("%Y-%m-%d %H:%M"), one.online, one.entered, one.clicks, one.orders, one.paid_fen)


FIGURE_COLUMNS = (
    ExportColumn("session", "场次"), ExportColumn("starts_at", "开播", Cell.WHEN), ExportColumn("figure", "指标"), ExportColumn("words", "数值"),
    ExportColumn("value", "原始值", Cell.WHOLE), ExportColumn("unit", "单位（fen 分、bp 万分之一、people 人、times 次、seconds 秒）"),
    ExportColumn("numerator", "分子"), ExportColumn("numerator_count", "分子值", Cell.WHOLE), ExportColumn("denominator", "分母"),
    ExportColumn("denominator_count", "分母值", Cell.WHOLE), ExportColumn("target", "目标", Cell.WHOLE), ExportColumn("percentile", "近 10 场百分位", Cell.WHOLE),
    ExportColumn("platform", "平台值", Cell.WHOLE), ExportColumn("difference", "差（本地 − 平台）", Cell.WHOLE), ExportColumn("dedupe", "去重"),
    ExportColumn("source", "来源"), ExportColumn("version", "口径版本", Cell.WHOLE),
)  # fmt: skip
MINUTE_COLUMNS = (
    ExportColumn("session", "场次"), ExportColumn("minute", "分钟"), ExportColumn("online", "在线", Cell.WHOLE), ExportColumn("entered", "进入", Cell.WHOLE),
    ExportColumn("clicks", "商品点击", Cell.WHOLE), ExportColumn("orders", "下单", Cell.WHOLE), ExportColumn("paid", "成交额", Cell.MONEY),
)  # fmt: skip

FIGURES = ExportKind(
    key="session-figures", title_zh="场次指标与口径", title_en="Session figures", ability=EXPORT, columns=FIGURE_COLUMNS,
    rows=figures_between,
)  # fmt: skip
IMPROVEMENT_COLUMNS = (
    ExportColumn("product", "商品"), ExportColumn("point", "说的是什么"), ExportColumn("people", "说的人", Cell.WHOLE), ExportColumn("whole", "一共多少人说过", Cell.WHOLE),
    ExportColumn("state", "状态"), ExportColumn("words", "改什么"), ExportColumn("reason", "不改的原因"), ExportColumn("owner", "负责人"), ExportColumn("due_on", "完成日", Cell.DAY),
    ExportColumn("decided_by", "谁定的"), ExportColumn("decided_at", "什么时候定的", Cell.WHEN), ExportColumn("done_at", "完成于", Cell.WHEN), ExportColumn("outcome", "效果"),
)  # fmt: skip


def _improvements(actor: Any, start: datetime | None, end: datetime | None) -> Iterator[tuple[Any, ...]]:
    kept = improvements.improvements_for(actor)
    kept = kept.filter(decided_at__gte=start) if start else kept
    found = list(kept.filter(decided_at__lt=end) if end else kept)
    names = names_of([one.owner_id for one in found if one.owner_id])
    titles = default_reader().titles
    for one in found:
        yield (
            one.product.title, titles.get(one.point, "洗护与退换"), one.people, one.whole, IMPROVEMENT_STATES[one.state], one.words, one.reason,
            names.get(one.owner_id, "") if one.owner_id else "", one.due_on, one.decided_by, one.decided_at, one.done_at, one.outcome,
        )  # fmt: skip


IMPROVEMENT_STATES = {"planned": "在改", "done": "已改", "declined": "不改"}
IMPROVEMENTS = ExportKind(key="improvements", title_zh="商品改进", title_en="Improvements of products", ability=EXPORT, columns=IMPROVEMENT_COLUMNS, rows=_improvements)
MINUTES = ExportKind(
    key="session-minutes", title_zh="场次分钟数据", title_en="Session minutes", ability=EXPORT, columns=MINUTE_COLUMNS,
    rows=lambda actor, start, end: (line for row in _rows_between(actor, start, end) for line in minutes_of(row)),
)  # fmt: skip
