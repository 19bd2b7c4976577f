"""Goods: what we sell, what it costs, what is said of it, and where its launch stands."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from kaibo.kit.money import share_bp
from kaibo.master.catalog import queries, services
from kaibo.master.catalog.forms import ProductForm, SkuForm, WordsForm
from kaibo.master.catalog.models import Product
from kaibo.master.catalog.services import NewSku
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.tables import tables
from kaibo.plumbing.tables.tables import Cell, Choice, Column, Row, Search, Table

PRODUCTS = Table(
    key="catalog:products",
    title=gettext_lazy("商品"),
    columns=(
        Column("title", gettext_lazy("商品"), sort="title", kind="lead"),
        Column("code", gettext_lazy("编码"), sort="code"),
        Column("category", gettext_lazy("类目"), sort="category__title"),
        Column("brand", gettext_lazy("品牌"), sort="brand"),
        Column("shop", gettext_lazy("店铺"), sort="shop__name"),
        Column("points", gettext_lazy("卖点"), kind="count"),
        Column("created_at", gettext_lazy("建立"), sort="created_at", kind="when"),
    ),
    filters=(
        Search(("code__istartswith", "title__icontains"), gettext_lazy("编码、名称…")),
        Choice(
            "category", gettext_lazy("类目"), lambda _request: [(one.code, one.local_title) for one in queries.categories()]
        ),
    ),
    default_sort="-created_at",
    unit=gettext_lazy("件商品"),
    empty_title=gettext_lazy("还没有商品"),
    empty_text=gettext_lazy("在选品里通过一个候选会自动建立商品，也可以在这里直接新建。"),
)


def _row(product: Product) -> Row:
    href = reverse("catalog:product", args=[product.pk])
    cells = {
        "title": Cell(product.title, note=product.value_proposition), "code": product.code, "category": product.category.local_title,
        "brand": product.brand, "shop": product.shop.name, "points": len(product.selling_points), "created_at": product.created_at,
    }  # fmt: skip
    return Row(product.pk, cells, href)


def products(request: ConsoleRequest) -> HttpResponse:
    found = queries.products_for(request.actor)
    table = tables.page(request, PRODUCTS, found.filter(shop=request.shop_id) if request.shop_id else found, row=_row)
    return render(
        request, "catalog/products.html", {"table": table, "can_edit": request.actor.can(services.PRODUCT_EDIT)}
    )


def product(request: ConsoleRequest, product_id: UUID) -> HttpResponse:
    found = queries.product_for(request.actor, product_id)
    skus = queries.skus_of([product_id]).get(product_id, [])
    points = [*found.selling_points, "", "", ""]
    return render(
        request, "catalog/product.html",
        {
            "product": found, "launch": getattr(found, "launch", None),
            "skus": [(sku, share_bp(sku.price_fen - sku.cost_fen, sku.price_fen)) for sku in skus],
            "words": WordsForm(initial={"value_proposition": found.value_proposition, "point_1": points[0], "point_2": points[1], "point_3": points[2]}),
            "sku_form": SkuForm(), "can_edit": request.actor.can(services.PRODUCT_EDIT, shop_id=found.shop_id),
        },
    )  # fmt: skip


def new(request: ConsoleRequest) -> HttpResponse:
    form = ProductForm(request.POST or None, shops=list(request.shops))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        made = services.add_product(
            actor=request.actor, shop_id=UUID(said["shop"]), code=said["code"], title=said["title"], category=said["category"],
            brand=said["brand"], now=request.now,
            skus=[NewSku(said["sku_code"], said["specification"], said["cost"], said["price"], said["barcode"])],
        )  # fmt: skip
        return done(request, _("已新建商品"), "catalog:product", made.pk)
    return render(request, "catalog/new.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
def add_sku(request: ConsoleRequest, product_id: UUID) -> HttpResponse:
    form = SkuForm(request.POST)
    found = queries.product_for(request.actor, product_id)
    if not form.is_valid():
        return render(request, "catalog/sku.html", {"form": form, "product": found}, status=422)
    said = form.cleaned_data
    services.add_sku(
        actor=request.actor,
        product=found,
        sku=NewSku(said["sku_code"], said["specification"], said["cost"], said["price"], said["barcode"]),
    )
    return done(request, _("已添加货号"), "catalog:product", product_id)


@require_POST
def describe(request: ConsoleRequest, product_id: UUID) -> HttpResponse:
    form = WordsForm(request.POST)
    form.is_valid()
    services.describe_product(
        actor=request.actor, product_id=product_id, now=request.now, value_proposition=form.cleaned_data.get("value_proposition", ""),
        selling_points=form.points(),
    )  # fmt: skip
    return done(request, _("卖点已更新，提词器与流程单同步使用"), "catalog:product", product_id)
