"""Pages of money: a day's bill beside our books, refunds under way."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kaibo.kit.clock import in_shanghai
from kaibo.kit.money import yuan_text
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.payments import pay_channels
from kaibo.stages.orders import queries, reconciling, refunding, words
from kaibo.stages.orders.permissions import PAY, SEE

DAYS_SHOWN = 14


def channel_title(key: str) -> str:
    """This function will give what people call a channel."""
    if key == "by_hand":
        return _("人工登记")
    channel = pay_channels().get(key)
    if channel is None:
        return key
    return channel.title_en if (get_language() or "").startswith("en") else channel.title_zh


def _reason_words(row: reconciling.DifferenceRow) -> str:
    return {
        "not_booked": _("渠道收到了钱，我们没有收到通知"),
        "unknown": _("渠道有这一笔，我们没有这个单号"),
        "not_in_bill": _("我们记了账，渠道的账单里没有"),
        "amount_differs": _("两边金额不同"),
        "not_followed": _("直播间已入账，订单还没有跟上"),
    }[row.reason]


@require_GET
def reconciliation(request: ConsoleRequest) -> HttpResponse:
    """Does every fen the channels say they took stand in our books, and the other way round?"""
    access.require(request.actor, SEE)
    today = in_shanghai(request.now).date()
    keys = [*pay_channels()]
    channel = request.GET.get("channel", "") if request.GET.get("channel") in keys else (keys[0] if keys else "")
    day = _day(request.GET.get("day", ""), today)
    rows: list[dict[str, Any]] = []
    found = reconciling.compare_day(actor=request.actor, channel=channel, day=day) if channel else None
    for one in found.differences if found else ():
        rows.append({"row": one, "words": _reason_words(one), "kind": _("退款") if one.kind == "refund" else _("收款")})
    return render(
        request, "orders/reconciliation.html",
        {
            "channels": [(key, channel_title(key), key == channel) for key in keys], "channel": channel, "day": day, "found": found, "rows": rows,
            "days": [today - timedelta(days=back) for back in range(DAYS_SHOWN)], "may_pay": request.actor.can(PAY),
            "figures": _figures(found), "refunds": [_refund_row(one) for one in queries.refunds_under_way(request.actor)],
        },
    )  # fmt: skip


def _day(said: str, today: date) -> date:
    try:
        return min(date.fromisoformat(said), today)
    except ValueError:
        return today


def _figures(found: reconciling.DayRow | None) -> list[dict[str, Any]]:
    if found is None:
        return []
    wrong = found.open_differences
    return [
        {"name": _("渠道账单收款"), "value": yuan_text(found.bill_fen), "beside": _("%(n)s 笔") % {"n": found.bill_count} if found.read_at else _("账单还没有取回")},
        {"name": _("我们入账"), "value": yuan_text(found.ours_fen), "beside": _("%(n)s 笔") % {"n": found.ours_count}},
        {"name": _("已退款"), "value": yuan_text(found.refunds_fen), "beside": _("按退款完成的日子算")},
        {"name": _("待查差异"), "value": wrong, "state": "bad" if wrong else "ok", "value_state": "bad" if wrong else "", "beside": _("逐笔列在下面") if wrong else _("两边一致")},
    ]  # fmt: skip


def _refund_row(one: Any) -> dict[str, Any]:
    return {"refund": one, "channel": channel_title(one.payment.channel), "reason": words.refund_reason(one.reason), "is_by_hand": one.payment.channel == "by_hand",
            "number": words.short_number(one.order.order_no)}  # fmt: skip


def money_of(order_id: UUID) -> dict[str, Any]:
    """This function will give what an order's page shows of its money."""
    return {
        "payments": [(one, channel_title(one.channel), words.payment_outcome(one.outcome)) for one in queries.payments_of(order_id)],
        "refunds": [_refund_row(one) for one in queries.refunds_of(order_id)],
    }


def _back(request: ConsoleRequest, said: str) -> HttpResponse:
    answer = done(request, said, "orders:reconciliation")
    if answer.status_code in {301, 302, 303}:
        return redirect(f"{reverse('orders:reconciliation')}?channel={request.POST.get('channel', '')}&day={request.POST.get('day', '')}")
    return answer


@require_POST
def fetch_bill(request: ConsoleRequest) -> HttpResponse:
    day = _day(request.POST.get("day", ""), in_shanghai(request.now).date())
    channel = request.POST.get("channel", "")
    file = request.FILES.get("bill")
    if file is not None:
        added = reconciling.take_bill(actor=request.actor, channel=channel, day=day, content=file.read(), now=request.now)
    else:
        added = reconciling.fetch_bill(actor=request.actor, channel=channel, day=day, now=request.now)
    return _back(request, _("账单已读入，新增 %(n)s 行") % {"n": added})


@require_POST
def book(request: ConsoleRequest) -> HttpResponse:
    outcome = reconciling.book_from_bill(actor=request.actor, channel=request.POST.get("channel", ""), number=request.POST.get("number", ""), now=request.now)
    return _back(request, _("已按账单补记：%(outcome)s") % {"outcome": words.payment_outcome(outcome)})


@require_POST
def explain(request: ConsoleRequest) -> HttpResponse:
    reconciling.explain(
        actor=request.actor, channel=request.POST.get("channel", ""), kind=request.POST.get("kind", ""), number=request.POST.get("number", ""),
        reason=request.POST.get("reason", ""), now=request.now,
    )  # fmt: skip
    return _back(request, _("已写明原因"))


@require_POST
def refunded(request: ConsoleRequest, refund_id: UUID) -> HttpResponse:
    refunding.mark_refunded_by_hand(actor=request.actor, refund_id=refund_id, refund_no=request.POST.get("refund_no", ""), now=request.now)
    return _back(request, _("已标记退款完成"))


@require_POST
def refund_again(request: ConsoleRequest, refund_id: UUID) -> HttpResponse:
    refunding.try_again(actor=request.actor, refund_id=refund_id, now=request.now)
    return _back(request, _("会再向渠道申请一次"))
