"""Makers of orders: a room with an item on sale, claims in it, and orders as platforms tell of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import connection

from kaibo.kit.ids import new_id
from kaibo.master.shops.models import Shop
from kaibo.master.stock import allotments
from kaibo.master.stock.models import Allotment
from kaibo.plumbing.access.actor import KAIBO, Actor
from kaibo.plumbing.intake.kinds import ImportContext, Outcome, ParsedRow
from kaibo.room import backoffice
from kaibo.stages.orders.imports import ORDERS
from kaibo.stages.orders.models import Order, OrderLine
from kaibo.stages.orders.taking import take_orders
from tests.make.goods import make_product, make_sku, make_stock, make_warehouse
from tests.make.people import make_shop

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def make_item_on_sale(*, units: int = 10, stock: int = 100, price_fen: int = 59_900, room: str = "linxia-1122", session_id: UUID | None = None) -> tuple[UUID, Allotment]:
    """An allotment of a coat, put into a live room: (room item id, allotment)."""
    sku = make_sku(make_product(make_shop()))
    make_stock(sku, stock)
    allotment = allotments.open_allotment(
        actor=KAIBO, sku_id=sku.pk, warehouse_id=make_warehouse().pk, session_id=session_id or new_id(), quantity=units, now=NOW
    )
    item = new_id()
    with connection.cursor() as cursor:
        backoffice.open_room(cursor, room=room, title="秋冬上新", operator="林夏的衣橱", host="林夏", company="杭州林夏服饰有限公司", state="live")
        backoffice.put_item(
            cursor, room=room, item=item, allotment=allotment.pk, sku_code=sku.code, title="短款羊毛双面呢外套", units=units, price_fen=price_fen,
            state="on_sale",
        )
    return item, allotment


def make_claims(item: UUID, count: int, *, quantity: int = 1, pay_by: datetime | None = None, visitor: str = "v") -> list[UUID]:
    """Claims as the room's ledger leaves them: answered, counted against the item, without an order."""
    claims = [new_id() for _ in range(count)]
    with connection.cursor() as cursor:
        for number, claim in enumerate(claims):
            cursor.execute(
                """insert into room.answers (attempt, room, visitor, key, item, quantity, unit_price_fen, price_version, result, answered_at, pay_by)
                   select %s, room, %s, %s, item, %s, price_fen, price_version, 'claimed', %s, %s from room.items where item = %s""",
                [claim, f"{visitor}{number}", str(claim), quantity, NOW, pay_by or NOW + timedelta(minutes=15), item],
            )
        cursor.execute(
            "update room.items set left_units = left_units - %s, claimed_units = claimed_units + %s where item = %s",
            [count * quantity, count * quantity, item],
        )
    return claims


def row(order_no: str, **values: object) -> ParsedRow:
    """A parsed row of a Doudian export; what is not said is usual."""
    usual: dict[str, object] = {
        "order_no": order_no, "line_no": f"{order_no}-1", "title": "短款羊毛双面呢外套", "specification": "黑色 / M", "quantity": 1,
        "code": "KB-2417-B-M", "price": 59_900, "amount": 59_900, "freight": 0, "status": "待发货", "aftersale": None,
        "receiver": "李小梅", "phone": "13812345678", "address": "浙江省杭州市西湖区文三路478号3幢", "ordered_at": NOW - timedelta(hours=1),
        "paid_at": NOW - timedelta(minutes=59),
    }  # fmt: skip
    kept = {column.key: None for column in ORDERS.columns} | usual | values
    return ParsedRow(1, kept)


def take(rows: Sequence[ParsedRow], *, shop: Shop | None = None, platform: str = "douyin", exported_at: datetime = NOW, actor: Actor = KAIBO) -> list[Outcome]:
    """An import's rows, taken as the engine would."""
    place = shop or make_shop()
    return take_orders(ImportContext(actor, place.pk, platform, new_id(), NOW, exported_at), list(rows))


def make_paid_order(order_no: str = "6953000000000004417", *, stock: int = 20, **values: object) -> Order:
    """A platform order that passed verification, its item in stock."""
    sku = make_sku(make_product(make_shop()))
    if stock:
        make_stock(sku, stock)
    take([row(order_no, **values)])
    return Order.objects.get(order_no=order_no)


def line_of(order: Order) -> OrderLine:
    return OrderLine.objects.get(order=order)
