"""Pairs that are bought together more than by chance, and what combinations earn on baskets they were not chosen by."""

from __future__ import annotations

import math
import random
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaibo.stages.selection import matching
from kaibo.stages.selection.association import Factorials, discoveries, fisher_above

BEGAN = datetime(2026, 9, 1)


def exact(both, a, b, n):
    return sum(math.comb(a, k) * math.comb(n - a, b - k) for k in range(both, min(a, b) + 1) if 0 <= b - k <= n - a) / math.comb(n, b)


@settings(max_examples=80, deadline=None)
@given(st.integers(2, 60), st.data())
def test_the_tail_is_fishers(n, data):
    a, b = data.draw(st.integers(1, n)), data.draw(st.integers(1, n))
    both = data.draw(st.integers(max(0, a + b - n), min(a, b)))
    assert fisher_above(both, a, b, n, Factorials(n)) == pytest.approx(exact(both, a, b, n), rel=1e-9)


def test_the_tea_lady_of_the_textbook():
    assert fisher_above(4, 4, 4, 8, Factorials(8)) == pytest.approx(1 / 70)
    assert fisher_above(3, 4, 4, 8, Factorials(8)) == pytest.approx(17 / 70)


def test_the_line_of_false_discoveries_is_the_one_of_the_paper():
    # Benjamini & Hochberg (1995), section 3.2: fifteen p-values, q = 0.05: the four smallest are named
    ps = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    assert discoveries(ps, tests=15, false_bp=500) == 0.0095
    assert discoveries(ps, tests=15_000, false_bp=500) < 0


def filled(rows):
    connection = matching.opened(threads=1)
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.write("basket,item,sold_at,margin_fen\n" + "".join(f"{basket},{item},{at:%Y-%m-%d %H:%M:%S},{fen}\n" for basket, item, at, fen in rows))
        file.flush()
        matching.read_csv(connection, Path(file.name))
    return connection


def baskets(chance: random.Random, n: int, *, tied: bool, items: int = 12):
    """`n` baskets of four items each; tied ones put profit items 6 to 11 beside traffic items 0 to 5."""
    rows = []
    for number in range(n):
        at = BEGAN + timedelta(minutes=number)
        traffic = chance.randrange(6)
        held = {traffic, chance.randrange(items), chance.randrange(items)}
        if tied and chance.random() < 0.6:
            held.add(6 + traffic)
        rows += [(f"b{number}", f"i{one:02d}", at, 300 if one < 6 else 2_000) for one in held]
    return rows


def test_planted_pairs_are_found_with_their_exact_counts():
    rows = baskets(random.Random(1), 900, tied=True)
    found = matching.mine(filled(rows), matching.Limits())
    assert (found.baskets, found.items, found.tests) == (900, 12, 66)
    planted = {(f"i{n:02d}", f"i{n + 6:02d}") for n in range(6)}
    named = {(one.a, one.b) for one in found.pairs if one.lift_bp > 15_000}
    assert named == planted
    pair = next(one for one in found.pairs if one.a == "i00")
    held = {}
    for basket, item, _at, _fen in rows:
        held.setdefault(basket, set()).add(item)
    assert pair.both == sum({"i00", "i06"} <= one for one in held.values())
    assert pair.with_a == sum("i00" in one for one in held.values())
    assert exact(pair.both, pair.with_a, pair.with_b, 900) <= pair.p < 1.5 * exact(pair.both, pair.with_a, pair.with_b, 900)


def test_without_any_tie_nothing_is_named_far_more_often_than_not():
    named = 0
    for seed in range(12):
        found = matching.mine(filled([row for row in independent(random.Random(seed), 300)]), matching.Limits())
        named += found.named > 0
    assert named <= 3


def independent(chance: random.Random, n: int):
    for number in range(n):
        for one in range(10):
            if chance.random() < 0.25:
                yield f"b{number}", f"i{one}", BEGAN + timedelta(minutes=number), 100 + one


def test_combinations_earn_more_than_popularity_on_baskets_they_were_not_chosen_by():
    found = matching.try_combinations(filled(baskets(random.Random(4), 1_500, tied=True)), matching.Limits(beside=1))
    assert len(found.combinations) == 6
    assert all(one.beside == (f"i{int(one.traffic[1:]) + 6:02d}",) for one in found.combinations)
    assert found.is_better and found.gain_low_fen <= found.held_fen - found.plain_fen <= found.gain_high_fen


def test_what_is_counted_in_the_later_part_was_not_seen_when_choosing():
    rows = baskets(random.Random(4), 600, tied=True)
    later = BEGAN + timedelta(minutes=420)
    poisoned = [(b, i, at, fen if at < later else 0) for b, i, at, fen in rows]
    found = matching.try_combinations(filled(poisoned), matching.Limits(beside=1))
    assert found.mined.until == later and found.mined.baskets == 420
    assert (found.held_fen, found.plain_fen) == (0, 0) and found.combinations[0].expected_fen > 0


def test_the_sums_are_those_of_a_count_by_hand():
    rows = baskets(random.Random(9), 700, tied=True)
    found = matching.try_combinations(filled(rows), matching.Limits(beside=1))
    one = found.combinations[0]
    later = {}
    for basket, item, at, fen in rows:
        if at >= found.mined.until:
            later.setdefault(basket, {})[item] = fen
    holding = [held for held in later.values() if one.traffic in held]
    assert one.held_baskets == len(holding)
    assert one.held_fen == sum(held.get(one.beside[0], 0) for held in holding)
    assert one.traffic_fen == sum(held[one.traffic] for held in holding)


def test_no_baskets_give_nothing_and_no_error():
    found = matching.try_combinations(filled([]), matching.Limits())
    assert (found.combinations, found.mined.baskets, found.held_fen, found.is_better) == ((), 0, 0, False)


@pytest.mark.corpus
def test_half_a_million_real_order_lines_give_combinations_that_earn_more_than_popularity():
    from kaibo.cli.benches.matching import measure
    from tests.corpora import shared_data

    figures, trial = measure(shared_data("uci_online_retail/online_retail.parquet"), matching.Limits())
    assert (figures["rows"], figures["combinations"]) == (541_909, 50)
    assert trial.is_better and figures["cpu_seconds"] < 30
    assert trial.held_fen > trial.plain_fen
