"""SEL-17: the selling calendar, its lead times, and what it does not know."""

from __future__ import annotations

from datetime import date

import pytest

from kaibo.stages.selection.festivals import Kind, Occasion, Stage, due_on, moving_date, of_year, term_on, with_own


def occasion(key, year):
    return next(one for one in of_year(year) if one.key == key)


@pytest.mark.parametrize(
    ("key", "year", "starts", "ends"),
    [
        ("goods4newyear", 2027, date(2027, 1, 7), date(2027, 2, 1)), ("mid618", 2026, date(2026, 5, 26), date(2026, 6, 18)), ("double11", 2026, date(2026, 10, 20), date(2026, 11, 11)),
        ("midautumn", 2026, date(2026, 9, 11), date(2026, 9, 25)), ("newyear", 2026, date(2026, 12, 30), date(2027, 1, 1)),
    ],
)
def test_the_calendar_knows_when_an_occasion_is_sold(key, year, starts, ends):
    assert (occasion(key, year).starts_on, occasion(key, year).ends_on) == (starts, ends)


@pytest.mark.parametrize(
    ("month", "constant", "year", "day"),
    [(2, 3.87, 2026, 4), (2, 18.73, 2026, 18), (4, 4.81, 2025, 4), (4, 4.81, 2026, 5), (12, 21.94, 2026, 22), (11, 7.438, 2026, 7), (8, 7.5, 2027, 8)],
)
def test_solar_terms_fall_on_their_days(month, constant, year, day):
    assert term_on(month, constant, year) == date(year, month, day)


def test_a_year_the_moon_table_does_not_know_is_left_out_and_not_guessed():
    assert moving_date("spring", 2031) is None
    keys = {one.key for one in of_year(2031)}
    assert "spring" not in keys and "goods4newyear" not in keys and {"double11", "term01"} <= keys


def test_what_to_choose_now_follows_from_the_lead_time():
    day = date(2026, 11, 22)
    stages = {one.occasion.key: one.stage for one in due_on(day, [*of_year(2026), *of_year(2027)]) if one.occasion.kind != Kind.TERM and one.occasion.starts_on < date(2027, 3, 1)}
    # 年货节 opens on 7 January, sixty days before is 8 November; 双12 on 8 December, forty days before is 29 October.
    assert (stages["goods4newyear"], stages["double12"], stages["christmas"]) == (Stage.NOW, Stage.LATE, Stage.NOW)
    assert "double11" not in stages


def test_a_shops_own_date_wins_and_what_it_hides_is_gone():
    own = Occasion("double12", 2026, "本店双12", "", date(2026, 12, 1), date(2026, 12, 12), 30, (), Kind.OWN)
    found = with_own(of_year(2026), [own], frozenset({("christmas", 2026)}))
    assert next(one for one in found if one.key == "double12") == own
    assert not [one for one in found if one.key == "christmas"]
