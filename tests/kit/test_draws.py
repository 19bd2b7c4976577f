"""The arithmetic of draws: provable, fair, and every change of a published file is found."""

from __future__ import annotations

import copy
import hmac
import json
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaibo.kit import draw_proof, draw_rules, draws
from kaibo.kit.merkle import is_included, leaf_hash, levels_of, path_to, root_of
from tests.make.draws import CLOSES, DRAWS, make_entrants, make_published, make_rules, make_witnesses, secret

PUBLISHED = draws.canonical(make_published(entrants=6, absent=(1,), prizes=((1, 9_900), (2, 5_000_000))))
BEACON = draws.canonical(make_published(entrants=6, kind="beacon"))


def test_a_draw_held_by_the_rules_is_proved():
    assert draw_proof.verify(PUBLISHED) == []
    assert draw_proof.verify(BEACON) == []
    assert draw_proof.absent(json.loads(PUBLISHED)) == ["见证人1"]


SMALL = draws.canonical(make_published(entrants=2, witnesses=1, alternates=1))


@pytest.mark.parametrize(("text", "bits"), [(SMALL, 8), (BEACON, 1)], ids=["witnesses", "beacon"])
def test_every_single_flipped_bit_is_found(text, bits):
    """All eight bits of every byte of one file; of the other one bit of every byte, another one each time."""
    assert draw_proof.verify(text) == []
    missed = []
    for at in range(len(text)):
        for bit in range(8) if bits == 8 else (at % 8,):
            broken = bytearray(text)
            broken[at] ^= 1 << bit
            if not draw_proof.verify(bytes(broken)):
                missed.append((at, bit))
    assert missed == []


def fields_of(value, path=()):
    """Every leaf of the file, by its path."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if inside is None:
        return [path]
    return [found for key, one in inside for found in fields_of(one, (*path, key))]


def with_changed(told, path):
    """The same file with one field changed, and the digest made to fit again: only the proof itself can object."""
    changed = copy.deepcopy(told)
    there = changed
    for key in path[:-1]:
        there = there[key]
    old = there[path[-1]]
    there[path[-1]] = old + 1 if isinstance(old, int) else ("0" if old[:1] != "0" else "1") + old[1:]
    changed["digest"] = draws.hash_of({key: one for key, one in changed.items() if key != "digest"})
    return changed


@pytest.mark.parametrize("text", [PUBLISHED, BEACON], ids=["witnesses", "beacon"])
def test_every_changed_field_is_found_even_with_a_fitting_digest(text):
    told = json.loads(text)
    missed = [path for path in fields_of(told) if path != ("digest",) and not draw_proof.verify(draws.canonical(with_changed(told, path)))]
    assert missed == [("drawn_at_unix",)]  # the moment after the draw promises nothing; the announced digest keeps it


def test_the_digest_keeps_the_moment_of_the_draw():
    told = json.loads(PUBLISHED) | {"drawn_at_unix": DRAWS + 999}
    assert draw_proof.verify(draws.canonical(told)) == ["digest_wrong"]


def test_another_commitment_than_the_announced_one_is_found():
    commitment = json.loads(PUBLISHED)["commitment"]
    assert draw_proof.verify(PUBLISHED, announced=commitment) == []
    assert draw_proof.verify(PUBLISHED, announced="0" * 64) == ["commitment_not_announced"]


def redrawn(**changes):
    """A file that agrees with itself in everything but what the organiser did wrong."""
    rules = make_rules(**changes.pop("rules", {}))
    people, there = make_entrants(8), changes.pop("witnesses", None) or make_witnesses()
    frozen = draws.freeze(rules=rules, leaves=draws.leaves_of(people), witnesses=there, frozen_at_unix=changes.pop("frozen_at", CLOSES))
    entropy = draws.entropy_of_witnesses(changes.pop("house", secret("house", "d-1")), there)
    told = draws.publish(rules=rules, frozen=frozen, entrants=people, entropy=entropy, drawn_at_unix=changes.pop("drawn_at", DRAWS))
    assert not changes
    return draw_proof.verify(draws.canonical(told))


def test_each_way_to_cheat_has_its_name():
    assert redrawn() == []
    assert redrawn(house="1" * 64) == ["house_secret_wrong"]
    assert redrawn(frozen_at=CLOSES - 1) == ["frozen_early"]
    assert redrawn(drawn_at=DRAWS - 1) == ["drawn_early"]
    assert redrawn(witnesses=make_witnesses(absent=(2,)), drawn_at=CLOSES + 59) == ["drawn_early"]
    assert redrawn(witnesses=make_witnesses(absent=(0, 1, 2)), drawn_at=CLOSES + 60) == ["reveals_too_few"]
    wrong = [*make_witnesses(count=1), draws.Witness("见证人1", "2" * 64, secret("other"))]
    assert redrawn(witnesses=wrong) == ["witness_secret_wrong"]
    assert redrawn(rules={"prizes": ((1, 5_000_001),)}) == ["rules_incomplete"]
    assert redrawn(rules={"delivery": ""}) == ["rules_incomplete"]


def test_swapping_two_winners_is_found():
    told = make_published(entrants=9, prizes=((2, 100),))
    told["winners"][0]["entry"], told["winners"][1]["entry"] = told["winners"][1]["entry"], told["winners"][0]["entry"]
    told["digest"] = draws.hash_of({key: one for key, one in told.items() if key != "digest"})
    assert draw_proof.verify(draws.canonical(told)) == ["winners_wrong"]


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"\xff", b"[" * 5_000, PUBLISHED + b"\n", b" " + PUBLISHED, PUBLISHED.replace(b'"version":1', b'"version":1.0')])
def test_what_is_not_the_published_text_is_malformed(text):
    assert draw_proof.verify(text) == ["malformed"]


def test_nobody_wins_where_nobody_entered():
    told = make_published(entrants=0)
    assert (told["winners"], told["alternates"], draw_proof.verify(draws.canonical(told))) == ([], [], [])


def test_prizes_go_in_order_and_alternates_follow():
    told = make_published(entrants=6, prizes=((1, 100), (2, 50)), alternates=2)
    assert [one["prize"] for one in told["winners"]] == [0, 1, 1]
    ranks = [one["rank"] for one in told["winners"] + told["alternates"]]
    assert len(ranks) == 5
    assert ranks == sorted(ranks)


def test_the_rank_is_plain_hmac_sha_256():
    people = make_entrants(3)
    leaves = draws.leaves_of(people)
    seed = bytes(range(32))
    wanted = sorted((hmac.new(seed, leaf, sha256).hexdigest(), one.entry) for leaf, one in zip(leaves, people))
    assert draws.ranked(seed, people, leaves, 3) == wanted
    assert leaves[0] == leaf_hash(draws.canonical(people[0].row()))


def test_every_entrant_wins_equally_often():
    """Chi-square over 20,000 draws of 50 entrants, first place and all three places; the seeds are fixed."""
    people = make_entrants(50)
    leaves = draws.leaves_of(people)
    first, any_place = dict.fromkeys((one.entry for one in people), 0), dict.fromkeys((one.entry for one in people), 0)
    for number in range(20_000):
        seed = sha256(f"uniform {number}".encode()).digest()
        order = draws.ranked(seed, people, leaves, 3)
        first[order[0][1]] += 1
        for _rank, entry in order:
            any_place[entry] += 1
    # 49 degrees of freedom: 85.35 is the value exceeded once in 1,000 fair runs.
    assert sum((count - 400) ** 2 / 400 for count in first.values()) < 85.35
    assert sum((count - 1_200) ** 2 / 1_200 for count in any_place.values()) < 85.35
    # The test can fail: a remainder of one byte over 50 entrants is not uniform.
    biased = dict.fromkeys(range(50), 0)
    for number in range(20_000):
        biased[sha256(f"uniform {number}".encode()).digest()[0] % 50] += 1
    assert sum((count - 400) ** 2 / 400 for count in biased.values()) > 85.35


@given(st.integers(1, 200), st.data())
@settings(max_examples=60, deadline=None)
def test_each_leaf_and_only_it_is_proved_in_the_tree(size, data):
    leaves = [leaf_hash(str(number).encode()) for number in range(size)]
    levels = levels_of(leaves)
    index = data.draw(st.integers(0, size - 1))
    path = path_to(levels, index)
    root = root_of(leaves)
    assert is_included(leaf=leaves[index], index=index, size=size, path=path, root=root)
    other = data.draw(st.integers(0, size - 1))
    assert is_included(leaf=leaves[other], index=index, size=size, path=path, root=root) == (other == index)
    assert is_included(leaf=leaves[index], index=other, size=size, path=path, root=root) == (other == index)
    assert not is_included(leaf=leaves[index], index=index, size=size, path=[*path, root], root=root)


def test_the_tree_is_that_of_rfc_6962():
    leaves = [leaf_hash(bytes([one])) for one in (1, 2, 3)]
    pair = sha256(b"\x01" + leaves[0] + leaves[1]).digest()
    assert root_of(leaves) == sha256(b"\x01" + pair + leaves[2]).digest()
    assert root_of([]) == sha256(b"").digest()


@pytest.mark.parametrize(
    ("changed", "lacking"),
    [
        ({"organiser": ""}, ["organiser"]), ({"contact": ""}, ["contact"]), ({"conditions": ""}, ["conditions"]), ({"method": ""}, ["method"]),
        ({"claim_how": ""}, ["claim_how"]), ({"delivery": ""}, ["delivery"]), ({"forfeiture": ""}, ["forfeiture"]), ({"claim_within_seconds": 0}, ["claim_within"]),
        ({"closes_at_unix": 1}, ["times"]), ({"draws_at_unix": CLOSES - 1}, ["times"]), ({"prizes": ((0, 1),)}, ["prizes"]), ({"prizes": ()}, ["prizes"]),
        ({"prizes": ((1, 5_000_001),)}, ["value"]), ({"prizes": ((1, 5_000_000),)}, []), ({"prizes": ((1, 0),)}, ["value"]),
    ],
)  # fmt: skip
def test_rules_that_lack_what_the_law_wants_are_named(changed, lacking):
    assert draw_rules.missing(make_rules(**changed)) == lacking


def test_the_round_follows_from_the_freeze():
    rules = make_rules(kind="beacon")
    number = draws.round_after(rules, CLOSES)
    assert draws.round_at_unix(rules, number) >= DRAWS > draws.round_at_unix(rules, number - 1)
    late = draws.round_after(rules, DRAWS + 100)
    assert draws.round_at_unix(rules, late) >= DRAWS + 130 > draws.round_at_unix(rules, late - 1)
