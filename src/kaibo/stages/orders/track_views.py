"""Parcels on their way: where each is, which stand still, whose they are; and the door trackers push to."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from kaibo.kit.clock import in_shanghai
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.intake.kinds import Cell, ExportColumn
from kaibo.plumbing.intake.writing import write_file
from kaibo.plumbing.tracker_kinds import tracker_kinds
from kaibo.stages.orders import parcel_queries, tracking, words
from kaibo.stages.orders.models import ParcelTrack, TrackerAccount
from kaibo.stages.orders.permissions import EXPORT, HOLD, TRACK

SHOWN = 100
SETTLED_SHOWN, SETTLED_FOR = 20, timedelta(days=1)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_PUSH_BYTES = 512 * 1024


def stage_words(stage: str) -> tuple[str, str]:
    return {
        "none": (_("还没有揽收"), ""), "picked_up": (_("已揽收"), "note"), "in_transit": (_("运输中"), "note"), "customs": (_("清关中"), "note"),
        "out_for_delivery": (_("派送中"), "note"), "at_station": (_("到驿站"), "note"), "delivered": (_("已签收"), "ok"), "exception": (_("快递异常"), "bad"),
        "returning": (_("退回中"), "bad"), "returned": (_("已退回"), "bad"), "rejected": (_("拒收"), "bad"), "redirected": (_("转投"), "note"),
    }[stage]  # fmt: skip


def trouble_words(trouble: str) -> str:
    return {
        "not_picked_up": _("迟迟没有揽收"), "stalled": _("停在路上不动"), "delivery_slow": _("派送很久没签收"), "waits_at_station": _("在驿站没人取"),
        "exception": _("快递报了异常"), "coming_back": _("正在退回或被拒收"),
    }[trouble]


def figures(request: ConsoleRequest) -> list[dict[str, Any]]:
    """This function will give the figures of parcels that stand still, for the page of parcels."""
    counts = parcel_queries.track_counts(request.actor, request.now, shop_id=request.shop_id)
    n = counts["trouble"]
    beside = _("超期 %(late)s，没人管 %(nobody)s") % {"late": counts["overdue"], "nobody": counts["nobody"]} if n else _("没有停住的")
    return [{
        "name": _("路上有异常"), "value": n, "beside": beside, "href": f"{reverse('orders:parcels')}#on-the-way",
        "state": "bad" if counts["overdue"] else "warn" if n else "ok", "value_state": "bad" if counts["overdue"] else "",
    }]  # fmt: skip


def context(request: ConsoleRequest) -> dict[str, Any]:
    """This function will give what the page of parcels shows of parcels on their way."""
    is_mine = request.GET.get("mine") == "1"
    rows = list(parcel_queries.parcels_in_trouble(request.actor, shop_id=request.shop_id, mine=is_mine)[: SHOWN + 1])
    accounts = list(TrackerAccount.objects.values_list("is_on", flat=True))
    return {
        "tracks": [_row(one) for one in rows[:SHOWN]], "is_mine": is_mine, "may_export": request.actor.can(EXPORT),
        "settled_tracks": [_row(one) for one in parcel_queries.troubles_settled(request.actor, request.now - SETTLED_FOR, shop_id=request.shop_id)[:SETTLED_SHOWN]],
        "may_settle": request.actor.can(HOLD), "trackers": _trackers() if request.actor.can(TRACK) else [],
        "has_tracker": any(accounts), "is_paused": bool(accounts) and not any(accounts), "shown": SHOWN, "more": max(0, len(rows) - SHOWN),
    }  # fmt: skip


def _row(one: ParcelTrack) -> dict[str, Any]:
    title, pill = stage_words(one.stage)
    order = one.shipment.order
    return {"one": one, "order": order, "number": words.short_number(order.order_no), "stage": title, "pill": pill, "trouble": trouble_words(one.trouble)}


def parcels_of(order_id: UUID) -> dict[UUID, dict[str, Any]]:
    """This function will give where an order's parcels are and their scans, by parcel."""
    steps = parcel_queries.steps_of(order_id)
    return {
        pk: {"one": one, "stage": stage_words(one.stage), "trouble": trouble_words(one.trouble) if one.trouble else "", "steps": steps.get(pk, [])}
        for pk, one in parcel_queries.tracks_of(order_id).items()
    }


def _trackers() -> list[dict[str, Any]]:
    is_english = (get_language() or "").startswith("en")
    stored = {one.key: one for one in TrackerAccount.objects.all()}
    return [
        {
            "key": kind.key, "title": kind.title_en if is_english else kind.title_zh, "account": stored.get(kind.key),
            "trouble": (stored[kind.key].trouble_en if is_english else stored[kind.key].trouble_zh) if kind.key in stored else "",
            "fields": [(one, one.en if is_english else one.zh) for one in kind.fields],
            "push": settings.ENV.console_url + reverse("orders:track-push", args=[kind.key]),
        }
        for kind in tracker_kinds().values()
    ]


@require_POST
def connect(request: ConsoleRequest, key: str) -> HttpResponse:
    given = {name: value for name, value in request.POST.items() if name not in {"csrfmiddlewaretoken", "on"}}
    tracking.connect(actor=request.actor, key=key, given=given, is_on=request.POST.get("on") == "1", now=request.now)
    return done(request, _("已保存"), "orders:parcels")


@require_POST
def take_on(request: ConsoleRequest, shipment_id: UUID) -> HttpResponse:
    hours = request.POST.get("hours", "24")
    tracking.take_on(actor=request.actor, shipment_id=shipment_id, hours=int(hours) if hours.isdecimal() and len(hours) < 4 else 0, now=request.now)
    return done(request, _("这个包裹归你跟进了"), "orders:parcels")


@require_POST
def settle(request: ConsoleRequest, shipment_id: UUID) -> HttpResponse:
    tracking.settle(actor=request.actor, shipment_id=shipment_id, note=request.POST.get("reason", ""), now=request.now)
    return done(request, _("已记下处理结果"), "orders:parcels")


@require_POST
def reopen(request: ConsoleRequest, shipment_id: UUID) -> HttpResponse:
    tracking.reopen(actor=request.actor, shipment_id=shipment_id, now=request.now)
    return done(request, _("已放回异常列表"), "orders:parcels")


@require_GET
def export(request: ConsoleRequest) -> FileResponse:
    """Every parcel in trouble as a sheet, for the courier's service: numbers whole, receivers masked."""
    access.require(request.actor, EXPORT)
    columns = (
        ExportColumn("platform", _("平台")), ExportColumn("order_no", _("订单编号")), ExportColumn("carrier", _("快递")), ExportColumn("tracking_no", _("运单号")),
        ExportColumn("trouble", _("异常")), ExportColumn("stage", _("到哪一步")), ExportColumn("last", _("最后一次扫描")), ExportColumn("last_at", _("扫描时间"), Cell.WHEN),
        ExportColumn("receiver", _("收件人（遮蔽）")), ExportColumn("owner", _("谁跟进")), ExportColumn("due_at", _("处理期限"), Cell.WHEN),
    )  # fmt: skip
    rows = (
        (
            words.platform_words(one.shipment.order.platform), one.shipment.order.order_no, one.shipment.carrier, one.shipment.tracking_no,
            trouble_words(one.trouble), stage_words(one.stage)[0], one.last_words, one.last_at, one.shipment.order.receiver_masked, one.owner_name, one.due_at,
        )
        for one in parcel_queries.parcels_in_trouble(request.actor, shop_id=request.shop_id).iterator(chunk_size=500)
    )  # fmt: skip
    with TemporaryDirectory(prefix="kaibo-parcels-") as folder:
        path = Path(folder) / "parcels.xlsx"
        write_file(path, columns, rows, format_="xlsx", title=_("路上有异常的包裹"))
        content = path.open("rb")
    name = f"{_('异常包裹')}-{in_shanghai(request.now):%Y%m%d-%H%M}.xlsx"
    return FileResponse(content, as_attachment=True, filename=name, content_type=XLSX)


@csrf_exempt
@require_POST
@login_not_required
def push(request: HttpRequest, key: str) -> HttpResponse:
    """A tracker says where a parcel is; its signature proves it."""
    now = request.now  # type: ignore[attr-defined]  # set by ActorMiddleware
    is_too_long = int(request.headers.get("Content-Length") or 0) > MOST_PUSH_BYTES
    tracking.take_push(key, {} if is_too_long else request.POST.dict(), now)
    tracker = tracking.open_tracker(key)
    assert tracker is not None  # it took the push
    said = tracker.answer_push(None)
    return HttpResponse(said.body, status=said.status, content_type=said.content_type)
