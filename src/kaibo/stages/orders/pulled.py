"""An order as a platform's interface shows it → lines as the taking of orders knows them. Pure: no database."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from kaibo.kit.shop_channels import PlatformLine, PlatformOrder, PlatformReceiver
from kaibo.plumbing.intake.kinds import ParsedRow
from kaibo.stages.orders.addresses.parser import Address, parse_columns
from kaibo.stages.orders.reading import LineIn, Receiver
from kaibo.stages.orders.rules import Hold, State

_hashed = msgspec.json.Encoder()
KEPT = "****"


def rows_of(orders: Sequence[PlatformOrder]) -> list[ParsedRow]:
    """This function will give the rows `take_orders` takes, all lines of an order together."""
    lines = [line for order in orders for line in lines_of(order)]
    return [ParsedRow(place, {}, line) for place, line in enumerate(lines, 1)]


def lines_of(order: PlatformOrder) -> list[LineIn]:
    """This function will read an order; its freight stands on the first line, its holds on every one."""
    receiver, seen = receiver_of(order.receiver), dict[str, int]()
    address = _address_of(order.receiver, receiver)
    found = []
    for place, line in enumerate(order.lines):
        number = line.line_no or _number_of(line)
        seen[number] = seen.get(number, 0) + 1
        found.append(
            LineIn(
                order_no=order.order_no, line_no=number if seen[number] == 1 else f"{number}-{seen[number]}", title=line.title[:200],
                specification=line.specification[:160], code=line.code[:80], quantity=line.quantity, price_fen=line.price_fen,
                amount_fen=line.amount_fen, freight_fen=0 if place else order.freight_fen, raw_status=line.raw_status[:60],
                raw_aftersale=line.raw_aftersale[:60], state=State(line.state.value),
                holds=tuple(sorted(Hold(hold.value) for hold in order.holds | line.holds)), ordered_at=order.ordered_at, paid_at=order.paid_at,
                promised_at=order.promised_at, shipped_at=order.shipped_at, finished_at=order.finished_at, cancel_reason=order.cancel_reason[:80],
                receiver=receiver, address=address, content_hash=_hash(order, line), version=order.updated_at,
                order_amount_fen=order.amount_fen, shipped=line.shipped, source="pull", parent_no=order.parent_no[:64],
            )
        )  # fmt: skip
    return found


def receiver_of(told: PlatformReceiver) -> Receiver:
    """This function will keep ciphertext as it is, beside what the platform lets us show."""
    read = Receiver.of(told.name, told.phone, told.address)
    shown = f"{told.shown_name} {told.shown_phone}".strip()[:120]
    return Receiver(read.name, read.phone, read.address, read.is_readable and not told.is_sealed, shown)


def _address_of(told: PlatformReceiver, receiver: Receiver) -> Address | None:
    """Where the platform keeps the street, the places before it still count; whoever delivers knows the rest."""
    if receiver.is_readable:
        return parse_columns(told.province, told.city, told.area, told.street, told.address)
    return Address(told.province, told.city, told.area, KEPT) if told.province and told.city and told.area else None


def _number_of(line: PlatformLine) -> str:
    """Platforms without line numbers: by the item's text, as their files are read."""
    item = line.code or line.specification or line.title
    return "1" if not item else hashlib.md5(item.encode(), usedforsecurity=False).hexdigest()[:12]


def mark_of(order: PlatformOrder) -> bytes:
    """This function will give 16 bytes that differ when any line of an order says something new."""
    digest = hashlib.md5(_hashed.encode([*_said_of_order(order), order.parent_no]), usedforsecurity=False)
    for line in order.lines:
        digest.update(_hashed.encode((line.line_no, line.sku_id, line.product_id, line.is_gift, *_said_of_line(order, line))))
    return digest.digest()


def _hash(order: PlatformOrder, line: PlatformLine) -> str:
    said = [*_said_of_order(order), *_said_of_line(order, line), *([order.parent_no] if order.parent_no else [])]
    return hashlib.md5(_hashed.encode(said), usedforsecurity=False).hexdigest()


def _said_of_order(order: PlatformOrder) -> list[object]:
    """Everything but ciphertext, which some platforms make anew at each reading."""
    return [
        order.updated_at, order.raw_status, order.amount_fen, order.freight_fen, order.paid_at, order.promised_at, order.shipped_at,
        order.finished_at, order.cancel_reason, order.receiver.shown_name, order.receiver.shown_phone, order.receiver.is_empty,
    ]  # fmt: skip


def _said_of_line(order: PlatformOrder, line: PlatformLine) -> list[object]:
    return [
        line.title, line.specification, line.code, line.quantity, line.price_fen, line.amount_fen, line.raw_status, line.raw_aftersale,
        line.shipped, sorted(order.holds | line.holds),
    ]  # fmt: skip
