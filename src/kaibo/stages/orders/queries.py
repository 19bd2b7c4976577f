"""Reads of orders, scoped by actor. Every list asks a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum, Value

from kaibo.plumbing import prepared
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import ALL_SHOPS, Actor
from kaibo.plumbing.intake import queries as intake
from kaibo.plumbing.intake.models import ImportRun
from kaibo.stages.orders.complaints import OrderUnknown
from kaibo.stages.orders.models import (
    TO_SHIP,
    Finding,
    Order,
    OrderAnomaly,
    OrderLine,
    Payment,
    PaymentRefund,
    Shipment,
)
from kaibo.stages.orders.rules import State

MOST_MISSING = 3
NEWEST_RUNS = 60


def orders_for(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[Order]:
    """This function will give the orders of the actor's shops, for lists."""
    return access.visible(Order.objects.defer("receiver_sealed", "receiver_cipher"), actor, shop_id=shop_id)


def order_for(actor: Actor, order_id: UUID) -> Order:
    """This function will give an order of the actor's shops.   Raises: OrderUnknown."""
    order = Order.objects.filter(pk=order_id).first()
    if order is None or not actor.sees(order.shop_id):
        raise OrderUnknown
    return order


def line_for(actor: Actor, line_id: UUID) -> OrderLine:
    """This function will give a line with its order.   Raises: OrderUnknown."""
    line = OrderLine.objects.select_related("order").filter(pk=line_id).first()
    if line is None or not actor.sees(line.order.shop_id):
        raise OrderUnknown
    return line


def order_by_number(shop_id: UUID, platform: str, numbers: Iterable[str]) -> dict[str, UUID]:
    """This function will give order number → order id for a shop's platform."""
    return dict(Order.objects.filter(shop=shop_id, platform=platform, order_no__in=set(numbers)).values_list("order_no", "pk"))


def lines_of(order_ids: Iterable[UUID]) -> dict[UUID, list[OrderLine]]:
    """This function will give the lines of orders with one query."""
    found: dict[UUID, list[OrderLine]] = {}
    for line in OrderLine.objects.select_related("sku__product").filter(order__in=list(order_ids)).order_by("line_no"):
        found.setdefault(line.order_id, []).append(line)
    return found


def finding_for(actor: Actor, finding_id: UUID) -> Finding:
    """This function will give a finding of the actor's shops.   Raises: OrderUnknown."""
    finding = Finding.objects.select_related("order").filter(pk=finding_id).first()
    if finding is None or not actor.sees(finding.order.shop_id):
        raise OrderUnknown
    return finding


def open_findings(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[Finding]:
    """This function will give what waits for a decision, oldest order first."""
    found = Finding.objects.filter(state=Finding.State.OPEN).select_related("order").order_by("order__ordered_at", "pk")
    return access.visible(found, actor, "order__shop", shop_id=shop_id)


SHOWN_OF_A_FINDING = (
    "field", "wrong", "proposed", "proposed_sku_id", "confidence_bp", "reason", "details", "alias_text",
    "order__order_no", "order__platform", "order__hold_flags", "order__goods", "order__shop_id",
)  # fmt: skip
"""What the verification page reads of a finding and its order: no sealed receivers for fifty rows."""


def findings_by_field(actor: Actor, *, shop_id: UUID | None = None) -> dict[str, int]:
    """This function will count open findings per field."""
    return dict(open_findings(actor, shop_id=shop_id).order_by().values_list("field").annotate(n=Count("*")))


def alike_counts(findings: Sequence[Finding]) -> dict[tuple[UUID, str, str], int]:
    """This function will count, for (shop, platform, text), the open findings one decision would mend; one query."""
    texts = {one.alias_text for one in findings if one.alias_text}
    if not texts:
        return {}
    rows = Finding.objects.filter(state=Finding.State.OPEN, alias_text__in=texts).values_list("order__shop", "order__platform", "alias_text")
    return {(shop, platform, text): n for shop, platform, text, n in rows.annotate(n=Count("*")).order_by()}


def findings_of(order_id: UUID) -> list[Finding]:
    return list(Finding.objects.filter(order=order_id).select_related("order", "line").order_by("state", "found_at"))


def anomalies_of(order_id: UUID) -> list[OrderAnomaly]:
    return list(OrderAnomaly.objects.filter(order=order_id).order_by("-at"))


def unseen_anomalies(actor: Actor, *, shop_id: UUID | None = None) -> list[OrderAnomaly]:
    """This function will list the newest contradictions of platforms nobody has looked at."""
    found = OrderAnomaly.objects.filter(seen_at=None).select_related("order").order_by("-at")
    return list(access.visible(found, actor, "order__shop", shop_id=shop_id)[:20])


def shipments_of(order_id: UUID) -> list[Shipment]:
    return list(Shipment.objects.filter(order=order_id).order_by("shipped_at"))


def payments_of(order_id: UUID) -> list[Payment]:
    return list(Payment.objects.filter(order=order_id).order_by("paid_at"))


def refunds_of(order_id: UUID) -> list[PaymentRefund]:
    return list(PaymentRefund.objects.filter(order=order_id).select_related("payment", "order").order_by("created_at"))


def refunds_under_way(actor: Actor, *, most: int = 100) -> list[PaymentRefund]:
    """This function will give the refunds that are not done yet, oldest first."""
    rows = PaymentRefund.objects.exclude(state="done").select_related("payment", "order")
    return list(rows.filter(order__in=orders_for(actor)).order_by("created_at")[:most])


def shops_where(actor: Actor, ability: str, shop_id: UUID | None) -> list[UUID] | None:
    """This function will give the shops in which the actor may do this, narrowed to one; None stands for every shop."""
    if shop_id is not None:
        return [shop_id]
    if actor.is_kaibo or ALL_SHOPS in actor.shops_for(ability):
        return None
    return [one for one in actor.shops_for(ability) if one is not None]


def releasable(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[Order]:
    """This function will give the orders `release_passed` would release."""
    unknown = OrderLine.objects.filter(order=OuterRef("pk"), sku=None, quantity__gt=F("cancelled"))
    return _passed(actor, shop_id).filter(~Exists(unknown))


def releasable_count(actor: Actor, *, shop_id: UUID | None = None) -> int:
    """This function will count the orders `release_passed` would release."""
    counted = prepared.counts(_passed_and_unknown, actor, shop_id)
    return counted.get("passed", 0) - counted.get("unknown", 0)


def _passed(actor: Actor, shop_id: UUID | None) -> QuerySet[Order]:
    return orders_for(actor, shop_id=shop_id).filter(
        state__in=[State.PAID.value, State.ALLOCATED.value], released_at=None, open_findings=0, hold_flags=[]
    )


def _passed_and_unknown(actor: Actor, shop_id: UUID | None) -> list[tuple[str, QuerySet[Order]]]:
    """All that passed are counted in their index; the few with a line whose item nobody knows are found from those lines."""
    passed = _passed(actor, shop_id)
    unknown = OrderLine.objects.filter(sku=None, quantity__gt=F("cancelled"))
    return [("passed", passed), ("unknown", passed.filter(pk__in=unknown.values("order")))]


def open_findings_count(actor: Actor) -> int:
    """This function will count what waits for a decision."""
    return prepared.count(open_findings, actor)


# ── is everything here? (ORD-1) ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Consistency:
    """One platform: how many rows it has, how many we have, which are missing and where they wait."""

    platform: str
    theirs: int
    ours: int
    missing: tuple[str, ...]
    at: datetime | None
    run_id: UUID | None = None

    @property
    def is_whole(self) -> bool:
        return self.theirs == self.ours


def consistency(actor: Actor, *, shop_id: UUID | None = None) -> list[Consistency]:
    """
    This function will hold the newest file of each platform against what was taken from it, and claims against own orders.

    Rows that wait in quarantine are what is missing, with their numbers.   Source: ORD-1.
    """
    found = [_of_own_room(actor, shop_id)]
    runs = intake.runs_for(actor).filter(kind="orders", state=ImportRun.State.DONE)
    if shop_id is not None:
        runs = runs.filter(shop_id=shop_id)
    newest: dict[str, ImportRun] = {}
    for run in runs[:NEWEST_RUNS]:
        newest.setdefault(run.platform or "douyin", run)
    for platform, run in newest.items():
        missing = run.rows_waiting  # type: ignore[attr-defined]  # annotated by runs_for
        numbers = _missing_numbers(run) if missing else ()
        found.append(Consistency(platform, run.rows_read, run.rows_read - missing, numbers, run.file_exported_at, run.pk))
    return [one for one in found if one.theirs or one.ours]


def _missing_numbers(run: ImportRun) -> tuple[str, ...]:
    place = run.columns.get("order_no")
    cells = intake.waiting_rows(run).values_list("cells", flat=True)[:MOST_MISSING]
    return tuple(row[place].strip() for row in cells if place is not None and place < len(row))


def _of_own_room(actor: Actor, shop_id: UUID | None) -> Consistency:
    ours = orders_for(actor, shop_id=shop_id).filter(platform="own").count()
    with connection.cursor() as cursor:
        # the room's claims without an order; its index holds only these, so the count is cheap
        cursor.execute(
            """SELECT count(*) FROM room.answers a JOIN room.rooms r ON r.room = a.room
                WHERE a.result = 'claimed' AND a.settled_at IS NULL AND NOT r.is_bench"""
        )
        waiting = cursor.fetchone()[0]
    return Consistency("own", ours + waiting, ours, (), None)


# ── the clock of every order (ORD-4) ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class ShipClock:
    """What must leave by when: overdue, and how many within these hours."""

    earliest: datetime | None
    overdue: int
    within_4: int
    within_24: int
    within_48: int
    later: int
    sent_today: int

    @property
    def waiting(self) -> int:
        return self.overdue + self.within_4 + self.within_24 + self.within_48 + self.later


def ship_clock(actor: Actor, now: datetime, *, shop_id: UUID | None = None) -> ShipClock:
    """This function will count the orders that wait to be shipped by the time they have left; two queries."""
    first = prepared.rows(_first_to_ship, actor, shop_id)
    counted = prepared.counts(_by_time_left, actor, shop_id, now=now)
    return ShipClock(earliest=first[0] if first else None, **{name: counted.get(name, 0) for name in COUNTED})


COUNTED = ("overdue", "within_4", "within_24", "within_48", "later", "sent_today")


def _first_to_ship(actor: Actor, shop_id: UUID | None) -> QuerySet[Any]:
    waiting = orders_for(actor, shop_id=shop_id).filter(state__in=TO_SHIP, is_test=False, ship_by__isnull=False)
    return waiting.order_by("ship_by").values_list("ship_by", flat=True)[:1]


def _by_time_left(actor: Actor, shop_id: UUID | None, *, now: Any) -> Iterator[tuple[str, QuerySet[Any]]]:
    """Each span is a piece of one index; to sort every waiting order into its span costs four times as much."""
    waiting = orders_for(actor, shop_id=shop_id).filter(state__in=TO_SHIP, is_test=False)
    yield "overdue", waiting.filter(ship_by__lt=now)
    for name, start, end in (("within_4", 0, 4), ("within_24", 4, 24), ("within_48", 24, 48)):
        yield name, waiting.filter(ship_by__gte=now + timedelta(hours=start), ship_by__lt=now + timedelta(hours=end))
    yield "later", waiting.filter(ship_by__gte=now + timedelta(hours=48))
    yield "later", waiting.filter(ship_by=None)
    yield "sent_today", access.visible(Shipment.objects.filter(shipped_at__gte=now - timedelta(hours=24)), actor, "order__shop", shop_id=shop_id)


def burn_down(actor: Actor, now: datetime, *, shop_id: UUID | None = None, hours: int = 48, step: int = 4) -> list[tuple[datetime, int]]:
    """This function will say how many orders may still wait at each coming moment, if none is to be late."""
    waiting = orders_for(actor, shop_id=shop_id).filter(state__in=TO_SHIP, is_test=False, ship_by__gt=now)
    moments = [now + timedelta(hours=after) for after in range(0, hours + step, step)]
    counted = waiting.aggregate(**{f"at_{i}": Count(Value(1), filter=Q(ship_by__gt=moment)) for i, moment in enumerate(moments)})
    return [(moment, counted[f"at_{i}"]) for i, moment in enumerate(moments)]


def pace(actor: Actor, now: datetime, *, shop_id: UUID | None = None, hours: int = 4) -> float:
    """This function will say how many parcels left each hour lately."""
    return prepared.count(_left_since, actor, shop_id, since=now - timedelta(hours=hours)) / hours


def _left_since(actor: Actor, shop_id: UUID | None, *, since: Any) -> QuerySet[Any]:
    return access.visible(Shipment.objects.filter(shipped_at__gte=since), actor, "order__shop", shop_id=shop_id)


def due_by(burn: Sequence[tuple[datetime, int]], clock: ShipClock, now: datetime) -> list[tuple[float, int]]:
    """This function will turn what may still wait at each moment into what must have left by then."""
    return [((moment - now).total_seconds() / 3600, clock.waiting - left) for moment, left in burn]


# ── what was sold of products ────────────────────────────────────────────────────────────────────────────────────


def orders_of_products(product_ids: Iterable[UUID], now: datetime) -> dict[UUID, dict[str, int]]:
    """
    This function will count the orders of products, and of those that wait to be shipped the late and the wrong ones; products
    without orders are left out.

    Lines are read by item and each order by its key: left to itself the planner reads every order there is, for some hundreds.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT sold.product_id, count(*), count(*) FILTER (WHERE o.waits AND o.ship_by < %(now)s),
                   count(*) FILTER (WHERE o.waits AND o.open_findings > 0), count(*) FILTER (WHERE o.waits)
              FROM (SELECT DISTINCT s.product_id, l.order_id FROM catalog_sku s
                     CROSS JOIN LATERAL (SELECT order_id FROM orders_orderline WHERE sku_id = s.id OFFSET 0) AS l
                     WHERE s.product_id = ANY(%(products)s)) AS sold
             CROSS JOIN LATERAL (SELECT state = ANY(%(to_ship)s) AS waits, ship_by, open_findings, is_test
                                   FROM orders_order WHERE id = sold.order_id LIMIT 1) AS o
             WHERE NOT o.is_test GROUP BY 1
            """,
            {"now": now, "products": list(product_ids), "to_ship": list(TO_SHIP)},
        )
        return {product: dict(zip(("orders", "late", "wrong", "waiting"), counted, strict=True)) for product, *counted in cursor.fetchall()}


# ── picking ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class PickLine:
    """An item to take from the shelf for all orders together."""

    sku_id: UUID
    code: str
    title: str
    units: int
    orders: int


def to_pick(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[Order]:
    """This function will give released orders with reserved stock, the most urgent first."""
    waiting = orders_for(actor, shop_id=shop_id).filter(state__in=[State.ALLOCATED.value, State.PARTIALLY_SHIPPED.value])
    return waiting.filter(released_at__isnull=False, hold_flags=[]).order_by("ship_by", "pk")


def pick_lines(order_ids: Sequence[UUID]) -> list[PickLine]:
    """This function will sum what a set of orders needs, by item."""
    rows = (
        OrderLine.objects.filter(order__in=list(order_ids), sku__isnull=False)
        .values_list("sku_id", "sku__code", "sku__product__title", "sku__specification")
        .annotate(units=Sum(F("quantity") - F("cancelled") - F("shipped")), orders=Count("order", distinct=True)).order_by("sku__code")
    )
    return [PickLine(sku, code, f"{title} {specification}", units, orders) for sku, code, title, specification, units, orders in rows if units]
