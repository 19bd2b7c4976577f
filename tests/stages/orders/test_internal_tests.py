"""The team's own orders: marked, taken back, and in no figure anywhere (LST-8)."""

from datetime import timedelta

import pytest
from django.db import connection

from kaibo.kit.ids import new_id
from kaibo.master.stock import queries as stock
from kaibo.plumbing.access.access import AbilityMissing
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit.models import AuditRow
from kaibo.plumbing.outbox.models import OutboxFact
from kaibo.stages.aftersales import queries as case_queries
from kaibo.stages.aftersales import services as cases
from kaibo.stages.aftersales.rules import Impact, Kind, Nature
from kaibo.stages.aftersales.rules import State as CaseState
from kaibo.stages.analytics.queries import record
from kaibo.stages.orders import complaints, internal_tests, queries, relay, shipping
from kaibo.stages.orders.models import Order, OrderLine
from tests.make.orders import NOW, make_claims, make_item_on_sale, make_paid_order
from tests.make.people import make_actor, make_person

pytestmark = pytest.mark.django_db


def marked(order, *, is_test=True):
    return internal_tests.mark(actor=KAIBO, order_ids=[order.pk], is_test=is_test, reason="试付款", now=NOW)


def waiting():
    return queries.ship_clock(KAIBO, NOW).waiting


def test_a_marked_order_waits_for_nobody_and_counts_again_when_taken_back():
    order = make_paid_order()
    product = OrderLine.objects.get(order=order).sku.product_id
    assert (waiting(), queries.orders_of_products([product], NOW)[product]["orders"]) == (1, 1)
    assert [marked(order), marked(order)] == [1, 0]
    assert (waiting(), queries.orders_of_products([product], NOW)) == (0, {})
    assert queries.burn_down(KAIBO, NOW)[0][1] == 0
    assert marked(order, is_test=False) == 1
    assert waiting() == 1
    assert [one.details["is_test"] for one in AuditRow.objects.filter(deed="orders:order:mark_test").order_by("pk")] == [True, False]


def test_its_claim_is_no_sale_of_the_session():
    room = "linxia-1122"
    item, _allotment = make_item_on_sale(room=room)
    make_claims(item, 2)
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from room.answers")
    relay.settle_claims(NOW)
    assert len(record.claims_of(room)) == 2
    marked(Order.objects.order_by("pk").first())
    assert len(record.claims_of(room)) == 1


def test_what_the_team_sent_itself_is_no_demand():
    usual, tried = make_paid_order("A1"), make_paid_order("A2", stock=0, phone="13900000001", address="浙江省杭州市西湖区文一路1号")
    marked(tried)
    for number, order in enumerate((usual, tried)):
        shipping.ship_order(actor=KAIBO, order_id=order.pk, carrier="顺丰", tracking_no=f"SF{number}", now=NOW)
    sku = OrderLine.objects.get(order=usual).sku_id
    assert stock.outflow_by_day(sku, start=NOW - timedelta(days=1), end=NOW + timedelta(days=1)) == {"2026-11-22": 1}
    assert stock.differences() == []


def test_a_case_about_it_teaches_nobody_and_is_in_no_count():
    order = make_paid_order()
    marked(order)
    shipping.ship_order(actor=KAIBO, order_id=order.pk, carrier="顺丰", tracking_no="SF1", now=NOW)
    line = OrderLine.objects.get(order=order)
    told = cases.NewCase(line.pk, Kind.RETURN, Nature.QUALITY, Impact.ONE, "试售后入口")
    case = cases.open_case(actor=KAIBO, told=told, now=NOW)
    assert case_queries.due_figures(KAIBO, NOW).open == 0
    assert case_queries.reasons_of_products([line.sku.product_id]) == {}
    cases.move_case(actor=KAIBO, case_id=case.pk, target=CaseState.BUYER_CANCELLED, reason="试完", now=NOW)
    cases.close_case(actor=KAIBO, case_id=case.pk, reason="试完", now=NOW)
    assert not OutboxFact.objects.filter(name="aftersales.case_closed").exists()


@pytest.mark.parametrize("role", ["warehouse", "service", "host", "analyst"])
def test_who_may_not_mark_changes_nothing(role, shop):
    order = make_paid_order()
    with pytest.raises(AbilityMissing):
        internal_tests.mark(actor=make_actor("bob", role, shop=shop), order_ids=[order.pk], is_test=True, reason="试", now=NOW)
    assert not Order.objects.get().is_test


def test_a_reason_and_a_known_order_are_asked_for():
    order = make_paid_order()
    with pytest.raises(complaints.ReasonMissing):
        internal_tests.mark(actor=KAIBO, order_ids=[order.pk], is_test=True, reason=" ", now=NOW)
    with pytest.raises(complaints.OrderUnknown):
        internal_tests.mark(actor=KAIBO, order_ids=[order.pk, new_id()], is_test=True, reason="试", now=NOW)
    assert not Order.objects.get().is_test


def test_it_is_marked_and_taken_back_on_its_page(client, shop):
    client.force_login(make_person("alice", "owner"))
    order = make_paid_order()
    page = f"/orders/{order.pk}"
    assert "标为内部测试" in client.get(page).content.decode()
    client.post(f"{page}/test", {"reason": "林夏试付款"})
    assert "内部测试单，不计入任何数据" in client.get(page).content.decode()
    assert "内部测试，不计入数据" in client.get("/orders/?test=1").content.decode()
    client.post(f"{page}/test/undo")
    assert not Order.objects.get().is_test
