"""The pages of orders: what they answer, who may press what, and a constant number of queries."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kaibo.stages.orders import queries, relay, services, shipping
from kaibo.stages.orders.checks import differences
from kaibo.stages.orders.models import Finding, Order, OrderLine
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit.models import AuditRow
from tests.make.goods import make_product, make_sku, make_warehouse
from tests.make.orders import NOW, make_claims, make_item_on_sale, make_paid_order, row, take
from tests.make.people import make_person, make_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def coat(shop):
    return make_sku(make_product(shop))


def signed_in(client, account, *roles, shop=None):
    client.force_login(make_person(account, *roles, shop=shop))
    return client


def test_verification_shows_the_wrong_value_the_proposal_and_the_way_out(client, coat):
    take([row("6953000000000004420", price=6_900), row("6953000000000004421", code="KB2417-BM", phone="13800000001")])
    page = signed_in(client, "wang", "operations").get(reverse("orders:verification")).content.decode()
    assert "¥69" in page and "¥599" in page and "与公示价相差 88%" in page
    assert "KB2417-BM" in page and "编辑距离 2" in page
    assert "6953…4420" in page


def test_taking_a_proposal_on_the_page_mends_the_orders(client, coat):
    take([row("A1", code="KB2417-BM"), row("A2", code="KB2417-BM", phone="13800000001")])
    finding = Finding.objects.first()
    answer = signed_in(client, "wang", "operations").post(reverse("orders:accept", args=[finding.pk]))
    assert answer.status_code == 302
    assert set(OrderLine.objects.values_list("sku_id", flat=True)) == {coat.pk}


@pytest.mark.parametrize("account, roles, home", [("zoe", (), None), ("hans", ("host",), None), ("otto", ("operations",), "other")])
def test_who_may_not_verify_changes_nothing(client, coat, account, roles, home):
    take([row("A1", code="KB2417-BM")])
    person_shop = make_shop("other", "另一家") if home else None
    signed_in(client, account, *roles, shop=person_shop)
    answer = client.post(reverse("orders:accept", args=[Finding.objects.get().pk]))
    assert answer.status_code in (403, 404)
    assert (Finding.objects.get().state, OrderLine.objects.get().sku_id) == ("open", None)


def test_a_stranger_is_sent_to_the_sign_in_page_and_changes_nothing(client, coat):
    order = make_paid_order()
    assert client.post(reverse("orders:ship", args=[order.pk]), {"carrier": "顺丰", "tracking_no": "SF1"}).status_code == 302
    assert Order.objects.get().state == "paid"


def test_releasing_lets_only_what_passed_through_and_stock_is_reserved_by_the_clock(client, coat):
    make_paid_order("GOOD", stock=3)
    take([row("WRONG", price=100, phone="13800000009"), row("HELD", phone="13800000008")])
    services.hold_orders(actor=KAIBO, order_ids=[Order.objects.get(order_no="HELD").pk], reason="风控", now=NOW)
    signed_in(client, "wang", "operations").post(reverse("orders:release"))
    assert dict(Order.objects.values_list("order_no", "state")) == {"GOOD": "paid", "WRONG": "paid", "HELD": "paid"}
    assert shipping.allocate_released(NOW) == 1
    assert dict(Order.objects.values_list("order_no", "state")) == {"GOOD": "allocated", "WRONG": "paid", "HELD": "paid"}
    assert differences() == []


def test_what_is_counted_as_ready_for_release_is_what_would_be_released(client, coat):
    make_paid_order("GOOD", stock=3)
    take([row("UNKNOWN", phone="13800000007"), row("HELD", phone="13800000008"), row("WRONG", price=100, phone="13800000009")])
    OrderLine.objects.filter(order__order_no="UNKNOWN").update(sku_id=None)
    services.hold_orders(actor=KAIBO, order_ids=[Order.objects.get(order_no="HELD").pk], reason="风控", now=NOW)
    assert [one.order_no for one in queries.releasable(KAIBO)] == ["GOOD"]
    assert queries.releasable_count(KAIBO) == 1
    OrderLine.objects.filter(order__order_no="UNKNOWN").update(cancelled=F("quantity"))
    assert queries.releasable_count(KAIBO) == queries.releasable(KAIBO).count() == 2


def test_short_stock_holds_the_order_and_says_so(client, coat):
    make_paid_order("A1", stock=0)
    services.release_passed(actor=KAIBO, shop_id=None, now=NOW)
    assert shipping.allocate_released(NOW) == 0
    order = Order.objects.get()
    assert order.hold_flags == ["stock_short"]
    page = signed_in(client, "wang", "operations").get(reverse("orders:order", args=[order.pk])).content.decode()
    assert "库存不足" in page and "KB-2417-B-M" in page


def test_the_receiver_is_masked_until_somebody_says_why(client, coat):
    order = make_paid_order()
    signed_in(client, "li", "service")
    address = reverse("orders:order", args=[order.pk])
    assert "13812345678" not in client.get(address).content.decode()
    refused = client.post(reverse("orders:unmask", args=[order.pk]), {"reason": " "})
    assert refused.status_code == 422
    assert not AuditRow.objects.filter(deed="vault:person:unmask").exists()
    shown = client.post(reverse("orders:unmask", args=[order.pk]), {"reason": "买家来电改地址"}).content.decode()
    assert "13812345678" in shown
    assert AuditRow.objects.get(deed="vault:person:unmask").reason == "买家来电改地址"


def test_an_analyst_may_not_see_a_receiver_unmasked(client, coat):
    order = make_paid_order()
    answer = signed_in(client, "ann", "analyst").post(reverse("orders:unmask", args=[order.pk]), {"reason": "好奇"})
    assert answer.status_code == 403
    assert not AuditRow.objects.filter(deed="vault:person:unmask").exists()


def test_a_paid_claim_without_a_receiver_asks_for_one_and_takes_it(client):
    item, _ = make_item_on_sale()
    (claim,) = make_claims(item, 1)
    relay.settle_claims(NOW)
    services.record_payment(actor=KAIBO, order_id=claim, paid_fen=59_900, payment_no="P1", paid_at=NOW, now=NOW)
    assert Order.objects.get().open_findings == 1
    signed_in(client, "li", "service")
    wrong = client.post(reverse("orders:receiver", args=[claim]), {"name": "王芳", "phone": "13900001111", "address": "浙江省杭州市"})
    assert wrong.status_code == 422
    client.post(reverse("orders:receiver", args=[claim]), {"name": "王芳", "phone": "13900001111", "address": "浙江省杭州市西湖区文三路1号"})
    order = Order.objects.get()
    assert (order.open_findings, order.receiver_masked, order.area) == (0, "王* 139****1111", "西湖区")


def test_every_page_opens_empty_and_full_with_the_same_number_of_queries(client, coat):
    signed_in(client, "alice", "owner")
    addresses = [reverse(f"orders:{name}") for name in ("list", "verification", "picking")]
    for address in addresses:
        assert client.get(address).status_code == 200

    def counted():
        found = []
        for address in addresses:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            found.append(len(queries))
        return found

    take([row("W1", price=100), row("P1", phone="13700000001")])
    Order.objects.filter(order_no="P1").update(state="allocated", released_at=NOW)
    few = counted()
    take([row(f"W{n}", price=100, phone=f"136000000{n}") for n in range(10, 30)] + [row(f"P{n}", phone=f"137000000{n}") for n in range(10, 30)])
    Order.objects.filter(order_no__startswith="P").update(state="allocated", released_at=NOW)
    assert counted() == few


def test_late_orders_are_counted_and_listed(client, coat):
    take([row("A1", ordered_at=NOW - timedelta(days=900), paid_at=NOW - timedelta(days=900))])
    page = signed_in(client, "wang", "warehouse").get(reverse("orders:list") + "?late=1").content.decode()
    assert "已超时" in page and '>A1</a>' in page


def test_an_unknown_item_may_be_any_of_the_orders_own_shop_and_of_no_other(client, coat):
    make_sku(make_product(make_shop("other", "另一家"), code="OTHER-1", title="别家的外套"), code="OTHER-1-M")
    take([row("A1", code="never-heard-of", title="没见过的东西", specification="?"), row("A2", code="nor-this", title="也没见过", specification="?", phone="13800000001")])
    page = signed_in(client, "alice", "owner").get(reverse("orders:verification")).content.decode()
    assert page.count(f'<option value="{coat.pk}">KB-2417-B-M · ') == 2
    assert "OTHER-1-M" not in page
