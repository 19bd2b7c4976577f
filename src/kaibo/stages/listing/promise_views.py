"""A promise of shipping (预售) made, ended and taken up again from a product's page."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kaibo.master.catalog import promising
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.stages.listing import queries
from kaibo.stages.listing.promise_panel import PromiseForm
from kaibo.stages.listing.views import FormIncomplete


@require_POST
def promise(request: ConsoleRequest, listing_id: UUID) -> HttpResponse:
    found = queries.listing_for(request.actor, listing_id)
    form = PromiseForm(request.POST)
    if not form.is_valid():
        if {"days", "ships_on"} & set(form.errors):
            raise promising.PromiseUnclear(most=promising.MOST_DAYS)
        raise FormIncomplete
    starts_at, ends_at = form.span(request.now)
    made = promising.set_promise(
        actor=request.actor, product_id=found.product_id, days=form.cleaned_data["days"], ships_on=form.cleaned_data["ships_on"], starts_at=starts_at, ends_at=ends_at,
        note=form.cleaned_data["note"], now=request.now,
    )
    undo = reverse("listing:promise-end", args=[listing_id, made.pk])
    return done(request, _("已承诺，商品卡和之后付款的订单都按它"), "listing:listing", listing_id, undo=undo)


@require_POST
def end_promise(request: ConsoleRequest, listing_id: UUID, promise_id: UUID) -> HttpResponse:
    promising.end_promise(actor=request.actor, promise_id=promise_id, now=request.now)
    undo = reverse("listing:promise-resume", args=[listing_id, promise_id])
    return done(request, _("已结束，之后付款的按平时的时限发货"), "listing:listing", listing_id, undo=undo)


@require_POST
def resume_promise(request: ConsoleRequest, listing_id: UUID, promise_id: UUID) -> HttpResponse:
    promising.resume_promise(actor=request.actor, promise_id=promise_id, now=request.now)
    return done(request, _("承诺继续有效"), "listing:listing", listing_id)
