"""HTML tables that platforms and old ERPs call `.xls`: streamed into rows, with spans laid out."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

_CHUNK_CHARACTERS = 1 << 18
_WIDEST_SPAN = 256


class _TableRows(HTMLParser):
    """Collects finished rows in `ready`; a cell that spans rows or columns is written in its first place only."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.ready: list[list[str]] = []
        self._row: list[str] | None = None
        self._cell: list[str] | None = None
        self._columns = 1
        self._rows = 1
        self._covered: dict[int, int] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self._end_row()
            self._row = []
        elif tag in {"td", "th"} and self._row is not None:
            self._end_cell()
            self._skip_covered()
            given = dict(attrs)
            self._columns = _span(given.get("colspan"))
            self._rows = _span(given.get("rowspan"))
            self._cell = []
        elif tag == "br" and self._cell is not None:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"}:
            self._end_cell()
        elif tag in {"tr", "table"}:
            self._end_row()

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def close(self) -> None:
        super().close()
        self._end_row()

    def _skip_covered(self) -> None:
        row = self._row
        while row is not None and self._covered.get(len(row), 0) > 0:
            self._covered[len(row)] -= 1
            row.append("")

    def _end_cell(self) -> None:
        if self._cell is None or self._row is None:
            return
        first = len(self._row)
        self._row.append("".join(self._cell).replace("\x00", "").strip())
        self._row.extend([""] * (self._columns - 1))
        if self._rows > 1:
            for column in range(first, first + self._columns):
                self._covered[column] = self._rows - 1
        self._cell = None

    def _end_row(self) -> None:
        self._end_cell()
        if self._row is not None:
            self._skip_covered()
            self.ready.append(self._row)
        self._row = None


def _span(written: str | None) -> int:
    return min(int(written), _WIDEST_SPAN) if written and written.isdecimal() and int(written) > 0 else 1


def rows_of_html(path: Path, encoding: str) -> Iterator[tuple[int, list[str]]]:
    """This function will give the rows of every table of an HTML file, numbered from 1."""
    parser = _TableRows()
    number = 0
    with path.open(encoding=encoding) as file:
        while chunk := file.read(_CHUNK_CHARACTERS):
            parser.feed(chunk)
            ready, parser.ready = parser.ready, []
            for number, cells in enumerate(ready, start=number + 1):  # noqa: B020  the count goes on across chunks
                yield number, cells
    parser.close()
    yield from enumerate(parser.ready, start=number + 1)
