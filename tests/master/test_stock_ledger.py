"""The ledger on a real database: every movement balances, nothing goes below zero, each key happens once."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction

from kaibo.master.stock import allotments, queries, services
from kaibo.master.stock.models import Allotment, Level, Reservation
from kaibo.master.stock.rules import Bucket, StockShort
from kaibo.plumbing.access.actor import KAIBO
from tests.make.goods import make_lot, make_product, make_sku, make_stock, make_warehouse

pytestmark = pytest.mark.django_db


@pytest.fixture
def sku(shop):
    return make_sku(make_product(shop))


@pytest.fixture
def place():
    return make_warehouse()


def levels(sku):
    return {bucket.value: units for bucket, units in queries.levels_of([sku.pk])[sku.pk].items() if units}


def test_received_units_wait_for_inspection_before_they_can_be_sold(sku, place, now):
    services.receive(actor=KAIBO, sku_id=sku.pk, warehouse_id=place.pk, lot_id=None, quantity=30, reference="po:1", now=now)
    assert levels(sku) == {"incoming": 30}
    assert queries.availability_of(sku.pk).available == 0
    assert queries.differences() == []


def test_a_movement_told_twice_happens_once(sku, place, now):
    for _ in range(2):
        services.receive(actor=KAIBO, sku_id=sku.pk, warehouse_id=place.pk, lot_id=None, quantity=30, reference="po:1", now=now)
    assert levels(sku) == {"incoming": 30}


def test_nothing_can_be_taken_that_is_not_there(sku, place, now):
    make_stock(sku, 5)
    with pytest.raises(StockShort) as refused:
        services.reserve(actor=KAIBO, sku_id=sku.pk, warehouse_id=place.pk, quantity=6, reference="order:1", now=now)
    assert refused.value.details == {"sku": "KB-2417-B-M", "bucket": "可售", "wanted": 6, "there": 5}
    assert levels(sku) == {"sellable": 5}
    assert Reservation.objects.count() == 0


def test_the_database_itself_refuses_a_level_below_zero(sku):
    make_stock(sku, 5)
    with pytest.raises(IntegrityError), transaction.atomic():
        Level.objects.filter(sku=sku, bucket="sellable").update(quantity=-1)


def test_an_order_ships_its_reservation_once(sku, place, now):
    make_stock(sku, 5)
    services.reserve(actor=KAIBO, sku_id=sku.pk, warehouse_id=place.pk, quantity=2, reference="order:1", now=now)
    assert services.ship_reserved(actor=KAIBO, reference="order:1", now=now) == 2
    assert services.ship_reserved(actor=KAIBO, reference="order:1", now=now) == 0
    assert levels(sku) == {"sellable": 3}
    assert queries.differences() == []


def test_an_expired_reservation_goes_back_to_sale(sku, place, now):
    make_stock(sku, 5)
    services.reserve(actor=KAIBO, sku_id=sku.pk, warehouse_id=place.pk, quantity=2, reference="order:1", now=now, expires_at=now)
    assert services.release_expired(actor=KAIBO, now=now + dt.timedelta(seconds=1)) == 1
    assert levels(sku) == {"sellable": 5}


def test_an_allotment_leaves_stock_settles_claims_and_returns_the_rest(sku, place, now):
    make_stock(sku, 100)
    one = allotments.open_allotment(actor=KAIBO, sku_id=sku.pk, warehouse_id=place.pk, session_id=sku.pk, quantity=40, now=now)
    assert levels(sku) == {"sellable": 60, "allotted": 40}
    for _ in range(2):
        allotments.settle(actor=KAIBO, allotment_id=one.pk, claim_id=sku.pk, quantity=3, reference="order:1", now=now, expires_at=None)
    assert allotments.close_allotment(actor=KAIBO, allotment_id=one.pk, unclaimed=37, now=now) == 37
    assert allotments.close_allotment(actor=KAIBO, allotment_id=one.pk, unclaimed=37, now=now) == 0
    assert levels(sku) == {"sellable": 97, "reserved": 3}
    assert queries.differences() == []


def test_an_allotment_never_settles_more_than_it_holds(sku, place, now):
    make_stock(sku, 100)
    one = allotments.open_allotment(actor=KAIBO, sku_id=sku.pk, warehouse_id=place.pk, session_id=sku.pk, quantity=2, now=now)
    allotments.open_allotment(actor=KAIBO, sku_id=sku.pk, warehouse_id=place.pk, session_id=sku.pk, quantity=50, now=now)
    with pytest.raises(allotments.AllotmentOverdrawn), transaction.atomic():
        allotments.settle(actor=KAIBO, allotment_id=one.pk, claim_id=sku.pk, quantity=3, reference="order:1", now=now, expires_at=None)
    assert levels(sku) == {"sellable": 48, "allotted": 52}
    assert Allotment.objects.get(pk=one.pk).settled == 0


def test_an_unpaid_claim_goes_back_to_its_open_allotment_once(sku, place, now):
    make_stock(sku, 10)
    one = allotments.open_allotment(actor=KAIBO, sku_id=sku.pk, warehouse_id=place.pk, session_id=sku.pk, quantity=10, now=now)
    allotments.settle(actor=KAIBO, allotment_id=one.pk, claim_id=sku.pk, quantity=4, reference="order:1", now=now, expires_at=None)
    assert allotments.give_back(actor=KAIBO, allotment_id=one.pk, reference="order:1", quantity=4, now=now)
    assert not allotments.give_back(actor=KAIBO, allotment_id=one.pk, reference="order:1", quantity=4, now=now)
    assert levels(sku) == {"allotted": 10}
    assert queries.differences() == []


def test_a_bundle_takes_all_its_components_or_none(shop, place, now):
    product = make_product(shop)
    sock, scarf, box = (make_sku(product, code) for code in ("SOCK", "SCARF", "BOX"))
    from kaibo.master.catalog import services as catalog

    catalog.set_components(actor=KAIBO, bundle=box.pk, components=[(sock.pk, 3), (scarf.pk, 1)], now=now)
    make_stock(sock, 7)
    make_stock(scarf, 9)
    assert queries.availability_of(box.pk).available == 2
    services.reserve(actor=KAIBO, sku_id=box.pk, warehouse_id=place.pk, quantity=2, reference="order:1", now=now)
    assert levels(sock) == {"sellable": 1, "reserved": 6}
    with pytest.raises(StockShort):
        services.reserve(actor=KAIBO, sku_id=box.pk, warehouse_id=place.pk, quantity=1, reference="order:2", now=now)
    assert levels(scarf) == {"sellable": 7, "reserved": 2}
    assert queries.differences() == []


def test_two_lines_sharing_a_component_cannot_both_pass(shop, place, now):
    product = make_product(shop)
    sock, box = make_sku(product, "SOCK"), make_sku(product, "BOX")
    from kaibo.master.catalog import services as catalog

    catalog.set_components(actor=KAIBO, bundle=box.pk, components=[(sock.pk, 3)], now=now)
    make_stock(sock, 4)
    with pytest.raises(StockShort), transaction.atomic():
        services.reserve(actor=KAIBO, sku_id=sock.pk, warehouse_id=place.pk, quantity=2, reference="order:1", now=now)
        services.reserve(actor=KAIBO, sku_id=box.pk, warehouse_id=place.pk, quantity=1, reference="order:1", now=now)
    assert levels(sock) == {"sellable": 4}


def test_units_leave_by_the_lot_that_expires_first(sku, place, now):
    late, soon = make_lot(sku, "A", dt.date(2027, 6, 1)), make_lot(sku, "B", dt.date(2026, 12, 1))
    make_stock(sku, 5, lot=late)
    make_stock(sku, 5, lot=soon)
    services.reserve(actor=KAIBO, sku_id=sku.pk, warehouse_id=place.pk, quantity=6, reference="order:1", now=now)
    taken = {lot: units for _, lot, units in queries.lots_of_reference("order:1")}
    assert taken == {soon.pk: 5, late.pk: 1}


def test_the_check_finds_a_level_somebody_changed_by_hand(sku):
    make_stock(sku, 5)
    Level.objects.filter(sku=sku, bucket="sellable").update(quantity=6)
    assert [found.message for found in queries.differences()] == [f"sellable level of {sku.pk} is 6, its lines sum to 5"]


def test_the_check_finds_an_entry_that_does_not_balance(sku):
    make_stock(sku, 5)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE stock_line SET delta = delta + 1 WHERE id = (SELECT min(id) FROM stock_line)")
    assert len(queries.differences()) == 2
