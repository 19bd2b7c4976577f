"""The figures a platform's own screen exports during or after a session held there (LIV-13)."""

from __future__ import annotations

from kaibo.kit.errors import KaiboError
from kaibo.plumbing.access import access
from kaibo.plumbing.intake.cells import moment, money_fen, whole_number
from kaibo.plumbing.intake.kinds import Column, ImportContext, ImportKind, Outcome, ParsedRow, Refused, Taken
from kaibo.stages.live.models import FigureSample
from kaibo.stages.live.permissions import FIGURES_TELL
from kaibo.stages.live.services.telling import Told, keep_told
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.showplan.models import Session


def apply(context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    """This function will keep each row as one moment of its session, oldest first; the same file again changes nothing."""
    sessions = showplan.sessions_by_room(row["room"] for row in rows)
    order = sorted(range(len(rows)), key=lambda place: rows[place]["at"])
    taken: dict[int, Outcome] = {place: _take(context, sessions.get(rows[place]["room"]), rows[place]) for place in order}
    return [taken[place] for place in range(len(rows))]


def _take(context: ImportContext, session: Session | None, row: ParsedRow) -> Outcome:
    if session is None or not context.actor.sees(session.shop_id):
        return Refused("live.session_unknown", f"没有编号为“{row['room']}”的场次，先建场次", f"No session has the name “{row['room']}”", "room")
    told = Told(**{name: row.get(name) or 0 for name in ("viewers", "claims", "units", "amount_fen", "messages", "likes", "watched")})
    was_there = FigureSample.objects.filter(session=session.pk, at=row["at"]).exists()
    try:
        access.require(context.actor, FIGURES_TELL, shop_id=session.shop_id)
        is_changed = keep_told(session, told, at=row["at"], origin="file", now=context.now)
    except KaiboError as complaint:
        return Refused(complaint.code, complaint.message("zh"), complaint.message("en"), "at")
    return Taken.SAME if not is_changed else Taken.CHANGED if was_there else Taken.NEW


FIGURES_IMPORT = ImportKind(
    key="live.figures",
    title_zh="其他平台的直播数据",
    title_en="Figures of sessions on other platforms",
    ability=FIGURES_TELL,
    columns=(
        Column("room", "场次编号", ("直播间编号", "直播间"), required=True),
        Column("at", "时间", ("统计时间", "采集时间", "日期时间"), required=True, parse=moment),
        Column("viewers", "在线人数", ("实时在线", "实时在线人数", "在线"), required=True, parse=whole_number),
        Column("watched", "进场次数", ("进入直播间次数", "累计观看次数", "曝光进入次数", "观看次数"), parse=whole_number),
        Column("claims", "成交笔数", ("成交订单数", "订单数", "累计订单数"), required=True, parse=whole_number),
        Column("units", "成交件数", ("件数", "累计成交件数"), parse=whole_number),
        Column("amount_fen", "成交额", ("成交金额", "累计成交金额", "GMV", "支付金额"), required=True, parse=money_fen),
        Column("messages", "弹幕条数", ("评论数", "评论次数", "累计评论"), parse=whole_number),
        Column("likes", "点赞", ("点赞数", "点赞次数"), parse=whole_number),
    ),
    apply=apply,
    row_key=("room", "at"),
    sample_rows=(
        {"场次编号": "douyin-1122", "时间": "2026-11-22 20:05", "在线人数": "1280", "进场次数": "3050", "成交笔数": "46", "成交件数": "51", "成交额": "18230.00", "弹幕条数": "620", "点赞": "9800"},
        {"场次编号": "douyin-1122", "时间": "2026-11-22 20:06", "在线人数": "1310", "进场次数": "3190", "成交笔数": "49", "成交件数": "55", "成交额": "19427.00", "弹幕条数": "655", "点赞": "10400"},
    ),
)  # fmt: skip
