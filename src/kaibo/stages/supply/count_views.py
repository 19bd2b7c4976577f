"""The pages of stocktaking: sheets, counting (blind or not), variance with its worth, approval."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from django import forms
from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from kaibo.master.people.queries import names_of
from kaibo.master.shops.queries import shops_for
from kaibo.master.stock.queries import warehouses
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.intake.kinds import Cell as FileCell
from kaibo.plumbing.intake.kinds import ExportColumn
from kaibo.plumbing.intake.writing import write_file
from kaibo.plumbing.tables import tables
from kaibo.plumbing.tables.tables import Cell, Choice, Column, Row, Search, Table
from kaibo.stages.supply import counting, permissions
from kaibo.stages.supply.models import StockCount, StockCountLine

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STATE_WORDS = {
    "counting": (gettext_lazy("盘点中"), "note"),
    "waiting": (gettext_lazy("待批准"), "warn"),
    "posted": (gettext_lazy("已入账"), "ok"),
    "cancelled": (gettext_lazy("已作废"), ""),
}
COUNTS = Table(
    key="supply:counts",
    title=gettext_lazy("盘点"),
    columns=(
        Column("code", gettext_lazy("盘点单"), sort="code", kind="lead"),
        Column("warehouse", gettext_lazy("仓库"), sort="warehouse__name"),
        Column("state", gettext_lazy("状态"), sort="state", kind="pill"),
        Column("variance", gettext_lazy("差异金额"), sort="variance_fen", kind="money"),
        Column("opened_at", gettext_lazy("建立"), sort="opened_at", kind="when"),
    ),
    filters=(
        Search(("code__istartswith",), gettext_lazy("盘点单号…")),
        Choice("state", gettext_lazy("状态"), [(key, words) for key, (words, _state) in STATE_WORDS.items()], as_chips=True, counted=True),
    ),
    default_sort="-opened_at",
    unit=gettext_lazy("张"),
    empty_title=gettext_lazy("还没有盘点单"),
    empty_text=gettext_lazy("建一张盘点单：系统列出仓内每个货号和批次，盲盘时不显示账面数。"),
)


class OpenForm(forms.Form):
    """A new sheet."""

    shop = forms.ChoiceField(label=gettext_lazy("店铺"))
    warehouse = forms.ChoiceField(label=gettext_lazy("仓库"))
    is_blind = forms.BooleanField(label=gettext_lazy("盲盘（不显示账面数）"), required=False, initial=True)

    def __init__(self, *args: object, request: ConsoleRequest, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shop"].choices = [(one.pk, one.name) for one in shops_for(request.actor)]
        self.fields["warehouse"].choices = [(one.pk, one.name) for one in warehouses()]


def counts(request: ConsoleRequest) -> HttpResponse:
    def row(one: StockCount) -> Row:
        words, state = STATE_WORDS[one.state]
        cells = {
            "code": Cell(one.code, note=one.shop.name), "warehouse": one.warehouse.name, "state": Cell(words, state=state),
            "variance": one.variance_fen if one.handed_in_at else None, "opened_at": one.opened_at,
        }  # fmt: skip
        return Row(one.pk, cells, reverse("supply:count", args=[one.pk]))

    table = tables.page(request, COUNTS, counting.counts_for(request.actor, shop_id=request.shop_id), row=row)
    return render(request, "supply/counts.html", {"table": table, "can_open": request.actor.can(permissions.COUNT_TAKE)})


def new_count(request: ConsoleRequest) -> HttpResponse:
    form = OpenForm(request.POST or None, request=request)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        made = counting.open_count(
            actor=request.actor, shop_id=UUID(said["shop"]), warehouse_id=UUID(said["warehouse"]), is_blind=said["is_blind"], now=request.now
        )
        return done(request, _("盘点单已建好，可以打印或下载后去盘"), "supply:count", made.pk)
    context = {"form": form, "title": _("新盘点单"), "back": reverse("supply:counts")}
    return render(request, "supply/form.html", context, status=422 if form.errors else 200)


def count(request: ConsoleRequest, count_id: UUID) -> HttpResponse:
    found = counting.count_for(request.actor, count_id)
    lines = list(found.lines.select_related("sku__product", "lot").order_by("sku__code", "lot__code"))
    words, state = STATE_WORDS[found.state]
    shows_books = not (found.is_blind and found.state == "counting")
    books = counting.books_of(found, {one.sku_id for one in lines}) if shows_books and found.state == "counting" else {}
    names = names_of([found.handed_in_by, found.decided_by])
    shown = [_line(one, books) for one in lines]
    if found.state != "counting":  # who decides looks at what differs, the dearest first; the rest stays in the order of the shelf
        shown.sort(key=lambda one: -abs(one["worth_fen"] or 0) if one["difference"] else 1)
    return render(
        request, "supply/count.html",
        {
            "count": found, "words": words, "state": state, "shows_books": shows_books, "lines": shown, "differing": sum(1 for one in shown if one["difference"]),
            "open_lines": sum(1 for one in lines if one.counted is None), "total": len(lines), "done": sum(1 for one in lines if one.counted is not None),
            "handed_in": names.get(found.handed_in_by, ""), "decided": names.get(found.decided_by, ""),
            "can_count": found.state == "counting" and request.actor.can(permissions.COUNT_TAKE, shop_id=found.shop_id),
            "can_approve": found.state == "waiting" and request.actor.can(permissions.COUNT_APPROVE, shop_id=found.shop_id),
        },
    )  # fmt: skip


def _line(one: StockCountLine, books: dict[tuple[UUID, UUID | None], int]) -> dict[str, Any]:
    difference = one.counted - one.book_units if one.counted is not None else None
    return {
        "id": one.pk, "sku": one.sku, "lot": one.lot.code if one.lot else "—", "lot_id": one.lot_id, "missing": -(difference or 0), "counted": one.counted,
        "books": one.book_units if one.counted is not None else books.get((one.sku_id, one.lot_id)),
        "difference": difference, "worth_fen": difference * (one.sku.cost_fen or one.sku.price_fen) if difference is not None else None, "by": one.counted_by,
    }  # fmt: skip


@require_POST
def write(request: ConsoleRequest, count_id: UUID) -> HttpResponse:
    counted: dict[int, int] = {}
    for name, said in request.POST.items():
        if name.startswith("line-") and said.strip().isdecimal():
            counted[int(name.removeprefix("line-"))] = min(int(said), 2_000_000_000)
    changed = counting.write_counts(actor=request.actor, count_id=count_id, counted=counted, now=request.now)
    if "hand_in" in request.POST:
        found = counting.hand_in(actor=request.actor, count_id=count_id, now=request.now)
        said = _("差异已入账") if found.state == "posted" else _("已交盘，差异超过限额，等批准")
        return done(request, said, "supply:count", count_id)
    return done(request, _("已保存 %(n)s 行") % {"n": changed}, "supply:count", count_id)


@require_POST
def approve(request: ConsoleRequest, count_id: UUID) -> HttpResponse:
    counting.approve_count(actor=request.actor, count_id=count_id, reason=request.POST.get("reason", ""), now=request.now)
    return done(request, _("差异已批准入账"), "supply:count", count_id)


@require_POST
def send_back(request: ConsoleRequest, count_id: UUID) -> HttpResponse:
    counting.send_back(
        actor=request.actor, count_id=count_id, reason=request.POST.get("reason", ""), is_cancelled="cancel" in request.POST, now=request.now
    )
    return done(request, _("已退回重盘"), "supply:count", count_id)


SHEET = (
    ExportColumn("count", "盘点单"),
    ExportColumn("sku", "货号"),
    ExportColumn("title", "商品"),
    ExportColumn("lot", "批次"),
    ExportColumn("counted", "实盘数", FileCell.WHOLE),
)


def sheet(request: ConsoleRequest, count_id: UUID) -> FileResponse:
    """The sheet as xlsx, to be filled in and imported again; it never shows the books."""
    found = counting.count_for(request.actor, count_id)

    def rows() -> Iterable[tuple[object, ...]]:
        for one in found.lines.select_related("sku__product", "lot").order_by("sku__code", "lot__code"):
            yield found.code, one.sku.code, f"{one.sku.product.title} {one.sku.specification}", one.lot.code if one.lot else "", one.counted

    with TemporaryDirectory(prefix="kaibo-count-") as folder:
        path = Path(folder) / "sheet.xlsx"
        write_file(path, SHEET, rows(), format_="xlsx", title="盘点表")
        content = path.open("rb")
    return FileResponse(content, as_attachment=True, filename=f"{found.code}.xlsx", content_type=XLSX)
