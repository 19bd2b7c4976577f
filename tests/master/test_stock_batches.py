"""A batch of settlements leaves the ledger as settling one by one would: the same lots, in the same entries."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from kaibo.kit.ids import new_id
from kaibo.master.catalog.models import BundleComponent, Sku
from kaibo.master.stock import allotments, batches, queries
from kaibo.master.stock import services as stock
from kaibo.master.stock.batches import Promise, Settlement
from kaibo.master.stock.models import Allotment, Line, Reservation
from kaibo.master.stock.rules import Bucket, StockShort
from kaibo.plumbing.access.actor import KAIBO
from tests.make.goods import make_lot, make_product, make_sku, make_stock, make_warehouse

pytestmark = pytest.mark.django_db


def allotted(shop, now, code, lots):
    """A session's allotment of all units of an item that lies in these lots."""
    sku = make_sku(make_product(shop), code=code)
    for place, units in enumerate(lots):
        make_stock(sku, units, lot=make_lot(sku, f"L{place}", date(2027, 6, 30 - place)))  # the last lot goes first
    return allotments.open_allotment(
        actor=KAIBO, sku_id=sku.pk, warehouse_id=make_warehouse().pk, session_id=new_id(), quantity=sum(lots), now=now
    )


def lines_of(allotment):
    """What each order's entry moved: its place in the row of claims, bucket, lot, units."""
    rows = Line.objects.filter(sku=allotment.sku_id, entry__reason="settle").values_list("entry__reference", "bucket", "lot__code", "delta")
    return sorted((reference.rsplit(":", 1)[1], *line) for reference, *line in rows)


@pytest.mark.parametrize("lots", [(7,), (6, 1), (3, 4), (1, 1, 5), (2, 5)])
def test_a_batch_takes_the_lots_that_one_by_one_would_take(shop, now, lots):
    together, alone = allotted(shop, now, "TOGETHER", lots), allotted(shop, now, "ALONE", lots)
    batches.settle_many(actor=KAIBO, now=now, settlements=[Settlement(new_id(), together.pk, 2, f"order:a:{number}") for number in range(3)])
    for number in range(3):
        allotments.settle(actor=KAIBO, allotment_id=alone.pk, claim_id=new_id(), quantity=2, reference=f"order:b:{number}", now=now, expires_at=None)
    assert lines_of(together) == lines_of(alone)
    assert len({place for place, *_ in lines_of(together)}) == 3
    assert queries.levels_of([together.sku_id])[together.sku_id] == queries.levels_of([alone.sku_id])[alone.sku_id]
    assert set(Allotment.objects.filter(pk__in=[together.pk, alone.pk]).values_list("settled", flat=True)) == {6}
    assert queries.differences() == []


def test_claims_of_several_sizes_share_a_lot_to_its_last_unit(shop, now):
    allotment = allotted(shop, now, "SHARED", (6, 2))
    settlements = [Settlement(new_id(), allotment.pk, units, f"order:a:{number}") for number, units in enumerate((3, 1, 3, 1))]
    batches.settle_many(actor=KAIBO, now=now, settlements=settlements)
    moved = {place: sum(delta for where, bucket, _, delta in lines_of(allotment) if where == place and bucket == "reserved") for place in "0123"}
    assert moved == {"0": 3, "1": 1, "2": 3, "3": 1}
    assert {level: units for level, units in queries.levels_of([allotment.sku_id])[allotment.sku_id].items() if units} == {"reserved": 8}
    assert queries.differences() == []


def test_a_batch_that_wants_more_than_the_only_lot_has_is_refused_with_what_is_there(shop, now):
    allotment = allotted(shop, now, "SHORT", (5,))
    Allotment.objects.filter(pk=allotment.pk).update(quantity=6)
    with pytest.raises(StockShort) as refused:
        batches.settle_many(actor=KAIBO, now=now, settlements=[Settlement(new_id(), allotment.pk, 2, f"order:a:{number}") for number in range(3)])
    assert (refused.value.details["wanted"], refused.value.details["there"]) == (2, 1)
    assert lines_of(allotment) == []


def stocked(shop, prefix):
    """Two items, one of them in two lots, and a set of both; the same under each prefix."""
    coat, scarf = (make_sku(make_product(shop, code=f"{prefix}-{name}"), code=f"{prefix}-{name}") for name in ("COAT", "SCARF"))
    make_stock(coat, 4, lot=make_lot(coat, "L1", date(2027, 6, 30)))
    make_stock(coat, 3, lot=make_lot(coat, "L2", date(2027, 5, 30)))
    make_stock(scarf, 6)
    both = make_sku(make_product(shop, code=f"{prefix}-SET"), code=f"{prefix}-SET")
    Sku.objects.filter(pk=both.pk).update(is_bundle=True)
    BundleComponent.objects.create(bundle=both, component=coat, quantity=1)
    BundleComponent.objects.create(bundle=both, component=scarf, quantity=2)
    return {"coat": coat, "scarf": scarf, "set": both}


def left(goods, prefix):
    levels = queries.levels_of([goods["coat"].pk, goods["scarf"].pk])
    lines = Line.objects.filter(sku__code__startswith=prefix, entry__reference__startswith="order:").values_list("entry__reference", "sku__code", "bucket", "lot__code", "delta")
    kept = Reservation.objects.filter(sku__code__startswith=prefix).values_list("reference", "sku__code", "quantity", "state", "expires_at")
    unprefixed = [sorted((one[0].rsplit(":", 1)[1], one[1].removeprefix(prefix), *map(str, one[2:])) for one in rows) for rows in (lines, kept)]
    return [levels[goods[name].pk] for name in ("coat", "scarf")], *unprefixed


WANTED = some.dictionaries(some.sampled_from(["coat", "scarf", "set"]), some.integers(1, 4), max_size=3)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(some.lists(WANTED, min_size=1, max_size=6))
def test_many_orders_reserve_what_one_by_one_would_reserve_and_the_same_ones_go_without(shop, now, wanted):
    with transaction.atomic():
        together, alone = stocked(shop, "T"), stocked(shop, "A")
        place = make_warehouse().pk
        outcomes = batches.reserve_many(
            actor=KAIBO, now=now,
            promises=[Promise(f"order:t:{number}", place, {together[name].pk: units for name, units in one.items()}) for number, one in enumerate(wanted)],
        )  # fmt: skip
        short = []
        for number, one in enumerate(wanted):
            try:
                with transaction.atomic():
                    for sku, units in sorted(((alone[name].pk, units) for name, units in one.items()), key=lambda item: str(item[0])):
                        stock.reserve(actor=KAIBO, sku_id=sku, warehouse_id=place, quantity=units, reference=f"order:a:{number}", now=now)
                short.append(False)
            except StockShort:
                short.append(True)
        assert [one is not None for one in outcomes] == short
        assert left(together, "T") == left(alone, "A")
        assert queries.differences() == []
        transaction.set_rollback(True)


def test_promising_a_reference_twice_in_a_batch_promises_nothing(shop, now):
    goods, place = stocked(shop, "T"), make_warehouse().pk
    twice = [Promise("order:t:1", place, {goods["coat"].pk: 1})] * 2
    with pytest.raises(IntegrityError), transaction.atomic():
        batches.reserve_many(actor=KAIBO, now=now, promises=twice)
    assert Reservation.objects.count() == 0 and queries.differences() == []


@pytest.mark.parametrize(("state", "target", "reason"), [("shipped", Bucket.CUSTOMER, "ship"), ("released", Bucket.SELLABLE, "unreserve")])
def test_many_reservations_close_as_one_by_one_would_and_only_once(shop, now, state, target, reason):
    together, alone, place = stocked(shop, "T"), stocked(shop, "A"), make_warehouse().pk
    wanted = [{"coat": 2}, {"set": 1, "scarf": 1}, {"coat": 3, "set": 1}]
    for prefix, goods in (("t", together), ("a", alone)):
        promises = [Promise(f"order:{prefix}:{number}", place, {goods[name].pk: units for name, units in one.items()}) for number, one in enumerate(wanted)]
        assert batches.reserve_many(actor=KAIBO, now=now, promises=promises) == [None] * 3
    references = [f"order:t:{number}" for number in range(3)]
    close = {"references": references, "state": Reservation.State(state), "target": target, "reason": reason}
    assert batches.close_many(actor=KAIBO, now=now, **close) == 8
    one_by_one = stock.ship_reserved if state == "shipped" else stock.release_reserved
    assert sum(one_by_one(actor=KAIBO, reference=f"order:a:{number}", now=now) for number in range(3)) == 8
    assert left(together, "T") == left(alone, "A")
    assert batches.close_many(actor=KAIBO, now=now, **close) == 0
    assert queries.differences() == []
