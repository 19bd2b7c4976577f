"""京东's JSON in our words. Amounts are yuan as text, times Shanghai's clock; an order has no line numbers. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from kaibo.channels.paid_shares import paid_shares
from kaibo.channels.raw import fen_of_yuan, inner, items, text, units, whole
from kaibo.channels.yuan import shanghai_moment
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

SPLIT = "PARENT_TRADE_CANCELED"
STATES = {
    "NOT_PAY": OrderState.PENDING_PAYMENT, "WAIT_SELLER_STOCK_OUT": OrderState.PAID, "WAIT_SELLER_DELIVERY": OrderState.PAID, "LOCKED": OrderState.PAID,
    "PAUSE": OrderState.PAID, "POP_ORDER_PAUSE": OrderState.PAID, "SEND_TO_DISTRIBUTION_CENER": OrderState.SHIPPED,
    "DISTRIBUTION_CENTER_RECEIVED": OrderState.SHIPPED, "WAIT_GOODS_RECEIVE_CONFIRM": OrderState.SHIPPED, "RECEIPTS_CONFIRM": OrderState.DELIVERED,
    "FINISHED_L": OrderState.COMPLETED, "TRADE_CANCELED": OrderState.CANCELLED, SPLIT: OrderState.CANCELLED,
}  # fmt: skip
"""The platform spells CENER so. A parent that was split is cancelled: its children are the orders."""
HELD = frozenset({"LOCKED", "PAUSE", "POP_ORDER_PAUSE"})
"""Mostly a refund being stopped: it must not leave, and is not cancelled either.   Source: facts/platforms §1.4."""
LEFT = frozenset({OrderState.SHIPPED, OrderState.DELIVERED, OrderState.COMPLETED})

CASE_STATES = {
    "0": CaseState.REQUESTED, "1": CaseState.APPROVED_REFUND, "2": CaseState.REJECTED, "3": CaseState.REFUNDING, "4": CaseState.REJECTED,
    "5": CaseState.APPROVED_REFUND, "6": CaseState.APPROVED_REFUND, "7": CaseState.APPROVED_REFUND, "9": CaseState.REFUNDING,
    "11": CaseState.BUYER_CANCELLED, "16": CaseState.REFUNDING, "17": CaseState.APPROVED_REFUND, "18": CaseState.CLOSED, "19": CaseState.ARBITRATION,
}  # fmt: skip
"""3 is the platform's finance department agreeing, not the money on its way back. 8 and 10 wait for a courier: unknown here."""
IN_ARBITRATION = "19"
RefundUnit = Literal["fen", "yuan"]
_NUMBERS = re.compile(r"[,，|\s]+")


def state_of(raw_status: str) -> OrderState:
    return STATES.get(raw_status, OrderState.UNKNOWN)


def holds_of(raw_status: str, raw_aftersale: str) -> frozenset[OrderHold]:
    return frozenset({OrderHold.PLATFORM_FORBID}) if raw_status in HELD else frozenset()


def order_of(raw: Mapping[str, Any]) -> PlatformOrder:
    """This function will read one order.   Raises: KeyError, ValueError, TypeError (it is not one)."""
    number, status, ordered_at, goods = text(raw["orderId"]), text(raw["orderState"]), _moment(raw["orderStartTime"]), items(raw["itemInfoList"])
    if not number or not status or ordered_at is None or not goods:
        raise ValueError("orderId" if not number else "orderState" if not status else "itemInfoList" if ordered_at else "orderStartTime")
    paid, freight, state = fen_of_yuan(raw["orderPayment"]), fen_of_yuan(raw.get("freightPrice")), state_of(status)
    prices = [fen_of_yuan(one.get("jdPrice")) * whole(one["itemTotal"]) for one in goods]
    shares = paid_shares(paid - freight, [prices], prices)
    return PlatformOrder(
        order_no=number,
        raw_status=status,
        state=state,
        lines=tuple(_line(one, share, status, state) for one, share in zip(goods, shares, strict=True)),
        amount_fen=paid,
        freight_fen=freight,
        ordered_at=ordered_at,
        updated_at=_moment(raw.get("modified")) or ordered_at,
        holds=holds_of(status, ""),
        paid_at=_moment(raw.get("paymentConfirmTime")),
        finished_at=_moment(raw.get("orderEndTime")) if state is OrderState.COMPLETED else None,
        receiver=_receiver(inner(raw, "consigneeInfo")),
        parcels=tuple(PlatformParcel(one, text(raw.get("logisticsId"))) for one in dict.fromkeys(_NUMBERS.split(text(raw.get("waybill")))) if one),
        parent_no="" if text(raw.get("parentOrderId")) in {"0", number} else text(raw.get("parentOrderId")),
        is_split=status == SPLIT,
    )


def _line(raw: Mapping[str, Any], paid_fen: int, status: str, state: OrderState) -> PlatformLine:
    quantity = units(raw, "itemTotal")
    return PlatformLine(
        line_no="",
        title=text(raw.get("skuName")),
        specification="",
        code=text(raw.get("outerSkuId")),
        product_id=text(raw.get("wareId")),
        sku_id=text(raw.get("skuId")),
        quantity=quantity,
        price_fen=fen_of_yuan(raw.get("jdPrice")),
        amount_fen=paid_fen,
        raw_status=status,
        state=state,
        shipped=quantity if state in LEFT else 0,
        holds=holds_of(status, ""),
    )


def case_of(raw: Mapping[str, Any], unit: RefundUnit = "fen") -> PlatformCase:
    """This function will read one refund asked for before shipping; no deadline is told.   Raises: KeyError, ValueError, TypeError (it is not one)."""
    number, order_no, status, requested_at = text(raw["id"]), text(raw["orderId"]), text(raw["status"]), _moment(raw["applyTime"])
    if not number or not order_no or requested_at is None:
        raise ValueError("id" if not number else "applyTime")
    return PlatformCase(
        case_no=number,
        order_no=order_no,
        line_no="",
        kind=CaseKind.REFUND_UNSHIPPED,
        raw_status=status,
        state=CASE_STATES.get(status, CaseState.UNKNOWN),
        refund_fen=whole(raw.get("applyRefundSum")) if unit == "fen" else fen_of_yuan(raw.get("applyRefundSum")),
        quantity=0,
        requested_at=requested_at,
        updated_at=_moment(raw.get("modified")) or _moment(raw.get("checkTime")) or requested_at,
        is_arbitrated=status == IN_ARBITRATION,
    )


def _receiver(raw: Mapping[str, Any]) -> PlatformReceiver:
    """Ciphertext for apps that may not see more, plain words for a few: no mark tells them apart, their letters do."""
    name, phone, address = text(raw.get("fullname")), text(raw.get("mobile")) or text(raw.get("telephone")), text(raw.get("fullAddress"))
    return PlatformReceiver(
        name=name, phone=phone, address=address, province=text(raw.get("province")), city=text(raw.get("city")), area=text(raw.get("county")),
        street=text(raw.get("town")), is_sealed=any(_looks_sealed(one) for one in (name, phone, address)),
    )  # fmt: skip


def _looks_sealed(said: str) -> bool:
    return len(said) >= 16 and said.isascii() and " " not in said


def _moment(value: Any) -> datetime | None:
    written = text(value)
    return shanghai_moment(written[:19]) if written else None
