"""The page of connected channels, and the door platforms push to."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kaibo.kit.clock import business_date
from kaibo.kit.shop_channels import Can
from kaibo.master.shops import accounts
from kaibo.master.shops.models import Channel, ChannelAccount
from kaibo.plumbing.shop_kinds import shop_kinds
from kaibo.simulator.world import Happening
from kaibo.stages.orders import gaps
from kaibo.stages.orders.models import GapReport, Order, PullHint
from tests.make.people import make_person, make_shop
from tests.make.platform_shop import PlatformShop
from tests.stages.orders.test_pulling import BEGIN, SECONDS, SECRET, simulated

pytestmark = pytest.mark.django_db
__all__ = ["simulated"]


def _as(client, account, *roles, shop=None):
    client.force_login(make_person(account, *roles, shop=shop))
    return client


@pytest.fixture
def simulated_on():
    """A connected shop on a platform, some of its orders there."""
    made = []

    def make(name):
        made.append(PlatformShop(name, orders=5))
        made[-1].world.advance(made[-1].world.now + 900)
        return made[-1]

    yield make
    for one in made:
        one.server.stop()


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


def test_a_platform_without_an_interface_says_so(client, monkeypatch):
    monkeypatch.setattr("kaibo.stages.orders.channel_views.shop_kinds", dict)
    Channel.objects.create(shop=make_shop(), platform="shopify", name="海外站")
    _as(client, "alice", "owner")
    assert "这个平台用文件导入" in client.get(reverse("orders:channels")).content.decode()


def test_every_platform_sold_on_can_be_connected_on_the_page(client):
    shop = make_shop()
    for platform in shop_kinds():
        Channel.objects.create(shop=shop, platform=platform, name=f"店 {platform}")
    _as(client, "alice", "owner")
    page = client.get(reverse("orders:channels")).content.decode()
    assert page.count("填写账号，开始对接") == len(shop_kinds()) >= 8
    assert "这个平台用文件导入" not in page
    unverified = [one.zh for kind in shop_kinds().values() for one in kind.fields if one.key in kind.capabilities.unverified]
    assert [words for words in unverified if words not in page] == []
    assert page.count("推送地址") + page.count("这个平台不接收推送") == len(shop_kinds())
    assert page.count("授权码（自用型应用留空）") == sum(Can.REFRESH_GRANT in kind.capabilities.can for kind in shop_kinds().values())
    for kind in shop_kinds().values():
        assert {one for one in kind.capabilities.unverified} <= {one.key for one in kind.fields}
        assert all(one.zh and one.en for one in kind.fields)


@pytest.fixture
def wechat(simulated_on):
    return simulated_on("wechat_shop")


def test_wechat_tries_the_address_and_signs_in_it(client, wechat):
    """What signs its pushes stands in the address, which must come with them; a new address is greeted back."""
    order = next(iter(wechat.world.orders.values()))
    headers, body = wechat.platform.push([Happening("paid", wechat.world.now, order)])
    address = reverse("orders:push", args=[wechat.channel.pk])
    heard = client.post(f"{address}{headers[':path']}", body, content_type="application/json")
    assert (heard.status_code, heard.content) == (200, b"success")
    assert list(PullHint.objects.values_list("order_no", flat=True)) == [str(order.number)]
    forged = client.post(f"{address}{headers[':path'].replace('nonce=', 'nonce=0')}", body, content_type="application/json")
    assert (forged.status_code, PullHint.objects.count()) == (403, 1)
    assert client.post(address, body, content_type="application/json").status_code == 403
    greeted = client.get(f"{address}{headers[':path']}&echostr=8877")
    assert (greeted.status_code, greeted.content) == (200, b"8877")
    assert client.get(f"{address}?signature=0&timestamp=1&nonce=2&echostr=8877").status_code == 403


def test_platforms_that_do_not_try_addresses_are_not_greeted(client, shop):
    shop.connect()
    assert client.get(reverse("orders:push", args=[shop.channel.pk])).status_code == 405


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
