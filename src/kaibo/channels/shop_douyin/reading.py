"""抖店's JSON in our words: orders and after-sales cases. Amounts are fen there too, times unix seconds. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kaibo.channels.raw import inner, items, moment_of_seconds, text, whole
from kaibo.kit.shop_channels import (
    CaseKind,
    CaseState,
    OrderHold,
    OrderState,
    PlatformCase,
    PlatformLine,
    PlatformOrder,
    PlatformParcel,
    PlatformReceiver,
)

STATES = {
    "1": OrderState.PENDING_PAYMENT, "105": OrderState.PAID, "2": OrderState.PAID, "101": OrderState.PARTIALLY_SHIPPED,
    "3": OrderState.SHIPPED, "4": OrderState.CANCELLED, "5": OrderState.COMPLETED,
}  # fmt: skip
"""105 is paid and under review, 4 cancelled; any other number is unknown."""
UNDER_REVIEW = "105"
CASE_OPEN = frozenset({"6", "7", "11", "13"})
CASE_REFUNDED = frozenset({"12", "51", "53"})
CASE_OVER = frozenset({"", "0", "14", "27", "28", "29"})
"""28 with refund_status still 1: the buyer withdrew, nothing is under way. Rejected cases (27, 29) bind nobody either."""

CASE_KINDS = {
    "0": CaseKind.RETURN_REFUND, "1": CaseKind.REFUND_SHIPPED, "2": CaseKind.REFUND_UNSHIPPED, "3": CaseKind.EXCHANGE,
    "6": CaseKind.PRICE_PROTECT, "7": CaseKind.RESHIP, "8": CaseKind.REPAIR,
}  # fmt: skip
CASE_STATES = {
    "6": CaseState.REQUESTED, "7": CaseState.APPROVED_RETURN, "8": CaseState.EXCHANGE_SHIPPING, "11": CaseState.BUYER_SHIPPED,
    "13": CaseState.EXCHANGE_SHIPPING, "3": CaseState.EXCHANGE_SHIPPING, "12": CaseState.REFUNDED, "14": CaseState.EXCHANGED,
    "27": CaseState.REJECTED, "29": CaseState.REJECTED, "28": CaseState.CLOSED,
}  # fmt: skip
IN_ARBITRATION = frozenset({"1", "4", "5"})
REFUND_DONE = "3"


def state_of(raw_status: str) -> OrderState:
    return STATES.get(raw_status, OrderState.UNKNOWN)


def holds_of(raw_status: str, raw_aftersale: str) -> frozenset[OrderHold]:
    """This function will give why a line must not leave; an after-sales number we do not know holds it too."""
    holds = {OrderHold.RISK_REVIEW} if raw_status == UNDER_REVIEW else set()
    if raw_aftersale in CASE_REFUNDED:
        holds.add(OrderHold.PLATFORM_FORBID)
    elif raw_aftersale not in CASE_OVER:
        holds.add(OrderHold.AFTERSALE_OPEN)
    return frozenset(holds)


def order_of(raw: Mapping[str, Any]) -> PlatformOrder:
    """This function will read one order.   Raises: KeyError, ValueError, TypeError (it is not one)."""
    status = text(raw["order_status"])
    parcels = items(raw.get("logistics_info"))
    lines = tuple(_line(one, status, parcels) for one in items(raw["sku_order_list"]))
    ordered_at = moment_of_seconds(raw["create_time"])
    if not lines or ordered_at is None:
        raise ValueError("lines" if not lines else "create_time")
    return PlatformOrder(
        order_no=_number(raw["order_id"]),
        raw_status=status,
        state=state_of(status),
        lines=lines,
        amount_fen=whole(raw["pay_amount"]),
        freight_fen=whole(raw.get("post_amount")),
        ordered_at=ordered_at,
        updated_at=moment_of_seconds(raw["update_time"]) or ordered_at,
        holds=frozenset({OrderHold.RISK_REVIEW}) if status == UNDER_REVIEW else frozenset(),
        paid_at=moment_of_seconds(raw.get("pay_time")),
        promised_at=moment_of_seconds(raw.get("exp_ship_time")),
        shipped_at=moment_of_seconds(raw.get("ship_time")),
        finished_at=moment_of_seconds(raw.get("finish_time")),
        cancel_reason=text(raw.get("cancel_reason")),
        receiver=_receiver(raw),
        parcels=tuple(
            PlatformParcel(text(one.get("tracking_no")), text(one.get("company")), moment_of_seconds(one.get("ship_time"))) for one in parcels
        ),
    )


def _line(raw: Mapping[str, Any], order_status: str, parcels: Sequence[Mapping[str, Any]]) -> PlatformLine:
    number, quantity = _number(raw["order_id"]), whole(raw["item_num"])
    if quantity <= 0:
        raise ValueError("item_num")
    status = text(raw.get("order_status")) or order_status
    state, shipped = state_of(status), min(quantity, _sent_units(number, parcels))
    if state is OrderState.PARTIALLY_SHIPPED or (state is OrderState.PAID and shipped):
        state = OrderState.PAID if not shipped else OrderState.SHIPPED if shipped == quantity else OrderState.PARTIALLY_SHIPPED
    elif state in {OrderState.SHIPPED, OrderState.COMPLETED}:
        shipped = quantity
    aftersale = text(inner(raw, "after_sale_info").get("after_sale_status"))
    return PlatformLine(
        line_no=number,
        title=text(raw.get("product_name")),
        specification=" / ".join(filter(None, (text(one.get("value")) for one in items(raw.get("spec"))))),
        code=text(raw.get("code")) or text(raw.get("out_sku_id")),
        product_id=text(raw.get("product_id_str")) or text(raw.get("product_id")),
        sku_id=text(raw.get("sku_id")),
        quantity=quantity,
        price_fen=whole(raw.get("origin_amount") or raw.get("goods_price")),
        amount_fen=whole(raw["pay_amount"]),
        raw_status=status,
        state=state,
        shipped=shipped,
        raw_aftersale=aftersale,
        holds=holds_of("", aftersale),
        is_gift=text(raw.get("given_product_type")) == "FREE",
        room_id=text(raw.get("room_id_str")) or text(raw.get("room_id")),
        author_id=text(raw.get("author_id")),
    )


def _sent_units(number: str, parcels: Sequence[Mapping[str, Any]]) -> int:
    return sum(
        whole(one.get("product_count")) for parcel in parcels for one in items(parcel.get("product_info")) if text(one.get("sku_order_id")) == number
    )


def _receiver(raw: Mapping[str, Any]) -> PlatformReceiver:
    """Ciphertext where there is any (it is what a waybill needs), else what stands there; after shipping it may be all empty."""
    place, mask = inner(raw, "post_addr"), inner(raw, "mask_post_addr")
    named = place if inner(place, "province") else mask
    return PlatformReceiver(
        name=text(raw.get("encrypt_post_receiver")) or text(raw.get("post_receiver")),
        phone=text(raw.get("encrypt_post_tel")) or text(raw.get("post_tel")),
        address=text(place.get("encrypt_detail")) or text(place.get("detail")),
        shown_name=text(raw.get("mask_post_receiver")),
        shown_phone=text(raw.get("mask_post_tel")),
        shown_address=text(mask.get("detail")),
        province=text(inner(named, "province").get("name")),
        city=text(inner(named, "city").get("name")),
        area=text(inner(named, "town").get("name")),
        street=text(inner(named, "street").get("name")),
    )


def case_of(raw: Mapping[str, Any]) -> PlatformCase:
    """This function will read one after-sales case.   Raises: KeyError, ValueError, TypeError (it is not one)."""
    told, orders = inner(raw, "aftersale_info"), inner(raw, "order_info")
    status, requested_at = text(told["aftersale_status"]), moment_of_seconds(told["apply_time"])
    if requested_at is None:
        raise ValueError("apply_time")
    is_arbitrated = text(told.get("arbitrate_status")) in IN_ARBITRATION
    is_refunded = text(told.get("refund_status")) == REFUND_DONE
    state = CASE_STATES.get(status, CaseState.UNKNOWN)
    if is_arbitrated:
        state = CaseState.ARBITRATION
    elif state is CaseState.REFUNDED and not is_refunded:
        state = CaseState.REFUNDING
    return PlatformCase(
        case_no=_number(told["aftersale_id"]),
        order_no=_number(orders["shop_order_id"]),
        line_no=text(told.get("related_id")),
        kind=CASE_KINDS.get(text(told.get("aftersale_type")), CaseKind.UNKNOWN),
        raw_status=status,
        state=state,
        refund_fen=whole(told.get("refund_amount")),
        refund_freight_fen=whole(told.get("refund_post_amount")),
        quantity=whole(told.get("aftersale_num")),
        requested_at=requested_at,
        updated_at=moment_of_seconds(told.get("update_time")) or requested_at,
        decide_by=moment_of_seconds(told.get("status_deadline")),
        is_arbitrated=is_arbitrated,
        return_tracking_no=text(told.get("return_logistics_code")),
        is_refunded=is_refunded,
    )


def _number(value: Any) -> str:
    """A number of an order, given as text or as a number of 19 digits.   Raises: ValueError."""
    number = text(value)
    if not number or number == "0":
        raise ValueError("number")
    return number
