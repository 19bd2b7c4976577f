"""
An evening on a platform: its order export comes in with its quirks, what is wrong is found and mended, the rest is sent.

The files are as the platform writes them (73 columns, ids behind tabs, a byte order mark); the same file twice changes nothing.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from kaibo.config import checks
from kaibo.demo import goods, orders_file
from kaibo.master.catalog.models import Product, Sku
from kaibo.master.people.queries import actor_for
from kaibo.plumbing.audit import audit
from kaibo.plumbing.intake import engine
from kaibo.plumbing.intake import services as intake
from kaibo.plumbing.intake.models import ImportRun
from kaibo.stages.orders import deciding, queries, shipping
from kaibo.stages.orders import services as orders
from kaibo.stages.orders.models import Finding, Order, OrderLine
from tests.make.goods import make_category, make_stock
from tests.make.people import make_person, make_shop

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def shop():
    made = make_shop()
    make_category()
    for good in goods.GOODS:
        product = Product.objects.create(
            shop=made, code=good.code, title=good.title, category_id="apparel", created_at=NOW, selling_points=list(good.points)
        )
        for item in good.items:
            sku = Sku.objects.create(product=product, code=item.code, specification=item.specification, cost_fen=good.cost_fen, price_fen=good.price_fen)
            make_stock(sku, 400)
    return made


@pytest.fixture
def clerk(shop):
    return actor_for(make_person("hemu", "operations", shop=shop))


@pytest.fixture
def keeper(shop):
    return actor_for(make_person("shencang", "warehouse", shop=shop))


def bring(actor, shop, kind: str, content: bytes, *, name: str = "抖店-订单导出.csv", platform: str = "douyin", at: datetime = NOW) -> ImportRun:
    run = intake.start_import(
        actor=actor, kind_key=kind, chunks=[content], file_name=name, platform=platform, shop_id=shop.pk, now=at, file_written_at=at
    )
    engine.run_import(run.pk, clock=lambda: at)
    run.refresh_from_db()
    return run


def rows_of(run: ImportRun) -> tuple[str, int, int, int, int]:
    return run.state, run.rows_new, run.rows_changed, run.rows_same, run.rows_quarantined


def test_an_evenings_orders_are_verified_mended_and_sent(shop, clerk, keeper):
    content = orders_file.platform_orders(NOW, orders=160)

    the_export_comes_in_whole(clerk, shop, content)
    eighteen_problems_are_found_in_the_five_fields(clerk, shop)
    the_same_file_twice_changes_nothing(clerk, shop, content)
    one_proposal_mends_every_order_alike(clerk, shop)
    a_wrong_order_cannot_leave(clerk, keeper)
    what_passed_is_released_and_promised_stock(clerk, shop)
    a_shipping_sheet_sends_parcels_once(keeper, shop)
    an_older_export_does_not_bring_them_back(clerk, shop, content)
    audit.seal(NOW)
    assert checks.differences() == []


def the_export_comes_in_whole(clerk, shop, content: bytes) -> None:
    run = bring(clerk, shop, "orders", content)
    assert rows_of(run) == ("done", 160, 0, 0, 0)
    assert Order.objects.filter(platform="douyin", shop=shop).count() == 160
    assert not Order.objects.filter(order_no__contains="\t").exists()
    assert Order.objects.filter(receiver_cipher__isnull=False).exists()  # the platform keeps these receivers to itself


def eighteen_problems_are_found_in_the_five_fields(clerk, shop) -> None:
    assert Counter(Finding.objects.values_list("field", flat=True)) == {
        "address": 6, "name": 4, "specification": 3, "price": 2, "quantity": 2, "duplicate": 1,
    }  # fmt: skip
    assert sum(queries.findings_by_field(clerk, shop_id=shop.pk).values()) == 18
    client = Client()
    client.force_login(make_person("hemu", "operations", shop=shop))
    page = client.get(reverse("orders:verification")).content.decode()
    assert "KB-2417-BM" in page
    assert "KB-2417-B-M" in page


def the_same_file_twice_changes_nothing(clerk, shop, content: bytes) -> None:
    before = list(Order.objects.order_by("pk").values_list("pk", "state", "open_findings", "source_version"))
    again = bring(clerk, shop, "orders", content, at=NOW + timedelta(minutes=5), name="抖店-订单导出 (1).csv")
    assert (again.rows_new, again.rows_changed, again.rows_quarantined) == (0, 0, 0)
    assert [row[:3] for row in Order.objects.order_by("pk").values_list("pk", "state", "open_findings", "source_version")] == [row[:3] for row in before]
    assert Finding.objects.count() == 18


def one_proposal_mends_every_order_alike(clerk, shop) -> None:
    finding = Finding.objects.filter(wrong="KB-2417-BM").first()
    assert finding.proposed_sku.code == "KB-2417-B-M"
    assert deciding.accept_finding(actor=clerk, finding_id=finding.pk, now=NOW) == 2
    assert OrderLine.objects.filter(platform_code="KB-2417-BM", sku__code="KB-2417-B-M").count() == 2
    assert not Finding.objects.filter(wrong="KB-2417-BM", state=Finding.State.OPEN).exists()


def a_wrong_order_cannot_leave(clerk, keeper) -> None:
    wrong = Finding.objects.filter(field="address", state=Finding.State.OPEN).first().order
    with pytest.raises(Exception, match=wrong.order_no):
        shipping.ship_order(actor=keeper, order_id=wrong.pk, carrier="顺丰", tracking_no="SF1234567890999", now=NOW)
    wrong.refresh_from_db()
    assert (wrong.state, wrong.shipments.count()) == ("paid", 0)
    read = orders.set_receiver(
        actor=clerk, order_id=wrong.pk, name="李小梅", phone="13857100008", address="浙江省杭州市西湖区文三路 478 号 3 幢", now=NOW
    )
    assert read.place.startswith("浙江省")
    wrong.refresh_from_db()
    assert wrong.open_findings == 0


def what_passed_is_released_and_promised_stock(clerk, shop) -> None:
    waiting = Order.objects.filter(state="paid").count()
    still_wrong = Order.objects.filter(state="paid", open_findings__gt=0).count()
    assert still_wrong == 15
    assert orders.release_passed(actor=clerk, shop_id=shop.pk, now=NOW) == waiting - still_wrong
    assert shipping.allocate_released(NOW) == waiting - still_wrong
    assert Order.objects.filter(state="allocated").count() == waiting - still_wrong


def a_shipping_sheet_sends_parcels_once(keeper, shop) -> None:
    chosen = list(Order.objects.filter(state="allocated").order_by("ordered_at")[:20].values_list("order_no", flat=True))
    wrong = Order.objects.filter(open_findings__gt=0).first().order_no
    lines = [f"{no},顺丰速运,SF12345678{place:05d}" for place, no in enumerate([*chosen, wrong, "6900000000000000000"])]
    sheet = ("订单编号,快递公司,快递单号\r\n" + "\r\n".join(lines)).encode("gb18030")

    first = bring(keeper, shop, "shipments", sheet, name="发货单.csv", platform="", at=NOW + timedelta(hours=1))
    assert rows_of(first) == ("done", 20, 0, 0, 2)
    assert Order.objects.filter(order_no__in=chosen, state="shipped").count() == 20
    second = bring(keeper, shop, "shipments", sheet, name="发货单 (1).csv", platform="", at=NOW + timedelta(hours=2))
    assert (second.rows_new, second.rows_changed) == (0, 0)
    assert Order.objects.filter(order_no=wrong, state="paid").count() == 1


def an_older_export_does_not_bring_them_back(clerk, shop, content: bytes) -> None:
    sent = Order.objects.filter(state="shipped", shipments__isnull=False).count()
    assert sent == 20
    bring(clerk, shop, "orders", content + b"\r\n", at=NOW - timedelta(hours=6), name="昨天的导出.csv")
    assert Order.objects.filter(state="shipped", shipments__isnull=False).count() == 20
