"""Shopify's JSON in our words. Amounts are decimal text in the shop's currency, times ISO 8601 with an offset. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kaibo.channels.paid_shares import paid_shares
from kaibo.channels.raw import fen_of_yuan, inner, items, latest, moment_of_iso, text, whole
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

CANCELLED, DELIVERED, NOTHING = "cancelled", "delivered", "null"
NOT_PAID = frozenset({"pending", "authorized", "partially_paid"})
PAID = frozenset({"paid", "partially_refunded"})
GIVEN_BACK = frozenset({"refunded", "voided"})
SENT, PARTLY_SENT, UNSENT = "fulfilled", "partial", frozenset({NOTHING, "restocked"})
CASE_KINDS = {"cancel": CaseKind.REFUND_UNSHIPPED, "return": CaseKind.RETURN_REFUND, "no_restock": CaseKind.REFUND_SHIPPED}


def state_of(raw_status: str) -> OrderState:
    """
    `raw_status` is money / goods, both the platform's own words, and what else it says of the order: paid/partial/cancelled.

    Money only reserved (authorized) is no money yet. What has left has left, whatever the money does.
    """
    money, goods, *more = [*raw_status.split("/"), "", ""]
    if money not in NOT_PAID | PAID | GIVEN_BACK or goods not in UNSENT | {SENT, PARTLY_SENT}:
        return OrderState.UNKNOWN
    has_left = goods in {SENT, PARTLY_SENT}
    if CANCELLED in more or money == "voided":
        return OrderState.CLOSED if has_left else OrderState.CANCELLED
    if money == "refunded":
        return OrderState.CLOSED
    if has_left:
        return OrderState.PARTIALLY_SHIPPED if goods == PARTLY_SENT else OrderState.DELIVERED if DELIVERED in more else OrderState.SHIPPED
    return OrderState.PENDING_PAYMENT if money in NOT_PAID else OrderState.PAID


def holds_of(raw_status: str, raw_aftersale: str) -> frozenset[OrderHold]:
    """`raw_aftersale` of a line is how many of its units were refunded."""
    return frozenset({OrderHold.PLATFORM_FORBID} if raw_aftersale not in {"", "0"} else ())


def order_of(raw: Mapping[str, Any]) -> PlatformOrder:
    """This function will read one order.   Raises: KeyError, ValueError, TypeError (it is not one)."""
    number, currency, ordered_at = text(raw["id"]), text(raw["currency"]), moment_of_iso(raw["created_at"])
    goods, parcels = items(raw["line_items"]), [one for one in items(raw.get("fulfillments")) if text(one.get("status")) in {"success", "open", "pending"}]
    if ordered_at is None or not goods or not number or not currency:
        raise ValueError("created_at" if ordered_at is None else "line_items" if number and currency else "id")
    status = _status(raw, parcels)
    amount, freight = fen_of_yuan(raw["total_price"]), _freight(raw)
    shares = paid_shares(amount - freight, ([_paid(one, raw) for one in goods],), [fen_of_yuan(one.get("price")) * whole(one.get("quantity")) for one in goods])
    return PlatformOrder(
        order_no=number,
        raw_status=status,
        state=state_of(status),
        lines=tuple(_line(one, share, status, parcels, _refunded(raw, one)) for one, share in zip(goods, shares, strict=True)),
        amount_fen=amount,
        freight_fen=freight,
        ordered_at=ordered_at,
        updated_at=moment_of_iso(raw.get("updated_at")) or ordered_at,
        paid_at=moment_of_iso(raw.get("processed_at")) if state_of(status) not in {OrderState.PENDING_PAYMENT, OrderState.CANCELLED} else None,
        shipped_at=latest(*(moment_of_iso(one.get("created_at")) for one in parcels)),
        cancel_reason=text(raw.get("cancel_reason")),
        receiver=_receiver(inner(raw, "shipping_address")),
        parcels=tuple(
            PlatformParcel(text(one.get("tracking_number")), text(one.get("tracking_company")), moment_of_iso(one.get("created_at")))
            for one in parcels if text(one.get("tracking_number"))
        ),
        currency=currency,
    )  # fmt: skip


def _status(raw: Mapping[str, Any], parcels: Sequence[Mapping[str, Any]]) -> str:
    said = [text(raw["financial_status"]), text(raw.get("fulfillment_status")) or NOTHING]
    if text(raw.get("cancelled_at")):
        said.append(CANCELLED)
    if parcels and all(text(one.get("shipment_status")) == DELIVERED for one in parcels):
        said.append(DELIVERED)
    return "/".join(said)


def _freight(raw: Mapping[str, Any]) -> int:
    """What was paid for shipping, taxes on it where prices are without."""
    return sum(
        fen_of_yuan(one["discounted_price"] if one.get("discounted_price") is not None else one.get("price")) + _taxes(one, raw)
        for one in items(raw.get("shipping_lines"))
    )


def _paid(line: Mapping[str, Any], raw: Mapping[str, Any]) -> int:
    off = sum(fen_of_yuan(one.get("amount")) for one in items(line.get("discount_allocations")))
    return fen_of_yuan(line.get("price")) * whole(line.get("quantity")) - off + _taxes(line, raw)


def _taxes(part: Mapping[str, Any], raw: Mapping[str, Any]) -> int:
    return 0 if raw.get("taxes_included") else sum(fen_of_yuan(one.get("price")) for one in items(part.get("tax_lines")))


def _refunded(raw: Mapping[str, Any], line: Mapping[str, Any]) -> int:
    """Units of a line that were refunded; refunds are objects of their own."""
    return sum(
        whole(one.get("quantity"))
        for refund in items(raw.get("refunds")) for one in items(refund.get("refund_line_items")) if text(one.get("line_item_id")) == text(line.get("id"))
    )  # fmt: skip


def _line(raw: Mapping[str, Any], paid_fen: int, status: str, parcels: Sequence[Mapping[str, Any]], refunded: int) -> PlatformLine:
    number, quantity = text(raw["id"]), whole(raw["quantity"])
    if quantity <= 0 or not number:
        raise ValueError("quantity" if number else "id")
    sent = sum(whole(one.get("quantity")) for parcel in parcels for one in items(parcel.get("line_items")) if text(one.get("id")) == number)
    shipped, state = min(quantity, sent), state_of(status)
    if state is OrderState.PARTIALLY_SHIPPED:
        state = OrderState.PAID if not shipped else OrderState.SHIPPED if shipped == quantity else OrderState.PARTIALLY_SHIPPED
    return PlatformLine(
        line_no=number,
        title=text(raw.get("title")),
        specification=text(raw.get("variant_title")),
        code=text(raw.get("sku")),
        product_id=text(raw.get("product_id")),
        sku_id=text(raw.get("variant_id")),
        quantity=quantity,
        price_fen=fen_of_yuan(raw.get("price")),
        amount_fen=paid_fen,
        raw_status=status,
        state=state,
        shipped=shipped,
        raw_aftersale=str(refunded) if refunded else "",
        holds=holds_of("", str(refunded)),
    )


def _receiver(raw: Mapping[str, Any]) -> PlatformReceiver:
    """Readable: Shopify keeps nothing back from an app that may see it."""
    return PlatformReceiver(
        name=text(raw.get("name")), phone=text(raw.get("phone")), address=" ".join(filter(None, (text(raw.get("address1")), text(raw.get("address2"))))),
        province=text(raw.get("province")), city=text(raw.get("city")),
    )  # fmt: skip


def cases_of(raw: Mapping[str, Any]) -> list[PlatformCase]:
    """This function will give the refunds of an order, each one a case that is decided.   Raises: KeyError, ValueError, TypeError."""
    return [_case(raw, refund) for refund in items(raw.get("refunds"))]


def _case(raw: Mapping[str, Any], refund: Mapping[str, Any]) -> PlatformCase:
    at, number, units = moment_of_iso(refund["created_at"]), text(refund["id"]), items(refund.get("refund_line_items"))
    payments = [one for one in items(refund.get("transactions")) if text(one.get("kind")) == "refund"]
    if at is None or not number:
        raise ValueError("created_at" if at is None else "id")
    is_done = all(text(one.get("status")) == "success" for one in payments)
    return PlatformCase(
        case_no=number,
        order_no=text(raw["id"]),
        line_no=text(units[0].get("line_item_id")) if units else "",
        kind=CASE_KINDS.get(text(units[0].get("restock_type")), CaseKind.UNKNOWN) if units else CaseKind.UNKNOWN,
        raw_status="/".join(dict.fromkeys(text(one.get("status")) for one in payments)),
        state=(CaseState.REFUNDED if is_done else CaseState.REFUNDING) if payments else CaseState.CLOSED,
        refund_fen=sum(fen_of_yuan(one.get("amount")) for one in payments if text(one.get("status")) in {"success", "pending"}),
        quantity=sum(whole(one.get("quantity")) for one in units),
        requested_at=at,
        updated_at=moment_of_iso(refund.get("processed_at")) or at,
        is_refunded=bool(payments) and is_done,
        currency=text(raw.get("currency")) or "CNY",
    )
