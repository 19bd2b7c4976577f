"""What a stage says about a spreadsheet it accepts or gives: columns, key, and one function that takes the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from kaibo.plumbing.intake.cells import Parser, text


@dataclass(frozen=True, slots=True)
class Column:
    """
    One column a kind understands.

    `required`: the file must have it and no cell of it may be empty, unless `may_be_empty`. `personal`: encrypted
    while it waits in quarantine. `synonyms` are matched by name, whatever their widths, spaces or `（元）`.
    """

    key: str
    title: str
    synonyms: tuple[str, ...] = ()
    required: bool = False
    parse: Parser = text
    personal: bool = False
    may_be_empty: bool = False


@dataclass(slots=True)
class ParsedRow:
    """A row whose known cells could all be read; empty ones are None."""

    row_number: int
    values: dict[str, Any]
    meaning: Any = None
    """What the kind's `meaning_of` made of the row; None where it did not or could not."""

    def __getitem__(self, key: str) -> Any:
        return self.values[key]

    def get(self, key: str) -> Any:
        """This function will give a value, or None where the file has no such column or cell."""
        return self.values.get(key)


class Taken(StrEnum):
    """What became of a row that was taken."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that waits in quarantine, with its reason in two languages, the column to mark and what to propose."""

    code: str
    message_zh: str
    message_en: str
    column: str = ""
    proposed: str = ""

    def as_json(self) -> dict[str, str]:
        return {
            "code": self.code,
            "zh": self.message_zh,
            "en": self.message_en,
            "column": self.column,
            "proposed": self.proposed,
        }


Outcome = Taken | Refused


@dataclass(frozen=True, slots=True)
class ImportContext:
    """Who imports what, where and when. `file_exported_at` lets a kind refuse to let an older file undo newer truth."""

    actor: Any
    shop_id: UUID | None
    platform: str
    run_id: UUID
    now: datetime
    file_exported_at: datetime


@dataclass(frozen=True, slots=True)
class FileContext:
    """What of an import those know who read ahead: no person, no database."""

    platform: str
    shop_id: UUID | None
    now: datetime
    file_exported_at: datetime
    secret: str = field(repr=False)
    """The installation's: marks and keys are made under it."""


Apply = Callable[[ImportContext, list[ParsedRow]], list[Outcome]]


def taken_elsewhere(context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    """This function stands for a kind's `apply` in a process that only reads. Raises: RuntimeError."""
    raise RuntimeError("this process reads and takes no rows")


@dataclass(frozen=True, slots=True)
class ImportKind:
    """
    A spreadsheet Kaibo accepts.

    `apply` gets batches inside one transaction, no two rows of a call sharing `row_key`, and answers one outcome a row
    in the same order. It may raise: the batch is then taken row by row, and only the culprit waits in quarantine.
    `meaning_of` is pure; it is asked while the database is still busy with the rows before, and `apply` finds its answer
    as `row.meaning`, or None where it raised. `ahead` may prepare more of a batch at that time, in the meanings, for rows that
    are likely new; it asks no database, and `apply` does itself what `ahead` did not. A kind that names the `meaning_type` (a
    msgspec structure) lets both be done in a process of its own, for which they live in modules without Django.
    `sample_rows` are the rows of the example file a person can download.
    """

    key: str
    title_zh: str
    title_en: str
    ability: str
    columns: tuple[Column, ...]
    apply: Apply
    row_key: tuple[str, ...]
    meaning_of: Callable[[ParsedRow], Any] | None = None
    meaning_type: type | None = None
    ahead: Callable[[FileContext, Sequence[ParsedRow]], None] | None = None
    platforms: tuple[str, ...] = ()
    marks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Platform → headers that together only its own export has: a file taken for another platform's would make orders twice."""
    sample_rows: tuple[Mapping[str, str], ...] = ()
    needs_shop: bool = False

    def column(self, key: str) -> Column | None:
        return next((column for column in self.columns if column.key == key), None)

    def title(self, language: str) -> str:
        return self.title_en if language.startswith("en") else self.title_zh


class Cell(StrEnum):
    """How an exported column is written."""

    TEXT = "text"
    WHOLE = "whole"
    MONEY = "money"
    RATE = "rate"
    WHEN = "when"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """A column of an exported file; money is given in fen, rates in basis points, times in UTC."""

    key: str
    title: str
    cell: Cell = Cell.TEXT
    personal: bool = False


Rows = Callable[[Any, datetime | None, datetime | None], Iterator[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class ExportKind:
    """A file Kaibo gives: `rows(actor, start, end)` yields tuples in the order of `columns`, scoped by the actor."""

    key: str
    title_zh: str
    title_en: str
    ability: str
    columns: tuple[ExportColumn, ...]
    rows: Rows
    personal: bool = False

    def title(self, language: str) -> str:
        return self.title_en if language.startswith("en") else self.title_zh


@dataclass(slots=True)
class Counters:
    """How many rows were read and what became of them."""

    read: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    quarantined: int = 0
    waiting: list[tuple[int, Refused]] = field(default_factory=list)
