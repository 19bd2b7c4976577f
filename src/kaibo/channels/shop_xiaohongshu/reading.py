"""小红书's JSON in our words. Orders are in fen, after-sales in yuan; times are unix milliseconds. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kaibo.channels.paid_shares import paid_shares
from kaibo.channels.raw import fen_of_yuan, items, moment_of_millis, text, whole
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
    "1": OrderState.PENDING_PAYMENT, "2": OrderState.PENDING_PAYMENT, "3": OrderState.PAID, "4": OrderState.PAID, "5": OrderState.PARTIALLY_SHIPPED,
    "6": OrderState.SHIPPED, "7": OrderState.COMPLETED, "8": OrderState.CLOSED, "9": OrderState.CANCELLED,
}  # fmt: skip
"""3 is at the customs. 10, an exchange asked for, says nothing of where the order is and stays unknown."""
AT_CUSTOMS = "3"
LEFT = frozenset({OrderState.SHIPPED, OrderState.COMPLETED})
CASE_OPEN = frozenset({"2", "6"})
CASE_DONE = "3"
CASE_OVER = frozenset({"", "0", "1", "4", "5", "7"})
CANCELLING = "1"
GIFT = "1"
CASE_KINDS = {
    "1": CaseKind.RETURN_REFUND, "2": CaseKind.EXCHANGE, "3": CaseKind.REFUND_SHIPPED, "4": CaseKind.REFUND_SHIPPED, "5": CaseKind.REFUND_UNSHIPPED,
}  # fmt: skip
CASE_STATES = {
    "1": CaseState.REQUESTED, "2": CaseState.APPROVED_RETURN, "3": CaseState.BUYER_SHIPPED, "4": CaseState.REFUNDED, "5": CaseState.BUYER_CANCELLED,
    "6": CaseState.CLOSED, "9": CaseState.REJECTED, "9001": CaseState.REJECTED, "11": CaseState.APPROVED_REFUND, "12": CaseState.EXCHANGE_SHIPPING,
    "13": CaseState.EXCHANGE_SHIPPING, "14": CaseState.ARBITRATION,
}  # fmt: skip


def state_of(raw_status: str) -> OrderState:
    return STATES.get(raw_status, OrderState.UNKNOWN)


def holds_of(raw_status: str, raw_aftersale: str) -> frozenset[OrderHold]:
    """`raw_aftersale` is after-sales / cancelling, both the platform's own numbers: 1/0. A number we do not know holds too."""
    aftersale, _, cancelling = raw_aftersale.partition("/")
    holds = {OrderHold.PLATFORM_FORBID} if raw_status == AT_CUSTOMS or aftersale == CASE_DONE else set()
    if cancelling == CANCELLING or aftersale not in CASE_OVER | {CASE_DONE}:
        holds.add(OrderHold.AFTERSALE_OPEN)
    return frozenset(holds)


def order_of(raw: Mapping[str, Any], receiver: Mapping[str, Any] | None = None) -> PlatformOrder:
    """This function will read one order and its receiver, which is asked for by itself.   Raises: KeyError, ValueError, TypeError."""
    status, goods = text(raw["orderStatus"]), items(raw["skuList"])
    aftersale = f"{text(raw.get('orderAfterSalesStatus'))}/{text(raw.get('cancelStatus'))}"
    ordered_at, number = moment_of_millis(raw["createdTime"]), text(raw["orderId"])
    if ordered_at is None or not goods or not number:
        raise ValueError("createdTime" if ordered_at is None else "skuList" if number else "orderId")
    amount, freight = whole(raw["totalPayAmount"]), whole(raw.get("totalShippingFree"))
    paid = [whole(one.get("totalPaidAmount")) for one in goods]
    shares = paid_shares(amount - freight, (paid,), paid if sum(paid) else [whole(one.get("skuQuantity")) for one in goods])
    parcels = _parcels(raw)
    state = state_of(status)
    return PlatformOrder(
        order_no=number,
        raw_status=status,
        state=state,
        lines=tuple(_line(one, share, status, state, aftersale, parcels) for one, share in zip(goods, shares, strict=True)),
        amount_fen=amount,
        freight_fen=freight,
        ordered_at=ordered_at,
        updated_at=moment_of_millis(raw.get("updateTime")) or ordered_at,
        holds=holds_of(status, aftersale),
        paid_at=moment_of_millis(raw.get("paidTime")),
        promised_at=moment_of_millis(raw.get("promiseLastDeliveryTime")),
        shipped_at=moment_of_millis(raw.get("deliveryTime")),
        finished_at=moment_of_millis(raw.get("finishTime")),
        receiver=_receiver(raw, receiver or {}),
        parcels=tuple(PlatformParcel(tracking, carrier) for tracking, carrier in {(tracking, carrier): None for tracking, carrier, _ in parcels}),
    )


def _parcels(raw: Mapping[str, Any]) -> list[tuple[str, str, frozenset[str] | None]]:
    """(number, courier, items inside; None: all) of the parcels that have left."""
    parts = [
        (text(one.get("expressTrackingNo")), text(one.get("expressCompanyCode")), frozenset(map(text, one.get("skuIdList") or ())))
        for one in items(raw.get("simpleDeliveryOrderList"))
    ]
    sent: list[tuple[str, str, frozenset[str] | None]] = [one for one in parts if one[0]]
    tracking = text(raw.get("expressTrackingNo"))
    return sent or ([(tracking, text(raw.get("expressCompanyCode")), None)] if tracking else [])


def _line(
    raw: Mapping[str, Any], paid_fen: int, status: str, state: OrderState, aftersale: str, parcels: Sequence[tuple[str, str, frozenset[str] | None]]
) -> PlatformLine:
    sku, quantity = text(raw["skuId"]), whole(raw["skuQuantity"])
    if quantity <= 0 or not sku:
        raise ValueError("skuQuantity" if sku else "skuId")
    has_left = state in LEFT or any(inside is None or sku in inside for _, _, inside in parcels)
    if state is OrderState.PARTIALLY_SHIPPED:
        state = OrderState.SHIPPED if has_left else OrderState.PAID
    return PlatformLine(
        line_no=sku,
        title=text(raw.get("skuName")),
        specification=text(raw.get("skuSpec")),
        code=text(raw.get("erpcode")),
        product_id="",
        sku_id=sku,
        quantity=quantity,
        price_fen=_price(raw, quantity),
        amount_fen=paid_fen,
        raw_status=status,
        state=state,
        shipped=quantity if has_left else 0,
        raw_aftersale=aftersale,
        is_gift=text(raw.get("skuTag")) == GIFT,
        author_id=text(raw.get("kolId")),
    )


def _price(raw: Mapping[str, Any], quantity: int) -> int:
    """Of one unit: where its one part says so, else what was paid and given off, by the unit."""
    parts = items(raw.get("skuDetailList"))
    if len(parts) == 1 and whole(parts[0].get("pricePerSku")):
        return whole(parts[0]["pricePerSku"])
    return (whole(raw.get("totalPaidAmount")) + whole(raw.get("totalMerchantDiscount")) + whole(raw.get("totalRedDiscount"))) // quantity


def _receiver(raw: Mapping[str, Any], told: Mapping[str, Any]) -> PlatformReceiver:
    """Ciphertext, from the call for receivers; the order itself tells province, city and district."""
    return PlatformReceiver(
        name=text(told.get("receiverName")), phone=text(told.get("receiverPhone")), address=text(told.get("receiverAddress")),
        province=text(raw.get("receiverProvinceName")) or text(told.get("receiverProvinceName")),
        city=text(raw.get("receiverCityName")) or text(told.get("receiverCityName")),
        area=text(raw.get("receiverDistrictName")) or text(told.get("receiverDistrictName")), street=text(told.get("receiverTownName")),
    )  # fmt: skip


def case_of(raw: Mapping[str, Any]) -> PlatformCase:
    """This function will read one after-sales case; its list names no item.   Raises: KeyError, ValueError, TypeError (it is not one)."""
    status, kind = text(raw["status"]), CASE_KINDS.get(text(raw.get("returnType")), CaseKind.UNKNOWN)
    requested_at, number, order_no = moment_of_millis(raw["applyTime"]), text(raw["returnsId"]), text(raw["orderId"])
    if requested_at is None or not number or not order_no:
        raise ValueError("applyTime" if requested_at is None else "returnsId")
    state = CASE_STATES.get(status, CaseState.UNKNOWN)
    if state is CaseState.REFUNDED and kind is CaseKind.EXCHANGE:
        state = CaseState.EXCHANGED
    return PlatformCase(
        case_no=number,
        order_no=order_no,
        line_no="",
        kind=kind,
        raw_status=status,
        state=state,
        refund_fen=fen_of_yuan(raw.get("expectedRefundAmountYuan")),
        quantity=0,
        requested_at=requested_at,
        updated_at=moment_of_millis(raw.get("updatedAt")) or requested_at,
        decide_by=moment_of_millis(raw.get("expireTime")),
        is_arbitrated=state is CaseState.ARBITRATION,
        is_refunded=state is CaseState.REFUNDED,
        reason=text(raw.get("reasonNameZh")),
    )
