"""
The same orders as `order_file` in the layouts platforms really write: 抖店's 73 columns, 淘宝's ExportOrderList (41, GB18030), 拼多多's
order sheet (23), each with its quirks: ids behind tabs, `="…"`, apostrophes, “元” behind an amount, `-` for nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import xlsxwriter

from kaibo.cli.benches import order_file
from kaibo.demo.orders_file import COLUMNS as DOUYIN

TAOBAO = (
    "订单编号", "买家会员名", "买家支付宝账号", "买家应付货款", "买家应付邮费", "买家支付积分", "总金额", "返点积分", "买家实际支付金额", "买家实际支付积分",
    "订单状态", "买家留言", "收货人姓名", "收货地址 ", "运送方式", "联系电话 ", "联系手机", "订单创建时间", "订单付款时间 ", "宝贝标题 ", "宝贝种类 ", "物流单号 ",
    "物流公司", "订单备注", "宝贝总数量", "店铺Id", "店铺名称", "订单关闭原因", "卖家服务费", "买家服务费", "发票抬头", "是否手机订单", "分阶段订单信息",
    "特权订金订单id", "定金排名", "修改后的sku", "修改后的收货地址", "异常信息", "天猫卡券抵扣", "集分宝抵扣", "是否是O2O交易",
)  # fmt: skip
PDD = (
    "订单成交时间", "商品", "订单号", "订单状态", "商品总价(元)", "邮费(元)", "店铺优惠折扣(元)", "平台优惠折扣(元)", "多多支付立减金额(元)", "用户实付金额(元)",
    "商家实收金额(元)", "商品数量(件)", "发货时间", "确认收货时间", "商品id", "商品规格", "样式ID", "商家编码-规格维度", "商家编码-商品维度", "商家备注", "售后状态",
    "快递单号", "快递公司",
)  # fmt: skip
LAYOUTS = ("usual", "douyin", "taobao", "pdd")
"""`usual`: the 20 columns of `order_file`, which former measurements used."""
_TAOBAO_STATES = {"待发货": "买家已付款，等待卖家发货", "已发货": "卖家已发货，等待买家确认", "已完成": "交易成功", "已关闭": "交易关闭"}
_PDD_STATES = {"待发货": "待发货", "已发货": "已发货，待收货", "已完成": "已收货", "已关闭": "已取消"}


def header_of(layout: str) -> tuple[str, ...]:
    return {"usual": order_file.HEADER, "douyin": DOUYIN, "taobao": TAOBAO, "pdd": PDD}[layout]


def platform_of(layout: str) -> str:
    return "douyin" if layout == "usual" else layout


def write_layout(path: Path, rows: int, layout: str, *, receivers: str = "plain", first: int = 0) -> None:
    """This function will write the file of a layout, always the same for the same number of rows."""
    if layout == "usual":
        order_file.write_orders(path, rows, receivers=receivers, first=first)
        return
    told = (dict(zip(order_file.HEADER, row, strict=True)) for row in order_file.rows_of(rows, receivers=receivers, first=first))
    made = {"douyin": _douyin, "taobao": _taobao, "pdd": _pdd}[layout](told)
    if path.suffix == ".csv":
        with path.open("w", encoding="gb18030" if layout == "taobao" else "utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header_of(layout))
            writer.writerows(made)
        return
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("订单")
        sheet.write_row(0, 0, header_of(layout))
        for number, row in enumerate(made, start=1):
            for index, cell in enumerate(row):
                sheet.write_string(number, index, cell)


def _douyin(rows: Iterator[dict[str, str]]) -> Iterator[list[str]]:
    for row in rows:
        yield [row.get(column) or "-" for column in DOUYIN]


def _taobao(rows: Iterator[dict[str, str]]) -> Iterator[list[str]]:
    for row in rows:
        cells = {
            "订单编号": f'="{row["主订单编号"].strip()}"', "买家应付货款": row["订单应付金额"], "买家应付邮费": "0.00", "总金额": row["订单应付金额"],
            "买家实际支付金额": row["订单应付金额"], "订单状态": _TAOBAO_STATES[row["订单状态"]], "收货人姓名": row["收件人"],
            "收货地址 ": " ".join((row["省"], row["市"], row["区"], row["详细地址"])), "联系手机": f"'{row['收件人手机号']}", "订单创建时间": row["订单提交时间"],
            "订单付款时间 ": row["支付完成时间"], "宝贝标题 ": row["选购商品"], "宝贝种类 ": "1", "宝贝总数量": row["商品数量"], "店铺名称": "测速店", "卖家服务费": "0.00元",
        }  # fmt: skip
        yield [cells.get(column, "") for column in TAOBAO]


def _pdd(rows: Iterator[dict[str, str]]) -> Iterator[list[str]]:
    for row in rows:
        number = row["主订单编号"].strip()
        cells = {
            "订单成交时间": row["支付完成时间"], "商品": row["选购商品"], "订单号": f"{row['支付完成时间'][2:10].replace('-', '')}-{number[-15:]}",
            "订单状态": _PDD_STATES[row["订单状态"]], "商品总价(元)": row["订单应付金额"], "邮费(元)": "0.00", "用户实付金额(元)": row["订单应付金额"],
            "商家实收金额(元)": row["订单应付金额"], "商品数量(件)": row["商品数量"], "商品规格": row["商品规格"], "商家编码-规格维度": row["商家编码"],
            "售后状态": "无售后或售后取消",
        }  # fmt: skip
        yield [f"\t{cells[column]}\t" if column == "订单号" else cells.get(column, "") for column in PDD]
