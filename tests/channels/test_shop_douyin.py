"""抖店's signatures with their published vectors, and its JSON in our words."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime

import pytest

from kaibo.channels.shop_douyin import push, reading, signing
from kaibo.channels.shop_douyin.channel import KIND, Channel, Settings
from kaibo.kit.shop_channels import CaseKind, CaseState, Grant, Hint, OrderHold, OrderState
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

KEY, SECRET = "7000000000000000001", "test-secret-001"
BODY = rb'[{"tag":"101","msg_id":"1001","data":"{\"p_id\":6917000000000000001}"}]'
MARK = "bd8edd4e2dbcb8497c75d379ae63077f"

ORDER = {
    "order_id": "6917423456789012345", "order_status": 101, "create_time": 1763812811, "pay_time": 1763812830, "update_time": 1763813000,
    "exp_ship_time": 1763985630, "ship_time": 0, "finish_time": 0, "cancel_reason": "", "order_amount": 158800, "pay_amount": 148000,
    "post_amount": 800, "encrypt_post_receiver": "##receiver-cipher##", "encrypt_post_tel": "$$telephone-cipher$$", "post_receiver": "", "post_tel": "",
    "post_addr": {"province": {"name": "浙江省", "id": "33"}, "city": {"name": "杭州市", "id": "3301"}, "town": {"name": "西湖区", "id": "330106"},
                  "street": {"name": "文新街道", "id": "1"}, "detail": "", "encrypt_detail": "##address-cipher##"},
    "mask_post_receiver": "林*", "mask_post_tel": "138****5678", "mask_post_addr": {"detail": "****"},
    "sku_order_list": [
        {"order_id": "6917423456789012346", "product_id": 3600000, "sku_id": 1780000000000000001, "code": "KB-2417-B-M", "item_num": 2,
         "product_name": "外套", "spec": [{"name": "颜色", "value": "黑色"}, {"name": "尺码", "value": "M"}], "origin_amount": 59900, "sum_amount": 119800,
         "pay_amount": 109800, "room_id": 7300000000000000000, "author_id": 99, "given_product_type": "MASTER",
         "after_sale_info": {"after_sale_status": 0, "refund_status": 0}},
        {"order_id": 6917423456789012347, "product_id": 3600001, "sku_id": 1780000000000000002, "code": "", "out_sku_id": "KB-1102-B-L", "item_num": 1,
         "product_name": "牛仔裤", "spec": None, "origin_amount": 39000, "sum_amount": 39000, "pay_amount": 37400,
         "after_sale_info": {"after_sale_status": 28, "refund_status": 1}},
    ],
    "logistics_info": [{"tracking_no": "SF1234567890123", "company": "shunfeng", "ship_time": 1763812990,
                        "product_info": [{"sku_order_id": "6917423456789012346", "product_count": 2}]}],
}  # fmt: skip


def _order(**changes):
    return reading.order_of({**copy.deepcopy(ORDER), **changes})


def test_vector_d1_is_reproduced_to_the_byte():
    content = '{"page":0,"product":"红富士&苹果<5斤>","size":10,"update_time_start":1704067200}'
    assert signing.canonical({"update_time_start": 1704067200, "size": 10, "product": "红富士&苹果<5斤>", "page": 0}) == content
    signed = signing.sign(SECRET, app_key=KEY, method="order.searchList", timestamp="1704067200", content=content)
    assert signed == "8e9de8fadd23d8993b7add54e73645317a8cf645667dcc6a20d61c737495a3bf"


def test_vector_d2_is_reproduced():
    signed = signing.sign(SECRET, app_key=KEY, method="order.logisticsCompanyList", timestamp="1704067200", content="{}")
    assert signed == "806554e5da242179651dcafce2bdf7120f233793407effe4547a8b97ec447db2"


def test_keys_are_sorted_at_every_depth():
    assert signing.canonical({"b": {"d": 1, "c": [{"z": 1, "a": 2}]}, "a": 1}) == '{"a":1,"b":{"c":[{"a":2,"z":1}],"d":1}}'


def test_the_body_vector_of_a_push_is_reproduced_and_read():
    assert signing.push_sign(SECRET, app_key=KEY, body=BODY) == MARK
    assert push.read(KEY, SECRET, {"App-Id": KEY, "Event-Sign": MARK.upper()}, BODY) == [Hint("order", "6917000000000000001", "101", "1001")]


def test_a_changed_push_is_a_forgery_at_every_byte():
    for place in range(0, len(BODY), 5):
        changed = BODY[:place] + bytes([BODY[place] ^ 1]) + BODY[place + 1 :]
        with pytest.raises(PushForged):
            push.read(KEY, SECRET, {"app-id": KEY, "event-sign": MARK}, changed)
    for headers in ({}, {"app-id": KEY}, {"app-id": "1", "event-sign": MARK}, {"event-sign": MARK}):
        with pytest.raises(PushForged):
            push.read(KEY, SECRET, headers, BODY)


def _pushed(messages):
    body = json.dumps(messages).encode()
    return push.read(KEY, SECRET, {"app-id": KEY, "event-sign": signing.push_sign(SECRET, app_key=KEY, body=body)}, body)


def test_pushes_are_hints_whatever_type_their_number_has():
    assert _pushed([{"tag": "0", "msg_id": "1", "data": ""}]) == []
    assert _pushed([{"tag": "126", "msg_id": "2", "data": '{"p_id":"6917000000000000001"}'}]) == [Hint("order", "6917000000000000001", "126", "2")]
    assert _pushed([{"tag": 206, "msg_id": 3, "data": '{"p_id":1,"aftersale_id":7345000000000000001}'}]) == [Hint("case", "7345000000000000001", "206", "3")]
    assert _pushed([{"tag": "400", "msg_id": "4", "data": "{}"}]) == [Hint("other", "", "400", "4")]
    for broken in ({"tag": "101"}, [1], [{"tag": "101", "msg_id": "1", "data": "{"}], "x"):
        with pytest.raises(PushUnreadable):
            _pushed(broken)


def test_a_partly_shipped_order_is_read_line_by_line():
    order = _order()
    assert (order.order_no, order.raw_status, order.state) == ("6917423456789012345", "101", OrderState.PARTIALLY_SHIPPED)
    assert (order.amount_fen, order.freight_fen) == (148000, 800)
    assert order.ordered_at == datetime(2025, 11, 22, 12, 0, 11, tzinfo=UTC)
    assert order.updated_at == datetime(2025, 11, 22, 12, 3, 20, tzinfo=UTC)
    assert order.promised_at == datetime(2025, 11, 24, 12, 0, 30, tzinfo=UTC)
    assert (order.shipped_at, order.finished_at) == (None, None)
    first, second = order.lines
    assert (first.line_no, first.quantity, first.shipped, first.state) == ("6917423456789012346", 2, 2, OrderState.SHIPPED)
    assert (first.code, first.specification, first.price_fen, first.amount_fen) == ("KB-2417-B-M", "黑色 / M", 59900, 109800)
    assert (first.sku_id, first.room_id) == ("1780000000000000001", "7300000000000000000")
    assert (second.line_no, second.code, second.shipped, second.state) == ("6917423456789012347", "KB-1102-B-L", 0, OrderState.PAID)


def test_a_buyer_who_withdrew_binds_nobody_although_the_refund_still_waits():
    assert _order().lines[1].holds == frozenset()


@pytest.mark.parametrize(
    ("status", "state"),
    [(1, "pending_payment"), (105, "paid"), (2, "paid"), (101, "partially_shipped"), (3, "shipped"), (4, "cancelled"), (5, "completed"), (777, "unknown")],
)
def test_every_status_is_itself_and_an_unknown_one_is_no_default(status, state):
    order = _order(order_status=status)
    assert (order.raw_status, order.state.value) == (str(status), state)
    assert KIND.state_of(order.raw_status) is order.state
    assert (OrderHold.RISK_REVIEW in order.holds) is (status == 105)


@pytest.mark.parametrize(
    ("aftersale", "hold"),
    [(0, None), (6, "aftersale_open"), (7, "aftersale_open"), (11, "aftersale_open"), (27, None), (28, None), (29, None), (12, "platform_forbid"), (999, "aftersale_open")],
)
def test_after_sales_of_a_line_keeps_it_from_leaving(aftersale, hold):
    raw = copy.deepcopy(ORDER)
    raw["sku_order_list"][0]["after_sale_info"] = {"after_sale_status": aftersale}
    assert {one.value for one in reading.order_of(raw).lines[0].holds} == ({hold} if hold else set())


def test_the_receiver_is_kept_as_ciphertext_beside_its_mask_and_shown_in_no_repr():
    receiver = _order().receiver
    assert (receiver.name, receiver.phone, receiver.address) == ("##receiver-cipher##", "$$telephone-cipher$$", "##address-cipher##")
    assert (receiver.shown_name, receiver.shown_phone, receiver.province, receiver.city, receiver.area) == ("林*", "138****5678", "浙江省", "杭州市", "西湖区")
    assert "cipher" not in repr(_order())
    gone = _order(encrypt_post_receiver="", encrypt_post_tel="", post_addr=None)
    assert gone.receiver.is_empty


def test_what_is_no_order_is_refused():
    for changes in ({"sku_order_list": []}, {"create_time": 0}, {"order_id": ""}, {"pay_amount": 1.5}, {"order_id": 6.9e18}, {"sku_order_list": [{"order_id": "1", "item_num": 0}]}):
        with pytest.raises((KeyError, ValueError, TypeError)):
            _order(**changes)


def test_an_after_sales_case_is_read():
    raw = {
        "aftersale_info": {"aftersale_id": 7345000000000000001, "aftersale_type": 0, "aftersale_status": 11, "related_id": "6917423456789012346",
                           "apply_time": 1763812811, "update_time": 1763812900, "status_deadline": 1763985630, "refund_amount": 59900,
                           "refund_post_amount": 0, "aftersale_num": 1, "arbitrate_status": 0, "refund_status": 1, "return_logistics_code": "YT1"},
        "order_info": {"shop_order_id": "6917423456789012345"},
    }  # fmt: skip
    case = reading.case_of(raw)
    assert (case.case_no, case.order_no, case.line_no) == ("7345000000000000001", "6917423456789012345", "6917423456789012346")
    assert (case.kind, case.state, case.refund_fen, case.return_tracking_no) == (CaseKind.RETURN_REFUND, CaseState.BUYER_SHIPPED, 59900, "YT1")
    assert case.decide_by == datetime(2025, 11, 24, 12, 0, 30, tzinfo=UTC)
    raw["aftersale_info"]["aftersale_status"] = 12
    assert reading.case_of(raw).state is CaseState.REFUNDING
    raw["aftersale_info"]["refund_status"] = 3
    assert reading.case_of(raw).state is CaseState.REFUNDED
    raw["aftersale_info"]["arbitrate_status"] = 1
    assert reading.case_of(raw).state is CaseState.ARBITRATION


def _complaint(**told):
    return type(Channel(Settings(KEY, SECRET))._complaint({"code": 50002, "msg": "业务处理失败", **told}))


def test_complaints_are_told_apart_by_kind():
    assert _complaint(code=20000, sub_code="isp.service-error:1", sub_msg="系统错误") is ShopAway
    assert _complaint(sub_code="isv.business-failed:2001", sub_msg="请求过于频繁，触发限流") is ShopThrottled
    assert _complaint(sub_code="isv.access-token-expired", sub_msg="请刷新 access_token") is ShopTokenExpired
    assert _complaint(code=40003, sub_code="isv.invalid-sign", sub_msg="签名校验失败") is ShopSignatureRefused
    assert _complaint(sub_code="isv.business-failed:4001", sub_msg="订单状态不允许发货") is ShopRefused


def test_nothing_secret_is_in_a_repr():
    channel = KIND.make({"app_key": KEY, "app_secret": SECRET}, Grant("tok-secret", "ren-secret"))
    said = repr(channel.settings) + repr(channel) + repr(Grant("tok-secret", "ren-secret"))
    assert [part for part in (SECRET, "tok-secret", "ren-secret") if part in said] == []


def test_an_account_without_its_secret_is_refused_by_the_field_s_name():
    with pytest.raises(ShopSettingWrong) as wrong:
        KIND.make({"app_key": KEY}, None)
    assert "App Secret" in wrong.value.message("zh")


@pytest.mark.parametrize(("field", "value"), [("calls_per_second", "many"), ("calls_per_second", "0"), ("calls_per_second", "nan"), ("gateway", "file:///etc")])
def test_a_setting_that_cannot_be_is_refused_by_name(field, value):
    with pytest.raises(ShopSettingWrong):
        KIND.make({"app_key": KEY, "app_secret": SECRET, field: value}, None)
