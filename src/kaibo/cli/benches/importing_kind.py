"""The kind `bench import` uses where no stage has one to name: orders into a table of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connection

from kaibo.kit.clock import utc_now
from kaibo.master.shops.services import add_shop
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.intake import cells, engine, services
from kaibo.plumbing.intake.kinds import Column, ImportContext, ImportKind, Outcome, ParsedRow
from kaibo.plumbing.intake.upsert import Upsert
from kaibo.plumbing.wiring import wiring

TABLE = "bench_order_line"
STATES = cells.choice({"待发货": "to_ship", "已发货": "shipped", "已完成": "done", "已关闭": "closed"})
_TYPES = {
    "line_no": "text", "order_no": "text", "goods": "text", "specification": "text", "quantity": "bigint", "sku_code": "text",
    "price_fen": "bigint", "payable_fen": "bigint", "freight_fen": "bigint", "receiver": "text", "phone": "text", "province": "text", "city": "text",
    "area": "text", "address": "text", "placed_at": "timestamptz", "paid_at": "timestamptz", "promised_at": "timestamptz", "state": "text",
    "case_state": "text",
}  # fmt: skip
UPSERT = Upsert(TABLE, key=("line_no",), columns=_TYPES)


def _apply(context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    return list(UPSERT.take([[row.get(name) for name in _TYPES] for row in rows]))


KIND = ImportKind(
    key="bench_orders",
    title_zh="测速订单",
    title_en="Bench orders",
    ability="bench:orders:import",
    row_key=("line_no",),
    apply=_apply,
    columns=(
        Column("order_no", "主订单编号", required=True),
        Column("line_no", "子订单编号", required=True),
        Column("goods", "选购商品", required=True),
        Column("specification", "商品规格"),
        Column("quantity", "商品数量", required=True, parse=cells.whole_number),
        Column("sku_code", "商家编码"),
        Column("price_fen", "商品单价", parse=cells.money_fen),
        Column("payable_fen", "订单应付金额", required=True, parse=cells.money_fen),
        Column("freight_fen", "运费", parse=cells.money_fen),
        Column("receiver", "收件人", personal=True),
        Column("phone", "收件人手机号", parse=cells.phone, personal=True),
        Column("province", "省"),
        Column("city", "市"),
        Column("area", "区"),
        Column("address", "详细地址", personal=True),
        Column("placed_at", "订单提交时间", required=True, parse=cells.moment),
        Column("paid_at", "支付完成时间", parse=cells.moment),
        Column("promised_at", "承诺发货时间", parse=cells.moment),
        Column("state", "订单状态", required=True, parse=STATES),
        Column("case_state", "售后状态"),
    ),
)


@contextmanager
def kind_ready(wanted: str) -> Iterator[tuple[ImportKind, UUID | None]]:
    """This function will give the kind named, or `orders` where a stage has it, or else its own with its table made."""
    kinds = wiring().import_kinds()
    if wanted != KIND.key and (wanted or "orders") in kinds:
        shop = add_shop(actor=KAIBO, code="bench", name="测速店", company="测速", now=utc_now())
        yield kinds[wanted or "orders"], shop.pk
        return
    known = {**kinds, KIND.key: KIND}
    for module in (engine, services):
        module.kind_for = known.__getitem__
    columns = ", ".join(f"{name} {kind}" for name, kind in _TYPES.items())
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")
        cursor.execute(f"CREATE TABLE {TABLE} ({columns}, PRIMARY KEY (line_no))")
    try:
        yield KIND, None
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {TABLE}")


def platform_of(kind: ImportKind) -> str:
    return "douyin" if "douyin" in kind.platforms or not kind.platforms else kind.platforms[0]
