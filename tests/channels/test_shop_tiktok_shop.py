"""TikTok Shop's JSON in our words: units gathered by item, amounts with their currency, two lists of cases, numbers of complaints."""

from __future__ import annotations

import hmac
import json
from datetime import UTC, datetime

import pytest

from kaibo.channels.shop_tiktok_shop import push, reading
from kaibo.channels.shop_tiktok_shop.channel import KIND, _ends, _told
from kaibo.kit.shop_channels import CaseKind, CaseState, Hint, OrderState, ParcelWrite, StockWrite
from kaibo.kit.shop_complaints import (
    PushForged,
    PushUnreadable,
    ShopAway,
    ShopRefused,
    ShopSettingWrong,
    ShopSignatureRefused,
    ShopThrottled,
    ShopTokenExpired,
)
from kaibo.simulator.chaos import Chaos
from kaibo.simulator.server import Server
from kaibo.simulator.tiktok_shop import TiktokShop
from kaibo.simulator.world import World

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def _unit(number, sku, price, status="AWAITING_SHIPMENT", **more):
    return {"id": number, "sku_id": sku, "product_id": "p", "seller_sku": f"KB-{sku}", "sale_price": price, "original_price": "40", "display_status": status, **more}


RAW = {
    "id": "576460000000000001", "status": "AWAITING_SHIPMENT", "create_time": 1763812811, "update_time": 1763813100, "paid_time": 1763812900,
    "rts_sla_time": 1763999999, "payment": {"currency": "CNY", "total_amount": "93", "shipping_fee": "8", "sub_total": "85"},
    "line_items": [_unit("1", "11", "37.51"), _unit("2", "11", "37.49"), _unit("3", "22", "10")],
    "recipient_address": {
        "name": "Z***", "phone_number": "(+86)138*****78", "address_detail": "****", "district_info": [
            {"address_level_name": "country", "address_name": "中国"}, {"address_level_name": "state", "address_name": "浙江省"},
            {"address_level_name": "city", "address_name": "杭州市"}, {"address_level_name": "district", "address_name": "西湖区"},
        ],
    },
}  # fmt: skip


def _order(**changes):
    return reading.order_of({**json.loads(json.dumps(RAW)), **changes})


def test_units_of_an_item_are_one_line_and_add_up_to_the_fen():
    order = _order()
    assert (order.order_no, order.state.value, order.amount_fen, order.freight_fen, order.currency) == ("576460000000000001", "paid", 9300, 800, "CNY")
    assert [(line.line_no, line.quantity, line.amount_fen, line.price_fen) for line in order.lines] == [("11", 2, 7500, 4000), ("22", 1, 1000, 4000)]
    assert (order.receiver.province, order.receiver.city, order.receiver.area, order.receiver.shown_phone) == ("浙江省", "杭州市", "西湖区", "(+86)138*****78")
    gift = _order(line_items=[*RAW["line_items"], _unit("4", "22", "0", is_gift=True)])
    assert [(line.line_no, line.quantity, line.is_gift) for line in gift.lines] == [("11", 2, False), ("22", 1, False), ("22", 1, True)]


def test_some_units_that_left_are_a_part_of_the_line():
    sent = {"tracking_number": "SF1", "shipping_provider_id": "7"}
    order = _order(status="PARTIALLY_SHIPPING", line_items=[_unit("1", "11", "37.51", "IN_TRANSIT", **sent), *RAW["line_items"][1:]])
    assert [(line.state.value, line.shipped, line.raw_status) for line in order.lines] == [
        ("partially_shipped", 1, "IN_TRANSIT/AWAITING_SHIPMENT"), ("paid", 0, "AWAITING_SHIPMENT"),
    ]  # fmt: skip
    assert [(one.tracking_no, one.carrier) for one in order.parcels] == [("SF1", "7")]
    assert reading.unsent_units({"line_items": [_unit("1", "11", "1", "IN_TRANSIT"), _unit("2", "11", "1"), _unit("3", "22", "1")]}, "11") == ["2"]


@pytest.mark.parametrize(
    ("changes", "state", "holds"),
    [
        ({}, "paid", set()), ({"status": "UNPAID"}, "pending_payment", set()), ({"status": "ON_HOLD"}, "paid", {"platform_forbid"}),
        ({"status": "PARTIALLY_SHIPPING"}, "partially_shipped", set()), ({"status": "AWAITING_COLLECTION"}, "shipped", set()),
        ({"status": "IN_TRANSIT"}, "shipped", set()), ({"status": "DELIVERED"}, "delivered", set()), ({"status": "COMPLETED"}, "completed", set()),
        ({"status": "CANCELLED"}, "cancelled", set()), ({"status": "TELEPORTED"}, "unknown", set()),
        ({"is_buyer_request_cancel": True}, "paid", {"aftersale_open"}),
    ],
)  # fmt: skip
def test_a_status_is_one_state_and_what_holds_an_order_stands_beside_it(changes, state, holds):
    order = _order(**changes)
    assert (order.state.value, {hold.value for hold in order.holds}) == (state, holds)
    assert order.holds == KIND.holds_of(order.raw_status, order.lines[0].raw_aftersale)
    assert KIND.state_of(order.raw_status) is order.state


def test_an_amount_in_another_currency_is_read_exactly_and_told_with_it():
    order = _order(payment={**RAW["payment"], "currency": "IDR", "total_amount": "36360", "shipping_fee": "0"})
    assert (order.currency, order.amount_fen, sum(line.amount_fen for line in order.lines)) == ("IDR", 3_636_000, 3_636_000)


def test_returns_and_cancellations_are_cases_of_one_model():
    raw = {
        "return_id": "9", "order_id": "5", "return_status": "RETURN_OR_REFUND_REQUEST_PENDING", "return_type": "RETURN_AND_REFUND", "create_time": 1763812811,
        "refund_amount": {"currency": "USD", "refund_total": "28.46", "refund_shipping_fee": "7.99"}, "return_line_items": [{"sku_id": "11"}, {"sku_id": "11"}],
    }  # fmt: skip
    case = reading.return_of(raw)
    assert (case.kind, case.state, case.refund_fen, case.refund_freight_fen, case.currency, case.quantity) == (
        CaseKind.RETURN_REFUND, CaseState.REQUESTED, 2846, 799, "USD", 2,
    )  # fmt: skip
    assert reading.return_of({**raw, "return_status": "RETURN_OR_REFUND_REQUEST_COMPLETE", "return_type": "REPLACEMENT"}).state is CaseState.EXCHANGED
    assert reading.return_of({**raw, "return_status": "BUYER_SHIPPED_ITEM"}).state is CaseState.BUYER_SHIPPED
    assert reading.return_of({**raw, "return_status": "TELEPORTED"}).state is CaseState.UNKNOWN
    cancelled = reading.cancellation_of({**raw, "cancel_id": "8", "cancel_status": "CANCELLATION_REQUEST_COMPLETE"})
    assert (cancelled.case_no, cancelled.kind, cancelled.state, cancelled.is_refunded) == ("8", CaseKind.REFUND_UNSHIPPED, CaseState.REFUNDED, True)


def test_what_is_no_order_is_refused():
    for changes in ({"id": ""}, {"create_time": 0}, {"line_items": []}, {"payment": {}}, {"payment": {"currency": "CNY", "total_amount": "1.234"}}):
        with pytest.raises((KeyError, ValueError, TypeError)):
            _order(**changes)


def test_complaints_are_told_apart_by_their_numbers():
    kinds = {
        36009002: ShopThrottled, 36009003: ShopAway, 36009007: ShopAway, 105002: ShopTokenExpired, 106001: ShopSignatureRefused, 36009004: ShopRefused,
    }  # fmt: skip
    for code, kind in kinds.items():
        with pytest.raises(kind):
            _told({"code": code, "message": "x"})
    assert _told({"code": 0, "data": {"a": 1}}) == {"a": 1}
    assert set(KIND.capabilities.unverified) <= {one.key for one in KIND.fields}
    assert _ends(1763812811, NOW) == datetime.fromtimestamp(1763812811, UTC)
    assert (_ends(3600, NOW) - NOW).total_seconds() == 3600


def test_a_push_is_proven_by_the_vector_and_names_the_order():
    body = b'{"type":1,"shop_id":"7490000000000000001","timestamp":1704067200,"data":{"order_id":"576460000000000001","order_status":"AWAITING_SHIPMENT"}}'
    headers = {"Authorization": "06a08c26a6e55eebd047c337fbf6e4b66afc6d5d68673037c255d2a2d0b5656f"}
    assert push.read("tts-key", "tts-secret", headers, body) == [Hint("order", "576460000000000001", "1", "1:576460000000000001:AWAITING_SHIPMENT:1704067200")]
    for key, secret, given in (("tts-key", "other", headers), ("other", "tts-secret", headers), ("tts-key", "tts-secret", {})):
        with pytest.raises(PushForged):
            push.read(key, secret, given, body)
    simulated = TiktokShop(None, None, "s")
    mark = hmac.digest(b"s", simulated.app_key.encode() + b"[]", "sha256").hex()
    with pytest.raises(PushUnreadable):
        push.read(simulated.app_key, "s", {"authorization": mark}, b"[]")


@pytest.fixture
def simulated():
    world = World(5, begin=int(NOW.timestamp()), seconds=600, orders=120)
    platform = TiktokShop(world, Chaos(5), "tts-secret")
    server = Server({"tiktok_shop": platform}).start()
    given = {**platform.account(server.address_of("tiktok_shop")), "calls_per_second": "100000"}
    grant = KIND.make(given, None).new_grant("simulated-code", now=NOW)
    world.advance(world.now + 900)
    yield platform, KIND.make(given, grant), given, grant
    server.stop()


def test_one_unit_of_two_leaves_and_is_read_back_as_one(simulated):
    platform, channel, _, _ = simulated
    now = datetime.fromtimestamp(platform.world.now, UTC)
    order = next(one for one in platform.world.orders.values() if one.stage == "paid" and one.lines[0].units == 2 and not one.lines[0].case)
    sku = str(order.lines[0].item.sku)
    channel.ship(ParcelWrite(str(order.number), "7", "SF1", "r", ((sku, 1),)), now=now)
    read = channel.order(str(order.number), now=now)
    assert (read.state, read.lines[0].shipped, order.lines[0].sent) == (OrderState.PARTIALLY_SHIPPED, 1, 1)
    with pytest.raises(ShopRefused):
        channel.ship(ParcelWrite(str(order.number), "7", "SF2", "r2", ((sku, 2),)), now=now)
    assert len(order.parcels) == 1


def test_a_no_inside_a_yes_is_a_no(simulated):
    platform, channel, _, _ = simulated
    item = platform.world.items[0]
    with pytest.raises(ShopRefused):
        channel.set_stock(StockWrite("999", str(item.sku), 5, "r"), now=datetime.fromtimestamp(platform.world.now, UTC))
    assert item.stock == 1_000


def test_an_authorisation_needs_a_code_and_no_secret_is_in_a_repr(simulated):
    _, channel, given, grant = simulated
    with pytest.raises(ShopSettingWrong):
        channel.new_grant("", now=NOW)
    with pytest.raises(ShopSettingWrong):
        KIND.make({**given, "auth_gateway": "auth.tiktok-shops.com"}, None)
    said = repr(channel.settings) + repr(grant)
    assert [part for part in ("tts-secret", grant.access_token, grant.refresh_token) if part in said] == []
