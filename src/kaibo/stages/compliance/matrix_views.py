"""Pages of the matrix's rows, and of who has to do what until when."""

from __future__ import annotations

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kaibo.kit.clock import business_date
from kaibo.master.catalog.queries import categories, products_for
from kaibo.master.shops.models import platform_name
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.listed import listed
from kaibo.stages.compliance import disclosures, duties, matrix_rows
from kaibo.stages.compliance.disclosures import HEALTH_CATEGORY
from kaibo.stages.compliance.evidence_forms import GRADE_WORDS, MatrixRowForm
from kaibo.stages.compliance.models import MatrixRow
from kaibo.stages.compliance.permissions import MATRIX, SEE
from kaibo.stages.compliance.rules import Rule, packaged_matrix
from kaibo.stages.compliance.views import _kinds

DUTIES_SHOWN = PRODUCTS_SHOWN = 50


@require_GET
def requirements(request: ConsoleRequest) -> HttpResponse:
    """Which row asks for what where, since when, on what ground, and which are ours?   Source: CMP-1."""
    access.require(request.actor, SEE)
    own = list(matrix_rows.rows_in_force())
    stood_in = {one.replaces for one in own}
    kinds, titles = dict(_kinds()), {HEALTH_CATEGORY: _("保健食品"), **{one.code: one.local_title for one in categories()}}

    def place(one: Rule | MatrixRow) -> tuple[str, str, str, str]:
        platform = platform_name(one.platform) if one.platform != "*" else _("所有平台")
        shop_type = one.shop_type if one.shop_type != "*" else _("不限")
        category = titles.get(one.category, one.category) if one.category != "*" else _("所有类目")
        return platform, shop_type, category, listed(kinds[kind] for kind in one.documents) or "—"

    packaged = [(rule, *place(rule), GRADE_WORDS["must" if rule.is_must else "should"], rule.key in stood_in) for rule in packaged_matrix().rules]
    return render(
        request, "compliance/requirements.html",
        {
            "own": [(one, *place(one), GRADE_WORDS[one.grade], one.in_force_from > business_date(request.now)) for one in own], "packaged": packaged,
            "version": matrix_rows.matrix_on(business_date(request.now)).version, "may_edit": request.actor.can(MATRIX),
            "import_href": f"{reverse('intake:upload')}?kind=requirements",
        },
    )


@require_http_methods(["GET", "POST"])
def requirement(request: ConsoleRequest, line: UUID | None = None) -> HttpResponse:
    access.require(request.actor, MATRIX)
    standing = next((one for one in matrix_rows.history_of(line) if one.ended_at is None), None) if line else None
    if line and standing is None:
        raise matrix_rows.MatrixRowUnknown
    lists = {"categories": [(one.code, one.local_title) for one in categories()], "kinds": _kinds()}
    form = MatrixRowForm(request.POST, **lists) if request.method == "POST" else MatrixRowForm(initial=_initial(request, standing), **lists)
    if request.method == "POST" and form.is_valid():
        d = form.cleaned_data
        draft = matrix_rows.RowDraft(
            d["platform"], d["shop_type"].strip() or "*", d["category"], tuple(d["documents"]), d["grade"], d["source"], d["in_force_from"], d["replaces"]
        )
        matrix_rows.save_row(actor=request.actor, draft=draft, now=request.now, line=line, version=d["version"])
        return done(request, _("矩阵已更新，所有商品马上按新规则看"), "compliance:requirements")
    values = {"form": form, "trail": [(_("资质要求"), reverse("compliance:requirements"))], "history": _history(line) if line else [], "grades": GRADE_WORDS}
    return render(request, "compliance/requirement_form.html", values, status=422 if request.method == "POST" else 200)


def _history(line: UUID) -> list[tuple[MatrixRow, str]]:
    kinds = dict(_kinds())
    return [(one, listed(kinds.get(kind, kind) for kind in one.documents) or "—") for one in matrix_rows.history_of(line)]


def _initial(request: ConsoleRequest, standing: MatrixRow | None) -> dict[str, object]:
    if standing is not None:
        kept = {name: getattr(standing, name) for name in ("platform", "shop_type", "category", "documents", "grade", "source", "replaces", "version")}
        return {**kept, "in_force_from": business_date(request.now)}
    key = request.GET.get("replaces", "")
    rule = next((one for one in packaged_matrix().rules if one.key == key), None)
    if rule is None:
        return {"in_force_from": business_date(request.now), "platform": "*", "category": "*"}
    return {
        "platform": rule.platform, "shop_type": rule.shop_type, "category": rule.category, "documents": list(rule.documents),
        "grade": "must" if rule.is_must else "should", "source": rule.source, "replaces": rule.key, "in_force_from": business_date(request.now),
    }  # fmt: skip


@require_POST
def end_requirement(request: ConsoleRequest, line: UUID) -> HttpResponse:
    matrix_rows.end_row(actor=request.actor, line=line, now=request.now)
    return done(request, _("已停用，随程序来的规则重新生效"), "compliance:requirements")


@require_GET
def todo(request: ConsoleRequest) -> HttpResponse:
    """Who has to do what until when?   Source: CMP-1, CMP-6."""
    access.require(request.actor, SEE)
    found = duties.duties_of(request.actor, request.now, shop_id=request.shop_id)
    late = sum(one.is_late for one in found)
    figures = [
        {"name": _("已经晚了"), "value": late, "state": "bad" if late else "ok", "value_state": "bad" if late else "", "beside": _("过了该做的日子")},
        {"name": _("七天内"), "value": sum(one.is_soon for one in found), "beside": _("共 %(n)s 件") % {"n": len(found)}},
    ]
    page = Paginator(found, DUTIES_SHOWN).get_page(request.GET.get("page"))
    return render(request, "compliance/todo.html", {"duties": page.object_list, "page": page, "figures": figures})


@require_GET
def shown(request: ConsoleRequest) -> HttpResponse:
    """What must viewers be able to read, and is it there?   Source: facts/law L1, L2, L5."""
    access.require(request.actor, SEE)
    visible = products_for(request.actor)
    products = list((visible.filter(shop=request.shop_id) if request.shop_id else visible)[:500])
    labels = disclosures.labels_of(products, request.now)
    page = Paginator([(one, labels[one.pk]) for one in products if labels[one.pk]], PRODUCTS_SHOWN).get_page(request.GET.get("page"))
    return render(request, "compliance/shown.html", {"rooms": disclosures.rooms_of(request.actor, shop_id=request.shop_id), "rows": page.object_list, "page": page})
