"""
How one file is read for one kind: which sheet, which header, and each row as values or as reasons.

A plan made twice from the same file and mapping gives the same rows in the same order; that is what lets a killed run
go on from its position.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from kaibo.kit.errors import KaiboError
from kaibo.kit.text import clean_cell
from kaibo.plumbing.intake.cells import CellEmpty, CellRefused, Parser, text
from kaibo.plumbing.intake.headers import HEADER_WITHIN_ROWS, Header, find_header, refuse_missing
from kaibo.plumbing.intake.kinds import ImportKind, ParsedRow, Refused
from kaibo.plumbing.intake.reading import Sheet, SpreadsheetEmpty, open_spreadsheet

_TOTALS = frozenset({"合计", "总计", "小计", "汇总", "总和", "total", "合计:", "总计:"})

_REMEMBERED = 2_048
"""Cells a column remembers: states, shops and prices repeat, and parsers are pure."""


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as it stands in the file: its number, from 1, and its cells verbatim."""

    number: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class RowParser:
    """Reads raw rows of one layout; made from the header once, used for the file and again for corrected rows."""

    kind: ImportKind
    names: tuple[str, ...]
    columns: Mapping[str, int]
    _known: tuple[tuple[int, str, Parser, bool, dict[str, object]], ...] = field(init=False)
    _unknown: tuple[tuple[int, str], ...] = field(init=False)

    def __post_init__(self) -> None:
        known = [
            (self.columns[column.key], column.key, column.parse, column.required and not column.may_be_empty, {})
            for column in self.kind.columns
            if column.key in self.columns
        ]
        taken = set(self.columns.values())
        unknown = [(index, name) for index, name in enumerate(self.names) if name and index not in taken]
        object.__setattr__(self, "_known", tuple(known))
        object.__setattr__(self, "_unknown", tuple(unknown))

    def parse(self, row: RawRow) -> ParsedRow | list[Refused]:
        """This function will read every known cell, or give a reason for each one that cannot be read."""
        cells = row.cells
        width = len(cells)
        values: dict[str, object] = {}
        refused: list[Refused] | None = None
        for index, key, parse, is_needed, seen in self._known:
            raw = cells[index] if index < width else ""
            if raw in seen:
                values[key] = seen[raw]
                continue
            cell = clean_cell(raw)
            try:
                if cell:
                    values[key] = value = parse(cell)
                    if len(seen) < _REMEMBERED:
                        seen[raw] = value
                elif is_needed:
                    raise CellEmpty
                else:
                    values[key] = None
            except CellRefused as complaint:
                refused = [*(refused or []), refusal(complaint, column=key)]
            except (KaiboError, ValueError, ArithmeticError) as failure:
                refused = [*(refused or []), _unread(failure, column=key)]
        if refused:
            return refused
        extra = {name: cells[index] for index, name in self._unknown if index < width and cells[index]}
        read = ParsedRow(row.number, values, extra)
        return read if self.kind.meaning_of is None else self._with_meaning(read, self.kind.meaning_of)

    def _with_meaning(self, read: ParsedRow, meaning_of: Callable[[ParsedRow], Any]) -> ParsedRow:
        try:
            read.meaning = meaning_of(read)
        except Exception:  # `apply` will meet the same, and there a failing row waits alone
            return read
        return read

    def personal_indexes(self) -> list[int]:
        return [self.columns[one.key] for one in self.kind.columns if one.personal and one.key in self.columns]


def refusal(complaint: CellRefused, *, column: str) -> Refused:
    """This function will turn a parser's complaint into the reason that is kept beside the row."""
    return Refused(complaint.code, complaint.message("zh"), complaint.message("en"), column, complaint.proposed)


def _unread(failure: Exception, *, column: str) -> Refused:
    """A kind's own parser may complain in its own words, or not foresee a cell at all: the row waits all the same."""
    if isinstance(failure, KaiboError):
        return Refused(failure.code, failure.message("zh"), failure.message("en"), column)
    return Refused("intake.cell_unreadable", "这一格读不懂", "This cell cannot be read", column)


@dataclass(frozen=True, slots=True)
class Plan:
    """A file made ready: rows below its header, without blank, description and total rows (each noted)."""

    sheet: Sheet
    header: Header
    parser: RowParser
    notes: dict[int, str] = field(default_factory=dict)
    """Rows passed over on purpose: row number → description or total."""

    @property
    def rows_total(self) -> int | None:
        said = self.sheet.rows_total()
        return None if said is None else max(0, said - self.header.row_number)

    def rows(self) -> Iterator[RawRow]:
        """This function will give the rows of data, in the order of the file."""
        rows = (
            RawRow(number, cells)
            for number, cells in self.sheet.rows()
            if number > self.header.row_number and any(cells)
        )
        first = next(rows, None)
        second = next(rows, None)
        if first is not None:
            if self._is_description(first, second):
                self.notes[first.number] = "description"
            else:
                yield from self._unless_total(first)
        if second is not None:
            yield from self._unless_total(second)
        for row in rows:
            yield from self._unless_total(row)

    def _unless_total(self, row: RawRow) -> Iterator[RawRow]:
        """A line of totals has the word and no key; a row that has a key is data, whatever its words."""
        first = clean_cell(row.cells[0]) or next((cell for cell in map(clean_cell, row.cells) if cell), "")
        if not first:
            return
        if first.lower() in _TOTALS and self._has_no_full_key(row):
            self.notes[row.number] = "total"
            return
        yield row

    def _has_no_full_key(self, row: RawRow) -> bool:
        indexes = [self.parser.columns[key] for key in self.parser.kind.row_key if key in self.parser.columns]
        cells = [clean_cell(row.cells[index]) if index < len(row.cells) else "" for index in indexes]
        return any(not cell or cell.lower() in _TOTALS for cell in cells)

    def _is_description(self, first: RawRow, second: RawRow | None) -> bool:
        """Row 2 of some exports explains the columns: none of its figures can be read, all of the next row's can."""
        if second is None:
            return False
        wrong_first, read_first = self._typed_cells(first)
        wrong_second, _ = self._typed_cells(second)
        return read_first == 0 and wrong_first >= 2 and wrong_second == 0

    def _typed_cells(self, row: RawRow) -> tuple[int, int]:
        wrong = read = 0
        for column in self.parser.kind.columns:
            index = self.parser.columns.get(column.key)
            if index is None or index >= len(row.cells) or column.parse is text:
                continue
            if cell := clean_cell(row.cells[index]):
                try:
                    column.parse(cell)
                    read += 1
                except (KaiboError, ValueError, ArithmeticError):
                    wrong += 1
        return wrong, read


def make_plan(kind: ImportKind, path: Path, *, mapping: Mapping[str, str], shown_name: str) -> Plan:
    """
    This function will choose the sheet and header that hold the required columns, or say what is missing.

    Raises: NotASpreadsheet, SpreadsheetLocked, SpreadsheetEmpty, SpreadsheetTooLarge, UnknownEncoding, ColumnsMissing.
    """
    candidates: list[tuple[Sheet, Header]] = []
    for sheet in open_spreadsheet(path, shown_name=shown_name):
        header = find_header(kind, list(islice(sheet.rows(), HEADER_WITHIN_ROWS)), mapping)
        if header is None:
            continue
        if not header.missing(kind):
            return Plan(sheet, header, RowParser(kind, header.names, header.columns))
        candidates.append((sheet, header))
    if not candidates:
        raise SpreadsheetEmpty(file=shown_name)
    _, nearest = max(candidates, key=lambda one: _closeness(kind, one[1]))
    refuse_missing(kind, nearest)
    raise AssertionError("a complete header was already returned")


def _closeness(kind: ImportKind, header: Header) -> tuple[int, int]:
    return -len(header.missing(kind)), len(header.columns)


def headers_of(names: Sequence[str]) -> list[str]:
    """This function will list the header names a person can choose from, each once, in order."""
    return list(dict.fromkeys(name for name in names if name))
