"""Money back before the goods left stops the goods; goods that come in let short orders go; two holds at once are two."""

import threading

import pytest
from django.db import connection

from kaibo.kit.errors import KaiboError
from kaibo.master.stock import queries as stock
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit.models import AuditRow
from kaibo.stages.aftersales import refunds
from kaibo.stages.aftersales import services as cases
from kaibo.stages.aftersales.rules import Impact, Kind, Nature
from kaibo.stages.aftersales.rules import State as CaseState
from kaibo.stages.orders import complaints, services, shipping
from kaibo.stages.orders.models import Order, OrderLine
from kaibo.stages.orders.rules import Hold, NotShippable
from tests.make.goods import make_product, make_sku, make_stock
from tests.make.orders import NOW, make_paid_order, row, take
from tests.make.people import make_shop

pytestmark = pytest.mark.django_db


def released(order, *, platform="own", **changed):
    """An order of our own room, released; what platforms tell of theirs is another story."""
    Order.objects.filter(pk=order.pk).update(platform=platform, released_at=NOW, **changed)
    order.refresh_from_db()
    return order


def levels(sku_id):
    return {bucket.value: units for bucket, units in stock.levels_of([sku_id])[sku_id].items() if units and bucket.is_internal}


def paid_back(line, fen, *, kind=Kind.REFUND, quantity=1, key="k1"):
    told = cases.NewCase(line.pk, kind, Nature.QUALITY, Impact.ONE, "不想要了", asked_fen=fen, quantity=quantity)
    case = cases.open_case(actor=KAIBO, told=told, now=NOW)
    cases.move_case(actor=KAIBO, case_id=case.pk, target=CaseState.APPROVED_REFUND, reason="", now=NOW)
    refunds.refund(actor=KAIBO, case_id=case.pk, amount_fen=fen, key=key, now=NOW)
    cases.record_contact(actor=KAIBO, case_id=case.pk, outcome="satisfied", text="收到退款了", now=NOW)
    cases.close_case(actor=KAIBO, case_id=case.pk, reason="", now=NOW)
    return case


@pytest.mark.parametrize("is_reserved", [True, False])
def test_nobody_gets_the_money_and_the_goods(is_reserved):
    order = released(make_paid_order())
    line = OrderLine.objects.get(order=order)
    if is_reserved:
        shipping.allocate_released(NOW)
        assert levels(line.sku_id) == {"sellable": 19, "reserved": 1}
    paid_back(line, 59_900)
    order.refresh_from_db()
    assert (order.state, order.cancel_reason, order.hold_flags) == ("cancelled", "售后已退款", [])
    assert levels(line.sku_id) == {"sellable": 20}
    shipping.allocate_released(NOW)
    with pytest.raises(NotShippable):
        shipping.ship_order(actor=KAIBO, order_id=order.pk, carrier="顺丰", tracking_no="SF1", now=NOW)
    assert levels(line.sku_id) == {"sellable": 20}
    assert stock.differences() == []
    assert AuditRow.objects.get(deed="orders:order:stop").details["units"] == 1


def test_one_of_three_paid_back_leaves_two_to_send():
    order = released(make_paid_order(quantity=3, amount=179_700))
    line = OrderLine.objects.get(order=order)
    shipping.allocate_released(NOW)
    paid_back(line, 59_900)
    line.refresh_from_db()
    assert (line.cancelled, line.left) == (1, 2)
    assert levels(line.sku_id) == {"sellable": 18, "reserved": 2}
    shipping.ship_order(actor=KAIBO, order_id=order.pk, carrier="顺丰", tracking_no="SF1", now=NOW)
    order.refresh_from_db()
    line.refresh_from_db()
    assert (order.state, line.shipped) == ("shipped", 2)
    assert levels(line.sku_id) == {"sellable": 18}


def test_a_part_that_left_stays_and_the_refunded_rest_ends_the_order():
    order = released(make_paid_order(quantity=2, amount=119_800))
    line = OrderLine.objects.get(order=order)
    shipping.ship_order(actor=KAIBO, order_id=order.pk, carrier="顺丰", tracking_no="SF1", now=NOW, units={line.pk: 1})
    paid_back(line, 59_900)
    order.refresh_from_db()
    assert (order.state, order.shipped_at) == ("shipped", NOW)
    assert levels(line.sku_id) == {"sellable": 19}


def test_compensation_stops_nothing():
    order = released(make_paid_order())
    line = OrderLine.objects.get(order=order)
    shipping.allocate_released(NOW)
    paid_back(line, 2_000)
    order.refresh_from_db()
    assert (order.state, order.hold_flags) == ("allocated", [])


def test_an_order_of_a_platform_is_held_until_the_platform_speaks():
    order = released(make_paid_order(), platform="douyin")
    line = OrderLine.objects.get(order=order)
    paid_back(line, 59_900)
    order.refresh_from_db()
    assert (order.state, order.hold_flags) == ("paid", ["manual"])
    assert order.hold_reason.startswith("售后已退款")


# ── short orders ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_goods_that_come_in_let_short_orders_go_oldest_first():
    sku = make_sku(make_product(make_shop()))
    make_stock(sku, 1)
    take([row("A1", quantity=2, amount=119_800), row("A2", quantity=1, phone="13900000001", address="浙江省杭州市西湖区文一路1号")])
    for number in ("A1", "A2"):
        released(Order.objects.get(order_no=number), hold_flags=["stock_short"], hold_reason="库存不够")
    assert shipping.try_short_again(NOW) == 1  # one unit: the older order wants two, the younger one
    assert dict(Order.objects.values_list("order_no", "state")) == {"A1": "paid", "A2": "allocated"}
    assert shipping.try_short_again(NOW) == 0
    make_stock(sku, 2)
    assert shipping.try_short_again(NOW) == 1
    assert set(Order.objects.values_list("state", "hold_reason")) == {("allocated", "")}
    assert levels(sku.pk) == {"reserved": 3}


def test_orders_that_wait_for_what_does_not_come_keep_no_other_from_what_did(monkeypatch):
    monkeypatch.setattr(shipping, "MOST_ALLOCATED", 2)
    came = make_sku(make_product(make_shop()), code="CAME")
    make_stock(came, 1)
    orders = [released(make_paid_order(f"B{place}", stock=0), hold_flags=["stock_short"], hold_reason="库存不够") for place in range(6)]
    OrderLine.objects.filter(order=orders[-1]).update(sku=came)
    assert shipping.try_short_again(NOW) == 1
    assert Order.objects.get(state="allocated").pk == orders[-1].pk


def test_who_is_held_for_another_reason_too_stays_held():
    order = released(make_paid_order(), hold_flags=["manual", "stock_short"])
    assert shipping.try_short_again(NOW) == 0
    assert Order.objects.get(pk=order.pk).hold_flags == ["manual", "stock_short"]


# ── holds ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_has_left_is_not_held_and_its_receiver_stays():
    order = released(make_paid_order())
    shipping.ship_order(actor=KAIBO, order_id=order.pk, carrier="顺丰", tracking_no="SF1", now=NOW)
    assert services.hold_orders(actor=KAIBO, order_ids=[order.pk], reason="等一等", now=NOW) == 0
    with pytest.raises(complaints.AlreadyShipped):
        services.set_receiver(actor=KAIBO, order_id=order.pk, name="王五", phone="13900000002", address="浙江省杭州市西湖区文一路1号", now=NOW)
    after = Order.objects.get(pk=order.pk)
    assert (after.hold_flags, after.receiver_mark) == ([], order.receiver_mark)


def test_two_holds_told_of_the_same_reading_keep_both_flags():
    order = released(make_paid_order())
    services.hold_orders(actor=KAIBO, order_ids=[order.pk], reason="风控", flag=Hold.RISK_REVIEW, now=NOW)
    services.hold_orders(actor=KAIBO, order_ids=[order.pk], reason="等补货", now=NOW)
    assert services.hold_orders(actor=KAIBO, order_ids=[order.pk], reason="再等", now=NOW) == 0
    assert Order.objects.get(pk=order.pk).hold_flags == ["manual", "risk_review"]


@pytest.mark.django_db(transaction=True)
def test_two_people_holding_at_once_keep_both_flags(shop):
    order = make_paid_order()
    barrier, complaints_seen = threading.Barrier(2), []

    def hold(flag):
        try:
            barrier.wait()
            services.hold_orders(actor=KAIBO, order_ids=[order.pk], reason="等", flag=flag, now=NOW)
        except KaiboError as complaint:
            complaints_seen.append(complaint)
        connection.close()

    threads = [threading.Thread(target=hold, args=[flag]) for flag in (Hold.MANUAL, Hold.RISK_REVIEW)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (complaints_seen, Order.objects.get(pk=order.pk).hold_flags) == ([], ["manual", "risk_review"])
