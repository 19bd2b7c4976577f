"""微信小店's JSON in our words. Amounts are fen, times unix seconds; an after-sales deadline is seconds left. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from kaibo.channels.paid_shares import paid_shares
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
    "10": OrderState.PENDING_PAYMENT, "20": OrderState.PAID, "21": OrderState.PARTIALLY_SHIPPED, "30": OrderState.SHIPPED,
    "100": OrderState.COMPLETED, "190": OrderState.CANCELLED, "200": OrderState.CLOSED, "250": OrderState.CANCELLED,
}  # fmt: skip
"""190: cancelled by the merchant because it was oversold; 200: everything refunded; 250: never paid."""
LEFT = frozenset({OrderState.SHIPPED, OrderState.COMPLETED})
CASE_KINDS = {"REFUND": CaseKind.REFUND_SHIPPED, "RETURN": CaseKind.RETURN_REFUND, "EXCHANGE": CaseKind.EXCHANGE}
CASE_STATES = {
    "USER_WAIT_CONFIRM": CaseState.REQUESTED, "MERCHANT_PROCESSING": CaseState.REQUESTED, "USER_WAIT_RETURN": CaseState.APPROVED_RETURN,
    "MERCHANT_WAIT_RECEIPT": CaseState.BUYER_SHIPPED, "PLATFORM_REFUNDING": CaseState.REFUNDING, "MERCHANT_OVERDUE_REFUND": CaseState.REFUNDING,
    "PLATFORM_REFUND_FAIL": CaseState.REFUNDING, "MERCHANT_REFUND_RETRY_FAIL": CaseState.REFUNDING, "MERCHANT_REFUND_SUCCESS": CaseState.REFUNDED,
    "MERCHANT_RETURN_SUCCESS": CaseState.REFUNDED, "MERCHANT_EXCHANGE_SUCCESS": CaseState.EXCHANGED, "MERCHANT_REJECT_REFUND": CaseState.REJECTED,
    "MERCHANT_REJECT_RETURN": CaseState.REJECTED, "RETURN_CLOSED": CaseState.CLOSED, "USER_CANCELD": CaseState.BUYER_CANCELLED,
}  # fmt: skip
REFUNDED = frozenset({"MERCHANT_REFUND_SUCCESS", "MERCHANT_RETURN_SUCCESS"})


def state_of(raw_status: str) -> OrderState:
    return STATES.get(raw_status, OrderState.UNKNOWN)


def holds_of(raw_status: str, raw_aftersale: str) -> frozenset[OrderHold]:
    """`raw_aftersale` is units in after-sales / units after-sales is done with, as the platform counts them: 1/0."""
    under_way, _, done = raw_aftersale.partition("/")
    holds = {OrderHold.AFTERSALE_OPEN} if under_way not in {"", "0"} else set()
    return frozenset(holds | ({OrderHold.PLATFORM_FORBID} if done not in {"", "0"} else set()))


def order_of(raw: Mapping[str, Any]) -> PlatformOrder:
    """This function will read one order.   Raises: KeyError, ValueError, TypeError (it is not one)."""
    detail, status = raw["order_detail"], text(raw["status"])
    goods, price, delivery = items(detail.get("product_infos")), inner(detail, "price_info"), inner(detail, "delivery_info")
    parcels = items(delivery.get("delivery_product_info"))
    ordered_at, number = moment_of_seconds(raw["create_time"]), text(raw["order_id"])
    if ordered_at is None or not goods or not number:
        raise ValueError("create_time" if ordered_at is None else "product_infos" if number else "order_id")
    amount, freight = whole(price["order_price"]), whole(price.get("freight"))
    lines = tuple(_line(one, share, status, parcels) for one, share in zip(goods, _shares(goods, amount - freight), strict=True))
    return PlatformOrder(
        order_no=number,
        raw_status=status,
        state=state_of(status),
        lines=lines,
        amount_fen=amount,
        freight_fen=freight,
        ordered_at=ordered_at,
        updated_at=moment_of_seconds(raw.get("update_time")) or ordered_at,
        holds=frozenset({OrderHold.ADDRESS_CHANGE} if inner(delivery, "address_under_review") else ()),
        paid_at=moment_of_seconds(inner(detail, "pay_info").get("pay_time")),
        promised_at=min((at for one in goods if (at := moment_of_seconds(one.get("delivery_deadline")))), default=None),
        shipped_at=moment_of_seconds(delivery.get("ship_done_time")) or max((at for one in parcels if (at := moment_of_seconds(one.get("delivery_time")))), default=None),
        finished_at=moment_of_seconds(inner(detail, "ext_info").get("confirm_receipt_time")),
        receiver=_receiver(inner(delivery, "address_info")),
        parcels=tuple(
            PlatformParcel(text(one.get("waybill_id")), text(one.get("delivery_id")), moment_of_seconds(one.get("delivery_time"))) for one in parcels
        ),
    )


def _shares(goods: Sequence[Mapping[str, Any]], total_fen: int) -> list[int]:
    """
    What was paid for each item. No source says whether `real_price` is of one unit or of all: the order's own total decides,
    and where neither fits it is shared out.
    """
    paid = [whole(one.get("real_price")) for one in goods]
    of_units = [each * whole(one.get("sku_cnt")) for each, one in zip(paid, goods, strict=True)]
    return paid_shares(total_fen, (paid, of_units), [whole(one.get("sale_price")) * whole(one.get("sku_cnt")) for one in goods])


def _line(raw: Mapping[str, Any], paid_fen: int, status: str, parcels: Sequence[Mapping[str, Any]]) -> PlatformLine:
    sku, quantity = text(raw["sku_id"]), whole(raw["sku_cnt"])
    if quantity <= 0 or not sku:
        raise ValueError("sku_cnt" if sku else "sku_id")
    sent = sum(whole(one.get("product_cnt")) for parcel in parcels for one in items(parcel.get("product_infos")) if text(one.get("sku_id")) == sku)
    state, shipped = state_of(status), min(quantity, sent)
    if state in LEFT:
        shipped = quantity
    elif state is OrderState.PARTIALLY_SHIPPED:
        state = OrderState.PAID if not shipped else OrderState.SHIPPED if shipped == quantity else OrderState.PARTIALLY_SHIPPED
    aftersale = f"{whole(raw.get('on_aftersale_sku_cnt'))}/{whole(raw.get('finish_aftersale_sku_cnt'))}"
    return PlatformLine(
        line_no=sku,
        title=text(raw.get("title")),
        specification=" / ".join(filter(None, (text(one.get("attr_value")) for one in items(raw.get("sku_attrs"))))),
        code=text(raw.get("sku_code")) or text(raw.get("out_sku_id")),
        product_id=text(raw.get("product_id")),
        sku_id=sku,
        quantity=quantity,
        price_fen=whole(raw.get("sale_price")),
        amount_fen=paid_fen,
        raw_status=status,
        state=state,
        shipped=shipped,
        raw_aftersale="" if aftersale == "0/0" else aftersale,
        holds=holds_of("", aftersale),
        is_gift=raw.get("is_free_gift") in {True, "1"},
    )


def _receiver(raw: Mapping[str, Any]) -> PlatformReceiver:
    """Masked, or a virtual number; what stands behind it is decoded for each order by hand, never here."""
    name, phone = text(raw.get("user_name")), text(raw.get("virtual_order_tel_number")) or text(raw.get("tel_number"))
    address = text(raw.get("detail_info"))
    is_masked = "*" in f"{name}{phone}{address}"
    return PlatformReceiver(
        name=name, phone=phone, address=address, shown_name=name if is_masked else "", shown_phone=phone if is_masked else "",
        shown_address=address if is_masked else "", province=text(raw.get("province_name")), city=text(raw.get("city_name")),
        area=text(raw.get("county_name")),
    )  # fmt: skip


def case_of(raw: Mapping[str, Any], now: datetime) -> PlatformCase:
    """This function will read one after-sales case as it is now.   Raises: KeyError, ValueError, TypeError (it is not one)."""
    status, goods = text(raw["status"]), inner(raw, "product_info")
    requested_at, left = moment_of_seconds(raw["create_time"]), whole(raw.get("deadline"))
    number, order_no = text(raw["after_sale_order_id"]), text(raw["order_id"])
    if requested_at is None or not number or not order_no:
        raise ValueError("create_time" if requested_at is None else "after_sale_order_id")
    return PlatformCase(
        case_no=number,
        order_no=order_no,
        line_no=text(goods.get("sku_id")),
        kind=CASE_KINDS.get(text(raw.get("type")), CaseKind.UNKNOWN),
        raw_status=status,
        state=CASE_STATES.get(status, CaseState.UNKNOWN),
        refund_fen=whole(inner(raw, "refund_info").get("amount")),
        quantity=whole(goods.get("count")),
        requested_at=requested_at,
        updated_at=moment_of_seconds(raw.get("update_time")) or requested_at,
        decide_by=now + timedelta(seconds=left) if left > 0 else None,
        is_arbitrated=bool(text(raw.get("complaint_id"))),
        return_tracking_no=text(inner(raw, "return_info").get("waybill_id")),
        is_refunded=status in REFUNDED,
    )
