"""One plain form and the way back."""

from hypothesis import given
from hypothesis import strategies as st

from kaibo.language.normaliser import folded, normalise


def test_disguises_are_taken_off():
    assert normalise("Ｎｏ．１ 頭髮\u200b的絲襪").text == "no1头发的丝袜"


def test_each_character_knows_where_it_stood():
    plain = normalise("ＡＢ－㎏頭★髮")
    assert plain.text == "abkg头发"
    assert plain.span(2, 3) == (3, 4)  # both letters of ㎏ came from one character
    assert plain.span(2, 4) == (3, 4)
    assert plain.span(4, 6) == (4, 7)


def test_numbers_keep_their_point_and_signs_their_meaning():
    assert normalise("3.5 折 100 % 棉 +V").text == "3.5折100%棉+v"
    assert normalise("加+微%信").text == "加微信"


def test_folding_alone_keeps_symbols():
    assert folded("Ａ-ｂ 頭\u200b髮") == "a-b 头发"


def test_letters_of_other_alphabets_and_with_accents_are_latin_ones():
    assert normalise("ТОР1 νχ guójiājí Ⅷ").text == "top1vxguojiaji8"


def test_a_run_of_symbols_costs_its_length():
    assert normalise("国" + "-*" * 200_000 + "家").text == "国家"


@given(st.text(max_size=60))
def test_the_map_is_whole_and_in_order_for_any_text(text):
    plain = normalise(text)
    assert len(plain.text) == len(plain.starts) == len(plain.ends)
    assert all(0 <= start < end <= len(text) for start, end in zip(plain.starts, plain.ends, strict=True))
    assert list(plain.starts) == sorted(plain.starts)


@given(st.text(alphabet="最好国家级一", max_size=20))
def test_plain_chinese_is_left_as_it_is(text):
    plain = normalise(text)
    assert plain.text == text
    assert tuple(plain.starts) == tuple(range(len(text)))
