"""The unified social credit code of GB 32100."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaibo.kit.credit_code import check_sign_of, is_credit_code, plain_code

SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@pytest.mark.parametrize("code", ["91350100M000100Y43", "91110000600037341L"])
def test_codes_printed_in_the_standard_and_on_known_licences_hold(code):
    assert is_credit_code(code)


@pytest.mark.parametrize("wrong", ["", "91350100M000100Y4", "91350100M000100Y433", "91350100M000100Y44", "91350100I000100Y43", "9135010OM000100Y43"])
def test_a_code_too_short_too_long_or_with_a_strange_sign_is_none(wrong):
    assert not is_credit_code(wrong)


@given(st.text(SIGNS, min_size=17, max_size=17), st.integers(0, 17), st.sampled_from(SIGNS))
def test_one_sign_copied_wrongly_is_always_noticed(first, place, other):
    code = first + check_sign_of(first)
    assert is_credit_code(code)
    assert is_credit_code(code[:place] + other + code[place + 1 :]) == (code[place] == other)


def test_a_code_is_kept_in_capitals_without_spaces():
    assert plain_code(" 91350100 m000100y-43 ") == "91350100M000100Y43"
