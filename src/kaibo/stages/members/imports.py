"""Purchase histories: a row a purchase, from any platform or shop system."""

from __future__ import annotations

from kaibo.plumbing.intake.cells import moment, money_fen, text, whole_number, yes_no
from kaibo.plumbing.intake.kinds import Column, ImportContext, ImportKind, Outcome, ParsedRow, Refused
from kaibo.stages.members import services
from kaibo.stages.members.permissions import IMPORT
from kaibo.stages.members.rules import Bought


def apply(context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    """This function will take a batch of purchases; refunds and future dates wait for a person."""
    good = [(place, _bought(row)) for place, row in enumerate(rows) if _refusal(context, row) is None]
    assert context.shop_id is not None
    taken = services.take_purchases(shop_id=context.shop_id, platform=context.platform or "own", bought=[one for _place, one in good], now=context.now)
    outcomes: list[Outcome] = [refused for row in rows if (refused := _refusal(context, row)) is not None]
    by_place = {place: outcome for (place, _one), outcome in zip(good, taken, strict=True)}
    waiting = iter(outcomes)
    return [by_place[place] if place in by_place else next(waiting) for place in range(len(rows))]


def _refusal(context: ImportContext, row: ParsedRow) -> Refused | None:
    if row["amount"] < 0:
        return Refused("members.refund_row", "金额为负：退款行请从历史里去掉", "Negative amount: leave refunds out of the history", "amount")
    if row["bought_at"] > context.now:
        return Refused("members.bought_in_the_future", "购买时间在未来", "Bought in the future", "bought_at")
    return None


def _bought(row: ParsedRow) -> Bought:
    return Bought(row["customer"], row["bought_at"], row["amount"], row.get("quantity") or 1, row.get("order_no") or "", row.get("consent"))


PURCHASES = ImportKind(
    key="purchases",
    title_zh="购买历史（会员分层用）",
    title_en="Purchase history",
    ability=IMPORT,
    needs_shop=True,
    platforms=("own", "douyin", "taobao", "pdd", "jd", "kuaishou", "xiaohongshu", "wechat_shop", "tiktok_shop", "shopify"),
    columns=(
        Column("customer", "客户编号", ("CustomerID", "Customer ID", "customer_id", "会员号", "买家ID", "买家昵称", "用户ID"), required=True, personal=True),
        Column("bought_at", "购买时间", ("InvoiceDate", "date", "支付时间", "支付完成时间", "下单时间", "成交时间"), required=True, parse=moment),
        Column("amount", "金额", ("amount", "实付金额", "支付金额", "订单金额", "Amount", "Spend"), required=True, parse=money_fen),
        Column("quantity", "件数", ("Quantity", "quantity", "数量", "商品数量"), parse=whole_number),
        Column("order_no", "订单号", ("InvoiceNo", "Invoice", "主订单编号", "订单编号", "交易号"), parse=text),
        Column("consent", "同意营销短信", ("同意营销", "营销授权", "是否同意"), parse=yes_no),
    ),
    apply=apply,
    row_key=("customer", "bought_at", "amount", "quantity", "order_no"),
    sample_rows=(
        {"客户编号": "U1029384756", "购买时间": "2026-11-02 21:14:08", "金额": "599.00", "件数": "1", "订单号": "6953000000000004417", "同意营销短信": "是"},
    ),
)  # fmt: skip
