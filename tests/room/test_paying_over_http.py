"""A claim after it was claimed, over real HTTP: payment, notice, address, expiry and the waitlist (LIV-4, LIV-9)."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta

import httpx
import psycopg
import pytest

from kaibo.kit import sealed_box
from kaibo.room import backoffice
from kaibo.room.audit import differences
from tests.room.house import Viewer, listen, make_sale
from tests.room.wallets import PRIVATE, notify, served_with_wallet

ADDRESS = {"name": "李小梅", "phone": "138 1234 5678", "address": "浙江省杭州市西湖区文三路478号3幢"}


@pytest.fixture(scope="module")
def server(dsn):
    with served_with_wallet(dsn) as running:
        yield running


@pytest.fixture(autouse=True)
def _the_ledger_adds_up(dsn):
    yield
    with psycopg.connect(dsn) as connection, connection.cursor() as cur:
        assert differences(cur) == []


def opened(viewer, claim, channel="sandbox"):
    return viewer.post(f"claims/{claim}/payment", {"channel": channel})


def state(viewer, claim):
    return viewer.http.get(f"/rooms/{viewer.room}/claims/{claim}").json()["state"]


def over(sale, claim, seconds=1):
    """The claim's time to pay is over since `seconds`; nobody looked yet."""
    sale.ask("update room.answers set pay_by = clock_timestamp() - make_interval(secs => %s) where attempt = %s returning 1", seconds, claim)


def settle_expiry(sale):
    return sale.one("select ended from room.expire_claims(100)")


def claimed(viewer, sale, quantity=1):
    answer = viewer.claim(sale.item, quantity)
    assert answer.status_code == 201, answer.text
    return answer.json()["claim"]


def test_a_claim_is_paid_once_however_often_the_wallet_calls(server, alice, sale):
    claim = claimed(alice, sale, 2)
    first, again = opened(alice, claim).json(), opened(alice, claim).json()
    assert (first["amount_fen"], first["kind"]) == (11980, "page")
    assert first == again
    assert state(alice, claim) == "unpaid"
    for _ in range(3):
        answer = notify(server.url, first["payment"], 11980)
        assert (answer.status_code, answer.text) == (200, "heard")
    assert state(alice, claim) == "paid"
    assert sale.ask("select outcome, received_fen from room.payments where claim = %s", claim) == [("in_time", 11980)]
    assert sale.ask("select kind from room.turns where claim = %s", claim) == [("paid",)]
    assert opened(alice, claim).json()["code"] == "already_paid"


def test_nobody_pays_or_sees_the_claim_of_another(alice, bob, sale):
    claim = claimed(alice, sale)
    assert opened(bob, claim).json()["code"] == "no_such_claim"
    assert bob.http.put(f"/rooms/{sale.room}/claims/{claim}/address", json=ADDRESS).json()["code"] == "no_such_claim"
    assert sale.ask("select 1 from room.payments where claim = %s", claim) == []
    assert sale.ask("select 1 from room.addresses where claim = %s", claim) == []


def test_a_forged_notice_changes_nothing_and_an_unknown_one_is_heard(server, alice, sale):
    claim = claimed(alice, sale)
    payment = opened(alice, claim).json()["payment"]
    forged = httpx.post(f"{server.url}/pay/sandbox", content=json.dumps({"out_trade_no": payment}).encode(), headers={"sandbox-signature": "00"})
    assert (forged.status_code, forged.json()["code"]) == (403, "payments.notice_forged")
    assert notify(server.url, uuid.uuid4().hex, 5990).status_code == 200
    assert httpx.post(f"{server.url}/pay/nobody", content=b"{}").json()["code"] == "no_such_channel"
    assert state(alice, claim) == "unpaid"


def test_a_wrong_amount_is_owed_back_and_pays_nothing(server, alice, sale):
    claim = claimed(alice, sale)
    payment = opened(alice, claim).json()["payment"]
    notify(server.url, payment, 5989)
    assert sale.ask("select outcome, refund_reason, received_fen from room.payments where claim = %s", claim) == [("refund_due", "amount_wrong", 5989)]
    assert sale.one("select paid_at from room.answers where attempt = %s", claim) is None
    assert state(alice, claim) == "refunding"


def test_a_claim_ends_exactly_at_its_time_to_pay_and_its_units_are_on_sale_again(server, alice, sale):
    claim = claimed(alice, sale, 3)
    pay_by = sale.one("select pay_by from room.answers where attempt = %s", claim)
    sale.ask("select ended from room.expire_claims(1000, %s)", pay_by - timedelta(microseconds=1))
    assert state(alice, claim) == "unpaid"
    sale.ask("select ended from room.expire_claims(1000, %s)", pay_by)
    assert state(alice, claim) == "expired"
    assert sale.one("select left_units from room.items where item = %s", sale.item) == 10
    assert opened(alice, claim).json()["code"] == "claim_expired"


def test_the_running_room_ends_claims_by_itself_and_tells_the_stream(server, alice, sale):
    claim = claimed(alice, sale, 4)
    after = alice.http.get(f"/rooms/{sale.room}").json()["last_event_id"]
    over(sale, claim)
    heard = listen(server.url, sale.room, after=after, until=lambda events: any(e.kind == "stock" and e.data["left"] == 10 for e in events))
    assert heard[-1].data["left"] == 10
    assert state(alice, claim) == "expired"


def test_money_taken_before_the_end_counts_although_the_call_comes_later(server, alice, sale):
    """While the claim still holds its units, the moment the wallet took the money decides."""
    claim = claimed(alice, sale)
    payment = opened(alice, claim).json()["payment"]
    with psycopg.connect(sale.dsn) as holding:  # a sweep passes over a claim somebody holds
        holding.execute("select 1 from room.answers where attempt = %s for update", (claim,))
        holding.execute("update room.answers set pay_by = clock_timestamp() - interval '2 seconds' where attempt = %s", (claim,))
        sale.ask("select ended from room.expire_claims(100)")
        took = holding.execute(
            "select outcome from room.take_payments(array['sandbox'], array[%s::uuid], array['T1'], array[5990::bigint], array[clock_timestamp() - interval '3 seconds'])",
            (payment,),
        ).fetchone()
    assert took == ("in_time",)
    assert state(alice, claim) == "paid"


def test_a_late_payer_gets_the_units_again_while_there_are_some(server, alice, sale):
    claim = claimed(alice, sale, 2)
    payment = opened(alice, claim).json()["payment"]
    over(sale, claim)
    settle_expiry(sale)
    notify(server.url, payment, 11980)
    assert state(alice, claim) == "paid"
    assert sale.ask("select claimed_units, returned_units, left_units from room.items where item = %s", sale.item) == [(2, 0, 8)]
    assert sale.ask("select kind from room.turns where claim = %s order by turn", claim) == [("expired",), ("late",)]
    notify(server.url, payment, 11980)
    assert sale.ask("select kind, units from room.movements where claim = %s order by movement", claim) == [("returned", 2), ("reclaimed", 2)]


def test_a_late_payer_is_owed_the_money_when_the_units_are_gone(server, alice, bob, sale):
    claim = claimed(alice, sale, 2)
    payment = opened(alice, claim).json()["payment"]
    over(sale, claim)
    settle_expiry(sale)
    claimed(bob, sale, 9)
    notify(server.url, payment, 11980)
    assert state(alice, claim) == "refunding"
    assert sale.ask("select outcome, refund_reason from room.payments where claim = %s", claim) == [("refund_due", "expired")]
    assert sale.one("select left_units from room.items where item = %s", sale.item) == 1


def test_a_late_payer_is_owed_the_money_when_the_item_is_closed(server, alice, sale):
    claim = claimed(alice, sale, 2)
    payment = opened(alice, claim).json()["payment"]
    sale.do(backoffice.close_item, room=sale.room, item=sale.item)
    over(sale, claim)
    settle_expiry(sale)
    assert sale.ask("select kind, units_returned from room.turns where claim = %s", claim) == [("expired", False)]
    notify(server.url, payment, 11980)
    assert state(alice, claim) == "refunding"


def test_paying_after_the_end_nobody_noticed_yet_loses_the_units_to_who_waits(server, dsn):
    sale = make_sale(dsn, units=1)
    alice, bob = Viewer(server.url, sale.room), Viewer(server.url, sale.room)
    claim = claimed(alice, sale)
    payment = opened(alice, claim).json()["payment"]
    assert bob.post("waitlist", {"item": sale.item, "quantity": 1}).status_code == 201
    with psycopg.connect(sale.dsn) as holding:
        holding.execute("select 1 from room.answers where attempt = %s for update", (claim,))
        holding.execute("update room.answers set pay_by = clock_timestamp() - interval '2 seconds' where attempt = %s", (claim,))
        took = holding.execute(
            "select outcome from room.take_payments(array['sandbox'], array[%s::uuid], array['T9'], array[5990::bigint], array[clock_timestamp()])", (payment,)
        ).fetchone()
    assert took == ("refund_due",)
    offer = bob.http.get(f"/rooms/{sale.room}/mine").json()
    assert [(one["state"], one["is_offer"], one["quantity"]) for one in offer["claims"]] == [("unpaid", True, 1)]
    assert [(one["state"], one["claim"]) for one in offer["waits"]] == [("offered", offer["claims"][0]["claim"])]


def test_an_address_is_kept_sealed_and_only_its_owner_of_the_key_reads_it(alice, sale):
    claim = claimed(alice, sale)
    answer = alice.http.put(f"/rooms/{sale.room}/claims/{claim}/address", json=ADDRESS)
    assert (answer.status_code, answer.json()) == (200, {"address_given": True})
    sealed = bytes(sale.one("select sealed from room.addresses where claim = %s", claim))
    assert "李".encode() not in sealed and b"1381234" not in sealed
    assert json.loads(sealed_box.unseal(PRIVATE, sealed, about=uuid.UUID(claim).bytes)) == ADDRESS
    with pytest.raises(sealed_box.BoxNotOurs):
        sealed_box.unseal(PRIVATE, sealed, about=uuid.uuid4().bytes)
    assert sale.ask("select kind from room.turns where claim = %s", claim) == [("addressed",)]


@pytest.mark.parametrize("wrong", [{"name": ""}, {"phone": "电话一三八"}, {"address": "杭州"}])
def test_a_refused_address_is_not_repeated_in_the_answer(alice, sale, wrong):
    claim = claimed(alice, sale)
    answer = alice.http.put(f"/rooms/{sale.room}/claims/{claim}/address", json=ADDRESS | wrong)
    assert answer.status_code == 422
    assert "李小梅" not in answer.text and "478" not in answer.text
    assert sale.ask("select 1 from room.addresses where claim = %s", claim) == []


def test_the_waitlist_is_served_in_the_order_of_arrival_and_partly_when_there_is_less(server, dsn):
    sale = make_sale(dsn, units=3)
    first, second, third = (Viewer(server.url, sale.room, name) for name in ("甲", "乙", "丙"))
    buyer = Viewer(server.url, sale.room, "买家")
    assert first.post("waitlist", {"item": sale.item, "quantity": 1}).json()["code"] == "not_sold_out"
    claimed(buyer, sale, 3)
    waits = [one.post("waitlist", {"item": sale.item, "quantity": 2}).json() for one in (first, second, third)]
    assert [one["ahead"] for one in waits] == [0, 1, 2]
    assert first.post("waitlist", {"item": sale.item, "quantity": 2}).json()["ahead"] == 0
    assert second.http.delete(f"/rooms/{sale.room}/waitlist/{sale.item}").json() == {"left": True}
    sale.do(backoffice.add_units, room=sale.room, item=sale.item, units=3)
    assert sale.ask("select visitor, quantity, key like 'waitlist:%%' from room.answers where room = %s and result = 'claimed' order by quantity desc, visitor = %s desc", sale.room, first.visitor)[1:] == [
        (first.visitor, 2, True), (third.visitor, 1, True)]  # fmt: skip
    assert sale.one("select left_units from room.items where item = %s", sale.item) == 0


def test_closing_ends_the_queue(server, dsn):
    sale = make_sale(dsn, units=1)
    viewer, buyer = Viewer(server.url, sale.room), Viewer(server.url, sale.room)
    claimed(buyer, sale)
    viewer.post("waitlist", {"item": sale.item, "quantity": 1})
    sale.do(backoffice.close_item, room=sale.room, item=sale.item)
    mine = viewer.http.get(f"/rooms/{sale.room}/mine").json()
    assert [one["state"] for one in mine["waits"]] == ["closed"]
    assert viewer.post("waitlist", {"item": sale.item, "quantity": 1}).json()["code"] == "not_on_sale"


def test_the_wallets_page_takes_the_money_once_and_brings_the_buyer_back(server, alice, sale):
    claim = claimed(alice, sale)
    link = opened(alice, claim).json()["url"]
    page = httpx.get(link)
    assert (page.status_code, "¥59.90" in page.text) == (200, True)
    assert "script-src" in page.headers["content-security-policy"] or "default-src 'none'" in page.headers["content-security-policy"]
    for _ in range(2):
        paid = httpx.post(link, timeout=20)
        assert paid.status_code == 303
        assert paid.headers["location"].endswith(f"/r/{sale.room}?paid={claim}")
    assert state(alice, claim) == "paid"
    assert sale.one("select count(*) from pay_sandbox.trades where title = %s and heard_at is not null", "短款羊毛双面呢外套 × 1") >= 1
    assert httpx.get(link[:-3] + "AAA").status_code == 404


def test_units_that_come_back_after_the_sale_window_are_offered_to_nobody(server, dsn):
    sale = make_sale(dsn, units=1)
    buyer, viewer = Viewer(server.url, sale.room), Viewer(server.url, sale.room)
    claim = claimed(buyer, sale)
    assert viewer.post("waitlist", {"item": sale.item, "quantity": 1}).status_code == 201
    sale.ask("update room.items set closes_at = clock_timestamp() - interval '1 second' where item = %s returning 1", sale.item)
    over(sale, claim)
    settle_expiry(sale)
    assert state(buyer, claim) == "expired"
    assert sale.one("select left_units from room.items where item = %s", sale.item) == 1
    assert [one["state"] for one in viewer.http.get(f"/rooms/{sale.room}/mine").json()["waits"]] == ["waiting"]
