"""States of an order and how truth from two sides is merged; what may be shipped; when it is late. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from kaibo.kit.errors import Conflict, Invalid
from kaibo.kit.transitions import Transitions


class State(StrEnum):
    """Where an order is. `UNKNOWN` is a platform's word we do not know: never guessed into something else."""

    PENDING_PAYMENT = "pending_payment"
    PAID = "paid"
    ALLOCATED = "allocated"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class Hold(StrEnum):
    """Why an order must not be shipped now; flags outrank the state.   Source: facts/platforms §0.8."""

    RISK_REVIEW = "risk_review"
    GROUP_PENDING = "group_pending"
    PRESALE_BALANCE = "presale_balance"
    ADDRESS_CHANGE = "address_change"
    AFTERSALE_OPEN = "aftersale_open"
    PLATFORM_FORBID = "platform_forbid"
    STOCK_SHORT = "stock_short"
    AWAITING_GOODS = "awaiting_goods"
    MANUAL = "manual"


class Anomaly(StrEnum):
    """What a platform said that cannot follow from what we knew; kept and shown, never silently obeyed."""

    BACKWARD = "backward"
    LEFT_TERMINAL = "left_terminal"
    UNKNOWN_STATUS = "unknown_status"


_FORWARD = (
    State.PENDING_PAYMENT, State.PAID, State.ALLOCATED, State.PARTIALLY_SHIPPED, State.SHIPPED, State.DELIVERED, State.COMPLETED,
)  # fmt: skip
RANK = {state: place for place, state in enumerate(_FORWARD)}
TERMINAL = frozenset({State.CANCELLED, State.CLOSED})
SHIPPABLE = frozenset({State.PAID, State.ALLOCATED, State.PARTIALLY_SHIPPED})
SENT = frozenset({State.SHIPPED, State.DELIVERED, State.COMPLETED})


def _table() -> Transitions[State]:
    table: dict[State, set[State]] = {state: set(_FORWARD[place + 1 :]) for state, place in RANK.items()}
    for state in _FORWARD[:3]:
        table[state].add(State.CANCELLED)
    for state in _FORWARD[1:]:
        table[state].add(State.CLOSED)
    table[State.UNKNOWN] = set(_FORWARD) | TERMINAL
    return Transitions.of(table)


STEPS = _table()
"""Any forward jump is legal, since the platform is the authority; a late payment reopens a cancelled order by its own service."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What the state is after hearing the platform, and what was strange about it."""

    state: State
    anomaly: Anomaly | None = None


@lru_cache(maxsize=1_024)
def merge_state(current: State | None, heard: State) -> Merged:
    """
    This function will merge what a platform says into what we know.

    `ALLOCATED` is our own refinement of `PAID`, so hearing `PAID` again changes nothing. A closing of an order that
    has left is `CLOSED`, before that `CANCELLED`.   Source: facts/platforms §5.1.
    """
    if heard is State.UNKNOWN:
        return Merged(current or State.UNKNOWN, Anomaly.UNKNOWN_STATUS)
    if current is None or current is State.UNKNOWN:
        return Merged(heard)
    if heard in TERMINAL and current not in TERMINAL:
        has_left = RANK[current] >= RANK[State.PARTIALLY_SHIPPED]
        return Merged(State.CLOSED if has_left else heard if STEPS.allows(current, heard) else State.CANCELLED)
    if heard == current or (heard is State.PAID and current is State.ALLOCATED):
        return Merged(current)
    if current in TERMINAL:
        return Merged(current) if heard in TERMINAL else Merged(current, Anomaly.LEFT_TERMINAL)
    return Merged(heard) if STEPS.allows(current, heard) else Merged(current, Anomaly.BACKWARD)


def state_of_lines(states: Collection[State]) -> State:
    """
    This function will derive an order's state from those of its lines; lines that ended early do not hold it back.

    Raises: OrderWithoutLines.
    """
    if not states:
        raise OrderWithoutLines
    if len(set(states)) == 1:  # nearly every order
        return next(iter(states))
    if State.UNKNOWN in states:
        return State.UNKNOWN
    alive = [state for state in states if state not in TERMINAL]
    if not alive:
        return State.CLOSED if State.CLOSED in states else State.CANCELLED
    least, most = min(alive, key=RANK.__getitem__), max(alive, key=RANK.__getitem__)
    if RANK[least] < RANK[State.SHIPPED] and RANK[most] >= RANK[State.PARTIALLY_SHIPPED]:
        return State.PARTIALLY_SHIPPED
    return least


class OrderWithoutLines(Invalid):
    code = "orders.order_without_lines"
    message_zh = "订单没有商品行"
    message_en = "The order has no lines"


class NotShippable(Conflict):
    code = "orders.not_shippable"
    message_zh = "订单 {order_no} 现在不能发货：{reason_zh}"
    message_en = "Order {order_no} cannot be shipped now: {reason_en}"


class QuantityBeyondLine(Invalid):
    code = "orders.quantity_beyond_line"
    message_zh = "数量超过了这一行能做的：最多 {most} 件，要 {wanted} 件"
    message_en = "More than this line allows: {most} at most, {wanted} wanted"


STATE_WORDS: dict[State, tuple[str, str]] = {
    State.PENDING_PAYMENT: ("待付款", "awaiting payment"),
    State.PAID: ("待发货", "paid"),
    State.ALLOCATED: ("待发货·已占库存", "stock reserved"),
    State.PARTIALLY_SHIPPED: ("部分发货", "partly shipped"),
    State.SHIPPED: ("已发货", "shipped"),
    State.DELIVERED: ("已签收", "delivered"),
    State.COMPLETED: ("已完成", "completed"),
    State.CANCELLED: ("已取消", "cancelled"),
    State.CLOSED: ("已关闭", "closed"),
    State.UNKNOWN: ("未知状态", "unknown status"),
}
HOLD_WORDS: dict[Hold, tuple[str, str]] = {
    Hold.RISK_REVIEW: ("风控审核中", "risk review"),
    Hold.GROUP_PENDING: ("未成团", "group not complete"),
    Hold.PRESALE_BALANCE: ("预售待付尾款", "pre-sale balance unpaid"),
    Hold.ADDRESS_CHANGE: ("买家正在改地址", "address being changed"),
    Hold.AFTERSALE_OPEN: ("有售后未完结", "open after-sales case"),
    Hold.PLATFORM_FORBID: ("平台禁止发货", "the platform forbids shipping"),
    Hold.STOCK_SHORT: ("库存不足", "stock short"),
    Hold.AWAITING_GOODS: ("预售等货", "sold ahead, goods on their way"),
    Hold.MANUAL: ("人工挂起", "held by a person"),
}
ANOMALY_WORDS: dict[Anomaly, tuple[str, str]] = {
    Anomaly.BACKWARD: ("平台状态倒退", "the platform went backwards"),
    Anomaly.LEFT_TERMINAL: ("已结束的订单又有变化", "a finished order changed again"),
    Anomaly.UNKNOWN_STATUS: ("平台状态不认识", "unknown platform status"),
}


def why_not_shippable(state: State, holds: Sequence[Hold], *, unknown_lines: int, open_findings: int) -> tuple[str, str] | None:
    """
    This function will say in both languages why an order may not leave, or None when it may.

    Flags outrank the state.   Source: ORD-2, ORD-3, facts/platforms §5.1.
    """
    if holds:
        return "、".join(HOLD_WORDS[hold][0] for hold in holds), ", ".join(HOLD_WORDS[hold][1] for hold in holds)
    if state not in SHIPPABLE:
        return STATE_WORDS[state]
    if unknown_lines:
        return f"{unknown_lines} 行商品没有对上货号", f"{unknown_lines} lines have no known item"
    if open_findings:
        return f"核验还有 {open_findings} 处没有处理", f"{open_findings} findings of the verification are open"
    return None


def ship_by(*, promised_at: datetime | None, paid_at: datetime | None, ordered_at: datetime, hours: int) -> datetime:
    """This function will give the moment an order must leave by: the platform's promise, else `hours` after payment.   Source: ORD-4."""
    return promised_at or (paid_at or ordered_at) + timedelta(hours=hours)


def is_terminal(state: State) -> bool:
    return state in TERMINAL


def predicted_late(due: Sequence[tuple[float, int]], per_hour: float) -> int:
    """
    This function will say how many orders will miss their time if parcels go on leaving at this pace, the most urgent first.

    `due`: (hours from now, orders due by then), growing. At each moment at most `per_hour` × hours have left; what is due
    beyond that is late by then, and what is late at one moment is not counted again at the next.   Source: ORD-4.
    """
    late = 0
    for hours, orders in due:
        left_in_time = int(per_hour * hours)
        late = max(late, orders - left_in_time)
    return max(0, late)
