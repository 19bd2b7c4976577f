"""The page of a lot's buyers, both ways, and its list as a file."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kaibo.kit.clock import in_shanghai
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.stages.orders import permissions, recall, services, words
from kaibo.stages.orders.rules import STATE_WORDS, State
from kaibo.stages.supply import queries as supply

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_SHOWN = 500


def find(request: ConsoleRequest) -> HttpResponse:
    """From a lot's code to its buyers, or from an order number to its lots."""
    said = request.GET.get("q", "").strip()
    context = {
        "words": said,
        "lots": recall.lots_named(request.actor, said) if said else [],
        "orders": recall.lots_of_order(request.actor, said) if said else [],
    }
    return render(request, "orders/lots.html", context)


def lot(request: ConsoleRequest, lot_id: UUID) -> HttpResponse:
    known = supply.trace_of_lot(request.actor, lot_id)
    listed = recall.orders_of_lot(request.actor, lot_id)
    is_english = int((get_language() or "").startswith("en"))
    waiting = [one for one in listed if one.waiting and not one.is_held]
    figures = [
        {"name": _("订单"), "value": len(listed), "beside": _("有这一批的全部订单")},
        {"name": _("已发出"), "value": sum(one.sent for one in listed), "beside": _("件，减去已退回的")},
        {"name": _("还没发"), "value": sum(one.waiting for one in listed), "beside": _("件，其中 %(n)s 单可以拦下") % {"n": len(waiting)}, "state": "warn" if waiting else ""},
    ]  # fmt: skip
    origin = next((one for one in known["inspections"] if one.gate == "arrival"), None)
    return render(
        request, "orders/lot.html",
        {
            "lot": known["lot"], "sku": known["sku"], "origin": origin, "recall": supply.open_recall(lot_id), "figures": figures,
            "rows": [(one, STATE_WORDS[State(one.state)][is_english], words.platform_words(one.platform)) for one in listed[:MOST_SHOWN]], "more": max(0, len(listed) - MOST_SHOWN),
            "can_export": request.actor.can(permissions.EXPORT), "can_hold": request.actor.can(permissions.HOLD) and bool(waiting), "waiting": len(waiting),
        },
    )  # fmt: skip


@require_POST
def export(request: ConsoleRequest, lot_id: UUID) -> FileResponse:
    with TemporaryDirectory(prefix="kaibo-recall-") as folder:
        path = Path(folder) / "recall.xlsx"
        recall.write_recall_list(actor=request.actor, lot_id=lot_id, path=path, reason=request.POST.get("reason", ""), now=request.now)
        content = path.open("rb")
    name = f"召回名单-{in_shanghai(request.now):%Y%m%d-%H%M}.xlsx"
    return FileResponse(content, as_attachment=True, filename=name, content_type=XLSX)


@require_POST
def hold(request: ConsoleRequest, lot_id: UUID) -> HttpResponse:
    """Hold back every order of the lot that has not been sent."""
    waiting = [one.id for one in recall.orders_of_lot(request.actor, lot_id) if one.waiting and not one.is_held]
    held = services.hold_orders(actor=request.actor, order_ids=waiting, reason=request.POST.get("reason", ""), now=request.now)
    return done(request, _("已拦下 %(n)s 单") % {"n": held}, "orders:lot", lot_id)
