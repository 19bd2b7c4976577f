"""Sale windows, price versions, fairness and overload at the claim door (LIV-4, LIV-11)."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kaibo.kit.ids import new_id
from kaibo.room import backoffice, ledger
from kaibo.room.claims import MOST_WAITING_OF_A_VISITOR, Door
from kaibo.room.complaints import WindowEndsBeforeItBegins
from kaibo.room.ledger import Ask
from kaibo.room.refusals import QueueFull
from tests.room.house import Viewer, make_sale


def ask_of(sale, visitor="v", key=None, quantity=1):
    return Ask(sale.room, visitor, key or uuid.uuid4().hex, uuid.UUID(sale.item), quantity, new_id())


def admitted(dsn, *asks):
    async def play():
        async with await ledger.connect(dsn) as connection:
            return await ledger.admit(connection, asks)

    return asyncio.run(play())


@pytest.mark.parametrize(
    ("opens", "closes", "result"),
    [(None, None, "claimed"), (-60, 60, "claimed"), (-60, None, "claimed"), (None, 60, "claimed"), (60, 120, "not_on_sale"), (-120, -60, "not_on_sale"), (None, -1, "not_on_sale")],
)
def test_an_item_sells_only_inside_its_window_at_the_ledgers_clock(dsn, opens, closes, result):
    sale = make_sale(dsn, units=5)
    now = sale.one("select clock_timestamp()")
    at = [None if seconds is None else now + timedelta(seconds=seconds) for seconds in (opens, closes)]
    sale.do(backoffice.set_window, room=sale.room, item=sale.item, opens_at=at[0], closes_at=at[1])
    assert [one.result for one in admitted(dsn, ask_of(sale))] == [result]
    assert sale.one("select left_units from room.items where item = %s", sale.item) == (4 if result == "claimed" else 5)
    card = sale.one("select body from room.events where room = %s and kind = 'item' order by seq desc limit 1", sale.room)
    assert [card["opens_at"] is None, card["closes_at"] is None] == [opens is None, closes is None]


def test_a_window_is_half_open(dsn):
    sale = make_sale(dsn, units=1)
    at = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    sale.do(backoffice.set_window, room=sale.room, item=sale.item, opens_at=at, closes_at=at + timedelta(seconds=1))
    moments = [at - timedelta(microseconds=1), at, at + timedelta(seconds=1) - timedelta(microseconds=1), at + timedelta(seconds=1)]
    sells = [sale.one("select room.sells_at(i, %s) from room.items i where item = %s", moment, sale.item) for moment in moments]
    assert sells == [False, True, True, False]


def test_a_flash_sale_ends_by_the_ledgers_clock_though_nobody_closes_it(dsn):
    sale = make_sale(dsn, units=5)
    sale.do(backoffice.sell_for, room=sale.room, item=sale.item, seconds=60)
    [left] = sale.ask("select extract(epoch from closes_at - clock_timestamp()) between 50 and 60 from room.items where item = %s", sale.item)
    assert left == (True,)
    assert [one.result for one in admitted(dsn, ask_of(sale))] == ["claimed"]
    sale.do(backoffice.sell_for, room=sale.room, item=sale.item, seconds=0)
    assert [one.result for one in admitted(dsn, ask_of(sale))] == ["not_on_sale"]


def test_a_window_that_ends_before_it_begins_is_refused(dsn):
    sale = make_sale(dsn)
    at = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    with pytest.raises(WindowEndsBeforeItBegins):
        sale.do(backoffice.set_window, room=sale.room, item=sale.item, opens_at=at, closes_at=at)
    assert sale.one("select opens_at from room.items where item = %s", sale.item) is None


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=st.lists(st.one_of(st.integers(1, 99_999), st.none()), min_size=2, max_size=14))
def test_a_price_change_never_alters_an_acknowledged_claim(dsn, steps):
    """None is a claim, a number is a new price: each claim keeps the price and version that stood when it was admitted."""
    sale = make_sale(dsn, units=99)
    price, version, expected = 5990, 1, {}
    for number, step in enumerate(steps):
        if step is None:
            [told] = admitted(dsn, ask_of(sale, key=f"k{number}"))
            assert told.unit_price_fen == price
            expected[told.claim] = (price, version)
        else:
            price, version = step, version + 1
            sale.do(backoffice.change_price, room=sale.room, item=sale.item, price_fen=price, price_version=version)
    kept = {claim: (fen, number) for claim, fen, number in sale.ask("select claim, unit_price_fen, price_version from room.claims where room = %s", sale.room)}
    assert kept == expected
    again = admitted(dsn, *[ask_of(sale, key=f"k{number}") for number, step in enumerate(steps) if step is None]) if expected else []
    assert [(one.claim, one.unit_price_fen) for one in again] == [(claim, fen) for claim, (fen, _) in expected.items()]


def test_one_viewer_cannot_fill_the_queue(dsn):
    """A crowd of asks of one viewer is refused beyond the eighth that waits; everybody else is served."""
    sale = make_sale(dsn, units=1000)

    async def play():
        door = Door(dsn, most_waiting=100)
        asks = [ask_of(sale, "greedy") for _ in range(60)] + [ask_of(sale, f"v{n}") for n in range(50)]
        waiting = [asyncio.ensure_future(door.claim(ask)) for ask in asks]
        await asyncio.sleep(0)  # everybody stands in the queue before the door begins
        await door.start()
        try:
            return await asyncio.gather(*waiting, return_exceptions=True)
        finally:
            await door.stop()

    answers = asyncio.run(play())
    greedy = Counter(type(one).__name__ for one in answers[:60])
    assert greedy == {"Outcome": MOST_WAITING_OF_A_VISITOR, "QueueFull": 60 - MOST_WAITING_OF_A_VISITOR}
    assert {one.result for one in answers[60:]} == {"claimed"}
    assert sale.one("select count(*) from room.claims where room = %s", sale.room) == MOST_WAITING_OF_A_VISITOR + 50


def test_a_full_queue_turns_newcomers_away_and_keeps_its_word_to_who_waits(dsn):
    sale = make_sale(dsn, units=1000)

    async def play():
        door = Door(dsn, most_waiting=20)
        waiting = [asyncio.ensure_future(door.claim(ask_of(sale, f"v{n}"))) for n in range(30)]
        await asyncio.sleep(0)
        assert door.waiting == 20
        await door.start()
        try:
            first = await asyncio.gather(*waiting, return_exceptions=True)
            return first, await door.claim(ask_of(sale, "later"))
        finally:
            await door.stop()

    first, later = asyncio.run(play())
    assert [one.result for one in first[:20]] == ["claimed"] * 20
    assert {type(one) for one in first[20:]} == {QueueFull}
    assert first[20].details["retry_after_seconds"] == 1
    assert later.result == "claimed"


def test_who_is_turned_away_hears_429_and_when_to_come_back(server, sale, monkeypatch):
    viewer = Viewer(server.url, sale.room)
    assert viewer.claim(sale.item).status_code == 201
    monkeypatch.setattr(server.app.door._sale, "_most_waiting", 0)
    refused = viewer.claim(sale.item)
    assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (429, "queue_full", "1")
    assert refused.headers["cache-control"] == "no-store"
    monkeypatch.setattr(server.app.door._sale, "_most_waiting", 100)
    assert viewer.claim(sale.item).status_code == 201


def test_requests_sent_in_one_go_are_answered_in_their_order(server, sale):
    """Three claims and a look at the room on one connection, before the first answer: four answers, in order."""
    viewer = Viewer(server.url, sale.room)
    body = f'{{"item": "{sale.item}", "quantity": 1}}'
    head = f"Host: x\r\nAuthorization: Bearer {viewer.token}\r\nContent-Type: application/json\r\n"
    claims = "".join(
        f"POST /rooms/{sale.room}/claims HTTP/1.1\r\n{head}Idempotency-Key: p{n}\r\nContent-Length: {len(body)}\r\n\r\n{body}" for n in range(3)
    )
    port = int(server.url.rsplit(":", 1)[1])

    async def play():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write((claims + f"GET /rooms/{sale.room} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").encode())
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        return answer.decode()

    answer = asyncio.run(play())
    assert re.findall(r"HTTP/1\.1 (\d+)", answer) == ["201", "201", "201", "200"]
    told = re.findall(r'"claim":"([^"]+)"', answer)
    kept = [str(claim) for (claim,) in sale.ask("select claim from room.claims where room = %s and visitor = %s order by key", sale.room, viewer.visitor)]
    assert told == kept


def test_a_claim_in_two_pieces_a_huge_one_and_one_that_waits_for_continue(server, sale):
    viewer = Viewer(server.url, sale.room)
    port = int(server.url.rsplit(":", 1)[1])
    body = f'{{"item": "{sale.item}", "quantity": 1}}'
    head = f"POST /rooms/{sale.room}/claims HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {viewer.token}\r\nContent-Type: application/json\r\n"

    async def say(*pieces):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for piece in pieces:
            writer.write(piece.encode())
            await writer.drain()
            await asyncio.sleep(0.02)
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        writer.close()
        return answer.decode().split()[1]

    async def play():
        sized = f"Content-Length: {len(body)}\r\n"
        return [
            await say(f"{head}Idempotency-Key: a\r\n{sized}\r\n", body[:10], body[10:]),
            await say(f"{head}Idempotency-Key: b\r\nContent-Length: 9000\r\n\r\n", "x" * 9000),
            await say(f"{head}Idempotency-Key: c\r\nExpect: 100-continue\r\n{sized}\r\n", body),
        ]

    assert asyncio.run(play()) == ["201", "422", "100"]


def test_a_viewer_who_leaves_before_the_answer_still_has_the_claim(server, sale, dsn):
    viewer = Viewer(server.url, sale.room)
    with psycopg.connect(dsn) as holding:
        holding.execute("select 1 from room.items where item = %s for update", (sale.item,))
        with pytest.raises(httpx.TimeoutException):
            viewer.http.post(
                f"/rooms/{sale.room}/claims", json={"item": sale.item, "quantity": 1}, headers={"Idempotency-Key": "left"}, timeout=0.3
            )
    answer = viewer.claim(sale.item, key="left")
    assert answer.status_code == 201
    assert sale.one("select count(*) from room.claims where room = %s", sale.room) == 1
