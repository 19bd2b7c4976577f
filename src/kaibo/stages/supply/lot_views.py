"""A lot's label with its QR code, and its recall."""

from __future__ import annotations

import io
from uuid import UUID

import segno
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.stages.supply import queries, recalls


@require_GET
def label(request: ConsoleRequest, lot_id: UUID) -> HttpResponse:
    known = queries.trace_of_lot(request.actor, lot_id)
    address = request.build_absolute_uri(reverse("supply:trace", args=[lot_id]))
    return render(request, "supply/label.html", {"lot": known["lot"], "sku": known["sku"], "address": address})


@require_GET
def code_picture(request: ConsoleRequest, lot_id: UUID) -> HttpResponse:
    queries.trace_of_lot(request.actor, lot_id)
    out = io.BytesIO()
    address = request.build_absolute_uri(reverse("supply:trace", args=[lot_id]))
    segno.make(address, error="m", micro=False).save(out, kind="svg", scale=4, border=4, light="#fff")
    return HttpResponse(out.getvalue(), content_type="image/svg+xml")


@require_POST
def start_recall(request: ConsoleRequest, lot_id: UUID) -> HttpResponse:
    recall = recalls.start_recall(actor=request.actor, lot_id=lot_id, reason=request.POST.get("reason", ""), now=request.now)
    return done(request, _("已召回，冻结 %(units)s 件，相关人员已收到通知") % {"units": recall.held_units}, "supply:trace", lot_id)


@require_POST
def close_recall(request: ConsoleRequest, recall_id: UUID) -> HttpResponse:
    recall = recalls.close_recall(actor=request.actor, recall_id=recall_id, result=request.POST.get("result", ""), now=request.now)
    return done(request, _("召回已结束"), "supply:trace", recall.lot_id)
