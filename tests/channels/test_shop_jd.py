"""京东's JSON in our words: a status is a word, yuan are texts, what is locked is held, business says no with a text."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest

from kaibo.channels.calling import Answer
from kaibo.channels.shop_jd import reading
from kaibo.channels.shop_jd.channel import KIND, _no_in
from kaibo.channels.signed_forms import SignedForms
from kaibo.kit.shop_channels import Can, CaseKind, Grant, OrderHold, OrderState, ParcelWrite, StockWrite, Window
from kaibo.kit.shop_complaints import (
    ShopAway,
    ShopCannot,
    ShopRefused,
    ShopSettingWrong,
    ShopSignatureRefused,
    ShopThrottled,
    ShopTokenExpired,
    ShopUnreadable,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ACCOUNT = {"app_key": "jd-key", "app_secret": "jd-secret", "access_token": "jd-token", "refresh_token": "jd-renew", "calls_per_second": "100000"}
ORDER = {
    "orderId": "281046817987", "parentOrderId": "0", "orderState": "WAIT_GOODS_RECEIVE_CONFIRM", "orderTotalPrice": "1205.00", "orderPayment": "1105.99",
    "freightPrice": "6.00", "sellerDiscount": "99.01", "orderStartTime": "2026-11-22 20:00:11", "paymentConfirmTime": "2026-11-22 20:00:40",
    "modified": "2026-11-22 20:05:00", "orderEndTime": None, "waybill": "JDVA00000000001,JDVA00000000002", "logisticsId": "2087",
    "itemInfoList": [
        {"skuId": "10001", "wareId": "9001", "outerSkuId": "KB-2417-B-M", "skuName": "外套 黑色 M", "jdPrice": "599.00", "itemTotal": "2"},
        {"skuId": "10002", "wareId": "9002", "outerSkuId": "KB-0077-B-M", "skuName": "T恤 黑色 M", "jdPrice": "1.00", "itemTotal": "1"},
    ],
    "consigneeInfo": {
        "fullname": "p9Qk3mWz7Xy1bC4dE5fG6hJ8", "mobile": "a1B2c3D4e5F6g7H8i9J0kLmN", "fullAddress": "Zx9Yw8Vu7Ts6Rq5Po4Nm3Lk2", "province": "浙江省",
        "city": "杭州市", "county": "西湖区", "town": "文三路",
    },
}  # fmt: skip


def _order(**changes):
    return reading.order_of({**copy.deepcopy(ORDER), **changes})


def test_an_order_is_read_to_the_fen_with_every_waybill():
    order = _order()
    assert (order.order_no, order.raw_status, order.state, order.parent_no) == ("281046817987", "WAIT_GOODS_RECEIVE_CONFIRM", OrderState.SHIPPED, "")
    assert (order.amount_fen, order.freight_fen) == (110599, 600)
    assert [line.amount_fen for line in order.lines] == [109907, 92] and sum(line.amount_fen for line in order.lines) == 109999
    assert [(line.code, line.quantity, line.price_fen, line.shipped) for line in order.lines] == [("KB-2417-B-M", 2, 59900, 2), ("KB-0077-B-M", 1, 100, 1)]
    assert [parcel.tracking_no for parcel in order.parcels] == ["JDVA00000000001", "JDVA00000000002"]
    assert order.paid_at == datetime(2026, 11, 22, 12, 0, 40, tzinfo=UTC)
    assert _order(waybill="SF1|SF2").has_parcel("SF2") and _order(waybill="SF1|SF2").has_parcel("SF1")
    assert _order(parentOrderId="281046817000").parent_no == "281046817000"


@pytest.mark.parametrize(
    ("status", "state", "is_held"),
    [
        ("WAIT_SELLER_STOCK_OUT", "paid", False), ("WAIT_SELLER_DELIVERY", "paid", False), ("LOCKED", "paid", True), ("PAUSE", "paid", True),
        ("POP_ORDER_PAUSE", "paid", True), ("WAIT_GOODS_RECEIVE_CONFIRM", "shipped", False), ("RECEIPTS_CONFIRM", "delivered", False),
        ("FINISHED_L", "completed", False), ("TRADE_CANCELED", "cancelled", False), ("PARENT_TRADE_CANCELED", "cancelled", False),
        ("WAIT_SOMETHING_NEW", "unknown", False),
    ],
)  # fmt: skip
def test_a_locked_order_is_held_and_not_cancelled_and_an_unknown_status_is_unknown(status, state, is_held):
    order = _order(orderState=status)
    assert (order.raw_status, order.state.value) == (status, state)
    assert (order.holds, order.lines[0].holds) == ((frozenset({OrderHold.PLATFORM_FORBID}),) * 2 if is_held else (frozenset(),) * 2)
    assert KIND.state_of(status) is order.state


def test_ciphertext_without_a_mark_is_known_as_such_and_a_readable_name_is_not():
    sealed = _order().receiver
    assert (sealed.is_sealed, sealed.city, sealed.area) == (True, "杭州市", "西湖区")
    assert "p9Qk3" not in repr(_order())
    plain = _order(consigneeInfo={"fullname": "林夏", "mobile": "13800005678", "fullAddress": "浙江省杭州市西湖区文三路478号"}).receiver
    assert (plain.is_sealed, plain.name) == (False, "林夏")
    assert _order(consigneeInfo=None).receiver.is_empty


def test_what_is_no_order_is_refused():
    for changes in ({"orderId": ""}, {"orderState": ""}, {"itemInfoList": []}, {"orderPayment": "12.345"}, {"orderStartTime": "yesterday"}):
        with pytest.raises((KeyError, ValueError, TypeError)):
            _order(**changes)


@pytest.mark.parametrize(("status", "state"), [(0, "requested"), (1, "approved_refund"), (3, "refunding"), (11, "buyer_cancelled"), (19, "arbitration"), (8, "unknown"), (77, "unknown")])
def test_a_refund_before_shipping_is_read_in_the_unit_the_account_says(status, state):
    raw = {"id": 4567, "orderId": 281046817987, "status": status, "applyRefundSum": 1290, "applyTime": "2026-11-22 20:03:00", "checkTime": "2026-11-22 20:09:00"}
    case = reading.case_of(raw)
    assert (case.case_no, case.order_no, case.kind, case.state.value) == ("4567", "281046817987", CaseKind.REFUND_UNSHIPPED, state)
    assert (case.refund_fen, reading.case_of({**raw, "applyRefundSum": "12.90"}, "yuan").refund_fen) == (1290, 1290)
    assert (case.updated_at, case.is_refunded) == (datetime(2026, 11, 22, 12, 9, tzinfo=UTC), False)


class Told:
    """Asks nobody: gives the same answers every time, and remembers what was asked."""

    channel = "京东"

    def __init__(self, channel, **answers):
        self.asked, self.answers = [], answers
        channel._asker, channel._forms = self, SignedForms(self, channel._forms.sign)

    def patiently(self, ask):
        return ask()

    def get_answer(self, method, url, *, headers, body=None):
        asked = dict(parse_qsl(body.decode()))
        self.asked.append((asked["method"], json.loads(asked["360buy_param_json"])))
        return Answer(200, {}, json.dumps(self.answers[asked["method"].rsplit(".", 1)[-1]]).encode())


def _channel(**changes):
    return KIND.make({**ACCOUNT, **changes}, None)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("无效签名", ShopSignatureRefused), ("access_token已过期或无效", ShopTokenExpired), ("接口调用次数超限，已被限流", ShopThrottled),
        ("服务不可用，请稍后再试", ShopAway), ("订单不存在", ShopRefused),
    ],
)  # fmt: skip
def test_complaints_are_told_apart_by_words_that_are_settings(words, kind):
    channel = _channel()
    Told(channel, get={"error_response": {"code": "99", "zh_desc": words, "en_desc": ""}})
    with pytest.raises(kind):
        channel.order("1", now=NOW)
    other = _channel(throttle_words="订单不存在")
    Told(other, get={"error_response": {"code": "99", "zh_desc": "订单不存在", "en_desc": ""}})
    with pytest.raises(ShopThrottled):
        other.order("1", now=NOW)


def test_a_no_that_is_a_text_inside_a_good_answer_is_a_no():
    channel = _channel()
    Told(channel, get={"jingdong_pop_order_get_responce": {"code": "0", "orderDetailInfo": {"apiResult": {"success": "true"}, "orderInfo": {**ORDER, "waybill": ""}}}},
         shipment={"jingdong_pop_order_shipment_responce": {"code": "0", "sopjosshipment_result": {"success": "false", "chineseErrCode": "运单号已使用"}}})  # fmt: skip
    with pytest.raises(ShopRefused) as no:
        channel.ship(ParcelWrite("281046817987", "shunfeng", "SF1", "r"), now=NOW)
    assert "运单号已使用" in no.value.message("zh")
    assert _no_in({"success": True}) is None and _no_in({}) is None and _no_in({"success": False, "errorCode": 7}) == ("7", "", "")


def test_couriers_go_by_the_account_s_numbers_and_one_without_is_refused_before_anything_is_sent():
    channel = _channel(couriers="shunfeng=467，yunda=1327")
    told = Told(channel, get={"jingdong_pop_order_get_responce": {"orderDetailInfo": {"orderInfo": {**ORDER, "waybill": ""}}}},
                shipment={"jingdong_pop_order_shipment_responce": {"sopjosshipment_result": {"success": "true"}}})  # fmt: skip
    channel.ship(ParcelWrite("281046817987", "yunda", "1234567890123", "r"), now=NOW)
    assert told.asked[-1] == ("jingdong.pop.order.shipment", {"orderId": "281046817987", "logiCoprId": "1327", "logiNo": "1234567890123"})
    channel.ship(ParcelWrite("281046817987", "1499", "75000000000001", "r"), now=NOW)
    assert told.asked[-1][1]["logiCoprId"] == "1499"
    before = len(told.asked)
    with pytest.raises(ShopRefused):
        channel.ship(ParcelWrite("281046817987", "jtexpress", "JT1", "r"), now=NOW)
    with pytest.raises(ShopCannot):
        channel.ship(ParcelWrite("1", "shunfeng", "SF1", "r", (("1", 1),)), now=NOW)
    assert len(told.asked) == before


def test_stock_is_set_only_by_a_method_somebody_chose():
    write = StockWrite("9001", "10001", 37, "stock-1")
    closed = _channel()
    assert Can.STOCK_ABSOLUTE not in closed.capabilities.can
    with pytest.raises(ShopCannot):
        closed.set_stock(write, now=NOW)
    for method, asked in (
        ("jingdong.ware.stock.sku.set", {"skuId": "10001", "stockNum": 37}),
        ("360buy.sku.stock.update", {"sku_id": "10001", "quantity": 37, "trade_no": "stock-1"}),
    ):
        channel = _channel(stock_method=method)
        assert Can.STOCK_ABSOLUTE in channel.capabilities.can
        told = Told(channel, set={"jingdong_ware_stock_sku_set_responce": {"code": "0"}}, update={"sku_stock_update_response": {"code": "0"}})
        assert channel.set_stock(write, now=NOW).units is None
        assert told.asked == [(method, asked)]


def test_a_window_with_more_than_can_be_listed_is_not_believed():
    channel = _channel()
    Told(channel, search={"jingdong_pop_order_search_responce": {"searchorderinfo_result": {"apiResult": {"success": True}, "orderTotal": 10_001, "orderInfoList": []}}})
    with pytest.raises(ShopUnreadable):
        channel.order_page(Window(NOW, NOW), now=NOW)


@pytest.mark.parametrize(("field", "value"), [("refund_unit", "jiao"), ("stock_method", "delete.all"), ("couriers", "shunfeng=SF"), ("oauth", "file:///etc")])
def test_a_setting_that_cannot_be_is_refused_by_name(field, value):
    with pytest.raises(ShopSettingWrong):
        _channel(**{field: value})


def test_tokens_may_be_typed_and_nothing_secret_is_in_a_repr():
    channel = _channel()
    grant = channel.new_grant("", now=NOW)
    assert (grant.access_token, grant.refresh_token) == ("jd-token", "jd-renew")
    with pytest.raises(ShopTokenExpired):
        channel.refreshed_grant(Grant("jd-token"), now=NOW)
    said = repr(channel.settings) + repr(channel) + repr(grant)
    assert [part for part in ("jd-secret", "jd-token", "jd-renew") if part in said] == []
