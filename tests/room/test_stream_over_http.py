"""The stream: reliable events in order, once each, resumable from any number; slow readers sent away with one."""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time

import httpx
import pytest

from kaibo.room import backoffice
from kaibo.room.hub import MOST_BACKLOG_BYTES, Channel, ChatLine, Chatter, Reliable
from tests.room.house import Viewer, listen, make_sale, served


def reliable(heard):
    return [event for event in heard if event.id is not None]


def test_every_change_of_the_back_of_house_is_an_event(server, sale):
    start = httpx.get(f"{server.url}/rooms/{sale.room}").json()["last_event_id"]
    item = {"room": sale.room, "item": sale.item}
    sale.do(backoffice.set_item_state, **item, state="paused")
    sale.do(backoffice.set_item_state, **item, state="on_sale")
    sale.do(backoffice.change_price, **item, price_fen=100, price_version=2, reference_price_fen=5990)
    sale.do(backoffice.add_units, **item, units=5)
    sale.do(backoffice.set_current_item, **item)
    sale.do(backoffice.post_notice, room=sale.room, text="好")
    sale.do(backoffice.close_item, **item)
    sale.do(backoffice.set_room_state, room=sale.room, state="ended")
    heard = reliable(listen(server.url, sale.room, after=start, until=lambda h: len(reliable(h)) == 8))
    assert [event.kind for event in heard] == ["item", "item", "price", "stock", "state", "notice", "item", "state"]
    assert [event.id for event in heard] == list(range(start + 1, start + 9))
    assert heard[2].data == {"item": sale.item, "price_fen": 100, "price_version": 2, "reference_price_fen": 5990}
    assert heard[3].data == {"item": sale.item, "left": 15, "stock": 15}
    assert heard[4].data["current_item"] == sale.item
    assert (heard[6].data["state"], heard[6].data["left"]) == ("closed", 0)


def test_a_rolled_back_change_is_never_told(server, sale):
    import psycopg

    start = httpx.get(f"{server.url}/rooms/{sale.room}").json()["last_event_id"]
    with psycopg.connect(sale.dsn) as connection, connection.cursor() as cur:
        backoffice.post_notice(cur, room=sale.room, text="误")
        connection.rollback()
    sale.do(backoffice.post_notice, room=sale.room, text="正")
    heard = reliable(listen(server.url, sale.room, after=start, until=reliable))
    assert [(event.id, event.data["text"]) for event in heard] == [(start + 1, "正")]


def test_claims_are_told_as_stock_levels(server, alice, sale):
    start = httpx.get(f"{server.url}/rooms/{sale.room}").json()["last_event_id"]
    threading.Timer(0.3, lambda: [alice.claim(sale.item, 2) for _ in range(5)]).start()
    heard = reliable(
        listen(server.url, sale.room, after=start, until=lambda h: any(e.kind == "stock" and e.data["left"] == 0 for e in h))
    )
    levels = [event.data["left"] for event in heard]
    assert levels == sorted(levels, reverse=True)
    assert levels[-1] == 0
    assert httpx.get(f"{server.url}/rooms/{sale.room}").json()["items"][0]["left"] == 0


@pytest.mark.parametrize("way", ["header", "query"])
def test_a_reader_who_comes_back_misses_nothing_and_hears_nothing_twice(server, dsn, way):
    sale = make_sale(dsn)
    stopped = threading.Event()

    def talk():
        number = 0
        while not stopped.is_set():
            sale.do(backoffice.post_notice, room=sale.room, text=f"{number}")
            number += 1
            stopped.wait(0.01)

    talking = threading.Thread(target=talk)
    talking.start()
    last, numbers, texts = 0, [], []
    try:
        for stay in (1, 3, 40, 7, 25):
            resume = {"headers": {"Last-Event-ID": str(last)}, "after": 0} if way == "header" else {"after": last}
            heard = reliable(listen(server.url, sale.room, until=lambda h: len(reliable(h)) >= stay, **resume))
            numbers += [event.id for event in heard]
            texts += [int(event.data["text"]) for event in heard if event.kind == "notice"]
            last = numbers[-1]
            threading.Event().wait(random.Random(stay).random() * 0.3)
    finally:
        stopped.set()
        talking.join()
    assert numbers == list(range(1, len(numbers) + 1))
    assert texts == list(range(len(texts)))


def test_the_snapshot_and_the_events_after_it_give_the_same_picture_as_a_fresh_snapshot(server, dsn):
    sale = make_sale(dsn, items=3)
    alice = Viewer(server.url, sale.room)
    before = httpx.get(f"{server.url}/rooms/{sale.room}").json()
    sale.do(backoffice.change_price, room=sale.room, item=sale.items[0], price_fen=1, price_version=9)
    alice.claim(sale.items[1], 3)
    sale.do(backoffice.close_item, room=sale.room, item=sale.items[2])
    sale.do(backoffice.set_current_item, room=sale.room, item=sale.items[0])
    sale.do(backoffice.post_notice, room=sale.room, text="晚上好")
    heard = reliable(
        listen(server.url, sale.room, after=before["last_event_id"], until=lambda h: len(reliable(h)) >= 5)
    )
    after = httpx.get(f"{server.url}/rooms/{sale.room}").json()
    items = {item["item"]: item for item in before["items"]}
    for event in heard:
        if event.kind in {"price", "stock", "item"}:
            items[event.data["item"]].update(event.data)
        elif event.kind == "state":
            before.update(event.data)
        elif event.kind == "notice":
            before["notices"].append(event.data)
    before["last_event_id"] = heard[-1].id
    assert before["items"] == after["items"]
    assert before["notices"][0]["text"] == after["notices"][0]["text"]
    assert {k: before[k] for k in ("current_item", "state", "last_event_id")} == {
        k: after[k] for k in ("current_item", "state", "last_event_id")
    }


def test_a_number_the_room_never_gave_tells_the_reader_to_start_afresh(server, sale):
    heard = listen(server.url, sale.room, after=999_999, until=lambda h: True)
    assert heard[0].kind == "reset"
    answer = httpx.get(f"{server.url}/rooms/{sale.room}/stream?after=x")
    assert (answer.status_code, answer.json()["code"]) == (422, "not_readable")


def test_two_room_processes_on_one_database_tell_the_same_events_and_sell_one_stock(server, dsn):
    sale = make_sale(dsn, units=4)
    with served(dsn) as second:
        here, there = Viewer(server.url, sale.room), Viewer(second.url, sale.room)
        start = httpx.get(f"{second.url}/rooms/{sale.room}").json()["last_event_id"]
        assert here.claim(sale.item, 2, key="a").status_code == 201
        there.http.headers["Authorization"] = f"Bearer {here.token}"
        again = there.claim(sale.item, 2, key="a")
        assert again.status_code == 201
        assert there.claim(sale.item, 2).status_code == 201
        assert here.claim(sale.item, 1).json()["code"] == "sold_out"
        sale.do(backoffice.post_notice, room=sale.room, text="完")
        ends = lambda h: any(e.kind == "notice" for e in h) and any(e.data.get("left") == 0 for e in h if e.kind == "stock")
        streams = [reliable(listen(url, sale.room, after=start, until=ends)) for url in (server.url, second.url)]
        shorter = min(len(stream) for stream in streams)
        assert streams[0][:shorter] == streams[1][:shorter]
        # chat of one process reaches the viewers of the other
        threading.Timer(0.4, lambda: here.post("messages", {"text": "隔壁听得到吗"})).start()
        heard = listen(second.url, sale.room, until=lambda h: any(e.kind == "chat" for e in h))
        assert [m["text"] for e in heard if e.kind == "chat" for m in e.data["messages"]] == ["隔壁听得到吗"]


def test_a_lost_notice_costs_seconds_and_not_truth(server, sale, monkeypatch):
    httpx.get(f"{server.url}/rooms/{sale.room}")
    monkeypatch.setattr(server.app.rooms, "noticed", lambda room, seq: None)
    monkeypatch.setattr(server.app._listener, "_on_event", lambda room, seq: None)
    start = httpx.get(f"{server.url}/rooms/{sale.room}").json()["last_event_id"]
    sale.do(backoffice.post_notice, room=sale.room, text="没听见通知")
    heard = reliable(listen(server.url, sale.room, after=start, until=reliable))
    assert heard[0].data["text"] == "没听见通知"


def test_the_stream_ends_at_once_when_the_room_stops(dsn):
    sale = make_sale(dsn)
    with served(dsn) as server:
        ended = threading.Event()

        def read():
            with httpx.stream("GET", f"{server.url}/rooms/{sale.room}/stream", timeout=20) as answer:
                for _ in answer.iter_lines():
                    pass
            ended.set()

        threading.Thread(target=read, daemon=True).start()
        time.sleep(0.5)
        began = time.monotonic()
    assert ended.wait(3)
    assert time.monotonic() - began < 3


# ── the channel alone ─────────────────────────────────────────────────────────────────────────────────────────────


def notice(seq, size=10):
    return Reliable(seq, "notice", json.dumps({"text": "好" * size}))


def test_a_frame_is_encoded_once_and_shared_by_all_readers():
    async def scene():
        channel = Channel("r", published=0)
        readers = [channel.subscribe()[0] for _ in range(3)]
        channel.tell([notice(1), notice(2)])
        channel.hear(Chatter("r", [ChatLine("m", "v", "阿柚", "好")], likes=2))
        channel.flush()
        chunks = [await reader.next() for reader in readers]
        assert chunks[0] == chunks[1] == chunks[2]
        assert chunks[0].startswith(b"id: 1\nevent: notice\n")
        assert chunks[0].count(b"id: ") == 2

    asyncio.run(scene())


def test_a_slow_reader_is_sent_away_with_the_number_before_what_it_missed():
    async def scene():
        channel = Channel("r", published=0)
        slow, _ = channel.subscribe()
        seq = 0
        while not slow.is_ended:
            seq += 1
            channel.tell([notice(seq, 3000)])
            channel.flush()
        quick, joined = channel.subscribe()
        assert slow.resume_after == seq - 1
        assert channel.slow_readers == 1
        assert joined == seq
        delivered = await slow.next()
        assert len(delivered) <= MOST_BACKLOG_BYTES
        assert delivered.count(b"id: ") == seq - 1
        assert await slow.next() is None
        assert quick in channel.subscribers
        assert slow not in channel.subscribers

    asyncio.run(scene())


def test_chat_over_the_measure_of_a_tick_is_dropped_and_counted():
    async def scene():
        channel = Channel("r", published=0)
        reader, _ = channel.subscribe()
        channel.hear(Chatter("r", [ChatLine(str(n), "v", "a", "b") for n in range(50)]))
        channel.flush()
        chunk = await reader.next()
        told = json.loads(chunk.decode().split("data: ")[1])
        assert (len(told["messages"]), told["dropped"], channel.chat_dropped) == (40, 10, 10)

    asyncio.run(scene())


def test_an_event_told_twice_is_shown_once():
    async def scene():
        channel = Channel("r", published=0)
        reader, _ = channel.subscribe()
        channel.tell([notice(1)])
        channel.tell([notice(1), notice(2)])
        channel.flush()
        channel.tell([notice(2)])
        assert channel.flush() == 0
        assert (await reader.next()).count(b"id: ") == 2
        assert channel.remembered(0, 2).count(b"id: ") == 2
        assert channel.remembered(1, 2).count(b"id: ") == 1
        assert Channel("r", published=9).remembered(3, 9) is None

    asyncio.run(scene())
