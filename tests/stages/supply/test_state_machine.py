"""Any order of deeds at a purchase order, its arrivals, their inspection and what is held, against a model of a few numbers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from kaibo.kit.errors import KaiboError
from kaibo.master.stock import queries as stock
from kaibo.plumbing.access.actor import KAIBO
from kaibo.stages.supply import arrivals, purchase_changes, replenishing, services, settling
from kaibo.stages.supply.models import Custody, Inspection, Purchase
from tests.make.goods import make_product, make_sku, make_warehouse
from tests.make.people import make_shop
from tests.make.supply import BAD, GOOD, NOW, TEMPLATE, make_supplier

pytestmark = pytest.mark.django_db

ORDERED = 60
NUMBERS = iter(range(10**6))
PLACE = {"released": "sellable", "returned": None, "scrapped": None, "repeat": "incoming"}


class SupplyMachine(RuleBasedStateMachine):
    """One order of 60 units; lots are told apart by the order in which they came."""

    @initialize()
    def begin(self):
        self.sku = make_sku(make_product(make_shop()), code=f"KB-SM-{next(NUMBERS)}")
        make_warehouse()
        services.ensure_template(category=self.sku.product.category_id, items=TEMPLATE)
        self.order = services.draft_purchase(
            actor=KAIBO, supplier_id=make_supplier().pk, sku_id=self.sku.pk, quantity=ORDERED, price_fen=21_000, now=NOW
        )
        self.state, self.is_short = "draft", False
        self.checks = []  # [id, units, state, is_repeat]
        self.held = []  # [custody id, units, is settled]
        self.units = {"incoming": 0, "sellable": 0, "held": 0}

    def tried(self, deed, **said):
        try:
            return True, deed(now=NOW + timedelta(hours=1), actor=KAIBO, **said)
        except KaiboError:
            return False, None

    @property
    def received(self):
        return sum(units for _id, units, state, is_repeat in self.checks if state != "undone" and not is_repeat)

    @rule()
    def approve(self):
        may, _ = self.tried(services.approve_purchase, purchase_id=self.order.pk)
        assert may == (self.state == "draft")
        self.state = "approved" if may else self.state

    @rule()
    def cancel(self):
        may, _ = self.tried(services.cancel_purchase, purchase_id=self.order.pk)
        assert may == (self.state in {"draft", "approved"} and self.received == 0)
        self.state = "cancelled" if may else self.state

    @rule(units=st.sampled_from([1, 20, 40, 61]))
    def arrive(self, units):
        may, made = self.tried(arrivals.receive_goods, purchase_id=self.order.pk, lot_code=f"L{len(self.checks)}", quantity=units)
        assert may == (self.state == "approved" and self.received + units <= ORDERED)
        if may:
            self.checks.append([made.pk, units, "open", False])
            self.units["incoming"] += units
            self.state = "received" if self.received == ORDERED else self.state

    @rule(by=st.sampled_from(["supplier", "us"]))
    def close_rest(self, by):
        may, missing = self.tried(purchase_changes.close_rest, purchase_id=self.order.pk, short_by=by, reason="断供")
        assert may == (self.state == "approved" and 0 < self.received < ORDERED)
        if may:
            assert missing == ORDERED - self.received
            self.state, self.is_short = "received", True

    @rule()
    def reopen_rest(self):
        may, _ = self.tried(purchase_changes.reopen_rest, purchase_id=self.order.pk)
        assert may == self.is_short
        if may:
            self.state, self.is_short = "approved", False

    @rule(data=st.data())
    def take_back(self, data):
        if not self.checks:
            return
        check = data.draw(st.sampled_from(self.checks))
        may, _ = self.tried(arrivals.take_back_arrival, inspection_id=check[0], reason="登记错")
        assert may == (check[2] == "open" and not check[3])
        if may:
            check[2] = "undone"
            self.units["incoming"] -= check[1]
            self.state = self.state if self.is_short else "approved"

    @rule(data=st.data(), is_good=st.booleans())
    def judge(self, data, is_good):
        if not self.checks:
            return
        check = data.draw(st.sampled_from(self.checks))
        may, _ = self.tried(services.decide_inspection, inspection_id=check[0], values=GOOD if is_good else BAD)
        assert may == (check[2] == "open")
        if not may:
            return
        check[2] = "passed" if is_good else "failed"
        self.units["incoming"] -= check[1]
        self.units["sellable" if is_good else "held"] += check[1]
        if not is_good:
            self.held.append([Custody.objects.get(inspection=check[0]).pk, check[1], False])

    @rule(data=st.data(), outcome=st.sampled_from([*PLACE, "sold"]), reason=st.sampled_from(["核过", " "]))
    def settle(self, data, outcome, reason):
        if not self.held:
            return
        one = data.draw(st.sampled_from(self.held))
        may, _ = self.tried(settling.settle_custody, custody_id=one[0], outcome=outcome, reason=reason)
        assert may == (not one[2] and outcome in PLACE and reason == "核过")
        if not may:
            return
        one[2] = True
        self.units["held"] -= one[1]
        if PLACE[outcome]:
            self.units[PLACE[outcome]] += one[1]
        if outcome == "repeat":
            again = Inspection.objects.filter(sku=self.sku, is_repeat=True).exclude(pk__in=[check[0] for check in self.checks]).get()
            self.checks.append([again.pk, one[1], "open", True])

    @invariant()
    def books_and_model_agree(self):
        if not hasattr(self, "order"):
            return
        kept = Purchase.objects.get(pk=self.order.pk)
        assert (kept.state, kept.received, bool(kept.short_by)) == (self.state, self.received, self.is_short)
        assert (kept.completed_at is None) == (kept.state != "received")
        coming = ORDERED - self.received if self.state in {"draft", "approved"} else 0
        assert replenishing.on_order([self.sku.pk]).get(self.sku.pk, 0) == coming
        there = {bucket.value: units for bucket, units in stock.levels_of([self.sku.pk])[self.sku.pk].items() if bucket.is_internal}
        assert {bucket: there.get(bucket, 0) for bucket in self.units} == self.units
        assert dict(Inspection.objects.filter(sku=self.sku).values_list("pk", "state")) == {check[0]: check[2] for check in self.checks}

    def teardown(self):
        if hasattr(self, "order"):
            assert stock.differences() == []


def test_whatever_happens_to_an_order_its_goods_and_the_books_agree(shop):
    run_state_machine_as_test(
        SupplyMachine, settings=settings(max_examples=8, stateful_step_count=16, deadline=None, phases=[Phase.generate],  suppress_health_check=list(HealthCheck))
    )
