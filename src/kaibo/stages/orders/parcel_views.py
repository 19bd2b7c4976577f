"""Parcels: which must stay and why, which the platform has not heard of yet, which stand still on their way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kaibo.kit.clock import in_shanghai
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.stages.orders import dispatching, parcel_queries, shipping, track_views, words
from kaibo.stages.orders import waybills as waybill_files
from kaibo.stages.orders.models import Dispatch, Shipment
from kaibo.stages.orders.permissions import FORCE, SEE, SHIP

MOST_TOGETHER = 20
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def dispatch_words(state: str) -> tuple[str, str]:
    """This function will say in words and colour where a parcel of a connected platform is."""
    return {
        "waiting": (_("等平台复核"), "warn"), "refused": (_("不能发，请留下"), "bad"), "telling": (_("已发，正在回传平台"), "note"),
        "told": (_("平台已确认"), "ok"), "trouble": (_("与平台对不上"), "bad"), "settled": (_("人工处理完"), "ok"), "dropped": (_("已撤回"), ""),
    }[state]  # fmt: skip


def dispatch_rows(found: Sequence[Dispatch]) -> list[dict[str, Any]]:
    """This function will give parcels as the pages show them."""
    is_english = (get_language() or "").startswith("en")
    rows = []
    for one in found:
        title, pill = dispatch_words(one.state)
        rows.append({
            "one": one, "number": words.short_number(one.order.order_no), "title": title, "pill": pill,
            "problem": one.problem_en if is_english else one.problem_zh, "is_away": one.state == Dispatch.State.WAITING and one.attempts > 0,
        })  # fmt: skip
    return rows


@require_GET
def parcels(request: ConsoleRequest) -> HttpResponse:
    access.require(request.actor, SEE)
    state = request.GET.get("state", "")
    counts = parcel_queries.dispatch_counts(request.actor, shop_id=request.shop_id)
    chosen = state if state in parcel_queries.TO_LOOK_AT else ""
    found = parcel_queries.dispatches_to_look_at(request.actor, shop_id=request.shop_id, state=chosen)
    return render(
        request, "orders/parcels.html",
        {
            "rows": dispatch_rows(found), "figures": [*_figures(counts), *track_views.figures(request)], "chosen": chosen, **track_views.context(request), "may_ship": request.actor.can(SHIP),
            "may_force": request.actor.can(FORCE),
        },
    )  # fmt: skip


def _figures(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    beside = {
        "trouble": _("已发出，平台不认或是别的单号"), "refused": _("平台上有变化，包裹别交给快递"), "waiting": _("问到平台才放行"),
        "telling": _("发出了，平台还没显示单号"),
    }  # fmt: skip
    address = reverse("orders:parcels")
    figures = []
    for state, note in beside.items():
        title, pill = dispatch_words(state)
        n = counts.get(state, 0)
        figures.append({
            "name": title, "value": n, "beside": note, "href": f"{address}?state={state}", "state": pill if n else "ok",
            "value_state": "bad" if n and pill == "bad" else "",
        })  # fmt: skip
    return figures


@require_POST
def ship(request: ConsoleRequest, order_id: UUID) -> HttpResponse:
    """Send one order out, or a part of it, or several of one receiver in one parcel."""
    carrier, number = request.POST.get("carrier", ""), request.POST.get("tracking_no", "")
    together = [order_id, *[UUID(one) for one in request.POST.getlist("also")[:MOST_TOGETHER]]]
    units = {UUID(name.removeprefix("units-")): int(given) for name, given in request.POST.items() if name.startswith("units-") and given.isdigit()}
    made = [
        dispatching.send_out(actor=request.actor, order_id=one, carrier=carrier, tracking_no=number, units=units or None, now=request.now)
        for one in together
    ]
    for one in made:
        dispatching.require_not_refused(one)
    to = ("orders:picking",) if request.POST.get("back") == "picking" else ("orders:order", order_id)
    return done(request, _said(made, carrier, number), *to)


def _said(made: Sequence[Dispatch | Shipment], carrier: str, number: str) -> str:
    if any(isinstance(one, Dispatch) and one.state == Dispatch.State.WAITING for one in made):
        return _("平台现在问不到，包裹先留下；问到后会自动放行，见“包裹与物流”")
    if shipping.waybill_doubt(carrier, number.strip()):
        return _("已发货；单号看起来不像%(carrier)s的，请再核对一次") % {"carrier": carrier}
    if any(isinstance(one, Dispatch) for one in made):
        return _("平台复核通过，已发货，正在回传平台")
    return _("已发货，库存已扣减") if len(made) == 1 else _("%(n)s 单合成一包发出，库存已扣减") % {"n": len(made)}


@require_POST
def again(request: ConsoleRequest, dispatch_id: UUID) -> HttpResponse:
    one = dispatching.try_again(actor=request.actor, dispatch_id=dispatch_id, now=request.now)
    dispatching.require_not_refused(one)
    return done(request, _("现在是：%(state)s") % {"state": dispatch_words(one.state)[0]}, "orders:parcels")


@require_POST
def drop(request: ConsoleRequest, dispatch_id: UUID) -> HttpResponse:
    dispatching.drop(actor=request.actor, dispatch_id=dispatch_id, now=request.now)
    return done(request, _("已撤回，这单可以重新发货"), "orders:parcels")


@require_POST
def settle(request: ConsoleRequest, dispatch_id: UUID) -> HttpResponse:
    dispatching.settle_by_hand(actor=request.actor, dispatch_id=dispatch_id, reason=request.POST.get("reason", ""), now=request.now)
    return done(request, _("已记为人工处理完"), "orders:parcels")


@require_POST
def unasked(request: ConsoleRequest, dispatch_id: UUID) -> HttpResponse:
    dispatching.send_unasked(actor=request.actor, dispatch_id=dispatch_id, reason=request.POST.get("reason", ""), now=request.now)
    return done(request, _("已放行，平台恢复后自动回传"), "orders:parcels")


@require_POST
def waybills(request: ConsoleRequest) -> FileResponse:
    """What leaves now as a file: receivers hidden for the label, or in full for the courier."""
    kind: waybill_files.Kind = "courier" if request.POST.get("kind") == "courier" else "label"
    with TemporaryDirectory(prefix="kaibo-waybills-") as folder:
        path = Path(folder) / "waybills.xlsx"
        waybill_files.write_waybills(
            actor=request.actor, kind=kind, path=path, reason=request.POST.get("reason", ""), now=request.now, shop_id=request.shop_id
        )
        content = path.open("rb")
    return FileResponse(content, as_attachment=True, filename=f"运单-{in_shanghai(request.now):%Y%m%d-%H%M}.xlsx", content_type=XLSX)
