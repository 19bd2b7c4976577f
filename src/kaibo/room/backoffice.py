"""
The back of house's side of the room: the only functions other layers call to change what viewers see and may claim.

Each takes a psycopg 3 cursor first, works inside the caller's transaction and never commits, so that a console
service can move stock and open the sale in one transaction. Each announces its reliable event in that transaction.
Lock order: the room row, then item rows, then visitor rows; so two console transactions on a room queue up and never
deadlock. The claim door locks item rows only, the stream's announcements the room row only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID

import msgspec

from kaibo.kit.ids import new_id
from kaibo.room.complaints import (
    ClaimIsNotHere,
    ItemAlreadyClosed,
    ItemIsNotHere,
    PriceVersionIsOld,
    RoomIsNotHere,
    UnitsNotPositive,
    WindowEndsBeforeItBegins,
)

RoomState = Literal["planned", "live", "paused", "ended"]
ItemState = Literal["on_sale", "paused", "closed"]
ReturnOutcome = Literal["returned", "already_returned", "item_closed", "paid"]
BENCH_PAY_SECONDS = 10 * 365 * 86_400


class Cursor(Protocol):
    """What is needed of a cursor; psycopg's own and Django's wrapper both fit."""

    def execute(self, query: Any, params: Any = None, /) -> Any: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> Any: ...


class ClaimRow(msgspec.Struct, frozen=True, gc=False):
    """A claim as the relay reads it, with what an order needs."""

    claim: UUID
    room: str
    visitor: str
    item: UUID
    allotment: UUID
    sku_code: str
    quantity: int
    unit_price_fen: int
    price_version: int
    amount_fen: int
    claimed_at: datetime
    pay_by: datetime
    has_ended: bool
    """Nobody paid in time, and its units were on sale again before it became an order."""
    text: str
    """The claim's id as people and other tables write it."""


@dataclass(frozen=True, slots=True)
class ItemLevel:
    """What one item was given and where its units are: stock − withdrawn = claimed − returned + left."""

    item: UUID
    allotment: UUID
    sku_code: str
    title: str
    state: str
    price_fen: int
    stock: int
    claimed: int
    returned: int
    withdrawn: int
    left: int


# ── rooms ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def open_room(
    cur: Cursor,
    *,
    room: str,
    title: str,
    operator: str,
    host: str,
    company: str,
    starts_at: datetime | None = None,
    state: RoomState = "planned",
    video_url: str = "",
    pay_within_seconds: int = 900,
    is_bench: bool = False,
    shop: str | UUID = "",
) -> None:
    """
    This function will open a room, or bring the words of an open one up to date; its state is left as it is then.

    Operator, host and company are what the law wants shown to viewers.   Source: facts/law L2.
    """
    if is_bench:  # what a bench claims stays claimed: nobody pays there
        pay_within_seconds = BENCH_PAY_SECONDS
    cur.execute(
        """insert into room.rooms (room, title, operator, host, company, video_url, state, starts_at,
                                   pay_within_seconds, is_bench, shop)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
           on conflict (room) do update set title = excluded.title, operator = excluded.operator,
               host = excluded.host, company = excluded.company, video_url = excluded.video_url,
               starts_at = excluded.starts_at, pay_within_seconds = excluded.pay_within_seconds, shop = excluded.shop""",
        (room, title, operator, host, company, video_url, state, starts_at, pay_within_seconds, is_bench, str(shop)),
    )
    announce_state(cur, room)


def set_room_state(cur: Cursor, *, room: str, state: RoomState) -> None:
    """This function will say that a room is planned, live, paused or ended.   Raises: RoomIsNotHere."""
    cur.execute("update room.rooms set state = %s where room = %s returning room", (state, room))
    if cur.fetchone() is None:
        raise RoomIsNotHere(room=room)
    announce_state(cur, room)


def set_current_item(cur: Cursor, *, room: str, item: str | UUID | None) -> None:
    """This function will put one item in front (the product being explained), or none.   Raises: ItemIsNotHere, RoomIsNotHere."""
    if item is not None:
        _item(cur, room, item)
    cur.execute("update room.rooms set current_item = %s where room = %s returning room", (item, room))
    if cur.fetchone() is None:
        raise RoomIsNotHere(room=room)
    announce_state(cur, room)


def post_notice(cur: Cursor, *, room: str, text: str, notice: UUID | None = None) -> UUID:
    """This function will show a notice to everyone in the room.   Raises: RoomIsNotHere."""
    notice = notice or new_id()
    _lock_room(cur, room)
    cur.execute(
        "insert into room.notices (notice, room, text) values (%s, %s, %s) returning posted_at", (notice, room, text)
    )
    posted_at = cur.fetchone()[0]
    _announce(cur, room, "notice", {"notice": str(notice), "text": text, "posted_at": posted_at.isoformat()})
    return notice


# ── items ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def put_item(
    cur: Cursor,
    *,
    room: str,
    item: str | UUID,
    allotment: str | UUID,
    sku_code: str,
    title: str,
    units: int,
    price_fen: int,
    image_url: str = "",
    reference_price_fen: int | None = None,
    price_version: int = 1,
    limit_per_visitor: int | None = None,
    position: int = 0,
    state: Literal["on_sale", "paused"] = "paused",
    labels: Sequence[str] = (),
) -> None:
    """
    This function will put an allotment's units into the room as a new item; `labels` are what the law wants said beside it.

    Raises: RoomIsNotHere, UnitsNotPositive; the database refuses a second item with the same id or allotment.
    """
    if units <= 0:
        raise UnitsNotPositive(units=units)
    _lock_room(cur, room)
    cur.execute(
        """insert into room.items (item, room, allotment, sku_code, title, image_url, price_fen, price_version,
                                   reference_price_fen, limit_per_visitor, position, state, stock_units, left_units, labels)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        (item, room, allotment, sku_code, title, image_url, price_fen, price_version,
         reference_price_fen, limit_per_visitor, position, state, units, units, list(labels)),
    )  # fmt: skip
    _move(cur, item, "allotted", units)
    _announce_item(cur, item)


def add_units(cur: Cursor, *, room: str, item: str | UUID, units: int) -> None:
    """This function will add newly allotted units to an open item.   Raises: UnitsNotPositive, ItemIsNotHere, ItemAlreadyClosed."""
    if units <= 0:
        raise UnitsNotPositive(units=units)
    _open_item(cur, room, item)
    cur.execute(
        "update room.items set stock_units = stock_units + %s, left_units = left_units + %s where item = %s",
        (units, units, item),
    )
    _move(cur, item, "allotted", units)
    _offer_waiting(cur, item)
    _announce_stock(cur, room, item)


def change_price(
    cur: Cursor,
    *,
    room: str,
    item: str | UUID,
    price_fen: int,
    price_version: int,
    reference_price_fen: int | None = None,
) -> None:
    """
    This function will publish a new price; claims admitted from its commit on pay it, earlier ones keep theirs.

    Versions only grow, so that a late command never brings an old price back.
    Raises: ItemIsNotHere, ItemAlreadyClosed, PriceVersionIsOld.
    """
    current = _open_item(cur, room, item)
    if price_version <= current:
        raise PriceVersionIsOld(current=current, sent=price_version)
    cur.execute(
        "update room.items set price_fen = %s, price_version = %s, reference_price_fen = %s where item = %s",
        (price_fen, price_version, reference_price_fen, item),
    )
    _announce(
        cur,
        room,
        "price",
        {
            "item": str(item),
            "price_fen": price_fen,
            "price_version": price_version,
            "reference_price_fen": reference_price_fen,
        },
    )


def set_item_state(cur: Cursor, *, room: str, item: str | UUID, state: Literal["on_sale", "paused"]) -> None:
    """This function will start or pause the sale of an item; `close_item` ends it.   Raises: ItemIsNotHere, ItemAlreadyClosed."""
    _open_item(cur, room, item)
    cur.execute("update room.items set state = %s where item = %s", (state, item))
    _offer_waiting(cur, item)
    _announce_item(cur, item)


def set_window(
    cur: Cursor, *, room: str, item: str | UUID, opens_at: datetime | None, closes_at: datetime | None
) -> None:
    """
    This function will sell an item only from one moment on and before another, at the ledger's own clock; None is open.

    Raises: ItemIsNotHere, ItemAlreadyClosed, WindowEndsBeforeItBegins.   Source: LIV-4.
    """
    if opens_at is not None and closes_at is not None and closes_at <= opens_at:
        raise WindowEndsBeforeItBegins
    _open_item(cur, room, item)
    cur.execute("update room.items set opens_at = %s, closes_at = %s where item = %s", (opens_at, closes_at, item))
    _offer_waiting(cur, item)
    _announce_item(cur, item)


def sell_for(cur: Cursor, *, room: str, item: str | UUID, seconds: int) -> None:
    """
    This function will end an item's sale so many seconds from now, at the ledger's own clock, whoever is slow to close it.

    Raises: ItemIsNotHere, ItemAlreadyClosed.   Source: LIV-4.
    """
    _open_item(cur, room, item)
    cur.execute(
        "update room.items set closes_at = clock_timestamp() + make_interval(secs => %s) where item = %s", (seconds, item)
    )
    _offer_waiting(cur, item)
    _announce_item(cur, item)


def set_limit(cur: Cursor, *, room: str, item: str | UUID, limit_per_visitor: int) -> None:
    """
    This function will set how many units one visitor may hold; units held already count.

    Raises: ItemIsNotHere, ItemAlreadyClosed.
    """
    _open_item(cur, room, item)
    cur.execute(
        """insert into room.visitor_units (item, visitor, units)
           select item, visitor, sum(quantity - returned_units) from room.claims where item = %s group by 1, 2
           on conflict (item, visitor) do update set units = excluded.units""",
        (item,),
    )
    cur.execute("update room.items set limit_per_visitor = %s where item = %s", (limit_per_visitor, item))
    _announce_item(cur, item)


def close_item(cur: Cursor, *, room: str, item: str | UUID) -> int:
    """
    This function will end the sale of an item and give the leftover units, which now belong to the caller again.

    The item row is locked first, so every claim is either inside the count or refused; closing again gives 0.
    Raises: ItemIsNotHere.
    """
    state, _version, left = _item(cur, room, item)
    if state == "closed":
        return 0
    cur.execute(
        """update room.items set state = 'closed', closed_at = now(), withdrawn_units = withdrawn_units + left_units,
                                 left_units = 0 where item = %s""",
        (item,),
    )
    if left:
        _move(cur, item, "withdrawn", left)
    cur.execute(
        "update room.waitlist set state = 'closed', ended_at = clock_timestamp() where item = %s and state = 'waiting'", (item,)
    )
    _announce_item(cur, item)
    return left


def units_under_way(cur: Cursor, item: str | UUID) -> int:
    """This function will give the units of an item that are on sale again while their orders are not cancelled yet."""
    cur.execute(
        """select coalesce(sum(a.returned_units), 0) from room.answers a
            where a.item = %s and a.returned_units > 0 and a.settled_at is not null
              and exists (select 1 from room.turns t where t.claim = a.attempt and t.kind = 'expired')""",
        (item,),
    )
    return int(cur.fetchone()[0])


def units_without_order(cur: Cursor, allotment: str | UUID) -> int:
    """This function will give the units of an allotment that were claimed and are to become orders yet."""
    cur.execute(
        """select coalesce(sum(a.quantity), 0) from room.answers a join room.items i on i.item = a.item
            where i.allotment = %s and a.result = 'claimed' and a.settled_at is null and not (a.expired_at is not null and a.returned_units > 0)""",
        (allotment,),
    )
    return int(cur.fetchone()[0])


# ── claims ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def unsettled_claims(cur: Cursor, limit: int = 200, *, is_alone: bool = False) -> list[ClaimRow]:
    """
    This function will give the oldest claims without an order and keep them locked for this transaction, so that
    several relays never hold the same claim. A relay that `is_alone` (it holds a lock of its own) locks none, so that
    payments never wait for it.
    """
    cur.execute(
        """select a.attempt, a.room, a.visitor, a.item, i.allotment, i.sku_code, a.quantity, a.unit_price_fen,
                  a.price_version, a.quantity * a.unit_price_fen, a.answered_at, a.pay_by, a.expired_at is not null and a.returned_units > 0,
                  a.attempt::text
             from room.answers a join room.items i on i.item = a.item
            where a.result = 'claimed' and a.settled_at is null
            order by a.attempt limit %s"""
        + ("" if is_alone else " for update of a skip locked"),
        (limit,),
    )
    return [ClaimRow(*row) for row in cur.fetchall()]


def mark_settled(cur: Cursor, claim_ids: Sequence[str | UUID]) -> int:
    """This function will note that these claims became orders and give how many were not noted before."""
    if not claim_ids:
        return 0
    ids = list(claim_ids)
    # in the order payments lock them too
    cur.execute("select 1 from room.answers where attempt = any(%s::uuid[]) order by attempt for no key update", (ids,))
    cur.execute(
        """with done as (update room.answers set settled_at = now()
                          where attempt = any(%s::uuid[]) and result = 'claimed' and settled_at is null returning 1)
           select count(*) from done""",
        (ids,),
    )
    return int(cur.fetchone()[0])


def return_units(cur: Cursor, claim: str | UUID, units: int) -> ReturnOutcome:
    """
    This function will end an unpaid claim and put its units back on sale (first to who waits), once.

    `item_closed` means that no level changed here: the caller returns the units to stock itself. `paid` means that the
    money came first: nothing changed.   Raises: ClaimIsNotHere, UnitsNotPositive.
    """
    cur.execute("select item, room from room.claims where claim = %s", (claim,))
    found = cur.fetchone()
    if found is None:
        raise ClaimIsNotHere(claim=str(claim))
    item, room = found
    cur.execute(
        "select quantity, returned_units, visitor, paid_at, expired_at from room.answers where attempt = %s for no key update",
        (claim,),
    )
    quantity, returned, visitor, paid_at, expired_at = cur.fetchone()
    state, _version, _left = _item(cur, room, item)
    if not 0 < units <= quantity:
        raise UnitsNotPositive(units=units)
    if paid_at is not None:
        return "paid"
    if expired_at is not None:
        return "already_returned" if returned else "item_closed"
    back = 0 if state == "closed" else units
    cur.execute(
        "update room.answers set returned_units = %s, expired_at = clock_timestamp() where attempt = %s", (back, claim)
    )
    if not back:
        return "item_closed"
    cur.execute(
        "update room.items set returned_units = returned_units + %s, left_units = left_units + %s where item = %s",
        (units, units, item),
    )
    _move(cur, item, "returned", units, claim)
    cur.execute(
        "update room.visitor_units set units = units - %s where item = %s and visitor = %s", (units, item, visitor)
    )
    _offer_waiting(cur, item)
    _announce_stock(cur, room, item)
    return "returned"


# ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────────


def item_levels(cur: Cursor, room: str) -> list[ItemLevel]:
    """This function will give the levels of each item of a room, in the order viewers see them."""
    cur.execute(
        """select item, allotment, sku_code, title, state, price_fen, stock_units, claimed_units, returned_units,
                  withdrawn_units, left_units
             from room.items where room = %s order by position, put_up_at, item""",
        (room,),
    )
    return [ItemLevel(*row) for row in cur.fetchall()]


# ── inside ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _item(cur: Cursor, room: str, item: str | UUID) -> tuple[str, int, int]:
    """Lock the room, then the item, and give (state, price version, units left)."""
    _lock_room(cur, room)
    cur.execute(
        "select state, price_version, left_units from room.items where item = %s and room = %s for no key update",
        (item, room),
    )
    found = cur.fetchone()
    if found is None:
        raise ItemIsNotHere(item=str(item))
    return found[0], found[1], found[2]


def _open_item(cur: Cursor, room: str, item: str | UUID) -> int:
    state, price_version, _left = _item(cur, room, item)
    if state == "closed":
        raise ItemAlreadyClosed(item=str(item))
    return price_version


def _lock_room(cur: Cursor, room: str) -> None:
    cur.execute("select 1 from room.rooms where room = %s for no key update", (room,))
    if cur.fetchone() is None:
        raise RoomIsNotHere(room=room)


def _move(cur: Cursor, item: str | UUID, kind: str, units: int, claim: str | UUID | None = None) -> None:
    cur.execute(
        "insert into room.movements (item, kind, units, claim) values (%s, %s, %s, %s)", (item, kind, units, claim)
    )


def _announce(cur: Cursor, room: str, kind: str, body: Mapping[str, object]) -> None:
    cur.execute("select room.announce(%s, %s, %s::json)", (room, kind, json.dumps(body, ensure_ascii=False)))


def announce_state(cur: Cursor, room: str) -> None:
    """This function will tell every viewer how the room stands now: its state, words, picture and current item."""
    cur.execute("select room.announce(room, 'state', room.state_card(r)) from room.rooms r where room = %s", (room,))

def _announce_item(cur: Cursor, item: str | UUID) -> None:
    cur.execute("select room.announce(i.room, 'item', room.item_card(i)) from room.items i where i.item = %s", (item,))


def _offer_waiting(cur: Cursor, item: str | UUID) -> None:
    """Units on sale belong to who waits first. The caller holds the item's row."""
    cur.execute("select room.offer_waiting(%s, clock_timestamp())", (item,))


def _announce_stock(cur: Cursor, room: str, item: str | UUID) -> None:
    cur.execute("select room.announce_stock(%s, %s::uuid[])", (room, [str(item)]))
