"""Supply's pages and files, as people meet them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kaibo.master.launches import services as launches
from kaibo.plumbing.access.actor import KAIBO
from kaibo.stages.supply import services
from kaibo.stages.supply.gates import gate
from kaibo.stages.supply.models import Purchase, SafetyLevel
from tests.make.goods import make_product, make_sku, make_stock
from tests.make.people import make_person
from tests.make.supply import BAD, GOOD, make_arrival, make_purchase, make_quote

pytestmark = pytest.mark.django_db


@pytest.fixture
def sku(shop):
    return make_sku(make_product(shop))


@pytest.fixture
def signed_in(client, shop):
    client.force_login(make_person("alice", "owner"))
    return client


def test_every_page_opens_empty_and_teaches_the_first_step(signed_in):
    for page, words in [("/supply/", "还没有安全库存"), ("/supply/purchases", "还没有采购单"), ("/supply/inspections", "还没有到货"), ("/supply/suppliers", "还没有供应商")]:
        answer = signed_in.get(page)
        assert answer.status_code == 200, page
        assert words in answer.content.decode(), page


def test_a_lot_is_inspected_on_its_page(signed_in, sku):
    inspection = make_arrival(sku)
    page = f"/supply/inspections/{inspection.pk}"
    assert "GB/T 3920" in signed_in.get(page).content.decode()
    answer = signed_in.post(page, {"item_colour": "4", "item_shrink": "-2.5"}, follow=True)
    assert "已放行" in answer.content.decode()
    assert "耐摩擦色牢度" in signed_in.get(page).content.decode()
    assert signed_in.get(f"/supply/lots/{inspection.lot_id}").status_code == 200


def test_a_purchase_is_drafted_approved_and_received_on_pages(signed_in, sku):
    make_quote(sku)
    supplier = make_purchase(sku, is_approved=False).supplier
    signed_in.post("/supply/purchases/new", {"supplier": supplier.pk, "sku": sku.pk, "quantity": "30", "price": "¥210.00"})
    made = Purchase.objects.get(quantity=30)
    assert made.price_fen == 21_000
    signed_in.post(f"/supply/purchases/{made.pk}/approve")
    from tests.make.goods import make_warehouse

    make_warehouse()
    answer = signed_in.post(f"/supply/purchases/{made.pk}/receive", {"lot_code": "L1", "quantity": "30"}, follow=True)
    assert "L1" in answer.content.decode()
    assert Purchase.objects.get(pk=made.pk).state == "received"


def test_a_wrong_price_is_said_on_the_form_and_nothing_is_made(signed_in, sku):
    supplier = make_purchase(sku).supplier
    answer = signed_in.post("/supply/purchases/new", {"supplier": supplier.pk, "sku": sku.pk, "quantity": "30", "price": "二百"})
    assert answer.status_code == 422
    assert "不是金额" in answer.content.decode()
    assert Purchase.objects.count() == 1


def test_a_stranger_sees_nothing(client):
    assert client.get("/supply/").status_code == 302


def test_a_host_is_told_why_not(client, shop):
    client.force_login(make_person("hana", "host", shop=shop))
    answer = client.get("/supply/")
    assert answer.status_code == 403
    assert "查看供应链" in answer.content.decode()


def test_the_home_page_asks_a_constant_number_of_queries(signed_in, shop):
    product = make_product(shop)
    inputs = {"days": 28, "mean_milli": 1, "deviation_milli": 1, "lead_days": 7, "service_bp": 9500, "z_milli": 1645, "units": 5}
    from datetime import UTC, datetime

    def line(number):
        SafetyLevel.objects.create(sku=make_sku(product, f"S-{number}"), units=5, inputs=inputs, computed_at=datetime(2026, 11, 22, tzinfo=UTC))

    line(0)
    signed_in.get("/supply/")
    with CaptureQueriesContext(connection) as one:
        signed_in.get("/supply/")
    for number in range(1, 15):
        line(number)
    with CaptureQueriesContext(connection) as many:
        signed_in.get("/supply/")
    assert len(many) == len(one)


def test_the_gate_follows_the_goods_and_says_why(owner, shop, sku, now):
    launch = launches.begin_launch(actor=owner, shop_id=shop.pk, title="x", owner_id=owner.person_id, product_id=sku.product_id, now=now)

    def found():
        return gate([launch.pk], now)[launch.pk]

    assert found().state == "none"
    inspection = make_arrival(sku)
    assert (found().state, found().reason) == ("run", "批次 L2611-07 待放行")
    services.decide_inspection(actor=KAIBO, inspection_id=inspection.pk, values=BAD, now=now)
    assert (found().state, found().reason) == ("red", "批次 L2611-07 检验不合格，已冻结")
    second = make_arrival(sku, lot="L2611-08")
    services.decide_inspection(actor=KAIBO, inspection_id=second.pk, values=GOOD, now=now)
    make_stock(sku, 1)
    assert found().state in {"ok", "red"}


def test_an_item_shows_what_its_safety_line_would_have_done(signed_in, sku, now):
    from datetime import timedelta

    from kaibo.master.stock import services as ledger
    from kaibo.plumbing.access.actor import KAIBO
    from tests.make.goods import make_warehouse

    page = f"/supply/safety/{sku.pk}/backtest"
    assert "销售历史还不够回测" in signed_in.get(page).content.decode()
    make_stock(sku, 500)
    from kaibo.kit.clock import utc_now

    for days in range(60, 0, -1):
        at = utc_now() - timedelta(days=days)
        ledger.reserve(actor=KAIBO, sku_id=sku.pk, warehouse_id=make_warehouse().pk, quantity=5, reference=f"order:{days}", now=at)
        ledger.ship_reserved(actor=KAIBO, reference=f"order:{days}", now=at)
    shown = signed_in.get(page).content.decode()
    assert "0.00" in shown
    assert "4 / 4" in shown
