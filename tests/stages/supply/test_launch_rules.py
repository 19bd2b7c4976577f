"""Whether a launch is supplied, in figures: covered and missing, parcels and promise, materials and budget."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kaibo.stages.supply import launch_rules
from kaibo.stages.supply.launch_rules import Confirmed, Coverage, Delivery, MaterialLine

UNITS = st.integers(0, 5_000)
TODAY = date(2026, 11, 22)


def test_a_persons_own_figure_comes_first_and_else_the_greatest_that_is_known():
    assert launch_rules.need_of(own=0, session=500, forecast=10, safety=80).units == 0
    found = launch_rules.need_of(own=None, session=300, forecast=410, safety=80)
    assert (found.units, found.source) == (410, "forecast")
    assert launch_rules.need_of(own=None, session=0, forecast=0, safety=0).source == "none"


@given(UNITS, UNITS, UNITS, UNITS, UNITS)
def test_what_is_missing_and_what_is_covered_are_the_need(need, there, coming, confirmed, possible):
    found = Coverage(need, there, coming, confirmed, possible)
    assert min(need, there + coming + confirmed) + found.missing == need
    assert 0 <= found.beyond_help <= found.missing
    assert (found.state == "ok") == (found.missing == 0)


@given(st.lists(st.tuples(st.integers(1, 4), UNITS), max_size=8), st.dictionaries(st.integers(1, 4), UNITS))
def test_an_order_that_follows_from_a_confirmation_is_not_counted_twice(said, ordered):
    confirmed = [Confirmed(supplier, units) for supplier, units in said]
    beyond = launch_rules.confirmed_beyond_orders(confirmed, ordered)
    by_supplier = {supplier: sum(units for one, units in said if one == supplier) for supplier, _ in said}
    together = sum(max(units, ordered.get(supplier, 0)) for supplier, units in by_supplier.items())
    of_those = sum(ordered.get(supplier, 0) for supplier in by_supplier)
    assert beyond + of_those == together, "both together are what the supplier makes, the greater of both"


def test_another_suppliers_order_takes_nothing_from_a_confirmation():
    assert launch_rules.confirmed_beyond_orders([Confirmed("a", 500)], {"b": 900}) == 500
    assert launch_rules.confirmed_beyond_orders([Confirmed("a", 300), Confirmed("a", 200)], {"a": 450}) == 50


def test_a_standby_supplier_counts_by_whole_weeks_after_its_lead_time():
    within = [launch_rules.standby_units(120, lead_days=6, today=TODAY, needed_on=TODAY + timedelta(days=days)) for days in (5, 6, 12, 13, 20)]
    assert within == [0, 120, 120, 240, 360]


def delivery(parcels, pack=300, usual=100, hours=48):
    on_air = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)  # 20:00 in Shanghai
    return Delivery(parcels, pack, usual, TODAY + timedelta(days=1), on_air + timedelta(hours=hours))


def test_parcels_leave_beside_the_usual_ones_and_those_after_the_promise_are_late():
    in_time = delivery(400)
    assert (in_time.spare_a_day, in_time.promise_days, in_time.days, in_time.last_on, in_time.late) == (200, 2, 2, date(2026, 11, 24), 0)
    late = delivery(401)
    assert (late.days, late.last_on, late.late, late.more_a_day) == (3, date(2026, 11, 25), 1, 1)


def test_a_warehouse_without_spare_hands_is_never_done():
    found = delivery(10, pack=100, usual=100)
    assert (found.days, found.last_on, found.late, found.more_a_day) == (None, None, 10, 5)


def test_a_promise_that_ends_before_the_evening_does_not_have_that_day():
    assert [delivery(1, hours=hours).promise_days for hours in (4, 24, 48, 36, 45, 46)] == [0, 1, 2, 1, 1, 2]


@given(st.integers(0, 5_000), st.integers(0, 900), st.integers(0, 900), st.integers(0, 240))
def test_packing_more_a_day_by_what_is_said_keeps_the_promise(parcels, pack, usual, hours):
    found = delivery(parcels, pack, usual, hours)
    assert 0 <= found.late <= parcels
    if found.late and found.promise_days:
        assert found.more_a_day > 0
        base = max(pack, usual)  # below its usual work a warehouse has no spare hand at all
        assert Delivery(parcels, base + found.more_a_day, usual, found.begins_on, found.promised_at).late == 0
        assert Delivery(parcels, base + found.more_a_day - 1, usual, found.begins_on, found.promised_at).late > 0
    if found.days is not None and found.promise_days:
        assert (found.days <= found.promise_days) == (found.late == 0)


def test_the_better_days_of_a_warehouse_are_its_nearest_rank_p90():
    assert launch_rules.ninth_decile([]) == 0
    assert launch_rules.ninth_decile([0, 0, 40]) == 40
    assert launch_rules.ninth_decile(list(range(1, 21))) == 18


def test_parcels_and_materials_are_rounded_up():
    assert [launch_rules.parcels_of(units, 1_500) for units in (0, 1, 3, 4)] == [0, 1, 2, 3]
    assert launch_rules.needed_units(a_parcel_milli=20, total_units=None, parcels=401) == 9  # a roll of tape for fifty
    assert launch_rules.needed_units(a_parcel_milli=None, total_units=300, parcels=401) == 300


LINES = st.builds(
    MaterialLine, UNITS, UNITS, st.integers(0, 90_000), st.sampled_from(["planned", "ordered", "arrived", "dropped"]), st.integers(0, 10_000_000), st.integers(0, 10_000_000)
)


@given(st.lists(LINES, max_size=12), st.integers(0, 50_000_000), st.integers(0, 50_000_000))
def test_money_planned_holds_what_is_committed_and_that_what_is_spent(lines, budget, allowed):
    found = launch_rules.money_of(lines, budget_fen=budget, allowed_fen=allowed, warn_bp=9_000)
    assert found.planned_fen >= found.committed_fen >= found.spent_fen >= 0
    assert found.planned_fen == sum(one.planned_fen for one in lines if one.state != "dropped")
    assert found.limit_fen == max(budget, allowed)
    assert found.over_fen == max(0, found.planned_fen - found.limit_fen)
    assert found.left_fen == found.limit_fen - found.planned_fen
    assert (found.state == "red") == (found.planned_fen > found.limit_fen)


def test_the_budget_warns_from_its_line_on_and_is_red_above_the_last_fen():
    def state(fen):
        return launch_rules.money_of([MaterialLine(1, 0, fen, "planned")], budget_fen=100_000, allowed_fen=0, warn_bp=9_000).state

    assert [state(fen) for fen in (0, 89_999, 90_000, 100_000, 100_001)] == ["ok", "ok", "run", "run", "red"]


def test_a_material_costs_its_plan_then_its_order_then_what_was_paid():
    planned = MaterialLine(1_000, 300, 150, "planned", 0, 0)
    assert (planned.to_order, planned.planned_fen) == (700, 105_000)
    assert MaterialLine(1_200, 300, 150, "ordered", 105_000, 0).planned_fen == 105_000
    assert MaterialLine(1_200, 300, 150, "arrived", 105_000, 99_000).planned_fen == 99_000
