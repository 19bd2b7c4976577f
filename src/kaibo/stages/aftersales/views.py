"""Cases: which are about to be late, whose are they, what do I do now?"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from kaibo.master.people import queries as people
from kaibo.master.shops.models import PLATFORM_CHOICES, Platform
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.tables import tables
from kaibo.plumbing.tables.tables import Cell, Choice, Column, DateRange, Flag, Row, Search, Table
from kaibo.stages.aftersales import platform_queries, queries, review_calls, rules, services, words
from kaibo.stages.aftersales.complaints import OrderNotFound
from kaibo.stages.aftersales.forms import CaseForm, FindOrderForm, ReviewForm
from kaibo.stages.aftersales.models import Case
from kaibo.stages.aftersales.permissions import EXPORT, IMPORT, OPEN, REFUND_LARGE, SEE
from kaibo.stages.aftersales.rules import Impact, Kind, Nature, State
from kaibo.stages.aftersales.services import NewCase
from kaibo.stages.orders import queries as orders


def _states(_request: HttpRequest) -> list[tuple[str, str]]:
    return words.choices(rules.STATE_WORDS)


def _severities(_request: HttpRequest) -> list[tuple[str, str]]:
    return words.choices(rules.SEVERITY_WORDS)


def platform_names() -> dict[str, str]:
    """This function will give the names of the places cases come from, in the reader's language."""
    return {key: str(name) for key, name in PLATFORM_CHOICES}


def _platforms(_request: HttpRequest) -> list[tuple[str, str]]:
    return list(platform_names().items())


def _natures(_request: HttpRequest) -> list[tuple[str, str]]:
    return words.choices(rules.NATURE_WORDS)


CASES = Table(
    key="aftersales:cases",
    title=gettext_lazy("售后个案"),
    columns=(
        Column("case", gettext_lazy("个案"), kind="lead"),
        Column("channel", gettext_lazy("渠道")),
        Column("severity", gettext_lazy("严重程度"), sort="severity", kind="pill"),
        Column("about", gettext_lazy("什么事")),
        Column("state", gettext_lazy("到哪一步"), kind="pill"),
        Column("next", gettext_lazy("现在做什么")),
        Column("due_at", gettext_lazy("时限"), sort="due_at", kind="clock"),
        Column("owner", gettext_lazy("负责人")),
        Column("asked", gettext_lazy("涉及金额"), sort="asked_fen", kind="money"),
        Column("opened_at", gettext_lazy("申请"), sort="opened_at", kind="when"),
    ),
    filters=(
        Search(("case_no__startswith", "order_no__startswith"), gettext_lazy("售后单号、订单号开头…")),
        Choice("severity", gettext_lazy("严重程度"), _severities, as_chips=True, counted=True),
        Flag("late", gettext_lazy("已超时"), lambda now: Q(due_at__lt=now) & ~Q(state=State.CLOSED.value), state="bad"),
        Flag("open", gettext_lazy("未结案"), ~Q(state=State.CLOSED.value)),
        Choice("state", gettext_lazy("到哪一步"), _states),
        Choice("nature", gettext_lazy("什么问题"), _natures),
        Choice("platform", gettext_lazy("渠道"), _platforms),
        DateRange("opened", gettext_lazy("申请时间"), "opened_at"),
    ),
    default_sort="due_at",
    unit=gettext_lazy("个"),
    empty_title=gettext_lazy("还没有售后个案"),
    empty_text=gettext_lazy("从平台后台导出售后单，在这里导入；自播间的由客服登记。每个个案都有严重程度、负责人和时限。"),
    empty_action_label=gettext_lazy("导入售后单"),
    empty_action_href="/imports/new?kind=aftersales",
    export_ability=EXPORT,
)


@require_GET
def case_list(request: ConsoleRequest) -> HttpResponse:
    access.require(request.actor, SEE)
    names, platforms = dict(people.choices()), platform_names()

    def row(one: Case) -> Row:
        about = f"{words.word(rules.NATURE_WORDS, one.nature)} · {words.word(rules.KIND_WORDS, one.kind)}"
        cells = {
            "case": Cell(one.goods or one.case_no, note=one.case_no), "channel": Cell(platforms.get(one.platform, one.platform), note=one.order_no if one.platform != Platform.OWN else ""),
            "severity": Cell(words.word(rules.SEVERITY_WORDS, one.severity), state=words.SEVERITY_PILLS[one.severity]),
            "about": Cell(about, note=one.reason[:40]), "state": Cell(words.word(rules.STATE_WORDS, one.state), state=words.STATE_PILLS.get(one.state, "")),
            "next": words.word(rules.NEXT_WORDS, one.state), "due_at": one.due_at, "owner": names.get(one.owner_id, "—"), "asked": one.asked_fen or None,
            "opened_at": one.opened_at,
        }  # fmt: skip
        return Row(one.pk, cells, reverse("aftersales:case", args=[one.pk]))

    found = queries.cases_for(request.actor, shop_id=request.shop_id)
    table = tables.page(request, CASES, found, row=row)
    can = request.actor.can
    figures = _figures(queries.due_figures(request.actor, request.now, shop_id=request.shop_id))
    to_decide = list(queries.refunds_to_decide(request.actor)[:5]) if can(REFUND_LARGE) else []
    return render(
        request, "aftersales/list.html",
        {"table": table, "figures": figures, "may_open": can(OPEN), "may_import": can(IMPORT), "may_rules": can(SEE), "to_decide": to_decide, "strange": platform_queries.unseen(request.actor, shop_id=request.shop_id)},
    )  # fmt: skip


def _figures(due: queries.DueFigures) -> list[dict[str, Any]]:
    listed = reverse("aftersales:list")
    return [
        {"name": _("已超时"), "value": due.late, "value_state": "bad" if due.late else "", "state": "bad" if due.late else "ok",
         "beside": _("先处理这些") if due.late else _("没有超时"), "href": f"{listed}?late=1"},
        {"name": _("4 小时内到期"), "value": due.soon, "state": "warn" if due.soon else "", "beside": _("共 %(n)s 个未结案") % {"n": due.open}, "href": f"{listed}?open=1"},
        {"name": _("严重"), "value": due.serious, "value_state": "bad" if due.serious else "", "beside": _("店长与品控已通知"), "href": f"{listed}?severity=serious"},
        {"name": _("待退款（已收到退货）"), "value": due.to_refund, "beside": _("收货后 7 日内 · 消法 25 条"), "href": f"{listed}?state=received"},
        {"name": _("待回访"), "value": due.to_call, "beside": _("满意才结案"), "href": f"{listed}?state=refunded"},
    ]  # fmt: skip


def new_review(request: ConsoleRequest) -> HttpResponse:
    """A bad review: whose, about which item, to be phoned by whom?"""
    access.require(request.actor, OPEN)
    number = (request.POST.get("order_no") or request.GET.get("order_no") or "").strip()
    if not number:
        return render(request, "aftersales/new_review.html", {"find": FindOrderForm()})
    found = orders.orders_for(request.actor, shop_id=request.shop_id).filter(order_no=number).first()
    if found is None:
        raise OrderNotFound(order_no=number)
    lines = orders.lines_of([found.pk]).get(found.pk, [])
    options = [(str(line.pk), f"{line.platform_title} {line.platform_specification} ×{line.quantity}") for line in lines]
    form = ReviewForm(request.POST if "line" in request.POST else None, lines=options)
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        told = review_calls.BadReview(UUID(said["line"]), said["stars"], said["review"], said["reviewed_at"] or request.now)
        call = review_calls.take_review(actor=request.actor, told=told, now=request.now)
        return done(request, _("已登记，两小时内打电话：先听感受，再问问题，最后给方案"), "aftersales:case", call.case_id)
    return render(request, "aftersales/new_review.html", {"form": form, "order": found}, status=422 if form.errors else 200)


def new_case(request: ConsoleRequest) -> HttpResponse:
    access.require(request.actor, OPEN)
    number = (request.POST.get("order_no") or request.GET.get("order_no") or "").strip()
    if not number:
        return render(request, "aftersales/new.html", {"find": FindOrderForm()})
    found = orders.orders_for(request.actor, shop_id=request.shop_id).filter(order_no=number).first()
    if found is None:
        raise OrderNotFound(order_no=number)
    lines = orders.lines_of([found.pk]).get(found.pk, [])
    options = [(str(line.pk), f"{line.platform_title} {line.platform_specification} ×{line.quantity}") for line in lines]
    form = CaseForm(request.POST if "line" in request.POST else None, lines=options)
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        asked = next(line.amount_fen for line in lines if str(line.pk) == said["line"])
        told = NewCase(
            UUID(said["line"]), Kind(said["kind"]), Nature(said["nature"]), Impact(said["impact"]), said["reason"], asked_fen=asked, quantity=said["quantity"]
        )
        case = services.open_case(actor=request.actor, told=told, now=request.now)
        return done(request, _("已登记，负责人已收到通知"), "aftersales:case", case.pk)
    return render(request, "aftersales/new.html", {"form": form, "order": found}, status=422 if form.errors else 200)
