"""The shop of `bench orders`, made through the services the console uses."""

from __future__ import annotations

from django.db import connection, transaction

from kaibo.kit.clock import utc_now
from kaibo.kit.ids import new_id
from kaibo.master.catalog import services as catalog
from kaibo.master.catalog.services import NewSku
from kaibo.master.shops.services import add_shop
from kaibo.master.stock import allotments
from kaibo.master.stock import services as stock
from kaibo.plumbing.access.actor import KAIBO
from kaibo.room import backoffice


@transaction.atomic
def open_shop(room: str, units: int) -> str:
    """This function will open a room that sells `units` of one product and give the room's item."""
    now = utc_now()
    shop = add_shop(actor=KAIBO, code="bench", name="测速店", company="测速", now=now)
    catalog.ensure_category(code="bench", title="测速", title_en="Bench")
    product = catalog.add_product(
        actor=KAIBO, shop_id=shop.pk, code="BENCH", title="压测商品", category="bench", skus=(NewSku(code="BENCH-1", specification="均码", cost_fen=2_000, price_fen=5_990),), now=now,
    )  # fmt: skip
    sku = product.skus.get()
    place = stock.ensure_warehouse(code="bench", name="测速仓")
    where = {"sku_id": sku.pk, "warehouse_id": place.pk, "lot_id": None, "quantity": units, "reference": "bench", "now": now}
    stock.receive(actor=KAIBO, **where)
    stock.release(actor=KAIBO, **where)
    allotment = allotments.open_allotment(
        actor=KAIBO, sku_id=sku.pk, warehouse_id=place.pk, session_id=new_id(), quantity=units, now=now
    )
    item = new_id()
    with connection.cursor() as cursor:
        backoffice.open_room(cursor, room=room, title="压测", operator="压测", host="压测", company="压测", state="live")
        backoffice.put_item(
            cursor, room=room, item=item, allotment=allotment.pk, sku_code=sku.code, title="压测商品", units=units, price_fen=5_990, state="on_sale"
        )
    return str(item)
