"""A claim that was paid and addressed before its order was made becomes the order it would have become step by step."""

from __future__ import annotations

import pytest
from django.db import connection

from kaibo.kit.ids import new_id
from kaibo.master.stock import queries as stock
from kaibo.plumbing.access.actor import KAIBO
from kaibo.stages.orders import following, relay, services
from kaibo.stages.orders.checks import differences
from kaibo.stages.orders.models import ClaimTrouble, Finding, Order, Payment, PaymentRefund
from tests.make.orders import NOW, make_claims, make_item_on_sale
from tests.stages.orders.test_money import ADDRESS, addressed, opened, told

VALUES = (
    "state", "raw_status", "amount_fen", "paid_fen", "paid_at", "ship_by", "allocated_at", "units", "goods", "receiver_masked", "receiver_mark",
    "buyer_subject_id", "phone_tail", "province", "city", "area", "open_findings", "pay_by",
)  # fmt: skip


def untaken():
    with connection.cursor() as cursor:
        cursor.execute("select kind from room.turns order by turn")
        return [kind for (kind,) in cursor.fetchall()]


@pytest.fixture
def two(shop):
    item, _ = make_item_on_sale(units=4)
    return make_claims(item, 2)


def test_an_order_made_whole_is_the_order_made_step_by_step(two):
    whole, stepwise = two
    payments = {claim: opened(claim) for claim in two}
    addressed(whole)
    assert told(payments[whole]) == "in_time"
    assert relay.settle_claims(NOW) == 2
    assert untaken() == []
    addressed(stepwise)
    assert told(payments[stepwise]) == "in_time"
    assert following.follow_claims(NOW) == 2
    one, other = (Order.objects.filter(pk=claim).values(*VALUES).get() for claim in two)
    assert one == other
    assert (one["state"], one["paid_fen"], one["open_findings"]) == ("allocated", 59_900, 0)
    assert {(row.order_id, row.payment_no, row.paid_fen, row.outcome) for row in Payment.objects.all()} == {
        (claim, f"T{payments[claim].hex}", 59_900, "in_time") for claim in two
    }
    assert services.unmask_receiver(actor=KAIBO, order_id=whole, reason="核对", now=NOW) == ADDRESS
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from room.addresses where sealed is not null or taken_at is null")
        assert cursor.fetchone() == (0,)
    assert differences() == [] and stock.differences() == []


def test_money_without_an_address_and_an_address_without_money_wait_for_the_follower(two):
    told(opened(two[0]))
    addressed(two[1])
    assert relay.settle_claims(NOW) == 2
    assert sorted(untaken()) == ["addressed", "paid"]
    assert set(Order.objects.values_list("state", flat=True)) == {"pending_payment"}
    following.follow_claims(NOW)
    assert dict(Order.objects.values_list("pk", "state")) == {two[0]: "allocated", two[1]: "pending_payment"}


def test_an_address_that_lacks_a_part_is_found_on_an_order_made_whole(two):
    addressed(two[0], address="文三路478号3幢")
    told(opened(two[0]))
    relay.settle_claims(NOW)
    assert (Order.objects.get(pk=two[0]).open_findings, Finding.objects.get().reason) == (1, "address_province")
    assert differences() == []


def test_money_that_came_twice_goes_back_though_the_order_was_made_whole(two):
    addressed(two[0])
    payment = opened(two[0])
    told(payment)
    with connection.cursor() as cursor:
        again = new_id()
        cursor.execute(
            """insert into room.payments (payment, claim, room, visitor, channel, amount_fen, opened_at)
               select %s, claim, room, visitor, 'other', amount_fen, opened_at from room.payments where payment = %s""", [again, payment],
        )  # fmt: skip
        relay.claim_life.book_payment(cursor, channel="other", payment=again, transaction="T2", amount_fen=59_900, paid_at=NOW, now=NOW)
    assert relay.settle_claims(NOW) == 2
    assert untaken() == ["refund_due"]
    assert following.follow_claims(NOW) == 1
    assert PaymentRefund.objects.values_list("amount_fen", "reason").get() == (59_900, "paid_twice")
    assert Order.objects.get(pk=two[0]).state == "allocated"


def test_an_address_nobody_can_open_holds_up_no_order_and_keeps_its_box(two):
    for claim in two:
        addressed(claim)
        told(opened(claim))
    with connection.cursor() as cursor:
        cursor.execute("update room.addresses set sealed = '\\x00' where claim = %s", [two[0]])
    assert relay.settle_claims(NOW) == 2
    assert dict(Order.objects.values_list("pk", "state")) == {two[0]: "pending_payment", two[1]: "allocated"}
    assert sorted(untaken()) == ["addressed", "paid"]
    assert ClaimTrouble.objects.count() == 0
    with connection.cursor() as cursor:
        cursor.execute("select claim from room.addresses where sealed is not null")
        assert cursor.fetchall() == [(two[0],)]
