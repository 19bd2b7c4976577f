"""
Files of what leaves now: for the printed waybill (receiver hidden as the standard wants), or for the courier, who must
know the door. Ciphertext of a platform stays ciphertext in both: its electronic waybill reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from django.db import transaction

from kaibo.kit.errors import Invalid
from kaibo.master.stock import queries as stock
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.intake.kinds import Cell, ExportColumn
from kaibo.plumbing.intake.writing import write_file
from kaibo.plumbing.vault import vault
from kaibo.stages.orders import queries, route_book
from kaibo.stages.orders.complaints import ReasonMissing
from kaibo.stages.orders.label_privacy import label_address, label_name, label_phone
from kaibo.stages.orders.models import Order
from kaibo.stages.orders.permissions import SHIP, UNMASK

MOST_WAYBILLS = 1_000
Kind = Literal["label", "courier"]
COLUMNS = (
    ExportColumn("platform", "平台"),
    ExportColumn("order_no", "订单编号"),
    ExportColumn("name", "收件人"),
    ExportColumn("phone", "收件人电话"),
    ExportColumn("province", "省"),
    ExportColumn("city", "市"),
    ExportColumn("area", "区县"),
    ExportColumn("address", "详细地址"),
    ExportColumn("cipher", "平台密文（电子面单）"),
    ExportColumn("goods", "货品"),
    ExportColumn("units", "件数", Cell.WHOLE),
    ExportColumn("ship_by", "最晚发货时间", Cell.WHEN),
    ExportColumn("carrier", "快递公司"),
    ExportColumn("tracking_no", "快递单号"),
    ExportColumn("warehouse", "发货仓"),
)


class NothingToShip(Invalid):
    code = "orders.nothing_to_ship"
    message_zh = "现在没有待发的订单"
    message_en = "No order waits to be shipped"


@transaction.atomic
def write_waybills(*, actor: Actor, kind: Kind, path: Path, reason: str, now: datetime, shop_id: UUID | None = None) -> int:
    """
    This function will write what leaves now, the most urgent first, as xlsx with room for courier and number (read back by
    “导入发货单”), record who took it and why, and give the rows.

    Raises: Forbidden (doors in full need the right to unmask), ReasonMissing, NothingToShip.   Source: ORD-4, PIPL art. 51.
    """
    access.require(actor, SHIP, shop_id=shop_id)
    if kind == "courier":
        access.require(actor, UNMASK, shop_id=shop_id)
        if not reason.strip():
            raise ReasonMissing
    waiting = list(queries.to_pick(actor, shop_id=shop_id).defer(None)[:MOST_WAYBILLS])
    if not waiting:
        raise NothingToShip
    lines, routes = queries.lines_of([one.pk for one in waiting]), route_book.routes_of(waiting)
    places = stock.warehouses_of_holders([one.stock_reference for one in waiting if one.stock_reference])
    audit.record(
        actor, f"orders:waybill:{kind}", subject=f"shop:{shop_id or 'all'}", now=now, shop_id=shop_id, details={"orders": len(waiting)},
        reason=reason.strip(),
    )

    def rows() -> Iterator[tuple[Any, ...]]:
        for one in waiting:
            mine = lines.get(one.pk, [])
            goods = "；".join(f"{line.sku.code if line.sku else line.platform_code} ×{line.left}" for line in mine if line.left)
            yield (
                one.platform, one.order_no, *_receiver(one, kind), goods, sum(line.left for line in mine), one.ship_by,
                route_book.courier_words(routes.get(one.pk)), "", "、".join(places.get(one.stock_reference, [])),
            )  # fmt: skip

    return write_file(path, COLUMNS, rows(), format_="xlsx", title="运单")


def _receiver(order: Order, kind: Kind) -> tuple[str, str, str, str, str, str, str]:
    place = (order.province, order.city, order.area)
    if order.receiver_sealed is None or order.buyer_subject_id is None:
        name, _, phone = order.receiver_masked.partition(" ")
        cipher = order.receiver_cipher or {}
        return (name, phone, *place, "", "|".join(str(cipher.get(key, "")) for key in ("name", "phone", "address")) if cipher else "")
    try:
        told = vault.reveal_for_machine(order.buyer_subject_id, bytes(order.receiver_sealed))
    except vault.PersonErased:
        return ("", "", *place, "", "")
    if kind == "courier":
        return (told["name"], told["phone"], *place, told["address"], "")
    return (label_name(told["name"]), label_phone(told["phone"]), *place, label_address(told["address"]), "")
