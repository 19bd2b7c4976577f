"""A batch of settlements leaves the ledger as settling one by one would: the same lots, in the same entries."""

from datetime import date

import pytest

from kaibo.kit.ids import new_id
from kaibo.master.stock import allotments, batches, queries
from kaibo.master.stock.batches import Settlement
from kaibo.master.stock.models import Allotment, Line
from kaibo.master.stock.rules import StockShort
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
