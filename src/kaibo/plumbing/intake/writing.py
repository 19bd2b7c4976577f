"""
Rows to a file: xlsx in constant memory, csv that Excel opens, parquet for machines.

Ids stay text, and a text that a spreadsheet would run as a formula (`=`, `+`, `-`, `@` first) stays a text: in xlsx by
its cell type, in csv by a quote in front. A number of 19 digits in a csv, which a spreadsheet would round to 6.9E+18, stands behind a
TAB, as 抖店 itself writes it; so does any text a spreadsheet would read as another number (0571, 1E5). Source: OWASP "CSV injection".
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

import xlsxwriter

from kaibo.kit.clock import in_shanghai
from kaibo.kit.errors import Invalid
from kaibo.kit.money import plain_yuan
from kaibo.plumbing.intake.kinds import Cell, ExportColumn

CONTENT_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_OTHER_NUMBER = re.compile(r"\d{12,}|0\d+|\d+(\.\d+)?[eE]\d+", re.ASCII)
_WIDEST = 48
_LONGEST_CELL = 32_000
_MOST_ROWS = 1_000_000
_PARQUET_TYPES = {
    Cell.WHOLE: "BIGINT",
    Cell.MONEY: "BIGINT",
    Cell.RATE: "BIGINT",
    Cell.WHEN: "TIMESTAMPTZ",
    Cell.DAY: "DATE",
}


class CanWrite(Protocol):
    """A file, or an answer to a browser."""

    def write(self, text: str, /) -> object: ...


class FormatUnknown(Invalid):
    code = "intake.format_unknown"
    message_zh = "不能写成“{format}”，可选：{known}"
    message_en = "Cannot write “{format}”; known are: {known}"


class TooManyRows(Invalid):
    code = "intake.too_many_rows"
    message_zh = "超过 {most} 行，一个 Excel 表放不下；请缩小范围，或导出 csv"
    message_en = "More than {most} rows do not fit a sheet; narrow the range or export csv"


def file_format(said: str) -> str:
    """This function will give a known format. Raises: FormatUnknown."""
    if said not in CONTENT_TYPES:
        raise FormatUnknown(format=said, known="、".join(CONTENT_TYPES))
    return said


def write_file(
    path: Path, columns: Sequence[ExportColumn], rows: Iterable[Sequence[Any]], *, format_: str, title: str = ""
) -> int:
    """This function will write rows and give their number. Raises: TooManyRows."""
    writers: dict[str, Callable[[Path, Sequence[ExportColumn], Iterable[Sequence[Any]], str], int]] = {
        "xlsx": _write_xlsx,
        "csv": _write_csv,
        "parquet": _write_parquet,
    }
    return writers[format_](path, columns, rows, title)


def _write_xlsx(path: Path, columns: Sequence[ExportColumn], rows: Iterable[Sequence[Any]], title: str) -> int:
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet = book.add_worksheet(_sheet_name(title))
        shapes = {
            Cell.MONEY: book.add_format({"num_format": "0.00"}),
            Cell.RATE: book.add_format({"num_format": "0.00%"}),
            Cell.WHEN: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            Cell.DAY: book.add_format({"num_format": "yyyy-mm-dd"}),
            Cell.WHOLE: book.add_format({"num_format": "0"}),
        }
        bold = book.add_format({"bold": True, "bottom": 1})
        for index, column in enumerate(columns):
            sheet.set_column(
                index, index, min(_WIDEST, max(10, 2 * len(column.title) + 2, 20 if column.cell == Cell.WHEN else 0))
            )
            sheet.write_string(0, index, column.title, bold)
        sheet.freeze_panes(1, 0)
        count = 0
        for count, row in enumerate(rows, start=1):
            if count > _MOST_ROWS:
                raise TooManyRows(most=_MOST_ROWS)
            for index, (column, value) in enumerate(zip(columns, row, strict=True)):
                _write_cell(sheet, count, index, column, value, shapes)
    return count


def _write_cell(sheet: Any, row: int, index: int, column: ExportColumn, value: Any, shapes: dict[Cell, Any]) -> None:
    if value is None or value == "":
        return
    if column.cell == Cell.MONEY and isinstance(value, int):
        sheet.write_number(
            row, index, value / 100, shapes[Cell.MONEY]
        )  # a spreadsheet knows no fen; shown with two decimals
    elif column.cell == Cell.RATE and isinstance(value, int):
        sheet.write_number(row, index, value / 10_000, shapes[Cell.RATE])
    elif column.cell == Cell.WHOLE and isinstance(value, int):
        sheet.write_number(row, index, value, shapes[Cell.WHOLE])
    elif isinstance(value, datetime):
        sheet.write_datetime(row, index, in_shanghai(value).replace(tzinfo=None), shapes[Cell.WHEN])
    elif isinstance(value, date):
        sheet.write_datetime(row, index, datetime(value.year, value.month, value.day), shapes[Cell.DAY])  # noqa: DTZ001  a calendar day has no zone
    else:
        sheet.write_string(row, index, str(value)[:_LONGEST_CELL])


def _write_csv(path: Path, columns: Sequence[ExportColumn], rows: Iterable[Sequence[Any]], title: str) -> int:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        return write_lines(file, columns, rows)


def write_lines(out: CanWrite, columns: Sequence[ExportColumn], rows: Iterable[Sequence[Any]]) -> int:
    """This function will write csv into something open and give the number of rows; the BOM Excel wants is its opener's."""
    writer = csv.writer(out)
    writer.writerow([neutral(column.title) for column in columns])
    count = 0
    for count, row in enumerate(rows, start=1):  # noqa: B007  the last number is the answer
        writer.writerow([csv_cell(column, value) for column, value in zip(columns, row, strict=True)])
    return count


def csv_cell(column: ExportColumn, value: Any) -> str:
    """This function will write a value for csv; figures stay figures, texts cannot become formulas or other numbers."""
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        if column.cell == Cell.MONEY:
            return plain_yuan(value)
        if column.cell == Cell.RATE:
            return f"{'-' if value < 0 else ''}{abs(value) // 100}.{abs(value) % 100:02d}%"
        if column.cell == Cell.WHOLE:
            return str(value)
    if isinstance(value, datetime):
        return in_shanghai(value).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    return f"\t{value}" if _OTHER_NUMBER.fullmatch(str(value)) else neutral(str(value))


def neutral(text: str) -> str:
    """This function will put a quote before a text that a spreadsheet would run as a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _write_parquet(path: Path, columns: Sequence[ExportColumn], rows: Iterable[Sequence[Any]], title: str) -> int:
    """Through a plain csv beside it, which DuckDB turns into typed columns without holding the rows."""
    draft = path.with_suffix(".draft.csv")
    count = 0
    with draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        for count, row in enumerate(rows, start=1):  # noqa: B007  the last number is the answer
            writer.writerow(
                [
                    value.isoformat() if isinstance(value, date) else "\\N" if value is None else str(value)
                    for value in row
                ]
            )
    types = {column.key: _PARQUET_TYPES.get(column.cell, "VARCHAR") for column in columns}
    import duckdb  # loaded by who writes Parquet, not by every process that starts

    with duckdb.connect() as store:
        store.execute(
            "COPY (SELECT * FROM read_csv($draft, header=false, columns=$types, nullstr='\\N', quote='\"', escape='\"', delim=',', auto_detect=false))"
            f" TO '{str(path).replace(chr(39), chr(39) * 2)}' (FORMAT parquet, COMPRESSION zstd)".replace(
                "$types", _struct(types)
            ),
            {"draft": str(draft)},
        )
    draft.unlink()
    return count


def _struct(types: dict[str, str]) -> str:
    return "{" + ", ".join(f"'{name}': '{kind}'" for name, kind in types.items()) + "}"


def _sheet_name(title: str) -> str:
    return "".join(letter for letter in title if letter not in "[]:*?/\\")[:31] or "Sheet1"
