"""Orders that wait for goods sold ahead 预售等货: which, by which promise, when their goods are expected (SUP-14, ORD-4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from kaibo.kit.clock import utc_now
from kaibo.master.catalog import queries as catalog
from kaibo.master.stock.models import Awaited
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.intake.kinds import Cell, ExportColumn, ExportKind
from kaibo.stages.orders import queries
from kaibo.stages.orders.models import Order
from kaibo.stages.orders.permissions import EXPORT, SEE
from kaibo.stages.orders.relay import order_id_of
from kaibo.stages.supply import presales
from kaibo.stages.supply.presales import Waiting


@dataclass(frozen=True, slots=True)
class WaitingOrder:
    """Units of an order that are still on their way."""

    order: Order
    sku: catalog.SkuRow
    waiting: Waiting


def waiting_orders(actor: Actor, now: datetime, *, shop_id: UUID | None = None, item: str = "") -> list[WaitingOrder]:
    """
    This function will list the orders that wait for goods sold ahead: those whose promise breaks first, then by promise.   Raises: Forbidden.
    """
    access.require(actor, SEE, shop_id=shop_id)
    skus = catalog.sku_rows(set(Awaited.objects.filter(units__gt=0).values_list("sku_id", flat=True).distinct()))
    wanted = [sku.id for sku in skus.values() if not item or sku.code == item]
    waiting = [one for several in presales.waiting_of(wanted, now).values() for one in several]
    named = [key for one in waiting if (key := order_id_of(one.row.reservation.reference))]
    orders = {one.stock_reference: one for one in queries.orders_for(actor, shop_id=shop_id).filter(pk__in=named)}
    rows = [
        WaitingOrder(order, skus[one.row.sku_id], one) for one in waiting if (order := orders.get(one.row.reservation.reference)) is not None
    ]
    return sorted(rows, key=lambda row: (not row.waiting.breaks, row.waiting.row.promised_at, row.order.order_no))


def _rows(actor: Any, start: datetime | None, end: datetime | None) -> Iterator[tuple[Any, ...]]:
    for row in waiting_orders(actor, end or utc_now()):
        seen = row.waiting.outlook
        yield (
            row.order.platform, row.order.order_no, row.sku.code, row.sku.title, row.waiting.row.units, row.waiting.row.promised_at,
            str(seen.expected_on or ""), seen.uncovered, "是" if row.waiting.breaks else "",
        )  # fmt: skip


PRESALE_OUT = ExportKind(
    key="presale-orders", title_zh="预售等货的订单", title_en="Orders sold ahead that wait for goods", ability=EXPORT,
    columns=(
        ExportColumn("platform", "平台"), ExportColumn("order_no", "订单编号"), ExportColumn("sku", "货号"), ExportColumn("title", "商品"),
        ExportColumn("units", "没到的件数", Cell.WHOLE), ExportColumn("promised_at", "承诺发货时间", Cell.WHEN), ExportColumn("expected_on", "货预计到"),
        ExportColumn("uncovered", "没有在途对上的件数", Cell.WHOLE), ExportColumn("breaks", "赶不上承诺"),
    ),
    rows=_rows,
)  # fmt: skip
