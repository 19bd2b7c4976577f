"""The sandbox wallet's daily bill: a CSV of payments and refunds. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime

from kaibo.kit.payments import BillLine, BillUnreadable

HEADER = ("类型", "时间", "商户订单号", "交易号", "金额（分）", "商户退款号")
_KINDS = {"支付": "pay", "退款": "refund"}


def write(lines: Sequence[BillLine]) -> bytes:
    """This function will write a bill as the wallet gives it out."""
    words = {kind: word for word, kind in _KINDS.items()}
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(HEADER)
    for line in lines:
        writer.writerow(
            (words[line.kind], line.at.isoformat(), line.out_trade_no, line.transaction, line.amount_fen, line.out_refund_no)
        )
    return file.getvalue().encode("utf-8-sig")


def read(content: bytes) -> list[BillLine]:
    """This function will read a bill.   Raises: BillUnreadable."""
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as wrong:
        raise BillUnreadable(why=type(wrong).__name__) from wrong
    if not rows or tuple(rows[0]) != HEADER:
        raise BillUnreadable(why="、".join(HEADER))
    lines = []
    for number, row in enumerate(rows[1:], start=2):
        try:
            kind, at, out_trade_no, transaction, amount_fen, out_refund_no = row
            moment = datetime.fromisoformat(at)
            if moment.tzinfo is None:
                raise ValueError(at)
            lines.append(BillLine(_KINDS[kind], out_trade_no, transaction, int(amount_fen), moment, out_refund_no))  # type: ignore[arg-type]  # looked up
        except (ValueError, KeyError) as wrong:
            raise BillUnreadable(why=f"第 {number} 行 / line {number}") from wrong
    return lines
