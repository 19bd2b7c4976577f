"""Parsers read exactly or refuse; whatever they meet they neither crash nor invent."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaibo.kit.money import plain_yuan
from kaibo.plumbing.intake import cells
from kaibo.plumbing.intake.cells import CellRefused

seconds = cells.duration_seconds()
minutes = cells.duration_seconds(60)
PARSERS = [cells.text, cells.money_fen, cells.whole_number, cells.percent_bp, cells.moment, cells.day, seconds, minutes, cells.phone, cells.yes_no, cells.choice({"待发货": 1})]


@pytest.mark.parametrize(
    ("parse", "cell", "value"),
    [
        (cells.money_fen, "¥1,234.5", 123450), (cells.money_fen, "(1.23)", -123), (cells.money_fen, "28.9元", 2890),
        (cells.whole_number, "1,234", 1234), (cells.whole_number, "2.0", 2), (cells.whole_number, "3件", 3),
        (cells.whole_number, "1.2万", 12000), (cells.whole_number, "12万", 120000), (cells.whole_number, "-3", -3),
        (cells.percent_bp, "0.68%", 68), (cells.percent_bp, "0.0421", 421), (cells.percent_bp, "0.685%", 69),
        (cells.percent_bp, "100%", 10_000), (cells.percent_bp, "-1.5％", -150), (cells.percent_bp, "1", 10_000),
        (cells.moment, "2026-09-22 00:54:10", datetime(2026, 9, 21, 16, 54, 10, tzinfo=UTC)),
        (cells.moment, "2026/9/7 8:55", datetime(2026, 9, 7, 0, 55, tzinfo=UTC)),
        (cells.moment, "2026年9月7日 8时55分37秒", datetime(2026, 9, 7, 0, 55, 37, tzinfo=UTC)),
        (cells.moment, "20260907085537", datetime(2026, 9, 7, 0, 55, 37, tzinfo=UTC)),
        (cells.moment, "2026-09-07T00:55:37Z", datetime(2026, 9, 7, 0, 55, 37, tzinfo=UTC)),
        (cells.moment, "2026-09-07", datetime(2026, 9, 6, 16, 0, tzinfo=UTC)),
        (cells.day, "2026/11/22", date(2026, 11, 22)), (cells.day, "20261122", date(2026, 11, 22)),
        (seconds, "1分5秒", 65), (seconds, "02:03:04", 7384), (seconds, "1小时2分", 3720), (minutes, "1.5", 90),
        (cells.phone, "+86 138-1234-5678", "13812345678"), (cells.phone, "13812345678转4321", "13812345678-4321"),
        (cells.phone, "138****5678", "138****5678"), (cells.phone, "$$aBcD0123456789==", "$$aBcD0123456789=="), (cells.phone, "021-12345678", "021-12345678"),
        (cells.yes_no, "是", True), (cells.yes_no, "NO", False), (cells.choice({"待发货": "to_ship"}), " 待 发货", "to_ship"),
        (cells.text, "6917000000000000001", "6917000000000000001"), (cells.text, "5E", "5E"), (cells.text, "5E10", "5E10"),
    ],
)
def test_what_platforms_write_is_read_exactly(parse, cell, value):
    assert parse(cell) == value


@pytest.mark.parametrize(
    ("parse", "cell", "code"),
    [
        (cells.text, "6.9E+18", "intake.digits_lost"), (cells.money_fen, "1.234", "intake.not_amount"),
        (cells.money_fen, "1" * 30, "intake.not_amount"), (cells.whole_number, "1.5", "intake.not_whole"),
        (cells.whole_number, "1,23", "intake.not_whole"), (cells.percent_bp, "42.1", "intake.not_percent"),
        (cells.moment, "03/04/2026", "intake.not_moment"), (cells.moment, "2026-02-30 00:00:00", "intake.not_moment"),
        (cells.moment, "1790000000", "intake.not_moment"), (cells.day, "2026-13-01", "intake.not_day"),
        (seconds, "12:34", "intake.not_duration"), (seconds, "90", "intake.not_duration"), (cells.phone, "1381234567", "intake.not_phone"),
        (cells.yes_no, "maybe", "intake.not_yes_or_no"), (cells.choice({"待发货": 1}), "发货中", "intake.not_a_choice"),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(parse, cell, code):
    with pytest.raises(CellRefused) as caught:
        parse(cell)
    assert caught.value.code == code


def test_proposals_are_made_where_the_meaning_is_near():
    for parse, cell, proposed in [(cells.percent_bp, "42.1", "42.1%"), (seconds, "12:34", "00:12:34"), (cells.choice({"待发货": 1, "已发货": 2}), "待发", "待发货")]:
        with pytest.raises(CellRefused) as caught:
            parse(cell)
        assert caught.value.proposed == proposed


@given(st.text(max_size=40) | st.from_regex(r"[-+]?[\d,.，万%:分秒年月日/ ]{1,40}", fullmatch=True))
def test_no_text_crashes_a_parser(cell):
    for parse in PARSERS:
        try:
            parse(cell)
        except CellRefused:
            pass


@given(st.integers(-(10**12), 10**12), st.sampled_from(["{}", "¥{}", "{}元", "￥ {}"]))
def test_money_comes_back_to_the_fen(fen, form):
    assert cells.money_fen(form.format(plain_yuan(fen))) == fen


@given(st.integers(0, 10**7))
def test_a_percentage_and_its_ratio_mean_the_same(basis_points):
    assert cells.percent_bp(f"{basis_points / 100:.2f}%") == basis_points
    if basis_points <= 10_000:
        assert cells.percent_bp(f"{basis_points / 10_000:.4f}") == basis_points


@given(st.integers(0, 999), st.integers(0, 59), st.integers(0, 59))
def test_a_duration_means_the_same_in_both_spellings(hours, mins, secs):
    wanted = hours * 3600 + mins * 60 + secs
    assert seconds(f"{hours:02d}:{mins:02d}:{secs:02d}") == wanted
    assert seconds(f"{hours}小时{mins}分{secs}秒") == wanted


@given(st.datetimes(datetime(1990, 1, 1), datetime(2080, 1, 1)).map(lambda m: m.replace(microsecond=0)))
def test_a_time_means_the_same_in_every_spelling(naive):
    if 1986 <= naive.year <= 1991:  # summer time of those years makes one hour mean two
        return
    spellings = ["%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y年%m月%d日 %H:%M:%S"] + (["%Y%m%d%H%M%S"] if naive.year >= 2000 else [])
    assert len({cells.moment(naive.strftime(form)) for form in spellings}) == 1
