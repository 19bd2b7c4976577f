"""The goods the file of `bench import` speaks of, in a shop's catalog; imports Django."""

from __future__ import annotations

from uuid import UUID

from kaibo.cli.benches import order_file
from kaibo.kit.clock import utc_now
from kaibo.master.catalog.services import NewSku, add_product, ensure_category
from kaibo.master.shops.services import add_shop
from kaibo.plumbing.access.actor import KAIBO


def shop_with_goods() -> UUID:
    """This function will make a shop that knows the items of the file and at what price they are on sale."""
    shop = add_shop(actor=KAIBO, code="bench", name="测速店", company="测速", now=utc_now())
    add_goods(shop.pk)
    return shop.pk


def add_goods(shop_id: UUID) -> None:
    """This function will add the items of the file to a shop, at the prices the file has them."""
    ensure_category(code="bench", title="测速", title_en="Bench")
    for first in range(0, order_file.ITEMS, 20):
        skus = [
            NewSku(order_file.code_of(item), order_file.specification_of(item), 1_000, order_file.price_fen_of(item))
            for item in range(first, first + 20)
        ]
        add_product(actor=KAIBO, shop_id=shop_id, code=f"B{first}", title=order_file.title_of(first), category="bench", skus=skus, now=utc_now())
