"""From a purchase order to sellable stock, and the line that starts a replenishment."""

import datetime as dt
import threading

import pytest
from django.db import connection

from kaibo.master.stock import queries as stock
from kaibo.master.stock import services as ledger
from kaibo.plumbing.access.access import AbilityMissing, OtherShop
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.notices.models import Notice
from kaibo.plumbing.outbox.models import OutboxFact
from kaibo.stages.supply import arrivals, queries, rules, safety_line, services
from kaibo.stages.supply.models import Inspection, Purchase, SafetyLevel
from tests.make.goods import make_product, make_sku, make_stock, make_warehouse
from tests.make.people import make_actor, make_shop
from tests.make.supply import BAD, GOOD, make_arrival, make_purchase, make_quote

pytestmark = pytest.mark.django_db


@pytest.fixture
def sku(shop):
    return make_sku(make_product(shop))


def levels(sku):
    return {bucket.value: units for bucket, units in stock.levels_of([sku.pk])[sku.pk].items() if units}


def test_goods_that_pass_inspection_become_sellable_and_are_announced(sku, owner, now):
    inspection = make_arrival(sku)
    assert levels(sku) == {"incoming": 100}
    assert services.decide_inspection(actor=owner, inspection_id=inspection.pk, values=GOOD, now=now) == "passed"
    assert levels(sku) == {"sellable": 100}
    assert OutboxFact.objects.get(name="supply.lot_released").payload["quantity"] == 100
    assert stock.differences() == []


def test_goods_that_fail_are_held_and_nothing_is_announced(sku, owner, now):
    inspection = make_arrival(sku)
    assert services.decide_inspection(actor=owner, inspection_id=inspection.pk, values=BAD, now=now) == "failed"
    assert levels(sku) == {"held": 100}
    assert not OutboxFact.objects.filter(name="supply.lot_released").exists()
    kept = {one.key: (one.value, one.is_passed) for one in Inspection.objects.get().results.all()}
    assert kept == {"colour": (2500, False), "shrink": (-2500, True)}


def test_a_lot_is_decided_once(sku, owner, now):
    inspection = make_arrival(sku)
    services.decide_inspection(actor=owner, inspection_id=inspection.pk, values=BAD, now=now)
    with pytest.raises(services.InspectionDecided):
        services.decide_inspection(actor=owner, inspection_id=inspection.pk, values=GOOD, now=now)
    assert levels(sku) == {"held": 100}


def test_a_missing_result_changes_nothing(sku, owner, now):
    inspection = make_arrival(sku)
    with pytest.raises(rules.ResultMissing):
        services.decide_inspection(actor=owner, inspection_id=inspection.pk, values={"colour": "4"}, now=now)
    assert levels(sku) == {"incoming": 100}
    assert Inspection.objects.get().state == "open"


def test_partial_arrivals_add_up_and_never_exceed_the_order(sku, owner, now):
    make_warehouse()
    order = make_purchase(sku, 100)
    arrivals.receive_goods(actor=owner, purchase_id=order.pk, lot_code="A", quantity=60, now=now)
    with pytest.raises(arrivals.MoreThanOrdered) as refused:
        arrivals.receive_goods(actor=owner, purchase_id=order.pk, lot_code="B", quantity=41, now=now)
    assert refused.value.details == {"arrived": 41, "open": 40}
    arrivals.receive_goods(actor=owner, purchase_id=order.pk, lot_code="B", quantity=40, now=now)
    assert Purchase.objects.get().state == "received"
    assert levels(sku) == {"incoming": 100}


def test_a_large_order_is_approved_by_those_who_may_and_prices_are_remembered(sku, shop, owner, now):
    make_quote(sku, price_fen=20_500)
    order = make_purchase(sku, 1_000, is_approved=False)  # ¥210,000
    with pytest.raises(AbilityMissing):
        services.approve_purchase(actor=make_actor("hemu", "operations", shop=shop), purchase_id=order.pk, now=now)
    assert Purchase.objects.get().state == "draft"
    services.approve_purchase(actor=owner, purchase_id=order.pk, now=now)
    assert [(price, bool(code)) for _day, _supplier, price, code in queries.price_history(sku.pk)] == [(21_000, True), (20_500, False)]
    small = make_purchase(sku, 952, is_approved=False)  # ¥199,920
    services.approve_purchase(actor=make_actor("hemu", "operations", shop=shop), purchase_id=small.pk, now=now)
    assert Purchase.objects.filter(state="approved").count() == 2


@pytest.mark.parametrize("role", ["warehouse", "operations", "host"])
def test_only_quality_releases_a_lot(sku, shop, now, role):
    inspection = make_arrival(sku)
    with pytest.raises(AbilityMissing):
        services.decide_inspection(actor=make_actor("bob", role, shop=shop), inspection_id=inspection.pk, values=GOOD, now=now)
    assert levels(sku) == {"incoming": 100}


def test_quality_of_another_shop_cannot_even_see_it(sku, now):
    inspection = make_arrival(sku)
    zoe = make_actor("zoe", "quality", shop=make_shop("other", "别家店"))
    with pytest.raises(queries.InspectionUnknown):
        services.decide_inspection(actor=zoe, inspection_id=inspection.pk, values=GOOD, now=now)
    with pytest.raises(OtherShop):
        services.draft_purchase(
            actor=make_actor("yan", "operations", shop=make_shop("other", "别家店")), supplier_id=Purchase.objects.get().supplier_id,
            sku_id=sku.pk, quantity=1, price_fen=1, now=now,
        )
    assert Purchase.objects.count() == 1
    assert levels(sku) == {"incoming": 100}


def sell(sku, units, days_ago, now):
    at = now - dt.timedelta(days=days_ago)
    place = make_warehouse()
    ledger.reserve(actor=KAIBO, sku_id=sku.pk, warehouse_id=place.pk, quantity=units, reference=f"order:{days_ago}", now=at)
    ledger.ship_reserved(actor=KAIBO, reference=f"order:{days_ago}", now=at)


def test_crossing_half_of_safety_stock_drafts_one_order_to_the_best_supplier(sku, shop, now):
    make_actor("bob", "operations", shop=shop)
    make_quote(sku)
    make_stock(sku, 102)
    for day in range(1, 11):
        sell(sku, 10 if day % 2 else 0 or 1, day, now)
    found = services.compute_safety(sku_id=sku.pk, now=now)
    assert found.days == 28
    assert found.units > 0
    sell(sku, 47, 0, now)
    assert safety_line.watch_lines(now) == (1 if rules.is_below_line(0, found.units, line_bp=5_000) else 0)
    draft = Purchase.objects.get()
    assert (draft.cause, draft.state, draft.supplier.code) == ("safety_line", "draft", "txnr")
    assert draft.quantity >= 50
    assert safety_line.watch_lines(now) == 0
    assert Purchase.objects.count() == 1
    assert Notice.objects.filter(title__contains="低于警戒线").count() == 1
    assert OutboxFact.objects.filter(name="supply.safety_line_crossed").count() == 1


def test_stock_that_recovered_can_cross_again(sku, now):
    make_quote(sku)
    make_stock(sku, 1)
    SafetyLevel.objects.create(sku=sku, units=40, computed_at=now, inputs=_inputs(40))
    assert safety_line.watch_lines(now) == 1
    services.cancel_purchase(actor=KAIBO, purchase_id=Purchase.objects.get().pk, now=now)
    make_stock(sku, 100)
    assert safety_line.watch_lines(now) == 0
    assert not SafetyLevel.objects.get().is_below


def _inputs(units):
    return {"days": 28, "mean_milli": 1000, "deviation_milli": 900, "lead_days": 7, "service_bp": 9500, "z_milli": 1645, "units": units}


@pytest.mark.django_db(transaction=True)
def test_two_inspectors_at_once_decide_once(shop, now):
    sku = make_sku(make_product(shop))
    inspection = make_arrival(sku)
    quality = make_actor("qian", "quality", shop=shop)
    outcomes = []

    def decide(values):
        try:
            outcomes.append(str(services.decide_inspection(actor=quality, inspection_id=inspection.pk, values=values, now=now)))
        except services.InspectionDecided:
            outcomes.append("too late")
        connection.close()

    threads = [threading.Thread(target=decide, args=[values]) for values in (GOOD, BAD, GOOD, BAD)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes).count("too late") == 3
    assert sum(levels(sku).values()) == 100
    assert stock.differences() == []
