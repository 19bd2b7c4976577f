"""TOP's JSON in our words. Amounts are yuan as text, times Shanghai's clock. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

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

STATES = {
    "TRADE_NO_CREATE_PAY": OrderState.PENDING_PAYMENT, "WAIT_BUYER_PAY": OrderState.PENDING_PAYMENT, "PAY_PENDING": OrderState.PENDING_PAYMENT,
    "WAIT_PRE_AUTH_CONFIRM": OrderState.PENDING_PAYMENT, "PAID_FORBID_CONSIGN": OrderState.PAID, "WAIT_SELLER_SEND_GOODS": OrderState.PAID,
    "SELLER_CONSIGNED_PART": OrderState.PARTIALLY_SHIPPED, "WAIT_BUYER_CONFIRM_GOODS": OrderState.SHIPPED,
    "TRADE_BUYER_SIGNED": OrderState.DELIVERED, "TRADE_FINISHED": OrderState.COMPLETED, "TRADE_CLOSED": OrderState.CLOSED,
    "TRADE_CLOSED_BY_TAOBAO": OrderState.CANCELLED,
}  # fmt: skip
FORBIDDEN = "PAID_FORBID_CONSIGN"
REFUND_OVER = frozenset({"", "NO_REFUND", "CLOSED", "SELLER_REFUSE_BUYER"})
REFUND_DONE = "SUCCESS"
BALANCE_DUE = "FRONT_PAID_FINAL_NOPAID"
CASE_STATES = {
    "WAIT_SELLER_AGREE": CaseState.REQUESTED, "WAIT_BUYER_RETURN_GOODS": CaseState.APPROVED_RETURN,
    "WAIT_SELLER_CONFIRM_GOODS": CaseState.BUYER_SHIPPED, "SELLER_REFUSE_BUYER": CaseState.REJECTED, "CLOSED": CaseState.CLOSED,
    "SUCCESS": CaseState.REFUNDED,
}  # fmt: skip
CASE_KINDS = {
    "REFUND_AND_RETURN": CaseKind.RETURN_REFUND, "TMALL_EXCHANGE": CaseKind.EXCHANGE, "TAOBAO_EXCHANGE": CaseKind.EXCHANGE,
    "REPAIR": CaseKind.REPAIR, "RESHIPPING": CaseKind.RESHIP,
}  # fmt: skip
MONEY_ONLY = "REFUND"
"""Before or after the goods left: the order's status beside it tells."""
NOT_SENT = frozenset({"WAIT_SELLER_SEND_GOODS", "PAID_FORBID_CONSIGN"})
LEFT = frozenset({OrderState.SHIPPED, OrderState.DELIVERED, OrderState.COMPLETED})


def state_of(raw_status: str) -> OrderState:
    return STATES.get(raw_status, OrderState.UNKNOWN)


def holds_of(raw_status: str, raw_aftersale: str) -> frozenset[OrderHold]:
    holds = {OrderHold.PLATFORM_FORBID} if raw_status == FORBIDDEN or raw_aftersale == REFUND_DONE else set()
    if raw_aftersale not in REFUND_OVER and raw_aftersale != REFUND_DONE:
        holds.add(OrderHold.AFTERSALE_OPEN)
    return frozenset(holds)


def order_of(raw: Mapping[str, Any]) -> PlatformOrder:
    """This function will read one trade.   Raises: KeyError, ValueError, TypeError (it is not one)."""
    status = text(raw["status"])
    ordered_at = _moment(raw["created"])
    lines = tuple(_line(one, status) for one in items(inner(raw, "orders").get("order")))
    if ordered_at is None or not lines:
        raise ValueError("created" if ordered_at is None else "orders")
    waits_for_balance = text(raw.get("step_trade_status")) == BALANCE_DUE
    state = OrderState.PENDING_PAYMENT if waits_for_balance and state_of(status) is OrderState.PAID else state_of(status)
    holds = holds_of(status, "") | ({OrderHold.PRESALE_BALANCE} if waits_for_balance else set())
    return PlatformOrder(
        order_no=_number(raw.get("tid_str") or raw["tid"]),
        raw_status=status,
        state=state,
        lines=lines,
        amount_fen=fen_of_yuan(raw["payment"]),
        freight_fen=fen_of_yuan(raw.get("post_fee")),
        ordered_at=ordered_at,
        updated_at=_moment(raw.get("modified")) or ordered_at,
        holds=frozenset(holds),
        paid_at=_moment(raw.get("pay_time")),
        promised_at=_moment(raw.get("est_con_time")),
        shipped_at=_moment(raw.get("consign_time")),
        finished_at=_moment(raw.get("end_time")) if state == OrderState.COMPLETED else None,
        receiver=_receiver(raw),
        parcels=tuple(
            PlatformParcel(number, carrier)
            for number, carrier in dict.fromkeys((text(one.get("invoice_no")), text(one.get("logistics_company"))) for one in items(inner(raw, "orders").get("order")))
            if number
        ),
    )


def _line(raw: Mapping[str, Any], trade_status: str) -> PlatformLine:
    quantity = units(raw, "num")
    status = text(raw.get("status")) or trade_status
    state, aftersale = state_of(status), text(raw.get("refund_status"))
    if state is OrderState.PARTIALLY_SHIPPED:
        state = OrderState.SHIPPED if text(raw.get("invoice_no")) else OrderState.PAID
    return PlatformLine(
        line_no=_number(raw.get("oid_str") or raw["oid"]),
        title=text(raw.get("title")),
        specification=text(raw.get("sku_properties_name")),
        code=text(raw.get("outer_sku_id")) or text(raw.get("outer_iid")),
        product_id=text(raw.get("num_iid")),
        sku_id=text(raw.get("sku_id")),
        quantity=quantity,
        price_fen=fen_of_yuan(raw.get("price")),
        amount_fen=fen_of_yuan(raw.get("divide_order_fee") or raw.get("payment")),
        raw_status=status,
        state=state,
        shipped=quantity if state in LEFT else 0,
        raw_aftersale=aftersale,
        holds=holds_of("", aftersale),
    )


def _receiver(raw: Mapping[str, Any]) -> PlatformReceiver:
    """Some trades have no city, and name it as the district."""
    city, area = text(raw.get("receiver_city")), text(raw.get("receiver_district"))
    name, phone = text(raw.get("receiver_name")), text(raw.get("receiver_mobile")) or text(raw.get("receiver_phone"))
    return PlatformReceiver(
        name=name, phone=phone, address=text(raw.get("receiver_address")), shown_name=name if "*" in name else "",
        shown_phone=phone if "*" in phone else "", province=text(raw.get("receiver_state")), city=city or area, area=area,
        street=text(raw.get("receiver_town")),
    )  # fmt: skip


def _moment(value: Any) -> datetime | None:
    written = text(value)
    return shanghai_moment(written) if written else None


def _number(value: Any) -> str:
    number = text(value)
    if not number:
        raise ValueError("number")
    return number


def case_of(raw: Mapping[str, Any]) -> PlatformCase:
    """This function will read one refund; its list gives no deadline.   Raises: KeyError, ValueError, TypeError (it is not one)."""
    status, requested_at = text(raw["status"]), _moment(raw["created"])
    if requested_at is None:
        raise ValueError("created")
    kind, state = _kind_of(raw), CASE_STATES.get(status, CaseState.UNKNOWN)
    if state is CaseState.REFUNDED and kind is CaseKind.EXCHANGE:
        state = CaseState.EXCHANGED
    return PlatformCase(
        case_no=_number(raw["refund_id"]),
        order_no=_number(raw["tid"]),
        line_no=text(raw.get("oid")),
        kind=kind,
        raw_status=status,
        state=state,
        refund_fen=fen_of_yuan(raw.get("refund_fee")),
        quantity=whole(raw.get("num")),
        requested_at=requested_at,
        updated_at=_moment(raw.get("modified")) or requested_at,
        return_tracking_no=text(raw.get("sid")),
        is_refunded=state is CaseState.REFUNDED,
        reason=text(raw.get("reason")),
    )


def _kind_of(raw: Mapping[str, Any]) -> CaseKind:
    """`dispute_type` where it is told; older answers only say whether goods come back."""
    told = text(raw.get("dispute_type"))
    if told in CASE_KINDS:
        return CASE_KINDS[told]
    if told not in {"", MONEY_ONLY}:
        return CaseKind.UNKNOWN
    if not told and text(raw.get("has_good_return")).lower() == "true":
        return CaseKind.RETURN_REFUND
    return CaseKind.REFUND_UNSHIPPED if text(raw.get("order_status")) in NOT_SENT else CaseKind.REFUND_SHIPPED
