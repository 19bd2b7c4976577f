"""The example shop's outside channels: connected, resting, with a split order, a gap with its reason and an item to publish."""

from __future__ import annotations

import pytest
from django.urls import reverse

from kaibo.demo import channels
from kaibo.demo.cast import hire
from kaibo.demo.goods import GOODS
from kaibo.demo.house import House
from kaibo.master.shops import accounts
from kaibo.stages.orders.models import GapReport, Order, PullRefusal
from tests.make.goods import make_product, make_sku, make_stock
from tests.make.people import NOW, make_person, make_shop

pytestmark = pytest.mark.django_db


def test_the_channels_page_is_alive_and_no_clock_calls_anybody(client):
    shop = make_shop()
    hire(shop.pk, NOW)
    skus = {}
    for good in GOODS:
        product = make_product(shop, code=good.code, title=good.title)
        for item in good.items[:1]:
            sku = make_sku(product, code=item.code, specification=item.specification, price_fen=good.price_fen)
            make_stock(sku, 20)
            skus[item.code] = sku.pk
    channels.lay(House(shop.pk, {}, {}, skus), NOW)
    assert accounts.accounts_on() == []
    assert PullRefusal.objects.count() == 0
    assert dict(Order.objects.exclude(parent_no="").values_list("order_no", "parent_no")) == {"301288170002": "301288170001", "301288170003": "301288170001"}
    found = {report.channel.platform: (report.platform_orders, report.our_orders, [gap["kind"] for gap in report.gaps]) for report in GapReport.objects.all()}
    assert found == {"jd": (4, 4, []), "kuaishou": (4, 3, ["missing"])}
    client.force_login(make_person("alice", "owner"))
    page = client.get(reverse("orders:channels")).content.decode()
    assert "已暂停拉取 · 已拉取到" in page and "接口只能加减" in page
    assert client.get(reverse("orders:channel-stock")).status_code == 200
