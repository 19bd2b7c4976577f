"""Shopify's JSON in our words: money and goods beside each other, taxes, refunds as objects, cursors, webhooks with two secrets."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import UTC, datetime

import pytest

from kaibo.channels.shop_shopify import push, reading
from kaibo.channels.shop_shopify.channel import _NEXT, KIND
from kaibo.kit.shop_channels import CaseKind, CaseState, Hint, OrderState, StockWrite, Window
from kaibo.kit.shop_complaints import (
    PushForged,
    PushUnreadable,
    ShopCannot,
    ShopRefused,
    ShopSettingWrong,
    ShopThrottled,
)
from kaibo.simulator.chaos import Chaos
from kaibo.simulator.server import Server
from kaibo.simulator.shopify import Shopify
from kaibo.simulator.world import World

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
RAW = {
    "id": 820982911946154508, "name": "#9999", "currency": "CNY", "created_at": "2026-11-22T20:00:11+08:00", "updated_at": "2026-11-22T20:05:00+08:00",
    "processed_at": "2026-11-22T20:01:00+08:00", "financial_status": "paid", "fulfillment_status": None, "total_price": "105.60", "taxes_included": False,
    "line_items": [
        {"id": 1, "variant_id": 11, "product_id": 111, "sku": "KB-1", "title": "羊毛外套", "quantity": 2, "price": "40.00",
         "discount_allocations": [{"amount": "5.00"}], "tax_lines": [{"price": "7.50"}]},
        {"id": 2, "variant_id": 22, "sku": "KB-2", "title": "袜子", "quantity": 1, "price": "13.00", "discount_allocations": [], "tax_lines": [{"price": "1.30"}]},
    ],
    "shipping_lines": [{"price": "10.00", "discounted_price": "8.00", "tax_lines": [{"price": "0.80"}]}],
    "shipping_address": {"name": "张晓红", "phone": "13812345678", "address1": "文三路1号", "city": "杭州市", "province": "浙江省"},
}  # fmt: skip


def _order(**changes):
    return reading.order_of({**json.loads(json.dumps(RAW)), **changes})


def test_lines_shipping_and_taxes_make_up_the_total_to_the_fen():
    order = _order()
    assert (order.order_no, order.amount_fen, order.freight_fen, order.currency) == ("820982911946154508", 10560, 880, "CNY")
    assert [(line.line_no, line.sku_id, line.price_fen, line.amount_fen) for line in order.lines] == [("1", "11", 4000, 8250), ("2", "22", 1300, 1430)]
    assert order.ordered_at == datetime(2026, 11, 22, 12, 0, 11, tzinfo=UTC)
    included = _order(taxes_included=True, total_price="96.00")
    assert (included.freight_fen, [line.amount_fen for line in included.lines]) == (800, [7500, 1300])
    assert "13812345678" not in repr(order)


def test_an_amount_in_another_currency_is_read_exactly_and_told_with_it():
    assert (_order(currency="USD").currency, _order(currency="USD").amount_fen) == ("USD", 10560)
    with pytest.raises(ValueError):
        _order(total_price="1.234")


@pytest.mark.parametrize(
    ("raw", "state"),
    [
        ("pending/null", OrderState.PENDING_PAYMENT), ("authorized/null", OrderState.PENDING_PAYMENT), ("partially_paid/null", OrderState.PENDING_PAYMENT),
        ("paid/null", OrderState.PAID), ("partially_refunded/null", OrderState.PAID), ("paid/partial", OrderState.PARTIALLY_SHIPPED),
        ("paid/fulfilled", OrderState.SHIPPED), ("pending/fulfilled", OrderState.SHIPPED), ("paid/fulfilled/delivered", OrderState.DELIVERED),
        ("voided/null", OrderState.CANCELLED), ("paid/null/cancelled", OrderState.CANCELLED), ("refunded/null/cancelled", OrderState.CANCELLED),
        ("refunded/fulfilled", OrderState.CLOSED), ("refunded/partial/cancelled", OrderState.CLOSED), ("refunded/null", OrderState.CLOSED),
        ("frozen/null", OrderState.UNKNOWN), ("paid/teleported", OrderState.UNKNOWN), ("", OrderState.UNKNOWN),
    ],
)  # fmt: skip
def test_money_and_goods_are_one_state_and_both_words_stay(raw, state):
    assert KIND.state_of(raw) is state


def test_the_words_of_an_order_stand_beside_each_other():
    assert _order().raw_status == "paid/null"
    assert _order(cancelled_at="2026-11-22T20:05:00+08:00", financial_status="refunded").raw_status == "refunded/null/cancelled"
    sent = [{"id": 5, "status": "success", "shipment_status": "delivered", "tracking_number": "SF1", "line_items": [{"id": 1, "quantity": 1}]}]
    order = _order(fulfillment_status="partial", fulfillments=sent)
    assert (order.raw_status, [(line.state.value, line.shipped) for line in order.lines]) == (
        "paid/partial/delivered", [("partially_shipped", 1), ("paid", 0)],
    )  # fmt: skip
    assert order.has_parcel("SF1")
    cancelled = [{**sent[0], "status": "cancelled"}]
    assert not _order(fulfillments=cancelled).has_parcel("SF1")


def test_a_refund_is_a_case_and_holds_the_line_it_was_for():
    refund = {
        "id": 77, "created_at": "2026-11-22T20:04:00+08:00", "refund_line_items": [{"line_item_id": 2, "quantity": 1, "restock_type": "cancel"}],
        "transactions": [{"kind": "refund", "status": "success", "amount": "14.30"}, {"kind": "refund", "status": "failure", "amount": "1.00"}],
    }  # fmt: skip
    order = _order(refunds=[refund], financial_status="partially_refunded")
    assert [{hold.value for hold in line.holds} for line in order.lines] == [set(), {"platform_forbid"}]
    (case,) = reading.cases_of({**RAW, "refunds": [refund]})
    assert (case.case_no, case.line_no, case.kind, case.refund_fen, case.state) == ("77", "2", CaseKind.REFUND_UNSHIPPED, 1430, CaseState.REFUNDING)
    done = {**refund, "transactions": refund["transactions"][:1]}
    assert reading.cases_of({**RAW, "refunds": [done]})[0].is_refunded


def test_what_is_no_order_is_refused():
    for changes in ({"id": None}, {"currency": ""}, {"line_items": []}, {"created_at": "2026-11-22T20:00:11"}, {"total_price": "ten"}, {"financial_status": []}):
        if changes.get("financial_status") == []:
            assert _order(**changes).state is OrderState.UNKNOWN
            continue
        with pytest.raises((KeyError, ValueError, TypeError)):
            _order(**changes)


def test_the_cursor_behind_a_page_is_found_beside_the_one_before_it():
    link = '<https://x.myshopify.com/a.json?limit=9&page_info=before%3D>; rel="previous", <https://x.myshopify.com/a.json?page_info=after%3D&limit=9>; rel="next"'
    assert _NEXT.search(link).group(1) == "after%3D"
    assert _NEXT.search('<https://x.myshopify.com/a.json?page_info=b>; rel="previous"') is None


def _signed(secret, body):
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


def test_a_push_is_genuine_with_the_secret_or_the_one_before_it_and_with_no_other():
    body = b'{"id":820982911946154508,"name":"#9999"}'
    headers = {"X-Shopify-Hmac-Sha256": "7dZBfEVe/vR8PGo7EOf24nW/yvvzWIDujfL+1ljg6w0=", "X-Shopify-Topic": "orders/create", "X-Shopify-Webhook-Id": "w1"}
    for secrets in (("shpss_test", ""), ("new", "shpss_test")):
        assert push.read(secrets, headers, body) == [Hint("order", "820982911946154508", "orders/create", "w1")]
    for secrets in (("new", ""), ("", "")):
        with pytest.raises(PushForged):
            push.read(secrets, headers, body)
    refund = b'{"id":1,"order_id":9}'
    told = {**headers, "X-Shopify-Hmac-Sha256": _signed("s", refund), "X-Shopify-Topic": "refunds/create"}
    assert push.read(("s",), told, refund)[0].number == "9"
    with pytest.raises(PushUnreadable):
        push.read(("s",), {**told, "X-Shopify-Hmac-Sha256": _signed("s", b"[]")}, b"[]")


@pytest.fixture
def simulated():
    world = World(5, begin=int(NOW.timestamp()), seconds=600, orders=150)
    platform = Shopify(world, Chaos(5), "shpss_secret")
    server = Server({"shopify": platform}).start()
    yield platform, {**platform.account(server.address_of("shopify")), "calls_per_second": "100000"}
    server.stop()


def test_a_cursor_goes_alone_and_finds_what_is_behind_it_even_when_orders_change_meanwhile(simulated):
    platform, given = simulated
    platform.world.advance(platform.world.now + 9_000)
    now = datetime.fromtimestamp(platform.world.now, UTC)
    channel, window = KIND.make(given, None), Window(NOW, now)
    first = channel.order_page(window, now=now)
    assert (len(first.orders), bool(first.following)) == (100, True)
    seen = {order.order_no for order in first.orders}
    for number in sorted(platform.world.orders)[:20]:  # they leave the window; nobody behind them may be passed over
        platform.world.orders[number].changed_at = platform.world.now + 60
    second = channel.order_page(window, following=first.following, now=now)
    left = {str(number) for number, order in platform.world.orders.items() if order.changed_at <= platform.world.now}
    assert left <= seen | {order.order_no for order in second.orders}
    with pytest.raises(ShopRefused):
        channel.order_page(window, following="a-cursor-of-nobody", now=now)


def test_throttling_says_when_to_come_back_and_settings_are_checked(simulated):
    platform, given = simulated
    channel = KIND.make(given, None)
    channel._asker.tries = 1
    platform.chaos.throttled = 100
    with pytest.raises(ShopThrottled) as slow:
        channel.order("1", now=NOW)
    assert slow.value.details["retry_after_seconds"] == 2
    platform.chaos.throttled = 0
    with pytest.raises(ShopSettingWrong):
        KIND.make({**given, "location_id": ""}, None).set_stock(StockWrite("", str(platform.world.items[0].sku), 3, "r"), now=NOW)
    for changes in ({"api_version": "latest"}, {"gateway": "example.myshopify.com"}, {"calls_per_second": "nan"}):
        with pytest.raises(ShopSettingWrong):
            KIND.make({**given, **changes}, None)
    with pytest.raises(ShopCannot):
        channel.new_grant("code", now=NOW)


def test_no_secret_is_in_a_repr(simulated):
    _, given = simulated
    said = repr(KIND.make({**given, "old_client_secret": "the-old-one"}, None).settings)
    assert [part for part in (given["access_token"], given["client_secret"], "the-old-one") if part in said] == []
