"""
Finding the header of a sheet and the columns in it, by name.

Title rows above, merged headers in two rows, columns reordered or added, widths of brackets, spaces and `（元）` do not
matter. What is required and missing is named, with the nearest header of the file. Source: facts/platforms §2 hygiene.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

from kaibo.kit.errors import Invalid
from kaibo.kit.text import clean_cell
from kaibo.plumbing.intake.kinds import Column, ImportKind

HEADER_WITHIN_ROWS = 30
_UNIT = re.compile(r"\((?:元|¥|rmb|cny|件|个|单|必填|选填)\)|[*:]+$|^[*]+")


class ColumnsMissing(Invalid):
    """
    A file whose required columns were not all found.

    `details`: `missing` and `found` for people, `missing_keys`, `headers` (the nearest header row as it stands),
    `header_row`, `nearest` (column key → header proposed).
    """

    code = "intake.columns_missing"
    message_zh = "缺少必需的列：{missing}。最像表头的是第 {header_row} 行：{found}"
    message_en = "Required columns are missing: {missing}. The row most like a header is row {header_row}: {found}"


class OtherPlatform(Invalid):
    """A file whose header names another platform than the person did. `details`: `platform`, the one the file is of."""

    code = "intake.other_platform"
    message_zh = "这个文件像是“{said_zh}”的导出（有“{marks}”这些列），选的却是“{chosen_zh}”。还没有导入任何一行"
    message_en = "This looks like an export of “{said}” (it has the columns {marks}), but “{chosen}” was chosen. No row was imported"


@dataclass(frozen=True, slots=True)
class Header:
    """Where the header stands and which of its columns is which: column key → index."""

    row_number: int
    names: tuple[str, ...]
    columns: Mapping[str, int]

    def missing(self, kind: ImportKind) -> list[Column]:
        return [column for column in kind.columns if column.required and column.key not in self.columns]


@lru_cache(maxsize=8_192)
def plain_header(name: str) -> str:
    """This function will give a header name without what platforms vary: width, spaces, quotes, line breaks, case."""
    return re.sub(r"[\s\u200b]+", "", unicodedata.normalize("NFKC", clean_cell(name))).lower()


@lru_cache(maxsize=8_192)
def _loose_header(name: str) -> str:
    return _UNIT.sub("", plain_header(name))


def find_header(
    kind: ImportKind, top: Sequence[tuple[int, Sequence[str]]], mapping: Mapping[str, str]
) -> Header | None:
    """
    This function will give the best header among the first rows of a sheet: most known columns, required ones first.

    `mapping` (column key → header name) is what people said for this kind and platform; it outranks the synonyms.
    None when the rows hold no text at all. The header may still miss required columns.
    """
    best: tuple[tuple[int, int, int], Header] | None = None
    above: Sequence[str] = ()
    for number, cells in top:
        for names in _readings(above, cells):
            columns = _match(kind, names, mapping)
            required = sum(column.required and column.key in columns for column in kind.columns)
            weight = (required, len(columns), min(sum(1 for name in names if name), 60) if not columns else 0)
            if any(names) and (best is None or weight > best[0]):
                best = (weight, Header(number, tuple(names), columns))
        above = cells
    return best[1] if best else None


def platform_of(kind: ImportKind, names: Sequence[str]) -> str:
    """This function will say whose export a header is, by the columns only that platform has; nothing where no platform's are all there."""
    plain = {plain_header(name) for name in names}
    return next((platform for platform, marks in kind.marks.items() if all(plain_header(mark) in plain for mark in marks)), "")


def refuse_missing(kind: ImportKind, header: Header) -> None:
    """This function will refuse a header without all required columns. Raises: ColumnsMissing."""
    missing = header.missing(kind)
    if not missing:
        return
    named = [name for name in header.names if name]
    taken = set(header.columns.values())
    free = [name for index, name in enumerate(header.names) if name and index not in taken]
    raise ColumnsMissing(
        missing="、".join(column.title for column in missing),
        missing_keys=[column.key for column in missing],
        found="、".join(named[:40]),
        headers=named,
        header_row=header.row_number,
        nearest={column.key: _nearest(column, free) for column in missing},  # what is known already is not proposed for anything else
    )


def _readings(above: Sequence[str], cells: Sequence[str]) -> Iterator[list[str]]:
    """A row alone; then with what stands above it, for headers merged over two rows."""
    alone = [_shown(cell) for cell in cells]
    yield alone
    if not any(above):
        return
    width = max(len(above), len(alone))
    upper = [_shown(cell) for cell in above] + [""] * (width - len(above))
    lower = alone + [""] * (width - len(alone))
    yield [low or up for up, low in zip(upper, lower, strict=True)]
    group = ""
    joined = []
    for up, low in zip(upper, lower, strict=True):
        group = up or (group if low else "")
        joined.append(f"{group}{low}" if low and group != low else low or up)
    yield joined


def _shown(name: str) -> str:
    return re.sub(r"\s*\n\s*", "", clean_cell(name))


def _match(kind: ImportKind, names: Sequence[str], mapping: Mapping[str, str]) -> dict[str, int]:
    exact: dict[str, int] = {}
    loose: dict[str, int] = {}
    for index, name in enumerate(names):
        if name:
            exact.setdefault(plain_header(name), index)
            loose.setdefault(_loose_header(name), index)
    found: dict[str, int] = {}
    taken: set[int] = set()
    for lookup, form in ((exact, plain_header), (loose, _loose_header)):
        for column in kind.columns:
            if column.key in found:
                continue
            wanted = ([mapping[column.key]] if column.key in mapping else []) + [column.title, *column.synonyms]
            index = next((lookup[form(name)] for name in wanted if form(name) in lookup), None)
            if index is not None and index not in taken:
                found[column.key] = index
                taken.add(index)
    return found


def _nearest(column: Column, names: Sequence[str]) -> str:
    for wanted in (column.title, *column.synonyms):
        if near := get_close_matches(wanted, names, n=1, cutoff=0.6):
            return near[0]
    return ""
