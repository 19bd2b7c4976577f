"""Reads of goods, scoped by actor."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from kaibo.kit.errors import NotFound
from kaibo.master.catalog.models import BundleComponent, Category, Product, Sku
from kaibo.plumbing import prepared
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.once import asked_once


class ProductUnknown(NotFound):
    code = "catalog.product_unknown"
    message_zh = "没有这个商品，或你看不到它"
    message_en = "There is no such product, or you cannot see it"


class SkuUnknown(NotFound):
    code = "catalog.sku_unknown"
    message_zh = "没有货号 {code}"
    message_en = "There is no item {code}"


@dataclass(frozen=True, slots=True)
class SkuRow:
    """An item with what other stages ask of it, so that they need no second query."""

    id: UUID
    code: str
    product_id: UUID
    product_code: str
    product_title: str
    specification: str
    shop_id: UUID
    category: str
    cost_fen: int
    price_fen: int
    is_bundle: bool

    @property
    def title(self) -> str:
        return f"{self.product_title} {self.specification}".strip()


def products_for(actor: Actor) -> QuerySet[Product]:
    """This function will give the products an actor may see, for lists."""
    visible = Product.objects.select_related("shop", "category").order_by("-created_at")
    return access.visible(visible, actor)


def product_for(actor: Actor, product_id: UUID) -> Product:
    """This function will give a product.   Raises: ProductUnknown."""
    product = Product.objects.select_related("shop", "category").filter(pk=product_id).first()
    if product is None or not actor.sees(product.shop_id):
        raise ProductUnknown
    return product


_SKU_ROW = (
    "id", "code", "product_id", "product__code", "product__title", "specification", "product__shop_id", "product__category_id", "cost_fen",
    "price_fen", "is_bundle",
)  # fmt: skip
"""The fields of `SkuRow` in its order: long lists need no model of each item."""


def _row(sku: Sku) -> SkuRow:
    product = sku.product
    return SkuRow(
        sku.pk,
        sku.code,
        product.pk,
        product.code,
        product.title,
        sku.specification,
        product.shop_id,
        product.category_id,
        sku.cost_fen,
        sku.price_fen,
        sku.is_bundle,
    )


@asked_once
def skus_of(product_ids: Iterable[UUID]) -> dict[UUID, list[SkuRow]]:
    """This function will give the items of products, by product, in code order."""
    found: dict[UUID, list[SkuRow]] = {}
    for sku in prepared.rows(_of_products, products=list(set(product_ids))):
        found.setdefault(sku.product_id, []).append(_row(sku))
    return found


def _of_products(*, products: Any) -> QuerySet[Sku]:
    return Sku.objects.select_related("product").filter(product__among=products).order_by("code")


def categories_of(product_ids: Iterable[UUID]) -> dict[UUID, str]:
    """This function will give product → its category."""
    return dict(prepared.rows(_categories_of, products=list(set(product_ids))))


def _categories_of(*, products: Any) -> QuerySet[Any]:
    return Product.objects.filter(pk__among=products).values_list("pk", "category_id")


def sku_rows(sku_ids: Iterable[UUID]) -> dict[UUID, SkuRow]:
    """This function will give items by id with one query."""
    return {row[0]: SkuRow(*row) for row in prepared.rows(_by_id, ids=list(set(sku_ids)))}


def _by_id(*, ids: Any) -> QuerySet[Any]:
    return Sku.objects.filter(pk__among=ids).values_list(*_SKU_ROW)


def sku_by_code(code: str) -> SkuRow:
    """This function will give an item by its code 货号.   Raises: SkuUnknown."""
    sku = Sku.objects.select_related("product").filter(code__iexact=code).first()
    if sku is None:
        raise SkuUnknown(code=code)
    return _row(sku)


def skus_visible(actor: Actor) -> list[SkuRow]:
    """This function will list the items an actor may see, for choice fields."""
    visible = access.visible(Sku.objects.order_by("code"), actor, "product__shop")
    return [SkuRow(*row) for row in visible.values_list(*_SKU_ROW)]


def sku_choices(actor: Actor, *, with_bundles: bool = False) -> list[tuple[UUID, str]]:
    """This function will give the items an actor may see as choices of a form, (id, `code · title`), bundles where they are meant too."""
    visible = access.visible(Sku.objects.order_by("code"), actor, "product__shop")
    wanted = visible if with_bundles else visible.filter(is_bundle=False)
    return [(key, f"{code} · {title}") for key, code, title in wanted.values_list("pk", "code", "product__title")]


def skus_of_category(category: str, shop_id: UUID, *, most: int = 400) -> list[SkuRow]:
    """This function will list a shop's items of one category, the newest products first."""
    found = Sku.objects.filter(product__category=category, product__shop=shop_id).order_by("-product__created_at", "code")
    return [SkuRow(*row) for row in found.values_list(*_SKU_ROW)[:most]]


_BY_TEXT = """
    WITH wanted AS (SELECT DISTINCT json_array_elements_text(%(texts)s::json) AS text), named AS (
        SELECT w.text, a.sku_id, 1 AS turn FROM wanted w JOIN catalog_skualias a ON a.platform = %(platform)s AND a.text = w.text
        UNION ALL SELECT w.text, s.id, 2 FROM wanted w JOIN catalog_sku s ON s.barcode = w.text AND s.barcode <> ''
        UNION ALL SELECT w.text, s.id, 3 FROM wanted w JOIN catalog_sku s ON s.code = w.text
    )
    SELECT n.text, s.id, s.code, p.id, p.code, p.title, s.specification, p.shop_id, p.category_id, s.cost_fen, s.price_fen, s.is_bundle
      FROM named n JOIN catalog_sku s ON s.id = n.sku_id JOIN catalog_product p ON p.id = s.product_id
     ORDER BY n.turn
"""


def skus_by_text(platform: str, texts: Iterable[str]) -> dict[str, SkuRow]:
    """
    This function will resolve codes as a platform writes them: own code first, then barcode, then a learnt alias.

    One query whatever the number of texts; texts that resolve to nothing are left out.
    """
    wanted = sorted({text for text in texts if text})
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_BY_TEXT, {"texts": json.dumps(wanted), "platform": platform})
        return {text: SkuRow(*row) for text, *row in cursor.fetchall()}


def components_of(sku_ids: Iterable[UUID]) -> dict[UUID, list[tuple[UUID, int]]]:
    """This function will give bundle → [(component, quantity)]; an item that is no bundle is left out."""
    found: dict[UUID, list[tuple[UUID, int]]] = {}
    for bundle, component, quantity in prepared.rows(_components, bundles=list(set(sku_ids))):
        found.setdefault(bundle, []).append((component, quantity))
    return found


def _components(*, bundles: Any) -> QuerySet[Any]:
    return BundleComponent.objects.filter(bundle__among=bundles).order_by("component_id").values_list("bundle_id", "component_id", "quantity")


@asked_once
def categories() -> list[Category]:
    return prepared.rows(_categories)


def _categories() -> QuerySet[Category]:
    return Category.objects.order_by("code")
