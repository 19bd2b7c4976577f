"""Reads of cases, scoped by actor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.aftersales.complaints import CaseUnknown
from kaibo.stages.aftersales.deadlines import Hours, ServiceHours
from kaibo.stages.aftersales.models import (
    Case,
    CaseEntry,
    ClosedDay,
    LineRefund,
    Refund,
    RefundRequest,
    Replacement,
    ReturnedGoods,
)
from kaibo.stages.aftersales.rules import Severity, State

HOUR_KEYS = (
    "aftersales.minor_hours", "aftersales.general_hours", "aftersales.serious_hours", "aftersales.refund_days", "aftersales.follow_up_hours",
)  # fmt: skip
SERVICE_KEYS = ("aftersales.service_from_hour", "aftersales.service_until_hour")
SOON = timedelta(hours=4)


def cases_for(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[Case]:
    """This function will give the cases of the actor's shops, for lists."""
    return access.visible(Case.objects.all(), actor, shop_id=shop_id)


def case_for(actor: Actor, case_id: UUID) -> Case:
    """This function will give a case of the actor's shops.   Raises: CaseUnknown."""
    case = Case.objects.select_related("order", "line__sku__product").filter(pk=case_id).first()
    if case is None or not actor.sees(case.shop_id):
        raise CaseUnknown
    return case


def locked_case(actor: Actor, case_id: UUID) -> Case:
    """This function will give a case with its row locked: before the order, the line and the stock.   Raises: CaseUnknown."""
    # lock: two people at one case work one after the other
    Case.objects.select_for_update().filter(pk=case_id).values_list("pk").first()
    return case_for(actor, case_id)


def entries_of(case_id: UUID) -> list[CaseEntry]:
    return list(CaseEntry.objects.filter(case=case_id).order_by("at", "id"))


def refunds_of(case_id: UUID) -> list[Refund]:
    return list(Refund.objects.filter(case=case_id).order_by("refunded_at"))


def returned_of(case_id: UUID) -> list[ReturnedGoods]:
    """This function will give what came back in a case, with the check of each."""
    return list(ReturnedGoods.objects.filter(case=case_id).select_related("sku", "inspection__lot").order_by("id"))


def replacement_of(case_id: UUID) -> Replacement | None:
    """This function will give the order by which a case sends goods again."""
    return Replacement.objects.filter(case=case_id, dropped_at=None).select_related("order").first()


def waiting_refund(case_id: UUID) -> RefundRequest | None:
    return RefundRequest.objects.filter(case=case_id, state="waiting").first()


def refunds_to_decide(actor: Actor) -> QuerySet[RefundRequest]:
    """This function will give the refunds of the actor's shops that wait for a second person, oldest first."""
    waiting = RefundRequest.objects.filter(state="waiting").select_related("case").order_by("asked_at")
    return access.visible(waiting, actor, "case__shop")


def refundable(line_ids: Iterable[UUID]) -> dict[UUID, tuple[int, int]]:
    """This function will give line → (paid, refunded) where something was refunded."""
    rows = LineRefund.objects.filter(line__in=list(line_ids)).values_list("line_id", "paid_fen", "refunded_fen")
    return {line: (paid, refunded) for line, paid, refunded in rows}


def hours_in_force() -> Hours:
    """This function will read the deadlines of every level, the hours of service and the days the house is closed."""
    found = thresholds.values(*HOUR_KEYS, *SERVICE_KEYS)
    opens, closes = (found[key] for key in SERVICE_KEYS)
    closed = frozenset(ClosedDay.objects.values_list("day", flat=True))
    return Hours(*(found[key] for key in HOUR_KEYS), service=ServiceHours(opens * 60, closes * 60, closed))


@dataclass(frozen=True, slots=True)
class DueFigures:
    """How cases stand against their deadlines."""

    open: int
    late: int
    soon: int
    serious: int
    to_refund: int
    to_call: int


def due_figures(actor: Actor, now: datetime, *, shop_id: UUID | None = None) -> DueFigures:
    """This function will count open cases by what is urgent; one query."""
    settled = [State.REFUNDED.value, State.EXCHANGED.value, State.REPAIRED.value, State.REJECTED.value]
    counted = cases_for(actor, shop_id=shop_id).exclude(state=State.CLOSED.value).exclude(order__is_test=True).aggregate(
        open=Count("pk"), late=Count("pk", filter=Q(due_at__lt=now)), soon=Count("pk", filter=Q(due_at__gte=now, due_at__lt=now + SOON)),
        serious=Count("pk", filter=Q(severity=Severity.SERIOUS.value)), to_refund=Count("pk", filter=Q(state=State.RECEIVED.value)),
        to_call=Count("pk", filter=Q(state__in=settled)),
    )  # fmt: skip
    return DueFigures(**counted)


def open_load(person_ids: Iterable[UUID]) -> dict[UUID, int]:
    """This function will count the open cases of people."""
    ids = list(person_ids)
    found = dict.fromkeys(ids, 0)
    rows = Case.objects.filter(owner_id__in=ids).exclude(state=State.CLOSED.value).values_list("owner_id").annotate(n=Count("pk")).order_by()
    return found | dict(rows)


def reasons_of_products(product_ids: Iterable[UUID]) -> dict[UUID, dict[str, int]]:
    """This function will count cases by nature for products, for those who choose and buy next.   Source: SEL-19."""
    found: dict[UUID, dict[str, int]] = {}
    rows = Case.objects.filter(line__sku__product__in=list(product_ids), order__is_test=False).values_list("line__sku__product", "nature").annotate(n=Count("pk")).order_by()
    for product, nature, n in rows:
        found.setdefault(product, {})[nature] = n
    return found
