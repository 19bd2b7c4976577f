"""Old stock gets a price at which it goes, never below cost, and only where it does not go by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from kaibo.plumbing.access.access import AbilityMissing
from kaibo.plumbing.access.actor import KAIBO
from kaibo.stages.supply import aging
from kaibo.stages.supply.aging import Band
from kaibo.stages.supply.exports import age_rows
from kaibo.stages.supply.models import SafetyLevel
from tests.make.goods import make_lot, make_product, make_sku, make_stock
from tests.make.people import make_actor, make_person

BANDS = [Band(60, 1_000), Band(120, 2_500), Band(180, 4_000)]
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def plan(age, cover=None, price=10_000, cost=3_000, expiry=None):
    found = aging.plan(age_days=age, cover_days=cover, price_fen=price, cost_fen=cost, bands=BANDS, soon_gone_days=30, days_to_expiry=expiry)
    return found.off_bp, found.price_fen, found.reason


@pytest.mark.parametrize(
    "said, expected",
    [
        ({"age": 59}, (0, 10_000, "young")), ({"age": 60}, (1_000, 9_000, "old")), ({"age": 120}, (2_500, 7_500, "old")), ({"age": 999}, (4_000, 6_000, "old")),
        ({"age": 200, "cover": 30}, (0, 10_000, "soon_gone")), ({"age": 200, "cover": 31}, (4_000, 6_000, "old")),
        ({"age": 10, "cover": 40, "expiry": 39}, (1_000, 9_000, "expiring")), ({"age": 10, "cover": 40, "expiry": 40}, (0, 10_000, "young")),
        ({"age": 70, "cover": 20, "expiry": 10}, (2_500, 7_500, "expiring")), ({"age": 200, "cost": 8_000}, (2_000, 8_000, "at_cost")),
        ({"age": 200, "price": 5_000, "cost": 6_000}, (0, 5_000, "at_cost")),
    ],
)  # fmt: skip
def test_the_plan_follows_the_bands_exactly(said, expected):
    assert plan(**said) == expected


@given(st.integers(0, 400), st.one_of(st.none(), st.integers(0, 500)), st.integers(1, 10**6), st.integers(0, 10**6), st.one_of(st.none(), st.integers(-10, 400)))
def test_no_plan_goes_below_cost_or_above_the_price(age, cover, price, cost, expiry):
    off, planned, _reason = plan(age, cover, price, cost, expiry)
    assert min(cost, price) <= planned <= price and 0 <= off <= 4_000


@given(st.integers(0, 300), st.integers(0, 300))
def test_older_stock_is_never_dearer(one, other):
    young, old = sorted((one, other))
    assert plan(old)[1] <= plan(young)[1]


@pytest.mark.django_db
def test_every_lot_on_the_shelf_has_its_age_its_cover_and_its_price(shop, client):
    sku = make_sku(make_product(shop), cost_fen=21_000, price_fen=59_900)
    old, young = make_lot(sku, "OLD"), make_lot(sku, "NEW")
    type(old).objects.filter(pk=old.pk).update(received_at=NOW - timedelta(days=130))
    type(old).objects.filter(pk=young.pk).update(received_at=NOW - timedelta(days=3))
    make_stock(sku, 30, lot=old)
    make_stock(sku, 10, lot=young)
    SafetyLevel.objects.create(sku=sku, units=1, inputs={"mean_milli": 500}, computed_at=NOW)
    found = aging.rows_for(KAIBO, NOW)
    assert [(one.lot.code, one.lot.units, one.age_days, one.cover_days, one.plan.price_fen, one.given_up_fen) for one in found] == [
        ("OLD", 30, 130, 80, 44_925, 30 * 14_975), ("NEW", 10, 3, 80, 59_900, 0),
    ]  # fmt: skip
    assert [row[2] for row in age_rows(KAIBO, None, NOW)] == ["OLD", "NEW"]
    client.force_login(make_person("alice", "owner"))
    assert "OLD" in client.get(reverse("supply:stock-age")).content.decode()
    with pytest.raises(AbilityMissing):
        aging.rows_for(make_actor("hans", "host"), NOW)
