"""What a coupon takes off, in whole fen, against exact fractions (LIV-4, LST-6)."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaibo.kit.coupons import CouponTerms, discount_fen, lowest_price

AMOUNTS = st.integers(0, 10**9)
THRESHOLDS = st.integers(0, 10**6)
TERMS = st.one_of(
    st.builds(CouponTerms, off_fen=st.integers(1, 10**6), threshold_fen=THRESHOLDS),
    st.builds(CouponTerms, off_bp=st.integers(1, 9999), cap_fen=st.none() | st.integers(1, 10**6), threshold_fen=THRESHOLDS),
)


def exact(terms, amount):
    """The rule as it is written on the coupon, in fractions."""
    if amount < terms.threshold_fen or amount == 0:
        return 0
    off = Fraction(terms.off_fen) if terms.off_fen is not None else Fraction(amount * terms.off_bp, 10_000)
    if terms.cap_fen is not None:
        off = min(off, Fraction(terms.cap_fen))
    return min(floor(off), amount - 1)


@given(TERMS, AMOUNTS)
def test_a_discount_is_the_written_rule_rounded_down_to_fen_and_leaves_something_to_pay(terms, amount):
    off = discount_fen(terms, amount)
    assert off == exact(terms, amount)
    assert amount == 0 or 0 <= off < amount


@pytest.mark.parametrize(
    ("terms", "amount", "off"),
    [
        (CouponTerms(off_fen=2000, threshold_fen=19900), 19899, 0),
        (CouponTerms(off_fen=2000, threshold_fen=19900), 19900, 2000),
        (CouponTerms(off_bp=1000), 9999, 999),  # 999.9 fen: the house keeps the part of a fen
        (CouponTerms(off_bp=1000, cap_fen=500), 9999, 500),
        (CouponTerms(off_bp=9999), 1, 0),
        (CouponTerms(off_fen=100, threshold_fen=0), 50, 49),
    ],
)
def test_thresholds_caps_and_rounding(terms, amount, off):
    assert discount_fen(terms, amount) == off


@given(TERMS, st.integers(1, 10**5), st.integers(1, 99))
def test_no_quantity_brings_a_unit_below_the_lowest_price(terms, price, most):
    lowest = lowest_price(terms, price, most_units=most)
    reached = [units for units in range(1, most + 1) if units * price >= terms.threshold_fen]
    if lowest is None:
        assert not reached
        return
    assert min((units * price - discount_fen(terms, units * price)) // units for units in reached) == lowest.unit_fen
