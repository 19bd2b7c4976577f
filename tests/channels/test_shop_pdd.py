"""拼多多's JSON in our words: five numbers are one status, yuan are fen, what must not leave is held."""

from __future__ import annotations

import copy
from datetime import UTC, datetime

import pytest

from kaibo.channels.shop_pdd import reading
from kaibo.channels.shop_pdd.channel import KIND, _complaint
from kaibo.kit.shop_channels import CaseKind, Grant, OrderState, ParcelWrite
from kaibo.kit.shop_complaints import (
    ShopAway,
    ShopCannot,
    ShopRefused,
    ShopSettingWrong,
    ShopSignatureRefused,
    ShopThrottled,
    ShopTokenExpired,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ORDER = {
    "order_sn": "261122-123456789012345", "order_status": 1, "refund_status": 1, "confirm_status": 1, "group_status": 1, "risk_control_status": 0,
    "after_sales_status": 0, "pay_amount": 101.5, "postage": "6.00", "created_time": "2026-11-22 20:00:11", "confirm_time": "2026-11-22 20:01:00",
    "last_ship_time": "2026-11-24 20:01:00", "updated_at": "2026-11-22 20:05:00", "shipping_time": None, "receive_time": None,
    "receiver_name": "~AgAAAA-name~", "receiver_phone": "$AgAAAA-phone$", "receiver_address": "~AgAAAA-address~", "receiver_name_mask": "林*",
    "receiver_phone_mask": "138****5678", "province": "浙江省", "city": "杭州市", "town": "西湖区",
    "item_list": [
        {"goods_id": 1001, "sku_id": 2002, "outer_id": "KB-0077-B-M", "goods_name": "圆领T恤", "goods_spec": "黑色,M", "goods_count": 2, "goods_price": "33.25"},
        {"goods_id": 1002, "sku_id": 2003, "outer_id": "KB-0560-W-L", "goods_name": "打底裤", "goods_spec": "米白,L", "goods_count": 1, "goods_price": "33.50"},
    ],
}  # fmt: skip


def _order(**changes):
    return reading.order_of({**copy.deepcopy(ORDER), **changes})


def test_an_order_is_read_to_the_fen_and_its_status_stays_verbatim():
    order = _order()
    assert (order.order_no, order.raw_status, order.state) == ("261122-123456789012345", "1/1/1/1/0", OrderState.PAID)
    assert (order.amount_fen, order.freight_fen) == (10150, 600)
    assert [line.amount_fen for line in order.lines] == [6351, 3199] and sum(line.amount_fen for line in order.lines) == 9550
    assert (order.ordered_at, order.updated_at) == (datetime(2026, 11, 22, 12, 0, 11, tzinfo=UTC), datetime(2026, 11, 22, 12, 5, tzinfo=UTC))
    assert (order.receiver.phone, order.receiver.shown_phone, order.receiver.city) == ("$AgAAAA-phone$", "138****5678", "杭州市")
    assert "AgAAAA" not in repr(order)


@pytest.mark.parametrize(
    ("changes", "state", "holds"),
    [
        ({}, "paid", set()),
        ({"order_status": 2}, "shipped", set()),
        ({"order_status": 3}, "delivered", set()),
        ({"order_status": 9}, "unknown", set()),
        ({"risk_control_status": 1}, "paid", {"risk_review"}),
        ({"group_status": 0}, "paid", {"group_pending"}),
        ({"confirm_status": 0}, "paid", {"group_pending"}),
        ({"refund_status": 7}, "paid", {"aftersale_open"}),
        ({"refund_status": 2}, "paid", {"aftersale_open"}),
        ({"after_sales_status": 2}, "paid", {"aftersale_open"}),
        ({"after_sales_status": 11}, "paid", set()),
        ({"refund_status": 4}, "cancelled", {"platform_forbid"}),
        ({"refund_status": 4, "order_status": 2}, "closed", {"platform_forbid"}),
        ({"confirm_status": 2}, "cancelled", {"platform_forbid"}),
    ],
)
def test_five_numbers_are_one_state_and_their_holds(changes, state, holds):
    order = _order(**changes)
    assert (order.state.value, {hold.value for hold in order.holds}) == (state, holds)
    assert KIND.state_of(order.raw_status) is order.state


def test_a_receiver_that_is_gone_is_empty_and_what_is_no_order_is_refused():
    assert _order(receiver_name="", receiver_phone="", receiver_address="").receiver.is_empty
    for changes in ({"order_status": ""}, {"item_list": []}, {"pay_amount": "12.345"}, {"order_sn": ""}, {"created_time": "yesterday"}):
        with pytest.raises((KeyError, ValueError, TypeError)):
            _order(**changes)


def test_complaints_are_told_apart_by_kind():
    kinds = {70031: ShopThrottled, 52101: ShopThrottled, 10019: ShopTokenExpired, 20004: ShopSignatureRefused, 52001: ShopAway, 20031: ShopRefused}
    assert {code: type(_complaint({"error_code": code, "error_msg": "x"})) for code in kinds} == kinds


def test_an_internal_error_is_tried_again_and_a_no_of_the_business_is_not():
    assert isinstance(_complaint({"error_code": 50001, "error_msg": "业务服务错误"}), ShopAway)
    assert isinstance(_complaint({"error_code": 50001, "error_msg": "业务服务错误", "sub_code": "50001"}), ShopAway)
    no = _complaint({"error_code": 50001, "error_msg": "业务服务错误", "sub_code": "ISV_TRACK_ERROR", "sub_msg": "运单号已使用"})
    assert isinstance(no, ShopRefused) and "运单号已使用" in no.message("zh")


def test_waybills_added_to_an_order_are_parcels_too_and_one_told_twice_is_one():
    order = _order(
        order_status=2, tracking_number="SF1", logistics_id=44, shipping_time="2026-11-23 10:00:00",
        extra_delivery_list=[{"tracking_number": "YT2", "logistics_id": 85}, {"tracking_number": "SF1", "logistics_id": 44}],
    )  # fmt: skip
    assert [(parcel.tracking_no, parcel.carrier) for parcel in order.parcels] == [("SF1", "44"), ("YT2", "85")]
    assert {parcel.shipped_at for parcel in order.parcels} == {datetime(2026, 11, 23, 2, 0, tzinfo=UTC)}
    assert [line.shipped for line in order.lines] == [2, 1]


@pytest.mark.parametrize(("status", "state"), [(2, "requested"), (4, "refunding"), (7, "approved_return"), (8, "arbitration"), (10, "refunded"), (99, "unknown")])
def test_a_case_is_read_to_the_fen_and_an_unknown_status_is_unknown(status, state):
    raw = {
        "id": 301851299, "order_sn": "261122-123456789012345", "after_sales_status": status, "after_sales_type": 3, "refund_amount": "8.01",
        "goods_number": "2", "created_time": "2026-11-22 20:03:29", "updated_time": "2026-11-22 20:18:03", "tracking_number": "YT9",
    }  # fmt: skip
    case = reading.case_of(raw)
    assert (case.case_no, case.order_no, case.raw_status, case.state.value) == ("301851299", "261122-123456789012345", str(status), state)
    assert (case.refund_fen, case.quantity, case.kind, case.return_tracking_no) == (801, 2, CaseKind.RETURN_REFUND, "YT9")
    assert case.updated_at == datetime(2026, 11, 22, 12, 18, 3, tzinfo=UTC)
    assert case.is_refunded is (status == 10)
    for changes in ({"id": ""}, {"created_time": None}, {"refund_amount": "8.001"}):
        with pytest.raises((KeyError, ValueError, TypeError)):
            reading.case_of({**raw, **changes})


def test_typed_tokens_do_without_a_code_and_none_at_all_is_said_by_name():
    typed = KIND.make({"client_id": "1", "client_secret": "pdd-secret", "access_token": "pdd-token", "refresh_token": "pdd-renew"}, None)
    grant = typed.new_grant("", now=NOW)
    assert (grant.access_token, grant.refresh_token, grant.expires_at) == ("pdd-token", "pdd-renew", None)
    with pytest.raises(ShopSettingWrong):
        KIND.make({"client_id": "1", "client_secret": "pdd-secret"}, None).new_grant("", now=NOW)
    with pytest.raises(ShopTokenExpired):
        typed.refreshed_grant(Grant("pdd-token"), now=NOW)
    with pytest.raises(ShopCannot):
        typed.ship(ParcelWrite("1", "44", "SF1", "r", (("1", 1),)), now=NOW)
    said = repr(typed.settings) + repr(typed) + repr(grant)
    assert [part for part in ("pdd-secret", "pdd-token", "pdd-renew") if part in said] == []
