"""What each platform's words mean: order statuses, after-sales words, and the names of columns. Pure."""

from __future__ import annotations

from functools import lru_cache

from kaibo.stages.orders.rules import Hold, State

USUAL_PLATFORM = "douyin"
"""Where a file is from when nobody says."""
STATUS: dict[str, State] = {
    # 抖店
    "待支付": State.PENDING_PAYMENT, "待付款": State.PENDING_PAYMENT, "待确认": State.PENDING_PAYMENT,
    "待发货": State.PAID, "备货中": State.PAID, "部分发货": State.PARTIALLY_SHIPPED, "已发货": State.SHIPPED,
    "已签收": State.DELIVERED, "已完成": State.COMPLETED, "已关闭": State.CANCELLED, "已取消": State.CANCELLED,
    # 淘宝
    "等待买家付款": State.PENDING_PAYMENT, "买家已付款,等待卖家发货": State.PAID, "卖家部分发货": State.PARTIALLY_SHIPPED,
    "卖家已发货,等待买家确认": State.SHIPPED, "交易成功": State.COMPLETED, "交易关闭": State.CANCELLED,
    # 拼多多
    "已收货": State.DELIVERED, "已发货,待收货": State.SHIPPED, "已发货,待签收": State.SHIPPED, "待发货,已成团": State.PAID,
    "已取消,退款成功": State.CANCELLED, "待发货,退款成功": State.CANCELLED,
    # 快手, 小红书, 京东
    "待配货": State.PAID, "交易完成": State.COMPLETED, "等待出库": State.PAID, "等待确认收货": State.SHIPPED, "完成": State.COMPLETED,
}  # fmt: skip
"""A word that is not here is `UNKNOWN` and an anomaly, never a default.   Source: facts/platforms §2.1, §5.1."""

AFTERSALE_OVER = frozenset({"", "无售后", "无售后或售后取消", "售后关闭", "售后完成", "换货成功"})
REFUNDED = frozenset({"退款成功", "同意退款,退款成功", "已退款"})
LOCKED = {"(锁定)": Hold.PLATFORM_FORBID, "(暂停)": Hold.PLATFORM_FORBID}
DELETED = "(删除)"
"""京东 puts it before the last word of an order that is no more, whatever that word was."""


@lru_cache(maxsize=1_024)
def state_of(raw_status: str) -> State:
    """This function will give the state a platform's word stands for."""
    word = raw_status.replace("，", ",").replace("（", "(").replace("）", ")").strip()
    if word.startswith(DELETED):
        return State.CANCELLED
    for mark in LOCKED:
        word = word.removeprefix(mark)
    return STATUS.get(word, State.UNKNOWN)


@lru_cache(maxsize=1_024)
def holds_of(raw_status: str, raw_aftersale: str) -> tuple[Hold, ...]:
    """This function will give the flags that forbid shipping: an after-sales case under way, money already refunded, a lock."""
    word = raw_status.replace("（", "(").replace("）", ")").strip()
    holds = [hold for mark, hold in LOCKED.items() if word.startswith(mark)]
    aftersale = raw_aftersale.replace("，", ",").strip()
    if aftersale in REFUNDED:
        holds.append(Hold.PLATFORM_FORBID)
    elif aftersale not in AFTERSALE_OVER:
        holds.append(Hold.AFTERSALE_OPEN)
    return tuple(holds)
