"""Severity, deadlines, the way of a case: plain arithmetic."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaibo.stages.aftersales import rules
from kaibo.stages.aftersales.deadlines import Hours
from kaibo.stages.aftersales.rules import Impact, Nature, Severity, State

OPENED = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOURS = Hours(minor=30, general=15, serious=2, refund_days=7, follow_up=15)


@pytest.mark.parametrize(
    "nature, impact, severity",
    [
        (Nature.SIZE, Impact.ONE, Severity.MINOR),
        (Nature.SIZE, Impact.SEVERAL, Severity.GENERAL),
        (Nature.QUALITY, Impact.ONE, Severity.GENERAL),
        (Nature.QUALITY, Impact.SEVERAL, Severity.SERIOUS),
        (Nature.NO_REASON, Impact.PUBLIC, Severity.SERIOUS),
        (Nature.SAFETY, Impact.ONE, Severity.SERIOUS),
    ],
)
def test_severity_follows_from_nature_and_impact(nature, impact, severity):
    assert rules.severity_of(nature, impact, {}) is severity


def test_a_changed_cell_outranks_the_default():
    assert rules.severity_of(Nature.SIZE, Impact.ONE, {("size", "one"): "serious"}) is Severity.SERIOUS
    assert rules.severity_of(Nature.SIZE, Impact.SEVERAL, {("size", "one"): "serious"}) is Severity.GENERAL


@given(st.sampled_from(list(Nature)), st.sampled_from(list(Impact)), st.sampled_from(list(Impact)))
def test_a_wider_impact_is_never_milder(nature, one, other):
    order, reach = list(Severity), list(Impact)
    if reach.index(one) <= reach.index(other):
        assert order.index(rules.default_severity(nature, one)) <= order.index(rules.default_severity(nature, other))


def due(state, severity=Severity.MINOR, **moments):
    return rules.due_at(
        state, severity, opened_at=OPENED, received_at=moments.get("received_at"), settled_at=moments.get("settled_at"),
        next_contact_at=moments.get("next_contact_at"), hours=HOURS,
    )  # fmt: skip


def test_each_level_has_its_own_time():
    assert due(State.REQUESTED, Severity.MINOR) == OPENED + timedelta(hours=48)
    assert due(State.REQUESTED, Severity.GENERAL) == OPENED + timedelta(hours=24)
    assert due(State.REQUESTED, Severity.SERIOUS) == OPENED + timedelta(hours=2)


def test_after_goods_came_back_the_laws_seven_days_hold():
    received = OPENED + timedelta(days=5)
    assert due(State.RECEIVED, Severity.SERIOUS, received_at=received) == datetime(2026, 12, 4, 16, 0, tzinfo=UTC)


def test_a_settled_case_is_due_for_its_call_and_a_closed_one_for_nothing():
    settled = OPENED + timedelta(days=3)
    assert due(State.REFUNDED, settled_at=settled) == settled + timedelta(hours=24)
    assert due(State.CLOSED) is None


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(-10, 10**9))
def test_a_refund_passes_exactly_when_it_is_positive_and_fits(paid, refunded, amount):
    fits = amount > 0 and refunded + amount <= paid
    try:
        rules.check_refund(paid_fen=paid, refunded_fen=refunded, amount_fen=amount)
    except (rules.RefundBeyondPaid, rules.RefundNotPositive):
        assert not fits
    else:
        assert fits


def test_only_a_satisfied_buyer_closes_a_case():
    assert not rules.may_close(State.REFUNDED, last_contact="unsatisfied")
    assert not rules.may_close(State.REQUESTED, last_contact="satisfied")
    assert rules.may_close(State.REFUNDED, last_contact="satisfied")
    assert rules.may_close(State.BUYER_CANCELLED, last_contact="")


@given(st.lists(st.sampled_from(list(State)), max_size=30))
def test_no_walk_leaves_a_closed_case(walk):
    state = State.REQUESTED
    for target in walk:
        if rules.STEPS.allows(state, target):
            assert state is not State.CLOSED
            state = target


@pytest.mark.parametrize(
    "reason, nature",
    [("穿了一次就起球", Nature.QUALITY), ("尺码偏大", Nature.SIZE), ("七天无理由", Nature.NO_REASON), ("皮肤过敏了，质量太差", Nature.SAFETY), ("快递破损", Nature.DAMAGE), ("嗯", Nature.OTHER)],
)
def test_the_graver_reading_of_a_reason_wins(reason, nature):
    assert rules.nature_of(reason) is nature


@pytest.mark.parametrize("severity", list(Severity))
def test_only_whose_safety_is_concerned_is_asked_after_his_health(severity):
    level = rules.LEVELS[severity]
    assert rules.phrases_for(level, Nature.SAFETY) == level.phrases
    for nature in Nature:
        said = rules.phrases_for(level, nature)
        assert said and (nature is Nature.SAFETY or not any("身体" in zh for zh, _en in said))
