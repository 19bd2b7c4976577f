"""Locks, orders and sessions that want the same units at the same moment: nothing locked is sold elsewhere, nothing appears twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kaibo.kit.errors import KaiboError
from kaibo.kit.ids import new_id
from kaibo.master.stock import queries as stock
from kaibo.master.stock import services as ledger
from kaibo.master.stock.rules import Bucket
from kaibo.plumbing.access.actor import KAIBO
from kaibo.stages.supply import locks
from kaibo.stages.supply.ahead_models import StockLock
from tests.make.at_once import at_once
from tests.make.goods import NOW, make_product, make_sku, make_stock, make_warehouse
from tests.make.people import make_shop

pytestmark = pytest.mark.django_db(transaction=True)


def tried(deed):
    try:
        deed()
    except KaiboError as refused:
        return refused.code
    return "done"


def lock(sku, quantity, session_id=None):
    return locks.lock_stock(
        actor=KAIBO, sku_id=sku.pk, quantity=quantity, purpose="session", who="今晚", reason="留货", session_id=session_id, expires_at=NOW + timedelta(hours=1), now=NOW
    )


def test_locks_and_orders_at_once_share_what_is_there_and_no_more():
    sku = make_sku(make_product(make_shop()))
    make_stock(sku, 10)
    place = make_warehouse().pk
    buys = [lambda: ledger.reserve(actor=KAIBO, sku_id=sku.pk, warehouse_id=place, quantity=3, reference=f"order:{new_id()}", now=NOW) for _ in range(3)]
    answers = at_once(*(lambda deed=deed: tried(deed) for deed in [*buys, *[lambda: lock(sku, 3) for _ in range(3)]]))
    assert sorted(answers) == ["done"] * 3 + ["stock.short"] * 3
    levels = stock.levels_of([sku.pk])[sku.pk]
    assert (levels[Bucket.SELLABLE], levels[Bucket.RESERVED], stock.differences()) == (1, 9, [])


def test_the_clock_a_person_and_a_session_ending_one_lock_give_its_units_back_once():
    sku, tonight = make_sku(make_product(make_shop())), new_id()
    make_stock(sku, 10)
    made = lock(sku, 6, tonight)
    later = NOW + timedelta(hours=2)
    answers = at_once(
        lambda: tried(lambda: locks.end_expired(later)),
        lambda: tried(lambda: ledger.release_expired(actor=KAIBO, now=later)),
        lambda: tried(lambda: locks.release_lock(actor=KAIBO, lock_id=made.pk, reason="不用了", now=later)),
        lambda: tried(lambda: locks.give_to_session(actor=KAIBO, session_id=tonight, sku_id=sku.pk, wanted=4, now=later)),
    )
    assert set(answers) <= {"done", "supply.lock_ended"}
    locks.end_expired(later)
    levels = stock.levels_of([sku.pk])[sku.pk]
    assert (levels[Bucket.SELLABLE], levels.get(Bucket.RESERVED, 0), stock.differences()) == (10, 0, [])
    assert StockLock.objects.filter(state="open").count() == 0
