"""Orders: which are wrong, where exactly, what do I press; what must leave by when."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from kaibo.kit.clock import in_shanghai
from kaibo.kit.couriers import COURIERS
from kaibo.kit.money import fen_from_text, plain_yuan
from kaibo.master.catalog import queries as catalog
from kaibo.master.shops.models import PLATFORM_CHOICES, Platform
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.tables import tables
from kaibo.plumbing.tables.tables import Cell, Choice, Column, DateRange, Flag, Row, Search, Table
from kaibo.stages.orders import (
    deciding,
    drawing,
    money_views,
    parcel_queries,
    parcel_views,
    queries,
    route_book,
    route_views,
    services,
    ship_times,
    shipping,
    split_orders,
    track_views,
    words,
)
from kaibo.stages.orders.forms import PaymentForm, ReceiverForm, ShipForm
from kaibo.stages.orders.models import TO_SHIP, Finding, Order
from kaibo.stages.orders.permissions import (
    EXPORT,
    HOLD,
    IMPORT,
    MARK_TEST,
    PAY,
    RECEIVER,
    RELEASE,
    SEE,
    SHIP,
    UNMASK,
    VERIFY,
)
from kaibo.stages.orders.rules import Hold, State, predicted_late
from kaibo.stages.orders.verification import Field

FINDINGS_A_PAGE = 50
PICKED_AT_ONCE = 100


def _is_late(now: datetime) -> Q:
    return Q(state__in=TO_SHIP, is_test=False, ship_by__lt=now)


def _state_options(_request: HttpRequest) -> list[tuple[str, str]]:
    return [(state.value, words.state_words(state.value)) for state in State]


ORDERS = Table(
    key="orders:orders",
    title=gettext_lazy("订单"),
    columns=(
        Column("number", gettext_lazy("订单"), kind="lead"),
        Column("goods", gettext_lazy("商品")),
        Column("state", gettext_lazy("状态"), kind="pill"),
        Column("ship_by", gettext_lazy("发货时限"), sort="ship_by", kind="clock"),
        Column("amount", gettext_lazy("应付"), kind="money"),
        Column("receiver", gettext_lazy("收件人"), personal=True),
        Column("place", gettext_lazy("地区")),
        Column("ordered_at", gettext_lazy("下单"), sort="ordered_at", kind="when"),
    ),
    filters=(
        Search(("order_no__startswith", "phone_tail"), gettext_lazy("订单号开头、手机尾号…")),
        Choice("state", gettext_lazy("状态"), _state_options, as_chips=True, counted=True),
        Choice("platform", gettext_lazy("平台"), PLATFORM_CHOICES),
        Flag("wrong", gettext_lazy("核验未过"), Q(open_findings__gt=0), state="bad"),
        Flag("late", gettext_lazy("发货超时"), _is_late, state="bad"),
        Flag("test", gettext_lazy("内部测试"), Q(is_test=True)),
        DateRange("ordered", gettext_lazy("下单时间"), "ordered_at"),
    ),
    default_sort="-ordered_at",
    unit=gettext_lazy("单"),
    empty_title=gettext_lazy("还没有订单"),
    empty_text=gettext_lazy("自播间里抢到的会自动变成订单；平台的订单从平台后台导出表格，在这里导入。"),
    empty_action_label=gettext_lazy("导入订单表"),
    empty_action_href="/imports/new?kind=orders",
    export_ability=EXPORT,
)


def _row(order: Order) -> Row:
    note = "、".join([*([_("内部测试，不计入数据")] if order.is_test else []), *(words.hold_words(flag) for flag in order.hold_flags)])
    if order.open_findings:
        note = "、".join(filter(None, [note, _("核验 %(n)s 处未过") % {"n": order.open_findings}]))
    cells = {
        "number": Cell(words.short_number(order.order_no), note=f"{words.platform_words(order.platform)}{_(' · 拆单') if order.parent_no else ''}"),
        "goods": order.goods,
        "state": Cell(words.state_words(order.state), state=words.state_pill(order.state), note=note),
        "ship_by": order.ship_by if order.state in TO_SHIP else None,
        "amount": order.amount_fen,
        "receiver": order.receiver_masked or (_("未填") if order.platform == Platform.OWN.value else _("平台加密")),
        "place": "".join(filter(None, (order.province, order.city if order.city != order.province else "", order.area))),
        "ordered_at": order.ordered_at,
    }
    return Row(order.pk, cells, reverse("orders:order", args=[order.pk]))


@require_GET
def order_list(request: ConsoleRequest) -> HttpResponse:
    access.require(request.actor, SEE)
    clock = queries.ship_clock(request.actor, request.now, shop_id=request.shop_id)
    table = tables.page(request, ORDERS, queries.orders_for(request.actor, shop_id=request.shop_id), row=_row)
    return render(request, "orders/list.html", {"table": table, "figures": _clock_figures(clock), "may_import": request.actor.can(IMPORT)})


def _clock_figures(clock: queries.ShipClock) -> list[dict[str, Any]]:
    late_href = f"{reverse('orders:list')}?late=1"
    return [
        {"name": _("已超时"), "value": clock.overdue, "state": "bad" if clock.overdue else "ok", "value_state": "bad" if clock.overdue else "",
         "beside": _("过了承诺发货时间") if clock.overdue else _("没有超时"), "href": late_href},
        {"name": _("4 小时内要发"), "value": clock.within_4, "state": "warn" if clock.within_4 else "", "beside": _("先发这些"), "href": f"{reverse('orders:picking')}"},
        {"name": _("24 小时内"), "value": clock.within_24, "beside": _("共 %(n)s 单待发") % {"n": clock.waiting}},
        {"name": _("48 小时内"), "value": clock.within_48, "beside": _("之后 %(n)s 单") % {"n": clock.later}},
        {"name": _("过去 24 小时已发"), "value": clock.sent_today, "beside": _("包裹")},
    ]  # fmt: skip


@require_GET
def verification(request: ConsoleRequest) -> HttpResponse:
    """Which orders are wrong, where exactly, and what do I press?"""
    access.require(request.actor, SEE)
    field = request.GET.get("field", "")
    found = queries.open_findings(request.actor, shop_id=request.shop_id)
    counts = queries.findings_by_field(request.actor, shop_id=request.shop_id)
    if field in counts:
        found = found.filter(field=field)
    if said := request.GET.get("q", "").strip()[:60]:
        found = found.filter(Q(order__order_no__startswith=said) | Q(order__phone_tail=said) | Q(wrong__icontains=said) | Q(order__goods__icontains=said))
    pages = Paginator(found.only(*queries.SHOWN_OF_A_FINDING), FINDINGS_A_PAGE)
    if not said:
        pages.count = counts[field] if field in counts else sum(counts.values())  # the chips were counted already
    page = pages.get_page(request.GET.get("page"))
    findings = list(page)
    items = _item_options(request) if any(one.reason == "item_unknown" for one in findings) else {}
    alike = queries.alike_counts(findings)
    clock = queries.ship_clock(request.actor, request.now, shop_id=request.shop_id)
    can = request.actor.can
    rows = [_finding_row(one, alike.get((one.order.shop_id, one.order.platform, one.alias_text), 0), items.get(one.order.shop_id, "")) for one in findings]
    return render(
        request, "orders/verification.html",
        {
            "figures": [*_platform_figures(request), _earliest_figure(clock, request.now)], "page": page, "q": said, "field": field,
            "rows": rows, "drawn_rows": drawing.finding_rows(rows, may_verify=can(VERIFY), may_hold=can(HOLD)),
            "dialogs": drawing.dialogs(rows, get_token(request)) if can(VERIFY) else "",
            "chips": _field_chips(counts, field), "passed": queries.releasable_count(request.actor, shop_id=request.shop_id),
            "anomalies": [(one, words.anomaly_words(one.kind)) for one in queries.unseen_anomalies(request.actor, shop_id=request.shop_id)],
            "may_verify": can(VERIFY), "may_release": can(RELEASE), "may_import": can(IMPORT), "may_hold": can(HOLD),
        },
    )  # fmt: skip


def _platform_figures(request: ConsoleRequest) -> list[dict[str, Any]]:
    figures = []
    for one in queries.consistency(request.actor, shop_id=request.shop_id):
        sign = "=" if one.is_whole else "≠"
        missing = _("缺 %(numbers)s") % {"numbers": "、".join(one.missing) or one.theirs - one.ours}
        whole = _("抢购 = 订单") if one.platform == "own" else _("无缺口")
        figures.append({
            "name": words.platform_words(one.platform), "value": f"{one.theirs:,} {sign} {one.ours:,}", "value_state": "" if one.is_whole else "bad",
            "beside": whole if one.is_whole else missing, "state": "ok" if one.is_whole else "bad",
            "href": reverse("intake:run", args=[one.run_id]) if one.run_id else "",
        })  # fmt: skip
    return figures


def _earliest_figure(clock: queries.ShipClock, now: datetime) -> dict[str, Any]:
    if clock.earliest is None:
        return {"name": _("最早发货时限"), "value": "—", "beside": _("没有待发货的订单"), "state": "ok", "href": reverse("orders:picking")}
    left = int((clock.earliest - now).total_seconds()) // 60
    words_left = f"{'-' if left < 0 else ''}{abs(left) // 60}:{abs(left) % 60:02d}"
    return {
        "name": _("最早发货时限"), "value": _("剩 %(left)s") % {"left": words_left} if left >= 0 else _("超 %(left)s") % {"left": words_left.lstrip("-")},
        "value_state": "bad" if left < 0 else "warn" if left < 24 * 60 else "", "beside": _("已超时 %(n)s 单") % {"n": clock.overdue},
        "state": "bad" if clock.overdue else "ok", "href": reverse("orders:picking"),
    }  # fmt: skip


def _field_chips(counts: dict[str, int], chosen: str) -> list[dict[str, Any]]:
    address = reverse("orders:verification")
    every = [{"label": _("全部"), "href": address, "count": sum(counts.values()), "is_active": chosen not in counts}]
    return every + [
        {"label": words.field_words(field.value), "href": f"{address}?field={field.value}", "count": counts.get(field.value, 0), "is_active": chosen == field.value}
        for field in Field
    ]


def _item_options(request: ConsoleRequest) -> dict[UUID, SafeString]:
    """The items of each shop as options, written once: they stand in the dialog of every unknown item on the page."""
    by_shop: dict[UUID, list[catalog.SkuRow]] = {}
    for item in catalog.skus_visible(request.actor):
        by_shop.setdefault(item.shop_id, []).append(item)
    return {
        shop: format_html_join("", '<option value="{}">{} · {}</option>', ((one.id, one.code, one.title) for one in found))
        for shop, found in by_shop.items()
    }


def _finding_row(finding: Finding, alike: int, items: str = "") -> dict[str, Any]:
    return {
        "finding": finding, "order": finding.order, "number": words.short_number(finding.order.order_no),
        "platform": words.platform_words(finding.order.platform), "field": words.field_words(finding.field), "wrong": words.wrong_words(finding),
        "proposed": words.proposed_words(finding), "reason": words.reason_words(finding), "alike": alike, "items": items,
        "confidence": f"{finding.confidence_bp / 10_000:.2f}" if finding.confidence_bp else "",
        "can_accept": finding.proposed_sku_id is not None, "is_unknown": finding.reason == "item_unknown", "is_address": finding.field == Field.ADDRESS.value,
        "may_be_held": finding.field in {Field.PRICE.value, Field.QUANTITY.value, Field.DUPLICATE.value}, "other": finding.details.get("order", ""),
    }  # fmt: skip


@require_POST
def accept(request: ConsoleRequest, finding_id: UUID) -> HttpResponse:
    chosen = request.POST.get("sku") or None
    mended = deciding.accept_finding(actor=request.actor, finding_id=finding_id, sku_id=UUID(chosen) if chosen else None, now=request.now)
    return done(request, _("已采用并记住，%(n)s 单一起改好") % {"n": mended}, "orders:verification", undo=reverse("orders:take-back-finding", args=[finding_id]))


@require_POST
def dismiss(request: ConsoleRequest, finding_id: UUID) -> HttpResponse:
    deciding.dismiss_finding(actor=request.actor, finding_id=finding_id, reason=request.POST.get("reason", ""), now=request.now)
    return done(request, _("已按原样保留"), "orders:verification", undo=reverse("orders:reopen", args=[finding_id]))


@require_POST
def reopen(request: ConsoleRequest, finding_id: UUID) -> HttpResponse:
    deciding.reopen_finding(actor=request.actor, finding_id=finding_id, now=request.now)
    return done(request, _("已撤销，重新列入核验"), "orders:verification")


@require_POST
def hold(request: ConsoleRequest) -> HttpResponse:
    ids = [UUID(one) for one in request.POST.getlist("ids")]
    held = services.hold_orders(actor=request.actor, order_ids=ids, reason=request.POST.get("reason", ""), now=request.now)
    back = "orders:order" if request.POST.get("back") == "order" and ids else "orders:verification"
    return done(request, _("已挂起 %(n)s 单") % {"n": held}, back, *(ids[:1] if back == "orders:order" else []))


@require_POST
def lift(request: ConsoleRequest, order_id: UUID) -> HttpResponse:
    services.lift_hold(actor=request.actor, order_id=order_id, flag=Hold(request.POST.get("flag", "manual")), now=request.now)
    return done(request, _("已恢复"), "orders:order", order_id)


@require_POST
def release(request: ConsoleRequest) -> HttpResponse:
    released = services.release_passed(actor=request.actor, shop_id=request.shop_id, now=request.now)
    return done(request, _("已放行 %(n)s 单，正在占用库存") % {"n": released}, "orders:picking")


@require_GET
def picking(request: ConsoleRequest) -> HttpResponse:
    """What do I take from the shelf now, and which parcels must leave first?"""
    access.require(request.actor, SEE)
    waiting = queries.to_pick(request.actor, shop_id=request.shop_id)
    orders = list(waiting[:PICKED_AT_ONCE])
    lines = queries.lines_of([one.pk for one in orders])
    together, routes = parcel_queries.merge_groups(orders), route_book.routes_of(orders)
    parts = split_orders.other_parts(orders)
    burn = queries.burn_down(request.actor, request.now, shop_id=request.shop_id)
    clock = queries.ship_clock(request.actor, request.now, shop_id=request.shop_id)
    late = predicted_late(queries.due_by(burn, clock, request.now), per_hour := queries.pace(request.actor, request.now, shop_id=request.shop_id))
    predicted = {
        "name": _("按现在的速度会迟"), "value": late, "value_state": "bad" if late else "", "state": "bad" if late else "ok",
        "beside": _("近 4 小时每小时发 %(n)s 单") % {"n": f"{per_hour:g}"},
    }  # fmt: skip
    chart = {
        "kind": "line", "x": [f"{in_shanghai(moment):%m-%d %H:00}" for moment, _left in burn],
        "series": [{"name": _("此刻最多还能剩几单没发"), "data": [left for _moment, left in burn], "kind": "bar", "unit": "count"}],
    }  # fmt: skip
    return render(
        request, "orders/picking.html",
        {
            "orders": [
                (one, lines.get(one.pk, []), words.short_number(one.order_no), route_book.courier_words(routes.get(one.pk)), [(other.pk, words.short_number(other.order_no)) for other in together.get(one.pk, [])],
                 [(other.pk, words.short_number(other.order_no), words.state_words(other.state)) for other in parts.get(one.pk, [])])
                for one in orders
            ], "total": waiting.count(),
            "pick": queries.pick_lines([one.pk for one in orders]), "figures": [*_clock_figures(clock), predicted], "chart": chart, "carriers": shipping.CARRIERS,
            "may_ship": request.actor.can(SHIP), "may_unmask": request.actor.can(UNMASK), "passed": queries.releasable_count(request.actor, shop_id=request.shop_id),
            "may_release": request.actor.can(RELEASE),
        },
    )  # fmt: skip


@require_GET
def order(request: ConsoleRequest, order_id: UUID) -> HttpResponse:
    """Where is this order, what is wrong with it, what happened to it?"""
    found = queries.order_for(request.actor, order_id)
    access.require(request.actor, SEE, shop_id=found.shop_id)
    return _order_page(request, found)


def _order_page(request: ConsoleRequest, found: Order, *, shown: dict[str, str] | None = None, form: ReceiverForm | None = None) -> HttpResponse:
    findings = [_finding_row(one, 0) | {"state": one.state} for one in queries.findings_of(found.pk)]
    can, ways = request.actor.can, track_views.parcels_of(found.pk)
    return render(
        request, "orders/order.html",
        {
            "order": found, "list_amount": found.amount_fen + found.coupon_fen, "number": words.short_number(found.order_no), "platform": words.platform_words(found.platform),
            "state_title": words.state_words(found.state), "state_pill": words.state_pill(found.state), "shown": shown,
            "holds": [(flag, words.hold_words(flag)) for flag in found.hold_flags], "lines": queries.lines_of([found.pk]).get(found.pk, []),
            "open_findings": [one for one in findings if one["state"] == "open"], "decided": [one for one in findings if one["state"] != "open"],
            "anomalies": [(one, words.anomaly_words(one.kind)) for one in queries.anomalies_of(found.pk)],
            "shipments": [(one, ways.get(one.pk)) for one in queries.shipments_of(found.pk)], "dispatches": parcel_views.dispatch_rows(parcel_queries.dispatches_of(found.pk)),
            **money_views.money_of(found.pk), "happened": _happened(found), "family": _family(found),
            "route": route_views.route_words(route_book.route_of(found)) if found.state in TO_SHIP else None, "couriers": [(one.key, one.zh) for one in COURIERS],
            "promised_by": ship_times.promised_of(found), "is_waiting": found.state in TO_SHIP, "is_unpaid": found.state == State.PENDING_PAYMENT.value,
            "form": form or ReceiverForm(), "ship_form": ShipForm(), "pay_form": PaymentForm(initial={"paid_yuan": plain_yuan(found.amount_fen)}),
            "may_unmask": can(UNMASK, shop_id=found.shop_id), "may_receive": can(RECEIVER, shop_id=found.shop_id), "may_ship": can(SHIP, shop_id=found.shop_id),
            "may_hold": can(HOLD, shop_id=found.shop_id), "may_verify": can(VERIFY, shop_id=found.shop_id), "may_mark": can(MARK_TEST, shop_id=found.shop_id), "may_pay": can(PAY, shop_id=found.shop_id),
            "trail": [(_("订单"), reverse("orders:list")), (words.short_number(found.order_no), "")],
        },
        status=422 if form is not None and form.errors else 200,
    )  # fmt: skip


def _family(found: Order) -> dict[str, Any] | None:
    """The order the platform split, and what became of it, seen from one of them."""
    family = split_orders.family_of(found)
    if family is None:
        return None
    parts = [(one, words.short_number(one.order_no), words.state_words(one.state), words.state_pill(one.state)) for one in family.parts]
    return {
        "is_parent": not found.parent_no, "parent": family.parent, "parent_no": family.parent_no, "parts": parts, "parts_fen": family.parts_fen,
        "differs": family.parent is not None and family.parent.amount_fen != family.parts_fen,
    }  # fmt: skip


def _happened(found: Order) -> list[dict[str, Any]]:
    steps = [
        (found.ordered_at, _("下单"), ""), (found.paid_at, _("付款"), ""), (found.released_at, _("核验通过，放行"), ""),
        (found.allocated_at, _("占用库存"), found.stock_reference), (found.shipped_at, _("发货"), ""), (found.finished_at, _("完成"), ""),
        (found.cancelled_at, _("取消"), found.cancel_reason),
    ]  # fmt: skip
    return sorted(({"at": at, "title": title, "note": note, "state": "ok"} for at, title, note in steps if at), key=lambda one: one["at"])


@require_POST
def receiver(request: ConsoleRequest, order_id: UUID) -> HttpResponse:
    form = ReceiverForm(request.POST)
    if not form.is_valid():
        return _order_page(request, queries.order_for(request.actor, order_id), form=form)
    services.set_receiver(actor=request.actor, order_id=order_id, now=request.now, **form.cleaned_data)
    return done(request, _("收件信息已保存并加密"), "orders:order", order_id)


@require_POST
def unmask(request: ConsoleRequest, order_id: UUID) -> HttpResponse:
    shown = services.unmask_receiver(actor=request.actor, order_id=order_id, reason=request.POST.get("reason", ""), now=request.now)
    return _order_page(request, queries.order_for(request.actor, order_id), shown=shown)


@require_POST
def pay(request: ConsoleRequest, order_id: UUID) -> HttpResponse:
    payment = services.record_payment(
        actor=request.actor, order_id=order_id, paid_fen=fen_from_text(request.POST.get("paid_yuan", "")), payment_no=request.POST.get("payment_no", "").strip(),
        paid_at=request.now, now=request.now,
    )
    said = {"in_time": _("已登记收款"), "late": _("超时付款，已重新占用库存"), "refund_due": _("超时付款且没有库存了，需要退款")}[payment.outcome]
    return done(request, said, "orders:order", order_id)
