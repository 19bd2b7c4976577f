"""The page of parcels and the forms that send them: what is held says so, what is refused stays, nothing happens without the right."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kaibo.master.people import services as people
from kaibo.master.people.models import Person
from kaibo.stages.orders import dispatching
from kaibo.stages.orders.models import Dispatch, OrderLine, Shipment
from tests.make.people import make_person
from tests.stages.orders.test_dispatching import SF, opened, send_quick

pytestmark = pytest.mark.django_db
__all__ = ["opened"]


def _as(client, account, *roles):
    client.force_login(make_person(account, *roles))
    return client


@pytest.fixture
def ready(opened, client, monkeypatch):
    shop = opened(orders=60)
    orders = shop.ready(most=3)
    monkeypatch.setattr("kaibo.console.middleware.utc_now", shop.now)
    _as(client, "cang", "warehouse")
    return shop, orders, client


def post_ship(client, shop, order, **more):
    return client.post(reverse("orders:ship", args=[shop.mine(order).pk]), {"carrier": "顺丰", "tracking_no": SF, **more}, follow=True)


def told(words, answer):
    """Toasts stand in the page as JSON."""
    return json.dumps(words)[1:-1] in answer.content.decode()


def test_a_parcel_leaves_from_the_form_and_the_page_follows_it(ready):
    shop, (order, *_), client = ready
    assert told("平台复核通过", post_ship(client, shop, order))
    page = client.get(reverse("orders:parcels")).content.decode()
    assert SF in page and "正在回传平台" in page
    dispatching.work_due(shop.now())
    assert SF not in client.get(reverse("orders:parcels")).content.decode()


def test_a_refused_parcel_is_said_aloud_and_stays(ready):
    shop, (order, *_), client = ready
    shop.change(order, stage="cancelled", why_cancelled="买家取消")
    answer = post_ship(client, shop, order)
    assert answer.status_code == 409
    assert "包裹请留下" in answer.content.decode() and Shipment.objects.count() == 0
    page = client.get(reverse("orders:parcels")).content.decode()
    assert "买家取消" in page and "撤回" in page


def test_a_platform_that_is_away_is_said_with_ways_on_and_english(ready, monkeypatch):
    shop, (order, *_), client = ready
    monkeypatch.setattr("kaibo.channels.asking.Pace.back_off", lambda self, seconds: None)
    shop.platform.chaos.broken = 100
    assert told("包裹先留下", post_ship(client, shop, order))
    page = client.get(reverse("orders:parcels")).content.decode()
    assert "再问平台" in page and "不问平台，直接发" not in page  # a packer may not answer for that
    Person.objects.filter(account="cang").update(language="en")
    page = client.get(reverse("orders:parcels")).content.decode()
    assert "Ask again" in page and "does not answer" in page
    shop.platform.chaos.broken = 0
    client.post(reverse("orders:parcel-again", args=[Dispatch.objects.get().pk]))
    assert Dispatch.objects.get().state == "telling"


def test_a_part_and_a_shared_parcel_leave_from_the_forms(ready):
    shop, (first, second, third), client = ready
    second.buyer, second.place = first.buyer, first.place
    shop.change(second)
    shop.pull(1_500)
    page = client.get(reverse("orders:picking")).content.decode()
    assert f'name="also" value="{shop.mine(second).pk}"' in page and f'name="also" value="{shop.mine(third).pk}"' not in page
    post_ship(client, shop, first, also=str(shop.mine(second).pk), back="picking")
    assert {one.order_id for one in Shipment.objects.all()} == {shop.mine(first).pk, shop.mine(second).pk}
    line = OrderLine.objects.filter(order=shop.mine(third)).get()
    post_ship(client, shop, third, **{f"units-{line.pk}": "0"}, tracking_no="SF3")
    assert Shipment.objects.count() == 3


def test_nothing_happens_without_the_right_and_to_a_stranger(ready, client):
    shop, (order, *_), _packer = ready
    shop.platform.chaos.broken = 100
    one = send_quick(shop, order)
    for account, roles in (("qing", ("service",)), ("zhu", ("host",))):
        _as(client, account, *roles)
        for name in ("parcel-again", "parcel-drop", "parcel-settle", "parcel-unasked"):
            assert client.post(reverse(f"orders:{name}", args=[one.pk]), {"reason": "我要"}).status_code == 403
        assert client.post(reverse("orders:ship", args=[shop.mine(order).pk]), {"carrier": "顺丰", "tracking_no": "SF9"}).status_code == 403
    one.refresh_from_db()
    assert (one.state, Dispatch.objects.count(), Shipment.objects.count()) == ("waiting", 1, 0)


def test_the_page_asks_as_much_for_three_as_for_one(ready, monkeypatch):
    shop, orders, client = ready
    shop.platform.chaos.broken = 100
    counts = []
    for turn, order in enumerate(orders):
        send_quick(shop, order, number=f"SF{turn}")
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("orders:parcels"))
        counts.append(len(asked))
    assert counts[1] == counts[2]


def test_the_interface_says_whether_it_left_must_wait_or_stays(ready, owner, now):
    shop, (first, second, _), client = ready
    secret = people.make_token(actor=owner, title="ERP", abilities=["orders:order:see", "orders:shipment:make"], now=now)

    def post(order, number):
        path = f"/api/v1/orders/{shop.mine(order).pk}/shipments"
        body = json.dumps({"carrier": "顺丰", "tracking_no": number})
        return Client().post(
            path, body, content_type="application/json", HTTP_AUTHORIZATION=f"Bearer {secret}", HTTP_IDEMPOTENCY_KEY=number
        )

    answer = post(first, SF)
    assert (answer.status_code, answer.json().get("state")) == (202, "telling")
    shop.change(second, stage="cancelled", why_cancelled="买家取消")
    answer = post(second, "SF2")
    assert (answer.status_code, answer.json()["code"]) == (409, "orders.parcel_refused")
