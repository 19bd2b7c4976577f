"""Reads of goods, scoped by actor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from kaibo.kit.errors import NotFound
from kaibo.master.catalog.models import BundleComponent, Category, Product, Sku, SkuAlias
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor


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


def skus_of(product_ids: Iterable[UUID]) -> dict[UUID, list[SkuRow]]:
    """This function will give the items of products, by product, in code order."""
    found: dict[UUID, list[SkuRow]] = {}
    for sku in Sku.objects.select_related("product").filter(product__in=set(product_ids)).order_by("code"):
        found.setdefault(sku.product_id, []).append(_row(sku))
    return found


def sku_rows(sku_ids: Iterable[UUID]) -> dict[UUID, SkuRow]:
    """This function will give items by id with one query."""
    return {sku.pk: _row(sku) for sku in Sku.objects.select_related("product").filter(pk__in=set(sku_ids))}


def sku_by_code(code: str) -> SkuRow:
    """This function will give an item by its code 货号.   Raises: SkuUnknown."""
    sku = Sku.objects.select_related("product").filter(code__iexact=code).first()
    if sku is None:
        raise SkuUnknown(code=code)
    return _row(sku)


def skus_visible(actor: Actor) -> list[SkuRow]:
    """This function will list the items an actor may see, for choice fields."""
    visible = Sku.objects.select_related("product").order_by("code")
    return [_row(sku) for sku in access.visible(visible, actor, "product__shop")]


def skus_by_text(platform: str, texts: Iterable[str]) -> dict[str, SkuRow]:
    """
    This function will resolve codes as a platform writes them: own code or barcode first, then a learnt alias.

    Two queries whatever the number of texts; texts that resolve to nothing are left out.
    """
    wanted = {text for text in texts if text}
    found: dict[str, SkuRow] = {}
    for alias in SkuAlias.objects.select_related("sku__product").filter(platform=platform, text__in=wanted):
        found[alias.text] = _row(alias.sku)
    for sku in Sku.objects.select_related("product").filter(Q(code__in=wanted) | Q(barcode__in=wanted)):
        for text in (sku.code, sku.barcode):
            if text in wanted:
                found[text] = _row(sku)
    return found


def components_of(sku_ids: Iterable[UUID]) -> dict[UUID, list[tuple[UUID, int]]]:
    """This function will give bundle → [(component, quantity)]; an item that is no bundle is left out."""
    found: dict[UUID, list[tuple[UUID, int]]] = {}
    for bundle, component, quantity in (
        BundleComponent.objects.filter(bundle__in=set(sku_ids))
        .order_by("component_id")
        .values_list("bundle_id", "component_id", "quantity")
    ):
        found.setdefault(bundle, []).append((component, quantity))
    return found


def categories() -> list[Category]:
    return list(Category.objects.order_by("code"))
