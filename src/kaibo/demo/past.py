"""
An evening of the past for the example shop: what viewers did, admitted by the room's own ledger, at that evening's time.

The room's ledger reads the database's clock. For the length of one transaction this puts another clock in front of it;
nothing else about a claim is changed, so the proofs of `kaibo check` hold for the past as for tonight.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from kaibo.kit.ids import new_id, readable_code
from kaibo.lake.append import Journal
from kaibo.lake.schema import Event
from kaibo.stages.analytics.queries.gathering import lake_folder


@dataclass(frozen=True, slots=True)
class OnSale:
    """An item of the room and when it was in front of the camera."""

    item: UUID
    room: str
    begins_at: datetime
    ends_at: datetime


@contextmanager
def database_clock() -> Iterator[None]:
    """This function will let `SET example.now` decide what the database's clock says until the transaction ends."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA example_clock")
        cursor.execute(
            "CREATE FUNCTION example_clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE"
            " AS 'SELECT pg_catalog.current_setting(''example.now'')::timestamptz'"
        )
        cursor.execute("SET LOCAL search_path = example_clock, pg_catalog, public")
        yield
        cursor.execute("SET LOCAL search_path TO DEFAULT")
        cursor.execute("DROP SCHEMA example_clock CASCADE")


def claim_in_the_past(on_sale: list[OnSale], *, claims: int, chance: random.Random) -> None:
    """This function will have visitors claim while their item was shown, each claim at its own moment."""
    asks = sorted(_moments(on_sale, claims, chance), key=lambda ask: ask[0])
    with database_clock(), connection.cursor() as cursor:
        for at, one, visitor in asks:
            cursor.execute("SELECT set_config('example.now', %s, true)", [at.isoformat()])
            cursor.execute(
                "SELECT count(*) FROM room.admit(%s::uuid[], %s::text[], %s::int[], %s::text[], %s::text[], %s::int[], %s::uuid[], %s::int[])",
                [[one.item], [one.room], [1], [visitor], [readable_code(16)], [1], [new_id()], []],
            )


def _moments(on_sale: list[OnSale], claims: int, chance: random.Random) -> Iterator[tuple[datetime, OnSale, str]]:
    for number in range(claims):
        one = on_sale[number % len(on_sale)]
        share = min(chance.expovariate(2.5), 0.98)  # most claims come soon after an item is put up
        yield one.begins_at + (one.ends_at - one.begins_at) * share, one, f"past-{number % max(claims * 4 // 5, 1)}"


def watch_in_the_past(
    room: str, on_sale: list[OnSale], *, starts_at: datetime, viewers: int, chance: random.Random
) -> int:
    """This function will keep what viewers of that evening saw and pressed, as their pages would have reported it."""
    events = [
        event for number in range(viewers) for event in _evening_of(f"past-{number}", room, on_sale, starts_at, chance)
    ]
    with Journal(lake_folder(), writer="example") as journal:
        return journal.append(room, events).accepted


def _evening_of(
    visitor: str, room: str, on_sale: list[OnSale], starts_at: datetime, chance: random.Random
) -> Iterator[Event]:
    length = (on_sale[-1].ends_at - starts_at).total_seconds()
    came = starts_at + timedelta(seconds=length * chance.betavariate(1.4, 2.2))
    left = came + timedelta(seconds=min(30 + chance.expovariate(1 / 420), 3_600))
    beats = int((left - came).total_seconds() // 60)
    seen = [one for one in on_sale if one.begins_at < left and came < one.ends_at]
    deeds = [
        ("enter", came, None),
        *(("heartbeat", came + timedelta(minutes=beat), None) for beat in range(beats)),
        ("leave", left, None),
    ]
    for one in seen:
        at = max(came, one.begins_at) + timedelta(seconds=4)
        deeds.append(("expose", at, str(one.item)))
        if chance.random() < 0.34:
            deeds.append(("click", at + timedelta(seconds=9), str(one.item)))
            if chance.random() < 0.4:
                deeds.append(("cart", at + timedelta(seconds=20), str(one.item)))
    if chance.random() < 0.05:
        deeds.append(("follow", came + timedelta(seconds=25), None))
    for number, (kind, at, item) in enumerate(deeds):
        yield Event(
            id=f"{visitor}-{number}",
            kind=kind,
            at=at,
            received_at=at,
            room=room,
            session=room,
            visitor=visitor,
            item=item,
        )
