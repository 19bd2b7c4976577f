"""Stock of channels: how much each may show of what, what it was told, what it shows, and why they differ (SUP-14)."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kaibo.kit.clock import in_shanghai
from kaibo.master.stock.models import ChannelItem
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.intake.writing import CONTENT_TYPES
from kaibo.stages.orders import publishing, stock_files
from kaibo.stages.orders.permissions import PUBLISH, SEE

A_PAGE = 50
WRONG = [ChannelItem.State.DIFFERS, ChannelItem.State.AWAY, ChannelItem.State.REFUSED]


def state_words(state: str) -> tuple[str, str]:
    return {
        "never": (_("还没发布"), ""), "same": (_("一致"), "ok"), "differs": (_("对不上"), "bad"), "unread": (_("已发布，平台读不回"), "note"),
        "away": (_("平台没有回应"), "warn"), "refused": (_("平台拒绝"), "bad"),
    }[state]  # fmt: skip


@require_GET
def items(request: ConsoleRequest) -> HttpResponse:
    access.require(request.actor, SEE)
    found = access.visible(ChannelItem.objects.select_related("channel", "sku__product"), request.actor, "channel__shop", shop_id=request.shop_id)
    counts = found.aggregate(on=Count("pk", filter=Q(is_on=True)), off=Count("pk", filter=Q(is_on=False)), wrong=Count("pk", filter=Q(is_on=True, state__in=WRONG)))
    chosen, said = request.GET.get("show", ""), request.GET.get("q", "").strip()[:60]
    page = Paginator(_narrowed(found, chosen, said).order_by("-is_on", "sku__code", "channel"), A_PAGE).get_page(request.GET.get("page"))
    rows = list(page)
    wanted = publishing.wanted_units(rows, request.now) if rows else {}
    free = publishing.free_units(rows, request.now) if rows else {}
    return render(
        request, "orders/channel_stock.html",
        {
            "rows": [_row(one, wanted[one.pk], free[one.sku_id]) for one in rows], "page": page, "chips": _chips(counts, chosen), "q": said, "show": chosen,
            "may_publish": request.actor.can(PUBLISH), "by_file": stock_files.channels_by_file(request.actor, shop_id=request.shop_id),
        },
    )  # fmt: skip


def _narrowed(found: QuerySet[ChannelItem], chosen: str, said: str) -> QuerySet[ChannelItem]:
    if said:
        found = found.filter(Q(sku__code__istartswith=said) | Q(sku__product__title__icontains=said))
    if chosen == "wrong":
        return found.filter(is_on=True, state__in=WRONG)
    return found.filter(is_on=chosen == "on") if chosen in {"on", "off"} else found


def _row(one: ChannelItem, wanted: int, free: int) -> dict[str, Any]:
    title, pill = state_words(one.state) if one.is_on else (_("没有开启"), "")
    problem = one.problem_en if (get_language() or "").startswith("en") else one.problem_zh
    return {"one": one, "wanted": wanted, "free": free, "title": title, "pill": pill, "problem": problem if one.is_on else "", "share": f"{one.share_bp / 100:g}"}


def _chips(counts: dict[str, int], chosen: str) -> list[dict[str, Any]]:
    address = reverse("orders:channel-stock")
    chips = [("", _("全部"), counts["on"] + counts["off"]), ("on", _("发布中"), counts["on"]), ("wrong", _("对不上"), counts["wrong"]), ("off", _("没有开启"), counts["off"])]
    return [
        {"label": label, "href": f"{address}?show={key}" if key else address, "count": n, "is_active": chosen == key, "state": "bad" if key == "wrong" and n else ""}
        for key, label, n in chips
    ]


@require_POST
def allocate(request: ConsoleRequest, item_id: UUID) -> HttpResponse:
    quota = request.POST.get("quota", "").strip()
    publishing.allocate(
        actor=request.actor, item_id=item_id, is_on=request.POST.get("on") == "1", share_bp=_percent(request.POST.get("share", "")),
        quota_units=_count(quota) if quota else None, buffer_units=_count(request.POST.get("buffer", "") or "0"), now=request.now,
        sells_ahead=request.POST.get("ahead") == "1",
    )  # fmt: skip
    return done(request, _("已保存，马上按新的数量发布"), "orders:channel-stock")


@require_POST
def stock_file(request: ConsoleRequest, channel_id: UUID) -> HttpResponse:
    """A file for a platform that cannot be told by its interface; its numbers count from here on, so it is no plain look."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "stock.xlsx"
        stock_files.write_stock_file(actor=request.actor, channel_id=channel_id, path=path, now=request.now)
        answer = HttpResponse(path.read_bytes(), content_type=CONTENT_TYPES["xlsx"])
    answer.headers["Content-Disposition"] = f'attachment; filename="stock-{in_shanghai(request.now):%Y%m%d-%H%M}.xlsx"'
    return answer


@require_POST
def uploaded(request: ConsoleRequest, channel_id: UUID) -> HttpResponse:
    noted = stock_files.note_uploaded(actor=request.actor, channel_id=channel_id, now=request.now)
    return done(request, _("已登记：平台上现在是文件里的 %(n)s 个数") % {"n": noted}, "orders:channel-stock")


@require_POST
def publish_now(request: ConsoleRequest) -> HttpResponse:
    access.require(request.actor, PUBLISH)
    told = publishing.publish_due(request.now)
    return done(request, _("已发布 %(n)s 个商品") % {"n": told} if told else _("没有要改的，或平台现在拉不到订单"), "orders:channel-stock")


def _percent(said: str) -> int:
    try:
        return round(float(said) * 100)
    except (ValueError, OverflowError):
        raise publishing.ShareWrong from None


def _count(said: str) -> int:
    if not said.isdecimal() or len(said) > 7:
        raise publishing.ShareWrong
    return int(said)
