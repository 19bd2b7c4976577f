"""TikTok Shop's JSON in our words. Amounts are decimal text with a currency, times unix seconds, every unit a line. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kaibo.channels.paid_shares import paid_shares
from kaibo.channels.raw import fen_of_yuan, inner, items, moment_of_seconds, text
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
    "UNPAID": OrderState.PENDING_PAYMENT, "ON_HOLD": OrderState.PAID, "AWAITING_SHIPMENT": OrderState.PAID,
    "PARTIALLY_SHIPPING": OrderState.PARTIALLY_SHIPPED, "AWAITING_COLLECTION": OrderState.SHIPPED, "IN_TRANSIT": OrderState.SHIPPED,
    "DELIVERED": OrderState.DELIVERED, "COMPLETED": OrderState.COMPLETED, "CANCELLED": OrderState.CANCELLED,
}  # fmt: skip
"""AWAITING_COLLECTION: a parcel is made and told, the courier has not fetched it."""
ON_HOLD = "ON_HOLD"
CANCEL_ASKED = "buyer_request_cancel"
LEFT = frozenset({OrderState.SHIPPED, OrderState.DELIVERED, OrderState.COMPLETED})
CASE_STATES = {
    "PENDING": CaseState.REQUESTED, "REJECT": CaseState.REJECTED, "SUCCESS": CaseState.REFUNDING, "CANCEL": CaseState.BUYER_CANCELLED,
    "COMPLETE": CaseState.REFUNDED, "AWAITING_BUYER_SHIP": CaseState.APPROVED_RETURN, "BUYER_SHIPPED_ITEM": CaseState.BUYER_SHIPPED,
    "REJECT_RECEIVE_PACKAGE": CaseState.REJECTED, "AWAITING_BUYER_RESPONSE": CaseState.REQUESTED,
}  # fmt: skip
PREFIXES = ("RETURN_OR_REFUND_REQUEST_", "CANCELLATION_REQUEST_")
CASE_KINDS = {"REFUND": CaseKind.REFUND_SHIPPED, "RETURN_AND_REFUND": CaseKind.RETURN_REFUND, "REPLACEMENT": CaseKind.EXCHANGE}


def state_of(raw_status: str) -> OrderState:
    return STATES.get(raw_status, OrderState.UNKNOWN)


def holds_of(raw_status: str, raw_aftersale: str) -> frozenset[OrderHold]:
    holds = {OrderHold.PLATFORM_FORBID} if raw_status == ON_HOLD else set()
    return frozenset(holds | ({OrderHold.AFTERSALE_OPEN} if raw_aftersale == CANCEL_ASKED else set()))


def order_of(raw: Mapping[str, Any]) -> PlatformOrder:
    """This function will read one order.   Raises: KeyError, ValueError, TypeError (it is not one)."""
    number, status, payment = text(raw["id"]), text(raw["status"]), raw["payment"]
    units, ordered_at, currency = items(raw["line_items"]), moment_of_seconds(raw["create_time"]), text(payment["currency"])
    if ordered_at is None or not units or not number or not currency:
        raise ValueError("create_time" if ordered_at is None else "line_items" if number and currency else "id")
    aftersale = CANCEL_ASKED if raw.get("is_buyer_request_cancel") is True else ""
    amount, freight = fen_of_yuan(payment["total_amount"]), fen_of_yuan(payment.get("shipping_fee"))
    groups = _by_item(units)
    paid = [sum(fen_of_yuan(one.get("sale_price")) for one in group) for group in groups]
    shares = paid_shares(amount - freight, (paid,), paid if sum(paid) else [len(group) for group in groups])
    return PlatformOrder(
        order_no=number,
        raw_status=status,
        state=state_of(status),
        lines=tuple(_line(group, share, status, aftersale) for group, share in zip(groups, shares, strict=True)),
        amount_fen=amount,
        freight_fen=freight,
        ordered_at=ordered_at,
        updated_at=moment_of_seconds(raw.get("update_time")) or ordered_at,
        holds=holds_of(status, aftersale),
        paid_at=moment_of_seconds(raw.get("paid_time")),
        promised_at=moment_of_seconds(raw.get("rts_sla_time")) or moment_of_seconds(raw.get("shipping_due_time")),
        shipped_at=moment_of_seconds(raw.get("rts_time")),
        finished_at=moment_of_seconds(raw.get("delivery_time")),
        cancel_reason=text(raw.get("cancel_reason")),
        receiver=_receiver(inner(raw, "recipient_address")),
        parcels=tuple(
            PlatformParcel(tracking, carrier)
            for tracking, carrier in dict.fromkeys((text(one.get("tracking_number")), text(one.get("shipping_provider_id"))) for one in units)
            if tracking
        ),
        currency=currency,
    )


def _by_item(units: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Every unit is a line of its own there; here all of one item are one, gifts of it apart."""
    groups: dict[tuple[str, bool], list[Mapping[str, Any]]] = {}
    for one in units:
        groups.setdefault((text(one["sku_id"]), one.get("is_gift") is True), []).append(one)
    return list(groups.values())


def unsent_units(raw: Mapping[str, Any], sku_id: str) -> list[str]:
    """This function will give the numbers of an item's units that wait to be sent, of an order as it came."""
    return [
        text(one["id"]) for one in items(raw.get("line_items"))
        if text(one.get("sku_id")) == sku_id and state_of(text(one.get("display_status"))) is OrderState.PAID
    ]  # fmt: skip


def _line(units: Sequence[Mapping[str, Any]], paid_fen: int, order_status: str, aftersale: str) -> PlatformLine:
    first, words = units[0], dict.fromkeys(text(one.get("display_status")) or order_status for one in units)
    sent = sum(state_of(text(one.get("display_status")) or order_status) in LEFT for one in units)
    status, sku = "/".join(words), text(first["sku_id"])
    if not sku:
        raise ValueError("sku_id")
    state = state_of(status) if len(words) == 1 else OrderState.PARTIALLY_SHIPPED if 0 < sent < len(units) else OrderState.UNKNOWN
    if len(words) > 1 and sent == len(units):
        state = OrderState.SHIPPED
    return PlatformLine(
        line_no=sku,
        title=text(first.get("product_name")),
        specification=text(first.get("sku_name")),
        code=text(first.get("seller_sku")),
        product_id=text(first.get("product_id")),
        sku_id=sku,
        quantity=len(units),
        price_fen=fen_of_yuan(first.get("original_price")),
        amount_fen=paid_fen,
        raw_status=status,
        state=state,
        shipped=sent,
        raw_aftersale=aftersale,
        is_gift=first.get("is_gift") is True,
    )


def _receiver(raw: Mapping[str, Any]) -> PlatformReceiver:
    """Masked by the platform; places by their levels."""
    name, phone, address = text(raw.get("name")), text(raw.get("phone_number")), text(raw.get("address_detail")) or text(raw.get("full_address"))
    levels = [text(one.get("address_name")) for one in items(raw.get("district_info"))]
    _country, province, city, area, *_ = [*levels, "", "", "", ""]
    is_masked = "*" in f"{name}{phone}{address}"
    return PlatformReceiver(
        name=name, phone=phone, address=address, shown_name=name if is_masked else "", shown_phone=phone if is_masked else "",
        shown_address=address if is_masked else "", province=province, city=city, area=area,
    )  # fmt: skip


def return_of(raw: Mapping[str, Any]) -> PlatformCase:
    """This function will read one return.   Raises: KeyError, ValueError, TypeError (it is not one)."""
    kind = CASE_KINDS.get(text(raw.get("return_type")), CaseKind.UNKNOWN)
    return _case(raw, text(raw["return_id"]), text(raw["return_status"]), kind, items(raw.get("return_line_items")))


def cancellation_of(raw: Mapping[str, Any]) -> PlatformCase:
    """This function will read one cancellation: money back before anything has left.   Raises: KeyError, ValueError, TypeError."""
    return _case(raw, text(raw["cancel_id"]), text(raw["cancel_status"]), CaseKind.REFUND_UNSHIPPED, items(raw.get("cancel_line_items")))


def _case(raw: Mapping[str, Any], number: str, status: str, kind: CaseKind, units: Sequence[Mapping[str, Any]]) -> PlatformCase:
    requested_at, order_no, money = moment_of_seconds(raw["create_time"]), text(raw["order_id"]), inner(raw, "refund_amount")
    if requested_at is None or not number or not order_no:
        raise ValueError("create_time" if requested_at is None else "order_id")
    word = status
    for prefix in PREFIXES:
        word = word.removeprefix(prefix)
    state = CASE_STATES.get(word, CaseState.UNKNOWN)
    if state is CaseState.REFUNDED and kind is CaseKind.EXCHANGE:
        state = CaseState.EXCHANGED
    return PlatformCase(
        case_no=number,
        order_no=order_no,
        line_no=text(units[0].get("sku_id")) if units else "",
        kind=kind,
        raw_status=status,
        state=state,
        refund_fen=fen_of_yuan(money.get("refund_total")),
        refund_freight_fen=fen_of_yuan(money.get("refund_shipping_fee")),
        quantity=len(units),
        requested_at=requested_at,
        updated_at=moment_of_seconds(raw.get("update_time")) or requested_at,
        return_tracking_no=text(raw.get("return_tracking_number")),
        is_refunded=state is CaseState.REFUNDED,
        currency=text(money.get("currency")) or "CNY",
    )
