"""What the back of house calls, inside its own transactions."""

from __future__ import annotations

import asyncio
import threading
import uuid

import psycopg
import pytest

from kaibo.kit.ids import new_id
from kaibo.room import figures as figures_of_room
from kaibo.room import backoffice, complaints, ledger
from kaibo.room.audit import differences
from kaibo.room.ledger import Ask
from tests.room.house import make_sale


def sell(sale, *quantities, visitor="v"):
    async def play():
        async with await ledger.connect(sale.dsn) as connection:
            asks = [Ask(sale.room, visitor, uuid.uuid4().hex, uuid.UUID(sale.item), q, new_id()) for q in quantities]
            return [outcome.claim for outcome in await ledger.admit(connection, asks) if outcome.result == "claimed"]

    return asyncio.run(play())


def level(sale):
    found = sale.do(backoffice.item_levels, room=sale.room)[0]
    with psycopg.connect(sale.dsn) as connection, connection.cursor() as cur:
        assert differences(cur) == []
    return (found.stock, found.claimed, found.returned, found.withdrawn, found.left)


def test_closing_gives_the_leftover_once_and_admits_no_claim_after(dsn):
    sale = make_sale(dsn, units=10)
    sell(sale, 3, 2)
    assert sale.do(backoffice.close_item, room=sale.room, item=sale.item) == 5
    assert sale.do(backoffice.close_item, room=sale.room, item=sale.item) == 0
    assert sell(sale, 1) == []
    assert level(sale) == (10, 5, 0, 5, 0)


def test_closing_waits_for_a_claim_in_flight_and_counts_it(dsn):
    sale = make_sale(dsn, units=10)
    leftover = []
    with psycopg.connect(dsn) as claiming:
        claiming.execute(
            "select * from room.admit(%s::uuid[], %s, '{1}', '{v}', '{k}', '{4}', %s::uuid[], '{}')",
            ([sale.item], [sale.room], [str(new_id())]),
        )
        closing = threading.Thread(
            target=lambda: leftover.append(sale.do(backoffice.close_item, room=sale.room, item=sale.item))
        )
        closing.start()
        closing.join(0.3)
        assert leftover == []
        claiming.commit()
        closing.join(5)
    assert leftover == [6]
    assert level(sale) == (10, 4, 0, 6, 0)


def test_an_unpaid_claim_gives_its_units_back_once(dsn):
    sale = make_sale(dsn, units=5, limit_per_visitor=5)
    first, second = sell(sale, 3, 2)
    assert sell(sale, 1) == []
    assert sale.do(backoffice.return_units, claim=first, units=3) == "returned"
    assert sale.do(backoffice.return_units, claim=first, units=3) == "already_returned"
    assert level(sale) == (5, 5, 3, 0, 3)
    assert len(sell(sale, 1)) == 1  # the visitor's limit is free again too
    assert sale.do(backoffice.close_item, room=sale.room, item=sale.item) == 2
    assert sale.do(backoffice.return_units, claim=second, units=2) == "item_closed"
    assert level(sale) == (5, 6, 3, 2, 0)
    with pytest.raises(complaints.ClaimIsNotHere):
        sale.do(backoffice.return_units, claim=new_id(), units=1)
    with pytest.raises(complaints.UnitsNotPositive):
        sale.do(backoffice.return_units, claim=second, units=3)


def test_units_returned_to_a_paused_item_wait_for_its_sale(dsn):
    sale = make_sale(dsn, units=2)
    (claim,) = sell(sale, 2)
    sale.do(backoffice.set_item_state, room=sale.room, item=sale.item, state="paused")
    assert sale.do(backoffice.return_units, claim=claim, units=2) == "returned"
    assert sell(sale, 1) == []
    assert level(sale) == (2, 2, 2, 0, 2)


def test_relays_side_by_side_never_hold_the_same_claim(dsn):
    sale = make_sale(dsn, units=10)
    claims = sell(sale, *[1] * 6)
    with psycopg.connect(dsn) as one, psycopg.connect(dsn) as two:
        mine = [c for c in backoffice.unsettled_claims(one.cursor(), 1000) if c.room == sale.room]
        yours = [c for c in backoffice.unsettled_claims(two.cursor(), 1000) if c.room == sale.room]
        assert [row.claim for row in mine] == claims
        assert yours == []
        assert backoffice.mark_settled(one.cursor(), [row.claim for row in mine[:4]]) == 4
        one.commit()
        again = [c for c in backoffice.unsettled_claims(two.cursor(), 1000) if c.room == sale.room]
        assert [row.claim for row in again] == claims[4:]
        assert backoffice.mark_settled(two.cursor(), claims) == 2
    row = mine[0]
    assert (row.quantity, row.unit_price_fen, row.amount_fen, row.sku_code, row.visitor) == (1, 5990, 5990, "SKU-0", "v")


def test_an_old_price_never_comes_back(dsn):
    sale = make_sale(dsn)
    sale.do(backoffice.change_price, room=sale.room, item=sale.item, price_fen=4990, price_version=3)
    for version in (3, 2):
        with pytest.raises(complaints.PriceVersionIsOld):
            sale.do(backoffice.change_price, room=sale.room, item=sale.item, price_fen=9990, price_version=version)
    assert sale.do(backoffice.item_levels, room=sale.room)[0].price_fen == 4990


def test_a_closed_item_cannot_be_changed(dsn):
    sale = make_sale(dsn)
    sale.do(backoffice.close_item, room=sale.room, item=sale.item)
    for change, more in (
        (backoffice.add_units, {"units": 1}),
        (backoffice.change_price, {"price_fen": 1, "price_version": 9}),
        (backoffice.set_item_state, {"state": "on_sale"}),
        (backoffice.set_limit, {"limit_per_visitor": 1}),
    ):
        with pytest.raises(complaints.ItemAlreadyClosed):
            sale.do(change, room=sale.room, item=sale.item, **more)
    assert level(sale) == (10, 0, 0, 10, 0)


def test_what_is_not_here_is_said_so_and_changes_nothing(dsn):
    sale = make_sale(dsn)
    events = sale.one("select last_event from room.rooms where room = %s", sale.room)
    for change, more, complaint in (
        (backoffice.set_room_state, {"room": "nowhere", "state": "live"}, complaints.RoomIsNotHere),
        (backoffice.post_notice, {"room": "nowhere", "text": "x"}, complaints.RoomIsNotHere),
        (figures_of_room.room_figures, {"room": "nowhere"}, complaints.RoomIsNotHere),
        (backoffice.set_current_item, {"room": sale.room, "item": uuid.uuid4()}, complaints.ItemIsNotHere),
        (backoffice.close_item, {"room": sale.room, "item": uuid.uuid4()}, complaints.ItemIsNotHere),
        (backoffice.add_units, {"room": sale.room, "item": sale.item, "units": 0}, complaints.UnitsNotPositive),
    ):
        with pytest.raises(complaint):
            sale.do(change, **more)
    assert sale.one("select last_event from room.rooms where room = %s", sale.room) == events
    assert level(sale) == (10, 0, 0, 0, 10)


def test_opening_a_room_again_changes_its_words_and_not_its_state(dsn):
    sale = make_sale(dsn)
    sale.do(backoffice.open_room, room=sale.room, title="新标题", operator="甲", host="乙", company="丙")
    assert sale.ask("select title, host, state from room.rooms where room = %s", sale.room) == [("新标题", "乙", "live")]


def test_figures_count_claims_and_refusals(dsn):
    sale = make_sale(dsn, units=5, limit_per_visitor=3)
    sell(sale, 2, 2, visitor="a")
    sell(sale, 3, 1, visitor="b")
    found = sale.do(figures_of_room.room_figures, room=sale.room)
    assert (found.claims, found.claimed_units, found.claimed_fen) == (2, 5, 5 * 5990)
    assert (found.refused_limit, found.refused_sold_out) == (1, 1)


def test_many_console_transactions_on_one_room_queue_up_without_deadlock(dsn):
    sale = make_sale(dsn, items=2, units=100)
    failures = []

    def change(first, second):
        try:
            for number in range(15):
                with psycopg.connect(dsn) as connection, connection.cursor() as cur:
                    backoffice.add_units(cur, room=sale.room, item=first, units=1)
                    backoffice.add_units(cur, room=sale.room, item=second, units=1)
        except Exception as failure:
            failures.append(failure)

    pairs = [(sale.items[0], sale.items[1]), (sale.items[1], sale.items[0])] * 2
    threads = [threading.Thread(target=change, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [found.stock for found in sale.do(backoffice.item_levels, room=sale.room)] == [160, 160]
