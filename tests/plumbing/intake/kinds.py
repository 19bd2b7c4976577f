"""A kind of file for the tests: parcels, taken set-based into a table of their own, with rules that can refuse."""

from __future__ import annotations

from dataclasses import replace

from django.db import connection

from kaibo.plumbing.intake import cells
from kaibo.plumbing.intake.kinds import Column, ImportContext, ImportKind, Outcome, ParsedRow, Refused
from kaibo.plumbing.intake.upsert import Upsert
from tests.plumbing.intake.handed import ParcelIn, meaning_of, prepare

TABLE = "test_parcels"
UPSERT = Upsert(
    TABLE,
    key=("shop", "order_no"),
    columns={"shop": "text", "order_no": "text", "goods": "text", "paid_fen": "bigint", "quantity": "bigint", "phone": "text", "paid_at": "timestamptz"},
)


def make_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")
        cursor.execute(
            f"CREATE TABLE {TABLE} (shop text, order_no text, goods text, paid_fen bigint, quantity bigint CHECK (quantity < 1000),"
            " phone text, paid_at timestamptz, PRIMARY KEY (shop, order_no))"
        )


def contents() -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT order_no, goods, paid_fen, quantity, phone FROM {TABLE} ORDER BY order_no")
        return cursor.fetchall()


def apply(context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    shop = str(context.shop_id or "")
    good = [row for row in rows if row["goods"] != "违禁品"]
    taken = iter(
        UPSERT.take([(shop, row["order_no"], row["goods"], row["paid_fen"], row.get("quantity"), row.get("phone"), row.get("paid_at")) for row in good])
    )
    return [
        Refused("parcels.forbidden", "违禁品不能导入", "Forbidden goods", "goods", "普通商品") if row["goods"] == "违禁品" else next(taken)
        for row in rows
    ]


PARCELS = ImportKind(
    key="parcels",
    title_zh="包裹",
    title_en="Parcels",
    ability="parcels:file:import",
    columns=(
        Column("order_no", "主订单编号", ("订单编号", "订单号"), required=True),
        Column("goods", "选购商品", ("商品名称",), required=True),
        Column("paid_fen", "订单应付金额", ("应付金额",), required=True, parse=cells.money_fen),
        Column("quantity", "商品数量", parse=cells.whole_number),
        Column("phone", "收件人手机号", ("联系手机",), parse=cells.phone, personal=True),
        Column("paid_at", "支付完成时间", parse=cells.moment),
    ),
    apply=apply,
    row_key=("order_no",),
    platforms=("douyin", "taobao"),
    sample_rows=({"order_no": "6917000000000000001", "goods": "羊毛大衣", "paid_fen": "¥1,299.00", "quantity": "1"},),
)


HANDED = replace(PARCELS, key="handed_parcels", meaning_of=meaning_of, meaning_type=ParcelIn, ahead=prepare)
"""The same with meanings that another process can hand over."""
