"""
The claim ledger on PostgreSQL: a batch of asks in, one committed answer each out (LIV-4, LIV-11).

All deciding is in `room.admit` (schema/0016_windows_and_one_snapshot.sql), one statement a batch in its own transaction.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg

LOCK_TIMEOUT_MS = 3_000
"""How long a batch waits for the back of house to let go of an item, before it is refused as a whole."""


class Ask(msgspec.Struct, eq=False, gc=False):
    """One viewer's wish for units of an item, under an idempotency key of the viewer's choosing."""

    room: str
    visitor: str
    key: str
    item: UUID
    quantity: int
    attempt: UUID
    """The id the claim gets if this ask is admitted; also proves, after a lost connection, that an answer is ours."""
    arrived: float = 0.0


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """The committed answer to an ask."""

    result: str
    """claimed, sold_out, limit_reached, not_on_sale, key_reused; undecided only from `refuse_sold_out`."""
    claim: UUID | None
    unit_price_fen: int | None
    pay_by: datetime | None
    is_repeat: bool = False
    left_units: int | None = None


_ADMIT = "select * from room.admit(%t::uuid[], %t::text[], %t::int[], %t::text[], %t::text[], %t::int[], %t::uuid[], %t::int[])"
_REFUSE = "select * from room.refuse_sold_out(%t::text[], %t::text[], %t::text[], %t::uuid[], %t::int[], %t::uuid[])"
_encode = msgspec.json.Encoder().encode


def array(values: Sequence[object]) -> str:
    """
    This function will write a PostgreSQL array of texts, numbers, ids, times and nulls, by way of JSON, whose quoted strings
    read the same: several times cheaper than adapting each value. Where JSON escapes what PostgreSQL would read otherwise,
    strings are quoted one by one.
    """
    written = _encode(values)
    if b"\\" in written:
        return "{" + ",".join(_quoted(value) for value in values) + "}"
    return "{" + written[1:-1].decode() + "}"


def _quoted(value: object) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return _encode(value).decode()


async def connect(dsn: str, name: str = "claims") -> psycopg.AsyncConnection[tuple[Any, ...]]:
    """
    This function will open a connection whose commits are durable before they are answered.

    Its plans are made once and use indexes alone: tables that are empty when a sale opens hold everything an hour later.
    """
    return await psycopg.AsyncConnection.connect(
        dsn,
        autocommit=True,
        prepare_threshold=1,
        connect_timeout=3,
        options=f"-c synchronous_commit=on -c lock_timeout={LOCK_TIMEOUT_MS} -c statement_timeout=20000"
        f" -c application_name=kaibo-room-{name} -c jit=off -c plan_cache_mode=force_generic_plan"
        " -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off",
    )


async def admit(connection: psycopg.AsyncConnection[tuple[Any, ...]], asks: Sequence[Ask]) -> list[Outcome]:
    """
    This function will commit one batch and give an outcome for each ask, in order.

    Asks with the same visitor and key may stand in one batch: the first decides, the others are its repeats.
    Sending the same asks again (same attempt ids) after a lost connection changes nothing and gives the truth.
    """
    return await _each_key_once(asks, lambda unique, repeats: _admit_unique(connection, unique, repeats))


async def _each_key_once(
    asks: Sequence[Ask], decide: Callable[[list[Ask], list[int]], Awaitable[list[Outcome]]]
) -> list[Outcome]:
    """
    Let `decide` see every key once, and give its answer to the repeats of the same ask as well.

    An ask with a known key but another body waits for the next statement: only the ledger knows which body was first.
    """
    if len({(ask.room, ask.visitor, ask.key) for ask in asks}) == len(asks):
        return await decide(list(asks), [])
    firsts: dict[tuple[str, str, str], int] = {}
    unique: list[Ask] = []
    repeats: list[int] = []
    place: list[int | None] = []
    for ask in asks:
        at = firsts.setdefault((ask.room, ask.visitor, ask.key), len(unique))
        if at == len(unique):
            unique.append(ask)
            repeats.append(0)
            place.append(at)
        elif unique[at].item == ask.item and unique[at].quantity == ask.quantity:
            repeats[at] += 1
            place.append(at)
        else:
            place.append(None)
    decided = await decide(unique, repeats)
    waiting = [ask for ask, at in zip(asks, place, strict=True) if at is None]
    later = iter(await _each_key_once(waiting, decide) if waiting else ())
    return [
        next(later) if at is None else decided[at] if ask is unique[at] else msgspec.structs.replace(decided[at], is_repeat=True)
        for ask, at in zip(asks, place, strict=True)
    ]


async def _admit_unique(
    connection: psycopg.AsyncConnection[tuple[Any, ...]], asks: Sequence[Ask], repeats: list[int]
) -> list[Outcome]:
    places: dict[tuple[int, str], int] = {}
    item_no = [places.setdefault((ask.item.int, ask.room), len(places) + 1) for ask in asks]
    cursor = connection.cursor(binary=True)
    await cursor.execute(
        _ADMIT,
        (
            array([UUID(int=item) for item, _ in places]),
            array([room for _, room in places]),
            array(item_no),
            array([ask.visitor for ask in asks]),
            array([ask.key for ask in asks]),
            array([ask.quantity for ask in asks]),
            array([ask.attempt for ask in asks]),
            array(repeats if any(repeats) else []),
        ),
    )
    other: dict[int, Outcome] = {}
    terms: dict[int, tuple[int, datetime, int]] = {}
    for n, result, claim, unit_price_fen, pay_by, is_repeat, left_units in await cursor.fetchall():
        if n < 0:
            terms[-n] = (unit_price_fen, pay_by, left_units)
        else:
            other[n] = Outcome(result, claim, unit_price_fen, pay_by, is_repeat, left_units)
    if not other:
        return [_fresh_claim(ask, *terms[no]) for ask, no in zip(asks, item_no, strict=True)]
    return [
        other.get(n) or _fresh_claim(ask, *terms[no]) for n, (ask, no) in enumerate(zip(asks, item_no, strict=True), 1)
    ]


def _fresh_claim(ask: Ask, unit_price_fen: int, pay_by: datetime, left_units: int) -> Outcome:
    return Outcome("claimed", ask.attempt, unit_price_fen, pay_by, False, left_units)


async def refuse_sold_out(connection: psycopg.AsyncConnection[tuple[Any, ...]], asks: Sequence[Ask]) -> list[Outcome]:
    """
    This function will refuse asks for an item known to be sold out, without a lock and without waiting for the disk.

    A key with an answer keeps it; an ask the ledger could admit after all is 'undecided' and belongs to `admit`.
    """
    return await _each_key_once(asks, lambda unique, repeats: _refuse_unique(connection, unique))


async def _refuse_unique(connection: psycopg.AsyncConnection[tuple[Any, ...]], asks: Sequence[Ask]) -> list[Outcome]:
    cursor = connection.cursor(binary=True)
    await cursor.execute(
        _REFUSE,
        (
            array([ask.room for ask in asks]),
            array([ask.visitor for ask in asks]),
            array([ask.key for ask in asks]),
            array([ask.item for ask in asks]),
            array([ask.quantity for ask in asks]),
            array([ask.attempt for ask in asks]),
        ),
    )
    return [Outcome(*row) for row in await cursor.fetchall()]
