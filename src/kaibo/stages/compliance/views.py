"""Pages of compliance: what is missing where, until when does it hold, and may these words be used?"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kaibo.kit.clock import business_date
from kaibo.master.catalog.models import Product
from kaibo.master.catalog.queries import categories, product_for, products_for
from kaibo.master.shops.models import Platform, platform_name
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.listed import listed
from kaibo.plumbing.once import reading
from kaibo.plumbing.tables import tables
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.compliance import disclosures, efficacy, queries, rules, services
from kaibo.stages.compliance.claims import claim_by_key, packaged_claims
from kaibo.stages.compliance.forms import SURFACE_WORDS, DocumentForm, ScreeningForm
from kaibo.stages.compliance.models import Document, ScreenedText
from kaibo.stages.compliance.permissions import CONFIRM, FILE, RELEASE, RIGHTS, SCREEN, SEE
from kaibo.stages.compliance.rules import DocumentState, ScreeningState, Standing, packaged_matrix

PRODUCTS_A_PAGE = 40
_IS_ID = re.compile(r"[0-9a-f-]{36}")
STATE_WORDS = {"filed": gettext_lazy("待核对"), "confirmed": gettext_lazy("已核对"), "withdrawn": gettext_lazy("已作废")}
VERDICT_WORDS = {"pass": gettext_lazy("没有问题"), "review": gettext_lazy("要人判断"), "block": gettext_lazy("不能用")}
VERDICT_PILLS = {"pass": "ok", "review": "warn", "block": "bad"}
TEXT_STATES = {"clear": gettext_lazy("没有问题"), "open": gettext_lazy("待处理"), "replaced": gettext_lazy("已被新文字取代"), "released": gettext_lazy("已放行")}
STANDING_PILLS = {
    Standing.HELD: "ok", Standing.EXPIRING: "warn", Standing.UNCHECKED: "warn", Standing.NOT_YET: "bad", Standing.EXPIRED: "bad", Standing.MISSING: "bad",
}


def _kinds() -> list[tuple[str, str]]:
    return [(kind, packaged_matrix().title(kind, get_language() or "zh")) for kind in packaged_matrix().titles]


DOCUMENTS = tables.Table(
    key="compliance.documents",
    title=gettext_lazy("资质文件"),
    columns=(
        tables.Column("kind", gettext_lazy("资质"), sort="kind", kind="lead"),
        tables.Column("number", gettext_lazy("证号"), sort="number"),
        tables.Column("issuer", gettext_lazy("发证机关"), sort="issuer"),
        tables.Column("until", gettext_lazy("到期"), sort="valid_until"),
        tables.Column("standing", gettext_lazy("现在"), kind="pill"),
        tables.Column("product", gettext_lazy("适用")),
        tables.Column("state", gettext_lazy("核对"), sort="state"),
    ),
    filters=(
        tables.Search(("number__istartswith", "issuer__icontains"), gettext_lazy("证号、发证机关")),
        tables.Choice("kind", gettext_lazy("资质类型"), lambda request: _kinds()),
        tables.Choice("state", gettext_lazy("核对"), tuple(STATE_WORDS.items()), as_chips=True, counted=True),
    ),
    default_sort="until",
    unit=gettext_lazy("份"),
    empty_title=gettext_lazy("还没有资质文件"),
    empty_text=gettext_lazy("先上传营业执照，再看矩阵里哪些格子还红着。也可以导入资质清单。"),
    empty_action_label=gettext_lazy("上传资质"),
    empty_action_href="/compliance/documents/new",
)
TEXTS = tables.Table(
    key="compliance.texts",
    title=gettext_lazy("筛查记录"),
    columns=(
        tables.Column("text", gettext_lazy("文字"), kind="lead"),
        tables.Column("surface", gettext_lazy("用途"), sort="surface"),
        tables.Column("verdict", gettext_lazy("结论"), sort="verdict", kind="pill"),
        tables.Column("state", gettext_lazy("处理"), sort="state"),
        tables.Column("who", gettext_lazy("送检")),
        tables.Column("at", gettext_lazy("时间"), sort="screened_at", kind="when"),
        tables.Column("lexicon", gettext_lazy("词库")),
    ),
    filters=(
        tables.Search(("text__icontains",), gettext_lazy("文字")),
        tables.Choice("verdict", gettext_lazy("结论"), tuple(VERDICT_WORDS.items()), as_chips=True),
        tables.Choice("state", gettext_lazy("处理"), tuple(TEXT_STATES.items())),
    ),
    default_sort="-at",
    unit=gettext_lazy("条"),
    empty_title=gettext_lazy("还没有筛查过"),
    empty_text=gettext_lazy("把标题、详情、话术或客服回复贴到上面，点“筛查”。"),
)


@require_GET
def matrix(request: ConsoleRequest) -> HttpResponse:
    """Which product lacks what on which platform, and what do I upload?   Source: CMP-1."""
    access.require(request.actor, SEE)
    visible = products_for(request.actor)
    if request.shop_id:
        visible = visible.filter(shop=request.shop_id)
    shown = Paginator(visible, PRODUCTS_A_PAGE).get_page(request.GET.get("page"))
    with reading():
        barred = queries.barriers_for([one.pk for one in shown], request.now)
        plain = queries.matrix_for([one.pk for one in shown], request.now)
    cells = {one: [replace(cell, barriers=tuple(barred.get(one, ()))) for cell in row] for one, row in plain.items()}
    platforms = [one for one in Platform.values if any(cell.platform == one for row in cells.values() for cell in row)]
    rows = [(one, [[cell for cell in cells[one.pk] if cell.platform == platform] for platform in platforms]) for one in shown]
    everything = [cell for row in cells.values() for cell in row]
    return render(
        request, "compliance/matrix.html",
        {
            "rows": rows, "platforms": [platform_name(one) for one in platforms], "page": shown, "version": packaged_matrix().version,
            "figures": _matrix_figures(everything), "gaps": _gaps(everything), "may_file": request.actor.can(FILE),
        },
    )


def _matrix_figures(cells: list[queries.ChannelCell]) -> list[dict[str, object]]:
    count = {state: sum(cell.state == state for cell in cells) for state in ("red", "run", "ok")}
    return [
        {"name": _("不能上架"), "value": count["red"], "state": "bad" if count["red"] else "ok", "value_state": "bad" if count["red"] else "", "beside": _("商品×渠道缺资质、缺功效依据或判定侵权")},
        {"name": _("要处理"), "value": count["run"], "state": "warn" if count["run"] else "ok", "beside": _("快到期、待核对或建议有")},
        {"name": _("齐全"), "value": count["ok"], "beside": _("共 %(n)s 个商品×渠道") % {"n": len(cells)}},
    ]  # fmt: skip


def _gaps(cells: list[queries.ChannelCell]) -> list[dict[str, object]]:
    """The same document missing in many cells is one upload: what mends most comes first."""
    counted: dict[str, dict[str, Any]] = {}
    for cell in cells:
        for need in cell.needs:
            if need.is_red:
                gap = counted.setdefault(need.kind, {"kind": need.kind, "count": 0, "source": need.rule.source, "words": queries.standing_words(need)})
                gap["count"] += 1
    return sorted(counted.values(), key=lambda gap: -gap["count"])[:6]


@require_GET
def product(request: ConsoleRequest, product_id: UUID) -> HttpResponse:
    """Why is this product not green, and how is each thing mended?   Source: CMP-1, CMP-2."""
    access.require(request.actor, SEE)
    found = product_for(request.actor, product_id)
    cells = queries.matrix_for([found.pk], request.now)[found.pk]
    findings = queries.findings_for_products([found.pk], request.now)[found.pk]
    words = [(cell, [(need, queries.standing_words(need), STANDING_PILLS[need.standing]) for need in cell.needs]) for cell in cells]
    return render(
        request, "compliance/product.html",
        {
            "product": found, "cells": words, "findings": findings, "trail": [(_("资质矩阵"), reverse("compliance:matrix"))],
            "may_file": request.actor.can(FILE, shop_id=found.shop_id), "texts": list(queries.texts_for(request.actor).filter(product=found)[:20]),
            "verdicts": VERDICT_WORDS, "claims": _claim_rows(found, request), "labels": disclosures.of_product(found, request.now),
            "may_keep": request.actor.can(RIGHTS, shop_id=found.shop_id),
        },
    )


def _claim_rows(found: Product, request: ConsoleRequest) -> list[tuple[object, str, list[tuple[str, str]]]]:
    """A product's functional claims with what each needs: the words and the state of every document."""
    language = get_language() or "zh"
    return [
        (row, row.made.claim.title(language), [(efficacy.cover_words(row, one), "red" if one.is_red else "run" if one.is_amber else "ok") for one in row.covers])
        for row in queries.claims_of(found, request.now)
    ]


@require_GET
def documents(request: ConsoleRequest) -> HttpResponse:
    """Which documents do we hold, and which end soon?   Source: CMP-1."""
    access.require(request.actor, SEE)
    today, warn_days = business_date(request.now), thresholds.value(queries.WARN_KEY)

    def row(one: Document) -> tables.Row:
        held = rules.Held(one.pk, one.kind, one.number, one.state, one.valid_from, one.valid_until)
        standing = rules.standing_of(held, today, warn_days=warn_days)
        words = {
            Standing.HELD: _("有效"), Standing.EXPIRING: _("快到期"), Standing.UNCHECKED: _("待核对"), Standing.NOT_YET: _("未生效"), Standing.EXPIRED: _("已过期"),
        }
        is_withdrawn = one.state == DocumentState.WITHDRAWN
        return tables.Row(
            one.pk,
            {
                "kind": tables.Cell(packaged_matrix().title(one.kind, get_language() or "zh"), note=one.shop.name), "number": one.number, "issuer": one.issuer,
                "until": one.valid_until.isoformat() if one.valid_until else _("长期"),
                "standing": tables.Cell(_("已作废") if is_withdrawn else words[standing], state="" if is_withdrawn else STANDING_PILLS[standing]),
                "product": one.product.code if one.product else _("整个店铺"), "state": STATE_WORDS[one.state],
            },
            f"{reverse('compliance:documents')}?q={one.number}&kind={one.kind}",
        )

    visible = queries.documents_for(request.actor, shop_id=request.shop_id)
    chosen = list(visible.filter(number=request.GET["q"])[:5]) if request.GET.get("q") else []
    return render(
        request, "compliance/documents.html",
        {
            "table": tables.page(request, DOCUMENTS, visible, row=row), "may_file": request.actor.can(FILE), "may_confirm": request.actor.can(CONFIRM),
            "chosen": [(one, packaged_matrix().title(one.kind, get_language() or "zh"), STATE_WORDS[one.state], _claim_titles(one.claims)) for one in chosen],
            "import_href": f"{reverse('intake:upload')}?kind=qualifications",
        },
    )


def _claim_titles(keys: list[str]) -> str:
    language = get_language() or "zh"
    return listed(claim.title(language) for key in keys if (claim := claim_by_key(key)))


def _shops(request: ConsoleRequest) -> list[tuple[str, str]]:
    chosen = str(request.shop_id)
    return sorted(((str(shop.pk), shop.name) for shop in request.shops), key=lambda pair: pair[0] != chosen)


def _product_choices(request: ConsoleRequest) -> list[tuple[str, str]]:
    return [(str(one.pk), f"{one.code} {one.title}") for one in products_for(request.actor)[:500]]


@require_http_methods(["GET", "POST"])
def new_document(request: ConsoleRequest) -> HttpResponse:
    claims = [(one.key, one.title(get_language() or "zh")) for one in packaged_claims()]
    lists = {"shops": _shops(request), "kinds": _kinds(), "products": _product_choices(request), "claims": claims}
    values = {"trail": [(_("资质文件"), reverse("compliance:documents"))]}
    if request.method == "POST":
        form = DocumentForm(request.POST, request.FILES, **lists)
        if form.is_valid():
            d = form.cleaned_data
            picture = services.Upload(d["file"].name, d["file"].content_type, d["file"].file) if d["file"] else None
            services.file_document(
                actor=request.actor, shop_id=UUID(d["shop"]), kind=d["kind"], number=d["number"], issuer=d["issuer"], valid_from=d["valid_from"],
                valid_until=d["valid_until"], product_id=UUID(d["product"]) if d["product"] else None, picture=picture, now=request.now,
                claims=tuple(d["claims"]), renews=d["renews"],
            )
            return done(request, _("资质已上传，等待核对原件"), "compliance:documents")
        return render(request, "compliance/document_form.html", {"form": form, **values}, status=422)
    access.require(request.actor, FILE)
    initial = {key: request.GET.get(key, "") for key in ("kind", "product", "shop", "number", "issuer", "renews")}
    form = DocumentForm(initial={**initial, "claims": request.GET.get("claims", "").split(",")}, **lists)
    return render(request, "compliance/document_form.html", {"form": form, **values})


@require_POST
def confirm(request: ConsoleRequest, document_id: UUID) -> HttpResponse:
    services.confirm_document(actor=request.actor, document_id=document_id, now=request.now)
    return done(request, _("已核对，矩阵已更新"), "compliance:documents")


@require_POST
def withdraw(request: ConsoleRequest, document_id: UUID) -> HttpResponse:
    services.withdraw_document(actor=request.actor, document_id=document_id, reason=request.POST.get("reason", ""), now=request.now)
    return done(request, _("已作废，矩阵已更新"), "compliance:documents")


# Texts


def _text_row(one: ScreenedText) -> tables.Row:
    short = one.text if len(one.text) <= 40 else one.text[:39] + "…"
    return tables.Row(
        one.pk,
        {
            "text": tables.Cell(short, note=one.product.title if one.product else ""), "surface": SURFACE_WORDS[one.surface],
            "verdict": tables.Cell(VERDICT_WORDS[one.verdict], state=VERDICT_PILLS[one.verdict]), "state": TEXT_STATES[one.state], "who": one.screened_by,
            "at": one.screened_at, "lexicon": one.lexicon_version,
        },
        reverse("compliance:screened", args=[one.pk]),
    )


@require_http_methods(["GET", "POST"])
def screening(request: ConsoleRequest) -> HttpResponse:
    """May these words be used there, and if not, what do I say instead?   Source: CMP-4."""
    access.require(request.actor, SCREEN)
    lists = {"categories": [(one.code, one.local_title) for one in categories()], "products": _product_choices(request)}
    if request.method == "POST":
        form = ScreeningForm(request.POST, **lists)
        if form.is_valid():
            d = form.cleaned_data
            product_id = UUID(d["product"]) if d["product"] else None
            kept = services.keep_screening(
                actor=request.actor, text=d["text"], surface=d["surface"], category=queries.category_words(d["category"]), now=request.now,
                product_id=product_id, subject=f"product:{product_id}/{d['surface']}" if product_id else "",
                shop_id=request.shop_id,
            )
            return done(request, _("筛查完成：%(verdict)s") % {"verdict": VERDICT_WORDS[kept.verdict]}, "compliance:screened", kept.pk)
        status = 422
    else:
        form, status = ScreeningForm(initial=_screening_initial(request), **lists), 200
    table = tables.page(request, TEXTS, queries.texts_for(request.actor, shop_id=request.shop_id), row=_text_row)
    return render(request, "compliance/screening.html", {"form": form, "table": table}, status=status)


def _screening_initial(request: ConsoleRequest) -> dict[str, str]:
    initial = {"surface": request.GET.get("surface", "title")}
    wanted = request.GET.get("product", "")
    if _IS_ID.fullmatch(wanted):
        found = product_for(request.actor, UUID(wanted))
        initial |= {"product": str(found.pk), "category": found.category_id, "text": found.title if initial["surface"] == "title" else "\n".join([found.value_proposition, *found.selling_points])}
    return initial


@require_GET
def screened(request: ConsoleRequest, screening_id: UUID) -> HttpResponse:
    """Which words exactly, why, by which article, and what instead?   Source: CMP-2, CMP-4."""
    access.require(request.actor, SEE)
    kept = queries.text_for(request.actor, screening_id)
    hits = queries.hits_of(kept)
    is_own = kept.screened_by_id is not None and kept.screened_by_id == request.actor.person_id
    return render(
        request, "compliance/screened.html",
        {
            "kept": kept, "pieces": queries.pieces_of(kept.text, hits), "hits": list(enumerate(hits, 1)), "verdict": VERDICT_WORDS[kept.verdict], "rewritten": queries.rewritten(kept.text, hits), "by_hand": [hit.text for hit in hits if hit.severity == "block" and hit.rewrite is None],
            "pill": VERDICT_PILLS[kept.verdict], "surface": SURFACE_WORDS[kept.surface], "state_words": TEXT_STATES[kept.state],
            "is_open": kept.state == ScreeningState.OPEN, "is_own": is_own, "may_release": request.actor.can(RELEASE, shop_id=kept.shop_id),
            "trail": [(_("文字筛查"), reverse("compliance:screening"))], "products": _product_choices(request) if kept.product_id is None and request.actor.can(SCREEN) else (),
        },
    )


@require_POST
def name_product(request: ConsoleRequest, screening_id: UUID) -> HttpResponse:
    wanted = request.POST.get("product", "")
    services.name_product(actor=request.actor, screening_id=screening_id, product_id=UUID(wanted) if _IS_ID.fullmatch(wanted) else UUID(int=0), now=request.now)
    return done(request, _("已归到这个商品，它的功效宣称按这段话重新查"), "compliance:screened", screening_id)


@require_POST
def release(request: ConsoleRequest, screening_id: UUID) -> HttpResponse:
    services.release_text(actor=request.actor, screening_id=screening_id, reason=request.POST.get("reason", ""), now=request.now)
    return done(request, _("已放行，依据已留档"), "compliance:screened", screening_id)
