"""Order exports as 抖店 writes them: taken once, older truth never over newer, every wrong field found."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kaibo.facts.flow import OrderRecorded
from kaibo.master.stock import queries as stock
from kaibo.master.stock.rules import Bucket
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.intake.kinds import Refused, Taken
from kaibo.plumbing import wiring as wires
from kaibo.plumbing.outbox import outbox
from kaibo.plumbing.outbox.models import OutboxFact
from kaibo.plumbing.vault import vault
from kaibo.stages.orders import deciding, items, shipping, storing
from kaibo.stages.orders.models import Finding, Order, OrderAnomaly, OrderLine
from tests.make.goods import make_product, make_sku
from tests.make.orders import NOW, make_paid_order, row, take
from tests.make.people import make_shop

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=2)


@pytest.fixture(autouse=True)
def coat(shop):
    return make_sku(make_product(shop))


def findings():
    return sorted(Finding.objects.filter(state="open").values_list("field", "wrong", "proposed"))


def test_a_clean_order_is_taken_with_its_line_its_item_and_no_finding(coat):
    assert take([row("A1", amount=58_900, shop_discount=1_000, price=None)]) == [Taken.NEW]
    order = Order.objects.get()
    assert (order.state, order.raw_status, order.amount_fen, order.paid_fen, order.units, order.open_findings) == ("paid", "待发货", 58_900, 58_900, 1, 0)
    assert (order.province, order.city, order.area) == ("浙江省", "杭州市", "西湖区")
    line = OrderLine.objects.get()
    assert (line.sku_id, line.price_fen, line.amount_fen) == (coat.pk, 59_900, 58_900)
    assert order.ship_by == NOW - timedelta(minutes=59) + timedelta(hours=48)


def test_the_same_rows_again_change_nothing(coat):
    rows = [row("A1"), row("A2", phone="13900000002")]
    assert take(rows) == [Taken.NEW, Taken.NEW]
    before = list(Order.objects.order_by("pk").values())
    assert take(rows) == [Taken.SAME, Taken.SAME]
    assert list(Order.objects.order_by("pk").values()) == before


def test_an_order_of_two_lines_that_arrive_in_two_batches_adds_up(coat):
    take([row("A1", line_no="1", amount=10_000, price=59_900)])
    assert take([row("A1", line_no="2", amount=20_000, price=59_900)]) == [Taken.NEW]
    order = Order.objects.get()
    assert (order.amount_fen, order.lines.count()) == (30_000, 2)


def test_an_older_file_never_overwrites_newer_truth(coat):
    take([row("A1", status="已发货")], exported_at=LATER)
    assert take([row("A1", status="待发货")], exported_at=NOW) == [Taken.SAME]
    assert Order.objects.get().state == "shipped"
    assert not OrderAnomaly.objects.exists()


def test_an_unchanged_newer_file_still_outranks_an_older_one(coat):
    take([row("A1")], exported_at=NOW)
    take([row("A1")], exported_at=LATER)
    assert take([row("A1", status="已关闭")], exported_at=NOW + timedelta(hours=1)) == [Taken.SAME]
    assert Order.objects.get().state == "paid"


def test_a_forward_jump_is_accepted_and_a_backward_one_is_an_anomaly(coat):
    take([row("A1")])
    take([row("A1", status="已完成")], exported_at=LATER)
    assert Order.objects.get().state == "completed"
    take([row("A1", status="待发货")], exported_at=LATER + timedelta(hours=1))
    order = Order.objects.get()
    assert (order.state, order.raw_status) == ("completed", "待发货")
    assert list(OrderAnomaly.objects.values_list("kind", "known_state", "raw_status")) == [("backward", "completed", "待发货")]


def test_an_unknown_status_is_unknown_and_never_a_default(coat):
    take([row("A1", status="平台新状态")])
    assert Order.objects.get().state == "unknown"
    assert OrderAnomaly.objects.get().kind == "unknown_status"


def test_a_refunded_line_must_not_be_shipped(coat):
    take([row("A1", aftersale="退款成功"), row("A2", aftersale="待商家处理"), row("A3", aftersale="售后关闭")])
    assert dict(Order.objects.values_list("order_no", "hold_flags")) == {"A1": ["platform_forbid"], "A2": ["aftersale_open"], "A3": []}


def test_lines_in_different_states_make_a_partly_shipped_order(coat):
    take([row("A1", line_no="1", status="已发货"), row("A1", line_no="2", status="待发货")])
    assert Order.objects.get().state == "partially_shipped"
    assert sorted(OrderLine.objects.values_list("line_no", "shipped")) == [("1", 1), ("2", 0)]


def test_each_of_the_five_fields_is_found_wrong_at_its_place(coat):
    take([
        row("A1", address="浙江省杭州市西湖区", phone="13800000001"),
        row("A2", price=6_900, phone="13800000002"),
        row("A3", code="", specification="黑 M", phone="13800000003"),
        row("A4", quantity=12, price=59_900, phone="13800000004"),
        row("A5", code="KB2417-BM", phone="13800000005"),
    ])  # fmt: skip
    assert findings() == [
        ("address", "浙江省杭州市西湖区", ""),
        ("name", "KB2417-BM", "KB-2417-B-M"),
        ("price", "6900", "59900"),
        ("quantity", "12", "5"),
        ("specification", "黑 M", "黑色 / M（KB-2417-B-M）"),
    ]
    assert dict(Order.objects.values_list("order_no", "open_findings")) == dict.fromkeys(("A1", "A2", "A3", "A4", "A5"), 1)


def test_ciphertext_is_the_platforms_secret_and_no_wrong_address(coat):
    take([row("A1", receiver="##8sKd92kd0sKs=##", phone="$$kfi38dk2kd02kd$$", address="##kdi29dk2ld92kd8s##")])
    order = Order.objects.get()
    assert findings() == []
    assert order.receiver_sealed is None
    assert order.receiver_cipher["phone"] == "$$kfi38dk2kd02kd$$"


def test_a_readable_receiver_is_sealed_and_shown_masked(coat):
    take([row("A1")])
    order = Order.objects.get()
    assert order.receiver_masked == "李** 138****5678"
    assert b"13812345678" not in bytes(order.receiver_sealed)
    assert vault.reveal_for_machine(order.buyer_subject_id, bytes(order.receiver_sealed))["phone"] == "13812345678"


def test_the_later_of_two_like_orders_is_marked_as_a_double(coat):
    take([row("A1", ordered_at=NOW - timedelta(minutes=9))], platform="taobao")
    take([row("A2", ordered_at=NOW - timedelta(minutes=5)), row("A3", ordered_at=NOW - timedelta(minutes=50))])
    assert [(one.order.order_no, one.wrong, one.details["minutes"]) for one in Finding.objects.all()] == [("A2", "A1", 4)]


def test_two_like_orders_of_one_file_are_found_out_though_nobody_met_the_receiver_before(coat):
    take([row("A1", ordered_at=NOW - timedelta(minutes=9)), row("A2", ordered_at=NOW - timedelta(minutes=5)), row("A3", phone="13900000003")])
    assert [(one.order.order_no, one.wrong, one.details["minutes"]) for one in Finding.objects.all()] == [("A2", "A1", 4)]


def test_an_order_whose_receiver_a_later_file_leaves_out_is_still_compared(coat):
    take([row("A1", ordered_at=NOW - timedelta(minutes=9)), row("A2", ordered_at=NOW - timedelta(minutes=5), code="不认识")])
    assert not Finding.objects.filter(field="duplicate").exists()
    take([row("A2", ordered_at=NOW - timedelta(minutes=5), receiver=None, phone=None, address=None)], exported_at=LATER)
    assert [one.order.order_no for one in Finding.objects.filter(field="duplicate")] == ["A2"]


def test_taking_a_proposal_mends_all_alike_learns_the_name_and_looks_at_the_price(coat):
    take([row(f"A{n}", code="KB2417-BM", phone=f"1380000000{n}", price=6_900 if n == 3 else 59_900) for n in range(1, 4)])
    assert deciding.accept_finding(actor=KAIBO, finding_id=Finding.objects.first().pk, now=NOW) == 3
    assert set(OrderLine.objects.values_list("sku_id", flat=True)) == {coat.pk}
    assert dict(Order.objects.values_list("order_no", "open_findings")) == {"A1": 0, "A2": 0, "A3": 1}
    assert findings() == [("price", "6900", "59900")]
    take([row("B1", code="KB2417-BM", phone="13900000000")])
    assert Order.objects.get(order_no="B1").open_findings == 0


def test_a_newer_file_with_the_address_mended_closes_the_finding_by_itself(coat):
    take([row("A1", address="浙江省杭州市西湖区")])
    take([row("A1")], exported_at=LATER)
    assert (Order.objects.get().open_findings, Finding.objects.get().state) == (0, "accepted")


def test_a_dismissed_finding_stays_dismissed_until_its_value_changes(coat):
    take([row("A1", price=6_900)])
    deciding.dismiss_finding(actor=KAIBO, finding_id=Finding.objects.get().pk, reason="员工价", now=NOW)
    take([row("A1", price=6_900, amount=100)], exported_at=LATER)
    assert Order.objects.get().open_findings == 0
    take([row("A1", price=7_900, amount=100)], exported_at=LATER + timedelta(hours=1))
    assert Order.objects.get().open_findings == 1


def test_an_item_of_another_shop_is_not_this_shops_item(coat):
    other = make_shop("other", "另一家")
    take([row("A1")], shop=other)
    assert OrderLine.objects.get().sku_id is None


def test_a_row_without_time_or_with_a_negative_amount_is_refused_alone(coat):
    outcomes = take([row("A1", ordered_at=None), row("A2", amount=-1), row("A3")])
    assert [one.code if isinstance(one, Refused) else one for one in outcomes] == ["orders.time_missing", "orders.figure_below_zero", Taken.NEW]
    assert list(Order.objects.values_list("order_no", flat=True)) == ["A3"]


def test_a_pinduoduo_number_stands_in_for_a_missing_time(coat):
    take([row("241122-381234567890123", ordered_at=None, paid_at=None)], platform="pdd")
    assert Order.objects.get().ordered_at.isoformat() == "2024-11-21T16:00:00+00:00"


def test_what_the_platform_cancels_gives_its_reserved_units_back():
    order = make_paid_order(stock=5)
    Order.objects.update(released_at=NOW)
    assert shipping.allocate_released(NOW) == 1
    sku = OrderLine.objects.get().sku_id
    assert stock.levels_of([sku])[sku][Bucket.RESERVED] == 1
    take([row(order.order_no, status="已关闭")], exported_at=LATER)
    assert Order.objects.get().state == "cancelled"
    assert stock.levels_of([sku])[sku] == {Bucket.INCOMING: 0, Bucket.SELLABLE: 5, Bucket.RESERVED: 0}


def hears(fact, now):
    """Somebody who reacts to orders."""


def test_each_order_is_announced_once_whatever_later_files_say(coat, monkeypatch):
    monkeypatch.setattr(outbox, "wiring", lambda: dataclasses.replace(wires.wiring(), reactions={OrderRecorded: (hears,)}))
    take([row("A1", line_no="1"), row("A2", phone="13900000002"), row("A3", ordered_at=None)])
    take([row("A1", line_no="1", status="已发货"), row("A1", line_no="2"), row("A2", phone="13900000002")], exported_at=LATER)
    told = OutboxFact.objects.filter(name="orders.order_recorded").values_list("payload__order_id", "payload__platform", "payload__amount_fen")
    assert sorted(told) == sorted((str(pk), "douyin", 59_900) for pk in Order.objects.filter(order_no__in=["A1", "A2"]).values_list("pk", flat=True))


def test_orders_of_which_some_stand_already_are_taken_in_one_go(coat):
    take([row("A1", status="待付款", paid_at=None)])
    assert take([row("A1"), row("A2", phone="13900000002")], exported_at=LATER) == [Taken.CHANGED, Taken.NEW]
    assert sorted(Order.objects.values_list("order_no", "state")) == [("A1", "paid"), ("A2", "paid")]


def test_a_text_that_names_no_item_is_looked_up_once_for_all_its_lines(coat, monkeypatch):
    asked = []
    real = items.check_item
    monkeypatch.setattr(items, "check_item", lambda **texts: asked.append(texts["code"]) or real(**texts))
    take([row(f"A{number}", code="KB2417-BM", phone=f"1390000000{number}") for number in range(4)])
    assert asked == ["KB2417-BM"]
    assert Finding.objects.filter(field="name", proposed="KB-2417-B-M").count() == 4


def test_the_number_of_queries_does_not_grow_with_the_rows(coat):
    take([row("W1")])
    with CaptureQueriesContext(connection, ) as few:
        take([row(f"F{n}", phone=f"1370000{n:04}") for n in range(3)])
    with CaptureQueriesContext(connection) as many:
        take([row(f"M{n}", phone=f"1360000{n:04}") for n in range(40)])
    assert len(many) == len(few)


def test_doubles_are_sought_by_receiver_however_many_orders_the_hour_has():
    shop = make_shop()
    hour = [
        Order(
            shop=shop, platform="douyin", order_no=f"D{place}", state="paid", amount_fen=1, ordered_at=NOW + timedelta(seconds=place % 3_600),
            source="pull", source_version=NOW, created_at=NOW, receiver_mark=f"mark {place}",
        )
        for place in range(4_000)
    ]  # fmt: skip
    Order.objects.bulk_create(hour)
    plans = []

    def explained(execute, sql, params, many, context):
        if "INTO orders_finding" in sql and "EXPLAIN" not in sql:
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE orders_order")
                cursor.execute(f"EXPLAIN {sql}", params)
                plans.append("\n".join(row[0] for row in cursor.fetchall()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explained):
        storing.find_duplicates([one.pk for one in hour[:100]], within=timedelta(minutes=30), now=NOW)
    assert "orders_by_receiver" in plans[-1], plans[-1]
    assert "orders_newest" not in plans[-1]
