"""
From a file to rows of text: xlsx, xls, xlsb, ods, csv, tsv and the HTML tables some platforms call `.xls`.

What a file is, is decided by its first bytes and not by its name. Text files are streamed; workbooks are held by the
reader in compact form and handed out row by row. A cell is always text: numbers, dates and times are written the one
way `cells` reads them, and a number too long for a spreadsheet keeps its `E+18`, so that it is refused and not invented.
"""

from __future__ import annotations

import codecs
import csv
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum

from kaibo.kit.errors import Invalid
from kaibo.plumbing.intake.html_tables import rows_of_html

Row = tuple[int, list[str]]
"""The row's number as a person counts it, from 1, and its cells."""

_CHUNK_BYTES = 1 << 20
_LARGEST_UNPACKED_BYTES = 2 << 30
_ENCODINGS = ("utf-8-sig", "gb18030")
_DELIMITERS = (",", "\t", ";", "|")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_LARGEST_EXACT = 10**15
csv.field_size_limit(4 << 20)


class NotASpreadsheet(Invalid):
    code = "intake.not_a_spreadsheet"
    message_zh = "“{file}”不是表格文件，能读的有 xlsx、xls、xlsb、ods、csv、tsv"
    message_en = "“{file}” is not a spreadsheet; xlsx, xls, xlsb, ods, csv and tsv can be read"


class SpreadsheetBroken(Invalid):
    code = "intake.spreadsheet_broken"
    message_zh = "“{file}”打不开：文件不完整或已损坏，常见原因是没有下载完。请从平台重新导出一次"
    message_en = "“{file}” cannot be opened: it is incomplete or damaged, often a download that did not finish. Export it from the platform again"


class SpreadsheetLocked(Invalid):
    code = "intake.spreadsheet_locked"
    message_zh = "“{file}”设了打开密码，请去掉密码另存后再导入"
    message_en = "“{file}” is protected by a password; save it without one and import again"


class SpreadsheetEmpty(Invalid):
    code = "intake.spreadsheet_empty"
    message_zh = "“{file}”里没有内容"
    message_en = "“{file}” is empty"


class SpreadsheetTooLarge(Invalid):
    code = "intake.spreadsheet_too_large"
    message_zh = "“{file}”解开后超过 2 GB，请分成几个文件导入"
    message_en = "“{file}” unpacks to more than 2 GB; split it into several files"


class UnknownEncoding(Invalid):
    code = "intake.unknown_encoding"
    message_zh = "“{file}”的文字编码认不出来，请另存为 UTF-8 的 CSV 或 xlsx"
    message_en = "The text encoding of “{file}” is unknown; save it as UTF-8 CSV or xlsx"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a file; `rows()` starts from the top each time it is called."""

    name: str
    rows: Callable[[], Iterator[Row]]
    rows_total: Callable[[], int | None]
    """How many rows there are, where the file says so; text files do not."""


def open_spreadsheet(path: Path, *, shown_name: str | None = None) -> list[Sheet]:
    """
    This function will give the sheets of a file, in its order, hidden ones last.

    Raises: NotASpreadsheet, SpreadsheetLocked, SpreadsheetEmpty, SpreadsheetTooLarge, UnknownEncoding.
    """
    name = shown_name or path.name
    with path.open("rb") as file:
        head = file.read(8192)
    if not head.strip(b"\x00 \r\n\t"):
        raise SpreadsheetEmpty(file=name)
    if head.startswith((_ZIP, _OLE)):
        return _workbook_sheets(path, name)
    if _looks_like_html(head):
        encoding = _encoding_of(path, name)
        return [Sheet("", lambda: rows_of_html(path, encoding), _unsaid)]
    if _looks_binary(head):
        raise NotASpreadsheet(file=name)
    encoding = _encoding_of(path, name)
    delimiter = _delimiter_of(path, encoding)
    return [Sheet("", lambda: _rows_of_csv(path, encoding, delimiter), _unsaid)]


def _unsaid() -> int | None:
    return None


def _workbook_sheets(path: Path, name: str) -> list[Sheet]:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > _LARGEST_UNPACKED_BYTES:
                raise SpreadsheetTooLarge(file=name)
    try:
        workbook = CalamineWorkbook.from_path(path)
        listed = [meta for meta in workbook.sheets_metadata if meta.typ == SheetTypeEnum.WorkSheet]
        listed.sort(key=lambda meta: "Visible" not in str(meta.visible))
        return [_workbook_sheet(workbook, meta.name, name) for meta in listed]
    except PasswordError as locked:
        raise SpreadsheetLocked(file=name) from locked
    except (CalamineError, OSError, zipfile.BadZipFile) as unreadable:
        with path.open("rb") as file:
            is_zip = file.read(4) == _ZIP
        raise (SpreadsheetBroken if is_zip and not zipfile.is_zipfile(path) else NotASpreadsheet)(file=name) from unreadable


def _workbook_sheet(workbook: CalamineWorkbook, name: str, file: str) -> Sheet:
    """Loaded when its first row is asked for: a workbook may have many sheets and only one of them is wanted."""
    loaded: list[CalamineSheet] = []

    def sheet() -> CalamineSheet:
        if not loaded:
            try:
                loaded.append(workbook.get_sheet_by_name(name))
            except CalamineError as broken:
                raise NotASpreadsheet(file=file) from broken
        return loaded[0]

    def rows() -> Iterator[Row]:
        for number, cells in enumerate(sheet().iter_rows(), start=1):
            yield number, [cell if type(cell) is str else cell_text(cell) for cell in cells]

    return Sheet(name, rows, lambda: sheet().total_height)


def cell_text(cell: Any) -> str:
    """This function will write one workbook cell as the text a person would have typed."""
    if isinstance(cell, str):
        return cell.replace("\x00", "")
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float | int):
        return _number_text(float(cell))
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        seconds = round(cell.total_seconds())
        return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"
    return "" if cell is None else str(cell)


def _number_text(number: float) -> str:
    """Spreadsheets keep 15 digits; what needs more has already lost some, and must look like it."""
    if number != number or number in {float("inf"), float("-inf")}:  # noqa: PLR0124  NaN is the one that differs from itself
        return ""
    if number == int(number):
        return str(int(number)) if abs(number) < _LARGEST_EXACT else f"{number:.14E}"
    shown = f"{number:.15g}"
    return shown if "e" not in shown else f"{number:.20f}".rstrip("0")


def _looks_like_html(head: bytes) -> bool:
    plain = head.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t").lower()
    return plain.startswith(b"<") and (b"<table" in plain or b"<html" in plain or b"<meta" in plain)


def _looks_binary(head: bytes) -> bool:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return False
    odd = sum(byte < 9 or 13 < byte < 32 for byte in head)
    return head.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8", b"Rar!", b"\x1f\x8b")) or odd * 50 > len(head)


def _encoding_of(path: Path, name: str) -> str:
    """UTF-16 only with its BOM; else the first of utf-8 (with or without BOM) and gb18030 that fits every byte."""
    with path.open("rb") as file:
        is_utf16 = file.read(2) in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
    for encoding in ("utf-16",) if is_utf16 else _ENCODINGS:
        decoder = codecs.getincrementaldecoder(encoding)("strict")
        try:
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK_BYTES):
                    decoder.decode(chunk)
                decoder.decode(b"", final=True)
            return encoding
        except UnicodeDecodeError:
            continue
    raise UnknownEncoding(file=name)


def _delimiter_of(path: Path, encoding: str) -> str:
    """The delimiter that gives most of the first lines the same, largest number of cells."""
    with path.open(encoding=encoding, newline="") as file:
        lines = [line for line in islice(file, 60) if line.strip()]

    def regularity(delimiter: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        usual = max(set(widths), key=lambda width: (widths.count(width) * (width > 1), width))
        return (widths.count(usual) if usual > 1 else 0, usual)

    return max(_DELIMITERS, key=regularity)


def _rows_of_csv(path: Path, encoding: str, delimiter: str) -> Iterator[Row]:
    with path.open(encoding=encoding, newline="") as file:
        lines = (line.replace("\x00", "") for line in file)
        first = next(lines, "")
        # Excel's own way to name the delimiter, as a first line of its own.
        start = [] if re.fullmatch(r"sep=.\s*", first) else [first]
        offset = 1 if start else 2
        yield from enumerate(csv.reader(chain(start, lines), delimiter=delimiter), start=offset)
