"""Reads of the ledger: levels, availability explained, history, trace, and the proof."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from kaibo.master.catalog import promises
from kaibo.master.catalog import queries as catalog
from kaibo.master.catalog.models import Sku
from kaibo.master.catalog.promising import said_by
from kaibo.master.stock import awaiting
from kaibo.master.stock.models import Allotment, ChannelItem, Level, Line, Lot, Presale, Reservation, Warehouse
from kaibo.master.stock.rules import INTERNAL, Availability, AvailabilityLine, Bucket, bundles_from, explain
from kaibo.plumbing import prepared
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import Difference


@dataclass(frozen=True, slots=True)
class LineRow:
    """One line of an item's history."""

    at: datetime
    reason: str
    reference: str
    bucket: str
    delta: int
    lot: str
    warehouse: str
    actor_name: str


STOCK_SEE = "stock:stock:see"


def items_with_levels(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[Sku]:
    """This function will give the items an actor may see, each annotated with its level per internal bucket.   Raises: Forbidden."""
    access.require(actor, STOCK_SEE)
    visible = access.visible(
        Sku.objects.select_related("product").filter(is_bundle=False), actor, "product__shop", shop_id=shop_id
    )
    summed = {
        bucket.value: Coalesce(
            Subquery(
                Level.objects.filter(sku=OuterRef("pk"), bucket=bucket.value)
                .values("sku")
                .annotate(total=Sum("quantity"))
                .values("total")
            ),
            0,
        )
        for bucket in sorted(INTERNAL)
    }
    return visible.annotate(**summed)


def levels_of(sku_ids: Iterable[UUID]) -> dict[UUID, dict[Bucket, int]]:
    """This function will give the internal levels of items over all warehouses, one query."""
    found: dict[UUID, dict[Bucket, int]] = {sku: {} for sku in sku_ids}
    for sku, bucket, quantity in prepared.rows(_levels, skus=list(found)):
        found[sku][Bucket(bucket)] = quantity
    return found


def _levels(*, skus: Any) -> QuerySet[Any]:
    rows = Level.objects.filter(sku__among=skus, bucket__in=[b.value for b in Bucket if b.is_internal])
    return rows.values_list("sku", "bucket").annotate(total=Sum("quantity")).order_by()


def availability_of(sku_id: UUID, *, safety: int = 0, now: datetime | None = None) -> Availability:
    """
    This function will explain line by line what can be sold of an item and why not more: each open allotment and the
    reservations by name; a bundle by the component that limits it. Told the time, it says what may be sold ahead besides, and
    by when that ships.   Source: SUP-14.
    """
    parts = catalog.components_of([sku_id]).get(sku_id)
    here = _bundle_availability(parts) if parts else _item_availability(sku_id, safety)
    lines = (*here.lines, *_shown_by_channels(sku_id))
    if now is None:
        return Availability(here.available, lines)
    ahead, sold_ahead = _ahead_of(parts or [(sku_id, 1)], here.available, now)
    promised = _promised([sku_id, *(sku for sku, _ in parts or ())], now)
    return Availability(here.available, (*lines, *sold_ahead), ahead, *promised)


def _item_availability(sku_id: UUID, safety: int) -> Availability:
    summary = explain(levels_of([sku_id])[sku_id], safety=safety)
    allotments = Allotment.objects.filter(sku=sku_id, state=Allotment.State.OPEN).order_by("opened_at")
    detail = [
        AvailabilityLine("· 配额", "· allotment", -(a.quantity - a.settled - a.returned), f"session:{a.session_id}")
        for a in allotments
    ]
    open_orders = list(Reservation.objects.filter(sku=sku_id, state=Reservation.State.OPEN).order_by("-created_at")[:20])
    coming = awaiting.units_of(one.pk for one in open_orders)
    here = [(one, one.quantity - coming.get(one.pk, {}).get(sku_id, 0)) for one in open_orders]
    detail += [AvailabilityLine("· 预占", "· reserved", -units, one.reference) for one, units in here if units]
    return Availability(summary.available, (*summary.lines, *detail))


def _ahead_of(parts: Sequence[tuple[UUID, int]], available: int, now: datetime) -> tuple[int, list[AvailabilityLine]]:
    """What may be sold besides because it is on its way, and why: the unsold quota, and what was sold of it that is not here."""
    skus = [sku for sku, _ in parts]
    levels, rows = awaiting.pledged(skus), catalog.sku_rows(skus)
    open_ones = {one.sku_id for one in Presale.objects.filter(sku__in=skus, closed_at=None).select_related("promise") if said_by(one.promise).ship_by(now)}
    lines = []
    for sku in skus:
        left, owed = levels[sku]
        of_zh, of_en = (f"{rows[sku].code} ", f"{rows[sku].code}: ") if len(parts) > 1 else ("", "")
        if left:
            over_zh, over_en = ("", "") if sku in open_ones else ("，承诺已结束，不再卖", ", its promise is over: not for sale")
            lines.append(AvailabilityLine(f"{of_zh}预售额度，没卖的{over_zh}", f"{of_en}pre-sale quota, unsold{over_en}", left))
        if owed:
            lines.append(AvailabilityLine(f"{of_zh}预售卖出、货没到", f"{of_en}sold ahead, goods on their way", -owed))
    sellable = {sku: units.get(Bucket.SELLABLE, 0) for sku, units in levels_of(skus).items()}
    with_quota = bundles_from(parts, {sku: sellable[sku] + (levels[sku][0] if sku in open_ones else 0) for sku in skus})
    return max(0, with_quota - max(0, available)), lines


def _promised(sku_ids: Sequence[UUID], now: datetime) -> tuple[str, str]:
    """By when it ships once it is paid for now, in both languages: the latest of the products concerned."""
    products = {row.product_id for row in catalog.sku_rows(sku_ids).values()}
    running = [(by, one) for one in promises.running_at(products, now).values() if (by := one.ship_by(now))]
    if not running:
        return "", ""
    one = max(running, key=lambda each: each[0])[1]
    if one.days is not None:
        return f"付款后 {one.days} 天内发货", f"ships within {one.days} days of payment"
    return f"{one.ships_on} 前发货（含当天）", f"ships by {one.ships_on}"


def _shown_by_channels(sku_id: UUID) -> list[AvailabilityLine]:
    """What each channel was told it may sell: a part of what is available, not taken from it.   Source: SUP-14."""
    rows = ChannelItem.objects.filter(sku=sku_id, is_on=True).select_related("channel").order_by("channel")
    lines = []
    for one in rows:
        platform = one.channel.get_platform_display()
        zh, en = f"· 发布到{platform}", f"· shown on {platform}"
        if one.state in {ChannelItem.State.DIFFERS, ChannelItem.State.AWAY, ChannelItem.State.REFUSED}:
            zh, en = f"{zh}（{one.problem_zh}）", f"{en} ({one.problem_en})"
        lines.append(AvailabilityLine(zh, en, one.published_units or 0, one.channel.name))
    return lines


def _bundle_availability(parts: Sequence[tuple[UUID, int]]) -> Availability:
    levels = levels_of([sku for sku, _ in parts])
    rows = catalog.sku_rows([sku for sku, _ in parts])
    sellable = {sku: levels[sku].get(Bucket.SELLABLE, 0) for sku, _ in parts}
    lines = tuple(
        AvailabilityLine(
            f"{rows[sku].code} 可售 {sellable[sku]}，每套用 {each}",
            f"{rows[sku].code}: {sellable[sku]} sellable, {each} a bundle",
            sellable[sku] // each,
        )
        for sku, each in parts
    )
    return Availability(bundles_from(parts, sellable), lines)


def history_of(sku_id: UUID, *, most: int = 200) -> list[LineRow]:
    """This function will list the newest lines of an item."""
    lines = Line.objects.filter(sku=sku_id).select_related("entry", "lot", "warehouse").order_by("-id")[:most]
    return [
        LineRow(
            x.entry.at,
            x.entry.reason,
            x.entry.reference,
            x.bucket,
            x.delta,
            x.lot.code if x.lot else "",
            x.warehouse.name,
            x.entry.actor_name,
        )
        for x in lines
    ]


def warehouses() -> list[Warehouse]:
    return list(Warehouse.objects.filter(is_active=True).order_by("code"))


def main_warehouse() -> Warehouse:
    """This function will give the warehouse used where nobody chose one: the first by code."""
    return Warehouse.objects.filter(is_active=True).order_by("code")[0]


def fullest_warehouse(sku_id: UUID) -> UUID | None:
    """This function will give the warehouse that has most sellable units of an item; a bundle needs all its parts there."""
    parts = catalog.components_of([sku_id]).get(sku_id) or [(sku_id, 1)]
    there: dict[UUID, dict[UUID, int]] = {}
    rows = Level.objects.filter(sku__in=[sku for sku, _each in parts], bucket=Bucket.SELLABLE.value)
    for warehouse, sku, units in rows.values_list("warehouse", "sku").annotate(total=Sum("quantity")).order_by("warehouse"):
        there.setdefault(warehouse, {})[sku] = units
    places = {warehouse: bundles_from(parts, levels) for warehouse, levels in there.items()}
    return max(places, key=lambda place: places[place], default=None)


def sellable_by_warehouse(sku_ids: Iterable[UUID]) -> dict[str, dict[UUID, int]]:
    """This function will give warehouse code → item → sellable units, for active warehouses, also those that have none."""
    found: dict[str, dict[UUID, int]] = {one.code: {} for one in warehouses()}
    rows = Level.objects.filter(sku__in=set(sku_ids), bucket=Bucket.SELLABLE.value).values_list("warehouse__code", "sku").annotate(total=Sum("quantity"))
    for code, sku, units in rows.order_by():
        if code in found:
            found[code][sku] = units
    return found


def warehouses_of_holders(references: Iterable[str]) -> dict[str, list[str]]:
    """This function will give reference → names of the warehouses its promised units lie in."""
    found: dict[str, list[str]] = {}
    rows = Reservation.objects.filter(reference__in=list(references), state=Reservation.State.OPEN).order_by("reference", "warehouse__code")
    for reference, name in rows.values_list("reference", "warehouse__name").distinct():
        if name not in found.setdefault(reference, []):
            found[reference].append(name)
    return found


def lots_of(sku_ids: Iterable[UUID]) -> QuerySet[Lot]:
    return Lot.objects.filter(sku__in=set(sku_ids)).order_by("-received_at")


def lot_levels(lot_ids: Iterable[UUID]) -> dict[UUID, dict[Bucket, int]]:
    """This function will give levels by lot and bucket (external buckets too: what a lot sent to customers)."""
    found: dict[UUID, dict[Bucket, int]] = {lot: {} for lot in lot_ids}
    for lot, bucket, quantity in (
        Level.objects.filter(lot__in=list(found)).values_list("lot", "bucket").annotate(t=Sum("quantity")).order_by()
    ):
        found[lot][Bucket(bucket)] = quantity
    return found


def lots_of_reference(reference: str) -> list[tuple[UUID, UUID | None, int]]:
    """This function will say which lots went into a reference: (sku, lot, units shipped or reserved).   Source: SUP-6."""
    rows = Line.objects.filter(entry__reference=reference, bucket=Bucket.RESERVED.value, delta__gt=0)
    return list(rows.values_list("sku_id", "lot_id", "delta"))


def references_of_lot(lot_id: UUID) -> list[tuple[str, str, int, datetime]]:
    """This function will list where a lot's units went: (reason, reference, units, at) for orders and shipments, newest first."""
    rows = Line.objects.filter(
        lot=lot_id, bucket__in=[Bucket.RESERVED.value, Bucket.CUSTOMER.value], delta__gt=0
    ).select_related("entry")
    return [(row.entry.reason, row.entry.reference, row.delta, row.entry.at) for row in rows.order_by("-id")[:500]]


@dataclass(frozen=True, slots=True)
class HolderRow:
    """A reference that has units of a lot: sent and not come back, or promised and not yet sent."""

    reference: str
    sent: int
    waiting: int
    first_at: datetime


def holders_of_lot(lot_id: UUID) -> list[HolderRow]:
    """
    This function will list every reference that has units of a lot now, all of them, the oldest first.

    Which lot was sent is what the ledger wrote when it was sent; what waits may still be picked from another lot.
    Source: SUP-6.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH here AS (
                SELECT e.reference, l.sku_id, min(e.at) AS first_at,
                       coalesce(sum(l.delta) FILTER (WHERE l.bucket = 'customer'), 0) AS sent,
                       coalesce(sum(l.delta) FILTER (WHERE l.bucket = 'reserved'), 0) AS waiting
                  FROM stock_line l JOIN stock_entry e ON e.id = l.entry_id
                 WHERE l.lot_id = %s AND l.bucket IN ('customer', 'reserved') GROUP BY 1, 2
            ), still AS (  -- what was promised from this lot may have been sent from another: then nothing waits
                SELECT h.reference, sum(l.delta) AS waiting
                  FROM here h JOIN stock_entry e ON e.reference = h.reference
                  JOIN stock_line l ON l.entry_id = e.id AND l.sku_id = h.sku_id AND l.bucket = 'reserved'
                 WHERE h.waiting > 0 GROUP BY 1
            )
            SELECT h.reference, h.sent, least(h.waiting, coalesce(s.waiting, 0)), h.first_at
              FROM here h LEFT JOIN still s ON s.reference = h.reference
             WHERE h.sent > 0 OR (h.waiting > 0 AND s.waiting > 0) ORDER BY 4, 1
            """,
            [lot_id],
        )
        return [HolderRow(name, int(sent), max(int(waiting), 0), at) for name, sent, waiting, at in cursor.fetchall()]


def lots_of_holder(reference: str) -> list[UUID]:
    """This function will give the lots a reference has units of: those it was sent, else those promised to it.   Source: SUP-6."""
    lines = Line.objects.filter(entry__reference=reference, lot__isnull=False)
    for bucket in (Bucket.CUSTOMER, Bucket.RESERVED):
        there = lines.filter(bucket=bucket.value).values("lot").annotate(units=Sum("delta")).filter(units__gt=0).order_by()
        if lots := list(there.values_list("lot", flat=True)):
            return lots
    return []


def outflow_by_day(sku_id: UUID, *, start: datetime, end: datetime) -> dict[str, int]:
    """This function will give units that left for customers per Shanghai day in [start, end), the team's own tests apart.   Source: SUP-7."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT to_char(e.at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD') AS day, sum(l.delta)
              FROM stock_line l JOIN stock_entry e ON e.id = l.entry_id
             WHERE l.sku_id = %s AND l.bucket = 'customer' AND e.reason <> 'ship_test' AND e.at >= %s AND e.at < %s
             GROUP BY 1 ORDER BY 1
            """,
            [sku_id, start, end],
        )
        return {day: int(units) for day, units in cursor.fetchall()}


def parcels_by_day(warehouse_id: UUID, *, start: datetime, end: datetime) -> list[int]:
    """This function will give how many orders left a warehouse for customers on each Shanghai day on which any did, the team's own tests apart.   Source: SUP-12."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(DISTINCT e.reference) FROM stock_entry e JOIN stock_line l ON l.entry_id = e.id
             WHERE e.reason = 'ship' AND e.at >= %s AND e.at < %s AND l.warehouse_id = %s AND l.bucket = 'customer' AND l.delta > 0
             GROUP BY (e.at AT TIME ZONE 'Asia/Shanghai')::date
            """,
            [start, end, warehouse_id],
        )
        return [int(orders) for (orders,) in cursor.fetchall()]


def first_days_of(sku_ids: Iterable[UUID], *, days: int, now: datetime) -> dict[UUID, int]:
    """This function will give item → units that left for customers in its first days on sale, for items that have sold that long."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH began AS (
                SELECT l.sku_id AS sku, min(e.at) AS at FROM stock_line l JOIN stock_entry e ON e.id = l.entry_id
                 WHERE l.sku_id = ANY(%(skus)s) AND l.bucket = 'customer' AND l.delta > 0 GROUP BY 1)
            SELECT b.sku, sum(l.delta) FROM began b JOIN stock_line l ON l.sku_id = b.sku AND l.bucket = 'customer'
              JOIN stock_entry e ON e.id = l.entry_id AND e.at < b.at + make_interval(days => %(days)s)
             WHERE b.at + make_interval(days => %(days)s) <= %(now)s GROUP BY 1
            """,
            {"skus": list(sku_ids), "days": days, "now": now},
        )
        return {sku: int(units) for sku, units in cursor.fetchall()}


def differences() -> list[Difference]:
    """This function will prove the ledger: every entry sums to zero, every level is the sum of its lines."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT entry_id, sum(delta) FROM stock_line GROUP BY entry_id HAVING sum(delta) <> 0 LIMIT 100")
        found = [
            Difference("stock", f"entry {entry} does not sum to zero but to {total}")
            for entry, total in cursor.fetchall()
        ]
        cursor.execute(
            """
            WITH summed AS (SELECT sku_id, warehouse_id, lot_id, bucket, sum(delta) AS quantity FROM stock_line GROUP BY 1, 2, 3, 4)
            SELECT coalesce(l.sku_id, s.sku_id), coalesce(l.bucket, s.bucket), coalesce(l.quantity, 0), coalesce(s.quantity, 0)
              FROM stock_level l FULL JOIN summed s
                ON l.sku_id = s.sku_id AND l.warehouse_id = s.warehouse_id AND l.lot_id IS NOT DISTINCT FROM s.lot_id AND l.bucket = s.bucket
             WHERE coalesce(l.quantity, 0) <> coalesce(s.quantity, 0) LIMIT 100
            """
        )
        found += [
            Difference("stock", f"{bucket} level of {sku} is {level}, its lines sum to {lines}")
            for sku, bucket, level, lines in cursor.fetchall()
        ]
        cursor.execute(
            """
            SELECT r.sku_id, sum(r.quantity) - coalesce(sum(a.units), 0) FROM stock_reservation r JOIN catalog_sku s ON s.id = r.sku_id
              LEFT JOIN stock_awaited a ON a.reservation_id = r.id
             WHERE r.state = 'open' AND NOT s.is_bundle
               AND NOT EXISTS (SELECT 1 FROM catalog_bundlecomponent b WHERE b.component_id = r.sku_id)
             GROUP BY 1
            EXCEPT
            SELECT s.id, coalesce((SELECT sum(quantity) FROM stock_level l WHERE l.sku_id = s.id AND l.bucket = 'reserved'), 0) FROM catalog_sku s
            """
        )
        found += [
            Difference("stock", f"open reservations of {sku} are {units}, the reserved level differs")
            for sku, units in cursor.fetchall()
        ]
    return found + _presale_differences()


PRESALE_PROOF = """
    WITH levels AS (
        SELECT sku_id, sum(quantity) FILTER (WHERE bucket = 'presale') AS unsold, sum(quantity) FILTER (WHERE bucket = 'owed') AS owed,
               sum(quantity) FILTER (WHERE bucket = 'expected') AS expected
          FROM stock_level WHERE bucket IN ('presale', 'owed', 'expected') GROUP BY 1
    ), awaited AS (
        SELECT a.sku_id, sum(a.units) FILTER (WHERE r.state = 'open') AS units, coalesce(sum(a.units) FILTER (WHERE r.state <> 'open'), 0) AS ended
          FROM stock_awaited a JOIN stock_reservation r ON r.id = a.reservation_id GROUP BY 1
    ), opened AS (SELECT sku_id, coming_units, given_units - taken_units AS may FROM stock_presale WHERE closed_at IS NULL)
    SELECT coalesce(l.sku_id, a.sku_id), coalesce(l.unsold, 0), coalesce(l.owed, 0), coalesce(l.expected, 0), coalesce(a.units, 0), coalesce(a.ended, 0),
           coalesce(o.coming_units, 0), coalesce(o.may, 0)
      FROM levels l FULL JOIN awaited a ON a.sku_id = l.sku_id LEFT JOIN opened o ON o.sku_id = l.sku_id
"""


def _presale_differences() -> list[Difference]:
    """What is sold ahead: each unit is waited for by somebody, and nothing may still be sold that is not on its way."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(PRESALE_PROOF)
        for sku, unsold, owed, expected, awaited, ended, coming, may in cursor.fetchall():
            wrongs = {
                f"{owed} units of {sku} are owed, reservations wait for {awaited}": owed != awaited,
                f"{ended} units of {sku} are waited for by reservations that ended": ended != 0,
                f"{unsold} unsold and {owed} owed units of {sku} were taken from what is expected, which stands at {expected}": unsold + owed + expected != 0,
                f"{unsold} units of {sku} may be sold ahead, beside {owed} owed only {coming} are coming": unsold > max(0, coming - owed),
                f"{unsold} units of {sku} may be sold ahead, its quota has {may} left": unsold > may,
            }
            found += [Difference("stock", words) for words, is_so in wrongs.items() if is_so]
    return found
