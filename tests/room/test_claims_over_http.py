"""The claims rows of the wire contract, each over real HTTP against the real ledger."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest

from kaibo.room import backoffice
from kaibo.room.audit import audit, differences
from tests.room.house import Viewer, make_sale


def counted(sale):
    with psycopg.connect(sale.dsn) as connection, connection.cursor() as cur:
        assert differences(cur) == []
        return audit(cur, sale.room)


def test_a_claim_is_answered_with_what_to_pay_and_until_when(alice, sale):
    before = datetime.now(UTC)
    answer = alice.claim(sale.item, 2)
    assert answer.status_code == 201
    body = answer.json()
    assert set(body) == {"claim", "item", "quantity", "unit_price_fen", "amount_fen", "pay_by"}
    assert (body["item"], body["quantity"], body["unit_price_fen"], body["amount_fen"]) == (sale.item, 2, 5990, 11980)
    pay_by = datetime.fromisoformat(body["pay_by"])
    assert timedelta(seconds=890) < pay_by - before < timedelta(seconds=910)
    assert sale.ask("select visitor, quantity, amount_fen from room.claims where claim = %s", body["claim"]) == [
        (alice.visitor, 2, 11980)
    ]


def test_the_same_key_again_gives_the_same_answer_and_sells_nothing_more(alice, sale):
    first = alice.claim(sale.item, key="same")
    second = alice.claim(sale.item, key="same")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert counted(sale) == {"stock": 10, "claimed": 1, "left": 9, "claims": 1, "duplicates_answered": 1}


def test_the_same_key_with_another_body_is_refused(alice, sale):
    alice.claim(sale.item, 1, key="same")
    answer = alice.claim(sale.item, 2, key="same")
    assert (answer.status_code, answer.json()["code"]) == (409, "key_reused")
    assert counted(sale) == {"stock": 10, "claimed": 1, "left": 9, "claims": 1, "duplicates_answered": 0}


def test_two_viewers_may_use_the_same_key(alice, bob, sale):
    assert alice.claim(sale.item, key="same").json()["claim"] != bob.claim(sale.item, key="same").json()["claim"]
    assert counted(sale)["claims"] == 2


def test_the_last_units_go_to_those_who_fit_and_the_rest_hear_sold_out(alice, sale):
    assert alice.claim(sale.item, 8).status_code == 201
    too_many = alice.claim(sale.item, 3)
    assert (too_many.status_code, too_many.json()["code"]) == (409, "sold_out")
    assert alice.claim(sale.item, 2).status_code == 201
    assert alice.claim(sale.item, 1).json()["code"] == "sold_out"
    assert counted(sale) == {"stock": 10, "claimed": 10, "left": 0, "claims": 2, "duplicates_answered": 0}


def test_a_known_key_keeps_its_answer_after_the_item_sold_out(alice, sale):
    first = alice.claim(sale.item, 10, key="mine")
    assert alice.claim(sale.item, 1).json()["code"] == "sold_out"
    again = alice.claim(sale.item, 10, key="mine")
    assert (again.status_code, again.content) == (201, first.content)
    assert alice.claim(sale.item, 9, key="mine").json()["code"] == "key_reused"


def test_a_refusal_keeps_its_answer_after_units_were_added(alice, sale):
    alice.claim(sale.item, 10)
    refused = [alice.claim(sale.item, 1, key=f"late-{n}") for n in range(3)]
    assert [answer.json()["code"] for answer in refused] == ["sold_out"] * 3
    sale.do(backoffice.add_units, room=sale.room, item=sale.item, units=5)
    assert [alice.claim(sale.item, 1, key=f"late-{n}").json()["code"] for n in range(3)] == ["sold_out"] * 3
    assert alice.claim(sale.item, 1, key="fresh").status_code == 201
    assert counted(sale)["left"] == 4


def test_a_fresh_claim_is_admitted_at_once_after_units_were_added(server, sale):
    for _ in range(3):
        alice = Viewer(server.url, sale.room)  # three rounds of one person would be more than one person may ask
        alice.claim(sale.item, 10)
        assert alice.claim(sale.item, 1).json()["code"] == "sold_out"
        sale.do(backoffice.add_units, room=sale.room, item=sale.item, units=10)
        assert alice.claim(sale.item, 1).status_code == 201
        alice.claim(sale.item, 9)


def test_the_limit_counts_all_claims_of_one_visitor(dsn, server):
    sale = make_sale(dsn, units=10, limit_per_visitor=2)
    alice, bob = Viewer(server.url, sale.room), Viewer(server.url, sale.room)
    assert alice.claim(sale.item, 1).status_code == 201
    over = alice.claim(sale.item, 2)
    assert (over.status_code, over.json()["code"]) == (409, "limit_reached")
    assert alice.claim(sale.item, 1).status_code == 201
    assert alice.claim(sale.item, 1).json()["code"] == "limit_reached"
    assert bob.claim(sale.item, 2).status_code == 201
    assert counted(sale) == {"stock": 10, "claimed": 4, "left": 6, "claims": 3, "duplicates_answered": 0}


def test_an_item_that_is_paused_closed_or_of_another_room_is_not_on_sale(alice, sale, dsn):
    other = make_sale(dsn)
    sale.do(backoffice.set_item_state, room=sale.room, item=sale.item, state="paused")
    assert alice.claim(sale.item).json()["code"] == "not_on_sale"
    sale.do(backoffice.set_item_state, room=sale.room, item=sale.item, state="on_sale")
    assert alice.claim(sale.item).status_code == 201
    assert sale.do(backoffice.close_item, room=sale.room, item=sale.item) == 9
    for item in (sale.item, other.item, str(uuid.uuid4())):
        answer = alice.claim(item)
        assert (answer.status_code, answer.json()["code"]) == (409, "not_on_sale")
    assert counted(sale) == {"stock": 1, "claimed": 1, "left": 0, "claims": 1, "duplicates_answered": 0}
    assert counted(other)["claims"] == 0


def test_ids_that_clients_make_up_are_not_remembered(server, alice):
    before = set(server.app.door._sold_out)
    for _ in range(5):
        assert alice.claim(str(uuid.uuid4())).json()["code"] == "not_on_sale"
    assert server.app.door._sold_out == before


def test_a_claim_pays_the_price_published_when_it_was_admitted(alice, sale):
    first = alice.claim(sale.item, key="first").json()
    sale.do(backoffice.change_price, room=sale.room, item=sale.item, price_fen=4990, price_version=2)
    assert alice.claim(sale.item).json()["unit_price_fen"] == 4990
    assert alice.claim(sale.item, key="first").json() == first
    assert first["unit_price_fen"] == 5990


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"item": "x", "quantity": 1}, "item"),
        ({"item": str(uuid.uuid4()), "quantity": 0}, "quantity"),
        ({"item": str(uuid.uuid4()), "quantity": 100}, "quantity"),
        ({"item": str(uuid.uuid4()), "quantity": 1.5}, "quantity"),
        ({"quantity": 1}, "item"),
    ],
)
def test_a_body_that_cannot_be_right_is_refused_by_name(alice, sale, body, why):
    answer = alice.http.post(f"/rooms/{sale.room}/claims", json=body, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 422
    assert answer.json()["code"] == "not_readable"
    assert why in answer.json()["details"]["why"]
    assert sale.one("select count(*) from room.answers where room = %s", sale.room) == 0


@pytest.mark.parametrize("key", ["", "x" * 101])
def test_a_claim_needs_a_key(alice, sale, key):
    answer = alice.http.post(
        f"/rooms/{sale.room}/claims", json={"item": sale.item, "quantity": 1}, headers={"Idempotency-Key": key}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "key_needed")
    assert counted(sale)["claims"] == 0


@pytest.mark.parametrize("content", [b"{", b"[]", b"", b"\xff\xfe", b'{"item": null, "quantity": 1}'])
def test_a_broken_body_is_refused(alice, sale, content):
    answer = alice.http.post(f"/rooms/{sale.room}/claims", content=content, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (422, "not_readable")


def test_a_body_that_never_ends_is_refused(alice, sale):
    answer = alice.http.post(f"/rooms/{sale.room}/claims", content=b"x" * 5000, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (422, "too_long")


@pytest.mark.parametrize("forge", [lambda t: "x", lambda t: t[:-1] + ("A" if t[-1] != "A" else "B"), lambda t: "A" + t[1:]])
def test_a_forged_token_is_refused_and_nothing_is_sold(alice, sale, forge):
    answer = httpx.post(
        f"{alice.http.base_url}/rooms/{sale.room}/claims",
        json={"item": sale.item, "quantity": 1},
        headers={"Idempotency-Key": "k", "Authorization": f"Bearer {forge(alice.token)}"},
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "token_needed")
    assert counted(sale)["claims"] == 0


def test_a_token_of_another_room_is_refused(server, alice, dsn):
    other = make_sale(dsn)
    answer = alice.http.post(
        f"/rooms/{other.room}/claims", json={"item": other.item, "quantity": 1}, headers={"Idempotency-Key": "k"}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "token_of_another_room")
    assert counted(other)["claims"] == 0


def test_a_claim_is_shown_to_its_owner_and_to_nobody_else(alice, bob, sale):
    claim = alice.claim(sale.item).json()
    mine = alice.http.get(f"/rooms/{sale.room}/claims/{claim['claim']}")
    assert (mine.status_code, mine.json()) == (200, mine.json() | claim)
    assert (mine.json()["state"], mine.json()["address_given"]) == ("unpaid", False)
    for path in (claim["claim"], str(uuid.uuid4()), "x"):
        answer = bob.http.get(f"/rooms/{sale.room}/claims/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "no_such_claim")
    assert httpx.get(f"{alice.http.base_url}/rooms/{sale.room}/claims/{claim['claim']}").status_code == 401


def test_a_visitor_who_is_too_fast_is_told_when_to_come_back(alice, sale):
    answers = [alice.claim(sale.item, 99) for _ in range(30)]
    slow = [answer for answer in answers if answer.status_code == 429]
    assert slow
    assert slow[0].json()["code"] == "too_fast"
    assert int(slow[0].headers["Retry-After"]) >= 1
    assert sale.one("select count(*) from room.answers where room = %s", sale.room) == 30 - len(slow)


def test_a_full_queue_says_when_to_come_back_and_sells_nothing(server, alice, sale, monkeypatch):
    monkeypatch.setattr(server.app.door._sale, "_most_waiting", 0)
    answer = alice.claim(sale.item)
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (429, "queue_full", "1")
    assert counted(sale)["claims"] == 0


def test_refusals_speak_the_language_of_the_client(alice, sale):
    alice.claim(sale.item, 10)
    assert alice.claim(sale.item).json()["message"] == "已抢光"
    alice.http.headers["Accept-Language"] = "en-GB,en;q=0.9"
    assert alice.claim(sale.item).json()["message"] == "Sold out"


def test_an_unknown_room_is_not_found(server):
    for method, path in (("GET", ""), ("POST", "/visitors"), ("POST", "/claims"), ("GET", "/stream"), ("POST", "/events")):
        answer = httpx.request(method, f"{server.url}/rooms/nowhere{path}", content=b'{"nickname":"a"}')
        assert (answer.status_code, answer.json()["code"]) == (404, "no_such_room"), path
