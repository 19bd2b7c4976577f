"""Any order of movements of an item and of a bundle that holds it, against a model of plain numbers: same answers, same levels, nothing lost."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from kaibo.kit.errors import KaiboError
from kaibo.kit.ids import new_id
from kaibo.master.catalog.models import BundleComponent, Sku
from kaibo.master.stock import allotments, queries, services
from kaibo.master.stock.models import Level, Reservation
from kaibo.master.stock.parts import release_part, ship_part
from kaibo.master.stock.rules import Bucket
from kaibo.plumbing.access.actor import KAIBO
from tests.make.goods import NOW, make_product, make_sku, make_stock, make_warehouse
from tests.make.people import make_shop

pytestmark = pytest.mark.django_db

NUMBERS = count()
INTERNAL = ("sellable", "reserved", "allotted", "incoming")
EACH = {"coat": {"coat": 1}, "belt": {"belt": 1}, "set": {"coat": 1, "belt": 2}}
"""What one of each really moves: the set is a coat with two belts."""
things, few = st.sampled_from(sorted(EACH)), st.integers(1, 4)


class StockMachine(RuleBasedStateMachine):
    """A coat, a belt and the set of a coat and two belts in one warehouse."""

    @initialize()
    def begin(self):
        number = next(NUMBERS)
        product = make_product(make_shop())
        self.items = {one: make_sku(product, code=f"SM-{one}-{number}", specification=f"{one}{number}") for one in EACH}
        Sku.objects.filter(pk=self.items["set"].pk).update(is_bundle=True)
        for part, units in EACH["set"].items():
            BundleComponent.objects.create(bundle=self.items["set"], component=self.items[part], quantity=units)
        self.place = make_warehouse().pk
        self.there = {part: dict.fromkeys(INTERNAL, 0) for part in ("coat", "belt")}
        self.left = {"coat": 0, "belt": 0}
        self.promised = []  # [reference, thing, units open, units sent]
        self.given = []  # [allotment id, thing, units, settled, is open]
        self.settled = []  # [reference, place in given, units, is open]
        self.keys = count()

    def tried(self, deed, **said):
        try:
            return deed(actor=KAIBO, now=NOW, **said)
        except KaiboError:
            return None

    def fits(self, thing, units, bucket):
        return all(self.there[part][bucket] >= each * units for part, each in EACH[thing].items())

    def move(self, thing, units, source, target):
        for part, each in EACH[thing].items():
            for place, sign in ((source, -1), (target, 1)):
                if place == "customer":
                    self.left[part] += sign * each * units
                elif place:
                    self.there[part][place] += sign * each * units

    @rule(part=st.sampled_from(["coat", "belt"]), units=few)
    def come_in(self, part, units):
        make_stock(self.items[part], units)
        self.there[part]["sellable"] += units

    @rule(thing=things, units=few)
    def promise(self, thing, units):
        reference = f"sm:{next(NUMBERS)}"
        may = self.fits(thing, units, "sellable")
        assert bool(self.tried(services.reserve, sku_id=self.items[thing].pk, warehouse_id=self.place, quantity=units, reference=reference)) == may
        if may:
            self.move(thing, units, "sellable", "reserved")
            self.promised.append([reference, thing, units, 0])
            again = self.tried(services.reserve, sku_id=self.items[thing].pk, warehouse_id=self.place, quantity=units, reference=reference)
            assert again is False

    @rule(data=st.data(), units=few)
    def send_some(self, data, units):
        if not self.promised:
            return
        one = data.draw(st.sampled_from(self.promised))
        may = 0 < units <= one[2]
        sent = {self.items[one[1]].pk: (units, one[3] + units)}
        assert (self.tried(ship_part, reference=one[0], sent=sent) == units) == may
        if may:
            self.move(one[1], units, "reserved", "customer")
            one[2], one[3] = one[2] - units, one[3] + units

    @rule(data=st.data())
    def send_all_twice(self, data):
        if not self.promised:
            return
        one = data.draw(st.sampled_from(self.promised))
        assert self.tried(services.ship_reserved, reference=one[0]) == one[2]
        assert self.tried(services.ship_reserved, reference=one[0]) == 0
        self.move(one[1], one[2], "reserved", "customer")
        one[2], one[3] = 0, one[3] + one[2]

    @rule(data=st.data(), units=few)
    def free_some(self, data, units):
        if not self.promised:
            return
        one = data.draw(st.sampled_from(self.promised))
        may, key = units <= one[2], str(next(self.keys))
        assert bool(self.tried(release_part, reference=one[0], sku_id=self.items[one[1]].pk, units=units, key=key)) == may
        if may:
            self.move(one[1], units, "reserved", "sellable")
            one[2] -= units

    @rule(data=st.data())
    def free_all(self, data):
        if not self.promised:
            return
        one = data.draw(st.sampled_from(self.promised))
        assert self.tried(services.release_reserved, reference=one[0]) == one[2]
        self.move(one[1], one[2], "reserved", "sellable")
        one[2] = 0

    @rule(data=st.data())
    def come_back(self, data):
        sent = [one for one in self.promised if one[3]]
        if not sent:
            return
        one = data.draw(st.sampled_from(sent))
        assert self.tried(
            services.take_back, sku_id=self.items[one[1]].pk, warehouse_id=self.place, quantity=1, reference=f"{one[0]}:{next(self.keys)}"
        )
        self.move(one[1], 1, "customer", "incoming")
        one[3] -= 1

    @rule(thing=things, units=few)
    def give_to_a_session(self, thing, units):
        may = self.fits(thing, units, "sellable")
        made = self.tried(allotments.open_allotment, sku_id=self.items[thing].pk, warehouse_id=self.place, session_id=new_id(), quantity=units)
        assert (made is not None) == may
        if may:
            self.move(thing, units, "sellable", "allotted")
            self.given.append([made.pk, thing, units, 0, True])

    @rule(data=st.data(), units=few)
    def sell_there(self, data, units):
        if not self.given:
            return
        place = data.draw(st.integers(0, len(self.given) - 1))
        one, reference = self.given[place], f"sm:{next(NUMBERS)}"
        may = units <= one[2] - one[3] and one[4]
        if not one[4] and units <= one[2] - one[3]:
            return  # after closing, units still belong to claims that were admitted before: the room says which
        done = self.tried(allotments.settle, allotment_id=one[0], claim_id=new_id(), quantity=units, reference=reference, expires_at=None)
        assert bool(done) == may
        if may:
            self.move(one[1], units, "allotted", "reserved")
            one[3] += units
            self.settled.append([reference, place, units, True])

    @rule(data=st.data())
    def give_back_unpaid(self, data):
        if not self.settled:
            return
        one = data.draw(st.sampled_from(self.settled))
        given = self.given[one[1]]
        may = one[3] and given[4]
        assert bool(self.tried(allotments.give_back, allotment_id=given[0], reference=one[0], quantity=one[2])) == may
        if may:
            self.move(given[1], one[2], "reserved", "allotted")
            given[3], one[3] = given[3] - one[2], False

    @rule(data=st.data())
    def close_the_session(self, data):
        if not self.given:
            return
        one = data.draw(st.sampled_from(self.given))
        unclaimed = one[2] - one[3]
        back = self.tried(allotments.close_allotment, allotment_id=one[0], unclaimed=unclaimed)
        assert back == (unclaimed if one[4] else 0)
        if one[4]:
            self.move(one[1], unclaimed, "allotted", "sellable")
            one[2], one[4] = one[3], False

    @invariant()
    def levels_are_those_of_the_model(self):
        if not hasattr(self, "items"):
            return
        levels = queries.levels_of([self.items[part].pk for part in self.there])
        for part, model in self.there.items():
            found = levels[self.items[part].pk]
            assert {bucket: found.get(Bucket(bucket), 0) for bucket in INTERNAL} == model, part
            at_customers = Level.objects.filter(sku=self.items[part].pk, bucket=Bucket.CUSTOMER.value).values_list("quantity", flat=True)
            assert sum(at_customers) == self.left[part]
        open_units = sum(Reservation.objects.filter(sku__in=[one.pk for one in self.items.values()], state="open").values_list("quantity", flat=True))
        assert open_units == sum(one[2] for one in self.promised) + sum(one[2] for one in self.settled if one[3])

    def teardown(self):
        if hasattr(self, "items"):
            assert queries.differences() == []


def test_whatever_moves_in_whatever_order_the_ledger_agrees_with_plain_numbers(shop):
    run_state_machine_as_test(
        StockMachine,
        settings=settings(max_examples=12, stateful_step_count=18, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)),
    )
