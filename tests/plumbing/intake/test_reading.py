"""Files in the formats in which they really come, each written here by code."""

from __future__ import annotations

import re
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import xlsxwriter

from kaibo.plumbing.intake.headers import ColumnsMissing
from kaibo.plumbing.intake.kinds import ParsedRow
from kaibo.plumbing.intake.plan import make_plan
from kaibo.plumbing.intake.reading import cell_text, open_spreadsheet
from tests.plumbing.intake.kinds import PARCELS

HEADER = ["主订单编号", "选购商品", "订单应付金额", "商品数量", "收件人手机号", "支付完成时间"]
ORDER = "6917000000000000001"


def rows_of(path: Path, **options) -> list:
    plan = make_plan(PARCELS, path, mapping=options.get("mapping", {}), shown_name=path.name)
    return [plan.parser.parse(row) for row in plan.rows()]


def values_of(path: Path) -> list[dict]:
    rows = rows_of(path)
    assert all(isinstance(row, ParsedRow) for row in rows), rows
    return [{key: row.get(key) for key in ("order_no", "goods", "paid_fen", "quantity")} for row in rows]


ONE = [{"order_no": ORDER, "goods": "羊毛大衣", "paid_fen": 129900, "quantity": 1}]


def written(tmp_path: Path, name: str, content: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


LINE = f'"\t{ORDER}",羊毛大衣,"1,299.00",1,-,2026-11-22 20:00:00'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_csv_is_read_in_every_encoding_it_comes_in(tmp_path, encoding):
    content = (",".join(HEADER) + "\r\n" + LINE + "\r\n").encode(encoding)
    assert values_of(written(tmp_path, "a.csv", content)) == ONE


@pytest.mark.parametrize("delimiter", ["\t", ";", "|"])
def test_the_delimiter_is_found_out(tmp_path, delimiter):
    lines = [delimiter.join(HEADER), delimiter.join([f"'{ORDER}", "羊毛大衣", "￥1,299.00元", "1", "--", "—"])]
    assert values_of(written(tmp_path, "a.txt", "\n".join(lines).encode())) == ONE


def test_excels_own_line_about_the_delimiter_is_no_row(tmp_path):
    content = "sep=;\n" + ";".join(HEADER) + f"\n{ORDER};羊毛大衣;1299;1;;\n"
    (row,) = rows_of(written(tmp_path, "a.csv", content.encode()))
    assert (row.row_number, row["paid_fen"]) == (3, 129900)


def test_taobao_writes_ids_as_formulas_and_headers_with_spaces(tmp_path):
    content = f'订单编号,商品名称 ,应付金额（元）,商品数量\n="{ORDER}",羊毛大衣,1299.00元,1\n'
    assert values_of(written(tmp_path, "ExportOrderList.csv", content.encode("gb18030"))) == ONE


def test_an_html_table_called_xls_is_read(tmp_path):
    cells = "".join(f"<th>{name}</th>" for name in HEADER)
    content = f'<html><meta charset="gb2312"><body><table><tr><td colspan="6">订单导出</td></tr><tr>{cells}</tr><tr><td>{ORDER}<td>羊毛<b>大衣</b><td>&yen;1,299.00<td>1<td><td></tr></table>'
    assert values_of(written(tmp_path, "订单.xls", content.encode("gb18030"))) == ONE


def workbook(path: Path, fill) -> Path:
    book = xlsxwriter.Workbook(str(path))
    fill(book, book.add_worksheet("订单"))
    book.close()
    return path


def test_title_rows_and_merged_headers_stand_above_the_rows(tmp_path):
    def fill(book, sheet):
        sheet.merge_range("A1:F1", "2026 年 11 月订单明细")
        sheet.merge_range("A3:A4", "主订单编号")
        sheet.merge_range("B3:D3", "商品")
        sheet.write_row("B4", ["选购商品", "订单应付金额", "商品数量"])
        sheet.write_row("A5", [ORDER, "羊毛大衣", 1299.0, 1])

    assert values_of(workbook(tmp_path / "a.xlsx", fill)) == ONE


def test_a_workbook_that_lies_about_its_size_is_read_whole(tmp_path):
    honest = workbook(tmp_path / "a.xlsx", lambda book, sheet: (sheet.write_row(0, 0, HEADER), sheet.write_row(1, 0, [ORDER, "羊毛大衣", "1299", "1"])))
    lying = tmp_path / "b.xlsx"
    with zipfile.ZipFile(honest) as source, zipfile.ZipFile(lying, "w") as target:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename.endswith("sheet1.xml"):
                content, count = re.subn(rb'<dimension ref="[^"]+"/>', b'<dimension ref="A1"/>', content)
                assert count == 1
            target.writestr(entry, content)
    assert values_of(lying) == ONE


def test_the_sheet_that_holds_the_columns_is_chosen(tmp_path):
    def fill(book, sheet):
        sheet.write_row(0, 0, ["说明", "请勿修改"])
        other = book.add_worksheet("包裹详情")
        other.write_row(2, 0, HEADER)
        other.write_row(3, 0, [ORDER, "羊毛大衣", "1299", "1"])

    (row,) = rows_of(workbook(tmp_path / "a.xlsx", fill))
    assert (row.row_number, row["order_no"]) == (4, ORDER)


def test_an_id_kept_as_a_number_is_refused_and_never_invented(tmp_path):
    def fill(book, sheet):
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, [6917000000000000001, "大衣", 1, 1])
        sheet.write_row(2, 0, [691700000000001, "大衣", 1, 1])

    refused, kept = rows_of(workbook(tmp_path / "a.xlsx", fill))
    assert [(reason.code, reason.column) for reason in refused] == [("intake.digits_lost", "order_no")]
    assert "6.91700000000000E+18" in refused[0].message_zh
    assert kept["order_no"] == "691700000000001"


def test_a_csv_saved_again_by_a_spreadsheet_program_is_refused_too(tmp_path):
    (refused,) = rows_of(written(tmp_path, "a.csv", (",".join(HEADER) + "\n6.917E+18,大衣,1,1,,\n").encode()))
    assert refused[0].code == "intake.digits_lost"


def test_row_two_that_explains_the_columns_is_passed_over_and_noted(tmp_path):
    content = ",".join(HEADER) + "\nPlatform unique order ID.,Name,The amount.,How many,,When\n" + f"{ORDER},羊毛大衣,1299,1,,\n"
    path = written(tmp_path, "a.csv", content.encode())
    plan = make_plan(PARCELS, path, mapping={}, shown_name="a")
    assert [row.number for row in plan.rows()] == [3]
    assert plan.notes == {2: "description"}


def test_a_first_row_with_one_wrong_figure_is_no_description(tmp_path):
    content = ",".join(HEADER) + f"\n{ORDER},羊毛大衣,x,1,,\n{ORDER},羊毛大衣,1299,1,,\n"
    assert len(rows_of(written(tmp_path, "a.csv", content.encode()))) == 2


def test_totals_and_blank_rows_are_no_data_but_goods_called_total_are(tmp_path):
    content = ",".join(HEADER) + f"\n{ORDER},总计,1299,1,,\n,,,,,\n合计,,1299,1,,\n"
    plan = make_plan(PARCELS, written(tmp_path, "a.csv", content.encode()), mapping={}, shown_name="a")
    assert [row.number for row in plan.rows()] == [2]
    assert plan.notes == {4: "total"}


def test_unknown_columns_are_passed_over(tmp_path):
    content = ",".join([*HEADER, "新栏目", "隔离原因"]) + f"\n{ORDER},羊毛大衣,1299,1,,, 值 ,\n"
    (row,) = rows_of(written(tmp_path, "a.csv", content.encode()))
    assert sorted(row.values) == sorted(column.key for column in PARCELS.columns)


def test_missing_columns_are_named_with_the_nearest_header(tmp_path):
    path = written(tmp_path, "a.csv", "订单导出\n订单号,选购商品,订单应付金客\n1,大衣,2\n".encode())
    with pytest.raises(ColumnsMissing) as caught:
        rows_of(path)
    assert caught.value.details["missing_keys"] == ["paid_fen"]
    assert (caught.value.details["header_row"], caught.value.details["nearest"]) == (2, {"paid_fen": "订单应付金客"})


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (28.9, "28.9"), (0.1 + 0.2, "0.3"), (3.0, "3"), (True, "是"), (6.917e18, "6.91700000000000E+18"), (0.00001, "0.00001"),
        (datetime(2026, 11, 22, 20, 0, 1), "2026-11-22 20:00:01"), (timedelta(hours=26, seconds=3), "26:00:03"), (float("nan"), ""),
    ],
)
def test_a_workbook_cell_becomes_the_text_a_person_would_have_typed(cell, text):
    assert cell_text(cell) == text


def test_row_numbers_are_those_a_person_sees_even_when_a_sheet_begins_lower(tmp_path):
    def fill(book, sheet):
        sheet.write_row(4, 1, HEADER)
        sheet.write_row(5, 1, [ORDER, "羊毛大衣", "1299", "1"])

    (sheet,) = open_spreadsheet(workbook(tmp_path / "a.xlsx", fill))
    assert [number for number, cells in sheet.rows() if any(cells)] == [5, 6]
