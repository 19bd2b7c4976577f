"""The only writer of the ledger: post an entry, and the few movements the business knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection, transaction

from kaibo.kit.errors import Conflict
from kaibo.kit.ids import new_id
from kaibo.master.catalog import queries as catalog
from kaibo.master.stock import awaiting
from kaibo.master.stock.models import Entry, Line, Lot, Reservation, Warehouse
from kaibo.master.stock.rules import BUCKET_WORDS, Bucket, LotLevel, QuantityNotPositive, StockShort, pick_lots
from kaibo.plumbing.access.actor import Actor


class EntryUnbalanced(Conflict):
    code = "stock.entry_unbalanced"
    message_zh = "库存分录不平"
    message_en = "The entry's lines do not sum to zero"


@dataclass(frozen=True, slots=True)
class Move:
    """Units of one item going from one bucket to another. `lot_id` None with `any_lot` picks lots by expiry, then age."""

    sku_id: UUID
    warehouse_id: UUID
    quantity: int
    source: Bucket
    target: Bucket
    lot_id: UUID | None = None
    any_lot: bool = False
    target_lot_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One bucket of one place, changed by so many units."""

    sku_id: UUID
    warehouse_id: UUID
    lot_id: UUID | None
    bucket: Bucket
    delta: int


@transaction.atomic
def post(*, actor: Actor, key: str, reason: str, reference: str, moves: Sequence[Move], now: datetime) -> bool:
    """
    This function will post one entry with all its moves or none of them, once per key; told again, it gives False.

    The items are locked in id order (`lock_items`), so two posts never wait for each other in a circle.
    Raises: StockShort, QuantityNotPositive.   Source: SUP-14.
    """
    if any(move.quantity <= 0 for move in moves):
        raise QuantityNotPositive
    lock_items(
        {move.sku_id for move in moves}
    )  # before the key: whoever holds items may wait for a key, never the other way
    entry_id = new_id()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO stock_entry (id, key, reason, reference, actor_name, at) VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (key) DO NOTHING",
            [entry_id, key, reason, reference, actor.name, now],
        )
        if cursor.rowcount == 0:
            return False
    _apply(entry_id, _changes_of(moves))
    return True


def lock_items(sku_ids: Iterable[UUID]) -> None:
    """
    This function will take the ledger's lock on items, in id order, until the caller's transaction ends.

    A caller that will post several entries, or touch allotments, takes all its items first.
    """
    with connection.cursor() as cursor:
        # lock: one per item, always in id order; NO KEY UPDATE lets rows that merely refer to the item be written
        cursor.execute(
            "SELECT id FROM catalog_sku WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
            [sorted(set(sku_ids), key=str)],
        )


Place = tuple[UUID, UUID, UUID | None, Bucket]


def _changes_of(moves: Sequence[Move]) -> list[Change]:
    totals: dict[Place, int] = {}
    changes_upon(totals, moves, levels_there(moves))
    return [Change(*place, delta) for place, delta in totals.items() if delta]


def changes_upon(
    totals: dict[Place, int], moves: Sequence[Move], levels: dict[tuple[UUID, UUID, Bucket], list[LotLevel]]
) -> dict[Place, int]:
    """This function will pick lots for moves upon what earlier ones of `totals` took, add to it, and give its own part."""
    own: dict[Place, int] = {}
    for move in moves:
        for lot_id, quantity in _lots_for(move, levels, totals):
            for lot, bucket, delta in (
                (lot_id, move.source, -quantity),
                (move.target_lot_id or lot_id, move.target, quantity),
            ):
                place = (move.sku_id, move.warehouse_id, lot, bucket)
                totals[place] = totals.get(place, 0) + delta
                own[place] = own.get(place, 0) + delta
    return own


def _lots_for(
    move: Move,
    levels: dict[tuple[UUID, UUID, Bucket], list[LotLevel]],
    totals: dict[Place, int],
) -> list[tuple[UUID | None, int]]:
    if not move.source.is_never_below_zero:
        return [(move.lot_id, move.quantity)]
    there = [
        LotLevel(
            one.lot_id,
            one.expires_on,
            one.received_order,
            one.quantity + totals.get((move.sku_id, move.warehouse_id, one.lot_id, move.source), 0),
        )
        for one in levels.get((move.sku_id, move.warehouse_id, move.source), [])
        if move.any_lot or one.lot_id == move.lot_id
    ]
    picked = pick_lots(there, move.quantity)
    if picked is None:
        code = catalog.sku_rows([move.sku_id])[move.sku_id].code
        raise StockShort(
            sku=code,
            bucket=BUCKET_WORDS[move.source][0],
            wanted=move.quantity,
            there=sum(one.quantity for one in there),
        )
    return picked


def levels_there(moves: Iterable[Move]) -> dict[tuple[UUID, UUID, Bucket], list[LotLevel]]:
    """This function will read what the moves may take, by place; the caller has locked the items."""
    sources = sorted({(str(m.sku_id), str(m.warehouse_id), m.source.value) for m in moves if m.source.is_never_below_zero})
    if not sources:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT l.sku_id, l.warehouse_id, l.bucket, l.lot_id, lot.expires_on, l.id, l.quantity
              FROM stock_level l LEFT JOIN stock_lot lot ON lot.id = l.lot_id
             WHERE (l.sku_id::text, l.warehouse_id::text, l.bucket) IN (SELECT * FROM unnest(%s::text[], %s::text[], %s::text[]))
             ORDER BY l.id
            """,
            [list(column) for column in zip(*sources, strict=True)],
        )
        found: dict[tuple[UUID, UUID, Bucket], list[LotLevel]] = {}
        for sku, warehouse, bucket, lot, expires_on, order, quantity in cursor.fetchall():
            found.setdefault((sku, warehouse, Bucket(bucket)), []).append(LotLevel(lot, expires_on, order, quantity))
    return found


def _apply(entry_id: UUID, changes: Sequence[Change]) -> None:
    if sum(change.delta for change in changes) != 0:
        raise EntryUnbalanced
    ordered = sorted(changes, key=lambda c: (str(c.sku_id), str(c.warehouse_id), str(c.lot_id or ""), c.bucket.value))
    Line.objects.bulk_create(
        [
            Line(
                entry_id=entry_id,
                sku_id=c.sku_id,
                warehouse_id=c.warehouse_id,
                lot_id=c.lot_id,
                bucket=c.bucket.value,
                delta=c.delta,
            )
            for c in ordered
        ]
    )
    change_levels(ordered)


def change_levels(changes: Sequence[Change]) -> None:
    """This function will add changes to the levels they belong to; whoever calls it has written the same lines."""
    columns = [
        [c.sku_id for c in changes],
        [c.warehouse_id for c in changes],
        [c.lot_id for c in changes],
        [c.bucket.value for c in changes],
        [c.delta for c in changes],
    ]
    with connection.cursor() as cursor:
        # A new place begins at zero, then all places change: an insert of a negative number would be refused unseen.
        cursor.execute(
            """
            INSERT INTO stock_level (sku_id, warehouse_id, lot_id, bucket, quantity)
            SELECT sku, warehouse, lot, bucket, 0 FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[]) AS c (sku, warehouse, lot, bucket)
            ON CONFLICT (sku_id, warehouse_id, lot_id, bucket) DO NOTHING
            """,
            columns[:4],
        )
        cursor.execute(
            """
            UPDATE stock_level l SET quantity = l.quantity + c.delta
              FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::bigint[]) AS c (sku, warehouse, lot, bucket, delta)
             WHERE l.sku_id = c.sku AND l.warehouse_id = c.warehouse AND l.lot_id IS NOT DISTINCT FROM c.lot AND l.bucket = c.bucket
            """,
            columns,
        )


def ensure_warehouse(*, code: str, name: str) -> Warehouse:
    """This function will find or make a warehouse; used by set-up."""
    return Warehouse.objects.get_or_create(code=code, defaults={"name": name})[0]


def add_lot(
    *, sku_id: UUID, code: str, now: datetime, produced_on: date | None = None, expires_on: date | None = None
) -> Lot:
    """This function will find or make a lot of an item."""
    return Lot.objects.get_or_create(
        sku_id=sku_id, code=code, defaults={"received_at": now, "produced_on": produced_on, "expires_on": expires_on}
    )[0]


def receive(
    *, actor: Actor, sku_id: UUID, warehouse_id: UUID, lot_id: UUID | None, quantity: int, reference: str, now: datetime
) -> bool:
    """This function will take units in from a supplier, to wait for inspection.   Source: SUP-3."""
    move = Move(sku_id, warehouse_id, quantity, Bucket.SUPPLIER, Bucket.INCOMING, lot_id=lot_id)
    return post(actor=actor, key=f"receive:{reference}", reason="receive", reference=reference, moves=[move], now=now)


def take_back_receipt(
    *, actor: Actor, sku_id: UUID, warehouse_id: UUID, lot_id: UUID | None, quantity: int, reference: str, now: datetime
) -> bool:
    """This function will take units out again that were booked in by mistake and not looked at yet.   Raises: StockShort."""
    move = Move(sku_id, warehouse_id, quantity, Bucket.INCOMING, Bucket.SUPPLIER, lot_id=lot_id)
    return post(actor=actor, key=f"unreceive:{reference}", reason="unreceive", reference=reference, moves=[move], now=now)


def release(
    *, actor: Actor, sku_id: UUID, warehouse_id: UUID, lot_id: UUID | None, quantity: int, reference: str, now: datetime
) -> bool:
    """This function will make inspected units sellable.   Raises: StockShort."""
    move = Move(sku_id, warehouse_id, quantity, Bucket.INCOMING, Bucket.SELLABLE, lot_id=lot_id)
    return post(actor=actor, key=f"release:{reference}", reason="release", reference=reference, moves=[move], now=now)


def hold(
    *, actor: Actor, sku_id: UUID, warehouse_id: UUID, lot_id: UUID | None, quantity: int, reference: str, now: datetime
) -> bool:
    """This function will hold units that failed inspection.   Raises: StockShort."""
    move = Move(sku_id, warehouse_id, quantity, Bucket.INCOMING, Bucket.HELD, lot_id=lot_id)
    return post(actor=actor, key=f"hold:{reference}", reason="hold", reference=reference, moves=[move], now=now)


def units_of(sku_id: UUID, quantity: int) -> list[tuple[UUID, int]]:
    """This function will give what really moves: the item itself, or a bundle's components, with their units."""
    parts = catalog.components_of([sku_id]).get(sku_id)
    return [(component, each * quantity) for component, each in parts] if parts else [(sku_id, quantity)]


def parts_of(sku_ids: Iterable[UUID]) -> set[UUID]:
    """This function will give what really moves of all these items: a bundle's components in its place; one query."""
    wanted = set(sku_ids)
    bundles = catalog.components_of(wanted)
    return (wanted - set(bundles)) | {component for parts in bundles.values() for component, _each in parts}


def transfer(
    *,
    actor: Actor,
    key: str,
    reason: str,
    reference: str,
    sku_id: UUID,
    warehouse_id: UUID,
    quantity: int,
    source: Bucket,
    target: Bucket,
    now: datetime,
) -> bool:
    """
    This function will move units of an item between buckets, whichever lots they are of; a bundle moves all its
    components or none.

    Raises: StockShort, QuantityNotPositive.
    """
    moves = [Move(sku, warehouse_id, units, source, target, any_lot=True) for sku, units in units_of(sku_id, quantity)]
    return post(actor=actor, key=key, reason=reason, reference=reference, moves=moves, now=now)


@transaction.atomic
def reserve(
    *,
    actor: Actor,
    sku_id: UUID,
    warehouse_id: UUID,
    quantity: int,
    reference: str,
    now: datetime,
    expires_at: datetime | None = None,
    source: Bucket = Bucket.SELLABLE,
) -> bool:
    """
    This function will promise units to a reference (`order:…`), once; False when it was promised before.

    Raises: StockShort, QuantityNotPositive.   Source: ORD-3.
    """
    posted = transfer(
        actor=actor,
        key=f"reserve:{reference}:{sku_id}",
        reason="reserve",
        reference=reference,
        sku_id=sku_id,
        warehouse_id=warehouse_id,
        quantity=quantity,
        source=source,
        target=Bucket.RESERVED,
        now=now,
    )
    if posted:
        Reservation.objects.create(
            sku_id=sku_id,
            warehouse_id=warehouse_id,
            quantity=quantity,
            reference=reference,
            expires_at=expires_at,
            created_at=now,
        )
    return posted


@transaction.atomic
def ship_reserved(*, actor: Actor, reference: str, now: datetime, is_demand: bool = True) -> int:
    """
    This function will send out every open reservation of a reference and give the number of units; 0 when none was open.
    What the team sent to itself is no demand: `outflow_by_day` leaves it out.

    A second call finds none open: no double shipment (ORD-3).
    """
    return _close_reservations(
        actor=actor,
        reference=reference,
        state=Reservation.State.SHIPPED,
        target=Bucket.CUSTOMER,
        reason="ship" if is_demand else "ship_test",
        now=now,
    )


@transaction.atomic
def release_reserved(*, actor: Actor, reference: str, now: datetime, target: Bucket = Bucket.SELLABLE) -> int:
    """This function will give back every open reservation of a reference (a cancelled order); 0 when none was open."""
    return _close_reservations(
        actor=actor, reference=reference, state=Reservation.State.RELEASED, target=target, reason="unreserve", now=now
    )


class GoodsStillComing(Conflict):
    code = "stock.goods_still_coming"
    message_zh = "预售等货：还有 {units} 件没到，到货前不能发"
    message_en = "Sold ahead: {units} units are still on their way; nothing leaves before they are here"


def _close_reservations(
    *, actor: Actor, reference: str, state: Reservation.State, target: Bucket, reason: str, now: datetime
) -> int:
    units = 0
    there = list(Reservation.objects.filter(reference=reference, state=Reservation.State.OPEN).order_by("sku_id"))
    _lock_reserved(there)
    waiting = awaiting.units_of(one.pk for one in there)
    if waiting and state == Reservation.State.SHIPPED:
        raise GoodsStillComing(units=sum(sum(parts.values()) for parts in waiting.values()))
    for one in there:
        if not Reservation.objects.filter(pk=one.pk, state=Reservation.State.OPEN).update(state=state):
            continue
        _move_closed(actor, one, waiting.get(one.pk, {}), target, reason, now)
        units += one.quantity
    return units


@transaction.atomic
def close_waiting(
    *, actor: Actor, reservation: Reservation, state: Reservation.State, target: Bucket, reason: str, now: datetime
) -> int:
    """
    This function will close a reservation of which something is still on its way, whatever the reason: a platform says it was
    sent or ended. The caller has locked its items.
    """
    if not Reservation.objects.filter(pk=reservation.pk, state=Reservation.State.OPEN).update(state=state):
        return 0
    _move_closed(actor, reservation, awaiting.units_of([reservation.pk]).get(reservation.pk, {}), target, reason, now)
    return reservation.quantity


def _move_closed(actor: Actor, one: Reservation, waiting: Mapping[UUID, int], target: Bucket, reason: str, now: datetime) -> None:
    """What is here goes to `target`, what is not goes back to what may be sold ahead."""
    backs = awaiting.planned(one.pk, waiting) if waiting else []
    moves = [
        Move(sku, one.warehouse_id, here, Bucket.RESERVED, target, any_lot=True)
        for sku, units in units_of(one.sku_id, one.quantity)
        if (here := units - waiting.get(sku, 0))
    ]
    moves += [Move(back.sku_id, back.warehouse_id, back.units, Bucket.OWED, back.target) for back in backs]
    post(actor=actor, key=f"{reason}:{one.pk}", reason=reason, reference=one.reference, moves=moves, now=now)
    awaiting.note(one.pk, backs)


def _lock_reserved(reservations: Iterable[Reservation]) -> None:
    """Items before reservations, and all of them in one go: the order every writer of the ledger keeps."""
    lock_items({part for sku in {one.sku_id for one in reservations} for part, _ in units_of(sku, 1)})


@transaction.atomic
def release_expired(*, actor: Actor, now: datetime, most: int = 500) -> int:
    """This function will give back reservations whose time ran out and give how many."""
    due = Reservation.objects.filter(state=Reservation.State.OPEN, expires_at__lte=now).order_by("expires_at")
    references = list(due.values_list("reference", flat=True)[:most])
    _lock_reserved(Reservation.objects.filter(reference__in=references, state=Reservation.State.OPEN))
    return sum(
        1 for reference in dict.fromkeys(references) if release_reserved(actor=actor, reference=reference, now=now)
    )


def take_back(
    *,
    actor: Actor,
    sku_id: UUID,
    warehouse_id: UUID,
    quantity: int,
    reference: str,
    now: datetime,
    target: Bucket = Bucket.INCOMING,
    lots: Mapping[UUID, UUID] | None = None,
) -> bool:
    """
    This function will take returned goods in; they wait for inspection before they are sellable again. `lots` says of
    each item into which lot its units go.
    """
    known = lots or {}
    moves = [
        Move(sku, warehouse_id, units, Bucket.CUSTOMER, target, lot_id=known.get(sku)) for sku, units in units_of(sku_id, quantity)
    ]
    return post(
        actor=actor, key=f"return:{reference}:{sku_id}", reason="return", reference=reference, moves=moves, now=now
    )


def adjust(
    *,
    actor: Actor,
    sku_id: UUID,
    warehouse_id: UUID,
    lot_id: UUID | None,
    difference: int,
    reference: str,
    now: datetime,
) -> bool:
    """This function will book a stocktaking difference 盘点差异 on sellable stock (positive = found, negative = missing)."""
    if difference > 0:
        move = Move(sku_id, warehouse_id, difference, Bucket.COUNTED, Bucket.SELLABLE, lot_id=lot_id)
    else:
        move = Move(
            sku_id, warehouse_id, -difference, Bucket.SELLABLE, Bucket.COUNTED, lot_id=lot_id, any_lot=lot_id is None
        )
    return post(actor=actor, key=f"adjust:{reference}", reason="adjust", reference=reference, moves=[move], now=now)


def entry_exists(key: str) -> bool:
    return Entry.objects.filter(key=key).exists()
