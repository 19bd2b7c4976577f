"""Eight real processes on the same three items of the stock ledger, one of them a bundle of the others (SUP-14)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest
from django.db import connection, transaction

from kaibo.master.catalog.models import BundleComponent, Sku
from kaibo.master.stock import queries as stock
from kaibo.master.stock import services
from kaibo.master.stock.models import Allotment, Level, Reservation
from kaibo.master.stock.services import units_of
from kaibo.plumbing.access.actor import KAIBO
from tests.make.at_once import at_once
from tests.make.databases import url_of
from tests.make.goods import NOW, make_product, make_sku, make_stock, make_warehouse
from tests.make.people import make_shop
from tests.make.processes import ROOT

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

PROCESSES = 8
SECONDS = 5
STOCK = {"A": 600, "B": 900}


@pytest.fixture
def items():
    """A coat, a scarf, and a set of one coat and two scarves."""
    product, warehouse = make_product(make_shop()), make_warehouse()
    made = {code: make_sku(product, code=code, specification=code) for code in "ABC"}
    Sku.objects.filter(pk=made["C"].pk).update(is_bundle=True)
    BundleComponent.objects.create(bundle=made["C"], component=made["A"], quantity=1)
    BundleComponent.objects.create(bundle=made["C"], component=made["B"], quantity=2)
    for code, units in STOCK.items():
        make_stock(made[code], units, warehouse=warehouse)
    return made


def run_processes() -> list[dict]:
    """Start all, let them go together, and give what each says it did."""
    environment = {
        **os.environ, "KAIBO_DATABASE_URL": url_of(connection.settings_dict["NAME"]), "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    }
    seed = int(os.environ.get("LEDGER_SEED", time.time()))
    print(f"\nseed {seed}")
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.make.ledger_process", str(seed + n), str(SECONDS)], env=environment, cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        for n in range(PROCESSES)
    ]
    try:
        for one in running:
            assert one.stdout.readline() == "ready\n"
        for one in running:
            one.stdin.write("go\n")
            one.stdin.flush()
        return [json.loads(one.communicate(timeout=120)[0]) for one in running]
    finally:
        for one in running:
            one.kill()
            one.wait()


def in_parts(rows) -> Counter:
    """(sku, units) of items and bundles as units of plain items."""
    found: Counter = Counter()
    for sku, units in rows:
        for part, count in units_of(sku, units):
            found[part] += count
    return +found


def at_level(bucket: str) -> Counter:
    found: Counter = Counter()
    for sku, quantity in Level.objects.filter(bucket=bucket).values_list("sku", "quantity"):
        found[sku] += quantity
    return +found


def test_eight_processes_on_three_items_keep_the_ledger_exact_and_never_stand_in_each_others_way(items):
    before = {f"{sku} {bucket}": quantity for sku, bucket, quantity in Level.objects.values_list("sku", "bucket", "quantity")}
    told = run_processes()
    done = sum((Counter(one["done"]) for one in told), Counter())
    print(dict(done))
    assert [error for one in told for error in one["errors"]] == []
    for deed in ("reserve", "reserve_for_a_moment", "expire", "ship", "release", "allot", "settle", "give_back"):
        assert done[deed] > 0, f"nobody ever did {deed}"
    expected = Counter(before)
    for one in told:
        expected.update(one["moved"])
    levels = {f"{sku} {bucket}": quantity for sku, bucket, quantity in Level.objects.values_list("sku", "bucket", "quantity")}
    assert {place: units for place, units in levels.items() if units} == {place: units for place, units in expected.items() if units}
    assert all(units >= 0 for place, units in levels.items() if place.split()[1] in {"sellable", "reserved", "allotted"})
    for code, units in STOCK.items():
        assert sum(quantity for place, quantity in levels.items() if place.startswith(str(items[code].pk)) and "supplier" not in place) == units
    assert at_level("reserved") == in_parts(Reservation.objects.filter(state="open").values_list("sku", "quantity"))
    assert at_level("allotted") == in_parts((one.sku_id, one.quantity - one.settled - one.returned) for one in Allotment.objects.all())
    assert stock.differences() == []


@pytest.mark.parametrize("other", ["ship", "expire"])
def test_one_who_holds_the_items_and_one_who_closes_their_reservation_do_not_wait_for_each_other(items, other):
    """The relay cancels an order (items first, then its reservation) while somebody else ends the same reservation."""
    services.reserve(
        actor=KAIBO, sku_id=items["C"].pk, warehouse_id=make_warehouse().pk, quantity=2, reference="order:1", now=NOW, expires_at=NOW
    )
    holds_items, others_turn = threading.Event(), threading.Event()

    def cancel() -> int:
        with transaction.atomic():
            services.lock_items([items["A"].pk, items["B"].pk])
            holds_items.set()
            others_turn.wait(0.7)  # long enough for the other to take whatever it takes first
            return services.release_reserved(actor=KAIBO, reference="order:1", now=NOW)

    def close() -> int:
        holds_items.wait()
        if other == "ship":
            return services.ship_reserved(actor=KAIBO, reference="order:1", now=NOW)
        return services.release_expired(actor=KAIBO, now=NOW)

    assert sorted(at_once(cancel, close)) == [0, 2]
    assert stock.levels_of([items["A"].pk])[items["A"].pk] == {"sellable": 600, "reserved": 0, "incoming": 0}
    assert stock.differences() == []
