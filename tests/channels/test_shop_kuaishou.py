"""快手's JSON in our words: one item an order, fen and milliseconds, refunds hold it, pushes open only with the app's key."""

from __future__ import annotations

import base64
import copy
import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from kaibo.channels.shop_kuaishou import push, reading
from kaibo.channels.shop_kuaishou.channel import KIND
from kaibo.kit.shop_channels import CaseKind, Grant, Hint, OrderState, ParcelWrite, StockWrite
from kaibo.kit.shop_complaints import PushForged, PushUnreadable, ShopCannot, ShopRefused, ShopSettingWrong, ShopTokenExpired

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ACCOUNT = {
    "app_key": "ks701000000000000001", "app_secret": "ks-app-secret", "sign_secret": "ks-sign-secret", "message_key": "MDEyMzQ1Njc4OWFiY2RlZg==",
    "access_token": "ks-token", "refresh_token": "ks-renew",
}  # fmt: skip
ORDER = {
    "orderBaseInfo": {
        "oid": 2421300093168518, "status": 40, "totalFee": 55_900, "discountFee": 4_000, "expressFee": 800, "createTime": 1_795_348_811_123,
        "payTime": 1_795_348_840_000, "updateTime": 1_795_349_100_500, "sendTime": 1_795_352_400_000, "recvTime": 0,
        "validPromiseShipmentTimeStamp": 1_795_521_640_000, "disableDeliveryReasonCode": [], "riskCode": 0,
    },
    "orderItemInfo": {"itemId": 9001, "skuId": 10001, "skuNick": "KB-2417-B-M", "goodsCode": "KB-2417", "num": 2, "price": 29_550, "itemTitle": "外套", "skuDesc": "黑色 M"},
    "orderRefundList": [], "orderLogisticsInfo": [{"expressNo": "SF0000000000001", "expressCode": 4}],
    "orderAddress": {
        "encryptedConsignee": "p9Qk3mWz7Xy1bC4d", "encryptedMobile": "a1B2c3D4e5F6g7H8", "encryptedAddress": "Zx9Yw8Vu7Ts6Rq5P", "desensitiseConsignee": "林**",
        "desensitiseMobile": "138****5678", "desensitiseAddress": "****", "province": "浙江省", "city": "杭州市", "district": "西湖区", "town": "文三路",
    },
}  # fmt: skip


def _order(total_fee="paid", **base):
    raw = copy.deepcopy(ORDER)
    raw["orderBaseInfo"] |= base
    return reading.order_of(raw, total_fee)


def test_an_order_is_read_to_the_fen_and_the_millisecond():
    order = _order()
    assert (order.order_no, order.raw_status, order.state, order.amount_fen, order.freight_fen) == ("2421300093168518", "40", OrderState.SHIPPED, 55_900, 800)
    (line,) = order.lines
    assert (line.code, line.quantity, line.price_fen, line.amount_fen, line.shipped, line.specification) == ("KB-2417-B-M", 2, 29_550, 55_100, 2, "黑色 M")
    assert order.ordered_at == datetime(2026, 11, 22, 12, 0, 11, 123_000, tzinfo=UTC)
    assert order.updated_at == datetime(2026, 11, 22, 12, 5, 0, 500_000, tzinfo=UTC)
    assert (order.finished_at, order.has_parcel("SF0000000000001")) == (None, True)
    assert order.promised_at > order.paid_at
    assert (order.receiver.is_sealed, order.receiver.shown_phone, order.receiver.area) == (True, "138****5678", "西湖区")
    assert "p9Qk3" not in repr(order)


def test_whether_the_total_is_what_was_paid_is_a_setting():
    assert _order("before_discount").amount_fen == 51_900
    assert _order("before_discount").lines[0].amount_fen == 51_100
    with pytest.raises(ShopSettingWrong):
        KIND.make({**ACCOUNT, "total_fee": "perhaps"}, None)


@pytest.mark.parametrize(
    ("status", "state"),
    [(10, "pending_payment"), (30, "paid"), (40, "shipped"), (50, "delivered"), (70, "completed"), (80, "closed"), (35, "unknown"), (0, "unknown")],
)
def test_every_status_is_itself_and_an_unknown_one_is_no_default(status, state):
    assert (_order(status=status).raw_status, _order(status=status).state.value) == (str(status), state)
    assert _order(status=80, payTime=0).state is OrderState.CANCELLED


@pytest.mark.parametrize(
    ("base", "holds"), [({}, set()), ({"disableDeliveryReasonCode": [1]}, {"group_pending"}), ({"disableDeliveryReasonCode": [2]}, {"risk_review"}),
                        ({"disableDeliveryReasonCode": [9]}, {"platform_forbid"}), ({"riskCode": 10001}, {"risk_review"})],
)  # fmt: skip
def test_what_must_not_leave_is_held_also_for_a_reason_nobody_documented(base, holds):
    assert {hold.value for hold in _order(**base).holds} == holds


@pytest.mark.parametrize(("statuses", "hold"), [([], None), ([70], None), ([10], "aftersale_open"), ([70, 30], "aftersale_open"), ([60], "platform_forbid"), ([99], "aftersale_open")])
def test_refunds_keep_an_order_from_leaving(statuses, hold):
    raw = copy.deepcopy(ORDER)
    raw["orderRefundList"] = [{"refundId": place, "refundStatus": status} for place, status in enumerate(statuses)]
    assert {one.value for one in reading.order_of(raw).lines[0].holds} == ({hold} if hold else set())


def test_what_is_no_order_is_refused():
    for base in ({"oid": 0}, {"createTime": 0}, {"totalFee": 12.5}, {"status": ""}):
        with pytest.raises((KeyError, ValueError, TypeError)):
            _order(**base)


@pytest.mark.parametrize(("status", "state"), [(10, "requested"), (21, "arbitration"), (30, "approved_return"), (40, "buyer_shipped"), (50, "refunding"), (60, "refunded"), (70, "closed"), (12, "unknown")])
def test_a_case_is_read(status, state):
    raw = {"refundId": 7345, "oid": 2421300093168518, "status": status, "handlingWay": 1, "refundFee": 29_550, "createTime": 1_795_348_811_000, "updateTime": 1_795_349_100_000}
    case = reading.case_of(raw)
    assert (case.case_no, case.order_no, case.kind, case.state.value, case.refund_fen) == ("7345", "2421300093168518", CaseKind.RETURN_REFUND, state, 29_550)
    assert (case.is_refunded, case.is_arbitrated) == (status == 60, status == 21)


KEY = b"0123456789abcdef"


def _sealed(told, key=KEY):
    plain = told if isinstance(told, bytes) else json.dumps(told).encode()
    short = 16 - len(plain) % 16
    sealer = Cipher(AES(key), CBC(bytes(16))).encryptor()
    return base64.b64encode(sealer.update(plain + bytes([short]) * short) + sealer.finalize())


def _read(told, key=KEY):
    return push.read(ACCOUNT["app_key"], ACCOUNT["message_key"], _sealed(told, key))


def test_pushes_are_hints_whatever_type_their_number_has():
    paid = {"event": "kwaishop_order_paySuccess", "msgId": "m1", "appKey": ACCOUNT["app_key"], "info": '{"oid":2421300093168518}', "test": False}
    assert _read(paid) == [Hint("order", "2421300093168518", "kwaishop_order_paySuccess", "m1")]
    assert _read({**paid, "info": '{"oid":"2421300093168518"}'})[0].number == "2421300093168518"
    assert _read({**paid, "event": "kwaishop_aftersales_addRefund", "info": {"oid": 1, "refundId": 7345}}) == [Hint("case", "7345", "kwaishop_aftersales_addRefund", "m1")]
    assert _read({**paid, "event": "kwaishop_item_something", "info": "{}"}) == [Hint("other", "", "kwaishop_item_something", "m1")]
    assert _read({**paid, "test": True}) == []
    for broken in ({**paid, "info": "{"}, {"info": "{}"}, [1]):
        with pytest.raises(PushUnreadable):
            _read(broken)


def test_a_push_under_another_key_for_another_app_or_in_the_open_is_a_forgery():
    paid = {"event": "kwaishop_order_paySuccess", "msgId": "m1", "appKey": ACCOUNT["app_key"], "info": '{"oid":1}'}
    for forged in (_sealed(paid, b"another key 1234"), json.dumps(paid).encode(), b"", _sealed(b"no json"), _sealed({**paid, "appKey": "ks1"})):
        with pytest.raises(PushForged):
            push.read(ACCOUNT["app_key"], ACCOUNT["message_key"], forged)
    with pytest.raises(PushForged):
        push.read(ACCOUNT["app_key"], "", _sealed(paid))
    channel = KIND.make({**ACCOUNT, "push_answer": '{"code":200}'}, None)
    assert (channel.answer_push(None).body, channel.answer_push("later").body) == (b'{"code":200}', b'{"result":0}')


def test_what_the_platform_does_not_offer_is_refused_and_nothing_secret_is_in_a_repr():
    channel = KIND.make(ACCOUNT, None)
    with pytest.raises(ShopCannot):
        channel.set_stock(StockWrite("9001", "10001", 5, "s"), now=NOW)  # differences only there, and nothing reads them back
    with pytest.raises(ShopCannot):
        channel.ship(ParcelWrite("1", "4", "SF1", "r", (("1", 1),)), now=NOW)
    with pytest.raises(ShopRefused):
        channel.ship(ParcelWrite("1", "shunfeng", "SF1", "r"), now=NOW)  # no number of this courier in the account
    with pytest.raises(ShopTokenExpired):
        channel.refreshed_grant(Grant("ks-token"), now=NOW)
    with pytest.raises(ShopSettingWrong):
        KIND.make({**ACCOUNT, "cases_type": "all"}, None)
    said = repr(channel.settings) + repr(channel) + repr(channel.new_grant("", now=NOW))
    assert [part for part in ("ks-app-secret", "ks-sign-secret", "ks-token", "ks-renew", ACCOUNT["message_key"]) if part in said] == []
