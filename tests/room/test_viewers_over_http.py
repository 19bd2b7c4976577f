"""Entering, the snapshot, chat, likes and behaviour events, over real HTTP."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from kaibo.room import figures as figures_of_room
from kaibo.room import backoffice, moderation, complaints
from tests.room.house import Viewer, listen, make_sale, served


def test_health_says_ok_while_claims_can_be_taken(server):
    answer = httpx.get(f"{server.url}/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


def test_entering_gives_a_token_and_a_cookie_only_the_room_reads(server, sale):
    answer = httpx.post(f"{server.url}/rooms/{sale.room}/visitors", json={"nickname": "阿柚"})
    assert answer.status_code == 201
    assert set(answer.json()) == {"visitor", "token"}
    cookie = answer.headers["set-cookie"]
    for part in ("kaibo_visitor=", "HttpOnly", f"Path=/rooms/{sale.room}", "SameSite=strict"):
        assert part in cookie


@pytest.mark.parametrize("body", [{}, {"nickname": ""}, {"nickname": "x" * 25}, {"nickname": 5}])
def test_a_nickname_that_is_no_name_is_refused(server, sale, body):
    answer = httpx.post(f"{server.url}/rooms/{sale.room}/visitors", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "not_readable")


def test_the_cookie_stands_for_the_token_only_with_a_json_body(server, sale):
    with httpx.Client(base_url=server.url) as page:
        page.post(f"/rooms/{sale.room}/visitors", json={"nickname": "阿柚"})
        path = f"/rooms/{sale.room}/likes"
        assert page.post(path, json={"count": 1}).status_code == 202
        forged = page.post(path, content=b'{"count": 1}', headers={"Content-Type": "text/plain"})
        assert (forged.status_code, forged.json()["code"]) == (401, "token_needed")


def test_the_snapshot_shows_the_room_and_its_items(server, dsn):
    sale = make_sale(dsn, units=7, items=2)
    sale.do(backoffice.set_current_item, room=sale.room, item=sale.items[1])
    sale.do(backoffice.post_notice, room=sale.room, text="20:30 上羊绒围巾")
    answer = httpx.get(f"{server.url}/rooms/{sale.room}")
    assert "access-control-allow-origin" not in answer.headers
    shown = answer.json()
    assert (shown["title"], shown["state"], shown["current_item"]) == ("林夏的衣橱", "live", sale.items[1])
    assert [(i["item"], i["price_fen"], i["left"], i["state"]) for i in shown["items"]] == [
        (item, 5990, 7, "on_sale") for item in sale.items
    ]
    assert [notice["text"] for notice in shown["notices"]] == ["20:30 上羊绒围巾"]
    assert (shown["draws"], shown["polls"]) == ([], [])
    assert shown["last_event_id"] == 5  # the room, two items, the current item, the notice
    assert (shown["company"], shown["host"], shown["operator"]) == ("杭州某服饰有限公司", "林夏", "杭州某服饰有限公司")


def test_what_is_said_reaches_everyone_in_the_room(server, alice, sale):
    def say(heard):
        return any(event.kind == "chat" for event in heard)

    import threading

    threading.Timer(0.4, lambda: alice.post("messages", {"text": "160 斤穿什么码？"})).start()
    heard = listen(server.url, sale.room, until=say)
    chat = next(event for event in heard if event.kind == "chat")
    assert chat.id is None
    assert [(m["nickname"], m["text"]) for m in chat.data["messages"]] == [("阿柚", "160 斤穿什么码？")]
    assert chat.data["dropped"] == 0


@dataclass(frozen=True)
class Judged:
    verdict: str
    hits: list
    lexicon_version: str = "t"


class Strict:
    """Blocks 全网最低, keeps 微信 back for a person."""

    def screen(self, text, *, surface):
        assert surface == "chat"
        if "全网最低" in text:
            return Judged("block", [{"text": "全网最低", "source": "广告法 9"}])
        return Judged("review" if "微信" in text else "pass", [])


def test_a_blocked_message_is_refused_with_its_reason_and_a_doubtful_one_waits(dsn):
    import threading

    sale = make_sale(dsn, is_bench=True)
    with served(dsn, Strict()) as server:
        alice = Viewer(server.url, sale.room)
        heard: list = []
        reader = threading.Thread(
            target=lambda: heard.extend(listen(server.url, sale.room, until=lambda h: any(e.kind == "chat" for e in h)))
        )
        reader.start()
        threading.Event().wait(0.5)
        blocked = alice.post("messages", {"text": "这是全网最低"})
        doubtful = alice.post("messages", {"text": "加微信"})
        fine = alice.post("messages", {"text": "好看"})
        reader.join(10)
    assert (blocked.status_code, blocked.json()["code"]) == (422, "blocked")
    assert blocked.json()["details"]["hits"] == [{"text": "全网最低", "source": "广告法 9", "source_en": "Advertising Law 9", "suggestion_en": ""}]
    assert (doubtful.status_code, fine.status_code) == (202, 202)
    shown = [m["text"] for e in heard if e.kind == "chat" for m in e.data["messages"]]
    assert shown == ["好看"]
    assert sale.ask("select text, verdict from room.messages where room = %s order by message", sale.room) == [
        ("这是全网最低", "block"),
        ("加微信", "review"),
        ("好看", "pass"),
    ]


def test_a_held_message_is_shown_when_a_person_allows_it_and_never_twice(dsn):
    import threading

    sale = make_sale(dsn, is_bench=True)
    with served(dsn, Strict()) as server:
        alice = Viewer(server.url, sale.room)
        for text in ("加微信 1", "加微信 2"):
            alice.post("messages", {"text": text})
        while sale.one("select count(*) from room.messages where room = %s", sale.room) < 2:
            threading.Event().wait(0.05)
        held = sale.do(moderation.held_of, room=sale.room)
        assert [one.text for one in held] == ["加微信 1", "加微信 2"]
        decide = lambda one, shown: sale.do(moderation.decide_message, message=one.message, is_shown=shown)
        threading.Timer(0.4, lambda: (decide(held[0], False), decide(held[1], True))).start()
        heard = listen(server.url, sale.room, until=lambda h: any(e.kind == "chat" for e in h))
        assert decide(held[1], True) is False
        with pytest.raises(complaints.MessageIsNotHere):
            sale.do(moderation.decide_message, message=uuid.uuid4(), is_shown=True)
    shown = [(m["nickname"], m["text"]) for e in heard if e.kind == "chat" for m in e.data["messages"]]
    assert shown == [("阿柚", "加微信 2")]
    assert sale.do(moderation.held_of, room=sale.room) == []


@pytest.mark.parametrize("body", [{"text": ""}, {"text": "   "}, {"text": "长" * 201}, {}])
def test_a_message_without_words_or_with_too_many_is_refused(alice, sale, body):
    assert alice.post("messages", body).status_code == 422


def test_messages_that_come_too_fast_are_refused(alice):
    statuses = [alice.post("messages", {"text": f"第{n}句"}).status_code for n in range(8)]
    assert statuses[:5] == [202] * 5
    assert 429 in statuses[5:]


def test_likes_of_all_viewers_are_counted_together(server, alice, bob, sale):
    import threading

    threading.Timer(0.3, lambda: (alice.post("likes", {"count": 3}), bob.post("likes", {"count": 4}))).start()
    heard = listen(
        server.url, sale.room, until=lambda h: sum(e.data["count"] for e in h if e.kind == "likes") >= 7
    )
    assert sum(e.data["count"] for e in heard if e.kind == "likes") == 7
    for count in (0, 101, -1):
        assert alice.post("likes", {"count": count}).status_code == 422


def test_viewers_and_likes_are_told_as_figures(server, alice, sale):
    alice.post("likes", {"count": 5})
    heard = listen(server.url, sale.room, until=lambda h: any(e.kind == "figures" for e in h))
    figures = next(e for e in heard if e.kind == "figures")
    assert (figures.data, figures.id) == ({"viewers": 1, "likes": 5}, None)
    assert sale.do(figures_of_room.room_figures, room=sale.room).likes == 5


def event(kind="click", **more):
    return {"id": uuid.uuid4().hex, "kind": kind, "at": datetime.now(UTC).isoformat(), **more}


def test_events_are_kept_once_and_bad_ones_named_without_losing_good_ones(server, alice, sale):
    good, known = event("expose", item=sale.item), event("heartbeat", value=10)
    alice.post("events", {"events": [known]})
    answer = alice.post(
        "events",
        {"events": [good, event("buy"), known, {"kind": "click"}, event(item="x"), event("cart", item=sale.item, value=1)]},
    )
    assert answer.status_code == 200
    assert answer.json() == {
        "accepted": 2,
        "duplicates": 1,
        "rejected": [
            {"index": 1, "code": "unknown_kind"},
            {"index": 3, "code": "not_readable"},
            {"index": 4, "code": "not_readable"},
        ],
    }
    kept = [e for e in server.sink.events if e.room == sale.room]
    assert [(e.kind, e.visitor) for e in kept] == [(k, alice.visitor) for k in ("heartbeat", "expose", "cart")]


def test_an_event_from_a_clock_that_is_off_gets_the_time_of_receipt(server, alice, sale):
    late = event(at=(datetime.now(UTC) - timedelta(days=30)).isoformat())
    assert alice.post("events", {"events": [late]}).json()["accepted"] == 1
    kept = next(e for e in server.sink.events if e.id == late["id"])
    assert kept.at == kept.received_at


def test_a_full_disk_refuses_events_and_the_same_batch_can_be_sent_again(server, alice):
    batch = {"events": [event(), event()]}
    server.sink.is_full = True
    answer = alice.post("events", batch)
    server.sink.is_full = False
    assert (answer.status_code, answer.json()["code"]) == (503, "events_away")
    assert alice.post("events", batch).json()["accepted"] == 2


def test_too_many_events_at_once_are_refused(alice):
    assert alice.post("events", {"events": [event() for _ in range(201)]}).status_code == 422


def test_metrics_and_the_openapi_document_are_served(server, alice, sale):
    alice.claim(sale.item)
    text = httpx.get(f"{server.url}/metrics").text
    assert 'kaibo_room_claims_total{result="claimed"}' in text
    assert alice.visitor not in text
    document = httpx.get(f"{server.url}/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]["/rooms/{room}/claims"]["post"]["responses"]) == {
        "201", "401", "403", "404", "409", "422", "429", "503",
    }  # fmt: skip
    known = set(document["components"]["schemas"])
    assert {"ClaimAsk", "ClaimAnswer", "EventAsk", "Refused"} <= known


def test_unknown_addresses_are_answered_as_json(server):
    answer = httpx.get(f"{server.url}/nothing/here")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert httpx.delete(f"{server.url}/health").status_code == 405
