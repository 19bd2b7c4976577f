"""Two real processes sell the last units of a pre-sale quota while an arrival of a part of it is booked: each unit once, none too many (SUP-14)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection

from kaibo.config.checks import differences
from kaibo.master.catalog import promising
from kaibo.master.stock.models import Awaited, Level, Presale, Reservation
from kaibo.plumbing.access.actor import KAIBO
from kaibo.stages.orders import services, shipping, waiting
from kaibo.stages.orders.models import Order
from kaibo.stages.supply import arrivals, presales
from kaibo.stages.supply import services as supply
from tests.make.databases import url_of
from tests.make.goods import NOW, make_product, make_sku, make_warehouse
from tests.make.orders import row, take
from tests.make.people import make_shop
from tests.make.processes import ROOT
from tests.make.supply import GOOD, TEMPLATE, make_purchase

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

COMING, ARRIVING, ORDERS = 12, 5, 20


def sellers(count: int) -> list[subprocess.Popen[str]]:
    environment = {
        **os.environ, "KAIBO_DATABASE_URL": url_of(connection.settings_dict["NAME"]), "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    }
    return [
        subprocess.Popen([sys.executable, "-m", "tests.make.presale_process"], env=environment, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(count)
    ]


def make_orders() -> None:
    number = 6953000000000000000
    take([
        row(str(number + one), phone=f"138{one:08d}", address=f"浙江省杭州市西湖区文三路{one + 100}号3幢", paid_at=NOW - timedelta(minutes=30)) for one in range(ORDERS)
    ])  # fmt: skip
    assert services.release_passed(actor=KAIBO, shop_id=None, now=NOW) == ORDERS


def test_two_processes_sell_the_last_units_while_goods_arrive_and_each_unit_is_sold_once():
    make_warehouse()
    coat = make_sku(make_product(make_shop()))
    supply.ensure_template(category="apparel", items=TEMPLATE)
    promising.set_promise(actor=KAIBO, product_id=coat.product_id, days=15, now=NOW - timedelta(days=1))
    purchase = make_purchase(coat, COMING)
    presales.give_quota(actor=KAIBO, sku_id=coat.pk, units=COMING, reason="双 12 预热", now=NOW)
    make_orders()
    running = sellers(2)
    try:
        for one in running:
            assert one.stdout.readline() == "ready\n"
        for one in running:
            one.stdin.write("go\n")
            one.stdin.flush()
        check = arrivals.receive_goods(actor=KAIBO, purchase_id=purchase.pk, lot_code="A", quantity=ARRIVING, now=NOW)
        supply.decide_inspection(actor=KAIBO, inspection_id=check.pk, values=GOOD, now=NOW)
        told = [json.loads(one.communicate(timeout=120)[0]) for one in running]
    finally:
        for one in running:
            one.kill()
            one.wait()
    assert [one["errors"] for one in told] == [[], []]
    assert sum(one["reserved"] for one in told) == COMING
    assert (Order.objects.filter(state="allocated").count(), Order.objects.filter(hold_flags=["stock_short"]).count()) == (COMING, ORDERS - COMING)
    assert (shipping.try_short_again(NOW), presales.serve_waiting(NOW)) == (0, 0)
    levels = {}
    for bucket, units in Level.objects.filter(sku=coat.pk).values_list("bucket", "quantity"):
        levels[bucket] = levels.get(bucket, 0) + units
    assert {bucket: units for bucket, units in levels.items() if units} == {
        "reserved": ARRIVING, "owed": COMING - ARRIVING, "expected": ARRIVING - COMING, "supplier": -ARRIVING
    }  # fmt: skip
    assert sum(Awaited.objects.values_list("units", flat=True)) == COMING - ARRIVING and Reservation.objects.filter(state="open").count() == COMING
    assert Presale.objects.get().coming_units == COMING - ARRIVING
    waiting.let_go_on(NOW)
    assert Order.objects.filter(hold_flags=["awaiting_goods"]).count() == COMING - ARRIVING
    assert differences() == []
