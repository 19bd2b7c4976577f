"""Every file that leaves the house: ids stay whole, nothing runs as a formula. Whoever registers an export is looked at here by itself."""

from __future__ import annotations

import ast
import csv
import gc
import importlib
import re
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

import kaibo
from kaibo.config.wiring import WIRING
from kaibo.plumbing.intake.kinds import Cell, ExportKind
from kaibo.plumbing.intake.writing import write_file
from kaibo.plumbing.tables.spec import Table

EXPORTS = sorted(WIRING.export_kinds().values(), key=lambda kind: kind.key)
ORDER_NO = "6917000000000000001"
NASTY = (ORDER_NO, '=HYPERLINK("http://x")', "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "0571", "1E5", "林夏，“短款”")
"""What people and platforms may have written into a text of ours."""
MOMENT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FIGURES: dict[Cell, Any] = {Cell.WHOLE: 3, Cell.MONEY: 123_450, Cell.RATE: 68, Cell.WHEN: MOMENT, Cell.DAY: date(2026, 11, 22)}
IS_A_NUMBER_OF_SOMETHING = re.compile(r"单号|编号|编码|条码|电话|手机|账号|(^|_)(no|id|code|phone|barcode|tracking)$", re.IGNORECASE)


def rows_of(kind: ExportKind) -> list[tuple[Any, ...]]:
    return [tuple(nasty if column.cell is Cell.TEXT else FIGURES[column.cell] for column in kind.columns) for nasty in NASTY]


def test_there_are_exports_to_look_at():
    assert len(EXPORTS) > 15


@pytest.mark.parametrize("kind", EXPORTS, ids=lambda kind: kind.key)
def test_what_identifies_something_is_text_and_no_figure(kind):
    wrong = [column.title for column in kind.columns if IS_A_NUMBER_OF_SOMETHING.search(f"{column.title} {column.key}") and column.cell is not Cell.TEXT]
    assert wrong == []


@pytest.mark.parametrize("kind", EXPORTS, ids=lambda kind: kind.key)
def test_in_a_workbook_every_text_comes_back_as_it_was_and_nothing_is_a_formula(tmp_path, kind):
    path = tmp_path / "导出.xlsx"
    rows = rows_of(kind)
    assert write_file(path, kind.columns, rows, format_="xlsx", title=kind.title_zh) == len(NASTY)
    with zipfile.ZipFile(path) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    head, *read = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert head == [column.title for column in kind.columns] and len(set(head)) == len(head), "two columns of one name cannot be told apart"
    for row, cells in zip(rows, read, strict=True):
        texts = [(value, cell) for column, value, cell in zip(kind.columns, row, cells, strict=True) if column.cell is Cell.TEXT]
        assert all(cell == value for value, cell in texts)
        assert all(type(cell) is not str for column, cell in zip(kind.columns, cells, strict=True) if column.cell is not Cell.TEXT), "figures can be summed"


@pytest.mark.parametrize("kind", EXPORTS, ids=lambda kind: kind.key)
def test_in_csv_ids_are_not_rounded_and_nothing_is_a_formula(tmp_path, kind):
    path = tmp_path / "导出.csv"
    write_file(path, kind.columns, rows_of(kind), format_="csv", title=kind.title_zh)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf"), "Excel takes a file without it for the system's own encoding"
    with path.open(encoding="utf-8-sig", newline="") as file:
        _head, *read = csv.reader(file)
    for nasty, cells in zip(NASTY, read, strict=True):
        for column, cell in zip(kind.columns, cells, strict=True):
            assert not cell.startswith(("=", "+", "-", "@", "\t=", "\r"))
            if column.cell is Cell.TEXT and nasty in {ORDER_NO, "0571", "1E5"}:
                assert cell == f"\t{nasty}"


def test_lists_that_go_out_as_files_give_numbers_of_things_as_text():
    importlib.import_module("kaibo.config.urls")
    found = [one for one in gc.get_objects() if isinstance(one, Table)]
    assert len(found) > 10
    wrong = [
        f"{table.key}: {column.title}" for table in found for column in table.columns
        if column.export and column.kind in {"money", "count", "rate"} and IS_A_NUMBER_OF_SOMETHING.search(str(column.title))
    ]  # fmt: skip
    assert wrong == []


WRITES_BY_ITSELF = {"xlsxwriter", "csv.writer", "csv.DictWriter"}
ALLOWED = {"plumbing/intake/writing.py"}
NOT_GIVEN_TO_PEOPLE = ("cli/benches/", "demo/", "channels/", "simulator/")


def test_files_for_people_are_written_in_one_place_only():
    house = Path(kaibo.__file__).parent
    found = set()
    for path in house.rglob("*.py"):
        name = path.relative_to(house).as_posix()
        if name in ALLOWED or name.startswith(NOT_GIVEN_TO_PEOPLE):
            continue
        text = path.read_text(encoding="utf-8")
        if "csv" not in text and "xlsxwriter" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import) and any(one.name == "xlsxwriter" for one in node.names):
                found.add(name)
            if isinstance(node, ast.Attribute) and ast.unparse(node) in WRITES_BY_ITSELF:
                found.add(name)
    assert found == set()
