"""Ids made by the batch are what ids made one by one are: time-ordered UUIDs of version 7, none twice."""

from __future__ import annotations

import uuid

from kaibo.kit.ids import new_id, new_ids


def test_ids_of_a_batch_are_ascending_different_and_of_version_7():
    made = new_ids(20_000)
    assert made == sorted(made)
    assert len(set(made)) == 20_000
    assert {one.version for one in made} == {7}
    assert {one.variant for one in made} == {uuid.RFC_4122}


def test_two_batches_of_the_same_moment_share_no_id():
    assert len({one for _ in range(200) for one in new_ids(50)}) == 10_000


def test_an_id_of_a_batch_is_equal_to_the_same_id_read_from_text_and_stands_in_time_between_single_ones():
    before, one, after = new_id(), new_ids(1)[0], new_id()
    again = uuid.UUID(str(one))
    assert (again, hash(again), again.is_safe) == (one, hash(one), one.is_safe)
    assert before.int >> 80 <= one.int >> 80 <= after.int >> 80


def test_no_ids_are_made_when_none_are_wanted():
    assert new_ids(0) == []
