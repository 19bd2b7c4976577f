"""Which documents are needed, and how they stand on which day."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaibo.stages.compliance import rules
from kaibo.stages.compliance.rules import DocumentState, Held, Place, Standing

TODAY = date(2026, 11, 22)
MATRIX = rules.packaged_matrix()


def held(valid_until=None, *, kind="business_licence", state="confirmed", valid_from=date(2020, 1, 1), product_id=None) -> Held:
    return Held(uuid4(), kind, "n", state, valid_from, valid_until, product_id)


PLACES = [
    (Place("taobao", "C店", ("apparel",)), {"individual_licence": True, "test_report": False}),
    (Place("jd", "POP", ("apparel",)), {"business_licence": True, "brand_authorisation": True, "test_report": False}),
    (Place("jd", "自营", ("apparel",)), {"business_licence": True, "test_report": False}),
    (Place("douyin", "企业店", ("food.tea", "food")), {"business_licence": True, "food_licence": True, "food_producer_licence": True, "quarantine_certificate": True}),
    (Place("douyin", "企业店", ("beauty",)), {"business_licence": True, "cosmetics_filing": True, "quarantine_certificate": False, "efficacy_report": False}),
    (Place("own", "", ("home",)), {"business_licence": True}),
]


@pytest.mark.parametrize(("place", "expected"), PLACES, ids=lambda one: one.platform if isinstance(one, Place) else "")
def test_each_place_needs_exactly_its_documents(place, expected):
    assert {kind: rule.is_must for kind, rule in MATRIX.needed_at(place)} == expected


def test_every_rule_names_its_source():
    assert all(rule.source for rule in MATRIX.rules)
    assert MATRIX.version == "2026-11-22"


DAYS = [
    (TODAY - timedelta(days=1), Standing.EXPIRED), (TODAY, Standing.EXPIRING), (TODAY + timedelta(days=29), Standing.EXPIRING),
    (TODAY + timedelta(days=30), Standing.HELD), (None, Standing.HELD),
]


@pytest.mark.parametrize(("until", "expected"), DAYS)
def test_a_document_holds_through_its_last_day(until, expected):
    assert rules.standing_of(held(until), TODAY, warn_days=30) is expected


def test_a_document_that_was_not_checked_or_has_not_begun_is_not_green():
    assert rules.standing_of(held(state="filed"), TODAY, warn_days=30) is Standing.UNCHECKED
    assert rules.standing_of(held(valid_from=TODAY + timedelta(days=1)), TODAY, warn_days=30) is Standing.NOT_YET
    assert rules.standing_of(held(TODAY - timedelta(days=1), state="filed"), TODAY, warn_days=30) is Standing.EXPIRED


def test_the_best_document_speaks_and_withdrawn_ones_do_not():
    old, new, gone = held(TODAY - timedelta(days=1)), held(TODAY + timedelta(days=400)), held(state="withdrawn")
    assert rules.best_of([old, new, gone], TODAY, warn_days=30) == (Standing.HELD, new)
    assert rules.best_of([gone], TODAY, warn_days=30) == (Standing.MISSING, None)


def test_a_document_of_another_product_does_not_count():
    mine, other = uuid4(), uuid4()
    place = Place("douyin", "企业店", ("apparel",))
    papers = [held(), held(kind="test_report", product_id=other)]
    standing = {need.kind: need.standing for need in rules.needs_at(MATRIX, place, papers, mine, TODAY, warn_days=30)}
    assert standing == {"business_licence": Standing.HELD, "test_report": Standing.MISSING}
    standing = {need.kind: need.standing for need in rules.needs_at(MATRIX, place, papers, other, TODAY, warn_days=30)}
    assert standing["test_report"] is Standing.HELD


def test_only_what_must_be_held_blocks():
    place = Place("jd", "POP", ("apparel",))
    needs = {need.kind: need for need in rules.needs_at(MATRIX, place, [], uuid4(), TODAY, warn_days=30)}
    assert needs["business_licence"].is_red
    assert needs["brand_authorisation"].is_red
    assert not needs["test_report"].is_red
    assert needs["test_report"].is_amber


@given(left=st.integers(-400, 400))
def test_a_reminder_is_due_from_its_day_on_until_the_nearer_one(left):
    due = rules.reminder_due(TODAY + timedelta(days=left), TODAY)
    expected = None if left < 0 or left > 30 else 1 if left <= 1 else 7 if left <= 7 else 30
    assert due == expected


def test_withdrawn_documents_stay_withdrawn_and_dates_stay_in_order():
    assert rules.DOCUMENT_STEPS.is_final(DocumentState.WITHDRAWN)
    with pytest.raises(rules.DatesReversed):
        rules.check_dates(TODAY, TODAY - timedelta(days=1))
    rules.check_dates(TODAY, TODAY)
