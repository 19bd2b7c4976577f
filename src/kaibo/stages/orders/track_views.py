"""Parcels on their way: where each is, which stand still, whose they are; and the door trackers push to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.tracker_kinds import tracker_kinds
from kaibo.stages.orders import parcel_queries, tracking, words
from kaibo.stages.orders.models import ParcelTrack, TrackerAccount
from kaibo.stages.orders.permissions import HOLD, TRACK

SHOWN = 100
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
    beside = _("超期 %(late)s，没人管 %(nobody)s") % {"late": counts["overdue"], "nobody": counts["nobody"]} if n else _("都在走")
    return [{
        "name": _("路上有异常"), "value": n, "beside": beside, "href": f"{reverse('orders:parcels')}#on-the-way",
        "state": "bad" if counts["overdue"] else "warn" if n else "ok", "value_state": "bad" if counts["overdue"] else "",
    }]  # fmt: skip


def context(request: ConsoleRequest) -> dict[str, Any]:
    """This function will give what the page of parcels shows of parcels on their way."""
    is_mine = request.GET.get("mine") == "1"
    rows = list(parcel_queries.parcels_in_trouble(request.actor, shop_id=request.shop_id, mine=is_mine)[:SHOWN])
    return {
        "tracks": [_row(one) for one in rows], "is_mine": is_mine, "may_settle": request.actor.can(HOLD), "trackers": _trackers() if request.actor.can(TRACK) else [],
        "has_tracker": TrackerAccount.objects.filter(is_on=True).exists(),
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
