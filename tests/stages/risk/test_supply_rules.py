"""Stock-outs and courier trouble in figures: who is served in time, and when a courier's day is not chance."""

import math
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaibo.stages.orders import courier_rules
from kaibo.stages.orders.courier_rules import Signal
from kaibo.stages.risk import shortage_rules
from kaibo.stages.risk.shortage_rules import Waiting

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)
WAITING = st.lists(st.builds(Waiting, st.integers(1, 9), st.none() | st.integers(-72, 240).map(lambda hours: NOW + timedelta(hours=hours)), st.integers(0, 99_900)), max_size=20)


def waits(units, days):
    return Waiting(units, NOW + timedelta(days=days), 10_000)


def test_the_most_urgent_are_served_first_and_each_whole():
    orders = [waits(3, 5), waits(2, 1), waits(4, 2)]
    assert shortage_rules.served(orders, units=5, here_on=TODAY) == shortage_rules.Served(2, 2), "2 units, then not 4, then 3"
    assert shortage_rules.served(orders, units=9, here_on=TODAY + timedelta(days=2)) == shortage_rules.Served(3, 2)


@given(WAITING, st.integers(0, 60), st.integers(0, 12))
def test_more_units_or_an_earlier_day_never_serve_fewer_urgent_orders(orders, units, days):
    found = shortage_rules.served(orders, units=units, here_on=TODAY + timedelta(days=days))
    assert 0 <= found.in_time <= found.orders <= len(orders)
    assert shortage_rules.served(orders, units=units, here_on=TODAY + timedelta(days=days + 1)).in_time <= found.in_time
    everything = sum(one.units for one in orders)
    assert shortage_rules.served(orders, units=everything, here_on=TODAY).orders == len(orders)
    assert shortage_rules.short_units(orders, units) == max(0, everything - units)


@given(WAITING)
def test_waiting_orders_are_late_soon_or_later_and_together_all(orders):
    late, soon, later = shortage_rules.by_promise(orders, NOW)
    assert late + soon + later == len(orders)
    assert late == sum(1 for one in orders if one.ship_by and one.ship_by < NOW)
    assert min(late, soon, later) >= 0


@pytest.mark.parametrize(("seen", "mean", "chance"), [(0, 3.0, 1.0), (1, 1.0, 1 - math.exp(-1)), (3, 1.0, 1 - math.exp(-1) * 2.5), (5, 0.0, 0.0)])
def test_the_chance_of_at_least_so_many_is_poissons(seen, mean, chance):
    assert courier_rules.tail(seen, mean) == pytest.approx(chance, rel=1e-9)


@given(st.integers(0, 200), st.floats(0.05, 80))
def test_chances_fall_with_what_is_seen_and_grow_with_what_is_usual(seen, mean):
    here = courier_rules.tail(seen, mean)
    assert 0 <= here <= 1
    assert courier_rules.tail(seen + 1, mean) <= here + 1e-12
    assert courier_rules.tail(seen, mean * 1.2) >= here - 1e-12
    summed = 1 - sum(math.exp(count * math.log(mean) - mean - math.lgamma(count + 1)) for count in range(seen))
    assert here == pytest.approx(max(0.0, summed), abs=1e-9)


def test_a_courier_is_proposed_only_far_above_its_own_usual_rate():
    def far(troubles, usual, sent=40.0, before=40.0):
        return Signal("yunda", "浙江省", troubles, usual, sent, before).is_far_above

    assert not far(4, 0), "a handful is looked at one by one"
    assert far(5, 0)
    assert not far(5, 27), "one a day is usual: five happen by chance"
    assert far(12, 27)
    assert not far(12, 27, sent=400.0), "ten times as many parcels have ten times as many troubles"
    assert Signal("yunda", "", 10, 27, 0.0, 0.0).expected == 1.0
