"""Any order of movements of an item and of a bundle that holds it, against a model of plain numbers: same answers, same levels, nothing lost."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from kaibo.kit.errors import KaiboError
from kaibo.kit.ids import new_id
from kaibo.master.catalog.models import BundleComponent, ShipPromise, Sku
from kaibo.master.stock import allotments, presale, queries, services
from kaibo.master.stock.batches import Promise, Quota, close_many, reserve_many
from kaibo.master.stock.models import Awaited, Level, Presale, Reservation
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
parts = st.sampled_from(["coat", "belt"])


class StockMachine(RuleBasedStateMachine):
    """A coat, a belt and the set of a coat and two belts in one warehouse."""

    @initialize(ahead=st.sampled_from([0, 4, 12]), is_cut=st.booleans())
    def begin(self, ahead, is_cut):
        self.start(ahead, is_cut)

    def start(self, ahead, is_cut):
        number = next(NUMBERS)
        product = make_product(make_shop())
        self.items = {one: make_sku(product, code=f"SM-{one}-{number}", specification=f"{one}{number}") for one in EACH}
        Sku.objects.filter(pk=self.items["set"].pk).update(is_bundle=True)
        for part, units in EACH["set"].items():
            BundleComponent.objects.create(bundle=self.items["set"], component=self.items[part], quantity=units)
        self.place = make_warehouse().pk
        self.there = {part: dict.fromkeys(INTERNAL, 0) for part in ("coat", "belt")}
        self.left = {"coat": 0, "belt": 0}
        self.promised = []  # [reference, thing, units open, units sent, still on their way by part, promised day, which quotas]
        self.coming = dict.fromkeys(self.there, 0)  # confirmed on its way, as supply counts it
        self.unsold = dict.fromkeys(self.there, 0)
        self.quota = dict.fromkeys(self.there)
        self.promise_of_shipping = ShipPromise.objects.create(product=product, days=15, starts_at=NOW, made_by="x", made_at=NOW, ended_at=NOW)
        self.given = []  # [allotment id, thing, units, settled, is open]
        self.settled = []  # [reference, place in given, units, is open]
        self.keys = count()
        for part in ("coat", "belt") if ahead else ():  # nothing on the shelf, something on its way, sold before
            self.order(part, ahead)
            self.give(part, ahead)
            for day in (3, 1, 2):
                self.sell(part, 1 + ahead // 6, day)
            if is_cut:
                self.cut(part, ahead // 2 - 1)

    def tried(self, deed, **said):
        try:
            return deed(actor=KAIBO, now=NOW, **said)
        except KaiboError:
            return None

    def fits(self, thing, units, bucket):
        return all(self.there[part][bucket] >= each * units for part, each in EACH[thing].items())

    def owed(self, part):
        return sum(one[4][part] for one in self.promised)

    def drop(self, one, dropped):
        """Units nobody waits for any more are for sale again while their quota is open and that many still come."""
        for part, units in dropped.items():
            one[4][part] -= units
            if one[6].get(part) == self.quota[part] is not None:
                self.unsold[part] += max(0, min(units, max(0, self.coming[part] - self.owed(part)) - self.unsold[part]))

    def move_here(self, one, units, target, keep=0):
        """What is here of `units` goes to `target`; `keep` units of the promise stay with what they wait for."""
        for part, each in EACH[one[1]].items():
            waited = one[4][part] - min(one[4][part], each * keep)
            here = each * units - waited
            self.there[part]["reserved"] -= here
            if target == "customer":
                self.left[part] += here
            else:
                self.there[part][target] += here
            self.drop(one, {part: waited})

    def fill(self, part):
        for one in sorted((one for one in self.promised if one[4][part]), key=lambda one: one[5]):
            units = min(one[4][part], self.there[part]["sellable"])
            one[4][part] -= units
            self.there[part]["sellable"] -= units
            self.there[part]["reserved"] += units

    def tell(self, part):
        told = presale.tell_coming(actor=KAIBO, sku_id=self.items[part].pk, coming=self.coming[part], now=NOW)
        fallen = max(0, self.unsold[part] - max(0, self.coming[part] - self.owed(part)))
        assert told == (fallen, max(0, self.owed(part) - self.coming[part]))
        self.unsold[part] -= fallen

    def whole_here(self, one):
        return min((each * one[2] - one[4][part]) // each for part, each in EACH[one[1]].items())

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
            self.promised.append([reference, thing, units, 0, Counter(), 0, {}])
            again = self.tried(services.reserve, sku_id=self.items[thing].pk, warehouse_id=self.place, quantity=units, reference=reference)
            assert again is False

    @rule(data=st.data(), units=few)
    def send_some(self, data, units):
        if not self.promised:
            return
        one = data.draw(st.sampled_from(self.promised))
        may = 0 < units <= self.whole_here(one)
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
        if any(one[4].values()):
            assert self.tried(services.ship_reserved, reference=one[0]) is None
            return
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
        if may:  # what is still on its way goes first
            for part, each in EACH[one[1]].items():
                waited = min(one[4][part], each * units)
                self.there[part]["reserved"] -= each * units - waited
                self.there[part]["sellable"] += each * units - waited
                self.drop(one, {part: waited})
            one[2] -= units

    @rule(data=st.data())
    def free_all(self, data):
        if not self.promised:
            return
        one = data.draw(st.sampled_from(self.promised))
        assert self.tried(services.release_reserved, reference=one[0]) == one[2]
        self.move_here(one, one[2], "sellable")
        one[2] = 0

    @rule(part=parts, units=st.integers(1, 9))
    def goods_are_ordered(self, part, units):
        self.order(part, units)

    def order(self, part, units):
        self.coming[part] += units
        self.tell(part)

    @rule(part=parts, units=st.integers(1, 9))
    def an_order_is_cut(self, part, units):
        self.cut(part, units)

    def cut(self, part, units):
        self.coming[part] = max(0, self.coming[part] - units)
        self.tell(part)

    @rule(part=parts, units=st.integers(1, 9))
    def goods_arrive(self, part, units):
        units = min(units, self.coming[part])
        if units:
            make_stock(self.items[part], units)
            self.coming[part] -= units
            self.there[part]["sellable"] += units
            before, free = self.owed(part), self.there[part]["sellable"]
            assert self.tried(presale.fill, sku_ids=[self.items[part].pk]) == min(before, free)
            self.fill(part)
            self.tell(part)

    @rule(part=parts, units=few)
    def a_quota_is_given(self, part, units):
        self.give(part, units)

    def give(self, part, units):
        may = units <= self.coming[part] - self.owed(part) - self.unsold[part]
        made = self.tried(
            presale.give, sku_id=self.items[part].pk, warehouse_id=self.place, promise_id=self.promise_of_shipping.pk, units=units,
            in_time=self.coming[part], coming=self.coming[part],
        )  # fmt: skip
        assert (made is not None) == may
        if may:
            self.unsold[part] += units
            self.quota[part] = made.pk

    @rule(part=parts)
    def a_quota_is_taken_back(self, part):
        assert self.tried(presale.take_back, sku_id=self.items[part].pk) == (None if self.quota[part] is None else self.unsold[part])
        self.unsold[part], self.quota[part] = 0, None

    @rule(thing=things, units=few, day=st.integers(1, 3))
    def sell_ahead(self, thing, units, day):
        self.sell(thing, units, day)

    def sell(self, thing, units, day):
        reference = f"sm:{next(NUMBERS)}"
        ahead = {self.items[part].pk: Quota(pk, self.place) for part, pk in self.quota.items() if pk}
        needs = {part: max(0, each * units - self.there[part]["sellable"]) for part, each in EACH[thing].items()}
        may = all(not need or (self.quota[part] and need <= self.unsold[part]) for part, need in needs.items())
        said = Promise(reference, self.place, {self.items[thing].pk: units}, ahead=ahead, promised_at=NOW + timedelta(days=day))
        assert (reserve_many(actor=KAIBO, promises=[said], now=NOW) == [None]) == may
        if may:
            for part, each in EACH[thing].items():
                self.there[part]["sellable"] -= each * units - needs[part]
                self.there[part]["reserved"] += each * units - needs[part]
                self.unsold[part] -= needs[part]
            self.promised.append([reference, thing, units, 0, Counter(needs), day, dict(self.quota)])

    @rule(data=st.data(), is_left=st.booleans())
    def the_platform_ends_it(self, data, is_left):
        if not self.promised:
            return
        one = data.draw(st.sampled_from(self.promised))
        state, target = (Reservation.State.SHIPPED, Bucket.CUSTOMER) if is_left else (Reservation.State.RELEASED, Bucket.SELLABLE)
        assert close_many(actor=KAIBO, references=[one[0]], state=state, target=target, reason=state.value, now=NOW) == one[2]
        sent = min(one[2], self.whole_here(one)) if is_left else 0
        self.move_here(one, one[2], target.value)
        one[2], one[3] = 0, one[3] + sent

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
            ahead = Counter()
            for bucket, units in Level.objects.filter(sku=self.items[part].pk, bucket__in=["presale", "owed", "expected"]).values_list("bucket", "quantity"):
                ahead[bucket] += units
            assert (ahead["presale"], ahead["owed"], ahead["expected"]) == (self.unsold[part], self.owed(part), -self.unsold[part] - self.owed(part)), part
            rows = Awaited.objects.filter(sku=self.items[part].pk, units__gt=0).values_list("reservation__reference", "units")
            assert dict(rows) == {one[0]: one[4][part] for one in self.promised if one[4][part]}, part
            for one in Presale.objects.filter(pk=self.quota[part]):
                assert self.unsold[part] <= max(0, one.coming_units - self.owed(part))
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
        settings=settings(max_examples=8, stateful_step_count=18, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)),
    )


class PresaleMachine(StockMachine):
    """The same two items with nothing on the shelf and much sold ahead: only what happens to that."""

    begin = come_in = promise = give_to_a_session = sell_there = give_back_unpaid = close_the_session = come_back = send_some = None

    @initialize(is_cut=st.booleans())
    def begin_ahead(self, is_cut):
        self.start(12, is_cut)


def test_whatever_is_sold_ahead_cut_and_arrives_the_ledger_agrees_with_plain_numbers(shop):
    run_state_machine_as_test(
        PresaleMachine,
        settings=settings(max_examples=10, stateful_step_count=14, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)),
    )
