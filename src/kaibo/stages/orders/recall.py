"""Which orders have a lot, and which lots an order has: the other half of a lot's trace, and the list of a recall (SUP-6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from kaibo.kit.errors import Invalid
from kaibo.master.shops.models import platform_name
from kaibo.master.stock import queries as stock
from kaibo.master.stock.models import Lot
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.intake.kinds import Cell, ExportColumn
from kaibo.plumbing.intake.writing import write_file
from kaibo.stages.orders import queries
from kaibo.stages.orders.models import Order
from kaibo.stages.orders.permissions import EXPORT, SEE
from kaibo.stages.orders.rules import STATE_WORDS, State
from kaibo.stages.supply import queries as supply


class RecallReasonMissing(Invalid):
    code = "orders.recall_reason_missing"
    message_zh = "导出买家名单需要填写原因"
    message_en = "Exporting the list of buyers needs a reason"


@dataclass(frozen=True, slots=True)
class LotOrder:
    """An order that has units of a lot. The receiver stays masked."""

    id: UUID
    platform: str
    order_no: str
    state: str
    receiver: str
    phone_tail: str
    place: str
    ordered_at: datetime
    sent: int
    waiting: int
    is_held: bool


PREFIX = "order:"


def orders_of_lot(actor: Actor, lot_id: UUID) -> list[LotOrder]:
    """This function will list every order of the actor's shops that has units of a lot, oldest first.   Raises: Forbidden.   Source: SUP-6."""
    access.require(actor, SEE)
    holders = {one.reference: one for one in stock.holders_of_lot(lot_id) if one.reference.startswith(PREFIX)}
    ids = [UUID(reference.removeprefix(PREFIX)) for reference in holders]
    found = []
    for order in queries.orders_for(actor).filter(pk__in=ids).order_by("ordered_at", "pk"):
        units = holders[f"{PREFIX}{order.pk}"]
        found.append(
            LotOrder(
                order.pk, order.platform, order.order_no, order.state, order.receiver_masked, order.phone_tail,
                f"{order.province}{order.city}{order.area}", order.ordered_at, units.sent, units.waiting, bool(order.hold_flags),
            )
        )  # fmt: skip
    return found


def lots_of_order(actor: Actor, order_no: str) -> list[tuple[Order, Lot]]:
    """This function will go the other way: from an order number to the lots its units are of.   Raises: Forbidden.   Source: SUP-6."""
    access.require(actor, SEE)
    found: list[tuple[Order, Lot]] = []
    for order in queries.orders_for(actor).filter(order_no=order_no)[:20]:
        reference = order.stock_reference or f"{PREFIX}{order.pk}"
        found += [(order, lot) for lot in Lot.objects.filter(pk__in=stock.lots_of_holder(reference)).select_related("sku").order_by("code")]
    return found


def lots_named(actor: Actor, words: str) -> list[Lot]:
    """This function will find lots by the beginning of their code."""
    access.require(actor, SEE)
    lots = Lot.objects.filter(code__istartswith=words).select_related("sku__product").order_by("-received_at")
    return list(access.visible(lots, actor, "sku__product__shop")[:50])


COLUMNS = (
    ExportColumn("lot", "批次"),
    ExportColumn("platform", "平台"),
    ExportColumn("order_no", "订单编号"),
    ExportColumn("state", "订单状态"),
    ExportColumn("sent", "已发", Cell.WHOLE),
    ExportColumn("waiting", "待发", Cell.WHOLE),
    ExportColumn("receiver", "收件人（遮蔽）"),
    ExportColumn("phone_tail", "手机尾号"),
    ExportColumn("place", "省市区"),
    ExportColumn("ordered_at", "下单时间", Cell.WHEN),
)


@transaction.atomic
def write_recall_list(*, actor: Actor, lot_id: UUID, path: Path, reason: str, now: datetime) -> int:
    """
    This function will write who has a lot as xlsx, receivers masked, and record who took it and why; it gives the rows.

    Raises: Forbidden, InspectionUnknown, RecallReasonMissing.   Source: SUP-6; PIPL art. 51.
    """
    access.require(actor, EXPORT)
    if not reason.strip():
        raise RecallReasonMissing
    lot = supply.trace_of_lot(actor, lot_id)["lot"]
    listed = orders_of_lot(actor, lot_id)
    audit.record(
        actor, "orders:recall:export", subject=f"lot:{lot_id}", now=now, details={"orders": len(listed)}, reason=reason.strip()
    )

    def rows() -> Iterator[tuple[Any, ...]]:
        for one in listed:
            yield (
                lot.code, platform_name(one.platform), one.order_no, STATE_WORDS[State(one.state)][0], one.sent, one.waiting, one.receiver, one.phone_tail,
                one.place, one.ordered_at,
            )  # fmt: skip

    return write_file(path, COLUMNS, rows(), format_="xlsx", title="召回名单")
