"""Units that came back while a sale window was shut: kept for who waits, theirs the moment it opens, before any crowd (LIV-4)."""

from __future__ import annotations

import asyncio
import threading
import uuid
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from kaibo.kit.ids import new_id
from kaibo.room import backoffice, ledger
from kaibo.room.audit import differences
from kaibo.room.ledger import Ask
from tests.room.house import database_name, drop_database, make_sale, own_database, served


@pytest.fixture(scope="module")
def quiet():
    """A database no room process works on: nothing opens by itself."""
    made = own_database(database_name("windows"))
    yield made
    drop_database(made)


def ask(sale, visitor, quantity=1):
    return Ask(sale.room, visitor, f"key-{visitor}", uuid.UUID(sale.item), quantity, new_id())


def claim(sale, *asks):
    async def play():
        async with await ledger.connect(sale.dsn) as connection:
            return [one.result for one in await ledger.admit(connection, list(asks))]

    return asyncio.run(play())


def back_while_shut(dsn, units=2):
    """All sold, two wait (the second for more than there is), the window is shut, all units come back."""
    sale = make_sale(dsn, units=units)
    assert claim(sale, ask(sale, "buyer", units)) == ["claimed"]
    for visitor, quantity in (("first", 1), ("second", 5)):
        assert sale.one("select room.join_waitlist(%s, %s, %s, %s)", sale.room, visitor, sale.item, quantity) == "waiting"
    now = datetime.now(UTC)
    sale.do(backoffice.set_window, room=sale.room, item=sale.item, opens_at=None, closes_at=now - timedelta(seconds=1))
    sale.ask("update room.answers set pay_by = %s where item = %s returning 1", now - timedelta(seconds=1), sale.item)
    assert sale.one("select ended from room.expire_claims(100)") == 1
    assert offers(sale) == [] and left(sale) == units
    return sale


def offers(sale):
    return sale.ask(
        "select visitor, quantity from room.answers where item = %s and result = 'claimed' and expired_at is null order by answered_at, visitor",
        sale.item,
    )


def left(sale):
    return sale.one("select left_units from room.items where item = %s", sale.item)


def assert_even(sale):
    with psycopg.connect(sale.dsn) as connection, connection.cursor() as cur:
        assert [one for one in differences(cur) if sale.item in one.subject or sale.room in one.subject] == []


@pytest.mark.parametrize("reopened", ["set_window", "sell_for"])
def test_a_window_opened_again_at_the_desk_serves_who_waits_in_the_order_of_arrival(quiet, reopened):
    sale = back_while_shut(quiet, units=3)
    if reopened == "sell_for":
        sale.do(backoffice.sell_for, room=sale.room, item=sale.item, seconds=600)
    else:
        sale.do(backoffice.set_window, room=sale.room, item=sale.item, opens_at=None, closes_at=None)
    assert offers(sale) == [("first", 1), ("second", 2)]
    assert left(sale) == 0
    assert_even(sale)


def open_by_the_clock(sale, *, opens_in=timedelta()):
    """As the desk plans it while it is shut; then the moment comes, told to nobody."""
    sale.do(backoffice.set_window, room=sale.room, item=sale.item, opens_at=datetime.now(UTC) + timedelta(hours=1), closes_at=None)
    assert offers(sale) == []
    sale.ask("update room.items set opens_at = clock_timestamp() + %s where item = %s returning 1", opens_in, sale.item)


def test_a_crowd_that_comes_the_moment_a_window_opens_stands_behind_who_waited(quiet):
    sale = back_while_shut(quiet, units=4)
    open_by_the_clock(sale)
    assert claim(sale, ask(sale, "quick", 2), ask(sale, "quicker")) == ["sold_out", "sold_out"]
    assert offers(sale) == [("first", 1), ("second", 3)]
    assert_even(sale)


def test_a_waiting_viewer_who_claims_at_the_opening_is_served_once_for_each_wish_within_the_limit(quiet):
    sale = back_while_shut(quiet, units=4)
    sale.do(backoffice.set_limit, room=sale.room, item=sale.item, limit_per_visitor=1)
    open_by_the_clock(sale)
    assert claim(sale, ask(sale, "first"), ask(sale, "third")) == ["limit_reached", "claimed"]
    assert sorted(offers(sale)) == [("first", 1), ("second", 1), ("third", 1)]
    assert left(sale) == 1
    assert_even(sale)


def test_a_window_that_opens_by_the_clock_serves_who_waits_without_anybody_asking(quiet):
    early = back_while_shut(quiet)
    sale = back_while_shut(quiet)
    open_by_the_clock(early, opens_in=timedelta(hours=1))
    open_by_the_clock(sale)
    with served(quiet):
        for _ in range(200):
            if left(sale) == 0:
                break
            threading.Event().wait(0.05)
    assert offers(sale) == [("first", 1), ("second", 1)]
    assert offers(early) == []
    assert_even(sale)
