"""A wrong item taken for a name, taken back: the thousand orders it mended ask again, and the name is forgotten (ORD-2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from kaibo.master.catalog import services as catalog_services
from kaibo.master.stock.batches import close_many
from kaibo.master.stock.models import Reservation
from kaibo.master.stock.rules import Bucket
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import KAIBO, Actor
from kaibo.plumbing.audit import audit
from kaibo.stages.orders import queries
from kaibo.stages.orders.complaints import FindingDecided
from kaibo.stages.orders.deciding import ITEM_FIELDS
from kaibo.stages.orders.models import Finding, Order, OrderLine
from kaibo.stages.orders.parcel_models import Dispatch
from kaibo.stages.orders.permissions import VERIFY
from kaibo.stages.orders.rules import State
from kaibo.stages.orders.verification import Field

STILL_HERE = (State.PENDING_PAYMENT.value, State.PAID.value, State.ALLOCATED.value, State.UNKNOWN.value)


@dataclass(frozen=True, slots=True)
class Unlearnt:
    """How many orders ask again, and how many had left with the wrong item."""

    asked_again: int
    gone: int


@transaction.atomic
def take_back(*, actor: Actor, finding_id: UUID, now: datetime) -> Unlearnt:
    """
    This function will undo an acceptance with all it mended at the same press, and what the learnt name mended since: lines
    lose the item, reserved stock goes back, the findings are open again, the name is forgotten. What has left stays as it is, and is counted.

    Raises: Forbidden, FindingDecided.   Source: ORD-2.
    """
    finding = queries.finding_for(actor, finding_id)
    order = finding.order
    access.require(actor, VERIFY, shop_id=order.shop_id)
    if finding.state != Finding.State.ACCEPTED or finding.field not in ITEM_FIELDS or finding.line is None or finding.line.sku_id is None:
        raise FindingDecided
    sku_id = finding.line.sku_id
    mended = Finding.objects.filter(
        state=Finding.State.ACCEPTED, alias_text=finding.alias_text, field__in=ITEM_FIELDS, order__shop=order.shop_id, order__platform=order.platform,
        decided_at=finding.decided_at, line__sku=sku_id,
    )  # fmt: skip
    found = list(mended.order_by("pk"))
    known_since = _known_by_the_name(finding, sku_id)
    lines = {one.line_id: one.order_id for one in found if one.line_id} | known_since
    here = _lock_those_still_here(sorted(set(lines.values()), key=str))
    own = {line for line, of in lines.items() if of in here}
    _give_stock_back([of for of in here.values() if of.state == State.ALLOCATED.value], now)
    OrderLine.objects.filter(pk__in=own).update(sku=None)
    Finding.objects.filter(line__in=own, field=Field.PRICE.value, state=Finding.State.OPEN).delete()
    Finding.objects.filter(pk__in=[one.pk for one in found if one.line_id in own]).update(
        state=Finding.State.OPEN, decided_by="", decided_at=None, decision_reason=""
    )
    _ask_of_those_known_since(finding, {line: of for line, of in known_since.items() if of in here}, now)
    _count_again(list(here))
    catalog_services.forget_alias(actor=actor, platform=order.platform, text=finding.alias_text, sku_id=sku_id, now=now)
    result = Unlearnt(len(here), len(set(lines.values())) - len(here))
    audit.record(
        actor, "orders:finding:take_back", subject=f"finding:{finding.pk}", now=now, shop_id=order.shop_id,
        details={"sku": str(sku_id), "text": finding.alias_text, "asked_again": result.asked_again, "gone": result.gone},
    )  # fmt: skip
    return result


def _known_by_the_name(finding: Finding, sku_id: UUID) -> dict[UUID, UUID]:
    """Lines that came after the name was learnt and were never asked about: line → order."""
    since = OrderLine.objects.filter(
        platform_code=finding.alias_text, sku=sku_id, order__shop=finding.order.shop_id, order__platform=finding.order.platform,
        order__created_at__gte=finding.decided_at,
    ).exclude(pk__in=Finding.objects.filter(field__in=ITEM_FIELDS, alias_text=finding.alias_text).exclude(line=None).values("line"))  # fmt: skip
    return dict(since.values_list("pk", "order_id"))


def _lock_those_still_here(order_ids: Sequence[UUID]) -> dict[UUID, Order]:
    """Orders nothing of which has left or is leaving."""
    # lock: orders in key order, before their lines and the ledger
    orders = Order.objects.select_for_update().filter(pk__in=order_ids, state__in=STILL_HERE).order_by("pk")
    found = {one.pk: one for one in orders}
    leaving = Dispatch.objects.filter(order__in=list(found)).exclude(state__in=["dropped", "refused"]).values_list("order_id", flat=True)
    for order_id in leaving:
        found.pop(order_id, None)
    return found


def _give_stock_back(orders: Sequence[Order], now: datetime) -> None:
    """Reserved again later under another reference: one reference promises an item once."""
    references = [one.stock_reference for one in orders]
    close_many(actor=KAIBO, references=references, state=Reservation.State.RELEASED, target=Bucket.SELLABLE, reason="unreserve", now=now)
    for one in orders:
        Order.objects.filter(pk=one.pk).update(state=State.PAID.value, allocated_at=None, stock_reference=f"{one.stock_reference}:again"[:120])


def _ask_of_those_known_since(finding: Finding, lines: dict[UUID, UUID], now: datetime) -> None:
    Finding.objects.bulk_create(
        [
            Finding(
                order_id=of, line_id=line, field=finding.field, wrong=finding.wrong, proposed=finding.proposed, proposed_sku_id=finding.proposed_sku_id,
                confidence_bp=finding.confidence_bp, reason=finding.reason, details=finding.details, alias_text=finding.alias_text, found_at=now,
            )
            for line, of in lines.items()
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    OrderLine.objects.filter(pk__in=list(lines)).update(sku=None)


def _count_again(order_ids: Sequence[UUID]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE orders_order o SET released_at = NULL, open_findings = (SELECT count(*) FROM orders_finding f WHERE f.order_id = o.id AND f.state = 'open')
                WHERE o.id = ANY(%s)""",
            [list(order_ids)],
        )
