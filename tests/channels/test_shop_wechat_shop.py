"""微信小店's JSON in our words, its callbacks in safe mode, its windows that are too large."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from kaibo.channels.shop_wechat_shop import push, reading
from kaibo.channels.shop_wechat_shop.channel import KIND, Channel, Settings
from kaibo.kit.shop_channels import PUSH_PATH, CaseKind, CaseState, GreetsPushes, Window
from kaibo.kit.shop_windows import order_pages
from kaibo.kit.shop_complaints import (
    PushForged,
    PushUnreadable,
    ShopAway,
    ShopRefused,
    ShopSignatureRefused,
    ShopThrottled,
    ShopTokenExpired,
)
from kaibo.simulator.chaos import Chaos
from kaibo.simulator.server import Server
from kaibo.simulator.wechat_shop import WechatShop
from kaibo.simulator.world import Happening, Order, World

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
RAW = {
    "order_id": "3700000000000000001", "status": 20, "create_time": 1763812811, "update_time": 1763813100,
    "order_detail": {
        "product_infos": [
            {"product_id": "1", "sku_id": "11", "sku_cnt": 2, "sale_price": 4000, "real_price": 7500, "title": "羊毛外套", "sku_code": "KB-1",
             "sku_attrs": [{"attr_key": "颜色", "attr_value": "黑色"}], "on_aftersale_sku_cnt": 0, "finish_aftersale_sku_cnt": 0, "delivery_deadline": 1763999999},
            {"product_id": "2", "sku_id": "22", "sku_cnt": 1, "sale_price": 1000, "real_price": 1000, "title": "袜子", "delivery_deadline": 1763900000},
        ],
        "price_info": {"order_price": 9300, "freight": 800}, "pay_info": {"pay_time": 1763812900},
        "delivery_info": {"address_info": {"user_name": "张**", "tel_number": "138****5678", "province_name": "浙江省", "city_name": "杭州市", "county_name": "西湖区", "detail_info": "****"}},
    },
}  # fmt: skip


def _order(product=None, delivery=None, **changes):
    raw = json.loads(json.dumps({**RAW, **changes}))
    for name, value in (product or {}).items():
        raw["order_detail"]["product_infos"][0][name] = value
    raw["order_detail"]["delivery_info"] |= delivery or {}
    return reading.order_of(raw)


def test_an_order_is_read_to_the_fen_with_its_earliest_promise():
    order = _order()
    assert (order.state.value, order.amount_fen, order.freight_fen, [line.amount_fen for line in order.lines]) == ("paid", 9300, 800, [7500, 1000])
    assert [(line.line_no, line.sku_id, line.product_id, line.quantity) for line in order.lines] == [("11", "11", "1", 2), ("22", "22", "2", 1)]
    assert order.promised_at == datetime.fromtimestamp(1763900000, UTC)
    assert (order.receiver.shown_phone, order.receiver.city) == ("138****5678", "杭州市")
    assert "5678" not in repr(order)


def test_a_price_of_one_unit_or_of_all_is_told_apart_by_the_total():
    assert [line.amount_fen for line in _order({"real_price": 3750}).lines] == [7500, 1000]
    assert [line.amount_fen for line in _order({"real_price": 5}).lines] == [7556, 944]  # neither fits: shared out, still to the fen


@pytest.mark.parametrize(
    ("changes", "state", "holds"),
    [
        ({}, "paid", set()),
        ({"status": 10}, "pending_payment", set()),
        ({"status": 21}, "partially_shipped", set()),
        ({"status": 30}, "shipped", set()),
        ({"status": 100}, "completed", set()),
        ({"status": 190}, "cancelled", set()),
        ({"status": 200}, "closed", set()),
        ({"status": 250}, "cancelled", set()),
        ({"status": 13}, "unknown", set()),
        ({"product": {"on_aftersale_sku_cnt": 1}}, "paid", {"aftersale_open"}),
        ({"product": {"finish_aftersale_sku_cnt": 1}}, "paid", {"platform_forbid"}),
        ({"delivery": {"address_under_review": {"user_name": "李**"}}}, "paid", {"address_change"}),
    ],
)
def test_a_status_is_one_state_and_what_holds_an_order_stands_beside_it(changes, state, holds):
    order = _order(**changes)
    assert (order.state.value, {hold.value for hold in order.holds | order.lines[0].holds}) == (state, holds)
    assert order.lines[0].holds == KIND.holds_of(order.raw_status, order.lines[0].raw_aftersale)


def test_a_case_s_seconds_left_become_a_moment():
    raw = {
        "after_sale_order_id": "9", "order_id": "3", "status": "MERCHANT_PROCESSING", "type": "RETURN", "create_time": 1763812811,
        "product_info": {"sku_id": "11", "count": 1}, "refund_info": {"amount": 1234}, "deadline": 3600,
    }  # fmt: skip
    case = reading.case_of(raw, NOW)
    assert (case.state, case.kind, case.refund_fen, case.decide_by) == (CaseState.REQUESTED, CaseKind.RETURN_REFUND, 1234, NOW + timedelta(hours=1))
    assert reading.case_of({**raw, "status": "SOMETHING_NEW", "type": "X"}, NOW).state is CaseState.UNKNOWN


def test_what_is_no_order_is_refused():
    for changes in ({"order_id": ""}, {"create_time": 0}, {"order_detail": {}}, {"product": {"sku_cnt": 0}}, {"product": {"real_price": 1.5}}):
        with pytest.raises((KeyError, ValueError, TypeError)):
            _order(**changes)


def test_complaints_are_told_apart_by_numbers_that_are_settings():
    kinds = {40001: ShopTokenExpired, 42001: ShopTokenExpired, 45009: ShopThrottled, -1: ShopAway, 40125: ShopSignatureRefused, 10020100: ShopRefused}
    channel = Channel(Settings("wx1", "s"))
    assert {code: type(channel._complaint({"errcode": code, "errmsg": "x"})) for code in kinds} == kinds
    other = KIND.make({"app_id": "wx1", "app_secret": "s", "throttle_codes": "10020100"}, None)
    assert isinstance(other._complaint({"errcode": 10020100}), ShopThrottled)
    assert set(KIND.capabilities.unverified) <= {one.key for one in KIND.fields}


def test_a_window_with_too_many_orders_is_halved_until_it_fits_and_nothing_is_left_out():
    world = World(5, begin=int(NOW.timestamp()), seconds=7_200, orders=200)
    platform = WechatShop(world, Chaos(5), "secret", most_found=40)
    world.advance(world.now + 7_200)
    server = Server({"wechat_shop": platform}).start()
    try:
        given = {**platform.account(server.address_of("wechat_shop")), "calls_per_second": "100000"}
        made = KIND.make(given, None)
        now = datetime.fromtimestamp(world.now, UTC)
        channel = KIND.make(given, made.new_grant("", now=now))
        pages = list(order_pages(channel, Window(NOW, now, "made"), clock=lambda: now))
    finally:
        server.stop()
    assert sorted(order.order_no for page in pages for order in page.orders) == sorted(str(number) for number in world.orders)
    assert platform.calls["order/list/get"] > 6


def test_a_new_address_is_greeted_back_only_to_who_knows_the_token_and_plain_pushes_are_refused():
    platform = WechatShop(None, Chaos(1), "secret")
    channel = KIND.make(platform.account("https://api.weixin.qq.com"), None)
    assert isinstance(channel, GreetsPushes)
    vector = "?signature=064b55e56f60526d3a774ed3c46c522ddf98ac48&timestamp=1704067200&nonce=nonce01&echostr=123456"
    known = Channel(Settings("wx1", "s", push_token="wx-token"))
    assert known.greet_push({PUSH_PATH: vector}, now=NOW).body == b"123456"
    for token in ("", "another"):
        with pytest.raises(PushForged):
            Channel(Settings("wx1", "s", push_token=token)).greet_push({PUSH_PATH: vector}, now=NOW)
    with pytest.raises(PushForged):
        push.read("wx-token", platform.push_key, "wx1", {PUSH_PATH: vector}, b'{"Event":"channels_ec_order_pay","order_info":{"order_id":1}}')
    told, body = platform.push([Happening("paid", 1704067200, Order(5, [], ("", "", ""), ("", "", "", ""), 0))])
    settings = (platform.push_token, platform.push_key, platform.app_id)
    assert push.read(*settings, told, body)[0].number == "5"
    for changed in (told[PUSH_PATH].replace("nonce=", "nonce=0"), told[PUSH_PATH].replace("msg_signature=", "msg=")):
        with pytest.raises(PushForged):
            push.read(*settings, {PUSH_PATH: changed}, body)
    with pytest.raises(PushForged):
        push.read(platform.push_token, platform.push_key, "wx-of-somebody-else", told, body)
    with pytest.raises(PushUnreadable):
        push.read("wx-token", platform.push_key, "wx1", {PUSH_PATH: vector}, b"<xml/>")


def test_no_secret_is_in_a_repr():
    settings = Settings("wx1", "my-secret", "my-token", "my-key")
    assert [part for part in ("my-secret", "my-token", "my-key") if part in repr(settings)] == []
