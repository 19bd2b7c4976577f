"""States of an order and the merging of two truths: plain arithmetic, no database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kaibo.stages.orders import rules
from kaibo.stages.orders.platforms import holds_of, state_of
from kaibo.stages.orders.reading import discount_fen
from kaibo.stages.orders.rules import RANK, TERMINAL, Anomaly, Hold, Merged, State, merge_state

states = st.sampled_from(list(State))
S = State


@pytest.mark.parametrize(
    "known, heard, merged",
    [
        (None, S.PAID, Merged(S.PAID)),
        (S.PAID, S.COMPLETED, Merged(S.COMPLETED)),
        (S.ALLOCATED, S.PAID, Merged(S.ALLOCATED)),
        (S.SHIPPED, S.PAID, Merged(S.SHIPPED, Anomaly.BACKWARD)),
        (S.COMPLETED, S.CANCELLED, Merged(S.CLOSED)),
        (S.PAID, S.CANCELLED, Merged(S.CANCELLED)),
        (S.PENDING_PAYMENT, S.CLOSED, Merged(S.CANCELLED)),
        (S.SHIPPED, S.CANCELLED, Merged(S.CLOSED)),
        (S.CANCELLED, S.SHIPPED, Merged(S.CANCELLED, Anomaly.LEFT_TERMINAL)),
        (S.CANCELLED, S.CLOSED, Merged(S.CANCELLED)),
        (S.PAID, S.UNKNOWN, Merged(S.PAID, Anomaly.UNKNOWN_STATUS)),
        (None, S.UNKNOWN, Merged(S.UNKNOWN, Anomaly.UNKNOWN_STATUS)),
        (S.UNKNOWN, S.SHIPPED, Merged(S.SHIPPED)),
    ],
)
def test_what_is_heard_meets_what_is_known(known, heard, merged):
    assert merge_state(known, heard) == merged


class OrderHearsThePlatform(RuleBasedStateMachine):
    """Whatever a platform says in whatever order, an order goes forward, ends once, and every contradiction is kept."""

    @initialize(first=states)
    def begin(self, first):
        self.state = merge_state(None, first).state

    @rule(heard=states)
    def hear(self, heard):
        before, merged = self.state, merge_state(self.state, heard)
        if merged.state != before:
            assert rules.STEPS.allows(before, merged.state)
            assert merged.anomaly is None
        elif heard not in (before, State.UNKNOWN) and not (heard is State.PAID and before is State.ALLOCATED) and heard not in TERMINAL:
            assert merged.anomaly is not None
        if heard is State.UNKNOWN:
            assert merged.anomaly is Anomaly.UNKNOWN_STATUS
        self.state = merged.state

    @invariant()
    def an_ended_order_stays_ended(self):
        if getattr(self, "state", None) in TERMINAL:
            assert all(merge_state(self.state, heard).state is self.state for heard in State)


TestOrderHearsThePlatform = OrderHearsThePlatform.TestCase


@given(st.lists(states, min_size=1, max_size=6))
def test_an_order_is_never_ahead_of_its_slowest_living_line(lines):
    derived = rules.state_of_lines(lines)
    alive = [state for state in lines if state not in TERMINAL]
    if State.UNKNOWN in lines:
        assert derived is State.UNKNOWN
    elif not alive:
        assert derived in TERMINAL
    elif derived is State.PARTIALLY_SHIPPED:
        assert min(RANK[s] for s in alive) < RANK[State.SHIPPED]
    else:
        assert RANK[derived] == min(RANK[s] for s in alive)


def test_an_order_without_lines_is_refused():
    with pytest.raises(rules.OrderWithoutLines):
        rules.state_of_lines([])


def why(state=S.PAID, holds=(), unknown_lines=0, open_findings=0):
    return rules.why_not_shippable(state, holds, unknown_lines=unknown_lines, open_findings=open_findings)


def test_flags_outrank_the_state_and_everything_open_is_named():
    assert why() is None
    assert why(holds=[Hold.RISK_REVIEW, Hold.MANUAL])[0] == "风控审核中、人工挂起"
    assert why(state=S.PENDING_PAYMENT)[0] == "待付款"
    assert why(unknown_lines=2)[0] == "2 行商品没有对上货号"
    assert why(open_findings=1)[1] == "1 findings of the verification are open"


def test_the_platforms_promise_outranks_the_hours():
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    clock = {"paid_at": noon, "ordered_at": noon - timedelta(hours=1), "hours": 48}
    assert rules.ship_by(promised_at=noon + timedelta(hours=5), **clock) == noon + timedelta(hours=5)
    assert rules.ship_by(promised_at=None, **clock) == noon + timedelta(hours=48)
    assert rules.ship_by(promised_at=None, **clock | {"paid_at": None}) == noon + timedelta(hours=47)


@pytest.mark.parametrize(
    "word, state",
    [("待发货", S.PAID), ("买家已付款，等待卖家发货", S.PAID), ("(锁定)等待出库", S.PAID), ("已关闭", S.CANCELLED), ("神秘", S.UNKNOWN)],
)
def test_a_platforms_word_has_one_meaning_or_none(word, state):
    assert state_of(word) is state


def test_a_lock_in_the_status_and_an_aftersale_forbid_shipping():
    assert holds_of("（锁定）等待出库", "") == (Hold.PLATFORM_FORBID,)
    assert holds_of("待发货", "同意退款，退款成功") == (Hold.PLATFORM_FORBID,)
    assert holds_of("待发货", "待商家处理") == (Hold.AFTERSALE_OPEN,)
    assert holds_of("待发货", "售后关闭") == ()


@pytest.mark.parametrize("cell, fen", [("10.00", 1_000), ("店铺新客券-12.00", 1_200), ("店铺新客券-12.00;满300减30-30", 4_200), ("-3.5", 350)])
def test_a_discount_is_read_with_its_name(cell, fen):
    assert discount_fen(cell) == fen


@pytest.mark.parametrize("stage", ["orders", "aftersales"])
def test_the_state_diagram_in_the_docs_is_the_table(stage):
    from kaibo.stages.aftersales.rules import STEPS as AFTERSALES_STEPS

    table = rules.STEPS if stage == "orders" else AFTERSALES_STEPS
    page = Path(__file__).resolve().parents[3] / "docs" / "stages" / f"{stage}.md"
    assert table.as_mermaid() in page.read_text(encoding="utf-8")
