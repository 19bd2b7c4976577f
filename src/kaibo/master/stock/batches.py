"""Many entries of the ledger at once, set-based: what the relay settles while people are claiming (ORD-3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from kaibo.kit.ids import new_id
from kaibo.master.catalog import queries as catalog
from kaibo.master.stock import services as stock
from kaibo.master.stock.allotments import AllotmentOverdrawn
from kaibo.master.stock.models import Allotment, Entry, Line, Reservation
from kaibo.master.stock.rules import Bucket
from kaibo.master.stock.services import Change, Move, Place
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.copying import copy_rows


@dataclass(frozen=True, slots=True)
class Settlement:
    """Claimed units of an allotment that become an order's."""

    claim_id: UUID
    allotment_id: UUID
    quantity: int
    reference: str


@transaction.atomic
def settle_many(*, actor: Actor, settlements: Sequence[Settlement], now: datetime) -> None:
    """
    This function will turn the claimed units of many orders into reservations without expiry, all of them or none.

    The same rows as `allotments.settle` writes one by one, with a fixed number of statements.
    Raises: AllotmentOverdrawn, StockShort; IntegrityError for a claim that is settled, KeyError for an unknown allotment.   Source: ORD-3.
    """
    there = {one.pk: one for one in Allotment.objects.filter(pk__in={one.allotment_id for one in settlements})}
    bundles = catalog.components_of({one.sku_id for one in there.values()})
    parts = {one.pk: bundles.get(one.sku_id) or [(one.sku_id, 1)] for one in there.values()}
    stock.lock_items(sku for allotted in parts.values() for sku, _ in allotted)
    moves = [
        [
            Move(
                sku,
                there[one.allotment_id].warehouse_id,
                each * one.quantity,
                Bucket.ALLOTTED,
                Bucket.RESERVED,
                any_lot=True,
            )
            for sku, each in parts[one.allotment_id]
        ]
        for one in settlements
    ]
    entries = [new_id() for _ in settlements]
    _write_entries(actor, entries, settlements, now)
    _write_lines(entries, moves)
    _count_settled(settlements)
    _write_reservations(settlements, there, now)


def _write_entries(actor: Actor, entries: Sequence[UUID], settlements: Sequence[Settlement], now: datetime) -> None:
    copy_rows(
        Entry,
        ("id", "key", "reason", "reference", "actor_name", "at"),
        (
            (entry, f"settle:{one.claim_id}", "settle", one.reference, actor.name, now)
            for entry, one in zip(entries, settlements, strict=True)
        ),
    )


def _write_lines(entries: Sequence[UUID], moves: Sequence[Sequence[Move]]) -> None:
    levels = stock.levels_there({move.sku_id: move for each in moves for move in each}.values())
    totals: dict[Place, int] = {}
    copy_rows(
        Line,
        ("entry_id", "sku_id", "warehouse_id", "lot_id", "bucket", "delta"),
        (
            (entry, *place, delta)
            for entry, each in zip(entries, moves, strict=True)
            for place, delta in stock.changes_upon(totals, each, levels).items()
            if delta
        ),
    )
    stock.change_levels([Change(*place, delta) for place, delta in totals.items() if delta])


def _count_settled(settlements: Sequence[Settlement]) -> None:
    units: dict[UUID, int] = {}
    for one in settlements:
        units[one.allotment_id] = units.get(one.allotment_id, 0) + one.quantity
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE stock_allotment a SET settled = a.settled + s.units FROM unnest(%s::uuid[], %s::int[]) AS s (id, units)
                WHERE a.id = s.id AND a.quantity >= a.settled + a.returned + s.units""",
            [list(units), list(units.values())],
        )
        if cursor.rowcount != len(units):
            raise AllotmentOverdrawn(left="?", wanted=sum(units.values()))


def _write_reservations(settlements: Sequence[Settlement], there: dict[UUID, Allotment], now: datetime) -> None:
    copy_rows(
        Reservation,
        ("sku_id", "warehouse_id", "quantity", "reference", "created_at"),
        (
            (there[one.allotment_id].sku_id, there[one.allotment_id].warehouse_id, one.quantity, one.reference, now)
            for one in settlements
        ),
    )
