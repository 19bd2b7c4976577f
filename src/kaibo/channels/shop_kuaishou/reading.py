"""快手's JSON in our words. Amounts are fen, times unix milliseconds; an order holds one item. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from kaibo.channels.raw import inner, items, moment_of_millis, text, units, whole
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
    "10": OrderState.PENDING_PAYMENT, "30": OrderState.PAID, "40": OrderState.SHIPPED, "50": OrderState.DELIVERED, "70": OrderState.COMPLETED,
    "80": OrderState.CANCELLED,
}  # fmt: skip
MUST_STAY = {"1": OrderHold.GROUP_PENDING, "2": OrderHold.RISK_REVIEW}
"""Why an order must not leave; any other reason forbids it too."""
CASE_OVER, CASE_REFUNDED = frozenset({"", "0", "70"}), "60"
LEFT = frozenset({OrderState.SHIPPED, OrderState.DELIVERED, OrderState.COMPLETED})

CASE_STATES = {
    "10": CaseState.REQUESTED, "11": CaseState.REQUESTED, "20": CaseState.ARBITRATION, "21": CaseState.ARBITRATION, "22": CaseState.ARBITRATION,
    "30": CaseState.APPROVED_RETURN, "40": CaseState.BUYER_SHIPPED, "45": CaseState.EXCHANGE_SHIPPING, "50": CaseState.REFUNDING,
    "60": CaseState.REFUNDED, "70": CaseState.CLOSED,
}  # fmt: skip
CASE_KINDS = {"1": CaseKind.RETURN_REFUND, "10": CaseKind.REFUND_SHIPPED, "3": CaseKind.EXCHANGE}
"""Money back alone does not say whether the goods had left; the order does."""
TotalFee = Literal["paid", "before_discount"]


def state_of(raw_status: str) -> OrderState:
    return STATES.get(raw_status, OrderState.UNKNOWN)


def holds_of(raw_status: str, raw_aftersale: str) -> frozenset[OrderHold]:
    """This function will give why a line must not leave; a refund status we do not know holds it too."""
    if raw_aftersale == CASE_REFUNDED:
        return frozenset({OrderHold.PLATFORM_FORBID})
    return frozenset() if raw_aftersale in CASE_OVER else frozenset({OrderHold.AFTERSALE_OPEN})


def order_of(raw: Mapping[str, Any], total_fee: TotalFee = "paid") -> PlatformOrder:
    """This function will read one order.   Raises: KeyError, ValueError, TypeError (it is not one)."""
    base, item = inner(raw, "orderBaseInfo"), inner(raw, "orderItemInfo")
    number, status, ordered_at = text(base["oid"]), text(base["status"]), moment_of_millis(base["createTime"])
    if not number or number == "0" or not status or ordered_at is None:
        raise ValueError("oid" if ordered_at else "createTime")
    paid_at, freight = moment_of_millis(base.get("payTime")), whole(base.get("expressFee"))
    amount = whole(base["totalFee"]) - (whole(base.get("discountFee")) if total_fee == "before_discount" else 0)
    state = state_of(status)
    if state is OrderState.CANCELLED and paid_at:
        state = OrderState.CLOSED
    return PlatformOrder(
        order_no=number,
        raw_status=status,
        state=state,
        lines=(_line(item, amount - freight, status, state, _aftersale(raw)),),
        amount_fen=amount,
        freight_fen=freight,
        ordered_at=ordered_at,
        updated_at=moment_of_millis(base.get("updateTime")) or ordered_at,
        holds=_holds(base),
        paid_at=paid_at,
        promised_at=moment_of_millis(base.get("validPromiseShipmentTimeStamp")) or moment_of_millis(base.get("promiseTimeStampOfDelivery")),
        shipped_at=moment_of_millis(base.get("sendTime")),
        finished_at=moment_of_millis(base.get("recvTime")),
        receiver=_receiver(inner(raw, "orderAddress")),
        parcels=_parcels(raw),
    )


def _line(raw: Mapping[str, Any], paid_fen: int, status: str, state: OrderState, aftersale: str) -> PlatformLine:
    quantity = units(raw, "num")
    return PlatformLine(
        line_no="",
        title=text(raw.get("itemTitle")),
        specification=text(raw.get("skuDesc")),
        code=text(raw.get("skuNick")) or text(raw.get("goodsCode")),
        product_id=text(raw.get("itemId")),
        sku_id=text(raw.get("skuId")),
        quantity=quantity,
        price_fen=whole(raw.get("price")),
        amount_fen=paid_fen,
        raw_status=status,
        state=state,
        shipped=quantity if state in LEFT else 0,
        raw_aftersale=aftersale,
        holds=holds_of(status, aftersale),
    )


def _holds(base: Mapping[str, Any]) -> frozenset[OrderHold]:
    reasons = base.get("disableDeliveryReasonCode")
    holds = {MUST_STAY.get(text(one), OrderHold.PLATFORM_FORBID) for one in (reasons if isinstance(reasons, list) else [])}
    if whole(base.get("riskCode")):
        holds.add(OrderHold.RISK_REVIEW)
    return frozenset(holds)


def _aftersale(raw: Mapping[str, Any]) -> str:
    """The refund that keeps the order from leaving, of several; else the last one."""
    told = [text(one.get("refundStatus")) for one in items(raw.get("orderRefundList"))]
    return next((one for one in told if one not in CASE_OVER), told[-1] if told else "")


def _parcels(raw: Mapping[str, Any]) -> tuple[PlatformParcel, ...]:
    told = {text(one.get("expressNo")): text(one.get("expressCode")) for one in items(raw.get("orderLogisticsInfo"))}
    return tuple(PlatformParcel(number, carrier) for number, carrier in told.items() if number)


def _receiver(raw: Mapping[str, Any]) -> PlatformReceiver:
    name, phone, address = text(raw.get("encryptedConsignee")), text(raw.get("encryptedMobile")), text(raw.get("encryptedAddress"))
    return PlatformReceiver(
        name=name, phone=phone, address=address, shown_name=text(raw.get("desensitiseConsignee")), shown_phone=text(raw.get("desensitiseMobile")),
        shown_address=text(raw.get("desensitiseAddress")), province=text(raw.get("province")), city=text(raw.get("city")),
        area=text(raw.get("district")), street=text(raw.get("town")), is_sealed=bool(name or phone or address),
    )  # fmt: skip


def case_of(raw: Mapping[str, Any]) -> PlatformCase:
    """This function will read one after-sales case.   Raises: KeyError, ValueError, TypeError (it is not one)."""
    number, order_no, status = text(raw["refundId"]), text(raw["oid"]), text(raw["status"])
    requested_at = moment_of_millis(raw.get("submitTime")) or moment_of_millis(raw["createTime"])
    if not number or not order_no or requested_at is None:
        raise ValueError("refundId" if requested_at else "createTime")
    state = CASE_STATES.get(status, CaseState.UNKNOWN)
    return PlatformCase(
        case_no=number,
        order_no=order_no,
        line_no="",
        kind=CASE_KINDS.get(text(raw.get("handlingWay")), CaseKind.UNKNOWN),
        raw_status=status,
        state=state,
        refund_fen=whole(raw.get("refundFee")),
        quantity=0,
        requested_at=requested_at,
        updated_at=moment_of_millis(raw.get("updateTime")) or requested_at,
        is_arbitrated=state is CaseState.ARBITRATION,
        is_refunded=status == CASE_REFUNDED,
        reason=text(raw.get("refundReasonDesc")),
    )
