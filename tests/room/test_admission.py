"""The admission rule of the ledger against a model simple enough to be read at a glance."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, field

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kaibo.kit.ids import new_id
from kaibo.room import backoffice, ledger
from kaibo.room.audit import differences
from kaibo.room.ledger import Ask
from tests.room.house import make_sale


@dataclass
class Model:
    """One sale: asks in order of arrival, one after the other."""

    left: dict[str, int]
    limits: dict[str, int | None]
    states: dict[str, str]
    answers: dict = field(default_factory=dict)
    held: dict = field(default_factory=dict)

    def ask(self, visitor, key, item, quantity):
        if (visitor, key) in self.answers:
            asked, answer = self.answers[visitor, key]
            return answer if asked == (item, quantity) else "key_reused"
        answer = self._decide(visitor, item, quantity)
        self.answers[visitor, key] = ((item, quantity), answer)
        return answer

    def _decide(self, visitor, item, quantity):
        if self.states[item] != "on_sale":
            return "not_on_sale"
        if self.left[item] < quantity:
            return "sold_out"
        limit = self.limits[item]
        if limit is not None and self.held.get((visitor, item), 0) + quantity > limit:
            return "limit_reached"
        self.left[item] -= quantity
        self.held[visitor, item] = self.held.get((visitor, item), 0) + quantity
        return "claimed"


ASK = st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(0, 2), st.integers(1, 4))
BATCHES = st.lists(st.lists(ASK, min_size=1, max_size=12), min_size=1, max_size=5)


@pytest.fixture(scope="module")
def runner():
    with asyncio.Runner() as running:
        yield running


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(batches=BATCHES, units=st.integers(1, 12), limit=st.none() | st.integers(1, 5), paused=st.booleans())
def test_batches_decide_as_if_everyone_had_stood_in_one_line(runner, dsn, batches, units, limit, paused):
    sale = make_sale(dsn, units=units, items=3)
    if limit is not None:
        sale.do(backoffice.set_limit, room=sale.room, item=sale.items[1], limit_per_visitor=limit)
    if paused:
        sale.do(backoffice.set_item_state, room=sale.room, item=sale.items[2], state="paused")
    model = Model(
        left=dict.fromkeys(sale.items, units),
        limits=dict(zip(sale.items, (None, limit, None))),
        states=dict(zip(sale.items, ("on_sale", "on_sale", "paused" if paused else "on_sale"))),
    )

    async def play():
        async with await ledger.connect(dsn) as connection:
            for batch in batches:
                named = [(f"v{v}", f"k{k}", sale.items[i], q) for v, k, i, q in batch]
                asks = [Ask(sale.room, v, k, uuid.UUID(i), q, new_id()) for v, k, i, q in named]
                outcomes = await ledger.admit(connection, asks)
                assert [outcome.result for outcome in outcomes] == [model.ask(*one) for one in named]

    runner.run(play())
    with psycopg.connect(dsn) as connection, connection.cursor() as cur:
        levels = {str(level.item): level.left for level in backoffice.item_levels(cur, sale.room)}
        assert levels == model.left
        assert [d for d in differences(cur) if any(item in d.subject for item in sale.items)] == []


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(asks=st.lists(ASK, min_size=1, max_size=10), units=st.integers(1, 6))
def test_the_quick_refusal_never_refuses_what_could_be_admitted(runner, dsn, asks, units):
    sale = make_sale(dsn, units=units, items=3)

    async def play():
        async with await ledger.connect(dsn) as connection:
            # item 0 is empty, item 1 has one unit, item 2 all of them
            for item, taken in ((0, units), (1, units - 1)):
                if taken:
                    await ledger.admit(connection, [Ask(sale.room, "x", f"x{item}", uuid.UUID(sale.items[item]), taken, new_id())])
            left = {0: 0, 1: 1, 2: units}
            seen = {}
            for v, k, i, q in asks:
                ask = Ask(sale.room, f"v{v}", f"k{k}", uuid.UUID(sale.items[i]), q, new_id())
                result = (await ledger.refuse_sold_out(connection, [ask]))[0].result
                if (v, k) in seen:
                    assert result == ("sold_out" if seen[v, k] == (i, q) else "key_reused")
                elif left[i] >= q:
                    assert result == "undecided"
                else:
                    assert result == "sold_out"
                    seen[v, k] = (i, q)

    runner.run(play())
    assert sale.one("select count(*) from room.claims where room = %s and visitor <> 'x'", sale.room) == 0


def test_a_batch_sent_again_with_its_own_attempts_gives_the_first_answers_and_is_no_repeat(runner, dsn):
    sale = make_sale(dsn, units=3)
    asks = [Ask(sale.room, "v", f"k{n}", uuid.UUID(sale.item), 1, new_id()) for n in range(5)]

    async def play():
        async with await ledger.connect(dsn) as connection:
            first = await ledger.admit(connection, asks)
            again = await ledger.admit(connection, asks)
            return first, again

    first, again = runner.run(play())
    assert [o.result for o in first] == ["claimed"] * 3 + ["sold_out"] * 2
    assert [(o.result, o.claim, o.unit_price_fen, o.pay_by, o.is_repeat) for o in again] == [
        (o.result, o.claim, o.unit_price_fen, o.pay_by, False) for o in first
    ]
    assert sale.one("select sum(answered_again) from room.answers where room = %s", sale.room) == 0


def test_the_proof_finds_a_planted_oversale_a_lost_claim_and_a_gap_in_the_numbers(dsn):
    """The checks of `kaibo check` are only worth something if a real fault turns them red."""
    sale = make_sale(dsn, units=5, limit_per_visitor=9)

    async def sell():
        async with await ledger.connect(dsn) as connection:
            await ledger.admit(connection, [Ask(sale.room, "v", "k", uuid.UUID(sale.item), 2, new_id())])

    asyncio.run(sell())
    planted = [
        ("delete from room.answers where room = %s", {"claimed units = sum of claims", "units a visitor holds of a limited item = sum of the visitor's claims"}),
        ("update room.answers set quantity = 3 where room = %s", {"claimed units = sum of claims", "units a visitor holds of a limited item = sum of the visitor's claims"}),
        ("delete from room.movements where kind = 'claimed' and item in (select item from room.items where room = %s)", {"units left = sum of movements", "claimed units = sum of claim movements"}),
        ("delete from room.events where seq = 1 and room = %s", {"events of a room are numbered 1, 2, 3 … without gaps"}),
    ]  # fmt: skip
    for damage, rules in planted:
        with psycopg.connect(dsn) as connection, connection.cursor() as cur:
            assert [d for d in differences(cur) if sale.item in d.subject or d.subject == sale.room] == []
            cur.execute(damage, (sale.room,))
            found = {d.rule for d in differences(cur) if sale.item in d.subject or d.subject == sale.room}
            connection.rollback()
        assert found >= rules, damage


def test_the_database_itself_refuses_a_level_below_zero(dsn):
    sale = make_sale(dsn, units=1)
    for damage in (
        "update room.items set left_units = -1, claimed_units = 2 where item = %s",
        "update room.items set left_units = 5 where item = %s",
        "update room.items set returned_units = 1, left_units = 2 where item = %s",
        "update room.items set state = 'closed' where item = %s",
    ):
        with pytest.raises(psycopg.errors.CheckViolation), psycopg.connect(dsn) as connection:
            connection.execute(damage, (sale.item,))
