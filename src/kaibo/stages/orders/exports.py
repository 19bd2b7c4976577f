"""The files this stage gives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.intake.kinds import Cell, ExportColumn, ExportKind
from kaibo.stages.orders import queries
from kaibo.stages.orders.models import OrderLine
from kaibo.stages.orders.permissions import EXPORT
from kaibo.stages.orders.rules import STATE_WORDS, State

_COLUMNS = (
    ("order__platform", ExportColumn("platform", "平台")),
    ("order__order_no", ExportColumn("order_no", "订单编号")),
    ("order__parent_no", ExportColumn("parent_no", "拆单前的订单编号")),
    ("line_no", ExportColumn("line_no", "子订单编号")),
    ("order__state", ExportColumn("state", "订单状态")),
    ("order__is_test", ExportColumn("is_test", "内部测试")),
    ("order__raw_status", ExportColumn("raw_status", "平台原文状态")),
    ("sku__code", ExportColumn("sku", "货号")),
    ("platform_title", ExportColumn("title", "商品名称")),
    ("platform_specification", ExportColumn("specification", "商品规格")),
    ("quantity", ExportColumn("quantity", "数量", Cell.WHOLE)),
    ("price_fen", ExportColumn("price", "单价", Cell.MONEY)),
    ("amount_fen", ExportColumn("amount", "应付金额", Cell.MONEY)),
    ("order__receiver_masked", ExportColumn("receiver", "收件人（遮蔽）")),
    ("order__province", ExportColumn("province", "省")),
    ("order__city", ExportColumn("city", "市")),
    ("order__area", ExportColumn("area", "区")),
    ("order__ordered_at", ExportColumn("ordered_at", "下单时间", Cell.WHEN)),
    ("order__ship_by", ExportColumn("ship_by", "最晚发货时间", Cell.WHEN)),
)


def _rows(actor: Actor, start: datetime | None, end: datetime | None) -> Iterator[tuple[Any, ...]]:
    orders = queries.orders_for(actor)
    if start:
        orders = orders.filter(ordered_at__gte=start)
    if end:
        orders = orders.filter(ordered_at__lt=end)
    lines = OrderLine.objects.filter(order__in=orders.values("pk")).order_by("-order__ordered_at", "line_no")
    place = [key for key, _column in _COLUMNS].index("order__state")
    for values in lines.values_list(*(key for key, _column in _COLUMNS)).iterator(chunk_size=2_000):
        yield (*values[:place], STATE_WORDS[State(values[place])][0], "是" if values[place + 1] else "", *values[place + 2 :])


ORDERS = ExportKind(
    key="orders", title_zh="订单明细", title_en="Orders", ability=EXPORT, columns=tuple(column for _key, column in _COLUMNS), rows=_rows
)  # fmt: skip
