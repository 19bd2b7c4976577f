"""What the tables keep of an order a platform tells of, column by column. Pure: the part the database has no say in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kaibo.plumbing.intake.kinds import FileContext
from kaibo.stages.orders.platforms import USUAL_PLATFORM
from kaibo.stages.orders.reading import LineIn, Ready
from kaibo.stages.orders.rules import SENT, TERMINAL, Merged, State, merge_state, state_of_lines

ORDER_COLUMNS = {
    "id": "uuid", "buyer_subject_id": "uuid", "receiver_sealed": "bytea", "ship_by": "timestamptz", "open_findings": "int",
    "shop_id": "uuid", "platform": "text", "order_no": "text", "raw_status": "text", "state": "text", "hold_flags": "text[]",
    "amount_fen": "bigint", "freight_fen": "bigint", "paid_fen": "bigint", "units": "int", "goods": "text", "receiver_cipher": "jsonb",
    "receiver_masked": "text", "receiver_mark": "text", "phone_tail": "text", "province": "text", "city": "text", "area": "text",
    "ordered_at": "timestamptz", "paid_at": "timestamptz", "shipped_at": "timestamptz", "finished_at": "timestamptz",
    "cancelled_at": "timestamptz", "cancel_reason": "text", "source": "text", "source_version": "timestamptz", "created_at": "timestamptz",
    "parent_no": "text",
}  # fmt: skip
"""Name → type, in the order rows are made in."""
ORDER_FIRST = tuple(ORDER_COLUMNS)[:5]
"""What the database has a say in: keys, items, thresholds."""
ORDER_REST = tuple(ORDER_COLUMNS)[5:]
LINE_COLUMNS = {
    "id": "uuid", "order_id": "uuid", "sku_id": "uuid", "line_no": "text", "platform_title": "text", "platform_specification": "text",
    "platform_code": "text", "quantity": "int", "shipped": "int", "cancelled": "int", "price_fen": "bigint", "amount_fen": "bigint",
    "raw_status": "text", "raw_aftersale": "text", "content_hash": "text",
}  # fmt: skip
LINE_FIRST = tuple(LINE_COLUMNS)[:3]
LINE_REST = tuple(LINE_COLUMNS)[3:]
SENT_OR_ENDED = SENT | TERMINAL
_UNPAID = frozenset({State.PENDING_PAYMENT, State.UNKNOWN})


def new_order(lines: Sequence[LineIn]) -> Merged:
    """This function will give the state of an order nobody knew before."""
    return merge_state(None, state_of_lines([line.state for line in lines]))


def holds_said(lines: Sequence[LineIn], state: State) -> list[str]:
    """This function will list the flags the lines of an order ask for; what has left or ended is held no more."""
    if state in SENT_OR_ENDED:
        return []
    return sorted({hold.value for line in lines for hold in line.holds})


def amount_of(lines: Sequence[LineIn]) -> int:
    """This function will give what is to be paid for lines that are the whole order."""
    said = lines[0].order_amount_fen
    return sum([line.amount_fen for line in lines]) if said is None else said


def order_rest(told: FileContext, lines: Sequence[LineIn], state: State, holds: list[str], amount_fen: int, ready: Ready) -> tuple[Any, ...]:
    """This function will give the values of `ORDER_REST`."""
    first = lines[0]
    place = first.address
    is_paid = state is not State.CANCELLED and state not in _UNPAID
    if len(lines) == 1:
        raw_status, freight_fen, units = first.raw_status, first.freight_fen, first.quantity
        shipped_at, finished_at = first.shipped_at, first.finished_at
    else:
        raw_status = raw_status_of(lines)
        freight_fen, units = sum([line.freight_fen for line in lines]), sum([line.quantity for line in lines])
        shipped_at = max([line.shipped_at for line in lines if line.shipped_at], default=None)
        finished_at = max([line.finished_at for line in lines if line.finished_at], default=None)
    return (
        told.shop_id, told.platform or USUAL_PLATFORM, first.order_no, raw_status, state.value, holds, amount_fen, freight_fen,
        amount_fen if is_paid else 0, units, _goods(lines), ready.cipher, ready.masked, ready.mark, ready.phone_tail,
        place.province[:20] if place else "", place.city[:30] if place else "", place.area[:30] if place else "",
        first.ordered_at, first.paid_at or (None if state in _UNPAID else first.ordered_at), shipped_at, finished_at,
        told.now if state in TERMINAL else None, first.cancel_reason, first.source, first.version or told.file_exported_at, told.now,
        first.parent_no,
    )  # fmt: skip


def raw_status_of(lines: Sequence[LineIn]) -> str:
    """This function will give the platform's own words for an order, each once."""
    return lines[0].raw_status if len(lines) == 1 else "；".join({line.raw_status: None for line in lines})[:60]


def _goods(lines: Sequence[LineIn]) -> str:
    return "；".join([
        f"{line.title} {line.specification} ×{line.quantity}".lstrip() if line.specification else f"{line.title} ×{line.quantity}".lstrip() for line in lines
    ])[:200]  # fmt: skip


def line_rest(line: LineIn, order_state: State) -> tuple[Any, ...]:
    """This function will give the values of `LINE_REST`."""
    was_sent = line.state in SENT
    shipped = min(line.quantity, line.shipped) if line.shipped is not None else line.quantity if was_sent else 0
    has_ended = not was_sent and (line.state in TERMINAL or order_state is State.CANCELLED)
    return (
        line.line_no, line.title, line.specification, line.code, line.quantity, shipped, line.quantity - shipped if has_ended else 0,
        line.price_fen, line.amount_fen, line.raw_status, line.raw_aftersale, line.content_hash,
    )  # fmt: skip
