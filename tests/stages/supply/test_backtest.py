"""What would have been kept, against what was wanted: losses, and the real series."""

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaibo.stages.supply import backtest, rules
from tests.corpora import shared_data

WEEKLY = [10, 12, 9, 11, 14, 30, 28]


def test_a_missing_unit_weighs_the_service_level_and_one_too_many_the_rest():
    assert backtest.pinball(10, 8, 9_500) == pytest.approx(1.9)
    assert backtest.pinball(8, 10, 9_500) == pytest.approx(0.1)
    assert backtest.pinball(8, 8, 9_500) == 0


def test_a_series_that_repeats_itself_is_known_to_the_naive_method():
    found = backtest.run(WEEKLY * 10, history_days=28, lead_days=7, service_bp=9_500)
    assert {one.naive for one in found.rounds} == {sum(WEEKLY)}
    assert (found.naive_loss, found.naive_covered, len(found.rounds)) == (0.0, 6, 6)
    assert found.ours_covered == 6
    assert found.ours_loss > 0


def test_each_round_knows_only_the_days_before_it():
    quiet = backtest.run([5] * 28 + [500] * 7, history_days=28, lead_days=7, service_bp=9_500)
    assert [(one.wanted, one.ours, one.naive) for one in quiet.rounds] == [(3_500, 35, 35)]


def test_a_short_series_gives_no_rounds():
    assert backtest.run([1] * 30, history_days=28, lead_days=7, service_bp=9_500).rounds == ()


@given(st.lists(st.integers(0, 300), min_size=2, max_size=60), st.integers(1, 30), st.integers(5_001, 9_999))
def test_cover_is_the_mean_of_the_lead_time_plus_the_safety_stock_of_the_page(history, lead, service):
    safety = rules.safety_stock(history, lead_days=lead, service_bp=service)
    assert abs(backtest.cover(history, lead_days=lead, service_bp=service) - (sum(history) / len(history) * lead + safety.units)) <= 1


def test_on_a_real_shops_year_the_safety_line_loses_no_more_than_the_seasonal_naive_one():
    path = shared_data("uci_online_retail/online_retail.parquet")
    rows = duckdb.sql(
        f"""WITH sold AS (SELECT StockCode AS item, InvoiceDate::date AS day, sum(Quantity)::int AS units FROM '{path}'
              WHERE Quantity > 0 AND InvoiceNo NOT LIKE 'C%' AND regexp_matches(StockCode, '^[0-9]{{5}}') GROUP BY 1, 2),
            most AS (SELECT item FROM sold GROUP BY 1 ORDER BY count(*) DESC, item LIMIT 60)
            SELECT item, day, units FROM sold JOIN most USING (item) ORDER BY 1, 2"""
    ).fetchall()
    first, last = min(day for _item, day, _units in rows), max(day for _item, day, _units in rows)
    series: dict[str, list[int]] = {}
    for item, day, units in rows:
        series.setdefault(item, [0] * ((last - first).days + 1))[(day - first).days] = units
    found = [backtest.run(daily, history_days=56, lead_days=14, service_bp=9_500) for daily in series.values()]
    assert len(found) == 60
    assert sum(one.ours_loss for one in found) <= sum(one.naive_loss for one in found)
