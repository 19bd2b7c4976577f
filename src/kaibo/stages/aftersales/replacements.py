"""Goods sent again: an order of its own for an exchange or a re-send, one at a time, and the case follows its parcel."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_noop

from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import KAIBO, Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.kept_words import Filling
from kaibo.stages.aftersales import queries, rules
from kaibo.stages.aftersales.complaints import CaseMovedOn, ItemUnknown, KindDoesNotFit, LineUnknown, ReasonMissing
from kaibo.stages.aftersales.models import Case, CaseEntry, Replacement
from kaibo.stages.aftersales.permissions import HANDLE
from kaibo.stages.aftersales.rules import Kind, State
from kaibo.stages.aftersales.steps import note, take_step
from kaibo.stages.orders import replacing

MAY_SEND_FROM = {
    Kind.EXCHANGE: frozenset({State.RECEIVED, State.ARBITRATION}),
    Kind.RESHIP: frozenset({State.REQUESTED, State.RECEIVED, State.ARBITRATION}),
}
"""An exchange goes out when the goods came back; what was missing or lost goes out at once."""


def may_send(kind: Kind, state: State) -> bool:
    return state in MAY_SEND_FROM.get(kind, frozenset())


@transaction.atomic
def send_again(*, actor: Actor, case_id: UUID, now: datetime, sku_id: UUID | None = None, quantity: int | None = None) -> Replacement:
    """
    This function will make the order by which goods are sent again, free of charge, marked as such, to the same receiver.

    One stands at a time; asked again, the one that stands is given.
    Raises: Forbidden, LineUnknown, ItemUnknown, KindDoesNotFit, QuantityBeyondLine.   Source: facts/platforms §5.1.
    """
    case = queries.locked_case(actor, case_id)
    access.require(actor, HANDLE, shop_id=case.shop_id)
    known = queries.replacement_of(case_id)
    if known is not None:
        return known
    if case.line is None or case.order_id is None:
        raise LineUnknown
    state = State(case.state)
    if not may_send(Kind(case.kind), state):
        raise KindDoesNotFit(kind=rules.KIND_WORDS[case.kind][0])
    item = sku_id or case.line.sku_id
    if item is None:
        raise ItemUnknown
    units = quantity or case.quantity
    number = f"{case.case_no}-R{Replacement.objects.filter(case=case).count() + 1}"
    order = replacing.make_replacement(line_id=case.line.pk, sku_id=item, quantity=units, order_no=number, now=now)
    made = Replacement.objects.create(case=case, order=order, came_from=state.value, made_by=actor.name, made_at=now)
    told: dict[str, Filling] = {"kind": rules.KIND_WORDS[case.kind], "number": number, "goods": order.goods}
    note(case, CaseEntry.Kind.NOTE, gettext_noop("%(kind)s单 %(number)s，%(goods)s"), actor, now, values=told)
    take_step(case, State.EXCHANGING, actor, number, now)
    return made


@transaction.atomic
def drop(*, actor: Actor, case_id: UUID, reason: str, now: datetime) -> Case:
    """
    This function will take a replacement back that has not left, and put the case where it was before (one that went to
    arbitration meanwhile stays there).

    Raises: Forbidden, ReasonMissing, CaseMovedOn, AlreadyShipped.
    """
    case = queries.locked_case(actor, case_id)
    access.require(actor, HANDLE, shop_id=case.shop_id)
    if not reason.strip():
        raise ReasonMissing
    standing = queries.replacement_of(case_id)
    if standing is None or standing.sent_at is not None or case.state == State.CLOSED.value:
        raise CaseMovedOn
    replacing.cancel_replacement(order_id=standing.order_id, reason=reason, now=now)
    Replacement.objects.filter(pk=standing.pk).update(dropped_at=now, drop_reason=reason.strip()[:200])
    if case.state == State.EXCHANGING.value:
        take_step(case, State(standing.came_from), actor, reason, now)
    else:
        dropped: dict[str, Filling] = {"number": standing.order.order_no, "reason": reason.strip()}
        note(case, CaseEntry.Kind.NOTE, gettext_noop("撤回补发单 %(number)s：%(reason)s"), actor, now, values=dropped)
    audit.record(actor, "aftersales:replacement:drop", subject=f"case:{case.pk}", now=now, shop_id=case.shop_id, details={"order": standing.order.order_no}, reason=reason)
    return case


@transaction.atomic
def note_sent(*, order_id: UUID, now: datetime) -> bool:
    """This function will take the case of a replacement one step on when its parcel left; told twice, once done."""
    case_id = Replacement.objects.filter(order=order_id, dropped_at=None, sent_at=None).values_list("case_id", flat=True).first()
    if case_id is None:
        return False
    case = queries.locked_case(KAIBO, case_id)
    if not Replacement.objects.filter(order=order_id, dropped_at=None, sent_at=None).update(sent_at=now):
        return False
    if case.state == State.EXCHANGING.value:
        take_step(case, State.EXCHANGED, KAIBO, gettext_noop("仓库已发出"), now)
    return True
