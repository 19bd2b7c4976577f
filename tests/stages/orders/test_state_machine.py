"""Any order of deeds at an order of two lines and its parcels, against a model of a few numbers: nothing leaves twice, nothing leaves that was stopped."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from kaibo.kit.errors import KaiboError
from kaibo.master.stock import queries as stock
from kaibo.master.stock.models import Level
from kaibo.master.stock.rules import Bucket
from kaibo.plumbing.access.actor import KAIBO
from kaibo.stages.orders import services, shipping, stopping
from kaibo.stages.orders.checks import differences
from kaibo.stages.orders.models import Order, OrderLine, Shipment, ShipmentLine
from kaibo.stages.orders.rules import Hold
from tests.make.goods import make_product, make_sku, make_stock
from tests.make.orders import NOW, row, take
from tests.make.people import make_shop

pytestmark = pytest.mark.django_db

NUMBERS = count()
ORDERED = {"coat": 2, "belt": 3}
few, lines = st.integers(0, 3), st.sampled_from(sorted(ORDERED))


class OrderMachine(RuleBasedStateMachine):
    """An order of our own room: two coats and three belts, four belts on the shelf and as many coats as come in."""

    @initialize(coats=st.integers(0, 3))
    def begin(self, coats):
        number = next(NUMBERS)
        product = make_product(make_shop())
        self.items = {one: make_sku(product, code=f"OM-{one}-{number}", specification=f"{one} {number}") for one in ORDERED}
        rows = [
            row(f"OM{number}", line_no=f"OM{number}-{one}", code=sku.code, specification=sku.specification, quantity=ORDERED[one], amount=59_900 * ORDERED[one],
                phone=f"139{number:08d}", address=f"浙江省杭州市西湖区文三路{number + 1}号1幢")
            for one, sku in self.items.items()
        ]  # fmt: skip
        take(rows)
        self.order = Order.objects.get(order_no=f"OM{number}")
        Order.objects.filter(pk=self.order.pk).update(platform="own", open_findings=0)
        self.order.findings.all().delete()
        self.lines = {one: OrderLine.objects.get(order=self.order, sku=sku).pk for one, sku in self.items.items()}
        self.shelf, self.state, self.holds, self.is_released = {"coat": 0, "belt": 0}, "paid", set(), False
        self.sent, self.stopped, self.back = ({one: 0 for one in ORDERED} for _ in range(3))
        self.add("coat", coats)
        self.add("belt", 4)
        self.keys = count()

    def add(self, one, units):
        if units:
            make_stock(self.items[one], units)
            self.shelf[one] += units

    def at_customers(self, sku):
        return sum(Level.objects.filter(sku=sku, bucket=Bucket.CUSTOMER.value).values_list("quantity", flat=True))

    def open_of(self, one):
        return ORDERED[one] - self.sent[one] - self.stopped[one]

    @property
    def is_reserved(self):
        return self.state in {"allocated", "partially_shipped"}

    def tried(self, deed, **said):
        try:
            return deed(now=NOW, **said)
        except KaiboError:
            return None

    def reserve_in_model(self):
        if any(self.shelf[one] < self.open_of(one) for one in ORDERED):
            return False
        for one in ORDERED:
            self.shelf[one] -= self.open_of(one)
        self.state = "allocated"
        return True

    @rule(one=lines, units=st.integers(1, 2))
    def goods_come_in(self, one, units):
        self.add(one, units)

    @rule()
    def release(self):
        may = self.state in {"paid", "allocated"} and not self.is_released and not self.holds
        assert services.release_passed(actor=KAIBO, shop_id=None, now=NOW) >= may
        self.is_released = self.is_released or may

    @rule()
    def reserve_by_the_clock(self):
        due = self.state == "paid" and self.is_released and not self.holds
        shipping.allocate_released(NOW)
        if due and not self.reserve_in_model():
            self.holds.add("stock_short")

    @rule()
    def try_short_again(self):
        due = self.state == "paid" and self.is_released and self.holds == {"stock_short"}
        shipping.try_short_again(NOW)
        if due and self.reserve_in_model():
            self.holds.clear()

    @rule(flag=st.sampled_from([Hold.MANUAL, Hold.RISK_REVIEW]))
    def hold(self, flag):
        may = flag.value not in self.holds and self.state in {"paid", "allocated", "partially_shipped"}
        assert bool(self.tried(services.hold_orders, actor=KAIBO, order_ids=[self.order.pk], reason="等一等", flag=flag)) == may
        if may:
            self.holds.add(flag.value)

    @rule(flag=st.sampled_from([Hold.MANUAL, Hold.RISK_REVIEW]))
    def lift(self, flag):
        self.tried(services.lift_hold, actor=KAIBO, order_id=self.order.pk, flag=flag)
        self.holds.discard(flag.value)

    @rule(coats=few, belts=few, is_all=st.booleans())
    def send(self, coats, belts, is_all):
        wanted = {one: self.open_of(one) for one in ORDERED} if is_all else {"coat": coats, "belt": belts}
        may = not self.holds and self.state in {"paid", "allocated", "partially_shipped"} and any(wanted.values())
        may = may and all(units <= self.open_of(one) for one, units in wanted.items())
        if may and self.state == "paid":
            may = self.reserve_in_model()
        units = None if is_all else {self.lines[one]: number for one, number in wanted.items()}
        made = self.tried(shipping.ship_order, actor=KAIBO, order_id=self.order.pk, carrier="顺丰", tracking_no=f"SF{next(self.keys)}{self.order.order_no}", units=units)
        assert (made is not None) == may
        if may:
            for one, number in wanted.items():
                self.sent[one] += number
            self.state = "partially_shipped" if any(self.open_of(one) for one in ORDERED) else "shipped"

    @rule(one=lines, units=st.integers(1, 4))
    def money_goes_back(self, one, units):
        stopped = min(units, self.open_of(one)) if self.state in {"paid", "allocated", "partially_shipped"} else 0
        assert stopping.stop_units(line_id=self.lines[one], units=units, case_no="AS1", now=NOW) == max(stopped, 0)
        if stopped <= 0:
            return
        if self.is_reserved:
            self.shelf[one] += stopped
        self.stopped[one] += stopped
        if not any(self.open_of(other) for other in ORDERED):
            self.state = "shipped" if any(self.sent.values()) else "cancelled"

    @rule(one=lines, units=st.integers(1, 3))
    def come_back(self, one, units):
        may = units <= self.sent[one] - self.back[one]
        said = {"line_id": self.lines[one], "quantity": units, "reference": f"sm{next(self.keys)}"}
        assert bool(self.tried(shipping.record_return, actor=KAIBO, **said)) == may
        if may:
            self.back[one] += units

    @invariant()
    def books_and_model_agree(self):
        if not hasattr(self, "keys"):
            return
        kept = Order.objects.get(pk=self.order.pk)
        assert (kept.state, set(kept.hold_flags), kept.released_at is not None) == (self.state, self.holds, self.is_released)
        for one, sku in self.items.items():
            line = OrderLine.objects.get(pk=self.lines[one])
            assert (line.shipped, line.cancelled, line.returned) == (self.sent[one], self.stopped[one], self.back[one])
            there = {bucket.value: units for bucket, units in stock.levels_of([sku.pk])[sku.pk].items()}
            assert there.get("sellable", 0) == self.shelf[one]
            assert there.get("reserved", 0) == (self.open_of(one) if self.is_reserved else 0)
            assert self.at_customers(sku) == self.sent[one] - self.back[one]
            assert sum(ShipmentLine.objects.filter(line=line).values_list("quantity", flat=True)) == self.sent[one]

    def teardown(self):
        if hasattr(self, "keys"):
            assert stock.differences() == []
            assert [one for one in differences() if str(self.order.pk) in str(one)] == []
            assert Shipment.objects.filter(order=self.order).count() <= sum(self.sent.values())


def test_whatever_is_done_to_an_order_its_parcels_and_the_ledger_agree(shop):
    run_state_machine_as_test(
        OrderMachine,
        settings=settings(max_examples=8, stateful_step_count=16, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)),
    )
