"""A promise of shipping (预售) decides by when an order must leave: from payment on, the latest of its items, as long as it runs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kaibo.master.catalog import promises, promising
from kaibo.master.people.models import Person
from kaibo.plumbing.access.actor import KAIBO
from kaibo.stages.orders import following, relay, ship_times
from kaibo.stages.orders.models import Order
from tests.make.goods import make_product, make_sku
from tests.make.orders import NOW, make_claims, make_item_on_sale, row, take
from tests.make.people import make_person
from tests.stages.orders.test_money import addressed, opened, told

HOURS_48 = timedelta(hours=48)
DAY = timedelta(days=1)


@pytest.fixture
def coat(shop):
    return make_product(shop)


def promised(product, now=NOW, **said):
    return promising.set_promise(actor=KAIBO, product_id=product.pk, now=now, **said)


def paid_order(*, whole=False, fen=59_900):
    item, _ = make_item_on_sale(units=2)
    claim = make_claims(item, 1)[0]
    if not whole:
        relay.settle_claims(NOW)
    addressed(claim)
    told(opened(claim), fen)
    relay.settle_claims(NOW)
    following.follow_claims(NOW)
    return Order.objects.get()


@pytest.mark.parametrize("whole", [True, False])
def test_an_order_of_the_own_room_leaves_within_the_days_promised(coat, whole):
    promised(coat, days=3)
    order = paid_order(whole=whole)
    assert (order.state, order.ship_by) == ("allocated", NOW + 3 * DAY)
    assert ship_times.promised_of(order) == NOW + 3 * DAY


@pytest.mark.parametrize("whole", [True, False])
def test_without_a_promise_the_usual_hours_hold(coat, whole):
    order = paid_order(whole=whole)
    assert order.ship_by == NOW + HOURS_48
    assert ship_times.promised_of(order) is None


@pytest.mark.parametrize("whole", [True, False])
def test_a_date_promised_ends_with_its_day_in_shanghai(coat, whole):
    promised(coat, ships_on=date(2026, 12, 1))
    assert paid_order(whole=whole).ship_by == datetime(2026, 12, 1, 15, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("whole", [True, False])
def test_an_ended_promise_no_longer_counts_and_the_orders_paid_before_keep_theirs(coat, whole):
    one = promised(coat, now=NOW - DAY, days=3)
    promising.end_promise(actor=KAIBO, promise_id=one.pk, now=NOW)
    assert paid_order(whole=whole).ship_by == NOW + HOURS_48
    assert promises.ship_by_of([coat.pk], NOW - timedelta(seconds=1)) == {coat.pk: NOW + 3 * DAY - timedelta(seconds=1)}
    assert promises.ship_by_of([coat.pk], NOW) == {coat.pk: None}


def test_money_that_came_late_is_promised_from_its_own_moment(coat):
    promised(coat, now=NOW - DAY, days=5)
    item, _ = make_item_on_sale(units=2)
    claim = make_claims(item, 1)[0]
    relay.settle_claims(NOW)
    payment, later = opened(claim), NOW + timedelta(minutes=20)
    following.expire_unpaid(NOW + timedelta(minutes=16))
    assert told(payment, at=later) == "late"
    following.follow_claims(later)
    order = Order.objects.get()
    assert (order.state, order.ship_by) == ("allocated", later + 5 * DAY)


def test_an_order_of_two_items_takes_the_later_promise(coat, shop):
    scarf = make_product(shop, "KB-9", "围巾")
    make_sku(coat)
    make_sku(scarf, "KB-9-1", "灰")
    promised(coat, now=NOW - DAY, days=3)
    promised(scarf, now=NOW - DAY, days=7)
    paid = NOW - timedelta(minutes=59)
    take([row("1"), row("1", line_no="1-2", code="KB-9-1", title="围巾"), row("2")])
    assert dict(Order.objects.values_list("order_no", "ship_by")) == {"1": paid + 7 * DAY, "2": paid + 3 * DAY}
    take([row("1", status="已发货")], exported_at=NOW + timedelta(hours=1))
    assert Order.objects.get(order_no="1").ship_by == paid + 7 * DAY  # the line the file leaves out counts as well


def test_what_the_platform_promised_stands(coat):
    make_sku(coat)
    promised(coat, now=NOW - DAY, days=7)
    take([row("1", promised_at=NOW + DAY)])
    assert Order.objects.get().ship_by == NOW + DAY


def test_batches_ask_once_for_the_promises_of_all_orders(coat):
    promised(coat, days=3)
    item, _ = make_item_on_sale(units=10)
    claims = make_claims(item, 4)
    relay.settle_claims(NOW)
    counts = []
    for batch in (claims[:1], claims[1:]):
        for claim in batch:
            told(opened(claim))
        with CaptureQueriesContext(connection) as asked:
            following.follow_claims(NOW)
        counts.append(sum("shippromise" in one["sql"] for one in asked))
    assert counts == [1, 1]
    assert set(Order.objects.values_list("ship_by", flat=True)) == {NOW + 3 * DAY}


def test_the_order_s_page_says_the_promise_in_both_languages(coat, client, shop):
    promised(coat, days=3)
    order = paid_order()
    client.force_login(make_person("ou", "operations", shop=shop))
    address = reverse("orders:order", args=[order.pk])
    assert "预售：2026-11-25 20:00 前发货" in client.get(address).content.decode()
    Person.objects.update(language="en")
    assert "Pre-sale: ships by 2026-11-25 20:00" in client.get(address).content.decode()
