"""Files we give: ids stay text, texts never run, figures stay figures."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from kaibo.kit.errors import Forbidden
from kaibo.plumbing.audit.models import AuditRow
from kaibo.plumbing.intake import exports, queries
from kaibo.plumbing.intake.kinds import Cell, ExportColumn
from kaibo.plumbing.intake.writing import FormatUnknown, csv_cell, neutral, write_file
from tests.plumbing.intake.conftest import ALICE, NOW, counts, csv_bytes, import_bytes, person
from tests.plumbing.intake.kinds import contents
from tests.plumbing.intake.test_imports import BAD, GOOD

COLUMNS = [
    ExportColumn("id", "编号"), ExportColumn("note", "备注"), ExportColumn("fen", "金额", Cell.MONEY), ExportColumn("bp", "比例", Cell.RATE),
    ExportColumn("n", "件数", Cell.WHOLE), ExportColumn("at", "时间", Cell.WHEN), ExportColumn("day", "日期", Cell.DAY),
]  # fmt: skip
MOMENT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ROWS = [("6917000000000000001", "=HYPERLINK(\"http://x\")", 123450, 68, 3, MOMENT, date(2026, 11, 22)), ("2", None, -5, None, None, None, None)]


def test_xlsx_keeps_long_ids_and_formulas_as_text(tmp_path):
    path = tmp_path / "a.xlsx"
    assert write_file(path, COLUMNS, iter(ROWS), format_="xlsx", title="订单[1]") == 2
    head, first, second = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert head == ["编号", "备注", "金额", "比例", "件数", "时间", "日期"]
    assert first == ["6917000000000000001", '=HYPERLINK("http://x")', 1234.5, 0.0068, 3.0, datetime(2026, 11, 22, 20, 0), date(2026, 11, 22)]
    assert second[:4] == ["2", "", -0.05, ""]


def test_csv_opens_in_excel_and_cannot_run(tmp_path):
    path = tmp_path / "a.csv"
    write_file(path, COLUMNS, iter(ROWS), format_="csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(path.open(encoding="utf-8-sig", newline="")))
    assert lines[1] == ["\t6917000000000000001", "'=HYPERLINK(\"http://x\")", "1234.50", "0.68%", "3", "2026-11-22 20:00:00", "2026-11-22"]
    assert lines[2] == ["2", "", "-0.05", "", "", "", ""]


def test_parquet_has_types_and_null_is_not_empty(tmp_path):
    path = tmp_path / "a.parquet"
    assert write_file(path, COLUMNS, iter([*ROWS, ("3", "", 0, 0, 0, None, None)]), format_="parquet") == 3
    assert list(tmp_path.iterdir()) == [path]
    rows = duckdb.sql(f'SELECT id, note, fen, bp, n, epoch("at"), day FROM \'{path}\' ORDER BY id').fetchall()
    assert rows == [("2", None, -5, None, None, None, None), ("3", "", 0, 0, 0, None, None), ("6917000000000000001", '=HYPERLINK("http://x")', 123450, 68, 3, MOMENT.timestamp(), date(2026, 11, 22))]


@given(st.text())
def test_no_exported_text_begins_as_a_formula(text):
    assert not csv_cell(ExportColumn("x", "x"), text).startswith(("=", "+", "-", "@", "\r"))
    assert not csv_cell(ExportColumn("x", "x"), text).startswith("\t") or text.isascii()
    assert neutral(text).removeprefix("'") == text.removeprefix("'") or neutral(text) == text


@pytest.mark.parametrize(
    ("text", "written"), [("0571", "\t0571"), ("1E5", "\t1E5"), ("2.5e10", "\t2.5e10"), ("138001380001", "\t138001380001"), ("13800138000", "13800138000"), ("0", "0"), ("12.50", "12.50"), ("-1", "'-1")],
)  # fmt: skip
def test_a_text_that_a_spreadsheet_would_read_as_another_number_stands_behind_a_tab_in_csv(text, written):
    assert csv_cell(ExportColumn("x", "x"), text) == written


@pytest.mark.django_db
def test_an_export_is_recorded_and_needs_its_ability(tmp_path):
    path = tmp_path / "a.csv"
    given_ = {"kind_key": "parcels", "path": path, "format_": "csv", "start": None, "end": None, "reason": "", "now": NOW}
    with pytest.raises(Forbidden):
        exports.write_export(actor=person("intake:run:see"), **given_)
    assert (path.exists(), AuditRow.objects.count()) == (False, 0)
    assert exports.write_export(actor=ALICE, **given_) == 2
    assert [(row.deed, row.subject, row.actor_name) for row in AuditRow.objects.all()] == [("intake:export:take", "export:parcels", "小仓")]
    with pytest.raises(queries.KindUnknown):
        exports.write_export(actor=ALICE, **{**given_, "kind_key": "nonsense"})
    with pytest.raises(FormatUnknown):
        exports.write_export(actor=ALICE, **{**given_, "format_": "pdf"})


@pytest.mark.django_db
def test_waiting_rows_go_out_with_reasons_and_come_back_corrected(parcels, tmp_path):
    run = import_bytes(csv_bytes(GOOD, BAD))
    path = tmp_path / "隔离行.xlsx"
    assert exports.write_quarantine(actor=ALICE, run_id=run.pk, path=path, now=NOW)[1] == 1
    head, row = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert head[-3:] == ["隔离编号", "原行号", "隔离原因"]
    assert row[-1] == "【订单应付金额】“二十八元”不是金额，请写成 1234.50 这样的数字，最多两位小数"
    assert "13812345679" not in "".join(map(str, row))
    row[head.index("订单应付金额")] = "28.00"
    mended = [ExportColumn(name, name) for name in head]
    write_file(tmp_path / "mended.xlsx", mended, [row], format_="xlsx")
    again = import_bytes((tmp_path / "mended.xlsx").read_bytes(), name="mended.xlsx")
    assert counts(again) == (1, 1, 0, 0, 0)
    assert contents()[1] == ("6917000000000000002", "围巾", 2800, 2, "13812345679")
    assert queries.waiting_rows(run).count() == 0


@pytest.mark.django_db
def test_a_row_that_comes_back_still_wrong_waits_once_with_its_new_reason(parcels, tmp_path):
    run = import_bytes(csv_bytes(BAD))
    path = tmp_path / "q.xlsx"
    exports.write_quarantine(actor=ALICE, run_id=run.pk, path=path, now=NOW)
    again = import_bytes(path.read_bytes(), name="q.xlsx")
    assert counts(again) == (1, 0, 0, 0, 1)
    (waiting,) = queries.waiting_rows(again)
    assert queries.waiting_rows(run).count() == 0
    assert waiting.cells[2] == "二十八元"
    assert contents() == []


def test_the_example_file_of_a_kind_can_be_imported(tmp_path):
    path = tmp_path / "sample.xlsx"
    kind = exports.write_sample(kind_key="parcels", path=path)
    assert CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()[1][:3] == ["6917000000000000001", "羊毛大衣", "¥1,299.00"]
    assert kind.key == "parcels"
