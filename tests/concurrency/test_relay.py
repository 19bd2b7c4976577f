"""Relays at once, relays that die: every claim becomes exactly one order, and no unit is counted twice."""

from __future__ import annotations

import dataclasses

import pytest
from django.db import connection

from kaibo.facts.flow import OrderRecorded
from kaibo.kit.ids import new_id
from kaibo.master.catalog.models import BundleComponent, Sku
from kaibo.master.stock import allotments
from kaibo.master.stock import queries as stock
from kaibo.master.stock.models import Allotment, Entry, Line, Reservation
from kaibo.master.stock.rules import Bucket
from kaibo.plumbing import wiring as wires
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.outbox import outbox
from kaibo.plumbing.outbox.models import Delivery, OutboxFact
from kaibo.stages.orders import following, relay
from kaibo.stages.orders.models import ClaimTrouble, Order, OrderLine
from tests.make.at_once import at_once
from tests.make.goods import make_product, make_sku, make_stock, make_warehouse
from tests.make.orders import NOW, make_claims, make_item_on_sale
from tests.make.people import make_shop

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=False)


def hears(fact, now):
    """Somebody who reacts to orders, so that each must be announced, once."""


@pytest.fixture(autouse=True)
def _heard(monkeypatch):
    monkeypatch.setattr(outbox, "wiring", lambda: dataclasses.replace(wires.wiring(), reactions={OrderRecorded: (hears,)}))


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
    assert OutboxFact.objects.filter(name="orders.order_recorded").count() == Delivery.objects.count() == 60
    assert Allotment.objects.get().settled == 60
    assert stock.levels_of([allotment.sku_id])[allotment.sku_id] == {Bucket.SELLABLE: 40, Bucket.RESERVED: 60, Bucket.ALLOTTED: 0, Bucket.INCOMING: 0}
    assert stock.differences() == []


def test_a_relay_that_dies_before_its_commit_loses_and_doubles_nothing(monkeypatch):
    item, _ = make_item_on_sale(units=5)
    make_claims(item, 5)
    with monkeypatch.context() as broken:
        broken.setattr(relay.outbox, "announce_many", lambda *_, **__: (_ for _ in ()).throw(SystemExit))
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


def test_a_batch_writes_what_one_by_one_would_write_and_a_bundle_takes_its_components():
    item, allotment = make_item_on_sale(units=30)
    claims = make_claims(item, 7, quantity=2)
    single = allotment.sku
    shirt, coat, suit = (make_sku(make_product(make_shop()), code=code) for code in ("SHIRT", "COAT", "SUIT"))
    make_stock(shirt, 50)
    make_stock(coat, 50)
    Sku.objects.filter(pk=suit.pk).update(is_bundle=True)
    for component, units in ((shirt, 2), (coat, 1)):
        BundleComponent.objects.create(bundle=suit, component=component, quantity=units)
    given = allotments.open_allotment(actor=KAIBO, sku_id=suit.pk, warehouse_id=make_warehouse().pk, session_id=new_id(), quantity=9, now=NOW)
    suit_item, _ = make_item_on_sale(units=9, room="suits")
    with connection.cursor() as cursor:
        cursor.execute("update room.items set allotment = %s where item = %s", [given.pk, suit_item])
    claims += make_claims(suit_item, 4, visitor="s")
    assert relay.settle_claims(NOW) == 11
    assert set(Order.objects.values_list("pk", flat=True)) == set(claims)
    levels = stock.levels_of([shirt.pk, coat.pk, single.pk])
    assert (levels[shirt.pk][Bucket.RESERVED], levels[shirt.pk][Bucket.ALLOTTED]) == (8, 10)
    assert (levels[coat.pk][Bucket.RESERVED], levels[coat.pk][Bucket.ALLOTTED]) == (4, 5)
    assert (levels[single.pk][Bucket.RESERVED], levels[single.pk][Bucket.ALLOTTED]) == (14, 16 + 9)
    assert dict(Allotment.objects.filter(pk__in=[allotment.pk, given.pk]).values_list("pk", "settled")) == {allotment.pk: 14, given.pk: 4}
    assert sorted(Reservation.objects.values_list("sku_id", "quantity")) == sorted([(single.pk, 2)] * 7 + [(suit.pk, 1)] * 4)
    assert Entry.objects.filter(reason="settle").count() == 11
    assert set(Line.objects.filter(entry__reason="settle", sku=shirt).values_list("bucket", "delta")) == {("allotted", -2), ("reserved", 2)}
    assert stock.differences() == []


def test_one_claim_too_many_in_a_batch_holds_up_none_of_the_others():
    """The ledger keeps 5 units for what the room sold 6 of (a planted disagreement): five orders, one reason, no unit invented."""
    item, allotment = make_item_on_sale(units=6)
    make_claims(item, 6)
    Allotment.objects.filter(pk=allotment.pk).update(quantity=5)
    good, _ = make_item_on_sale(units=40, room="another")
    make_claims(good, 40, visitor="g")
    assert relay.settle_claims(NOW) == 45
    assert ClaimTrouble.objects.count() == 1
    assert Allotment.objects.get(pk=allotment.pk).settled == 5
    assert Order.objects.count() == Reservation.objects.count() == OrderLine.objects.count() == 45
    assert OutboxFact.objects.filter(name="orders.order_recorded").count() == 45
    Allotment.objects.filter(pk=allotment.pk).update(quantity=6)
    assert relay.settle_claims(NOW) == 1
    assert ClaimTrouble.objects.count() == 0
    assert stock.differences() == []


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
    assert sum(at_once(lambda: following.expire_unpaid(NOW), lambda: following.expire_unpaid(NOW))) == 2
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
