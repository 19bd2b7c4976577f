"""What people decide about findings: take the proposal and remember it, or let the order be as it is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from kaibo.master.catalog import queries as catalog
from kaibo.master.catalog import services as catalog_services
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.orders import queries
from kaibo.stages.orders.complaints import FindingDecided, NothingProposed, ReasonMissing
from kaibo.stages.orders.models import Finding, Order, OrderLine
from kaibo.stages.orders.permissions import VERIFY
from kaibo.stages.orders.published import published_prices
from kaibo.stages.orders.verification import Field, check_price

ITEM_FIELDS = (Field.NAME.value, Field.SPECIFICATION.value)


@transaction.atomic
def accept_finding(*, actor: Actor, finding_id: UUID, now: datetime, sku_id: UUID | None = None) -> int:
    """
    This function will take a proposal, remember it, and mend every other open finding alike; it gives how many.

    `sku_id` overrules the proposal. Quantity and price findings are taken as “right as it stands” by dismissing.
    Raises: Forbidden, FindingDecided, NothingProposed.   Source: ORD-2.
    """
    finding = queries.finding_for(actor, finding_id)
    order = finding.order
    access.require(actor, VERIFY, shop_id=order.shop_id)
    chosen = sku_id or finding.proposed_sku_id
    if finding.field not in ITEM_FIELDS or chosen is None:
        raise NothingProposed
    item = catalog.sku_rows([chosen]).get(chosen)
    if item is None or item.shop_id != order.shop_id:
        raise NothingProposed
    alike = list(
        # lock: in key order; two people deciding alike findings queue up
        Finding.objects.select_for_update(of=("self",)).filter(
            state=Finding.State.OPEN, alias_text=finding.alias_text, field__in=ITEM_FIELDS, order__shop=order.shop_id, order__platform=order.platform,
        ).order_by("pk")
    )
    if finding.pk not in {one.pk for one in alike}:
        raise FindingDecided
    catalog_services.learn_alias(actor=actor, platform=order.platform, text=finding.alias_text, sku_id=chosen, now=now)
    _close([one.pk for one in alike], Finding.State.ACCEPTED, actor, now)
    line_ids = [one.line_id for one in alike if one.line_id]
    OrderLine.objects.filter(pk__in=line_ids, sku=None).update(sku_id=chosen)
    _look_at_prices(line_ids, chosen, order.shop_id, now)
    audit.record(
        actor, "orders:finding:accept", subject=f"finding:{finding.pk}", now=now, shop_id=order.shop_id,
        details={"sku": str(chosen), "text": finding.alias_text, "mended": len(alike)},
    )
    return len(alike)


@transaction.atomic
def dismiss_finding(*, actor: Actor, finding_id: UUID, reason: str, now: datetime) -> None:
    """
    This function will note that an order is right as it stands, with the reason.

    Raises: Forbidden, ReasonMissing, FindingDecided.
    """
    finding = queries.finding_for(actor, finding_id)
    access.require(actor, VERIFY, shop_id=finding.order.shop_id)
    if not reason.strip():
        raise ReasonMissing
    if not _close([finding.pk], Finding.State.DISMISSED, actor, now, reason.strip()[:200]):
        raise FindingDecided
    audit.record(
        actor, "orders:finding:dismiss", subject=f"finding:{finding.pk}", now=now, shop_id=finding.order.shop_id,
        details={"field": finding.field}, reason=reason,
    )


@transaction.atomic
def reopen_finding(*, actor: Actor, finding_id: UUID, now: datetime) -> None:
    """This function will undo a dismissal.   Raises: Forbidden, FindingDecided."""
    finding = queries.finding_for(actor, finding_id)
    access.require(actor, VERIFY, shop_id=finding.order.shop_id)
    if not Finding.objects.filter(pk=finding_id, state=Finding.State.DISMISSED).update(
        state=Finding.State.OPEN, decided_by="", decided_at=None, decision_reason=""
    ):
        raise FindingDecided
    Order.objects.filter(pk=finding.order_id).update(open_findings=F("open_findings") + 1, released_at=None)
    audit.record(actor, "orders:finding:reopen", subject=f"finding:{finding.pk}", now=now, shop_id=finding.order.shop_id)


def _close(finding_ids: list[UUID], state: Finding.State, actor: Actor, now: datetime, reason: str = "") -> int:
    """Decide open findings and lower the counters of their orders in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH decided AS (
                UPDATE orders_finding SET state = %s, decided_by = %s, decided_at = %s, decision_reason = %s
                 WHERE id = ANY(%s) AND state = 'open' RETURNING order_id
            ), counted AS (SELECT order_id, count(*) AS n FROM decided GROUP BY order_id)
            UPDATE orders_order o SET open_findings = o.open_findings - c.n FROM counted c WHERE o.id = c.order_id RETURNING c.n
            """,
            [state.value, actor.name, now, reason, finding_ids],
        )
        return sum(int(row[0]) for row in cursor.fetchall())


def _look_at_prices(line_ids: Iterable[UUID], sku_id: UUID, shop_id: UUID, now: datetime) -> None:
    """Lines whose item became known just now can have their price looked at."""
    published = published_prices([sku_id]).get(sku_id, 0)
    tolerance = thresholds.value("orders.price_tolerance_bp", shop_id=shop_id)
    found: list[Finding] = []
    for line in OrderLine.objects.filter(pk__in=list(line_ids)):
        wrong = check_price(line.price_fen, published, tolerance_bp=tolerance)
        if wrong:
            found.append(
                Finding(
                    order_id=line.order_id, line=line, field=wrong.field.value, wrong=wrong.wrong, proposed=wrong.proposed, reason=wrong.reason,
                    details=dict(wrong.details), found_at=now,
                )
            )
    made = Finding.objects.bulk_create(found, ignore_conflicts=True)
    for one in made:
        Order.objects.filter(pk=one.order_id).update(open_findings=F("open_findings") + 1)
