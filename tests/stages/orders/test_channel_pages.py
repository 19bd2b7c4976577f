"""The page of connected channels, and the door platforms push to."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kaibo.kit.clock import business_date
from kaibo.master.shops import accounts
from kaibo.master.shops.models import Channel, ChannelAccount
from kaibo.simulator.world import Happening
from kaibo.stages.orders import gaps
from kaibo.stages.orders.models import GapReport, Order, PullHint
from tests.make.people import make_person, make_shop
from tests.stages.orders.test_pulling import BEGIN, SECONDS, SECRET, simulated

pytestmark = pytest.mark.django_db
__all__ = ["simulated"]


def _as(client, account, *roles, shop=None):
    client.force_login(make_person(account, *roles, shop=shop))
    return client


@pytest.fixture
def shop(simulated):
    return simulated(orders=20)


def test_a_manager_connects_on_the_page_and_the_secret_never_comes_back(client, shop, monkeypatch):
    _as(client, "alice", "owner")
    page = client.get(reverse("orders:channels")).content.decode()
    assert "还没有对接" in page
    monkeypatch.setattr("kaibo.console.middleware.utc_now", shop.now)  # the simulated platform refuses a clock that is off
    answer = client.post(reverse("orders:connect-channel", args=[shop.channel.pk]), {**shop.given, "code": ""})
    assert answer.status_code == 302, answer.content.decode()[:300]
    page = client.get(reverse("orders:channels")).content.decode()
    assert "等待第一次拉取" in page
    assert f'value="{shop.given["gateway"]}"' in page  # entering the account again starts from what is stored
    assert SECRET not in page and shop.platform.token not in page


def test_what_is_missing_is_said_at_its_field_and_nothing_is_stored(client, shop):
    _as(client, "alice", "owner")
    answer = client.post(reverse("orders:connect-channel", args=[shop.channel.pk]), {**shop.given, "app_secret": ""})
    assert answer.status_code == 422
    assert ChannelAccount.objects.count() == 0


def test_a_day_is_compared_shown_and_exported_with_whole_numbers(client, shop):
    shop.connect()
    shop.pull(SECONDS + 20_000)
    lost = Order.objects.order_by("order_no").first().order_no
    Order.objects.filter(order_no=lost).delete()
    account = ChannelAccount.objects.select_related("channel").get()
    report = gaps.make_report(account, accounts.open_account(account, now=shop.now()), business_date(BEGIN), shop.now())
    _as(client, "alice", "owner")
    page = client.get(reverse("orders:channels")).content.decode()
    assert lost in page and "请重新拉取这一天" in page
    assert SECRET not in page and shop.platform.token not in page
    file = client.get(reverse("orders:gaps-file", args=[report.pk])).content.decode("utf-8-sig")
    assert f"\t{lost}" in file
    assert file.count("\n") == 2


def test_strangers_and_other_roles_change_nothing(client, shop):
    shop.connect()
    addresses = [reverse(f"orders:{name}", args=[shop.channel.pk]) for name in ("connect-channel", "turn-channel", "compare-day")]
    other = make_shop("zhou", "周氏女装")
    before = list(ChannelAccount.objects.values())
    for who in ((), ("bob", "host"), ("zoe", "operations")):
        client.logout()
        if who:
            _as(client, who[0], who[1], shop=other if who[0] == "zoe" else shop.channel.shop)
        for address in addresses:
            assert client.post(address, {**shop.given, "on": "0"}).status_code in {302, 403, 404}
    assert [{**row, "sealed_settings": None, "sealed_grant": None} for row in ChannelAccount.objects.values()] == [
        {**row, "sealed_settings": None, "sealed_grant": None} for row in before
    ]
    assert GapReport.objects.count() == 0


def test_a_genuine_push_leaves_a_hint_and_a_forged_one_nothing(client, shop):
    shop.connect()
    shop.pull(3_000)
    order = next(iter(shop.world.orders.values()))
    headers, body = shop.platform.push([Happening("paid", shop.world.now, order)])
    address = reverse("orders:push", args=[shop.channel.pk])
    forged = client.post(address, body.replace(b"101", b"103"), content_type="application/json", headers={name: headers[name] for name in ("app-id", "event-sign")})
    assert (forged.status_code, PullHint.objects.count()) == (403, 0)
    for _ in range(2):
        heard = client.post(address, body, content_type="application/json", headers={name: headers[name] for name in ("app-id", "event-sign")})
        assert (heard.status_code, heard.json()) == (200, {"code": 0, "msg": "success"})
    assert list(PullHint.objects.values_list("order_no", flat=True)) == [str(order.number)]


def test_a_platform_without_an_interface_says_so(client):
    Channel.objects.create(shop=make_shop(), platform="shopify", name="海外站")
    _as(client, "alice", "owner")
    assert "这个平台用文件导入" in client.get(reverse("orders:channels")).content.decode()


def test_the_number_of_queries_does_not_grow_with_the_channels(client):
    _as(client, "alice", "owner")
    client.get(reverse("orders:channels"))
    counts = []
    for more in (1, 5):
        for turn in range(more):
            Channel.objects.create(shop=make_shop(), platform="douyin", name=f"店{more}{turn}", external_id=f"{more}{turn}")
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("orders:channels"))
        counts.append(len(asked))
    assert counts[0] == counts[1]
