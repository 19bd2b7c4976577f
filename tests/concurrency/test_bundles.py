"""
Bundles take their components together or not at all; two lines that share a component never both get its last units (LIV-4, SUP-14).

A line on sale is an allotment: its units left sellable stock in one entry of the ledger, a bundle's components all in the same
one. So the room never has to ask whether two lines share something.
"""

from __future__ import annotations

import uuid

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kaibo.kit.ids import new_id
from kaibo.master.catalog.models import BundleComponent, Sku
from kaibo.master.stock import allotments
from kaibo.master.stock import queries as stock
from kaibo.master.stock.models import Allotment
from kaibo.master.stock.rules import Bucket, StockShort
from kaibo.plumbing.access.actor import KAIBO
from kaibo.room import backoffice
from kaibo.room.audit import differences
from kaibo.stages.orders import relay
from kaibo.stages.orders.models import Order
from tests.make.at_once import at_once
from tests.make.goods import make_product, make_sku, make_stock, make_warehouse
from tests.make.orders import NOW, make_claims
from tests.make.people import make_shop

PARTS = {"COAT": {"COAT": 1}, "SHIRT": {"SHIRT": 1}, "SUIT": {"COAT": 1, "SHIRT": 2}, "PAIR": {"COAT": 2}}
"""What one unit of each line takes from stock."""


def make_lines(*, coats: int, shirts: int) -> dict[str, Sku]:
    skus = {code: make_sku(make_product(make_shop()), code=code) for code in PARTS}
    for code in ("SUIT", "PAIR"):
        Sku.objects.filter(pk=skus[code].pk).update(is_bundle=True)
        for part, units in PARTS[code].items():
            BundleComponent.objects.get_or_create(bundle=skus[code], component=skus[part], defaults={"quantity": units})
    for code, units in (("COAT", coats), ("SHIRT", shirts)):
        if units:
            make_stock(skus[code], units)
    return skus


def open_line(sku: Sku, units: int) -> Allotment | None:
    try:
        return allotments.open_allotment(actor=KAIBO, sku_id=sku.pk, warehouse_id=make_warehouse().pk, session_id=new_id(), quantity=units, now=NOW)
    except StockShort:
        return None


def sellable(skus: dict[str, Sku]) -> dict[str, int]:
    levels = stock.levels_of([skus["COAT"].pk, skus["SHIRT"].pk])
    return {code: levels.get(skus[code].pk, {}).get(Bucket.SELLABLE, 0) for code in ("COAT", "SHIRT")}


STEP = st.one_of(
    st.tuples(st.just("open"), st.sampled_from(sorted(PARTS)), st.integers(1, 6)),
    st.tuples(st.just("claim"), st.integers(0, 9), st.integers(1, 4)),
    st.tuples(st.just("close"), st.integers(0, 9), st.just(0)),
)


@pytest.mark.django_db
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(coats=st.integers(0, 12), shirts=st.integers(0, 12), steps=st.lists(STEP, min_size=1, max_size=12))
def test_lines_that_share_components_decide_as_one_shelf_would(db, coats, shirts, steps):
    """Lines are opened, claimed from, closed: the model is a shelf from which each line takes all parts or none."""
    with transaction.atomic():
        skus = make_lines(coats=coats, shirts=shirts)
        shelf, lines = {"COAT": coats, "SHIRT": shirts}, []
        for kind, which, units in steps:
            if kind == "open":
                fits = all(shelf[part] >= each * units for part, each in PARTS[which].items())
                opened = open_line(skus[which], units)
                assert (opened is not None) == fits
                if opened:
                    lines.append([which, opened, units])
                    for part, each in PARTS[which].items():
                        shelf[part] -= each * units
            elif lines and kind == "claim":
                line = lines[which % len(lines)]
                taken = min(units, line[2])
                if taken:
                    allotments.settle(
                        actor=KAIBO, allotment_id=line[1].pk, claim_id=(claim := new_id()), quantity=taken, reference=f"order:{claim}", now=NOW, expires_at=None
                    )
                    line[2] -= taken
            elif lines:
                code, opened, left = lines.pop(which % len(lines))
                allotments.close_allotment(actor=KAIBO, allotment_id=opened.pk, unclaimed=left, now=NOW)
                for part, each in PARTS[code].items():
                    shelf[part] += each * left
            assert sellable(skus) == shelf
        assert stock.differences() == []
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_two_lines_that_share_a_component_opened_at_once_do_not_both_pass():
    skus = make_lines(coats=5, shirts=50)
    opened = at_once(lambda: open_line(skus["SUIT"], 4), lambda: open_line(skus["PAIR"], 2), lambda: open_line(skus["COAT"], 4))
    given = [one for one in opened if one is not None]
    assert len(given) == 1, "four, four and four coats are wanted, five are there"
    taken = PARTS[next(code for code, sku in skus.items() if sku.pk == given[0].sku_id)]
    assert sellable(skus) == {"COAT": 5 - taken["COAT"] * given[0].quantity, "SHIRT": 50 - taken.get("SHIRT", 0) * given[0].quantity}
    assert stock.differences() == []


@pytest.mark.django_db(transaction=True)
def test_a_bundle_claimed_in_the_room_reserves_all_its_components_and_leaves_the_other_line_alone():
    skus = make_lines(coats=10, shirts=20)
    lines = {code: open_line(skus[code], 5) for code in ("SUIT", "COAT")}
    items = {code: uuid.uuid4() for code in lines}
    with connection.cursor() as cursor:
        backoffice.open_room(cursor, room="bundles", title="套装夜", operator="林夏的衣橱", host="林夏", company="杭州林夏服饰有限公司", state="live")
        for code, line in lines.items():
            backoffice.put_item(cursor, room="bundles", item=items[code], allotment=line.pk, sku_code=code, title=code, units=5, price_fen=9_900, state="on_sale")
    make_claims(items["SUIT"], 3)
    make_claims(items["COAT"], 5, visitor="c")
    assert relay.settle_claims(NOW) == 8
    levels = stock.levels_of([skus["COAT"].pk, skus["SHIRT"].pk])
    assert (levels[skus["COAT"].pk][Bucket.RESERVED], levels[skus["COAT"].pk][Bucket.ALLOTTED]) == (8, 2)
    assert (levels[skus["SHIRT"].pk][Bucket.RESERVED], levels[skus["SHIRT"].pk][Bucket.ALLOTTED]) == (6, 4)
    assert Order.objects.count() == 8
    with connection.cursor() as cursor:
        assert [one for one in differences(cursor) if "movements" not in one.rule and "running" not in one.rule] == []
    assert stock.differences() == []
