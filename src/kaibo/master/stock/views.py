"""Stock: how much is where, why it can or cannot be sold, and every movement that made it so (SUP-14)."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from kaibo.master.catalog import queries as catalog
from kaibo.master.stock import queries
from kaibo.master.stock.counts import STOCK_ADJUST, book_count
from kaibo.master.stock.queries import STOCK_SEE, LineRow
from kaibo.master.stock.references import named, reason_words
from kaibo.master.stock.rules import Bucket
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.tables import tables
from kaibo.plumbing.tables.tables import Cell, Column, Row, Search, Table

STOCK = Table(
    key="stock:items",
    title=gettext_lazy("库存"),
    columns=(
        Column("code", gettext_lazy("货号"), sort="code", kind="lead"),
        Column("sellable", gettext_lazy("可售"), sort="sellable", kind="count"),
        Column("allotted", gettext_lazy("直播配额"), sort="allotted", kind="count"),
        Column("reserved", gettext_lazy("订单预占"), sort="reserved", kind="count"),
        Column("incoming", gettext_lazy("待检"), sort="incoming", kind="count"),
        Column("held", gettext_lazy("冻结"), sort="held", kind="count"),
        Column("value", gettext_lazy("库存成本"), kind="money"),
    ),
    filters=(Search(("code__istartswith", "product__title__icontains"), gettext_lazy("货号、商品…")),),
    default_sort="code",
    unit=gettext_lazy("个货号"),
    empty_title=gettext_lazy("还没有库存"),
    empty_text=gettext_lazy("到供应链登记采购到货，质检放行后就会出现在可售里。"),
)


def _row(sku: object) -> Row:
    href = reverse("stock:item", args=[sku.pk])
    in_house = sku.sellable + sku.allotted + sku.reserved + sku.incoming + sku.held
    cells = {
        "code": Cell(sku.code, note=f"{sku.product.title} {sku.specification}"), "sellable": sku.sellable, "allotted": sku.allotted,
        "reserved": sku.reserved, "incoming": sku.incoming, "held": sku.held, "value": in_house * sku.cost_fen,
    }  # fmt: skip
    return Row(sku.pk, cells, href)


def items(request: ConsoleRequest) -> HttpResponse:
    table = tables.page(request, STOCK, queries.items_with_levels(request.actor, shop_id=request.shop_id), row=_row)
    return render(request, "stock/items.html", {"table": table})


class CountForm(forms.Form):
    """What was counted in the warehouse."""

    counted = forms.IntegerField(label=gettext_lazy("实盘可售数"), min_value=0)
    reason = forms.CharField(label=gettext_lazy("差异原因"), max_length=200)


def item(request: ConsoleRequest, sku_id: UUID) -> HttpResponse:
    access.require(request.actor, STOCK_SEE)
    sku = catalog.sku_rows([sku_id]).get(sku_id)
    if sku is None or not request.actor.sees(sku.shop_id):
        raise catalog.SkuUnknown(code="")
    levels, availability = queries.levels_of([sku_id])[sku_id], queries.availability_of(sku_id, now=request.now)
    lots = list(queries.lots_of([sku_id]))
    by_lot = queries.lot_levels([lot.pk for lot in lots])
    return render(
        request, "stock/item.html",
        {
            "sku": sku, "availability": availability, "history": [(line, named(line.reference)) for line in _told(queries.history_of(sku_id))],
            "lines": [(line, named(line.reference)) for line in availability.lines],
            "figures": [{"name": words, "value": levels.get(bucket, 0)} for bucket, words in _bucket_words()],
            "lots": [(lot, by_lot[lot.pk].get(Bucket.SELLABLE, 0), by_lot[lot.pk].get(Bucket.CUSTOMER, 0)) for lot in lots],
            "form": CountForm(), "can_adjust": request.actor.can(STOCK_ADJUST, shop_id=sku.shop_id) and not sku.is_bundle,
        },
    )  # fmt: skip


def _bucket_words() -> list[tuple[Bucket, str]]:
    return [
        (Bucket.SELLABLE, _("可售")), (Bucket.ALLOTTED, _("直播配额")), (Bucket.RESERVED, _("订单预占")), (Bucket.INCOMING, _("待检")),
        (Bucket.HELD, _("冻结")),
    ]  # fmt: skip


def _told(history: list[LineRow]) -> list[LineRow]:
    """The lines with their reasons and places in the reader's words."""
    reasons = reason_words()
    places = dict(_bucket_words()) | {
        Bucket.SUPPLIER: _("供应商手里"), Bucket.CUSTOMER: _("买家手里"), Bucket.SCRAP: _("报废"), Bucket.COUNTED: _("盘点差异"),
        Bucket.PRESALE: _("预售额度"), Bucket.OWED: _("预售等货"), Bucket.EXPECTED: _("在途"),
    }  # fmt: skip
    return [
        replace(line, reason=reasons.get(line.reason, line.reason), bucket=places.get(Bucket(line.bucket), line.bucket)) for line in history
    ]


@require_POST
def count(request: ConsoleRequest, sku_id: UUID) -> HttpResponse:
    form = CountForm(request.POST)
    if not form.is_valid():
        return done(request, _("请填写实盘数与差异原因，没有改动"), "stock:item", sku_id)
    difference = book_count(
        actor=request.actor,
        sku_id=sku_id,
        counted=form.cleaned_data["counted"],
        reason=form.cleaned_data["reason"],
        now=request.now,
    )
    return done(request, _("已记盘点差异 %(units)+d 件") % {"units": difference}, "stock:item", sku_id)
