"""The platform's own figures of sessions: 罗盘 直播间列表, a row a session, or a single session's sheet of names and values (INS-11)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from kaibo.kit.errors import Invalid
from kaibo.kit.text import clean_cell
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.intake.cells import CellRefused, duration_seconds, moment, money_fen, percent_bp, text, whole_number
from kaibo.plumbing.intake.headers import plain_header
from kaibo.plumbing.intake.kinds import Column, ImportContext, ImportKind, Outcome, ParsedRow, Refused
from kaibo.plumbing.intake.reading import Sheet, open_spreadsheet
from kaibo.stages.analytics import services
from kaibo.stages.analytics.permissions import IMPORT
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.showplan.models import Session

MOST_SHEET_ROWS = 2_000
NEAR = timedelta(minutes=45)
"""A platform's start and ours differ by a few minutes; two sessions of one shop never stand that close."""



class NothingKnownInFile(Invalid):
    code = "analytics.nothing_known_in_file"
    message_zh = "“{file}”里没有认识的指标，请用罗盘的单场导出"
    message_en = "“{file}” holds no figure we know; export the single session from the platform's compass"


FIGURES: tuple[tuple[str, str, tuple[str, ...], Any], ...] = (
    ("viewers", "直播间观看人数", ("观看人数",), whole_number),
    ("views", "直播间观看次数", ("观看次数", "场观人次"), whole_number),
    ("peak", "最高在线人数", ("峰值在线人数",), whole_number),
    ("dwell", "人均观看时长", ("人均观看时长（分钟）", "人均观看时长(分钟)"), duration_seconds(60)),
    ("expose", "直播间商品曝光人数", ("商品曝光人数",), whole_number),
    ("orders", "直播间成交订单数", ("成交订单数",), whole_number),
    ("gross", "直播间用户支付金额", ("用户支付金额", "直播间成交金额"), money_fen),
    ("net", "净成交金额", ("净成交额",), money_fen),
    ("conversion", "观看-成交率（人数）", ("观看-成交率(人数)", "直播间观看-成交率（人数）", "直播间观看-成交率(人数)"), percent_bp),
    ("click", "商品曝光-点击率（人数）", ("商品曝光-点击率(人数)",), percent_bp),
    ("gpm", "千次观看用户支付金额", ("千次观看成交额", "GPM"), money_fen),
    ("exposure", "直播间曝光人数", (), whole_number),
    ("spend", "投放消耗", ("投放消耗（店铺绑定）", "投放消耗(店铺绑定)", "千川消耗", "消耗"), money_fen),
)


def apply(context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    """This function will keep the platform's figures of sessions, found by their start; what it does not say stays as it was."""
    sessions = list(showplan.sessions_for(context.actor, shop_id=context.shop_id).filter(state__in=["live", "ended"]))
    return [_take(context, row, sessions) for row in rows]


def _take(context: ImportContext, row: ParsedRow, sessions: Iterable[Session]) -> Outcome:
    starts = row["starts_at"]
    session = min(sessions, key=lambda one: abs((one.started_at or one.starts_at) - starts), default=None)
    if session is None or abs((session.started_at or session.starts_at) - starts) > NEAR:
        return Refused(
            "analytics.session_not_found", "这个开始时间前后 45 分钟内没有我们的场次", "No session of ours began within 45 minutes of this", "starts_at"
        )
    told = {key: row[key] for key, *_rest in FIGURES if row.get(key) is not None}
    return services.keep_platform_figures(
        actor=context.actor, session=session, platform=context.platform, figures=told, exported_at=context.file_exported_at, now=context.now
    )


def figures_of_workbook(sheets: Iterable[Sheet]) -> dict[str, int]:
    """
    This function will read the figures of a single session's workbook: names beside values on any of its sheets.

    Unknown names and cells that cannot be read are left out; the first value of a name counts.   Source: facts/platforms §2.2.
    """
    known = {plain_header(name): (key, parse) for key, title, synonyms, parse in FIGURES for name in (title, *synonyms)}
    found: dict[str, int] = {}
    for sheet in sheets:
        for _number, cells in islice(sheet.rows(), MOST_SHEET_ROWS):
            filled = [cell for cell in cells if cell.strip()]
            if len(filled) < 2 or plain_header(filled[0]) not in known:
                continue
            key, parse = known[plain_header(filled[0])]
            try:
                found.setdefault(key, parse(clean_cell(filled[1])))
            except CellRefused:
                continue
    return found


def import_workbook(*, actor: Actor, session_id: UUID, platform: str, path: Path, name: str, now: datetime) -> int:
    """
    This function will keep the figures of a platform's workbook of one session and give how many it held.

    Raises: Forbidden, SessionUnknown, NothingKnownInFile, and what `open_spreadsheet` refuses.   Source: INS-7.
    """
    session = showplan.session_for(actor, session_id)
    figures = figures_of_workbook(open_spreadsheet(path, shown_name=name))
    if not figures:
        raise NothingKnownInFile(file=name)
    services.keep_platform_figures(actor=actor, session=session, platform=platform, figures=figures, exported_at=now, now=now)
    return len(figures)


LIVE_FIGURES = ImportKind(
    key="live-figures",
    title_zh="平台场次数据（罗盘 直播间列表）",
    title_en="Platform's session figures",
    ability=IMPORT,
    needs_shop=True,
    platforms=("douyin", "taobao", "kuaishou", "wechat_shop", "xiaohongshu"),
    columns=(
        Column("starts_at", "直播开始时间", ("开播时间", "开始时间"), required=True, parse=moment),
        Column("account", "主播昵称", ("达人昵称", "主播账号"), parse=text),
        *(Column(key, title, synonyms, parse=parse) for key, title, synonyms, parse in FIGURES),
    ),
    apply=apply,
    row_key=("starts_at",),
    sample_rows=(
        {"直播开始时间": "2026/11/20 20:00:12", "主播昵称": "林夏的衣橱", "直播间观看人数": "48,206", "人均观看时长": "1分5秒", "直播间用户支付金额": "¥268,410", "观看-成交率（人数）": "3.4%", "投放消耗": "12,000.00"},
    ),
)  # fmt: skip
