"""Writes of cases: open, decide, call back, close. Locks: the case, then order, order line, refund row, the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_noop

from kaibo.facts.flow import CaseClosed
from kaibo.kit.ids import readable_code
from kaibo.master.people import queries as people
from kaibo.master.stock import queries as stock_queries
from kaibo.master.stock.models import Lot
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import KAIBO, Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.kept_words import Filling
from kaibo.plumbing.notices import notices
from kaibo.plumbing.outbox import outbox
from kaibo.stages.aftersales import grounds, merging, queries, rulebook, rules
from kaibo.stages.aftersales.complaints import CaseMovedOn, KindDoesNotFit, ReasonMissing
from kaibo.stages.aftersales.deadlines import after_service_time
from kaibo.stages.aftersales.models import Case, CaseEntry
from kaibo.stages.aftersales.permissions import HANDLE, OPEN
from kaibo.stages.aftersales.rules import Impact, Kind, Nature, Severity, State
from kaibo.stages.aftersales.steps import note, take_step
from kaibo.stages.orders import internal_tests
from kaibo.stages.orders import queries as orders
from kaibo.stages.orders import services as order_services
from kaibo.stages.orders.models import OrderLine
from kaibo.stages.orders.rules import Hold, QuantityBeyondLine

SATISFIED = "satisfied"


@dataclass(frozen=True, slots=True)
class NewCase:
    """What is told of a case when it is opened."""

    line_id: UUID
    kind: Kind
    nature: Nature
    impact: Impact
    reason: str
    asked_fen: int = 0
    quantity: int = 1


@transaction.atomic
def open_case(*, actor: Actor, told: NewCase, now: datetime) -> Case:
    """
    This function will open a case, weigh it, give it an owner and a deadline, and keep its order from being shipped.

    Raises: Forbidden, OrderUnknown, QuantityBeyondLine.   Source: AFT-1.
    """
    line = orders.line_for(actor, told.line_id)
    order = line.order
    access.require(actor, OPEN, shop_id=order.shop_id)
    if told.kind is Kind.UNKNOWN:
        raise KindDoesNotFit(kind=rules.KIND_WORDS[told.kind][0])
    if not 0 < told.quantity <= line.quantity:
        raise QuantityBeyondLine(most=line.quantity, wanted=told.quantity)
    book = rulebook.in_force()
    severity = book.severity_of(told.nature, told.impact)
    due = rules.due_at(
        State.REQUESTED, severity, opened_at=now, received_at=None, settled_at=None, next_contact_at=None, hours=queries.hours_in_force()
    )
    case = Case.objects.create(
        shop_id=order.shop_id, platform="own", case_no=f"AS{readable_code()}", order=order, line=line, order_no=order.order_no,
        goods=f"{line.platform_title} {line.platform_specification}".strip()[:200], kind=told.kind.value, nature=told.nature.value,
        impact=told.impact.value, severity=severity.value, state=State.REQUESTED.value, reason=told.reason.strip()[:400], quantity=told.quantity,
        asked_fen=told.asked_fen, owner_id=owner_for(order.shop_id), opened_at=now, due_at=due, source_version=now,
        rules_version=book.number,
    )  # fmt: skip
    hold_order(case, now)
    note(case, CaseEntry.Kind.STATE, told.reason or case.kind, actor, now, outcome=State.REQUESTED.value)
    tell_owner(case, now)
    audit.record(
        actor, "aftersales:case:open", subject=f"case:{case.pk}", now=now, shop_id=case.shop_id,
        details={"severity": severity.value, "nature": told.nature.value, "impact": told.impact.value},
    )
    return case


def owner_for(shop_id: UUID) -> UUID | None:
    """This function will choose the service person of a shop with the fewest open cases."""
    load = queries.open_load(people.people_with_role("service", shop_id=shop_id))
    return min(load, key=lambda one: (load[one], str(one))) if load else None


def tell_owner(case: Case, now: datetime) -> None:
    """This function will tell a case's owner, and the shop's owner too when it is serious."""
    to = [case.owner_id] if case.owner_id else []
    if case.severity == Severity.SERIOUS.value:
        to += [*people.people_with_role("owner", shop_id=case.shop_id), *people.people_with_role("quality", shop_id=case.shop_id)]
    if to:
        notices.tell(
            to, key=f"case:{case.pk}", title=gettext_noop("售后 %(severity)s：%(goods)s"), now=now, href=f"/aftersales/{case.pk}",
            values={"severity": rules.SEVERITY_WORDS[case.severity], "goods": case.goods or case.case_no},
            state="red" if case.severity == Severity.SERIOUS.value else "run",
        )


@transaction.atomic
def move_case(
    *, actor: Actor, case_id: UUID, target: State, reason: str, now: datetime, tracking_no: str = "", ground: str = ""
) -> Case:
    """
    This function will take a case one step on: approve, reject, note that the goods were sent back, hand over to the platform.

    What moves money, goods or orders has services of its own. A return without reason is refused only on a ground the law
    knows.   Raises: Forbidden, StepNotAllowed, ReasonMissing, GroundMissing, KindDoesNotFit, CaseMovedOn.   Source: AFT-1, AFT-5.
    """
    case = queries.locked_case(actor, case_id)
    access.require(actor, HANDLE, shop_id=case.shop_id)
    if target in {State.REJECTED, State.ARBITRATION} and not reason.strip():
        raise ReasonMissing
    if target in rules.OWN_SERVICE and not (target is State.REPAIRED and case.state == State.REPAIRING.value):
        raise CaseMovedOn
    if target is State.REQUESTED and case.state != State.REJECTED.value:
        raise CaseMovedOn
    changes: dict[str, object] = {"return_tracking_no": tracking_no[:60]} if tracking_no else {}
    if target is State.REPAIRING and case.kind != Kind.REPAIR.value:
        raise KindDoesNotFit(kind=rules.KIND_WORDS[case.kind][0])
    if target is State.REJECTED:
        grounds.require(Nature(case.nature), ground, reason)
        changes |= {"rejections": F("rejections") + 1, "reject_ground": ground}
    words, values = _refused_because(ground, reason)
    take_step(case, target, actor, words, now, values=values, **changes)
    return case


def _refused_because(ground: str, reason: str) -> tuple[str, dict[str, Filling]]:
    """The ground before the reason, as a sentence the history keeps; without a ground somebody's own words."""
    known = grounds.GROUNDS.get(ground)
    if known is None:
        return reason, {}
    values: dict[str, Filling] = {"ground": (known.zh, known.en), "article": (known.article_zh, known.article_en), "reason": reason}
    return gettext_noop("%(ground)s（%(article)s）：%(reason)s"), values


@transaction.atomic
def change_kind(*, actor: Actor, case_id: UUID, kind: Kind, reason: str, now: datetime) -> Case:
    """This function will note that the buyer agreed to another solution, while nothing has moved yet.   Raises: Forbidden, ReasonMissing, CaseMovedOn."""
    case = queries.locked_case(actor, case_id)
    access.require(actor, HANDLE, shop_id=case.shop_id)
    if not reason.strip():
        raise ReasonMissing
    if kind is Kind.UNKNOWN:
        raise KindDoesNotFit(kind=rules.KIND_WORDS[kind][0])
    still_open = [State.REQUESTED, State.APPROVED_REFUND, State.APPROVED_RETURN, State.BUYER_SHIPPED, State.RECEIVED, State.ARBITRATION]
    if not Case.objects.filter(pk=case_id, state__in=still_open).update(kind=kind.value):
        raise CaseMovedOn
    values: dict[str, Filling] = {"old": rules.KIND_WORDS[case.kind], "new": rules.KIND_WORDS[kind], "reason": reason.strip()}
    note(case, CaseEntry.Kind.NOTE, gettext_noop("%(old)s → %(new)s：%(reason)s"), actor, now, values=values)
    audit.record(
        actor, "aftersales:case:change_kind", subject=f"case:{case_id}", now=now, shop_id=case.shop_id, details={"from": case.kind, "to": kind.value},
        reason=reason,
    )
    case.refresh_from_db()
    return case


@transaction.atomic
def record_contact(*, actor: Actor, case_id: UUID, outcome: str, text: str, now: datetime) -> Case:
    """
    This function will note a call-back; an unsatisfied or unreached buyer is due again the next day.

    Raises: Forbidden, ReasonMissing.   Source: AFT-2.
    """
    case = queries.case_for(actor, case_id)
    access.require(actor, HANDLE, shop_id=case.shop_id)
    if not text.strip() or outcome not in {SATISFIED, "unsatisfied", "unreached"}:
        raise ReasonMissing
    changes: dict[str, object] = {"last_contact": outcome}
    if State(case.state) in rules.SETTLED:
        hours = queries.hours_in_force()
        changes["due_at"] = after_service_time(now, hours.follow_up, hours.service)
    if not Case.objects.filter(pk=case_id, state=case.state).update(**changes):
        raise CaseMovedOn
    note(case, CaseEntry.Kind.CONTACT, text, actor, now, outcome=outcome)
    case.refresh_from_db()
    return case


@transaction.atomic
def tick_step(*, actor: Actor, case_id: UUID, step: int, now: datetime) -> None:
    """This function will note that a step of the level's process was done, once.   Raises: Forbidden, CaseUnknown."""
    case = queries.case_for(actor, case_id)
    access.require(actor, HANDLE, shop_id=case.shop_id)
    steps = rulebook.version_of_case(case.rules_version, Severity(case.severity)).steps
    if not 0 <= step < len(steps):
        raise CaseMovedOn
    if not CaseEntry.objects.filter(case=case, kind=CaseEntry.Kind.STEP, outcome=str(step)).exists():
        note(case, CaseEntry.Kind.STEP, "%(step)s", actor, now, outcome=str(step), values={"step": steps[step]})


@transaction.atomic
def close_case(*, actor: Actor, case_id: UUID, reason: str, now: datetime) -> Case:
    """
    This function will close a case the buyer is satisfied with and tell selection and supply why it came up.

    Raises: Forbidden, BuyerNotSatisfied, CaseMovedOn.   Source: AFT-2, SEL-19.
    """
    case = queries.locked_case(actor, case_id)
    access.require(actor, HANDLE, shop_id=case.shop_id)
    if case.state == State.CLOSED.value:
        raise CaseMovedOn
    if not rules.may_close(State(case.state), last_contact=case.last_contact):
        raise rules.BuyerNotSatisfied
    take_step(case, State.CLOSED, actor, reason, now, closed_at=now, close_reason=reason.strip()[:200])
    announce_closed(case, now)
    lift_hold(case, now)
    return case


def announce_closed(case: Case, now: datetime) -> None:
    """This function will announce why a case came up, for those who choose and buy next; the team's own tests teach nobody.   Source: SEL-19, LST-8."""
    if internal_tests.is_test_order(case.order_id):
        return
    line = OrderLine.objects.filter(pk=case.line_id).select_related("sku").first() if case.line_id else None
    sku = line.sku if line else None
    reason = f"{rules.NATURE_WORDS[case.nature][0]}：{case.reason}" if case.reason else rules.NATURE_WORDS[case.nature][0]
    outbox.announce(
        CaseClosed(
            case_id=case.pk, order_id=case.order_id, product_id=sku.product_id if sku else None, reason=reason, severity=case.severity,
            refunded_fen=case.refunded_fen, closed_at=case.closed_at or now, nature=case.nature, sku_id=sku.pk if sku else None, units=case.quantity,
            lot_ids=_lots_of(case, sku.pk) if sku else (),
        ),
        now=now,
    )  # fmt: skip


def _lots_of(case: Case, sku_id: UUID) -> tuple[UUID, ...]:
    """The lots the buyer was sent of the item, and the one it came back into."""
    reference = case.order.stock_reference if case.order else ""
    sent = stock_queries.lots_of_holder(reference) if reference else []
    back = [one.inspection.lot_id for one in queries.returned_of(case.pk)]
    return tuple(Lot.objects.filter(pk__in=[*sent, *filter(None, back)], sku=sku_id).order_by("pk").values_list("pk", flat=True))


def hold_order(case: Case, now: datetime) -> None:
    """This function will keep the order of an open case from being sent, where it has not left."""
    if case.order is None:
        return
    has_some_left = case.order.state == "partially_shipped" and case.platform_state != "" and (case.line is None or case.line.left > 0)
    if has_some_left or case.order.state in {"paid", "allocated", "pending_payment"}:
        order_services.hold_orders(actor=KAIBO, order_ids=[case.order.pk], reason=case.case_no, flag=Hold.AFTERSALE_OPEN, now=now)


def lift_hold(case: Case, now: datetime) -> None:
    """This function will let an order go again once no case about it is open any more."""
    binding = Case.objects.filter(order=case.order_id).exclude(state=State.CLOSED.value).exclude(platform_state__in=merging.BINDS_NOBODY)
    if case.order is None or binding.exists():
        return
    case.order.refresh_from_db()
    if Hold.AFTERSALE_OPEN.value in case.order.hold_flags:
        order_services.lift_hold(actor=KAIBO, order_id=case.order.pk, flag=Hold.AFTERSALE_OPEN, now=now)


@transaction.atomic
def assign(*, actor: Actor, case_ids: Sequence[UUID], owner_id: UUID, now: datetime) -> int:
    """This function will give cases to a person and tell them.   Raises: Forbidden, CaseUnknown."""
    given = 0
    for case in [queries.case_for(actor, case_id) for case_id in case_ids]:
        access.require(actor, HANDLE, shop_id=case.shop_id)
        if Case.objects.filter(pk=case.pk).exclude(owner_id=owner_id).exclude(state=State.CLOSED.value).update(owner_id=owner_id):
            given += 1
            case.owner_id = owner_id
            notices.tell([owner_id], key=f"case:{case.pk}:{owner_id}", title=gettext_noop("售后转给你：%(goods)s"), values={"goods": case.goods or case.case_no}, now=now, href=f"/aftersales/{case.pk}")
            audit.record(actor, "aftersales:case:assign", subject=f"case:{case.pk}", now=now, shop_id=case.shop_id, details={"owner": str(owner_id)})
    return given
