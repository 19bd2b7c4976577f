"""Supply's pages: what is below its line, what waits for inspection, what is on order."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kaibo.kit.clock import business_date
from kaibo.master.catalog import queries as catalog
from kaibo.master.people.queries import names_of
from kaibo.master.stock.references import named, reason_words
from kaibo.master.stock.rules import BUCKET_WORDS, Bucket
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.tables import tables
from kaibo.plumbing.tables.tables import Cell, Choice, Column, Row, Search, Table
from kaibo.stages.supply import (
    arrivals,
    forms,
    permissions,
    quality_forms,
    quality_queries,
    quality_words,
    queries,
    rules,
    sampling,
    services,
    settling,
    supplier_figures,
    supplier_views,
)
from kaibo.stages.supply.models import Custody, Inspection, InspectionResult, Purchase

PURCHASE_WORDS = {
    "draft": (gettext_lazy("待批准"), "warn"), "approved": (gettext_lazy("在途"), "note"), "received": (gettext_lazy("已到齐"), "ok"),
    "cancelled": (gettext_lazy("已取消"), ""),
}  # fmt: skip
BUYERS_SEE = "orders:order:see"
"""By its name: supply knows no later stage, and leads nobody to a page that would refuse him."""
OUTSIDE_WORDS = {
    Bucket.CUSTOMER: gettext_lazy("已发给顾客"), Bucket.SCRAP: gettext_lazy("已报废"), Bucket.SUPPLIER: gettext_lazy("已退供应商"), Bucket.COUNTED: gettext_lazy("盘点盘亏"),
}  # fmt: skip
SHORT_WORDS = (gettext_lazy("少到结单"), "warn")
"""An order closed although part of it never came."""
INSPECTION_WORDS = {
    "open": (gettext_lazy("待检"), "warn"),
    "passed": (gettext_lazy("已放行"), "ok"),
    "failed": (gettext_lazy("不合格，已冻结"), "bad"),
    "undone": (gettext_lazy("登记错了，已撤回"), ""),
}
CHECK_WORDS = INSPECTION_WORDS | {"passed": (gettext_lazy("合格"), "ok"), "failed": (gettext_lazy("不合格"), "bad")}
"""Samples and spot checks release nothing."""
DECIDED_WORDS = {
    ("arrival", "passed"): gettext_lazy("已放行，库存可售"),
    ("arrival", "failed"): gettext_lazy("不合格，已冻结，不能销售"),
    ("spot", "passed"): gettext_lazy("抽查合格，可以开播"),
    ("spot", "failed"): gettext_lazy("抽查不合格，这批还能卖的已全部冻结"),
    ("sample", "passed"): gettext_lazy("产前样合格，可以批准采购"),
    ("sample", "failed"): gettext_lazy("产前样不合格，采购单不能批准"),
}

LINES_SHOWN = 50
SUPPLIERS_SHOWN = 25
QUOTES_SHOWN = 3
"""So many quotes of each supplier stand in the list; one press shows all of one."""
PURCHASES = Table(
    key="supply:purchases",
    title=gettext_lazy("采购单"),
    columns=(
        Column("code", gettext_lazy("采购单"), sort="code", kind="lead"),
        Column("sku", gettext_lazy("货号"), sort="sku__code"),
        Column("supplier", gettext_lazy("供应商"), sort="supplier__name"),
        Column("quantity", gettext_lazy("数量"), sort="quantity", kind="count"),
        Column("received", gettext_lazy("已到"), sort="received", kind="count"),
        Column("amount", gettext_lazy("金额"), kind="money"),
        Column("state", gettext_lazy("状态"), sort="state", kind="pill"),
        Column("created_at", gettext_lazy("建立"), sort="created_at", kind="when"),
    ),
    filters=(
        Search(("code__istartswith", "sku__code__istartswith"), gettext_lazy("采购单号、货号…")),
        Choice(
            "state",
            gettext_lazy("状态"),
            [(key, words) for key, (words, _state) in PURCHASE_WORDS.items()],
            as_chips=True,
            counted=True,
        ),
    ),
    default_sort="-created_at",
    unit=gettext_lazy("张"),
    empty_title=gettext_lazy("还没有采购单"),
    empty_text=gettext_lazy("登记供应商与报价后，可以手动起草；低于警戒线时系统会自动起草。"),
)
INSPECTIONS = Table(
    key="supply:inspections",
    title=gettext_lazy("检验"),
    columns=(
        Column("lot", gettext_lazy("批次"), sort="lot__code", kind="lead"),
        Column("gate", gettext_lazy("关口"), sort="gate"),
        Column("sku", gettext_lazy("货号"), sort="sku__code"),
        Column("supplier", gettext_lazy("供应商"), sort="supplier__name"),
        Column("quantity", gettext_lazy("数量"), sort="quantity", kind="count"),
        Column("state", gettext_lazy("结论"), sort="state", kind="pill"),
        Column("opened_at", gettext_lazy("到货"), sort="opened_at", kind="when"),
        Column("decided_by", gettext_lazy("检验人")),
    ),
    filters=(
        Search(("lot__code__istartswith", "sku__code__istartswith"), gettext_lazy("批次、货号…")),
        Choice("gate", gettext_lazy("关口"), list(quality_words.GATE_WORDS.items())),
        Choice(
            "state",
            gettext_lazy("结论"),
            [(key, words) for key, (words, _state) in INSPECTION_WORDS.items()],
            as_chips=True,
            counted=True,
        ),
    ),
    default_sort="-opened_at",
    unit=gettext_lazy("批"),
    empty_title=gettext_lazy("还没有到货"),
    empty_text=gettext_lazy("在已批准的采购单上登记到货，这里就会出现待检批次。"),
)


def _purchase_row(one: Purchase) -> Row:
    words, state = SHORT_WORDS if one.short_by else PURCHASE_WORDS[one.state]
    cells = {
        "code": Cell(one.code, note=one.reason), "sku": one.sku.code, "supplier": one.supplier.name, "quantity": one.quantity,
        "received": one.received, "amount": one.quantity * one.price_fen, "state": Cell(words, state=state), "created_at": one.created_at,
    }  # fmt: skip
    return Row(one.pk, cells, reverse("supply:purchase", args=[one.pk]))


def _inspection_row(one: Inspection) -> Row:
    words, state = (INSPECTION_WORDS if one.gate == "arrival" else CHECK_WORDS)[one.state]
    cells = {
        "lot": Cell(one.label, note=one.sku.product.title), "gate": quality_words.GATE_WORDS[one.gate], "sku": one.sku.code,
        "supplier": one.supplier.name if one.supplier else "—", "quantity": one.quantity, "state": Cell(words, state=state),
        "opened_at": one.opened_at, "decided_by": one.decided_by,
    }  # fmt: skip
    return Row(one.pk, cells, reverse("supply:inspection", args=[one.pk]))


def home(request: ConsoleRequest) -> HttpResponse:
    lines = queries.Lines(request.actor, shop_id=request.shop_id)
    waiting = queries.inspections_for(request.actor).filter(state="open")
    drafts = queries.purchases_for(request.actor).filter(state="draft")
    known, below = lines.tally
    figures = [
        {
            "name": _("低于警戒线"),
            "value": below,
            "beside": _("共 %(n)s 个货号有安全库存") % {"n": known},
            "state": "bad" if below else "ok",
        },
        {
            "name": _("待检批次"),
            "value": waiting.count(),
            "beside": _("到货后 24 小时内出结论"),
            "href": reverse("supply:inspections") + "?state=open",
        },
        {
            "name": _("采购单待批准"),
            "value": drafts.count(),
            "beside": _("自动起草的在最前"),
            "href": reverse("supply:purchases") + "?state=draft",
        },
    ]
    return render(
        request, "supply/home.html", {"page": Paginator(lines, LINES_SHOWN).get_page(request.GET.get("page")), "figures": figures, "waiting": waiting.order_by("opened_at")[:8]}
    )


def purchases(request: ConsoleRequest) -> HttpResponse:
    table = tables.page(request, PURCHASES, queries.purchases_for(request.actor), row=_purchase_row)
    return render(
        request, "supply/purchases.html", {"table": table, "can_draft": request.actor.can(permissions.PURCHASE_DRAFT)}
    )


def new_purchase(request: ConsoleRequest) -> HttpResponse:
    form = forms.PurchaseForm(request.POST or None, actor=request.actor, suppliers=queries.suppliers(request.actor))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        made = services.draft_purchase(
            actor=request.actor, supplier_id=UUID(said["supplier"]), sku_id=UUID(said["sku"]), quantity=said["quantity"], price_fen=said["price"],
            now=request.now,
        )  # fmt: skip
        return done(request, _("已起草采购单，等批准"), "supply:purchase", made.pk)
    return render(
        request,
        "supply/form.html",
        {"form": form, "title": _("起草采购单"), "back": reverse("supply:purchases")},
        status=422 if form.errors else 200,
    )


def purchase(request: ConsoleRequest, purchase_id: UUID) -> HttpResponse:
    found = queries.purchase_for(request.actor, purchase_id)
    words, state = SHORT_WORDS if found.short_by else PURCHASE_WORDS[found.state]
    arrivals_there = [(one, *INSPECTION_WORDS[one.state]) for one in queries.inspections_for(request.actor).filter(purchase=found).order_by("opened_at")]
    return render(
        request, "supply/purchase.html",
        {
            "purchase": found, "words": words, "state": state, "open_units": found.quantity - found.received, "amount": found.quantity * found.price_fen,
            "arrivals": arrivals_there, "form": forms.ArrivalForm(), "short_form": forms.ShortForm(),
            "draft_form": forms.DraftForm(initial={"quantity": found.quantity, "price": Decimal(found.price_fen) / 100}),
            "can_change": found.state == "draft" and request.actor.can(permissions.PURCHASE_DRAFT, shop_id=found.shop_id), "can_approve": request.actor.can(permissions.PURCHASE_APPROVE, shop_id=found.shop_id),
            "prices": queries.price_history(found.sku_id), "can_receive": request.actor.can(permissions.GOODS_RECEIVE, shop_id=found.shop_id),
        },
    )  # fmt: skip


@require_POST
def approve(request: ConsoleRequest, purchase_id: UUID) -> HttpResponse:
    seen = request.POST.get("seen_fen", "")
    services.approve_purchase(actor=request.actor, purchase_id=purchase_id, now=request.now, seen_fen=int(seen) if seen.isdecimal() else None)
    return done(request, _("已批准，等到货登记"), "supply:purchase", purchase_id)


@require_POST
def cancel(request: ConsoleRequest, purchase_id: UUID) -> HttpResponse:
    services.cancel_purchase(actor=request.actor, purchase_id=purchase_id, now=request.now)
    return done(request, _("已取消采购单"), "supply:purchase", purchase_id)


@require_POST
def receive(request: ConsoleRequest, purchase_id: UUID) -> HttpResponse:
    form = forms.ArrivalForm(request.POST)
    if not form.is_valid():
        title = _("登记到货")
        back = reverse("supply:purchase", args=[purchase_id])
        return render(request, "supply/form.html", {"form": form, "title": title, "back": back}, status=422)
    inspection = arrivals.receive_goods(
        actor=request.actor, purchase_id=purchase_id, now=request.now, **form.cleaned_data
    )
    return done(request, _("已登记到货，进入待检；检验放行前不能销售"), "supply:inspection", inspection.pk)


def inspections(request: ConsoleRequest) -> HttpResponse:
    table = tables.page(request, INSPECTIONS, queries.inspections_for(request.actor), row=_inspection_row)
    return render(
        request, "supply/inspections.html", {"table": table, "can_open": request.actor.can(permissions.CHECK_OPEN)}
    )


def inspection(request: ConsoleRequest, inspection_id: UUID) -> HttpResponse:
    found = queries.inspection_for(request.actor, inspection_id)
    if found.gate == "return" and found.state == "open":
        return redirect("supply:return-check", inspection_id)
    sku = catalog.sku_rows([found.sku_id])[found.sku_id]
    limits = queries.limits_of(sku.category, in_english=_reads_english())
    form = forms.InspectionForm(request.POST or None, limits=limits)
    rows = quality_forms.defect_forms(request)
    if request.method == "POST" and form.is_valid() and all(row.is_valid() for row in rows):
        state = services.decide_inspection(
            actor=request.actor,
            inspection_id=inspection_id,
            values=form.values(),
            defects=[said for row in rows if (said := row.said())],
            note=form.cleaned_data["note"],
            now=request.now,
        )
        return done(request, DECIDED_WORDS[found.gate, str(state)], "supply:inspection", inspection_id)
    words, state = (INSPECTION_WORDS if found.gate == "arrival" else CHECK_WORDS)[found.state]
    can_inspect = request.actor.can(permissions.LOT_INSPECT, shop_id=sku.shop_id)
    return render(
        request, "supply/inspection.html",
        {
            "inspection": found, "sku": sku, "form": form, "words": words, "state": state, "results": _result_rows(found, {one.key: one.title for one in limits}),
            "gate_words": quality_words.GATE_WORDS[found.gate], "defect_forms": rows, "can_file": can_inspect,
            "can_take_back": _may_take_back(request, found, sku.shop_id), "can_inspect": can_inspect and found.state == "open",
            **_sampling_of(found), **_custody_of(request, found, sku.shop_id, can_inspect=can_inspect),
            "reports": found.files.filter(kind="report").select_related("media"), "report_form": quality_forms.ReportForm(),
        },
        status=422 if form.errors or any(row.errors for row in rows) else 200,
    )  # fmt: skip


def _may_take_back(request: ConsoleRequest, found: Inspection, shop_id: UUID) -> bool:
    """An arrival nobody has judged yet, for those who book arrivals."""
    is_fresh = found.gate == "arrival" and found.state == "open" and not found.is_repeat and found.purchase_id is not None
    return is_fresh and request.actor.can(permissions.GOODS_RECEIVE, shop_id=shop_id)


def _sampling_of(found: Inspection) -> dict[str, object]:
    """The plan as it was drawn, what was found against it, and the photos."""
    plan = quality_queries.plan_from_json(found.plan)
    defects = list(found.defects.prefetch_related("photos__media"))
    counts: dict[str, int] = {}
    for one in defects:
        counts[one.defect_class] = counts.get(one.defect_class, 0) + one.units
    shown = [
        {"words": quality_words.CLASS_WORDS[one.defect_class][0], "state": quality_words.CLASS_WORDS[one.defect_class][1], "kind": one.kind, "units": one.units, "photos": one.photos.all()}
        for one in defects
    ]  # fmt: skip
    if plan is None:
        return {"defects": shown}
    words, state = quality_words.SEVERITY_WORDS[plan.severity.value]
    return {
        "plan": plan, "plan_rows": quality_words.class_rows(plan.classes, counts), "severity_words": words, "severity_state": state,
        "is_sampled": found.gate != "sample", "standard": sampling.STANDARD, "defects": shown,
    }  # fmt: skip


def _custody_of(request: ConsoleRequest, found: Inspection, shop_id: UUID, *, can_inspect: bool) -> dict[str, object]:
    custody = getattr(found, "custody", None)
    if custody is None:
        return {}
    words, state = quality_words.OUTCOME_WORDS[custody.outcome]
    return {
        "custody": custody, "custody_words": words, "custody_state": state, "holder": names_of([custody.holder_id]).get(custody.holder_id, "—"),
        "can_hand_over": can_inspect and custody.outcome == "held", "hand_over_form": quality_forms.HandOverForm(initial={"holder": custody.holder_id, "place": custody.place}),
        "can_settle": custody.outcome == "held" and request.actor.can(permissions.LOT_RELEASE, shop_id=shop_id), "settle_form": quality_forms.SettleForm(left=custody.units_left), "settlements": _settlements_of(request, custody, shop_id),
    }  # fmt: skip


def _settlements_of(request: ConsoleRequest, custody: Custody, shop_id: UUID) -> list[dict[str, object]]:
    """What was decided of held units so far, and which of it can be taken back."""
    may_undo = request.actor.can(permissions.LOT_RELEASE, shop_id=shop_id)
    return [
        {
            "row": one, "key": str(one.pk), "words": quality_words.OUTCOME_WORDS[one.outcome][0], "state": quality_words.OUTCOME_WORDS[one.outcome][1],
            "can_undo": may_undo and one.undone_at is None and (one.outcome != settling.REPEAT or (one.again is not None and one.again.state == "open")), "asks_place": one.outcome in settling.LEFT_THE_HOUSE,
        }
        for one in settling.settlements_of(custody)
    ]  # fmt: skip


def _reads_english() -> bool:
    return (get_language() or "").startswith("en")


def _result_rows(found: Inspection, titles: Mapping[str, str]) -> list[dict[str, object]]:
    """What was measured, under its name in the reader's language where the template still has it."""
    rows = [_result_row(one) for one in found.results.order_by("id")]
    if _reads_english():
        for row in rows:
            row["title"] = titles.get(str(row["key"]), row["title"])
            for zh, en in queries.UNITS_EN.items():
                row["limit"] = str(row["limit"]).replace(zh, en)
    return rows


def _result_row(one: InspectionResult) -> dict[str, object]:
    return {
        "key": one.key,
        "title": one.title,
        "value_words": rules.thousandths(one.value),
        "limit": one.limit,
        "standard": one.standard,
        "is_passed": one.is_passed,
    }


def trace(request: ConsoleRequest, lot_id: UUID) -> HttpResponse:
    found = queries.trace_of_lot(request.actor, lot_id)
    levels = [
        (OUTSIDE_WORDS[bucket] if bucket in OUTSIDE_WORDS else BUCKET_WORDS[bucket][1 if _reads_english() else 0], units)
        for bucket, units in found["levels"].items()
        if units > 0
    ]
    recall, reasons = queries.open_recall(lot_id), reason_words()
    return render(
        request, "supply/trace.html",
        {
            **found, "level_words": levels, "recall": recall, "went": [(reasons.get(why, why), named(about), units, at) for why, about, units, at in found["references"]],
            "allotted": found["levels"].get(Bucket.ALLOTTED, 0), "reserved": found["levels"].get(Bucket.RESERVED, 0),
            "steps": [
                (one, quality_words.GATE_WORDS[one.gate], *(INSPECTION_WORDS if one.gate == "arrival" else CHECK_WORDS)[one.state])
                for one in found["inspections"]
            ],
            "can_recall": request.actor.can(permissions.LOT_RECALL, shop_id=found["sku"].product.shop_id) and recall is None,
            "can_close": recall is not None and request.actor.can(permissions.LOT_RECALL, shop_id=found["sku"].product.shop_id),
            "can_check": request.actor.can(permissions.CHECK_OPEN), "can_see_buyers": request.actor.can(BUYERS_SEE),
        },
    )  # fmt: skip


def suppliers(request: ConsoleRequest) -> HttpResponse:
    found = queries.suppliers(request.actor)
    wanted = request.GET.get("supplier", "")
    scored = supplier_figures.scores(request.actor, request.now)
    page = Paginator(scored, SUPPLIERS_SHOWN).get_page(_page_of(scored, wanted) or request.GET.get("page"))
    shown = [one.supplier for one in page]
    asked_for = next((one.pk for one in shown if str(one.pk) == wanted), None)
    quotes = queries.quotes_of(request.actor, [one.pk for one in shown], most=QUOTES_SHOWN, whole=asked_for)
    rows = [(one, quoted := quotes.get(one.pk, []), quoted[0].of_all - len(quoted) if quoted else 0) for one in shown]
    return render(
        request, "supply/suppliers.html",
        {
            "rows": rows, "scored": supplier_views.score_rows(page), "page": page,
            "switches": supplier_views.switch_rows(request), "can_switch": request.actor.can(permissions.PURCHASE_APPROVE), "form": forms.SupplierForm(),
            "quote_form": forms.QuoteForm(actor=request.actor, suppliers=found), "can_edit": request.actor.can(permissions.SUPPLIER_EDIT),
        },
    )  # fmt: skip


def _page_of(scored: list[supplier_figures.SupplierScore], supplier_id: str) -> int | None:
    """The page on which a supplier that is asked for stands."""
    place = next((place for place, one in enumerate(scored) if str(one.supplier.pk) == supplier_id), None)
    return None if place is None else place // SUPPLIERS_SHOWN + 1


@require_POST
def add_supplier(request: ConsoleRequest) -> HttpResponse:
    form = forms.SupplierForm(request.POST)
    if not form.is_valid():
        return render(
            request,
            "supply/form.html",
            {"form": form, "title": _("添加供应商"), "back": reverse("supply:suppliers")},
            status=422,
        )
    services.add_supplier(actor=request.actor, now=request.now, **form.cleaned_data)
    return done(request, _("已添加供应商"), "supply:suppliers")


@require_POST
def add_quote(request: ConsoleRequest) -> HttpResponse:
    form = forms.QuoteForm(request.POST, actor=request.actor, suppliers=queries.suppliers(request.actor))
    if not form.is_valid():
        return render(
            request,
            "supply/form.html",
            {"form": form, "title": _("登记报价"), "back": reverse("supply:suppliers")},
            status=422,
        )
    said = form.cleaned_data
    services.record_quote(
        actor=request.actor, supplier_id=UUID(said["supplier"]), sku_id=UUID(said["sku"]), price_fen=said["price"],
        minimum_units=said["minimum_units"], lead_days=said["lead_days"], is_main=said["is_main"], quoted_on=business_date(request.now), now=request.now,
    )  # fmt: skip
    return done(request, _("已登记报价"), "supply:suppliers")


@require_POST
def recompute(request: ConsoleRequest, sku_id: UUID) -> HttpResponse:
    safety = services.compute_safety_as(actor=request.actor, sku_id=sku_id, now=request.now)
    return done(request, _("安全库存已重算：%(units)s 件") % {"units": safety.units}, "supply:home")
