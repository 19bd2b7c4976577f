"""After-sales exports of 抖店 (50 columns), 淘宝, 微信小店 and of other platforms with the same words."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from kaibo.plumbing.intake.cells import moment, money_fen, text, whole_number
from kaibo.plumbing.intake.kinds import Column, ImportContext, ImportKind, Outcome, ParsedRow, Refused, Taken
from kaibo.stages.aftersales import queries, refunds, rulebook, rules, services
from kaibo.stages.aftersales.deadlines import Hours
from kaibo.stages.aftersales.models import Case, CaseEntry, Refund
from kaibo.stages.aftersales.permissions import IMPORT
from kaibo.stages.aftersales.rules import Impact, Kind, Nature, Severity, State
from kaibo.stages.aftersales.steps import note
from kaibo.stages.orders import queries as orders
from kaibo.stages.orders.models import OrderLine

KINDS = {
    "仅退款": Kind.REFUND, "未发货仅退款": Kind.REFUND, "已发货仅退款": Kind.REFUND, "退款": Kind.REFUND, "退货退款": Kind.RETURN, "退货": Kind.RETURN,
    "换货": Kind.EXCHANGE, "补寄": Kind.RESHIP, "维修": Kind.REPAIR, "价保": Kind.PRICE_PROTECT,
}  # fmt: skip
STATES = {
    "待商家处理": State.REQUESTED, "待处理": State.REQUESTED, "售后待处理": State.REQUESTED, "待买家退货": State.APPROVED_RETURN,
    "待买家处理": State.APPROVED_RETURN, "待商家收货": State.BUYER_SHIPPED, "待收退货": State.BUYER_SHIPPED, "同意退款": State.APPROVED_REFUND,
    "退款中": State.APPROVED_REFUND, "平台介入": State.ARBITRATION, "仲裁中": State.ARBITRATION, "拒绝": State.REJECTED, "商家拒绝": State.REJECTED,
    "换货中": State.EXCHANGING, "同意退款,退款成功": State.REFUNDED, "退款成功": State.REFUNDED, "换货成功": State.EXCHANGED,
    "售后关闭": State.BUYER_CANCELLED, "售后完成": State.REFUNDED,
    # 淘宝
    "买家已经申请退款,等待卖家同意": State.REQUESTED, "卖家已经同意退款,等待买家退货": State.APPROVED_RETURN,
    "买家已经退货,等待卖家确认收货": State.BUYER_SHIPPED, "卖家拒绝退款": State.REJECTED, "退款关闭": State.BUYER_CANCELLED,
}  # fmt: skip
ENDED = frozenset({State.REFUNDED, State.EXCHANGED, State.BUYER_CANCELLED})


def take_cases(context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    """
    This function will take after-sales rows: new cases are weighed and given an owner, known ones move on with the platform.

    A status or kind that is not known waits in quarantine; an older file changes nothing.   Source: AFT-1, facts/platforms §2.3.
    """
    platform = context.platform or "douyin"
    numbers = {row["order_no"] for row in rows if row.get("order_no")}
    order_ids = orders.order_by_number(context.shop_id, platform, numbers) if context.shop_id else {}
    lines = orders.lines_of(order_ids.values())
    known = {one.case_no: one for one in Case.objects.filter(platform=platform, shop=context.shop_id, case_no__in=[row["case_no"] for row in rows])}
    book, hours = rulebook.in_force(), queries.hours_in_force()
    outcomes: list[Outcome] = []
    for row in rows:
        try:
            with transaction.atomic():
                outcomes.append(_take(context, platform, row, known.get(row["case_no"]), order_ids, lines, book, hours))
        except rules.RefundBeyondPaid as beyond:
            outcomes.append(Refused(beyond.code, beyond.message("zh"), beyond.message("en"), "refund"))
    return outcomes


def _take(
    context: ImportContext, platform: str, row: ParsedRow, known: Case | None, order_ids: dict[str, UUID], lines: dict[UUID, list[OrderLine]],
    book: rulebook.Book, hours: Hours,
) -> Outcome:
    state = STATES.get(row["status"].replace("，", ","))
    kind = KINDS.get((row.get("kind") or "仅退款").replace(" ", ""))
    if state is None:
        return Refused("aftersales.status_unknown", f"售后状态“{row['status']}”不认识", f"Unknown after-sales status “{row['status']}”", "status")
    if kind is None:
        return Refused("aftersales.kind_unknown", f"售后类型“{row['kind']}”不认识", f"Unknown kind of case “{row['kind']}”", "kind")
    mark = hashlib.md5(repr(sorted(row.values.items(), key=lambda one: one[0])).encode(), usedforsecurity=False).hexdigest()
    if known and (known.content_hash == mark or context.file_exported_at < known.source_version):
        return Taken.SAME
    reason = " ".join(filter(None, (row.get("reason"), row.get("note"))))
    nature, impact = rules.nature_of(reason), Impact(known.impact) if known else Impact.ONE
    severity = Severity(known.severity) if known else book.severity_of(nature, impact)
    order_id = order_ids.get(row.get("order_no") or "")
    line = _line_of(lines.get(order_id, []) if order_id else [], row)
    values = _values(row, state, kind, nature, severity, hours) | {"content_hash": mark, "source_version": context.file_exported_at}
    if known is None:
        case = Case.objects.create(
            shop_id=context.shop_id, platform=platform, case_no=row["case_no"], order_id=order_id, line=line, order_no=row.get("order_no") or "",
            impact=impact.value, rules_version=book.number, owner_id=services.owner_for(context.shop_id) if context.shop_id else None, **values,
        )  # fmt: skip
        note(case, CaseEntry.Kind.STATE, row["status"], context.actor, context.now, outcome=values["state"])
    else:
        case = known
        values.pop("nature"), values.pop("severity")
        Case.objects.filter(pk=known.pk).update(**values, order_id=order_id or known.order_id, line_id=known.line_id or (line.pk if line else None))
        if line and known.line_id is None:
            refunds.tie_refunds(known.pk, line.pk)
        if known.state != values["state"]:
            note(known, CaseEntry.Kind.STATE, row["status"], context.actor, context.now, outcome=values["state"])
        was_closed = known.state == State.CLOSED.value
        case.refresh_from_db()
        if was_closed:
            return Taken.CHANGED
    return _settle(case, row, state, context, is_new=known is None)


def _settle(case: Case, row: ParsedRow, state: State, context: ImportContext, *, is_new: bool) -> Outcome:
    """Money the platform gave back is counted against its line; an ended case tells why it came up."""
    refunded = row.get("refund") or 0
    if state is State.REFUNDED and refunded and case.line_id and not Refund.objects.filter(case=case).exists():
        refunds.take_from_line(case.line_id, refunded)
        Refund.objects.create(
            case=case, key=f"{case.platform}:{case.case_no}", amount_fen=refunded, refunded_at=row.get("refunded_at") or context.now, by=context.actor.name
        )
    if case.state == State.CLOSED.value:
        services.announce_closed(case, context.now)
    elif is_new:
        services.tell_owner(case, context.now)
    return Taken.NEW if is_new else Taken.CHANGED


def _values(row: ParsedRow, state: State, kind: Kind, nature: Nature, severity: Severity, hours: Hours) -> dict[str, Any]:
    opened_at: datetime = row["opened_at"]
    ended_at = row.get("closed_at") or row.get("finished_at")
    is_over = state in ENDED and ended_at is not None
    received_at = row.get("received_at")
    settled_at = row.get("refunded_at") or ended_at
    shown = State.CLOSED if is_over else state
    due = rules.due_at(shown, severity, opened_at=opened_at, received_at=received_at, settled_at=settled_at, next_contact_at=None, hours=hours)
    by_platform = row.get("due_at")
    if due and by_platform and state not in ENDED:
        due = min(due, by_platform)
    refunded = row.get("refund") or 0
    return {
        "kind": kind.value, "nature": nature.value, "severity": severity.value, "state": shown.value, "raw_status": row["status"][:60],
        "reason": " ".join(filter(None, (row.get("reason"), row.get("note"))))[:400], "goods": (row.get("goods") or "")[:200],
        "quantity": row.get("quantity") or 1, "asked_fen": refunded, "refunded_fen": refunded if state is State.REFUNDED else 0, "opened_at": opened_at,
        "due_at": due if due or is_over else opened_at + timedelta(hours=hours.minor), "received_at": received_at, "settled_at": settled_at,
        "closed_at": ended_at if is_over else None, "close_reason": row["status"][:200] if is_over else "",
        "return_tracking_no": (row.get("return_tracking_no") or "")[:60],
    }  # fmt: skip


def _line_of(lines: list[OrderLine], row: ParsedRow) -> OrderLine | None:
    """The line by its number, by its item's code, or the only one there is."""
    number, code = row.get("line_no"), row.get("code")
    for line in lines:
        if number and line.line_no == number:
            return line
    for line in lines:
        if code and code == line.platform_code:
            return line
    return lines[0] if len(lines) == 1 else None


AFTERSALES = ImportKind(
    key="aftersales",
    title_zh="平台售后单",
    title_en="Platform after-sales cases",
    ability=IMPORT,
    needs_shop=True,
    platforms=("douyin", "taobao", "pdd", "kuaishou", "xiaohongshu", "wechat_shop", "jd"),
    marks={"taobao": ("退款编号", "宝贝标题"), "wechat_shop": ("SKU编码(自定义)", "申请售后数量"), "douyin": ("售后单号", "商品单号", "退商品金额（元）")},
    row_key=("case_no",),
    apply=take_cases,
    columns=(
        Column("case_no", "售后单号", ("退款编号", "售后编号"), required=True, parse=text),
        Column("order_no", "订单号", ("订单编号", "主订单编号"), parse=text),
        Column("line_no", "商品单号", ("子订单编号", "子订单号"), parse=text),
        Column("goods", "商品名称", ("宝贝标题",)),
        Column("code", "商家编码", ("SKU编码(自定义)", "商品编码(自定义)", "商品编码")),
        Column("quantity", "申请售后数量", ("售后数量", "退货数量"), parse=whole_number),
        Column("kind", "售后类型", ("退款类型",)),
        Column("refund", "退商品金额（元）", ("买家退款金额", "退款金额"), parse=money_fen),
        Column("status", "售后状态", ("退款状态",), required=True),
        Column("opened_at", "售后申请时间", ("退款的申请时间", "申请时间"), required=True, parse=moment),
        Column("reason", "售后原因", ("买家退款原因", "退款原因")),
        Column("note", "用户售后说明", ("买家退款说明", "具体描述")),
        Column("due_at", "自动处理截止时间", ("超时时间",), parse=moment),
        Column("return_tracking_no", "退货物流单号"),
        Column("received_at", "商家收货时间", parse=moment),
        Column("refunded_at", "商家退款时间", ("退款完结时间", "用户到账时间"), parse=moment),
        Column("closed_at", "售后关闭时间", parse=moment),
        Column("finished_at", "售后完结时间", ("完结时间",), parse=moment),
    ),
    sample_rows=(
        {
            "case_no": "7423456789012345", "order_no": "6917423456789012345", "line_no": "6917423456789012346", "goods": "短款羊毛双面呢外套",
            "kind": "退货退款", "refund": "569.00", "status": "待商家处理", "opened_at": "2026-11-23 10:12:00", "reason": "尺码偏大",
        },
    ),
)  # fmt: skip
