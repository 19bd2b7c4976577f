"""One case: what do I do now, by when, and with which words?"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from kaibo.kit.money import fen_from_text, plain_yuan, yuan_text
from kaibo.master.people import queries as people
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.stages.aftersales import (
    deadlines,
    grounds,
    platform_queries,
    queries,
    refunds,
    replacements,
    returns,
    review_calls,
    rulebook,
    rules,
    services,
    words,
)
from kaibo.stages.aftersales.fairness import LAW_EN, LAW_ZH
from kaibo.stages.aftersales.models import Case, CaseEntry, RefundRequest
from kaibo.stages.aftersales.permissions import HANDLE, RECEIVE, REFUND, REFUND_LARGE, SEE
from kaibo.stages.aftersales.rule_views import chosen
from kaibo.stages.aftersales.rules import Impact, Kind, Severity, State
from kaibo.stages.aftersales.views import platform_names

MOVES = {
    State.APPROVED_REFUND: gettext_lazy("同意退款"), State.APPROVED_RETURN: gettext_lazy("同意退货"), State.BUYER_SHIPPED: gettext_lazy("买家已寄回"),
    State.REPAIRING: gettext_lazy("送修"), State.REPAIRED: gettext_lazy("修好已寄回"), State.REJECTED: gettext_lazy("拒绝"),
    State.ARBITRATION: gettext_lazy("平台介入"), State.BUYER_CANCELLED: gettext_lazy("买家撤销"), State.REQUESTED: gettext_lazy("重新处理"),
}  # fmt: skip


@require_GET
def case(request: ConsoleRequest, case_id: UUID) -> HttpResponse:
    """What do I do now, by when, and with which words?"""
    found = queries.case_for(request.actor, case_id)
    access.require(request.actor, SEE, shop_id=found.shop_id)
    state, can = State(found.state), request.actor.can
    return render(
        request, "aftersales/case.html",
        {
            "case": found, "state_title": words.word(rules.STATE_WORDS, found.state), "next": words.word(rules.NEXT_WORDS, found.state),
            "owner": people.names_of([found.owner_id]).get(found.owner_id, "—") if found.owner_id else "—", "people": people.choices(),
            "moves": _moves(state, Kind(found.kind)), "is_open": state is not State.CLOSED, "is_settled": state in rules.SETTLED,
            "may_receive_now": state in rules.EXPECTS_GOODS or rules.comes_after_its_money(state, Kind(found.kind), was_received=found.received_at is not None), "may_close_now": rules.may_close(state, last_contact=found.last_contact),
            "may_handle": can(HANDLE, shop_id=found.shop_id), "may_receive": can(RECEIVE, shop_id=found.shop_id),
            "contacts": words.choices(words.CONTACT_WORDS), "history": [_history(one) for one in queries.entries_of(found.pk)],
            "trail": [(_("售后个案"), reverse("aftersales:list")), (found.case_no, "")],
            "strange": [(platform_queries.strange_words(one), one) for one in platform_queries.strange_of(found.pk)], "platform_name": platform_names().get(found.platform, found.platform),
            **_about(found, request), **_process(found), **_money(found, request), **_goods(found), **_call(found),
        },
    )  # fmt: skip


def _about(found: Case, request: ConsoleRequest) -> dict[str, Any]:
    level = rules.level_of(State(found.state), Impact(found.impact), due=found.due_at, rejections=found.rejections, now=request.now)
    return {
        "severity": words.word(rules.SEVERITY_WORDS, found.severity), "severity_pill": words.SEVERITY_PILLS[found.severity],
        "nature": words.word(rules.NATURE_WORDS, found.nature), "kind": words.word(rules.KIND_WORDS, found.kind), "impact": words.word(rules.IMPACT_WORDS, found.impact),
        "kinds": words.choices(rules.CHOSEN_KINDS), "level": level.value, "level_words": words.word(words.LEVEL_WORDS, level.value), "level_pill": words.LEVEL_PILLS[level.value],
        "grounds": [(key, words.said((one.zh, one.en)), words.said((one.article_zh, one.article_en)), words.said((one.evidence_zh, one.evidence_en))) for key, one in grounds.GROUNDS.items()],
        "needs_ground": found.nature == rules.Nature.NO_REASON.value,
    }  # fmt: skip


def _process(found: Case) -> dict[str, Any]:
    done_steps = {one.outcome for one in queries.entries_of(found.pk) if one.kind == CaseEntry.Kind.STEP}
    process = rulebook.version_of_case(found.rules_version, Severity(found.severity))
    return {
        "steps": [(number, words.said(one), str(number) in done_steps) for number, one in enumerate(process.steps)],
        "phrases": [words.said(one) for one in rules.phrases_for(process, rules.Nature(found.nature))], "rules_version": found.rules_version,
    }  # fmt: skip


def _money(found: Case, request: ConsoleRequest) -> dict[str, Any]:
    paid, refunded = refunds.paid_and_refunded(found)
    waiting = queries.waiting_refund(found.pk)
    can = request.actor.can
    may_decide = waiting is not None and can(REFUND_LARGE, shop_id=found.shop_id) and waiting.asked_by != request.actor.person_id
    terms: list[tuple[Any, Any, Any]] = []
    if found.received_at and State(found.state) in rules.IN_OUR_HANDS:
        hours = queries.hours_in_force()
        terms = [
            (_("退款最晚"), deadlines.legal_refund_by(found.received_at, hours.refund_days, hours.service), _("收到退货起 7 日内：消法 25 条；当日不计入：民法典 201 条")),
            (_("算故意拖延"), deadlines.deliberate_delay_from(found.received_at), _("超过 15 日：侵害消费者权益行为处罚办法 9 条")),
        ]
    return {
        "paid": paid, "refunded": refunded, "left": paid - refunded, "left_yuan": plain_yuan(_proposed(found, paid - refunded)), "is_under_way": found.state == State.REFUNDING.value, "waiting": waiting, "may_decide": may_decide,
        "may_refund_now": rules.STEPS.allows(State(found.state), State.REFUNDED) and found.state != State.REFUNDING.value and waiting is None,
        "may_refund": can(REFUND, shop_id=found.shop_id), "legal_terms": terms,
    }  # fmt: skip


def _proposed(found: Case, left_fen: int) -> int:
    """What stands in the field of a refund: what was offered on the phone, else all that is left."""
    call = review_calls.call_of(found.pk)
    return min(call.offer_fen, left_fen) if call is not None and call.offer_fen else left_fen


def _goods(found: Case) -> dict[str, Any]:
    return {
        "returned": [
            {"sku": one.sku.code, "lot": one.inspection.label, "lot_id": one.inspection.lot_id, "units": one.units, "inspection_id": one.inspection_id,
             "words": words.word(words.CHECK_WORDS, one.inspection.state), "pill": words.CHECK_PILLS[one.inspection.state]}
            for one in queries.returned_of(found.pk)
        ],
        "replacement": queries.replacement_of(found.pk), "may_send_again": replacements.may_send(Kind(found.kind), State(found.state)) and found.line_id is not None,
    }  # fmt: skip


def _call(found: Case) -> dict[str, Any]:
    call = review_calls.call_of(found.pk)
    if call is None:
        return {}
    done_parts = {"feeling": call.feeling, "problem": call.problem, "offer": call.offer}
    named = {"shop": found.shop.name, "law": words.said((LAW_ZH, LAW_EN))}
    parts, is_next = [], True
    for part in review_calls.AGENDA:
        text = done_parts[part.key]
        parts.append(
            {"key": part.key, "title": words.said((part.zh, part.en)), "say": [words.said(one).format(**named) for one in part.say],
             "never": words.said((part.not_zh, part.not_en)).format(**named), "text": text, "is_next": is_next and not text}
        )  # fmt: skip
        is_next = is_next and bool(text)
    return {"call": call, "call_parts": parts, "offer_yuan": yuan_text(call.offer_fen)}


def _moves(state: State, kind: Kind) -> list[tuple[str, Any]]:
    return [
        (target.value, title) for target, title in MOVES.items()
        if rules.STEPS.allows(state, target) and not (target is State.REPAIRING and kind is not Kind.REPAIR)
        and not (target is State.REQUESTED and state is State.EXCHANGING)
    ]  # fmt: skip


def _history(entry: CaseEntry) -> dict[str, Any]:
    is_red = entry.outcome in {"rejected", "arbitration", "unsatisfied"}
    note = " · ".join(filter(None, (words.entry_note(entry), entry.by)))
    return {"at": entry.at, "title": words.entry_words(entry), "note": note, "state": "red" if is_red else "ok"}


@require_POST
def move(request: ConsoleRequest, case_id: UUID) -> HttpResponse:
    said = request.POST
    services.move_case(
        actor=request.actor, case_id=case_id, target=chosen(State, said.get("target", "")), reason=said.get("reason", ""), now=request.now,
        tracking_no=said.get("tracking_no", ""), ground=said.get("ground", ""),
    )  # fmt: skip
    return done(request, _("已更新，时限已重算"), "aftersales:case", case_id)


@require_POST
def change_kind(request: ConsoleRequest, case_id: UUID) -> HttpResponse:
    services.change_kind(
        actor=request.actor, case_id=case_id, kind=chosen(Kind, request.POST.get("kind", "")), reason=request.POST.get("reason", ""), now=request.now
    )
    return done(request, _("已改成新的处理方式"), "aftersales:case", case_id)


@require_POST
def receive(request: ConsoleRequest, case_id: UUID) -> HttpResponse:
    said = request.POST.get("quantity") or "0"
    returns.receive_return(actor=request.actor, case_id=case_id, quantity=int(said) if said.isdigit() else 0, now=request.now)
    return done(request, _("已收货，进入待检；七日内要退款"), "aftersales:case", case_id)


@require_POST
def refund(request: ConsoleRequest, case_id: UUID) -> HttpResponse:
    amount = fen_from_text(request.POST.get("amount_yuan", ""))
    made = refunds.refund(actor=request.actor, case_id=case_id, amount_fen=amount, key=request.POST.get("key", "").strip() or refunds.own_key(case_id), now=request.now)
    said = _("超过限额，已请另一个人批准，批准前不退钱") if isinstance(made, RefundRequest) else _("已登记退款，接着回访")
    return done(request, said, "aftersales:case", case_id)


@require_POST
def decide_refund(request: ConsoleRequest, request_id: UUID) -> HttpResponse:
    is_approved = request.POST.get("decision") == "approve"
    asked = refunds.decide_request(
        actor=request.actor, request_id=request_id, is_approved=is_approved, reason=request.POST.get("reason", ""), now=request.now
    )
    return done(request, _("已批准，钱已退出") if is_approved else _("没有批准，已告诉申请人"), "aftersales:case", asked.case_id)


@require_POST
def send_again(request: ConsoleRequest, case_id: UUID) -> HttpResponse:
    made = replacements.send_again(actor=request.actor, case_id=case_id, now=request.now)
    return done(request, _("补发单 %(number)s 已交给仓库") % {"number": made.order.order_no}, "aftersales:case", case_id)


@require_POST
def drop_replacement(request: ConsoleRequest, case_id: UUID) -> HttpResponse:
    replacements.drop(actor=request.actor, case_id=case_id, reason=request.POST.get("reason", ""), now=request.now)
    return done(request, _("补发单已撤回"), "aftersales:case", case_id)


@require_POST
def write_call(request: ConsoleRequest, case_id: UUID, part: str) -> HttpResponse:
    said = {"actor": request.actor, "case_id": case_id, "text": request.POST.get("text", ""), "now": request.now}
    if part == "offer":
        review_calls.make_offer(**said, offer_fen=fen_from_text(request.POST.get("offer_yuan") or "0"))
    else:
        {"feeling": review_calls.note_feeling, "problem": review_calls.note_problem}[part](**said)
    return done(request, _("已记下，接着下一步"), "aftersales:case", case_id)


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
