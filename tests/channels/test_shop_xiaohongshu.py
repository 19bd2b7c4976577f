"""小红书's JSON in our words, its stock that counts what is held, its complaints told apart by words that are settings."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from kaibo.channels.shop_xiaohongshu import reading
from kaibo.channels.shop_xiaohongshu.channel import KIND
from kaibo.kit.shop_channels import Can, CaseKind, CaseState, ParcelWrite, StockWrite
from kaibo.kit.shop_complaints import (
    ShopAway,
    ShopCannot,
    ShopRefused,
    ShopSettingWrong,
    ShopSignatureRefused,
    ShopThrottled,
    ShopTokenExpired,
)
from kaibo.simulator.chaos import Chaos
from kaibo.simulator.server import Server
from kaibo.simulator.world import World
from kaibo.simulator.xiaohongshu import Xiaohongshu

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ACCOUNT = {"app_id": "xhs-app-001", "app_secret": "xhs-secret", "calls_per_second": "100000"}
RAW = {
    "orderId": "P768291112062421411", "orderStatus": 4, "orderAfterSalesStatus": 1, "cancelStatus": 0, "createdTime": 1763812811123,
    "paidTime": 1763812900000, "updateTime": 1763813100456, "promiseLastDeliveryTime": 1763999999000, "totalPayAmount": 9300, "totalShippingFree": 800,
    "receiverProvinceName": "浙江省", "receiverCityName": "杭州市", "receiverDistrictName": "西湖区", "openAddressId": "a1",
    "skuList": [
        {"skuId": "11", "skuName": "羊毛外套", "erpcode": "KB-1", "skuSpec": "黑色 M", "skuQuantity": 2, "totalPaidAmount": 7500,
         "totalMerchantDiscount": 500, "skuTag": 0, "kolId": "k1", "skuDetailList": [{"pricePerSku": 4000}]},
        {"skuId": "22", "skuName": "袜子", "erpcode": "KB-2", "skuQuantity": 1, "totalPaidAmount": 1000, "skuTag": 1},
    ],
}  # fmt: skip
CIPHER = {"orderId": "P768291112062421411", "receiverName": "#cipher-of-a-name##", "receiverPhone": "#cipher-of-a-phone##", "receiverAddress": "#x##"}


def _order(**changes):
    return reading.order_of({**json.loads(json.dumps(RAW)), **changes}, CIPHER)


def test_an_order_is_read_to_the_fen_and_to_the_millisecond_with_its_ciphertext():
    order = _order()
    assert (order.order_no, order.state.value, order.amount_fen, order.freight_fen) == ("P768291112062421411", "paid", 9300, 800)
    assert [(line.line_no, line.amount_fen, line.price_fen, line.is_gift, line.author_id) for line in order.lines] == [
        ("11", 7500, 4000, False, "k1"), ("22", 1000, 1000, True, ""),
    ]  # fmt: skip
    assert order.updated_at == datetime.fromtimestamp(1763813100, UTC).replace(microsecond=456_000)
    assert (order.receiver.phone, order.receiver.city) == ("#cipher-of-a-phone##", "杭州市")
    assert "cipher" not in repr(order)


@pytest.mark.parametrize(
    ("changes", "state", "holds"),
    [
        ({}, "paid", set()),
        ({"orderStatus": 1}, "pending_payment", set()),
        ({"orderStatus": 2}, "pending_payment", set()),
        ({"orderStatus": 3}, "paid", {"platform_forbid"}),
        ({"orderStatus": 5}, "partially_shipped", set()),
        ({"orderStatus": 6}, "shipped", set()),
        ({"orderStatus": 7}, "completed", set()),
        ({"orderStatus": 8}, "closed", set()),
        ({"orderStatus": 9}, "cancelled", set()),
        ({"orderStatus": 10}, "unknown", set()),
        ({"orderStatus": 55}, "unknown", set()),
        ({"cancelStatus": 1}, "paid", {"aftersale_open"}),
        ({"orderAfterSalesStatus": 2}, "paid", {"aftersale_open"}),
        ({"orderAfterSalesStatus": 6}, "paid", {"aftersale_open"}),
        ({"orderAfterSalesStatus": 88}, "paid", {"aftersale_open"}),
        ({"orderAfterSalesStatus": 3}, "paid", {"platform_forbid"}),
        ({"orderAfterSalesStatus": 7}, "paid", set()),
    ],
)
def test_a_status_is_one_state_and_what_holds_an_order_stands_beside_it(changes, state, holds):
    order = _order(**changes)
    assert (order.state.value, {hold.value for hold in order.holds}) == (state, holds)
    assert order.holds == KIND.holds_of(order.raw_status, order.lines[0].raw_aftersale)


def test_a_part_that_left_is_told_by_its_items():
    order = _order(orderStatus=5, simpleDeliveryOrderList=[{"expressTrackingNo": "SF1", "expressCompanyCode": "shunfeng", "skuIdList": ["22"]}])
    assert [(line.state.value, line.shipped) for line in order.lines] == [("paid", 0), ("shipped", 1)]
    assert [(one.tracking_no, one.carrier) for one in order.parcels] == [("SF1", "shunfeng")]


def test_after_sales_are_in_yuan_and_the_deadline_in_milliseconds():
    raw = {"returnsId": "R1", "orderId": "P1", "returnType": 1, "status": 1, "applyTime": 1763812811000, "expireTime": 1763999999000, "expectedRefundAmountYuan": 12.34}
    case = reading.case_of(raw)
    assert (case.refund_fen, case.kind, case.state, case.decide_by) == (1234, CaseKind.RETURN_REFUND, CaseState.REQUESTED, datetime.fromtimestamp(1763999999, UTC))
    assert reading.case_of({**raw, "status": 4, "returnType": 2}).state is CaseState.EXCHANGED
    assert (reading.case_of({**raw, "status": 4}).state, reading.case_of({**raw, "status": 4}).is_refunded) == (CaseState.REFUNDED, True)
    assert reading.case_of({**raw, "status": 88}).state is CaseState.UNKNOWN
    with pytest.raises(ValueError):
        reading.case_of({**raw, "expectedRefundAmountYuan": 12.345})


def test_what_is_no_order_is_refused():
    for changes in ({"orderId": ""}, {"createdTime": 0}, {"skuList": []}, {"totalPayAmount": "12.3"}, {"orderStatus": 1.5}):
        with pytest.raises((KeyError, ValueError, TypeError)):
            _order(**changes)


def test_complaints_are_told_apart_by_words_that_are_settings():
    channel = KIND.make(ACCOUNT, None)
    kinds = {
        ("-9013", "触发Method维度的限流"): ShopThrottled, ("401", "x"): ShopTokenExpired, ("-1", "签名校验失败"): ShopSignatureRefused, ("-1", "系统异常"): ShopAway,
        ("-1", "订单 4012 不存在"): ShopRefused,
    }  # fmt: skip
    assert {said: type(channel._complaint(*said)) for said in kinds} == kinds
    assert isinstance(KIND.make({**ACCOUNT, "throttle_words": "慢一点"}, None)._complaint("7", "请慢一点"), ShopThrottled)
    assert set(KIND.capabilities.unverified) <= {one.key for one in KIND.fields}
    with pytest.raises(ShopSettingWrong):
        KIND.make({**ACCOUNT, "receivers_per_call": "0"}, None)


def test_pushes_rest_on_one_source_only_and_are_not_taken():
    channel = KIND.make(ACCOUNT, None)
    assert Can.PUSH not in KIND.capabilities.can
    with pytest.raises(ShopCannot):
        channel.read_push({"sign": "x", "app-key": "y", "timestamp": "1"}, b"[]", now=NOW)


@pytest.fixture
def simulated():
    world = World(5, begin=int(NOW.timestamp()), seconds=600, orders=60)
    platform = Xiaohongshu(world, Chaos(5), "xhs-secret")
    server = Server({"xiaohongshu": platform}).start()
    given = {**platform.account(server.address_of("xiaohongshu")), "calls_per_second": "100000"}
    grant = KIND.make(given, None).new_grant("simulated-code", now=NOW)
    yield platform, KIND.make(given, grant), given, grant
    server.stop()


def test_what_unpaid_orders_hold_is_put_on_top_of_what_may_be_sold(simulated):
    platform, channel, _, _ = simulated
    platform.world.advance(platform.world.now + 300)
    held = {line.item.sku: line.units for order in platform.world.orders.values() if order.stage == "unpaid" for line in order.lines}
    sku = next(iter(held))
    now = datetime.fromtimestamp(platform.world.now, UTC)
    read = channel.set_stock(StockWrite("", str(sku), 40, "r1"), now=now)
    assert (read.units, read.held) == (40, platform._held(sku))
    assert read.held >= held[sku] > 0
    assert platform.world.item(sku).stock == 40


def test_the_old_token_goes_on_for_five_minutes_after_a_new_one(simulated):
    platform, channel, given, grant = simulated
    platform.world.advance(platform.world.now + 600)
    now = datetime.fromtimestamp(platform.world.now, UTC)
    number = platform.number(next(iter(platform.world.orders.values())))
    renewed = channel.refreshed_grant(grant, now=now)
    assert renewed.access_token != grant.access_token
    assert channel.order(number, now=now).order_no == KIND.make(given, renewed).order(number, now=now).order_no == number
    platform.world.advance(platform.world.now + 301)
    with pytest.raises(ShopTokenExpired):
        channel.order(number, now=now)


def test_some_units_of_an_item_cannot_be_shipped_and_nothing_is_sent(simulated):
    platform, channel, _, _ = simulated
    platform.world.advance(platform.world.now + 600)
    now = datetime.fromtimestamp(platform.world.now, UTC)
    order = next(one for one in platform.world.orders.values() if one.stage == "paid" and one.lines[0].units == 2)
    with pytest.raises(ShopCannot):
        channel.ship(ParcelWrite(platform.number(order), "shunfeng", "SF1", "r", ((str(order.lines[0].item.sku), 1),)), now=now)
    assert order.parcels == []


def test_no_secret_is_in_a_repr(simulated):
    _, channel, _, grant = simulated
    said = repr(channel.settings) + repr(grant)
    assert [part for part in ("xhs-secret", grant.access_token, grant.refresh_token) if part in said] == []
