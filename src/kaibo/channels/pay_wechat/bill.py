"""WeChat Pay's trade bill 交易账单: every value after a backtick, a summary of two lines at the end. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kaibo.channels.yuan import fen, shanghai_moment
from kaibo.kit.payments import BillLine, BillUnreadable

TIME, OURS, THEIRS, STATE = "交易时间", "商户订单号", "微信订单号", "交易状态"
PAID = ("订单金额", "总金额")
"""The whole order, as the notice tells it; older bills call it 总金额. 应结订单金额 is less coupons."""
OUR_REFUND, THEIR_REFUND, REFUND_STATE = "商户退款单号", "微信退款单号", "退款状态"
REFUNDED = ("申请退款金额", "退款金额")
REFUNDED_AT = "退款成功时间"
COUNT = "总交易单数"
EMPTY = f"{TIME},{THEIRS},{OURS},{STATE},{THEIR_REFUND},{OUR_REFUND},{REFUND_STATE},订单金额,申请退款金额\r\n{COUNT},订单总金额,申请退款总金额\r\n`0,`0.00,`0.00\r\n".encode()
"""The bill of a day without trades, for which WeChat Pay has no file."""


def read(content: bytes) -> list[BillLine]:
    """This function will read a bill and prove by its summary that it is whole.   Raises: BillUnreadable."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise BillUnreadable(why="UTF-8") from wrong
    rows = [row for row in text.splitlines() if row.strip()]
    names = [name.strip() for name in rows[0].split(",")] if rows else []
    if not {TIME, OURS, THEIRS, STATE} <= set(names):
        raise BillUnreadable(why=f"{TIME}、{OURS}、{THEIRS}、{STATE}")
    end = next((n for n, row in enumerate(rows) if row.startswith(COUNT)), None)
    if end is None or end + 1 >= len(rows):
        raise BillUnreadable(why=f"没有汇总，文件不完整 / no summary: the file is not whole（{COUNT}）")
    values = [_line(names, row, number) for number, row in enumerate(rows[1:end], start=2)]
    _check_summary(dict(zip([name.strip() for name in rows[end].split(",")], _values(rows[end + 1]), strict=False)), values)
    return [line for _, _, line in values if line is not None]


def _line(names: Sequence[str], row: str, number: int) -> tuple[int, int, BillLine | None]:
    """What was ordered and what was asked back on a line, and what it means to us: nothing for a refund that failed."""
    found = _values(row)
    if len(found) != len(names):
        raise BillUnreadable(why=f"第 {number} 行 / line {number}")
    one = dict(zip(names, found, strict=True))
    try:
        paid_fen, refunded_fen = fen(_first(one, PAID) or "0"), fen(_first(one, REFUNDED) or "0")
        if one[STATE] == "SUCCESS":
            return paid_fen, refunded_fen, BillLine("pay", one[OURS], one[THEIRS], paid_fen, shanghai_moment(one[TIME]))
        if one[STATE] not in {"REFUND", "REVOKED"}:
            raise BillUnreadable(why=f"第 {number} 行 / line {number}: {one[STATE][:20]}")
        if one.get(REFUND_STATE) in {"FAIL", "CHANGE"}:
            return paid_fen, refunded_fen, None
        ours = one.get(OUR_REFUND, "")
        number_of_refund = ours if ours.strip("0") else one.get(THEIR_REFUND, "")
        return paid_fen, refunded_fen, BillLine("refund", one[OURS], one[THEIRS], refunded_fen, _refunded_at(one), number_of_refund)
    except ValueError as wrong:
        raise BillUnreadable(why=f"第 {number} 行 / line {number}") from wrong


def _values(row: str) -> list[str]:
    """A value may hold commas: what separates is the comma before a backtick."""
    return [value.strip() for value in row.strip().removeprefix("`").split(",`")]


def _first(one: dict[str, str], names: Sequence[str]) -> str:
    return next((one[name] for name in names if name in one), "")


def _refunded_at(one: dict[str, str]) -> datetime:
    return shanghai_moment(one.get(REFUNDED_AT) or one[TIME])


def _check_summary(summary: dict[str, str], lines: Sequence[tuple[int, int, BillLine | None]]) -> None:
    try:
        whole = int(summary[COUNT]) == len(lines)
        for name, sum_fen in (("订单总金额", sum(line[0] for line in lines)), ("申请退款总金额", sum(line[1] for line in lines))):
            whole = whole and (name not in summary or fen(summary[name]) == sum_fen)
    except (ValueError, KeyError) as wrong:
        raise BillUnreadable(why=COUNT) from wrong
    if not whole:
        raise BillUnreadable(why="汇总与明细不符，文件不完整 / the summary differs from the lines: the file is not whole")
