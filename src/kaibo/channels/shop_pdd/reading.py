"""拼多多's JSON in our words. Amounts are yuan, times Shanghai's clock; an order has no line numbers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kaibo.channels.raw import fen_of_yuan, items, text, units, whole
from kaibo.channels.yuan import shanghai_moment
from kaibo.kit.money import allocate
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

STATUS_FIELDS = ("order_status", "refund_status", "confirm_status", "group_status", "risk_control_status")
"""An order's status is five numbers; all of them, in this order and joined by /, are the verbatim one: 1/1/1/1/0."""
SHIP_STATES = {"1": OrderState.PAID, "2": OrderState.SHIPPED, "3": OrderState.DELIVERED}
NOT_CONFIRMED = "0"
REFUNDED, CONFIRM_CANCELLED, GROUP_DONE, IN_REVIEW = "4", "2", "1", "1"
CASE_OVER = frozenset({"", "0", "9", "11", "12", "13", "16", "17", "24", "25"})
"""Nothing under way. 6 (refused) still waits for the buyer, and 10 has been refunded."""
CASE_REFUNDED = "10"
NO_REFUND = frozenset({"", "1"})
CASE_STATES = {
    "2": CaseState.REQUESTED, "3": CaseState.REQUESTED, "4": CaseState.REFUNDING, "5": CaseState.REFUNDING, "6": CaseState.REJECTED,
    "7": CaseState.APPROVED_RETURN, "8": CaseState.ARBITRATION, "9": CaseState.CLOSED, "10": CaseState.REFUNDED, "11": CaseState.BUYER_CANCELLED,
    "12": CaseState.CLOSED, "13": CaseState.CLOSED, "14": CaseState.REQUESTED, "16": CaseState.EXCHANGED, "17": CaseState.CLOSED,
    "21": CaseState.REQUESTED, "22": CaseState.REPAIR, "24": CaseState.CLOSED, "25": CaseState.REPAIR, "27": CaseState.EXCHANGE_SHIPPING,
    "31": CaseState.APPROVED_REFUND, "32": CaseState.EXCHANGE_SHIPPING,
}  # fmt: skip
"""15, 18 and 33 are known by name only and stay unknown here: nobody proves what the merchant owes then."""
CASE_KINDS = {"2": CaseKind.REFUND_SHIPPED, "3": CaseKind.RETURN_REFUND, "4": CaseKind.EXCHANGE, "5": CaseKind.RESHIP, "6": CaseKind.REPAIR}
"""Money back alone does not say whether the goods had left; the order does."""


def state_of(raw_status: str) -> OrderState:
    ship, refund, confirm, *_ = [*raw_status.split("/"), "", "", ""]
    state = SHIP_STATES.get(ship, OrderState.UNKNOWN)
    if refund == REFUNDED:
        return OrderState.CANCELLED if state is OrderState.PAID else OrderState.CLOSED
    return OrderState.CANCELLED if confirm == CONFIRM_CANCELLED else state


def holds_of(raw_status: str, raw_aftersale: str) -> frozenset[OrderHold]:
    _, refund, confirm, group, risk, *_ = [*raw_status.split("/"), "", "", "", "", ""]
    holds = set()
    if risk == IN_REVIEW:
        holds.add(OrderHold.RISK_REVIEW)
    if (group and group != GROUP_DONE) or confirm == NOT_CONFIRMED:
        holds.add(OrderHold.GROUP_PENDING)
    if refund not in NO_REFUND | {REFUNDED} or (raw_aftersale not in CASE_OVER and raw_aftersale != CASE_REFUNDED):
        holds.add(OrderHold.AFTERSALE_OPEN)
    if refund == REFUNDED or confirm == CONFIRM_CANCELLED or raw_aftersale == CASE_REFUNDED:
        holds.add(OrderHold.PLATFORM_FORBID)
    return frozenset(holds)


def order_of(raw: Mapping[str, Any]) -> PlatformOrder:
    """This function will read one order.   Raises: KeyError, ValueError, TypeError (it is not one)."""
    status = "/".join(text(raw.get(name)) for name in STATUS_FIELDS)
    if not text(raw["order_status"]):
        raise ValueError("order_status")
    aftersale = text(raw.get("after_sales_status"))
    ordered_at = _moment(raw.get("created_time")) or _moment(raw["confirm_time"])
    goods = items(raw["item_list"])
    if ordered_at is None or not goods:
        raise ValueError("created_time" if ordered_at is None else "item_list")
    paid, freight = fen_of_yuan(raw["pay_amount"]), fen_of_yuan(raw.get("postage"))
    shares = allocate(max(0, paid - freight), [fen_of_yuan(one.get("goods_price")) * whole(one["goods_count"]) for one in goods])
    state, number = state_of(status), text(raw["order_sn"])
    if not number:
        raise ValueError("order_sn")
    return PlatformOrder(
        order_no=number,
        raw_status=status,
        state=state,
        lines=tuple(_line(one, share, status, state, aftersale) for one, share in zip(goods, shares, strict=True)),
        amount_fen=paid,
        freight_fen=freight,
        ordered_at=ordered_at,
        updated_at=_moment(raw.get("updated_at")) or ordered_at,
        holds=holds_of(status, aftersale),
        paid_at=_moment(raw.get("confirm_time")),
        promised_at=_moment(raw.get("last_ship_time")),
        shipped_at=_moment(raw.get("shipping_time")),
        finished_at=_moment(raw.get("receive_time")),
        receiver=_receiver(raw),
        parcels=_parcels(raw),
    )


def _parcels(raw: Mapping[str, Any]) -> tuple[PlatformParcel, ...]:
    """The one waybill of an order, and those that were added to it."""
    shipped_at = _moment(raw.get("shipping_time"))
    told = [raw, *items(raw.get("extra_delivery_list"))]
    numbers = dict.fromkeys((text(one.get("tracking_number")), text(one.get("logistics_id"))) for one in told)
    return tuple(PlatformParcel(number, carrier, shipped_at) for number, carrier in numbers if number)


def _line(raw: Mapping[str, Any], paid_fen: int, status: str, state: OrderState, aftersale: str) -> PlatformLine:
    quantity = units(raw, "goods_count")
    return PlatformLine(
        line_no="",
        title=text(raw.get("goods_name")),
        specification=text(raw.get("goods_spec")),
        code=text(raw.get("outer_id")) or text(raw.get("outer_goods_id")),
        product_id=text(raw.get("goods_id")),
        sku_id=text(raw.get("sku_id")),
        quantity=quantity,
        price_fen=fen_of_yuan(raw.get("goods_price")),
        amount_fen=paid_fen,
        raw_status=status,
        state=state,
        shipped=quantity if state in {OrderState.SHIPPED, OrderState.DELIVERED, OrderState.CLOSED} else 0,
        raw_aftersale=aftersale,
        holds=holds_of("", aftersale),
    )


def case_of(raw: Mapping[str, Any]) -> PlatformCase:
    """This function will read one after-sales case; the list gives no deadline.   Raises: KeyError, ValueError, TypeError (it is not one)."""
    status, requested_at = text(raw["after_sales_status"]), _moment(raw["created_time"])
    number, order_no = text(raw["id"]), text(raw["order_sn"])
    if requested_at is None or not number or not order_no:
        raise ValueError("created_time" if requested_at is None else "id")
    state = CASE_STATES.get(status, CaseState.UNKNOWN)
    return PlatformCase(
        case_no=number,
        order_no=order_no,
        line_no="",
        kind=CASE_KINDS.get(text(raw.get("after_sales_type")), CaseKind.UNKNOWN),
        raw_status=status,
        state=state,
        refund_fen=fen_of_yuan(raw.get("refund_amount")),
        quantity=whole(raw.get("goods_number")),
        requested_at=requested_at,
        updated_at=_moment(raw.get("updated_time")) or requested_at,
        is_arbitrated=state is CaseState.ARBITRATION,
        return_tracking_no=text(raw.get("tracking_number")),
        is_refunded=status == CASE_REFUNDED,
        reason=text(raw.get("after_sale_reason")),
    )


def _receiver(raw: Mapping[str, Any]) -> PlatformReceiver:
    """Ciphertext only while the order waits to be sent and is not under review; else empty, the mask stays."""
    return PlatformReceiver(
        name=text(raw.get("receiver_name")), phone=text(raw.get("receiver_phone")), address=text(raw.get("receiver_address")),
        shown_name=text(raw.get("receiver_name_mask")), shown_phone=text(raw.get("receiver_phone_mask")),
        shown_address=text(raw.get("receiver_address_mask")), province=text(raw.get("province")), city=text(raw.get("city")),
        area=text(raw.get("town")),
    )  # fmt: skip


def _moment(value: Any) -> datetime | None:
    written = text(value)
    return shanghai_moment(written) if written else None
