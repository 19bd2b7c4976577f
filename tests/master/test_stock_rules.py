"""The ledger's arithmetic."""

from datetime import date
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from kaibo.master.stock.rules import Bucket, LotLevel, bundles_from, explain, pick_lots

levels = st.lists(
    st.builds(LotLevel, st.uuids(), st.one_of(st.none(), st.dates(date(2026, 1, 1), date(2027, 1, 1))), st.integers(0, 99), st.integers(0, 50)),
    max_size=8,
)


@given(levels, st.integers(1, 200))
def test_picking_takes_exactly_what_is_wanted_or_nothing(there, wanted):
    picked = pick_lots(there, wanted)
    if sum(level.quantity for level in there) < wanted:
        assert picked is None
    else:
        assert sum(units for _, units in picked) == wanted
        assert all(units > 0 for _, units in picked)


def test_picking_takes_the_lot_that_expires_first_then_the_oldest():
    old, fresh, soon = UUID(int=1), UUID(int=2), UUID(int=3)
    there = [LotLevel(fresh, None, 9, 5), LotLevel(old, None, 1, 5), LotLevel(soon, date(2026, 12, 1), 20, 5)]
    assert pick_lots(there, 12) == [(soon, 5), (old, 5), (fresh, 2)]


@given(st.dictionaries(st.sampled_from([b for b in Bucket if b.is_internal]), st.integers(0, 500)), st.integers(0, 100))
def test_the_lines_of_an_explanation_sum_to_what_is_available(there, safety):
    found = explain(there, safety=safety)
    assert sum(line.quantity for line in found.lines) == found.available


def test_a_bundle_is_limited_by_its_scarcest_component():
    socks, scarf = uuid4(), uuid4()
    assert bundles_from([(socks, 3), (scarf, 1)], {socks: 10, scarf: 9}) == 3
    assert bundles_from([(socks, 3), (scarf, 1)], {socks: 100}) == 0
