"""Orders and arrivals put right: a changed draft, a rest that will not come, an arrival booked wrongly."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.stages.supply import arrivals, forms, purchase_changes


@require_POST
def change(request: ConsoleRequest, purchase_id: UUID) -> HttpResponse:
    form = forms.DraftForm(request.POST)
    if not form.is_valid():
        return _again(request, form, _("改数量或单价"), purchase_id)
    said = form.cleaned_data
    purchase_changes.change_draft(actor=request.actor, purchase_id=purchase_id, quantity=said["quantity"], price_fen=said["price"], now=request.now)
    return done(request, _("草稿已改"), "supply:purchase", purchase_id)


@require_POST
def close_rest(request: ConsoleRequest, purchase_id: UUID) -> HttpResponse:
    form = forms.ShortForm(request.POST)
    if not form.is_valid():
        return _again(request, form, _("剩下的不会到了"), purchase_id)
    missing = purchase_changes.close_rest(actor=request.actor, purchase_id=purchase_id, now=request.now, **form.cleaned_data)
    undo = reverse("supply:reopen-rest", args=[purchase_id])
    return done(request, _("已按实到结单，少 %(n)s 件") % {"n": missing}, "supply:purchase", purchase_id, undo=undo)


@require_POST
def reopen_rest(request: ConsoleRequest, purchase_id: UUID) -> HttpResponse:
    purchase_changes.reopen_rest(actor=request.actor, purchase_id=purchase_id, now=request.now)
    return done(request, _("继续等货"), "supply:purchase", purchase_id)


@require_POST
def take_back(request: ConsoleRequest, inspection_id: UUID) -> HttpResponse:
    purchase = arrivals.take_back_arrival(actor=request.actor, inspection_id=inspection_id, reason=request.POST.get("reason", ""), now=request.now)
    return done(request, _("已撤回，可以重新登记"), "supply:purchase", purchase.pk)


def _again(request: ConsoleRequest, form: forms.DraftForm | forms.ShortForm, title: str, purchase_id: UUID) -> HttpResponse:
    back = reverse("supply:purchase", args=[purchase_id])
    return render(request, "supply/form.html", {"form": form, "title": title, "back": back}, status=422)
