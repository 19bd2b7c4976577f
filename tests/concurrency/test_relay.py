"""Relays at once, relays that die: every claim becomes exactly one order, and no unit is counted twice."""

from __future__ import annotations

import pytest
from django.db import connection

from kaibo.master.stock import queries as stock
from kaibo.master.stock.models import Allotment, Reservation
from kaibo.master.stock.rules import Bucket
from kaibo.plumbing.outbox.models import OutboxFact
from kaibo.stages.orders import relay
from kaibo.stages.orders.models import ClaimTrouble, Order, OrderLine
from tests.make.at_once import at_once
from tests.make.orders import NOW, make_claims, make_item_on_sale

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=False)


@pytest.fixture(autouse=True)
def _empty_room(transactional_db):
    with connection.cursor() as cursor:
        cursor.execute("truncate room.rooms, room.items, room.answers, room.movements cascade")
    yield


def test_two_relays_at_once_make_one_order_of_each_claim():
    item, allotment = make_item_on_sale(units=60)
    claims = make_claims(item, 60)
    made = at_once(lambda: relay.settle_claims(NOW), lambda: relay.settle_claims(NOW))
    assert sum(made) == 60
    assert set(Order.objects.values_list("pk", flat=True)) == set(claims)
    assert OrderLine.objects.count() == 60
    assert Reservation.objects.count() == 60
    assert OutboxFact.objects.filter(name="orders.order_recorded").count() == 60
    assert Allotment.objects.get().settled == 60
    assert stock.levels_of([allotment.sku_id])[allotment.sku_id] == {Bucket.SELLABLE: 40, Bucket.RESERVED: 60, Bucket.ALLOTTED: 0, Bucket.INCOMING: 0}
    assert stock.differences() == []


def test_a_relay_that_dies_before_its_commit_loses_and_doubles_nothing(monkeypatch):
    item, _ = make_item_on_sale(units=5)
    make_claims(item, 5)
    with monkeypatch.context() as broken:
        broken.setattr(relay.outbox, "announce", lambda *_, **__: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            relay.settle_claims(NOW)
    assert Order.objects.count() == 0
    assert Reservation.objects.count() == 0
    assert relay.settle_claims(NOW) == 5
    assert relay.settle_claims(NOW) == 0
    assert Order.objects.count() == 5


def test_a_claim_that_cannot_be_settled_waits_with_its_reason_and_holds_up_nobody():
    item, _ = make_item_on_sale(units=5)
    bad = make_claims(item, 1)
    with connection.cursor() as cursor:
        cursor.execute("update room.items set allotment = gen_random_uuid() where item = %s", [item])
    good_item, _ = make_item_on_sale(units=5, room="another")
    make_claims(good_item, 3)
    assert relay.settle_claims(NOW) == 3
    assert list(ClaimTrouble.objects.values_list("claim_id", "attempts")) == [(bad[0], 1)]
    assert relay.settle_claims(NOW) == 0
    assert ClaimTrouble.objects.get().attempts == 2


def test_claims_of_a_bench_room_become_no_orders():
    item, _ = make_item_on_sale(units=5, room="bench")
    make_claims(item, 2)
    with connection.cursor() as cursor:
        cursor.execute("update room.rooms set is_bench = true")
    assert relay.settle_claims(NOW) == 0
    assert Order.objects.count() == 0
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from room.answers where settled_at is null")
        assert cursor.fetchone() == (0,)


def test_two_clocks_that_expire_the_same_order_give_its_units_back_once():
    item, allotment = make_item_on_sale(units=5)
    make_claims(item, 2, quantity=2, pay_by=NOW)
    relay.settle_claims(NOW)
    assert sum(at_once(lambda: relay.expire_unpaid(NOW), lambda: relay.expire_unpaid(NOW))) == 2
    assert set(Order.objects.values_list("state", "cancel_reason")) == {("cancelled", "unpaid")}
    assert Allotment.objects.get().settled == 0
    assert stock.levels_of([allotment.sku_id])[allotment.sku_id][Bucket.ALLOTTED] == 5
    with connection.cursor() as cursor:
        cursor.execute("select left_units, returned_units from room.items where item = %s", [item])
        assert cursor.fetchone() == (5, 4)
    assert stock.differences() == []


def test_two_people_who_ship_one_order_at_once_send_it_once():
    from kaibo.kit.errors import Conflict
    from kaibo.plumbing.access.actor import KAIBO
    from kaibo.stages.orders import shipping
    from kaibo.stages.orders.models import Shipment
    from tests.make.orders import make_paid_order

    order = make_paid_order(stock=7)

    def ship(number):
        try:
            shipping.ship_order(actor=KAIBO, order_id=order.pk, carrier="顺丰", tracking_no=number, now=NOW)
        except Conflict as refused:
            return refused.code
        return "shipped"

    assert sorted(at_once(lambda: ship("SF1234567890123"), lambda: ship("SF1234567890124"))) == ["orders.already_shipped", "shipped"]
    assert Shipment.objects.count() == 1
    sku = OrderLine.objects.get().sku_id
    assert stock.levels_of([sku])[sku][Bucket.SELLABLE] == 6
    assert stock.levels_of([sku])[sku][Bucket.RESERVED] == 0
    assert stock.differences() == []
