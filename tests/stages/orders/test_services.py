"""Payment, expiry, sheets and whole files: what moves, what is refused, and that nothing moves twice."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection

from kaibo.master.stock import queries as stock
from kaibo.master.stock.models import Allotment
from kaibo.master.stock.rules import Bucket
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.intake import engine
from kaibo.plumbing.intake import services as intake
from kaibo.plumbing.intake.kinds import ImportContext, ParsedRow, Refused, Taken
from kaibo.stages.orders import following, queries, relay, services, shipping
from kaibo.stages.orders.checks import differences
from kaibo.stages.orders.complaints import NotAwaitingPayment, PaymentAmountWrong, PaymentOfAnother
from kaibo.stages.orders.models import Finding, Order, OrderLine, Payment, Shipment
from kaibo.stages.orders.rules import NotShippable
from kaibo.stages.orders.sheets import take_shipments
from tests.make.goods import make_product, make_sku
from kaibo.stages.orders.models import PaymentRefund
from tests.make.orders import NOW, make_claims, make_item_on_sale, make_paid_order, row, take

pytestmark = pytest.mark.django_db


def pay(order_id, *, fen=59_900, number="P1", at=NOW):
    return services.record_payment(actor=KAIBO, order_id=order_id, paid_fen=fen, payment_no=number, paid_at=at, now=at)


@pytest.fixture
def claim(shop):
    item, allotment = make_item_on_sale(units=1, stock=1)
    (claim,) = make_claims(item, 1)
    relay.settle_claims(NOW)
    return claim


def levels():
    sku = OrderLine.objects.first().sku_id
    return {bucket: units for bucket, units in stock.levels_of([sku])[sku].items() if units}


def test_a_payment_is_booked_once_and_only_with_the_right_amount(claim):
    with pytest.raises(PaymentAmountWrong):
        pay(claim, fen=59_800)
    assert (Order.objects.get().state, Payment.objects.count()) == ("pending_payment", 0)
    assert pay(claim).pk == pay(claim).pk
    with pytest.raises(NotAwaitingPayment):
        pay(claim, number="P2")
    with pytest.raises(PaymentAmountWrong):
        pay(claim, fen=1, number="P3")
    assert (Order.objects.get().state, Order.objects.get().paid_fen, Payment.objects.count()) == ("allocated", 59_900, 1)
    assert differences() == []


def test_one_payment_number_pays_one_order(shop):
    item, _ = make_item_on_sale(units=2)
    first, second = make_claims(item, 2)
    relay.settle_claims(NOW)
    pay(first)
    with pytest.raises(PaymentOfAnother):
        pay(second)
    assert Order.objects.get(pk=second).state == "pending_payment"


def test_what_nobody_paid_goes_back_on_sale_in_the_open_room(claim):
    later = NOW + timedelta(minutes=15)
    assert following.expire_unpaid(later - timedelta(seconds=1)) == 0
    assert following.expire_unpaid(later) == 1
    assert levels() == {Bucket.ALLOTTED: 1}
    with connection.cursor() as cursor:
        cursor.execute("select left_units from room.items")
        assert cursor.fetchone() == (1,)
    assert differences() == [] and stock.differences() == []


def test_what_nobody_paid_goes_to_the_shelf_when_the_item_is_closed(claim):
    from kaibo.master.stock import allotments
    from kaibo.room import backoffice

    with connection.cursor() as cursor:
        cursor.execute("select item from room.items")
        left = backoffice.close_item(cursor, room="linxia-1122", item=cursor.fetchone()[0])
    allotments.close_allotment(actor=KAIBO, allotment_id=Allotment.objects.get().pk, unclaimed=left, now=NOW)
    following.expire_unpaid(NOW + timedelta(hours=1))
    assert levels() == {Bucket.SELLABLE: 1}
    assert differences() == []


def test_a_late_payment_takes_stock_again_where_there_is_some(shop):
    item, _ = make_item_on_sale(units=1, stock=5)
    (claim,) = make_claims(item, 1)
    relay.settle_claims(NOW)
    later = NOW + timedelta(hours=1)
    following.expire_unpaid(later)
    assert pay(claim, at=later).outcome == "late"
    order = Order.objects.get()
    assert (order.state, order.refund_due_fen, order.cancel_reason) == ("allocated", 0, "")
    assert levels() == {Bucket.SELLABLE: 4, Bucket.RESERVED: 1}
    assert differences() == [] and stock.differences() == []
    with connection.cursor() as cursor:
        cursor.execute("select left_units, returned_units from room.items")
        assert cursor.fetchone() == (0, 0)


def test_a_late_payment_without_stock_is_due_back_and_the_order_stays_cancelled(claim):
    later = NOW + timedelta(hours=1)
    following.expire_unpaid(later)
    with connection.cursor() as cursor:
        cursor.execute("update room.items set left_units = 0, withdrawn_units = 1")  # somebody else took it
    assert pay(claim, at=later).outcome == "refund_due"
    assert list(PaymentRefund.objects.values_list("order_id", "amount_fen", "reason", "state")) == [(claim, 59_900, "expired", "due")]
    order = Order.objects.get()
    assert (order.state, order.refund_due_fen) == ("cancelled", 59_900)
    assert levels() == {Bucket.ALLOTTED: 1}
    assert differences() == []


def test_a_held_order_does_not_leave_and_nothing_moves(shop):
    order = make_paid_order()
    services.hold_orders(actor=KAIBO, order_ids=[order.pk], reason="风控", now=NOW)
    with pytest.raises(NotShippable):
        shipping.ship_order(actor=KAIBO, order_id=order.pk, carrier="顺丰", tracking_no="SF1234567890123", now=NOW)
    assert (Shipment.objects.count(), levels()) == (0, {Bucket.SELLABLE: 20})
    services.lift_hold(actor=KAIBO, order_id=order.pk, now=NOW)
    shipping.ship_order(actor=KAIBO, order_id=order.pk, carrier="顺丰", tracking_no="SF1234567890123", now=NOW)
    assert levels() == {Bucket.SELLABLE: 19}


def test_a_shipping_sheet_ships_what_it_can_and_says_why_not(shop):
    order = make_paid_order("GOOD")
    take([row("WRONG", price=1, phone="13800000001")])

    def sheet():
        rows = [ParsedRow(n, {"order_no": no, "carrier": "顺丰", "tracking_no": f"SF000000000000{n}"}) for n, no in enumerate(("GOOD", "WRONG", "GONE"))]
        return [one.code if isinstance(one, Refused) else one for one in take_shipments(ImportContext(KAIBO, shop.pk, "", order.pk, NOW, NOW), rows)]

    assert sheet() == [Taken.NEW, "orders.not_shippable", "orders.order_unknown"]
    assert sheet() == [Taken.SAME, "orders.not_shippable", "orders.order_unknown"]
    assert Shipment.objects.count() == 1


DOUYIN_73 = (
    "主订单编号,子订单编号,选购商品,商品规格,商品数量,商品ID,商家编码,商品单价,订单应付金额,运费,优惠总金额,平台优惠,商家优惠,达人优惠,商家改价,支付优惠,红包抵扣,"
    "支付方式,手续费,收件人,收件人手机号,省,市,区,街道,详细地址,是否修改过地址,地址修改时段,买家留言,订单提交时间,旗帜颜色,商家备注,订单完成时间,支付完成时间,"
    "APP渠道,流量来源,订单状态,承诺发货时间,订单类型,鲁班落地页ID,达人ID,达人昵称,所属门店ID,售后状态,取消原因,预约发货时间,仓库ID,仓库名称,是否安心购,广告渠道,"
    "流量类型,流量体裁,流量渠道,发货主体,发货主体明细,发货时间,降价类优惠,平台实际承担优惠金额,商家实际承担优惠金额,达人实际承担优惠金额,预计送达时间,是否平台仓自流转,车型"
).split(",")
DOUYIN_21 = (
    "主订单编号,子订单编号,选购商品,商品规格,商品数量,商家编码,订单应付金额,运费,收件人,收件人手机号,详细地址,订单提交时间,商家备注,订单完成时间,订单状态,售后状态,"
    "取消原因,发货时间,平台实际承担优惠金额,商家实际承担优惠金额,达人实际承担优惠金额"
).split(",")


def file_of(heads, rows):
    written = io.StringIO()
    sheet = csv.DictWriter(written, heads, restval="-", quoting=csv.QUOTE_ALL)
    sheet.writeheader()
    sheet.writerows(rows)
    return ("\ufeff" + written.getvalue()).encode()


def run(shop, data, *, name="1763812800_orders.csv", kind="orders", platform="douyin"):
    started = intake.start_import(
        actor=KAIBO, kind_key=kind, chunks=[data], file_name=name, platform=platform, shop_id=shop.pk, now=NOW, file_written_at=NOW
    )
    return engine.run_import(started.pk, clock=lambda: NOW)


COMMON = {"选购商品": "短款羊毛双面呢外套", "商品规格": "黑色 / M", "商品数量": "1", "商家编码": "KB-2417-B-M", "运费": "0.00", "订单提交时间": "2026-09-22 00:54:10"}


def test_the_73_column_export_of_douyin_is_taken_as_it_is_written(shop):
    make_sku(make_product(shop))
    rows = [
        COMMON | {
            "主订单编号": "\t6917423456789012345", "子订单编号": "\t6917423456789012346", "商品单价": "599.00", "订单应付金额": "569.00",
            "商家优惠": "店铺新客券-30.00", "收件人": "##aksjdh2837skdjh##", "收件人手机号": "$$283dkjh2837dkj$$", "省": "浙江省", "市": "杭州市", "区": "西湖区",
            "详细地址": "##skdjh28dkj2h8d##", "订单状态": "待发货", "支付完成时间": "2026-09-22 00:54:20", "承诺发货时间": "2026-09-24 00:54:20", "售后状态": "-",
        },
        COMMON | {"主订单编号": "\t6917423456789012999", "子订单编号": "\t6917423456789012998", "商品单价": "一千", "订单应付金额": "1.00", "订单状态": "待发货"},
    ]  # fmt: skip
    done = run(shop, file_of(DOUYIN_73, rows))
    assert (done.state, done.rows_read, done.rows_new, done.rows_quarantined) == ("done", 2, 1, 1)
    order = Order.objects.get()
    assert (order.order_no, order.state, order.amount_fen, order.open_findings) == ("6917423456789012345", "paid", 56_900, 0)
    assert order.ship_by.isoformat() == "2026-09-23T16:54:20+00:00"
    assert order.receiver_cipher["phone"] == "$$283dkjh2837dkj$$"
    (found,) = [one for one in queries.consistency(KAIBO, shop_id=shop.pk) if one.platform == "douyin"]
    assert (found.theirs, found.ours, found.missing, found.is_whole) == (2, 1, ("6917423456789012999",), False)


def test_the_21_column_export_derives_the_unit_price_from_what_was_paid_and_discounted(shop):
    make_sku(make_product(shop))
    line = {"收件人": "李小梅", "收件人手机号": "13812345678", "详细地址": "浙江省杭州市西湖区文三路1号", "订单状态": "待发货", "订单应付金额": "569.00", "商家实际承担优惠金额": "20.00", "平台实际承担优惠金额": "10.00"}
    rows = [COMMON | line | {"主订单编号": f"\t69174234567890{n:05}", "子订单编号": f"\t69174234567890{n:05}"} for n in range(2)]
    rows[1] |= {"订单应付金额": "69.00", "收件人手机号": "13812345679"}
    data = file_of(DOUYIN_21, rows)
    assert run(shop, data).rows_new == 2
    assert sorted(OrderLine.objects.values_list("price_fen", flat=True)) == [9_900, 59_900]
    assert list(Finding.objects.values_list("field", "wrong", "proposed")) == [("price", "9900", "59900")]
    again = run(shop, data)
    assert (again.rows_new, again.rows_changed, again.rows_same) == (0, 0, 2)


def test_a_taobao_export_in_gb18030_is_taken_through_the_same_columns(shop):
    make_sku(make_product(shop))
    heads = ["订单编号", "买家会员名", "买家实际支付金额", "订单状态", "收货人姓名", "收货地址 ", "联系手机", "订单创建时间", "宝贝标题 ", "宝贝总数量", "商家编码"]
    values = ['="1930123456789012345"', "t**", "599.00", "买家已付款，等待卖家发货", "王芳", "浙江省 杭州市 西湖区 文三路1号", "'13900001111", "2026-11-20 10:00:00", "短款羊毛双面呢外套", "1", "KB-2417-B-M"]
    data = "\n".join([",".join(heads), ",".join(f'"{one.replace(chr(34), chr(34) * 2)}"' for one in values)]).encode("gb18030")
    done = run(shop, data, name="ExportOrderList.csv", platform="taobao")
    assert (done.state, done.rows_new) == ("done", 1)
    order = Order.objects.get()
    assert (order.order_no, order.state, order.area, order.phone_tail, order.open_findings) == ("1930123456789012345", "paid", "西湖区", "1111", 0)
