"""
The file of `bench import` and the goods it speaks of: everything is made from the row's number alone, so that every run everywhere
measures the same file.

Most rows are as they should be. About two in a hundred have a finding (another price, a misspelt code, too many units, an
address without its end, the same person again within minutes), and one in a thousand cannot be read at all.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import xlsxwriter

from kaibo.kit.money import plain_yuan

HEADER = (
    "主订单编号", "子订单编号", "选购商品", "商品规格", "商品数量", "商家编码", "商品单价", "订单应付金额", "运费", "收件人",
    "收件人手机号", "省", "市", "区", "详细地址", "订单提交时间", "支付完成时间", "承诺发货时间", "订单状态", "售后状态",
)  # fmt: skip
RECEIVERS = ("plain", "cipher")
"""`plain`: names, telephones and addresses to be parsed, compared and encrypted; `cipher`: 抖店's own ciphertext, kept as it is."""
ITEMS = 1_000
_GOODS = ("双面呢羊毛大衣", "圆领针织衫", "高腰阔腿裤", "羊绒围巾", "加绒卫衣", "真丝衬衫", "短款羽绒服", "百褶半身裙")
_COLOURS = ("驼色", "黑色", "米白", "雾蓝", "酒红")
_SIZES = ("S", "M", "L", "XL")
_STATES = ("待发货",) * 16 + ("已发货",) * 2 + ("已完成", "已关闭")
_PLACES = (
    ("浙江省", "杭州市", "余杭区", "文一西路"), ("广东省", "深圳市", "南山区", "科苑路"), ("四川省", "成都市", "武侯区", "天府大道"), ("江苏省", "苏州市", "昆山市", "前进中路"),
    ("上海市", "上海市", "浦东新区", "张杨路"), ("北京市", "北京市", "朝阳区", "建国路"), ("湖北省", "武汉市", "洪山区", "珞喻路"), ("山东省", "青岛市", "市南区", "香港中路"),
)  # fmt: skip
_FAMILIES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗"
_START = datetime(2026, 9, 1, 8, 0, 0)  # noqa: DTZ001  written into a file, as a platform writes it


def code_of(item: int) -> str:
    return f"SKU-{item:04d}"


def title_of(item: int) -> str:
    return f"{_GOODS[item % 8]}{item % 97}款"


def specification_of(item: int) -> str:
    return f"{_COLOURS[item % 5]};{_SIZES[item % 4]}"


def price_fen_of(item: int) -> int:
    return 5_900 + item * 130


def rows_of(rows: int, *, receivers: str = "plain", first: int = 0) -> Iterator[list[str]]:
    """This function will give order lines as 抖店 writes them: ids with a tab, `-` for nothing. Those from `first` on are other orders."""
    for number in range(first, first + rows):
        chance = number * 2_654_435_761 % 2**32 % 1_000
        buyer = number - 1 if 18 <= chance < 20 else number  # the same person orders the same again, half a minute later
        item = buyer % ITEMS
        code = f"SKU{item:04d}X" if chance < 5 else code_of(item)
        price_fen = price_fen_of(item) // 2 if 5 <= chance < 11 else price_fen_of(item)
        quantity = 9 if 11 <= chance < 15 else 1 + number % 3
        amount = "很多钱" if chance == 999 else plain_yuan(price_fen * quantity)
        name, phone, place, address = _receiver(buyer, has_detail=not 15 <= chance < 18, receivers=receivers)
        paid_at = _START + timedelta(seconds=number * 31)
        yield [
            f"\t69{number:017d}", f"\t69{number:017d}", title_of(item), specification_of(item), str(quantity), code, plain_yuan(price_fen), amount,
            "0.00", name, phone, *place, address, f"{paid_at:%Y-%m-%d %H:%M:%S}", f"{paid_at + timedelta(seconds=12):%Y-%m-%d %H:%M:%S}",
            f"{paid_at + timedelta(days=2):%Y-%m-%d %H:%M:%S}", _STATES[number * 7 % 20], "-",
        ]  # fmt: skip


def _receiver(buyer: int, *, has_detail: bool, receivers: str) -> tuple[str, str, tuple[str, str, str], str]:
    province, city, area, street = _PLACES[buyer // 3 % 8]
    if receivers == "cipher":
        return f"##c1pher{buyer:08d}##", f"$$pH0ne{buyer:08d}$$", (province, city, area), f"##addr{buyer:08d}##"
    detail = f"{street}{buyer % 900 + 1}号{buyer // 900 + 1}幢{buyer % 30 + 101}室" if has_detail else ""
    return f"{_FAMILIES[buyer % 20]}女士", f"138{buyer:08d}", (province, city, area), detail


def write_orders(path: Path, rows: int, *, receivers: str = "plain", first: int = 0) -> None:
    """This function will write the file of the bench, always the same for the same number of rows."""
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADER)
            writer.writerows(rows_of(rows, receivers=receivers, first=first))
        return
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("订单")
        sheet.write_row(0, 0, HEADER)
        for number, row in enumerate(rows_of(rows, receivers=receivers, first=first), start=1):
            for index, cell in enumerate(row):
                sheet.write_string(number, index, cell)
