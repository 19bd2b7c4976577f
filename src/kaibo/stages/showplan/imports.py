"""The run of show spreadsheet: what a planner keeps in Excel, an item a row; rows of one number are one segment."""

from __future__ import annotations

from dataclasses import replace

from kaibo.kit.errors import KaiboError
from kaibo.master.catalog import queries as catalog
from kaibo.plumbing.intake.cells import choice, money_fen, whole_number, yes_no
from kaibo.plumbing.intake.kinds import Column, ImportContext, ImportKind, Outcome, ParsedRow, Refused, Taken
from kaibo.stages.showplan import queries, services
from kaibo.stages.showplan.models import Session
from kaibo.stages.showplan.permissions import SESSION_PLAN
from kaibo.stages.showplan.queries import SegmentRow
from kaibo.stages.showplan.rules import SegmentKind
from kaibo.stages.showplan.services import NewOffer

KINDS = {
    "商品": "product", "讲品": "product", "开场": "opening", "抽奖": "draw", "福利": "draw", "互动": "interaction", "试穿体验": "trial",
    "体验": "trial", "休息": "break", "收尾": "closing", "结束": "closing",
}  # fmt: skip


def _refused(complaint: KaiboError, column: str = "") -> Refused:
    return Refused(complaint.code, complaint.message("zh"), complaint.message("en"), column)


def apply(context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    """This function will write each row into its session's run of show; the same file again changes nothing."""
    sessions = queries.sessions_by_room(row["room"] for row in rows)
    return [_take(context, sessions.get(row["room"]), row) for row in rows]


def _take(context: ImportContext, session: Session | None, row: ParsedRow) -> Outcome:
    if session is None or not context.actor.sees(session.shop_id):
        return Refused("showplan.room_unknown", f"没有直播间编号为“{row['room']}”的场次，先建场次", f"No session has the room “{row['room']}”", "room")
    there = next((one for one in queries.rundown_of(session) if one.position == row["position"]), None)
    try:
        return _take_product(context, session, there, row) if row["kind"] == SegmentKind.PRODUCT.value else _take_other(context, session, there, row)
    except KaiboError as complaint:
        return _refused(complaint)


def _take_product(context: ImportContext, session: Session, there: SegmentRow | None, row: ParsedRow) -> Outcome:
    if not row.get("sku") or row.get("price_fen") is None or not row.get("quantity"):
        return Refused("showplan.offer_missing", "商品行要有货号、直播价和配额", "A product row needs an item, a price and an allotment", "sku")
    sku = catalog.sku_by_code(row["sku"])
    offer = NewOffer(sku.id, row["price_fen"], row["quantity"], row.get("limit"))
    said = {"actor": context.actor, "session_id": session.pk, "minutes": row["minutes"], "is_flash": bool(row.get("is_flash")), "note": row.get("note") or "", "now": context.now}
    if there is None:
        services.add_segment(kind="product", position=row["position"], title=row.get("title") or "", product_id=sku.product_id, offers=[offer], **said)
        return Taken.NEW
    if there.product_id != sku.product_id:
        return Refused("showplan.position_taken", f"序号 {row['position']} 已经是“{there.title}”", f"Number {row['position']} is “{there.title}” already", "position")
    known = {one.sku_id: NewOffer(one.sku_id, one.price_fen, one.quantity, one.limit_per_visitor) for one in there.offers}
    title = row.get("title") or there.title
    is_same = (there.minutes, there.title, there.is_flash, there.note) == (row["minutes"], title, said["is_flash"], said["note"])
    if is_same and known.get(sku.id) == offer:
        return Taken.SAME
    offers = [*(replace(one) for one in known.values() if one.sku_id != sku.id), offer]
    services.change_segment(segment_id=there.id, title=title, offers=offers, **said)
    return Taken.NEW if sku.id not in known else Taken.CHANGED


def _take_other(context: ImportContext, session: Session, there: SegmentRow | None, row: ParsedRow) -> Outcome:
    title, note = row.get("title") or "", row.get("note") or ""
    if there is None:
        services.add_segment(
            actor=context.actor, session_id=session.pk, kind=row["kind"], title=title, minutes=row["minutes"], note=note, now=context.now,
            position=row["position"],
        )  # fmt: skip
        return Taken.NEW
    if there.kind != row["kind"]:
        return Refused("showplan.position_taken", f"序号 {row['position']} 已经是“{there.title}”", f"Number {row['position']} is “{there.title}” already", "position")
    if (there.title, there.minutes, there.note) == (title, row["minutes"], note):
        return Taken.SAME
    services.change_segment(
        actor=context.actor, session_id=session.pk, segment_id=there.id, title=title, minutes=row["minutes"], note=note, now=context.now
    )
    return Taken.CHANGED


RUNDOWN_IMPORT = ImportKind(
    key="showplan.rundown",
    title_zh="流程单",
    title_en="Run of show",
    ability=SESSION_PLAN,
    columns=(
        Column("room", "直播间编号", ("直播间", "场次编号"), required=True),
        Column("position", "序号", ("顺序", "讲解顺序"), required=True, parse=whole_number),
        Column("kind", "环节", ("类型", "环节类型"), required=True, parse=choice(KINDS)),
        Column("title", "名称", ("商品名称", "内容", "环节名称")),
        Column("minutes", "计划分钟", ("时长", "时长（分钟）", "讲解时长"), required=True, parse=whole_number),
        Column("sku", "货号", ("SKU", "商家编码", "规格编码")),
        Column("price_fen", "直播价", ("价格", "直播价（元）", "秒杀价"), parse=money_fen),
        Column("quantity", "配额", ("库存", "直播库存", "数量"), parse=whole_number),
        Column("limit", "限购", ("每人限购",), parse=whole_number),
        Column("is_flash", "秒杀", ("是否秒杀",), parse=yes_no),
        Column("note", "备注", ("说明",)),
    ),
    apply=apply,
    row_key=("room", "position", "sku"),
    sample_rows=(
        {"直播间编号": "autumn-3", "序号": "1", "环节": "开场", "名称": "开场与福利预告", "计划分钟": "8"},
        {"直播间编号": "autumn-3", "序号": "2", "环节": "商品", "名称": "短款羊毛双面呢外套", "计划分钟": "12", "货号": "KB-2417-B-M", "直播价": "599", "配额": "500", "限购": "2", "秒杀": "否"},
    ),
)  # fmt: skip

