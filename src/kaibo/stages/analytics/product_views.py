"""Product iteration 商品改进: what do people say of a product, what do we change, did it help?   Source: INS-9."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kaibo.master.catalog.queries import product_for
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.stages.analytics import improvements, product_pages
from kaibo.stages.analytics.forms import PlanForm
from kaibo.stages.analytics.permissions import EXPORT, IMPROVE, SEE


@require_GET
def products(request: ConsoleRequest) -> HttpResponse:
    access.require(request.actor, SEE)
    context = product_pages.list_context(request.actor, shop_id=request.shop_id, now=request.now)
    return render(request, "analytics/products.html", context | {"may_export": request.actor.can(EXPORT)})


@require_GET
def product(request: ConsoleRequest, product_id: UUID) -> HttpResponse:
    found = product_for(request.actor, product_id)
    access.require(request.actor, SEE, shop_id=found.shop_id)
    may_decide = request.actor.can(IMPROVE, shop_id=found.shop_id)
    context = product_pages.product_context(found, improvements.said_for(found, request.now), now=request.now, may_decide=may_decide)
    return render(request, "analytics/product.html", context | {"me": request.actor.person_id})


@require_POST
def plan(request: ConsoleRequest, product_id: UUID, point: str) -> HttpResponse:
    form = PlanForm(request.POST)
    if not form.is_valid():
        found = product_for(request.actor, product_id)
        return render(request, "analytics/plan.html", {"form": form, "product": found}, status=422)
    said = form.cleaned_data
    improvements.plan(
        actor=request.actor, product_id=product_id, point=point, words=said["words"], owner_id=UUID(said["owner"]), due_on=said["due_on"], now=request.now
    )
    return done(request, _("已安排，负责人的今日清单里会看到"), "analytics:product", product_id)


@require_POST
def decline(request: ConsoleRequest, product_id: UUID, point: str) -> HttpResponse:
    improvements.decline(actor=request.actor, product_id=product_id, point=point, reason=request.POST.get("reason", ""), now=request.now)
    return done(request, _("已记下不改的原因"), "analytics:product", product_id)


@require_POST
def finish(request: ConsoleRequest, improvement_id: UUID) -> HttpResponse:
    found = improvements.finish(actor=request.actor, improvement_id=improvement_id, note=request.POST.get("reason", ""), now=request.now)
    return done(request, _("已完成，两周后来看效果"), "analytics:product", found.product_id)


@require_POST
def note_outcome(request: ConsoleRequest, improvement_id: UUID) -> HttpResponse:
    found = improvements.improvement_for(request.actor, improvement_id)
    improvements.note_outcome(actor=request.actor, improvement_id=improvement_id, outcome=request.POST.get("reason", ""), now=request.now)
    return done(request, _("已记下效果"), "analytics:product", found.product_id)
