"""Inspection limits, safety stock and its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaibo.stages.supply import rules

COLOUR = rules.ItemLimit("colour", "耐摩擦色牢度", "级", "GB/T 3920", 3000, None)
SHRINK = rules.ItemLimit("shrink", "水洗尺寸变化率", "%", "GB/T 8628", -3000, 3000)


@pytest.mark.parametrize(("text", "value"), [("4", 4000), ("3.5", 3500), ("-2.5%", -2500), ("−2", -2000), ("4级", 4000), ("0.125", 125)])
def test_measured_values_are_read_as_people_type_them(text, value):
    assert rules.read_thousandths(text, item="x") == value


@pytest.mark.parametrize("text", ["", "好", "4-5", "1e3", "3.5555"])
def test_what_is_no_number_is_refused_by_its_item(text):
    with pytest.raises(rules.ResultUnreadable) as refused:
        rules.read_thousandths(text, item="色牢度")
    assert "色牢度" in refused.value.message("zh")


@given(st.integers(-(10**9), 10**9))
def test_a_value_survives_being_written_and_read(value):
    assert rules.read_thousandths(rules.thousandths(value), item="x") == value


def test_limits_include_their_bounds():
    judged = rules.judge([COLOUR, SHRINK], {"colour": 3000, "shrink": -3000})
    assert rules.failed_items(judged) == []
    judged = rules.judge([COLOUR, SHRINK], {"colour": 2999, "shrink": -3001})
    assert rules.failed_items(judged) == ["耐摩擦色牢度", "水洗尺寸变化率"]


def test_a_missing_result_is_named():
    with pytest.raises(rules.ResultMissing) as missing:
        rules.judge([COLOUR, SHRINK], {"colour": 4000})
    assert missing.value.details == {"items": "水洗尺寸变化率"}


def test_safety_stock_is_z_times_deviation_times_root_of_lead_time():
    found = rules.safety_stock([10, 20, 30, 20, 10, 30, 20], lead_days=4, service_bp=9_500)
    assert (found.mean_milli, found.deviation_milli, found.z_milli) == (20_000, 8_165, 1_645)
    assert found.units == 27  # 1.645 × 8.165 × 2 = 26.86
    assert found.formula_zh.startswith("1.64 × 8.16 件/天 × √4 天 = 27 件") or found.formula_zh.startswith("1.65 × 8.16 件/天 × √4 天 = 27 件")


@given(st.lists(st.integers(0, 200), max_size=60), st.integers(1, 60), st.integers(5_001, 9_999))
def test_steady_sales_need_no_safety_and_wilder_ones_never_less(daily, lead, service):
    found = rules.safety_stock(daily, lead_days=lead, service_bp=service)
    assert found.units >= 0
    assert rules.safety_stock([7] * 20, lead_days=lead, service_bp=service).units == 0
    assert rules.safety_stock(daily, lead_days=lead + 5, service_bp=service).units >= found.units


@pytest.mark.parametrize(("sellable", "below"), [(49, True), (50, False), (51, False)])
def test_the_line_is_half_of_safety_stock(sellable, below):
    assert rules.is_below_line(sellable, 100, line_bp=5_000) is below


def test_replenishment_goes_to_the_main_supplier_else_the_fastest_then_the_cheapest():
    main, fast, cheap = rules.Offer("m", 100, 50, 9, True), rules.Offer("f", 120, 50, 3, False), rules.Offer("c", 90, 50, 3, False)
    assert rules.propose([cheap, fast, main], sellable=5, coming=0, safety=40, mean_milli=4_000).offer is main
    plan = rules.propose([fast, cheap], sellable=5, coming=0, safety=40, mean_milli=4_000)
    assert (plan.offer, plan.units) == (cheap, 87)  # 2 × 40 + 3 days × 4 − 5
    assert rules.propose([], sellable=5, coming=0, safety=40, mean_milli=0) is None
