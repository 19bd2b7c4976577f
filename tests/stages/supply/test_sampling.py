"""Single sampling after GB/T 2828.1-2012 (ISO 2859-1:1999): letters, plans, arrows, switching."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaibo.stages.supply import sampling, sampling_tables
from kaibo.stages.supply.sampling import DefectClass, Event, Happening, Severity

N, T, R = Severity.NORMAL, Severity.TIGHTENED, Severity.REDUCED
LOTS = st.integers(2, 2_000_000)
LEVELS = st.sampled_from(sampling_tables.LEVELS)
AQLS = st.sampled_from(sampling_tables.AQLS_MILLI)


@pytest.mark.parametrize(
    ("lot", "level", "letter"),
    [(2, "II", "A"), (8, "III", "B"), (9, "II", "B"), (90, "II", "E"), (91, "II", "F"), (500, "I", "F"), (1_200, "II", "J"), (1_201, "II", "K"),
     (3_200, "II", "K"), (3_201, "II", "L"), (10_000, "S-3", "F"), (35_000, "S-4", "H"), (500_000, "III", "Q"), (500_001, "III", "R"), (500_001, "S-1", "D")],
)
def test_lots_and_levels_have_the_letters_of_table_1(lot, level, letter):
    assert sampling.code_letter(lot, level) == letter


@pytest.mark.parametrize(
    ("lot", "level", "aql", "severity", "expected"),
    [
        (2_000, "II", 1_000, N, ("K", 125, 3)), (2_000, "II", 2_500, N, ("K", 125, 7)), (2_000, "II", 4_000, N, ("K", 125, 10)),
        (2_000, "II", 1_000, T, ("K", 125, 2)), (2_000, "II", 2_500, T, ("K", 125, 5)), (2_000, "II", 6_500, T, ("K", 125, 12)),
        (2_000, "II", 1_000, R, ("K", 50, 2)), (2_000, "II", 2_500, R, ("K", 50, 4)), (2_000, "II", 4_000, R, ("K", 50, 6)),
        (1_000, "II", 650, N, ("J", 80, 1)), (100_000, "II", 2_500, N, ("N", 500, 21)), (1_000_000, "II", 25, N, ("R", 2_000, 1)),
        (20, "II", 10_000, N, ("C", 5, 1)), (20, "II", 15_000, N, ("C", 5, 2)), (600_000, "III", 25, T, ("S", 3_150, 1)),
    ],
)  # fmt: skip
def test_plans_are_those_of_tables_2(lot, level, aql, severity, expected):
    plan = sampling.plan_for(lot, level=level, aql_milli=aql, severity=severity)
    assert (plan.letter, plan.sample_units, plan.accept) == expected
    assert plan.reject == plan.accept + 1


@pytest.mark.parametrize(
    ("lot", "aql", "severity", "first", "letter", "sample", "accept"),
    [
        (400, 1_000, N, "H", "H", 50, 1), (400, 650, N, "H", "J", 80, 1), (100, 1_000, N, "F", "E", 13, 0), (30, 2_500, N, "D", "C", 5, 0), (60, 2_500, N, "E", "F", 20, 1),
        (2_000, 150, N, "K", "J", 80, 0), (2_000, 250, N, "K", "L", 200, 1), (2_000, 10_000, N, "K", "K", 125, 21), (2_000, 15_000, N, "K", "J", 80, 21), (2_000, 25_000, N, "K", "H", 50, 21),
        (2_000, 250, T, "K", "M", 315, 1), (20_000, 6_500, R, "M", "L", 80, 10),
    ],
)  # fmt: skip
def test_an_arrow_leads_to_the_next_plan_with_its_own_sample(lot, aql, severity, first, letter, sample, accept):
    plan = sampling.plan_for(lot, level="II", aql_milli=aql, severity=severity)
    assert (plan.first_letter, plan.letter, plan.sample_units, plan.accept) == (first, letter, min(sample, lot), accept)


def test_a_sample_as_large_as_the_lot_is_full_inspection():
    plan = sampling.plan_for(30, level="II", aql_milli=250)
    assert (plan.letter, plan.sample_units, plan.is_full) == ("H", 30, True)
    assert not sampling.plan_for(51, level="II", aql_milli=250).is_full


@given(LOTS, LEVELS, AQLS)
def test_tightened_never_accepts_more_per_unit_looked_at_and_reduced_never_looks_at_more(lot, level, aql):
    normal, tightened, reduced = (sampling.plan_for(lot, level=level, aql_milli=aql, severity=one) for one in (N, T, R))
    assert tightened.accept * normal.sample_units <= normal.accept * tightened.sample_units or tightened.is_full
    assert reduced.sample_units <= normal.sample_units or reduced.letter > normal.letter
    assert 0 <= normal.accept < normal.sample_units * 45


def test_every_row_of_a_table_is_complete():
    for severity, rows in ((N, 16), (T, 17), (R, 16)):
        table = sampling.master_table(severity)
        assert len(table) == rows
        assert {len(cells) for _size, cells in table.values()} == {26}
    assert [size for size, _cells in sampling.master_table(N).values()] == [2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000]


def test_what_the_standard_does_not_have_is_refused():
    with pytest.raises(sampling.AqlUnknown):
        sampling.plan_for(100, level="II", aql_milli=3_000)
    with pytest.raises(sampling.LevelUnknown):
        sampling.plan_for(100, level="IV", aql_milli=2_500)
    with pytest.raises(sampling.LotTooSmall):
        sampling.plan_for(1, level="II", aql_milli=2_500)


def test_one_critical_defect_refuses_a_lot_whatever_its_size():
    plan = sampling.lot_plan(2_000, level="II", major_milli=2_500, minor_milli=4_000, severity=N)
    assert [one.accept for one in plan.classes] == [0, 7, 10]
    assert [one.defect_class for one in sampling.over_limit(plan, {DefectClass.CRITICAL: 1, DefectClass.MAJOR: 7})] == [DefectClass.CRITICAL]
    assert [one.defect_class for one in sampling.over_limit(plan, {DefectClass.MAJOR: 8, DefectClass.MINOR: 10})] == [DefectClass.MAJOR]


def standing(text: str, points: int | None = None) -> sampling.Standing:
    """A history in letters: A accepted, R refused, L reduced allowed, E reduced ended, B begun again."""
    words = {"A": Happening.ACCEPTED, "R": Happening.REFUSED, "L": Happening.REDUCED_ALLOWED, "E": Happening.REDUCED_ENDED, "B": Happening.RESUMED}
    return sampling.standing_after([Event(words[one], points if one == "A" else None) for one in text])


@pytest.mark.parametrize(
    ("history", "severity"),
    [
        ("", N), ("R", N), ("RAAAR", T), ("RAAAAR", N), ("RR", T), ("RRAAAA", T), ("RRAAAAA", N), ("RRAAAARAAAAA", N),
        ("RRRRRRR", Severity.SUSPENDED), ("RRRRRR", T), ("RRRARARARAR", Severity.SUSPENDED), ("RRRRRRRAAAAA", Severity.SUSPENDED),
        ("RRRRRRRB", T), ("RRRRRRRBAAAAA", N), ("B", N), ("L", N), ("E", N),
    ],
)  # fmt: skip
def test_severity_follows_the_switching_rules(history, severity):
    assert standing(history).severity is severity


def test_reduced_needs_thirty_points_and_a_persons_word_and_ends_with_one_refused_lot():
    assert standing("A" * 9, 3).score == 27
    assert standing("A" * 9 + "L", 3).severity is N
    assert standing("A" * 10, 3).may_be_reduced
    assert standing("A" * 10, 3).severity is N
    assert standing("A" * 10 + "L", 3).severity is R
    assert standing("A" * 10 + "LAAR", 3).severity is N
    assert standing("A" * 10 + "LE", 3).severity is N
    assert standing("A" * 9 + "RA", 3).score == 3
    assert sampling.standing_after([Event(Happening.ACCEPTED, 3), Event(Happening.ACCEPTED, None)]).score == 0


def test_points_are_three_where_one_aql_tighter_would_have_passed_and_two_for_small_acceptance_numbers():
    wide = sampling.lot_plan(2_000, level="II", major_milli=2_500, minor_milli=4_000, severity=N)
    assert sampling.switching_points(wide, {DefectClass.MAJOR: 5, DefectClass.MINOR: 7}) == 3
    assert sampling.switching_points(wide, {DefectClass.MAJOR: 6}) is None
    assert sampling.switching_points(wide, {DefectClass.MAJOR: 8}) is None
    small = sampling.lot_plan(60, level="II", major_milli=2_500, minor_milli=2_500, severity=N)
    assert [one.accept for one in small.classes] == [0, 1, 1]
    assert sampling.switching_points(small, {DefectClass.MAJOR: 1}) == 2


@given(st.text("ARLEB", max_size=40))
def test_a_supplier_is_only_ever_suspended_out_of_tightened_and_comes_back_to_it(history):
    before, after = standing(history[:-1], 3), standing(history, 3)
    if after.severity is Severity.SUSPENDED and before.severity is not Severity.SUSPENDED:
        assert before.severity is T
    if before.severity is Severity.SUSPENDED and after.severity is not Severity.SUSPENDED:
        assert (after.severity, history[-1]) == (T, "B")
    if after.severity is R and before.severity is not R:
        assert history[-1] == "L"
