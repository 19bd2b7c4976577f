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
from django.views.decorators.http import require_GET, require_POST

from kaibo.kit.money import fen_from_text, plain_yuan
from kaibo.master.people import queries as people
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.tables import tables
from kaibo.plumbing.tables.tables import Cell, Choice, Column, DateRange, Flag, Row, Search, Table
from kaibo.stages.aftersales import queries, rules, services, words
from kaibo.stages.aftersales.complaints import OrderNotFound
from kaibo.stages.aftersales.forms import CaseForm, FindOrderForm
from kaibo.stages.aftersales.models import Case, CaseEntry
from kaibo.stages.aftersales.permissions import EXPORT, HANDLE, IMPORT, OPEN, RECEIVE, REFUND, RULES, SEE
from kaibo.stages.aftersales.rules import Impact, Kind, Nature, Severity, State
from kaibo.stages.aftersales.services import NewCase
from kaibo.stages.orders import queries as orders


def _states(_request: HttpRequest) -> list[tuple[str, str]]:
    return words.choices(rules.STATE_WORDS)


def _severities(_request: HttpRequest) -> list[tuple[str, str]]:
    return words.choices(rules.SEVERITY_WORDS)


def _natures(_request: HttpRequest) -> list[tuple[str, str]]:
    return words.choices(rules.NATURE_WORDS)


CASES = Table(
    key="aftersales:cases",
    title=gettext_lazy("售后个案"),
    columns=(
        Column("case", gettext_lazy("个案"), kind="lead"),
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
    names = dict(people.choices())

    def row(one: Case) -> Row:
        about = f"{words.word(rules.NATURE_WORDS, one.nature)} · {words.word(rules.KIND_WORDS, one.kind)}"
        cells = {
            "case": Cell(one.goods or one.case_no, note=one.case_no), "severity": Cell(words.word(rules.SEVERITY_WORDS, one.severity), state=words.SEVERITY_PILLS[one.severity]),
            "about": Cell(about, note=one.reason[:40]), "state": Cell(words.word(rules.STATE_WORDS, one.state), state=words.STATE_PILLS.get(one.state, "")),
            "next": words.word(rules.NEXT_WORDS, one.state), "due_at": one.due_at, "owner": names.get(one.owner_id, "—"), "asked": one.asked_fen or None,
            "opened_at": one.opened_at,
        }  # fmt: skip
        return Row(one.pk, cells, reverse("aftersales:case", args=[one.pk]))

    found = queries.cases_for(request.actor, shop_id=request.shop_id)
    table = tables.page(request, CASES, found, row=row)
    can = request.actor.can
    figures = _figures(queries.due_figures(request.actor, request.now, shop_id=request.shop_id))
    return render(
        request, "aftersales/list.html",
        {"table": table, "figures": figures, "may_open": can(OPEN), "may_import": can(IMPORT), "may_rules": can(SEE)},
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


@require_GET
def case(request: ConsoleRequest, case_id: UUID) -> HttpResponse:
    """What do I do now, by when, and with which words?"""
    found = queries.case_for(request.actor, case_id)
    access.require(request.actor, SEE, shop_id=found.shop_id)
    entries = queries.entries_of(found.pk)
    done_steps = {one.outcome for one in entries if one.kind == CaseEntry.Kind.STEP}
    level = rules.LEVELS[Severity(found.severity)]
    paid, refunded = queries.refundable([found.line_id]).get(found.line_id, (found.line.amount_fen if found.line else 0, 0)) if found.line_id else (0, 0)
    state = State(found.state)
    can = request.actor.can
    return render(
        request, "aftersales/case.html",
        {
            "case": found, "severity": words.word(rules.SEVERITY_WORDS, found.severity), "severity_pill": words.SEVERITY_PILLS[found.severity],
            "state_title": words.word(rules.STATE_WORDS, found.state), "next": words.word(rules.NEXT_WORDS, found.state),
            "nature": words.word(rules.NATURE_WORDS, found.nature), "kind": words.word(rules.KIND_WORDS, found.kind),
            "impact": words.word(rules.IMPACT_WORDS, found.impact), "owner": people.names_of([found.owner_id]).get(found.owner_id, "—") if found.owner_id else "—",
            "people": people.choices(), "steps": [(number, words.said(one), str(number) in done_steps) for number, one in enumerate(level.steps)],
            "phrases": [words.said(one) for one in level.phrases], "history": [_history(one) for one in entries], "paid": paid, "refunded": refunded,
            "left": paid - refunded, "left_yuan": plain_yuan(paid - refunded), "moves": _moves(state), "is_open": state is not State.CLOSED,
            "may_receive_now": rules.STEPS.allows(state, State.RECEIVED), "may_refund_now": rules.STEPS.allows(state, State.REFUNDED),
            "may_close_now": rules.may_close(state, last_contact=found.last_contact), "is_settled": state in rules.SETTLED,
            "may_handle": can(HANDLE, shop_id=found.shop_id), "may_refund": can(REFUND, shop_id=found.shop_id), "may_receive": can(RECEIVE, shop_id=found.shop_id),
            "contacts": words.choices(words.CONTACT_WORDS), "trail": [(_("售后个案"), reverse("aftersales:list")), (found.case_no, "")],
        },
    )  # fmt: skip


MOVES = {
    State.APPROVED_REFUND: gettext_lazy("同意退款"), State.APPROVED_RETURN: gettext_lazy("同意退货"), State.EXCHANGING: gettext_lazy("同意换货"),
    State.BUYER_SHIPPED: gettext_lazy("买家已寄回"), State.EXCHANGED: gettext_lazy("换货已寄出"), State.REJECTED: gettext_lazy("拒绝"),
    State.ARBITRATION: gettext_lazy("平台介入"), State.BUYER_CANCELLED: gettext_lazy("买家撤销"), State.REQUESTED: gettext_lazy("重新处理"),
}  # fmt: skip


def _moves(state: State) -> list[tuple[str, Any]]:
    return [(target.value, words_) for target, words_ in MOVES.items() if rules.STEPS.allows(state, target)]


def _history(entry: CaseEntry) -> dict[str, Any]:
    is_red = entry.outcome in {"rejected", "arbitration", "unsatisfied"}
    text = entry.text if entry.kind in {CaseEntry.Kind.STATE, CaseEntry.Kind.CONTACT} else ""
    return {"at": entry.at, "title": words.entry_words(entry), "note": " · ".join(filter(None, (text, entry.by))), "state": "red" if is_red else "ok"}


@require_POST
def move(request: ConsoleRequest, case_id: UUID) -> HttpResponse:
    services.move_case(
        actor=request.actor, case_id=case_id, target=State(request.POST.get("target", "")), reason=request.POST.get("reason", ""), now=request.now,
        tracking_no=request.POST.get("tracking_no", ""),
    )  # fmt: skip
    return done(request, _("已更新，时限已重算"), "aftersales:case", case_id)


@require_POST
def receive(request: ConsoleRequest, case_id: UUID) -> HttpResponse:
    services.receive_return(actor=request.actor, case_id=case_id, quantity=int(request.POST.get("quantity") or 0), now=request.now)
    return done(request, _("已收货，进入待检；七日内要退款"), "aftersales:case", case_id)


@require_POST
def refund(request: ConsoleRequest, case_id: UUID) -> HttpResponse:
    amount = fen_from_text(request.POST.get("amount_yuan", ""))
    services.refund(actor=request.actor, case_id=case_id, amount_fen=amount, key=request.POST.get("key", "").strip() or f"{case_id}", now=request.now)
    return done(request, _("已登记退款，接着回访"), "aftersales:case", case_id)


@require_POST
def contact(request: ConsoleRequest, case_id: UUID) -> HttpResponse:
    services.record_contact(
        actor=request.actor, case_id=case_id, outcome=request.POST.get("outcome", ""), text=request.POST.get("text", ""), now=request.now
    )
    return done(request, _("回访已记下"), "aftersales:case", case_id)


@require_POST
def step(request: ConsoleRequest, case_id: UUID, step: int) -> HttpResponse:
    services.tick_step(actor=request.actor, case_id=case_id, step=step, now=request.now)
    return done(request, _("已记下"), "aftersales:case", case_id)


@require_POST
def close(request: ConsoleRequest, case_id: UUID) -> HttpResponse:
    services.close_case(actor=request.actor, case_id=case_id, reason=request.POST.get("reason", ""), now=request.now)
    return done(request, _("已结案，原因已告诉选品和供应链"), "aftersales:case", case_id)


@require_POST
def assign(request: ConsoleRequest) -> HttpResponse:
    ids = [UUID(one) for one in request.POST.getlist("ids")]
    given = services.assign(actor=request.actor, case_ids=ids, owner_id=UUID(request.POST.get("owner", "")), now=request.now)
    return done(request, _("已转交 %(n)s 个") % {"n": given}, "aftersales:case" if len(ids) == 1 else "aftersales:list", *(ids if len(ids) == 1 else []))


def severity(request: ConsoleRequest) -> HttpResponse:
    """What counts as grave, and how fast must each level be answered?"""
    access.require(request.actor, SEE)
    if request.method == "POST":
        services.change_rule(
            actor=request.actor, nature=Nature(request.POST.get("nature", "")), impact=Impact(request.POST.get("impact", "")),
            severity=Severity(request.POST.get("severity", "")), reason=request.POST.get("reason", ""), now=request.now,
        )  # fmt: skip
        return done(request, _("规则已改，之后登记的个案按新规则"), "aftersales:severity")
    changed = queries.changed_rules()
    hours = queries.hours_in_force()
    rows = [
        (nature.value, words.word(rules.NATURE_WORDS, nature), [_cell(nature, impact, changed) for impact in Impact]) for nature in Nature
    ]
    levels = [
        (words.word(rules.SEVERITY_WORDS, one), words.SEVERITY_PILLS[one.value], hours.for_severity(one), [words.said(step_) for step_ in rules.LEVELS[one].steps])
        for one in Severity
    ]
    return render(
        request, "aftersales/severity.html",
        {
            "rows": rows, "impacts": [words.word(rules.IMPACT_WORDS, one) for one in Impact], "levels": levels, "hours": hours,
            "severities": words.choices(rules.SEVERITY_WORDS), "natures": words.choices(rules.NATURE_WORDS), "impact_choices": words.choices(rules.IMPACT_WORDS),
            "may_change": request.actor.can(RULES),
        },
    )  # fmt: skip


def _cell(nature: Nature, impact: Impact, changed: dict[tuple[str, str], str]) -> dict[str, Any]:
    given = rules.severity_of(nature, impact, changed)
    return {"words": words.word(rules.SEVERITY_WORDS, given), "pill": words.SEVERITY_PILLS[given.value], "is_changed": (nature.value, impact.value) in changed}
