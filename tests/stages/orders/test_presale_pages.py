"""The pages and the API of selling ahead: given and taken back by those who may, waiting orders with what is to be expected."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from kaibo.master.catalog import promising
from kaibo.master.catalog.models import BundleComponent, Sku
from kaibo.master.stock import queries as stock
from kaibo.master.stock.models import ChannelItem, Presale
from kaibo.plumbing.access.actor import KAIBO
from kaibo.stages.orders import publishing
from kaibo.stages.orders.presale_orders import PRESALE_OUT
from kaibo.stages.supply.models import Purchase
from tests.make.compliance import make_channel
from tests.make.goods import make_product, make_sku, make_stock
from tests.make.orders import NOW
from tests.make.people import make_actor, make_person
from tests.make.supply import make_purchase
from tests.stages.orders.test_presale import DAY, coat, quota, sell  # noqa: F401
from tests.stages.supply.test_api import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(client, shop):
    client.force_login(make_person("hemu", "operations", shop=shop))
    return client


def test_a_quota_is_given_and_taken_back_on_its_page(coat, lead):  # noqa: F811
    assert "现在没有预售额度" in lead.get(reverse("supply:presale")).content.decode()
    make_purchase(coat, 10)
    said = {"sku": str(coat.pk), "units": 4, "reason": "双 12 预热"}
    assert lead.post(reverse("supply:presale"), said).status_code in {200, 204, 302}
    page = lead.get(reverse("supply:presale")).content.decode()
    assert "付款后 15 天内发货" in page and "收回没卖的 4 件" in page
    assert lead.post(reverse("supply:presale"), {**said, "units": 7}).status_code == 409
    assert lead.post(reverse("supply:presale"), {**said, "units": 0}).status_code == 422
    assert lead.post(reverse("supply:presale-take-back", args=[coat.pk])).status_code in {200, 204, 302}
    [one] = Presale.objects.all()
    assert (one.given_units, one.taken_units, one.closed_by) == (4, 4, "Hemu")


def test_who_may_not_gives_and_takes_nothing(coat, client, shop):  # noqa: F811
    quota(coat, 4)
    client.force_login(make_person("kucang", "warehouse", shop=shop))
    page = client.get(reverse("supply:presale"))
    assert page.status_code == 200 and "收回没卖的" not in page.content.decode()
    assert client.post(reverse("supply:presale-take-back", args=[coat.pk])).status_code == 403
    client.post(reverse("supply:presale"), {"sku": str(coat.pk), "units": 1, "reason": "x"})
    assert [(one.given_units, one.closed_at) for one in Presale.objects.all()] == [(4, None)]
    client.force_login(make_person("fremd", "host", shop=shop))
    assert client.get(reverse("supply:presale")).status_code == 403


def test_the_waiting_orders_are_listed_those_that_break_first(coat, lead):  # noqa: F811
    assert "没有订单在等货" in lead.get(reverse("orders:presale")).content.decode()
    quota(coat, 5)
    sold = sell("6953000000000000001", 2)
    page = lead.get(reverse("orders:presale")).content.decode()
    assert sold.order_no in page and "赶得上" in page and "赶不上怎么办" not in page
    Purchase.objects.update(state="cancelled")
    page = lead.get(reverse("orders:presale"), {"item": coat.code}).content.decode()
    assert "2 件没有在途" in page and "赶不上怎么办" in page
    assert sold.order_no not in lead.get(reverse("orders:presale"), {"item": "OTHER"}).content.decode()
    assert "预售等货" in lead.get(reverse("orders:order", args=[sold.pk])).content.decode()
    [row] = PRESALE_OUT.rows(make_actor("he", "operations", shop=coat.product.shop), None, None)
    assert (row[1], row[4], row[7], row[8]) == (sold.order_no, 2, 2, "是")


def test_over_the_api(coat, client, shop):  # noqa: F811
    make_purchase(coat, 10)
    said = {"sku_id": str(coat.pk), "units": 4, "reason": "双 12 预热"}
    assert Caller(client, "looker", "analyst").post("/presale", said).status_code == 403
    assert Presale.objects.count() == 0
    lead = Caller(client, "lead", "operations")
    made = lead.post("/presale", said)
    assert made.status_code == 201 and (made.json()["left"], made.json()["promise"]) == (4, "付款后 15 天内发货")
    assert [(one["item"], one["coming"], one["breaking"]) for one in lead.get("/presale").json()] == [(coat.code, 10, 0)]
    assert lead.post(f"/presale/{coat.pk}/take-back").json() == {"units": 4}
    assert lead.post(f"/presale/{coat.pk}/take-back").status_code == 409


def test_what_may_be_sold_ahead_is_explained_with_its_promise(coat, lead):  # noqa: F811
    make_stock(coat, 1)
    quota(coat, 5)
    sell("6953000000000000001", 3)
    found = stock.availability_of(coat.pk, now=NOW)
    assert (found.available, found.ahead, found.promise_zh, found.promise_en) == (0, 3, "付款后 15 天内发货", "ships within 15 days of payment")
    assert [(line.label_zh, line.quantity) for line in found.lines if "预售" in line.label_zh] == [("预售额度，没卖的", 3), ("预售卖出、货没到", -2)]
    lead.force_login(make_person("boss", "owner", shop=coat.product.shop))
    page = lead.get(reverse("stock:item", args=[coat.pk])).content.decode()
    assert "另可预售（货在路上）" in page and "付款后 15 天内发货" in page
    promising.end_promise(actor=KAIBO, promise_id=Presale.objects.get().promise_id, now=NOW)
    found = stock.availability_of(coat.pk, now=NOW + timedelta(seconds=1))
    assert (found.ahead, found.promise_zh) == (0, "")


def test_a_bundle_names_the_latest_promise_of_its_components(coat):  # noqa: F811
    belt = make_sku(make_product(coat.product.shop, code="KB-9"), code="KB-9-1", specification="黑")
    promising.set_promise(actor=KAIBO, product_id=belt.product_id, days=30, now=NOW - DAY)
    bundle = make_sku(coat.product, code="KB-2417-SET", specification="套装")
    Sku.objects.filter(pk=bundle.pk).update(is_bundle=True)
    for part, each in ((coat, 1), (belt, 2)):
        BundleComponent.objects.create(bundle=bundle, component=part, quantity=each)
    make_stock(belt, 7)
    quota(coat, 5)
    found = stock.availability_of(bundle.pk, now=NOW)
    assert (found.available, found.ahead, found.promise_zh) == (0, 3, "付款后 30 天内发货")


def test_a_channel_that_lists_a_presale_shows_shelf_and_quota_and_stands_alone(coat, lead, shop):  # noqa: F811
    one, other = (
        ChannelItem.objects.create(channel=make_channel(shop, platform), platform_sku_id="7", sku=coat, found_at=NOW) for platform in ("douyin", "taobao")
    )

    def on(item, *, ahead, is_on=True):
        said = {"is_on": is_on, "share_bp": 5_000, "quota_units": None, "buffer_units": 1, "now": NOW, "sells_ahead": ahead}
        return publishing.allocate(actor=KAIBO, item_id=item.pk, **said)

    def shown():
        items = list(ChannelItem.objects.filter(is_on=True).select_related("sku"))
        return {item.channel.platform: units for item in items for pk, units in publishing.wanted_units(items, NOW).items() if pk == item.pk}

    make_stock(coat, 5)
    quota(coat, 6)
    on(one, ahead=False)
    assert shown() == {"douyin": 2}, "half of 5 behind a buffer of 1: a quota is not shown where nothing is listed as a pre-sale"
    on(one, ahead=True)
    assert shown() == {"douyin": 5}, "half of 5 on the shelf and 6 on their way, behind 1"
    for ahead in (False, True):
        with pytest.raises(publishing.PresaleShared):
            on(other, ahead=ahead)
    on(one, ahead=False)
    on(other, ahead=False)
    with pytest.raises(publishing.PresaleShared):
        on(one, ahead=True)
    on(other, ahead=None, is_on=False)
    address = reverse("orders:allocate", args=[one.pk])
    assert lead.post(address, {"on": "1", "share": "100", "buffer": "0", "ahead": "1"}).status_code in {200, 204, 302}
    assert shown() == {"douyin": 11} and 'name="ahead" value="1" checked' in lead.get(reverse("orders:channel-stock")).content.decode()
    promising.end_promise(actor=KAIBO, promise_id=Presale.objects.get().promise_id, now=NOW)
    assert publishing.free_units([ChannelItem.objects.select_related("sku").get(pk=one.pk)], NOW + timedelta(seconds=1)) == {coat.pk: 5}
