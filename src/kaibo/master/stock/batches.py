"""Many entries of the ledger at once, set-based: what the relay settles while people are claiming, what waiting orders reserve (ORD-3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction

from kaibo.kit.ids import new_ids
from kaibo.master.catalog import queries as catalog
from kaibo.master.stock import awaiting
from kaibo.master.stock import services as stock
from kaibo.master.stock.allotments import AllotmentOverdrawn
from kaibo.master.stock.models import Allotment, Awaited, Entry, Line, Reservation
from kaibo.master.stock.rules import Bucket, LotLevel, QuantityNotPositive, StockShort
from kaibo.master.stock.services import Change, Move, Place
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.copying import copy_rows

Source = tuple[UUID, UUID, Bucket]


class Settlement(NamedTuple):
    """Claimed units of an allotment that become an order's."""

    claim_id: UUID | str
    allotment_id: UUID
    quantity: int
    reference: str


class Quota(NamedTuple):
    """An open pre-sale quota, and the warehouse its goods are awaited in."""

    presale_id: UUID
    warehouse_id: UUID


class Promise(NamedTuple):
    """Units of items that a reference needs from a warehouse, all of them or none."""

    reference: str
    warehouse_id: UUID
    units: Mapping[UUID, int]
    """By item, bundles as such."""
    places: Mapping[UUID, UUID] = MappingProxyType({})
    """Item → warehouse where one of them leaves from elsewhere."""
    ahead: Mapping[UUID, Quota] = MappingProxyType({})
    """What may be taken from a pre-sale quota where the shelf does not suffice, by item (a bundle's by its parts)."""
    promised_at: datetime | None = None
    """By when it leaves; needed where something may be sold ahead."""


@transaction.atomic
def reserve_many(*, actor: Actor, promises: Sequence[Promise], now: datetime) -> list[StockShort | None]:
    """
    This function will promise sellable units to many references that were promised nothing before, the first first, and
    say of each what was missing; None: all its units are reserved.

    The same rows as `services.reserve` writes one by one, with a fixed number of statements. The caller holds what the references stand
    for.   Raises: IntegrityError for what was promised before.   Source: ORD-3.
    """
    parts = _parts_of({sku for one in promises for sku in one.units})
    moves = [
        {
            sku: [
                Move(part, one.places.get(sku, one.warehouse_id), each * units, Bucket.SELLABLE, Bucket.RESERVED, any_lot=True)
                for part, each in parts[sku]
            ]
            for sku, units in sorted(one.units.items(), key=lambda item: str(item[0]))
        }
        for one in promises
    ]
    flat = [move for one in moves for group in one.values() for move in group]
    if any(move.quantity <= 0 for move in flat):
        raise QuantityNotPositive
    stock.lock_items(move.sku_id for move in flat)
    quotas = {(sku, quota.warehouse_id) for one in promises for sku, quota in one.ahead.items()}
    levels = stock.levels_there([*flat, *(Move(sku, place, 1, Bucket.PRESALE, Bucket.OWED) for sku, place in quotas)])
    totals: dict[UUID, dict[Place, int]] = {}
    outcomes: list[StockShort | None] = []
    entries: list[tuple[object, ...]] = []
    lines: list[tuple[object, ...]] = []
    reserved: list[tuple[object, ...]] = []
    awaited: list[tuple[object, ...]] = []
    for one, groups in zip(promises, moves, strict=True):
        touched = {move.sku_id for group in groups.values() for move in group}
        before = {place: units for sku in touched for place, units in totals.get(sku, {}).items()}
        try:
            picked = _picked(one, groups, before, levels)
        except StockShort as short:
            outcomes.append(short)
            continue
        outcomes.append(None)
        for place, units in picked.upon.items():
            totals.setdefault(place[0], {})[place] = units
        ids = iter(new_ids(2 * len(picked.changes)))
        for sku, own in picked.changes.items():
            entry, reservation = next(ids), next(ids)
            entries.append((entry, f"reserve:{one.reference}:{sku}", "reserve", one.reference, actor.name, now))
            lines += [(entry, *place, delta) for place, delta in own.items() if delta]
            reserved.append((reservation, sku, one.places.get(sku, one.warehouse_id), one.units[sku], one.reference, now))
            awaited += [
                (one.ahead[part].presale_id, reservation, part, units, units, one.promised_at, now) for part, units in picked.ahead.get(sku, {}).items()
            ]
    copy_entries(entries)
    copy_lines(lines, {place: delta for by_place in totals.values() for place, delta in by_place.items()})
    copy_rows(Reservation, ("id", "sku_id", "warehouse_id", "quantity", "reference", "created_at"), reserved)
    copy_rows(Awaited, ("presale_id", "reservation_id", "sku_id", "units", "sold_units", "promised_at", "sold_at"), awaited)
    return outcomes


class Picked(NamedTuple):
    """What one promise moves: by item its changes and what of it is sold ahead, and what all places come to then."""

    changes: dict[UUID, dict[Place, int]]
    ahead: dict[UUID, dict[UUID, int]]
    upon: dict[Place, int]


def _picked(one: Promise, groups: Mapping[UUID, list[Move]], before: Mapping[Place, int], levels: dict[Source, list[LotLevel]]) -> Picked:
    """From the shelf where that is enough, else what is there and the rest from the quotas it may take from.   Raises: StockShort."""
    upon = dict(before)
    try:
        return Picked({sku: stock.changes_upon(upon, group, levels) for sku, group in groups.items()}, {}, upon)
    except StockShort:
        if not one.ahead:
            raise
    upon, changes, ahead = dict(before), {}, {}
    for sku, group in groups.items():
        changes[sku] = {}
        for move in group:
            here = max(0, sum(lot.quantity + upon.get((move.sku_id, move.warehouse_id, lot.lot_id, move.source), 0) for lot in levels.get((move.sku_id, move.warehouse_id, move.source), ())))
            if here >= move.quantity or move.sku_id not in one.ahead:
                changes[sku] |= stock.changes_upon(upon, [move], levels)
                continue
            coming = Move(move.sku_id, one.ahead[move.sku_id].warehouse_id, move.quantity - here, Bucket.PRESALE, Bucket.OWED)
            changes[sku] |= stock.changes_upon(upon, [*([replace(move, quantity=here)] if here else []), coming], levels)
            ahead.setdefault(sku, {})[move.sku_id] = move.quantity - here
    return Picked(changes, ahead, upon)


@transaction.atomic
def close_many(
    *, actor: Actor, references: Sequence[str], state: Reservation.State, target: Bucket, reason: str, now: datetime
) -> int:
    """
    This function will close every open reservation of many references, its units going to `target`, and give the number of units.

    The same rows as `services.ship_reserved` and `services.release_reserved` write one by one, with a fixed number of statements.
    Raises: StockShort.   Source: ORD-3.
    """
    turn = {reference: place for place, reference in enumerate(references)}
    there = sorted(
        Reservation.objects.filter(reference__in=list(turn), state=Reservation.State.OPEN), key=lambda one: (turn[one.reference], str(one.sku_id))
    )
    if not there:
        return 0
    parts = _parts_of({one.sku_id for one in there})
    stock.lock_items(part for moved in parts.values() for part, _ in moved)
    waiting = awaiting.units_of(one.pk for one in there)
    units_of_waiting = sum(
        stock.close_waiting(actor=actor, reservation=one, state=state, target=target, reason=reason, now=now) for one in there if one.pk in waiting
    )
    there = [one for one in there if one.pk not in waiting]
    with connection.cursor() as cursor:  # another may have closed some before the items were ours
        cursor.execute(
            "UPDATE stock_reservation SET state = %s WHERE id = ANY(%s) AND state = 'open' RETURNING id", [state.value, [one.pk for one in there]]
        )
        ours = {pk for (pk,) in cursor.fetchall()}
    closed = [one for one in there if one.pk in ours]
    moves = {
        one.pk: [
            Move(part, one.warehouse_id, each * one.quantity, Bucket.RESERVED, target, any_lot=True)
            for part, each in parts[one.sku_id]
        ]
        for one in closed
    }
    levels = stock.levels_there(move for group in moves.values() for move in group)
    totals: dict[Place, int] = {}
    entries: list[tuple[object, ...]] = []
    lines: list[tuple[object, ...]] = []
    for one, entry in zip(closed, new_ids(len(closed)), strict=True):
        entries.append((entry, f"{reason}:{one.pk}", reason, one.reference, actor.name, now))
        lines += [(entry, *place, delta) for place, delta in stock.changes_upon(totals, moves[one.pk], levels).items() if delta]
    copy_entries(entries)
    copy_lines(lines, totals)
    return units_of_waiting + sum(one.quantity for one in closed)


@transaction.atomic
def settle_many(*, actor: Actor, settlements: Sequence[Settlement], now: datetime) -> None:
    """
    This function will turn the claimed units of many orders into reservations without expiry, all of them or none.

    The same rows as `allotments.settle` writes one by one, with a fixed number of statements.
    Raises: AllotmentOverdrawn, StockShort; IntegrityError for a claim that is settled, KeyError for an unknown allotment.   Source: ORD-3.
    """
    wanted = {one.allotment_id.int: one.allotment_id for one in settlements}
    there = {one.pk: one for one in Allotment.objects.filter(pk__in=list(wanted.values()))}
    moved = _parts_of({one.sku_id for one in there.values()})
    parts = {one.pk: moved[one.sku_id] for one in there.values()}
    stock.lock_items(sku for allotted in parts.values() for sku, _ in allotted)
    numbered: dict[tuple[int, int], list[int]] = defaultdict(list)
    for place, one in enumerate(settlements):
        numbered[one.allotment_id.int, one.quantity].append(place)
    alike = {(settlements[places[0]].allotment_id, quantity): places for (_, quantity), places in numbered.items()}
    moves = {
        (allotment, quantity): [
            Move(sku, there[allotment].warehouse_id, each * quantity, Bucket.ALLOTTED, Bucket.RESERVED, any_lot=True) for sku, each in parts[allotment]
        ]
        for allotment, quantity in alike
    }
    entries = new_ids(len(settlements))
    _write_entries(actor, entries, settlements, now)
    _write_lines([([entries[place] for place in places], moves[what]) for what, places in alike.items()])
    _count_settled({what: len(places) for what, places in alike.items()})
    _write_reservations(settlements, there, now)


def _parts_of(sku_ids: Iterable[UUID]) -> dict[UUID, list[tuple[UUID, int]]]:
    """What really moves, as `services.units_of` says for one unit of one item, in one question for many."""
    wanted = set(sku_ids)
    bundles = catalog.components_of(wanted)
    return {sku: bundles.get(sku) or [(sku, 1)] for sku in wanted}


def copy_entries(rows: Iterable[Sequence[object]]) -> None:
    """This function will write entries: their lines come next, in the same transaction."""
    copy_rows(Entry, ("id", "key", "reason", "reference", "actor_name", "at"), rows)


def copy_lines(rows: Iterable[Sequence[object]], totals: Mapping[Place, int]) -> None:
    """This function will write the lines of entries, and add what they come to at each place."""
    copy_rows(Line, ("entry_id", "sku_id", "warehouse_id", "lot_id", "bucket", "delta"), rows)
    stock.change_levels([Change(*place, delta) for place, delta in totals.items() if delta])


def _write_entries(actor: Actor, entries: Sequence[UUID], settlements: Sequence[Settlement], now: datetime) -> None:
    copy_entries((entry, f"settle:{one.claim_id}", "settle", one.reference, actor.name, now) for entry, one in zip(entries, settlements, strict=True))


def _write_lines(alike: Sequence[tuple[Sequence[UUID], Sequence[Move]]]) -> None:
    """Entries with the moves each of them makes. Where one lot is enough for all, they are written alike without picking it for each."""
    levels = stock.levels_there([move for _, moves in alike for move in moves])
    totals: dict[Place, int] = {}
    rows: list[tuple[object, ...]] = []
    for entries, moves in alike:
        if lines := _lines_of_one_lot(moves, len(entries), levels, totals):
            rows += [(entry, *line) for entry in entries for line in lines]
        else:
            rows += [
                (entry, *place, delta) for entry in entries for place, delta in stock.changes_upon(totals, moves, levels).items() if delta
            ]
    copy_lines(rows, totals)


def _lines_of_one_lot(
    moves: Sequence[Move], entries: int, levels: dict[Source, list[LotLevel]], totals: dict[Place, int]
) -> list[tuple[UUID, UUID, UUID | None, str, int]]:
    """Add to `totals` and give the lines of each entry, if its items lie in one lot each that is enough for all; else nothing."""
    lines: list[tuple[UUID, UUID, UUID | None, str, int]] = []
    taken: list[tuple[Place, int]] = []
    for move in moves:
        lots = [one for one in levels.get((move.sku_id, move.warehouse_id, move.source), ()) if one.quantity > 0]
        source = (move.sku_id, move.warehouse_id, lots[0].lot_id if lots else None, move.source)
        if len(lots) != 1 or lots[0].quantity + totals.get(source, 0) < move.quantity * entries:
            return []
        for place, delta in ((source, -move.quantity), ((*source[:3], move.target), move.quantity)):
            taken.append((place, delta * entries))
            lines.append((*place[:3], place[3].value, delta))
    if len({place for place, _ in taken}) < len(taken):  # two of the moves take from one place
        return []
    for place, delta in taken:
        totals[place] = totals.get(place, 0) + delta
    return lines


def _count_settled(alike: Mapping[tuple[UUID, int], int]) -> None:
    units: dict[UUID, int] = {}
    for (allotment, quantity), claims in alike.items():
        units[allotment] = units.get(allotment, 0) + quantity * claims
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE stock_allotment a SET settled = a.settled + s.units FROM unnest(%s::uuid[], %s::int[]) AS s (id, units)
                WHERE a.id = s.id AND a.quantity >= a.settled + a.returned + s.units""",
            [list(units), list(units.values())],
        )
        if cursor.rowcount != len(units):
            raise AllotmentOverdrawn(left="?", wanted=sum(units.values()))


def _write_reservations(settlements: Sequence[Settlement], there: dict[UUID, Allotment], now: datetime) -> None:
    places = {one.pk.int: (one.sku_id, one.warehouse_id) for one in there.values()}
    copy_rows(
        Reservation,
        ("sku_id", "warehouse_id", "quantity", "reference", "created_at"),
        [(*places[one.allotment_id.int], one.quantity, one.reference, now) for one in settlements],
    )
