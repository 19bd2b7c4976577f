"""Coupons over real HTTP: take, pay less, used once, given back when the claim ends (LIV-4, LIV-9)."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaibo.kit.coupons import CouponTerms, discount_fen
from kaibo.room import backoffice, claim_life, coupon_backoffice
from kaibo.room.audit import differences
from tests.room.house import Viewer, listen, make_sale
from tests.room.wallets import notify, served_with_wallet

HUNDRED_OFF = CouponTerms(off_fen=1000, threshold_fen=5000)


@pytest.fixture(scope="module")
def server(dsn):
    with served_with_wallet(dsn) as running:
        yield running


@pytest.fixture(autouse=True)
def _the_ledger_adds_up(dsn):
    yield
    with psycopg.connect(dsn) as connection, connection.cursor() as cur:
        assert differences(cur) == []


def issued(sale, terms=HUNDRED_OFF, *, units=10, limit=1, items=None, seconds=3600):
    now = datetime.now(UTC)
    return str(
        sale.do(
            coupon_backoffice.issue_coupon, room=sale.room, terms=terms, units=units, limit_per_visitor=limit, valid_until=now + timedelta(seconds=seconds),
            now=now, items=None if items is None else [uuid.UUID(one) for one in items],
        )
    )  # fmt: skip


def take(viewer, coupon, key=None):
    return viewer.http.post(f"/rooms/{viewer.room}/coupons/{coupon}/take", headers={"idempotency-key": key} if key else {})


def held(viewer):
    return viewer.http.get(f"/rooms/{viewer.room}/coupons").json()["coupons"]


def claimed(viewer, sale, quantity=1, item=None):
    return viewer.claim(item or sale.item, quantity).json()["claim"]


def opened(viewer, claim, coupon=None, channel="sandbox"):
    return viewer.post(f"claims/{claim}/payment", {"channel": channel} | ({"coupon": coupon} if coupon else {}))


def end_unpaid(sale, claim):
    sale.ask("update room.answers set pay_by = clock_timestamp() - interval '1 second' where attempt = %s returning 1", claim)
    sale.one("select ended from room.expire_claims(100)")


def states(viewer):
    return [one["state"] for one in held(viewer)]


def test_a_coupon_is_taken_once_and_pays_less_once(server, alice, sale):
    coupon = issued(sale)
    first, again = take(alice, coupon), take(alice, coupon)
    assert (first.status_code, first.json()) == (201, again.json())
    claim = claimed(alice, sale)
    payment = opened(alice, claim, coupon).json()
    assert (payment["amount_fen"], payment["discount_fen"]) == (4990, 1000)
    assert opened(alice, claim, coupon).json() == payment == opened(alice, claim).json()
    assert states(alice) == ["bound"]
    notify(server.url, payment["payment"], 4990)
    assert states(alice) == ["used"]
    assert sale.ask("select amount_fen, discount_fen, received_fen, outcome from room.payments where claim = %s", claim) == [(4990, 1000, 4990, "in_time")]
    assert opened(alice, claimed(alice, sale), coupon).json()["code"] == "coupon_in_use"
    notify(server.url, payment["payment"], 4990)
    assert sale.one("select count(*) from room.coupon_takes where used_at is not null and coupon = %s", coupon) == 1


def test_a_claim_that_ends_unpaid_gives_the_coupon_back(alice, sale):
    coupon = issued(sale)
    take(alice, coupon)
    claim = claimed(alice, sale)
    opened(alice, claim, coupon)
    end_unpaid(sale, claim)
    assert states(alice) == ["free"]
    second = claimed(alice, sale)
    assert opened(alice, second, coupon).json()["amount_fen"] == 4990
    sale.do(backoffice.return_units, claim=uuid.UUID(second), units=1)  # ended by the back of house: the same
    assert states(alice) == ["free"]


def test_who_pays_late_pays_what_was_opened_if_the_coupon_is_still_free(server, alice, sale):
    coupon = issued(sale)
    take(alice, coupon)
    claim = claimed(alice, sale)
    payment = opened(alice, claim, coupon).json()["payment"]
    end_unpaid(sale, claim)
    notify(server.url, payment, 4990)
    assert sale.ask("select outcome, received_fen from room.payments where claim = %s", claim) == [("late", 4990)]
    assert (states(alice), held(alice)[0]["claim"]) == (["used"], claim)


def test_who_pays_late_after_using_the_coupon_elsewhere_gets_the_money_back(server, alice, sale):
    coupon = issued(sale)
    take(alice, coupon)
    claim = claimed(alice, sale)
    payment = opened(alice, claim, coupon).json()["payment"]
    end_unpaid(sale, claim)
    other = claimed(alice, sale)
    opened(alice, other, coupon)
    notify(server.url, payment, 4990)
    assert sale.ask("select outcome, refund_reason, received_fen from room.payments where claim = %s", claim) == [("refund_due", "expired", 4990)]
    assert held(alice)[0]["claim"] == other


def test_money_that_came_without_the_coupon_frees_it(server, alice, sale):
    coupon = issued(sale)
    take(alice, coupon)
    claim = claimed(alice, sale)
    opened(alice, claim, coupon)
    now = datetime.now(UTC)
    assert sale.do(claim_life.book_by_hand, claim=uuid.UUID(claim), transaction="T1" + claim, amount_fen=5990, paid_at=now, now=now)[0] == "in_time"
    assert states(alice) == ["free"]


def test_a_coupon_is_refused_with_its_reason_and_nothing_is_opened(alice, bob, dsn):
    sale = make_sale(dsn, items=2)
    alice, bob = Viewer(str(alice.http.base_url), sale.room, "阿柚"), Viewer(str(bob.http.base_url), sale.room, "小满")
    other_item, big, over = issued(sale, items=[sale.items[1]]), issued(sale, CouponTerms(off_fen=1, threshold_fen=5991)), issued(sale)
    for coupon in (other_item, big, over):
        assert take(alice, coupon).status_code == 201
    sale.ask("update room.coupons set valid_until = clock_timestamp() where coupon = %s returning 1", over)
    claim = claimed(alice, sale)
    codes = [opened(alice, claim, one).json()["code"] for one in (other_item, big, over, str(uuid.uuid4()))]
    assert codes == ["coupon_not_for_item", "coupon_below_threshold", "coupon_over", "coupon_not_taken"]
    not_mine = claimed(bob, sale)
    assert opened(bob, not_mine, other_item).json()["code"] == "coupon_not_taken"
    assert opened(bob, claim, big).json()["code"] == "no_such_claim"
    assert sale.ask("select 1 from room.payments where room = %s", sale.room) == []
    assert states(alice) == ["free", "free", "free"]
    assert opened(alice, claim).json()["amount_fen"] == 5990
    assert opened(alice, claim, issued(sale)).json()["code"] == "amount_fixed"


def test_a_withdrawn_coupon_is_taken_no_more_and_stays_good_for_who_has_it(server, alice, bob, sale):
    coupon = issued(sale)
    after = alice.http.get(f"/rooms/{sale.room}").json()["last_event_id"]
    take(alice, coupon)
    listen(server.url, sale.room, after=after, until=lambda events: any(e.kind == "coupon" and e.data["left"] == 9 for e in events))
    assert sale.do(coupon_backoffice.withdraw_coupon, room=sale.room, coupon=uuid.UUID(coupon), now=datetime.now(UTC))
    assert not sale.do(coupon_backoffice.withdraw_coupon, room=sale.room, coupon=uuid.UUID(coupon), now=datetime.now(UTC))
    assert take(bob, coupon).json()["code"] == "coupon_withdrawn"
    assert take(alice, coupon).status_code == 201
    assert opened(alice, claimed(alice, sale), coupon).json()["amount_fen"] == 4990
    [card] = [one for one in alice.http.get(f"/rooms/{sale.room}").json()["coupons"] if one["coupon"] == coupon]
    assert (card["state"], card["units"], card["left"]) == ("withdrawn", 10, 9)


def test_limits_and_counts(alice, bob, sale):
    coupon = issued(sale, units=3, limit=2)
    assert [take(alice, coupon, key).status_code for key in ("a", "b", "b")] == [201, 201, 201]
    assert take(alice, coupon, "c").json()["code"] == "coupon_limit_reached"
    assert take(bob, coupon).status_code == 201
    assert take(bob, coupon, "2").json()["code"] == "coupons_gone"
    assert take(bob, str(uuid.uuid4())).json()["code"] == take(bob, "x").json()["code"] == "no_such_coupon"
    over = issued(sale, seconds=-1)
    assert take(bob, over).json()["code"] == "coupon_over"
    assert sale.one("select taken_units from room.coupons where coupon = %s", coupon) == 3


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.builds(CouponTerms, off_fen=st.integers(1, 10**6), threshold_fen=st.integers(0, 10**6)),
        st.builds(CouponTerms, off_bp=st.integers(1, 9999), cap_fen=st.none() | st.integers(1, 10**6), threshold_fen=st.integers(0, 10**6)),
    ),
    st.lists(st.integers(1, 10**9), min_size=1, max_size=20),
)
def test_the_ledger_and_the_desk_compute_the_same_discount(dsn, terms, amounts):
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            "select room.coupon_discount(%s::bigint, %s::int, %s::bigint, %s::bigint, a) from unnest(%s::bigint[]) with ordinality as t(a, n) order by n",
            (terms.off_fen, terms.off_bp, terms.cap_fen, terms.threshold_fen, amounts),
        ).fetchall()
    assert [one for (one,) in found] == [discount_fen(terms, amount) for amount in amounts]
