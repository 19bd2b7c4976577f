"""
One process that does what a busy shop does to the stock ledger, at random, on the same few items as all the others.

`python -m tests.make.ledger_process SEED SECONDS` with the shop's settings in the environment prints as JSON how far each level moved by
what the ledger told it was done, how often each deed was done or refused, and every error that is no refusal.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter
from datetime import timedelta
from uuid import NAMESPACE_OID, UUID, uuid5

REFERENCES = 120
LEAST_DEEDS = 60  # on a machine that is busy with other things too


class Shopkeeper:
    """Does one random deed after the other and books what the ledger said of each."""

    def __init__(self, seed: int) -> None:
        from kaibo.kit.clock import utc_now
        from kaibo.master.catalog.models import Sku
        from kaibo.master.stock.models import Warehouse

        self.chance = random.Random(seed)
        self.now = utc_now()
        self.skus = dict(Sku.objects.order_by("code").values_list("code", "pk"))
        self.warehouse = Warehouse.objects.get().pk
        self.moved: Counter[str] = Counter()
        self.done: Counter[str] = Counter()

    def book(self, code: str, units: int, source: str, target: str) -> None:
        from kaibo.master.stock import services as stock

        for sku, count in stock.units_of(self.skus[code], units):
            self.moved[f"{sku} {source}"] -= count
            self.moved[f"{sku} {target}"] += count

    def reference(self, prefix: str) -> tuple[str, str]:
        code = self.chance.choice(list(self.skus))
        return code, f"{prefix}:{code}:{self.chance.randrange(REFERENCES)}"

    def reserve(self) -> bool:
        from kaibo.master.stock import services as stock
        from kaibo.plumbing.access.actor import KAIBO

        code, reference = self.reference("order")
        units = self.chance.randint(1, 4)
        done = stock.reserve(
            actor=KAIBO, sku_id=self.skus[code], warehouse_id=self.warehouse, quantity=units, reference=f"{reference}:{self.chance.randrange(9)}", now=self.now
        )
        if done:
            self.book(code, units, "sellable", "reserved")
        return done

    def reserve_for_a_moment(self) -> bool:
        from kaibo.master.stock import services as stock
        from kaibo.plumbing.access.actor import KAIBO

        code = self.chance.choice(["A", "C"])
        reference = f"moment:{code}:{self.chance.randrange(10**9)}"
        stock.reserve(
            actor=KAIBO, sku_id=self.skus[code], warehouse_id=self.warehouse, quantity=1, reference=reference, now=self.now,
            expires_at=self.now + timedelta(seconds=1 if code == "A" else 3600),
        )
        self.book(code, 1, "sellable", "reserved")
        return True

    def expire(self) -> bool:
        from kaibo.master.stock import services as stock
        from kaibo.plumbing.access.actor import KAIBO

        count = stock.release_expired(actor=KAIBO, now=self.now + timedelta(minutes=1), most=20)
        self.book("A", count, "reserved", "sellable")
        return count > 0

    def _close(self, ship: bool) -> bool:
        from kaibo.master.stock import services as stock
        from kaibo.master.stock.models import Reservation
        from kaibo.plumbing.access.actor import KAIBO

        there = list(Reservation.objects.filter(state="open").exclude(reference__startswith="moment:").values_list("reference", flat=True)[:30])
        if not there:
            return False
        reference = self.chance.choice(there)
        close = stock.ship_reserved if ship else stock.release_reserved
        units = close(actor=KAIBO, reference=reference, now=self.now)
        self.book(reference.split(":")[1], units, "reserved", "customer" if ship else "sellable")
        return units > 0

    def ship(self) -> bool:
        return self._close(ship=True)

    def release(self) -> bool:
        return self._close(ship=False)

    def allot(self) -> bool:
        from kaibo.master.stock import allotments
        from kaibo.plumbing.access.actor import KAIBO

        code, units = self.chance.choice(list(self.skus)), self.chance.randint(5, 20)
        session = uuid5(NAMESPACE_OID, str(self.chance.randrange(5)))
        allotments.open_allotment(actor=KAIBO, sku_id=self.skus[code], warehouse_id=self.warehouse, session_id=session, quantity=units, now=self.now)
        self.book(code, units, "sellable", "allotted")
        return True

    def settle(self) -> bool:
        from kaibo.master.stock import allotments
        from kaibo.master.stock.models import Allotment
        from kaibo.plumbing.access.actor import KAIBO

        one = self.chance.choice(list(Allotment.objects.select_related("sku").order_by("-opened_at")[:10]) or [None])
        if one is None:
            return False
        units, number = self.chance.randint(1, 3), self.chance.randrange(40)
        claim: UUID = uuid5(one.pk, str(number))
        done = allotments.settle(
            actor=KAIBO, allotment_id=one.pk, claim_id=claim, quantity=units, reference=f"claim:{one.sku.code}:{one.pk}:{number}", now=self.now,
            expires_at=None,
        )
        if done:
            self.book(one.sku.code, units, "allotted", "reserved")
        return done

    def give_back(self) -> bool:
        from kaibo.master.stock import allotments
        from kaibo.master.stock.models import Reservation
        from kaibo.plumbing.access.actor import KAIBO

        there = list(Reservation.objects.filter(state="open", reference__startswith="claim:").values_list("reference", "quantity")[:20])
        if not there:
            return False
        reference, units = self.chance.choice(there)
        _, code, allotment, _ = reference.split(":")
        done = allotments.give_back(actor=KAIBO, allotment_id=UUID(allotment), reference=reference, quantity=units, now=self.now)
        if done:
            self.book(code, units, "reserved", "allotted")
        return done

    def keep_busy(self, seconds: float) -> list[str]:
        from kaibo.kit.errors import Conflict

        deeds = [self.reserve, self.reserve_for_a_moment, self.expire, self.ship, self.release, self.allot, self.settle, self.settle, self.give_back]
        errors, ends_at = [], time.monotonic() + seconds
        while time.monotonic() < ends_at or self.done.total() + len(errors) < LEAST_DEEDS:
            deed = self.chance.choice(deeds)
            try:
                self.done[deed.__name__ if deed() else f"{deed.__name__}: nothing to do"] += 1
            except Conflict as refusal:
                self.done[refusal.code] += 1
            except Exception as error:  # noqa: BLE001  told to the test
                errors.append(f"{deed.__name__}: {type(error.__cause__ or error).__name__}: {error}")
        return errors


if __name__ == "__main__":
    from kaibo.config.setup import django_ready

    django_ready()
    keeper = Shopkeeper(int(sys.argv[1]))
    print("ready", flush=True)
    sys.stdin.readline()
    found = keeper.keep_busy(float(sys.argv[2]))
    print(json.dumps({"moved": keeper.moved, "done": keeper.done, "errors": found}))
