"""
How one file is read for one kind: which sheet, which header, and each row as values or as reasons.

A plan made twice from the same file and mapping gives the same rows in the same order; that is what lets a killed run
go on from its position.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import itemgetter
from pathlib import Path

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


Read = ParsedRow | list[Refused]
"""What was read from a row: its values, or the reasons why it waits."""


@dataclass(frozen=True, slots=True)
class _KnownColumn:
    """A column of the file the kind understands, with the cells met so far."""

    index: int
    key: str
    parse: Parser
    is_needed: bool
    seen: dict[str, object] = field(default_factory=dict)

    def values_of(self, cells: Sequence[str]) -> tuple[list[object], bool]:
        """This function will read the cells of a column, and say whether one of them is `Refused`, which then stands in its place."""
        met = set(cells)
        fresh = met.difference(self.seen)
        if not fresh:
            return list(map(self.seen.__getitem__, cells)), False
        read = {raw: self._read(raw) for raw in fresh}
        good = {raw: value for raw, value in read.items() if type(value) is not Refused}
        self.seen.update(islice(good.items(), max(0, _REMEMBERED - len(self.seen))))
        if len(fresh) < len(met):
            read.update((raw, self.seen[raw]) for raw in met - fresh)
        return list(map(read.__getitem__, cells)), len(good) < len(fresh)

    def _read(self, raw: str) -> object:
        try:
            if cell := clean_cell(raw):
                return self.parse(cell)
            if self.is_needed:
                raise CellEmpty
            return None
        except CellRefused as complaint:
            return refusal(complaint, column=self.key)
        except (KaiboError, ValueError, ArithmeticError) as failure:
            return _unread(failure, column=self.key)


@dataclass(frozen=True, slots=True)
class RowParser:
    """Reads raw rows of one layout; made from the header once, used for the file and again for corrected rows."""

    kind: ImportKind
    names: tuple[str, ...]
    columns: Mapping[str, int]
    _known: tuple[_KnownColumn, ...] = field(init=False)

    def __post_init__(self) -> None:
        known = [
            _KnownColumn(self.columns[column.key], column.key, column.parse, column.required and not column.may_be_empty)
            for column in self.kind.columns
            if column.key in self.columns
        ]
        object.__setattr__(self, "_known", tuple(known))

    def parse(self, row: RawRow) -> Read:
        """This function will read every known cell of a row, or give a reason for each one that cannot be read."""
        return self.parse_all([row])[0]

    def parse_all(self, rows: Sequence[RawRow]) -> list[Read]:
        """
        This function will do the same for many rows, column by column: what a column repeats is read once, and the columns a kind
        does not know cost nothing.
        """
        if not rows:
            return []
        cells = [row.cells for row in rows]
        if not self._known:
            return [self._with_meaning(ParsedRow(row.number, {})) for row in rows]
        widest = max(column.index for column in self._known) + 1
        if min(map(len, cells)) < widest:
            cells = [[*row, *[""] * (widest - len(row))] for row in cells]
        keys = [column.key for column in self._known]
        columns, refused = [], False
        for column in self._known:
            values, has_refused = column.values_of(list(map(itemgetter(column.index), cells)))
            columns.append(values)
            refused = refused or has_refused
        reads: list[Read] = []
        for row, values in zip(rows, zip(*columns, strict=True), strict=True):
            wrong = [value for value in values if type(value) is Refused] if refused else None
            reads.append(wrong or self._with_meaning(ParsedRow(row.number, dict(zip(keys, values, strict=True)))))
        return reads

    def _with_meaning(self, read: ParsedRow) -> ParsedRow:
        if self.kind.meaning_of is None:
            return read
        try:
            read.meaning = self.kind.meaning_of(read)
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
