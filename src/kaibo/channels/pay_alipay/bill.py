"""Alipay's trade bill 业务明细: GBK, in a ZIP or alone, lines of # before and after the list, refunds below zero. Pure."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Sequence

from kaibo.channels.yuan import fen, shanghai_moment
from kaibo.kit.payments import BillLine, BillUnreadable

THEIRS, OURS, KIND, TITLE = "支付宝交易号", "商户订单号", "业务类型", "商品名称"
AT, AMOUNT, OUR_REFUND = "完成时间", "订单金额（元）", "退款批次号/请求号"
HEADER = (
    THEIRS, OURS, KIND, TITLE, "创建时间", AT, "门店编号", "门店名称", "操作员", "终端号", "对方账户", AMOUNT, "商家实收（元）", "支付宝红包（元）",
    "集分宝（元）", "支付宝优惠（元）", "商家优惠（元）", "券核销金额（元）", "券名称", "商家红包消费金额（元）", "卡消费金额（元）", OUR_REFUND,
    "服务费（元）", "分润（元）", "备注",
)  # fmt: skip
END = "业务明细列表结束"
EMPTY = f"#支付宝业务明细查询\r\n{','.join(HEADER)}\r\n#----{END}----\r\n#交易合计：0笔\r\n#退款合计：0笔\r\n".encode("gb18030")
"""The bill of a day without trades, for which Alipay has no file."""
MOST_BYTES = 256 * 1024 * 1024
_COUNTS = {"pay": re.compile(r"#交易合计：\s*(\d+)\s*笔"), "refund": re.compile(r"#退款合计：\s*(\d+)\s*笔")}
_KINDS = {"交易": "pay", "退款": "refund"}


def read(content: bytes) -> list[BillLine]:
    """This function will read a bill and prove by the lines after the list that it is whole.   Raises: BillUnreadable."""
    rows = [row for row in _text(content).splitlines() if row.strip()]
    head = next((n for n, row in enumerate(rows) if row.lstrip("#").startswith(THEIRS)), None)
    if head is None:
        raise BillUnreadable(why=f"{THEIRS}、{OURS}、{KIND}、{AMOUNT}")
    names = [name.strip() for name in rows[head].split(",")]
    if not {THEIRS, OURS, KIND, AT, AMOUNT, OUR_REFUND} <= set(names):
        raise BillUnreadable(why=f"{THEIRS}、{OURS}、{KIND}、{AT}、{AMOUNT}、{OUR_REFUND}")
    lines = [_line(names, row, number) for number, row in enumerate(rows, start=1) if number > head + 1 and not row.startswith("#")]
    notes = "\n".join(row for row in rows[head:] if row.startswith("#"))
    if END not in notes:
        raise BillUnreadable(why=f"没有“{END}”，文件不完整 / the file is not whole")
    for kind, pattern in _COUNTS.items():
        told = pattern.search(notes)
        if told and int(told[1]) != sum(line.kind == kind for line in lines):
            raise BillUnreadable(why="合计与明细不符，文件不完整 / the totals differ from the lines: the file is not whole")
    return lines


def _line(names: Sequence[str], row: str, number: int) -> BillLine:
    found = [value.strip() for value in next(csv.reader([row]))]
    if (surplus := len(found) - len(names)) > 0:  # commas in the product's name
        place = names.index(TITLE) if TITLE in names else 0
        found[place : place + surplus + 1] = [",".join(found[place : place + surplus + 1])]
    if len(found) != len(names):
        raise BillUnreadable(why=f"第 {number} 行 / line {number}")
    one = dict(zip(names, found, strict=True))
    try:
        kind, amount_fen = _KINDS[one[KIND]], fen(one[AMOUNT])
        if (amount_fen < 0) != (kind == "refund"):
            raise ValueError(kind)
        at = shanghai_moment(one[AT])
    except (ValueError, KeyError) as wrong:
        raise BillUnreadable(why=f"第 {number} 行 / line {number}") from wrong
    number_of_refund = (one[OUR_REFUND] or f"{one[THEIRS]}-{at:%Y%m%d%H%M%S}") if kind == "refund" else ""
    return BillLine(kind, one[OURS], one[THEIRS], abs(amount_fen), at, number_of_refund)  # type: ignore[arg-type]  # looked up


def _text(content: bytes) -> str:
    """The detail file, out of the ZIP when it is one: the names inside are GBK, so the file is known by its first lines."""
    if not content.startswith(b"PK"):
        return _decoded(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MOST_BYTES:
                raise BillUnreadable(why="太大 / too large")
            files = [_decoded(archive.read(entry)) for entry in archive.infolist() if not entry.is_dir()]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as wrong:
        raise BillUnreadable(why="ZIP") from wrong
    return next((text for text in files if f"{THEIRS}," in text), "")


def _decoded(content: bytes) -> str:
    if content.startswith(b"\xef\xbb\xbf"):
        return content.decode("utf-8-sig", errors="replace")
    try:
        return content.decode("gb18030")
    except UnicodeDecodeError as wrong:
        raise BillUnreadable(why="GBK") from wrong
