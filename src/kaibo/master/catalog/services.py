"""Writes of goods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from kaibo.kit.errors import Conflict, Invalid
from kaibo.master.catalog import queries
from kaibo.master.catalog.models import BundleComponent, Category, Product, Sku, SkuAlias
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit

PRODUCT_EDIT = "catalog:product:edit"


class ProductCodeTaken(Conflict):
    code = "catalog.product_code_taken"
    message_zh = "商品编码“{product_code}”已被使用"
    message_en = "The product code “{product_code}” is taken"


class SkuCodeTaken(Conflict):
    code = "catalog.sku_code_taken"
    message_zh = "货号或条码“{sku_code}”已被使用"
    message_en = "The item code or barcode “{sku_code}” is taken"


class TooManySellingPoints(Invalid):
    code = "catalog.too_many_selling_points"
    message_zh = "核心卖点需要 1 至 3 条，现在是 {count} 条"
    message_en = "There must be 1 to 3 core selling points, not {count}"


class BundleOfBundles(Invalid):
    code = "catalog.bundle_of_bundles"
    message_zh = "套装里不能再放套装：{sku_code}"
    message_en = "A bundle cannot hold another bundle: {sku_code}"


@dataclass(frozen=True, slots=True)
class NewSku:
    """An item to be added with its product."""

    code: str
    specification: str
    cost_fen: int
    price_fen: int
    barcode: str = ""
    weight_grams: int = 0


def ensure_category(*, code: str, title: str, title_en: str, parent: str | None = None) -> None:
    """This function will make a category, or bring its words up to date; used by set-up."""
    Category.objects.update_or_create(code=code, defaults={"title": title, "title_en": title_en, "parent_id": parent})


@transaction.atomic
def add_product(
    *,
    actor: Actor,
    shop_id: UUID,
    code: str,
    title: str,
    category: str,
    skus: Sequence[NewSku],
    now: datetime,
    brand: str = "",
    value_proposition: str = "",
    selling_points: Sequence[str] = (),
) -> Product:
    """
    This function will add a product with its items.

    Raises: Forbidden, ProductCodeTaken, SkuCodeTaken, TooManySellingPoints.   Source: SEL-10.
    """
    access.require(actor, PRODUCT_EDIT, shop_id=shop_id)
    _check_points(selling_points)
    try:
        with transaction.atomic():
            product = Product.objects.create(
                shop_id=shop_id,
                code=code,
                title=title,
                category_id=category,
                brand=brand,
                value_proposition=value_proposition,
                selling_points=list(selling_points),
                created_at=now,
            )
    except IntegrityError as taken:
        raise ProductCodeTaken(product_code=code) from taken
    for one in skus:
        add_sku(actor=actor, product=product, sku=one)
    audit.record(
        actor, "catalog:product:add", subject=f"product:{product.pk}", now=now, details={"code": code}, shop_id=shop_id
    )
    return product


def add_sku(*, actor: Actor, product: Product, sku: NewSku) -> Sku:
    """This function will add an item to a product.   Raises: Forbidden, SkuCodeTaken."""
    access.require(actor, PRODUCT_EDIT, shop_id=product.shop_id)
    try:
        with transaction.atomic():
            return Sku.objects.create(
                product=product,
                code=sku.code,
                specification=sku.specification,
                barcode=sku.barcode,
                cost_fen=sku.cost_fen,
                price_fen=sku.price_fen,
                weight_grams=sku.weight_grams,
            )
    except IntegrityError as taken:
        raise SkuCodeTaken(sku_code=sku.code) from taken


@transaction.atomic
def describe_product(
    *,
    actor: Actor,
    product_id: UUID,
    now: datetime,
    value_proposition: str | None = None,
    selling_points: Sequence[str] | None = None,
    title: str | None = None,
) -> None:
    """This function will change what is said of a product everywhere downstream.   Raises: Forbidden, TooManySellingPoints.   Source: SEL-8, SEL-10."""
    product = queries.product_for(actor, product_id)
    access.require(actor, PRODUCT_EDIT, shop_id=product.shop_id)
    if selling_points is not None:
        _check_points(selling_points)
    changes = {
        key: value
        for key, value in {
            "value_proposition": value_proposition,
            "selling_points": list(selling_points) if selling_points is not None else None,
            "title": title,
        }.items()
        if value is not None
    }
    Product.objects.filter(pk=product_id).update(**changes)
    audit.record(
        actor,
        "catalog:product:describe",
        subject=f"product:{product_id}",
        now=now,
        details=changes,
        shop_id=product.shop_id,
    )


@transaction.atomic
def set_components(*, actor: Actor, bundle: UUID, components: Sequence[tuple[UUID, int]], now: datetime) -> None:
    """This function will make an item a bundle of components.   Raises: Forbidden, BundleOfBundles."""
    rows = queries.sku_rows([bundle, *(component for component, _ in components)])
    access.require(actor, PRODUCT_EDIT, shop_id=rows[bundle].shop_id)
    for component, _ in components:
        if rows[component].is_bundle or component == bundle:
            raise BundleOfBundles(sku_code=rows[component].code)
    BundleComponent.objects.filter(bundle=bundle).delete()
    BundleComponent.objects.bulk_create(
        [BundleComponent(bundle_id=bundle, component_id=c, quantity=q) for c, q in components]
    )
    Sku.objects.filter(pk=bundle).update(is_bundle=bool(components))
    audit.record(
        actor,
        "catalog:bundle:set",
        subject=f"sku:{bundle}",
        now=now,
        details={"components": [[str(c), q] for c, q in components]},
    )


@transaction.atomic
def learn_alias(*, actor: Actor, platform: str, text: str, sku_id: UUID, now: datetime) -> None:
    """This function will remember what a platform calls an item.   Raises: Forbidden.   Source: ORD-2."""
    row = queries.sku_rows([sku_id])[sku_id]
    access.require(actor, "catalog:alias:learn", shop_id=row.shop_id)
    SkuAlias.objects.update_or_create(
        platform=platform, text=text, defaults={"sku_id": sku_id, "learnt_at": now, "learnt_by": actor.name}
    )
    audit.record(
        actor,
        "catalog:alias:learn",
        subject=f"sku:{sku_id}",
        now=now,
        details={"platform": platform, "text": text},
        shop_id=row.shop_id,
    )


@transaction.atomic
def forget_alias(*, actor: Actor, platform: str, text: str, sku_id: UUID, now: datetime) -> bool:
    """This function will forget what a platform calls an item, where it still means that item.   Raises: Forbidden.   Source: ORD-2."""
    row = queries.sku_rows([sku_id])[sku_id]
    access.require(actor, "catalog:alias:learn", shop_id=row.shop_id)
    gone, _ = SkuAlias.objects.filter(platform=platform, text=text, sku=sku_id).delete()
    if gone:
        told = {"platform": platform, "text": text}
        audit.record(actor, "catalog:alias:forget", subject=f"sku:{sku_id}", now=now, details=told, shop_id=row.shop_id)
    return bool(gone)


def _check_points(points: Sequence[str]) -> None:
    if len(points) > 3 or any(not point.strip() for point in points):
        raise TooManySellingPoints(count=len(points))
