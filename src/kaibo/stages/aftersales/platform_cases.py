"""
Taking cases as platforms show them: once however often they are shown, whatever order they come in.

The platform decides and pays; here is written down what it did. Its word is kept verbatim; what goes back or cannot follow
is an anomaly for people (`merging`); money it gave back is counted against the order's lines and never sent again by us.
Locks: the case, then its order's line.   Source: facts/platforms §5.1, AFT-1, AFT-5.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils.translation import gettext_noop

from kaibo.kit.money import yuan_text
from kaibo.kit.shop_channels import CaseKind, CaseState, PlatformCase
from kaibo.master.shops.models import ChannelAccount
from kaibo.plumbing import kept_words
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import KAIBO, Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.kept_words import Filling
from kaibo.plumbing.notices import notices
from kaibo.stages.aftersales import merging, queries, refunds, rulebook, rules, services
from kaibo.stages.aftersales.deadlines import Hours
from kaibo.stages.aftersales.merging import STRANGE_WORDS, Merged, Strange
from kaibo.stages.aftersales.models import Case, CaseEntry, Refund
from kaibo.stages.aftersales.permissions import HANDLE
from kaibo.stages.aftersales.platform_models import CaseAnomaly, CaseRefusal
from kaibo.stages.aftersales.rules import Impact, Kind, Severity, State
from kaibo.stages.aftersales.steps import note
from kaibo.stages.orders import queries as orders
from kaibo.stages.orders.models import Order, OrderLine

BOOKED_CURRENCY = "CNY"
MOST_WAITING = 500


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the cases of a page need to be taken: whose they are, the rules in force, the orders they are about."""

    account: ChannelAccount
    now: datetime
    book: rulebook.Book
    hours: Hours
    orders: Mapping[str, Order]
    lines: Mapping[UUID, list[OrderLine]]


def take(account: ChannelAccount, cases: Sequence[PlatformCase], now: datetime) -> int:
    """This function will take cases as the platform shows them, and give how many said something new."""
    for one in cases:
        if one.currency != BOOKED_CURRENCY:
            refuse(account, one.case_no, gettext_noop("金额是 %(currency)s，这里的账只记人民币，没有收下"), now, {"currency": one.currency[:8]})
    newest: dict[str, PlatformCase] = {}
    for one in sorted((one for one in cases if one.currency == BOOKED_CURRENCY), key=lambda one: one.updated_at):
        newest[one.case_no] = one  # a page may show one twice
    if not newest:
        return 0
    shelf = _shelf(account, [one.order_no for one in newest.values()], now)
    known = dict(_mine(account).filter(case_no__in=list(newest)).values_list("case_no", "content_hash"))
    changed = sum(_take_patiently(shelf, one) for one in newest.values() if known.get(one.case_no) != _mark(one))
    CaseRefusal.objects.filter(channel_id=account.pk, case_no__in=list(newest)).delete()
    return changed


def refuse(account: ChannelAccount, case_no: str, why: str, now: datetime, values: Mapping[str, Filling] | None = None) -> None:
    """This function will write down that a case a platform showed was not taken, and why."""
    CaseRefusal.objects.update_or_create(
        channel_id=account.pk, case_no=case_no[:64], defaults={"why": why[:200], "values": kept_words.kept(values or {}), "at": now}
    )


def link_waiting(account: ChannelAccount, now: datetime) -> int:
    """This function will tie cases that came before their order to it, once it is known."""
    waiting = list(_mine(account).filter(order=None).exclude(order_no="").values_list("pk", "order_no")[:MOST_WAITING])
    shelf = _shelf(account, [number for _, number in waiting], now)
    return sum(_link(shelf, case_id) for case_id, number in waiting if number in shelf.orders)


def settle_ended(account: ChannelAccount, now: datetime) -> int:
    """
    This function will settle refunds under way whose order the platform ended before it left: 京东 never says that the money
    arrived, only that the order is gone.
    """
    gone = _mine(account).filter(platform_state=CaseState.REFUNDING.value, state=State.REFUNDING.value, order__state__in=["cancelled", "closed"], kind=Kind.REFUND.value)
    return sum(_settle_ended(case_id, now) for case_id in list(gone.filter(order__shipped_at=None).values_list("pk", flat=True)[:MOST_WAITING]))


@transaction.atomic
def _settle_ended(case_id: UUID, now: datetime) -> bool:
    # lock: a person may be at the case at the same moment
    case = Case.objects.select_for_update(of=("self",)).select_related("order").get(pk=case_id)
    if case.state != State.REFUNDING.value:
        return False
    Case.objects.filter(pk=case_id).update(
        state=State.CLOSED.value, due_at=None, settled_at=now, closed_at=now, close_reason=case.raw_status[:200], refunded_fen=case.asked_fen
    )
    case.refresh_from_db()
    note(case, CaseEntry.Kind.NOTE, gettext_noop("平台已经取消这一单：退款按已完成记"), KAIBO, now)
    counted = Refund.objects.filter(case=case).aggregate(fen=Sum("amount_fen"))["fen"] or 0
    borne = refunds.count_platform_refund(case.line_id, case.asked_fen - counted) if case.line_id else case.asked_fen - counted
    if borne > 0:
        Refund.objects.create(case=case, key=f"{case.platform}:{case.case_no}"[:80], amount_fen=borne, refunded_at=now, by=KAIBO.name)
    services.announce_closed(case, now)
    services.lift_hold(case, now)
    return True


@transaction.atomic
def mark_seen(*, actor: Actor, case_id: UUID, now: datetime) -> int:
    """This function will note that somebody looked at what a platform said strangely of a case.   Raises: Forbidden, CaseUnknown."""
    case = queries.case_for(actor, case_id)
    access.require(actor, HANDLE, shop_id=case.shop_id)
    changed = CaseAnomaly.objects.filter(case=case, seen_at=None).update(seen_at=now, seen_by=actor.name)
    if changed:
        audit.record(actor, "aftersales:anomaly:seen", subject=f"case:{case_id}", now=now, shop_id=case.shop_id, details={"anomalies": changed})
    return changed


def _mine(account: ChannelAccount) -> Any:
    return Case.objects.filter(platform=account.channel.platform, shop=account.channel.shop_id)


def _shelf(account: ChannelAccount, numbers: Sequence[str], now: datetime) -> Shelf:
    found = Order.objects.filter(platform=account.channel.platform, shop=account.channel.shop_id, order_no__in=set(numbers))
    by_number = {one.order_no: one for one in found}
    lines = orders.lines_of([one.pk for one in by_number.values()])
    return Shelf(account, now, rulebook.in_force(), queries.hours_in_force(), by_number, lines)


def _mark(told: PlatformCase) -> str:
    """Of everything but the deadline, which some platforms tell as seconds left from now."""
    return hashlib.md5(repr(replace(told, decide_by=None)).encode(), usedforsecurity=False).hexdigest()


def _take_patiently(shelf: Shelf, told: PlatformCase) -> bool:
    """Twice at most: a file with the same case may have been first."""
    try:
        return _take(shelf, told)
    except IntegrityError:
        return _take(shelf, told)


@transaction.atomic
def _take(shelf: Shelf, told: PlatformCase) -> bool:
    # lock: a person, a file and another reading may be at the case at the same moment
    known = _mine(shelf.account).select_for_update(of=("self",)).filter(case_no=told.case_no).first()
    if known and (told.updated_at < known.source_version or known.content_hash == _mark(told)):
        return False
    before = CaseState(known.platform_state) if known and known.platform_state else None
    merged = merging.merge_case(before, told.state)
    is_same_moment = known is not None and told.updated_at == known.source_version
    if merged.strange is Strange.BACKWARD and is_same_moment:
        return False  # two answers of one second: the further one is the later one
    case = _change(shelf, known, told, merged) if known else _open(shelf, told, merged)
    if merged.strange:
        _wonder(case, merged.strange, told, shelf.now)
    if told.kind is CaseKind.UNKNOWN and (known is None or known.kind == Kind.UNKNOWN.value):
        _wonder(case, Strange.UNKNOWN_KIND, told, shelf.now)
    _book_money(case, told, merged.state, shelf.now)
    _follow_order(case, merged.state, shelf.now)
    return True


def _open(shelf: Shelf, told: PlatformCase, merged: Merged) -> Case:
    order = shelf.orders.get(told.order_no)
    line = line_of(shelf.lines.get(order.pk, []) if order else [], told.line_no)
    nature, kind = rules.nature_of(told.reason), merging.KINDS[told.kind]
    severity = shelf.book.severity_of(nature, Impact.ONE)
    state, changes = _standing(shelf, None, told, merged.state, severity)
    shop_id = shelf.account.channel.shop_id
    case = Case.objects.create(
        shop_id=shop_id, platform=shelf.account.channel.platform, case_no=told.case_no[:64], order=order, line=line, order_no=told.order_no[:64],
        goods=_goods(order, line), kind=kind.value, nature=nature.value, impact=Impact.ONE.value, severity=severity.value,
        rules_version=shelf.book.number, owner_id=services.owner_for(shop_id), opened_at=told.requested_at, **_told(told, merged.state), **changes,
    )  # fmt: skip
    note(case, CaseEntry.Kind.STATE, told.raw_status, KAIBO, shelf.now, outcome=state.value)
    if state is State.CLOSED:
        services.announce_closed(case, shelf.now)
    elif state not in rules.SETTLED:
        services.tell_owner(case, shelf.now)
    return case


def _change(shelf: Shelf, known: Case, told: PlatformCase, merged: Merged) -> Case:
    kind = merging.KINDS[told.kind]
    kind = Kind(known.kind) if kind is Kind.UNKNOWN else kind
    ours = State(known.state)
    is_reopened = merged.strange is Strange.REOPENED
    state, changes = _standing(shelf, known, told, merged.state, Severity(known.severity), is_reopened=is_reopened)
    rejected_again = merged.state is CaseState.REJECTED and known.platform_state != CaseState.REJECTED.value
    Case.objects.filter(pk=known.pk).update(
        kind=kind.value, rejections=known.rejections + rejected_again, **_told(told, merged.state, known), **changes
    )
    known.refresh_from_db()
    _tie(shelf, known, told.line_no)
    if state is not ours:
        note(known, CaseEntry.Kind.STATE, told.raw_status, KAIBO, shelf.now, outcome=state.value)
        if state is State.CLOSED:
            services.announce_closed(known, shelf.now)
    return known


def _standing(
    shelf: Shelf, known: Case | None, told: PlatformCase, theirs: CaseState, severity: Severity, *, is_reopened: bool = False
) -> tuple[State, dict[str, Any]]:
    """Where the case is for us now, with its deadlines: ours, the law's and the platform's, whichever is first."""
    ours = State(known.state) if known else None
    state = merging.our_state(ours, theirs, is_reopened=is_reopened)
    if state in rules.SETTLED and merging.ends_by_itself(told.kind, theirs):
        state = State.CLOSED
    settled_at = (known.settled_at if known else None) or (told.updated_at if state in rules.SETTLED or state is State.CLOSED else None)
    received_at = known.received_at if known else None
    due = rules.due_at(
        state, severity, opened_at=known.opened_at if known else told.requested_at, received_at=received_at, settled_at=settled_at, next_contact_at=None,
        hours=shelf.hours,
    )  # fmt: skip
    if due and told.decide_by and state not in rules.SETTLED:
        due = min(due, told.decide_by)
    if known and state is ours and state in rules.SETTLED:
        due = known.due_at  # somebody may have called the buyer and will again
    is_closing = state is State.CLOSED and ours is not State.CLOSED
    changes: dict[str, Any] = {"state": state.value, "due_at": due, "settled_at": settled_at}
    if is_closing:
        changes |= {"closed_at": told.updated_at, "close_reason": told.raw_status[:200]}
    elif is_reopened:
        changes |= {"closed_at": None, "close_reason": "", "settled_at": None}
    return state, changes


def _told(told: PlatformCase, theirs: CaseState, known: Case | None = None) -> dict[str, Any]:
    """What is the platform's to say."""
    return {
        "raw_status": told.raw_status[:60], "platform_state": theirs.value, "reason": told.reason[:400] or (known.reason if known else ""),
        "quantity": max(1, told.quantity), "asked_fen": told.refund_fen,
        "return_tracking_no": told.return_tracking_no[:60] or (known.return_tracking_no if known else ""),
        "source_version": told.updated_at, "content_hash": _mark(told),
    }  # fmt: skip


def _book_money(case: Case, told: PlatformCase, theirs: CaseState, now: datetime) -> None:
    """What the platform gave back and we have not counted yet; its freight and what is beyond the line stay in the case's own sum."""
    if theirs is not CaseState.REFUNDED:
        return
    counted = Refund.objects.filter(case=case).aggregate(fen=Sum("amount_fen"))["fen"] or 0
    Case.objects.filter(pk=case.pk).update(refunded_fen=told.refund_fen)
    case.refunded_fen = told.refund_fen
    due = told.refund_fen - max(counted, 0)
    if due < 0:
        _wonder(case, Strange.BELOW_OURS, told, now, {"theirs": yuan_text(told.refund_fen), "ours": yuan_text(counted)})
    if due <= 0:
        return
    borne = refunds.count_platform_refund(case.line_id, due) if case.line_id else due
    if borne:
        times = Refund.objects.filter(case=case).count()
        key = f"{case.platform}:{case.case_no}" + (f":{times + 1}" if times else "")
        Refund.objects.create(case=case, key=key[:80], amount_fen=borne, refunded_at=told.updated_at, by=KAIBO.name)
        note(case, CaseEntry.Kind.REFUND, str(borne), KAIBO, now)
    beyond = due - borne
    freight = max(told.refund_freight_fen, case.order.freight_fen if case.order else 0)
    if beyond > freight or _exceeds_order(case):
        _wonder(case, Strange.BEYOND_PAID, told, now, {"refunded": yuan_text(told.refund_fen), "borne": yuan_text(borne)})


def _exceeds_order(case: Case) -> bool:
    """Several cases of an order whose line is not told: together not more than the order."""
    if case.order is None:
        return False
    given = Case.objects.filter(order=case.order_id, platform=case.platform).aggregate(fen=Sum("refunded_fen"))["fen"] or 0
    return bool(given > max(case.order.amount_fen, case.order.paid_fen))


def _follow_order(case: Case, theirs: CaseState, now: datetime) -> None:
    """Goods of an open case stay here; when the last one is over they may go, if their platform says so too right before."""
    if case.order_id is None:
        return
    if theirs in merging.BINDS_NOBODY:
        services.lift_hold(case, now)
    else:
        services.hold_order(case, now)


@transaction.atomic
def _link(shelf: Shelf, case_id: UUID) -> bool:
    # lock: the case before its order, as everywhere
    case = Case.objects.select_for_update(of=("self",)).get(pk=case_id)
    if not _tie(shelf, case, ""):
        return False
    if case.platform_state:
        _follow_order(case, CaseState(case.platform_state), shelf.now)
    return True


def _tie(shelf: Shelf, case: Case, line_no: str) -> bool:
    """To its order, which came later; what was given back before counts against the line from now on."""
    order = shelf.orders.get(case.order_no)
    if order is None or case.order_id is not None:
        return False
    line = line_of(shelf.lines.get(order.pk, []), line_no)
    Case.objects.filter(pk=case.pk).update(order=order, line=line, goods=case.goods or _goods(order, line))
    if line:
        refunds.tie_refunds(case.pk, line.pk)
    case.refresh_from_db()
    return True


def line_of(lines: Sequence[OrderLine], line_no: str) -> OrderLine | None:
    """This function will give the line a case is about: by its number, or the only one there is."""
    for line in lines:
        if line_no and line.line_no == line_no:
            return line
    return lines[0] if len(lines) == 1 else None


def _goods(order: Order | None, line: OrderLine | None) -> str:
    if line is not None:
        return f"{line.platform_title} {line.platform_specification}".strip()[:200]
    return order.goods[:200] if order else ""


def _wonder(case: Case, what: Strange, told: PlatformCase, now: datetime, values: Mapping[str, Filling] | None = None) -> None:
    made, is_new = CaseAnomaly.objects.get_or_create(
        case=case, kind=what.value, raw_status=told.raw_status[:60],
        defaults={"known_state": case.platform_state, "values": kept_words.kept(values or {}), "at": now},
    )  # fmt: skip
    if is_new and case.owner_id:
        notices.tell(
            [case.owner_id], key=f"case-strange:{made.pk}", title=gettext_noop("平台售后异常：%(what)s · %(case)s"), now=now, state="red",
            values={"what": STRANGE_WORDS[what], "case": case.case_no}, href=f"/aftersales/{case.pk}",
        )  # fmt: skip
