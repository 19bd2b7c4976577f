"""Writes of cases: open, decide, receive, refund, call back, close. Locks: order line, then refund row, then the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_noop

from kaibo.facts.flow import CaseClosed
from kaibo.kit.ids import readable_code
from kaibo.master.people import queries as people
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import KAIBO, Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.notices import notices
from kaibo.plumbing.outbox import outbox
from kaibo.stages.aftersales import queries, rules
from kaibo.stages.aftersales.complaints import CaseMovedOn, LineUnknown, ReasonMissing, RefundOfAnother
from kaibo.stages.aftersales.models import Case, CaseEntry, LineRefund, Refund, SeverityRule
from kaibo.stages.aftersales.permissions import HANDLE, OPEN, RECEIVE, REFUND, RULES
from kaibo.stages.aftersales.rules import Impact, Kind, Nature, Severity, State
from kaibo.stages.orders import queries as orders
from kaibo.stages.orders import refunding, shipping
from kaibo.stages.orders import services as order_services
from kaibo.stages.orders.models import OrderLine
from kaibo.stages.orders.rules import Hold

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

    Raises: Forbidden, OrderUnknown.   Source: AFT-1.
    """
    line = orders.line_for(actor, told.line_id)
    order = line.order
    access.require(actor, OPEN, shop_id=order.shop_id)
    severity = rules.severity_of(told.nature, told.impact, queries.changed_rules())
    hours = queries.hours_in_force()
    case = Case.objects.create(
        shop_id=order.shop_id, platform="own", case_no=f"AS{readable_code()}", order=order, line=line, order_no=order.order_no,
        goods=f"{line.platform_title} {line.platform_specification}".strip()[:200], kind=told.kind.value, nature=told.nature.value,
        impact=told.impact.value, severity=severity.value, state=State.REQUESTED.value, reason=told.reason.strip()[:400], quantity=told.quantity,
        asked_fen=told.asked_fen, owner_id=owner_for(order.shop_id), opened_at=now, due_at=now + timedelta(hours=hours.for_severity(severity)),
        source_version=now,
    )  # fmt: skip
    if order.state in {"paid", "allocated", "pending_payment"}:
        order_services.hold_orders(actor=KAIBO, order_ids=[order.pk], reason=case.case_no, flag=Hold.AFTERSALE_OPEN, now=now)
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


def note(case: Case, kind: CaseEntry.Kind, text: str, actor: Actor, now: datetime, *, outcome: str = "") -> None:
    """This function will add a line to a case's history."""
    CaseEntry.objects.create(case=case, kind=kind, text=text[:400], outcome=outcome, at=now, by=actor.name)


@transaction.atomic
def move_case(*, actor: Actor, case_id: UUID, target: State, reason: str, now: datetime, tracking_no: str = "") -> Case:
    """
    This function will take a case one step on: approve, reject, note that the goods were sent back, hand over to the platform.

    Refunding, receiving and closing have services of their own. Raises: Forbidden, StepNotAllowed, ReasonMissing, CaseMovedOn.
    """
    case = queries.case_for(actor, case_id)
    access.require(actor, HANDLE, shop_id=case.shop_id)
    if target in {State.REJECTED, State.ARBITRATION} and not reason.strip():
        raise ReasonMissing
    if target in {State.RECEIVED, State.REFUNDED, State.CLOSED}:
        raise CaseMovedOn
    _step(case, target, actor, reason, now, **({"return_tracking_no": tracking_no[:60]} if tracking_no else {}))
    return case


def _step(case: Case, target: State, actor: Actor, reason: str, now: datetime, **changes: object) -> None:
    """Take the step if nobody was first, set the next deadline, write history and audit."""
    source = State(case.state)
    rules.STEPS.require(source, target)
    received_at = changes.get("received_at", case.received_at)
    settled_at = now if target in rules.SETTLED else case.settled_at
    due = rules.due_at(
        target, Severity(case.severity), opened_at=case.opened_at, received_at=received_at, settled_at=settled_at, next_contact_at=None,  # type: ignore[arg-type]
        hours=queries.hours_in_force(),
    )
    changed = Case.objects.filter(pk=case.pk, state=source.value).update(state=target.value, due_at=due, settled_at=settled_at, **changes)
    if not changed:
        raise CaseMovedOn
    note(case, CaseEntry.Kind.STATE, reason, actor, now, outcome=target.value)
    audit.record(
        actor, "aftersales:case:move", subject=f"case:{case.pk}", now=now, shop_id=case.shop_id, details={"from": source.value, "to": target.value},
        reason=reason,
    )
    case.refresh_from_db()


@transaction.atomic
def receive_return(*, actor: Actor, case_id: UUID, quantity: int, now: datetime) -> Case:
    """
    This function will take returned goods in, to be inspected before they are sellable, and start the law's seven days.

    Raises: Forbidden, StepNotAllowed, LineUnknown, QuantityBeyondLine.   Source: AFT-5, 消费者权益保护法 art. 25.
    """
    case = queries.case_for(actor, case_id)
    access.require(actor, RECEIVE, shop_id=case.shop_id)
    if case.line_id is None:
        raise LineUnknown
    rules.STEPS.require(State(case.state), State.RECEIVED)
    shipping.record_return(actor=actor, line_id=case.line_id, quantity=quantity, reference=f"case:{case.pk}", now=now)
    _step(case, State.RECEIVED, actor, f"×{quantity}", now, received_at=now, quantity=quantity)
    return case


@transaction.atomic
def refund(*, actor: Actor, case_id: UUID, amount_fen: int, key: str, now: datetime) -> Refund:
    """
    This function will give money back, once per key, never more over all cases than the line was paid.

    Raises: Forbidden, LineUnknown, RefundBeyondPaid, RefundNotPositive, RefundOfAnother, StepNotAllowed.   Source: AFT-5.
    """
    case = queries.case_for(actor, case_id)
    access.require(actor, REFUND, shop_id=case.shop_id)
    known = Refund.objects.filter(key=key).first()
    if known:
        if known.case_id != case_id or known.amount_fen != amount_fen:
            raise RefundOfAnother(key=key)
        return known
    if case.line_id is None:
        raise LineUnknown
    rules.STEPS.require(State(case.state), State.REFUNDED)
    take_from_line(case.line_id, amount_fen)
    made = Refund.objects.create(case=case, key=key, amount_fen=amount_fen, refunded_at=now, by=actor.name)
    if case.order_id is not None:
        refunding.ask_for_case(order_id=case.order_id, amount_fen=amount_fen, refund_id=made.pk, words="售后退款", now=now)
    note(case, CaseEntry.Kind.REFUND, str(amount_fen), actor, now)
    _step(case, State.REFUNDED, actor, "", now, refunded_fen=case.refunded_fen + amount_fen)
    return made


def take_from_line(line_id: UUID, amount_fen: int) -> None:
    """This function will count a refund against its line; the row is locked, so two cases never overdraw it together."""
    # lock: the order line first, as everybody who touches an order does
    line = OrderLine.objects.select_for_update(of=("self",)).select_related("order").get(pk=line_id)
    paid = line.amount_fen if line.order.paid_fen else 0
    LineRefund.objects.get_or_create(line_id=line_id, defaults={"paid_fen": paid})
    # lock: two cases of a line are added up one after the other
    row = LineRefund.objects.select_for_update().get(pk=line_id)
    rules.check_refund(paid_fen=row.paid_fen, refunded_fen=row.refunded_fen, amount_fen=amount_fen)
    LineRefund.objects.filter(pk=line_id).update(refunded_fen=F("refunded_fen") + amount_fen)


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
        changes["due_at"] = now + timedelta(hours=queries.hours_in_force().follow_up)
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
    steps = rules.LEVELS[Severity(case.severity)].steps
    if not 0 <= step < len(steps):
        raise CaseMovedOn
    if not CaseEntry.objects.filter(case=case, kind=CaseEntry.Kind.STEP, outcome=str(step)).exists():
        note(case, CaseEntry.Kind.STEP, steps[step][0], actor, now, outcome=str(step))


@transaction.atomic
def close_case(*, actor: Actor, case_id: UUID, reason: str, now: datetime) -> Case:
    """
    This function will close a case the buyer is satisfied with and tell selection and supply why it came up.

    Raises: Forbidden, BuyerNotSatisfied, CaseMovedOn.   Source: AFT-2, SEL-19.
    """
    case = queries.case_for(actor, case_id)
    access.require(actor, HANDLE, shop_id=case.shop_id)
    if case.state == State.CLOSED.value:
        raise CaseMovedOn
    if not rules.may_close(State(case.state), last_contact=case.last_contact):
        raise rules.BuyerNotSatisfied
    _step(case, State.CLOSED, actor, reason, now, closed_at=now, close_reason=reason.strip()[:200])
    announce_closed(case, now)
    _lift_hold(case, now)
    return case


def announce_closed(case: Case, now: datetime) -> None:
    """This function will announce why a case came up, for those who choose and buy next.   Source: SEL-19."""
    product = OrderLine.objects.filter(pk=case.line_id).values_list("sku__product_id", flat=True).first() if case.line_id else None
    reason = f"{rules.NATURE_WORDS[case.nature][0]}：{case.reason}" if case.reason else rules.NATURE_WORDS[case.nature][0]
    outbox.announce(
        CaseClosed(
            case_id=case.pk, order_id=case.order_id, product_id=product, reason=reason, severity=case.severity, refunded_fen=case.refunded_fen,
            closed_at=case.closed_at or now,
        ),
        now=now,
    )  # fmt: skip


def _lift_hold(case: Case, now: datetime) -> None:
    if case.order is None or Case.objects.filter(order=case.order_id).exclude(state=State.CLOSED.value).exists():
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


@transaction.atomic
def change_rule(*, actor: Actor, nature: Nature, impact: Impact, severity: Severity, reason: str, now: datetime) -> None:
    """
    This function will change a cell of the severity table; open cases keep the severity they were given.

    Raises: Forbidden, ReasonMissing.   Source: AFT-1.
    """
    access.require(actor, RULES)
    if not reason.strip():
        raise ReasonMissing
    before = rules.severity_of(nature, impact, queries.changed_rules())
    SeverityRule.objects.update_or_create(
        nature=nature.value, impact=impact.value, defaults={"severity": severity.value, "changed_by": actor.name, "changed_at": now}
    )
    audit.record(
        actor, "aftersales:severity:change", subject=f"severity:{nature.value}:{impact.value}", now=now,
        details={"before": before.value, "after": severity.value}, reason=reason,
    )
