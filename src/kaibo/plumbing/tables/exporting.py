"""The list as a file: the same view is asked for the same rows, which are streamed and recorded."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, QueryDict
from django.urls import Resolver404, resolve

from kaibo.kit.clock import in_shanghai
from kaibo.kit.errors import NotFound
from kaibo.plumbing.access import access
from kaibo.plumbing.audit import audit
from kaibo.plumbing.intake.kinds import Cell as FileCell
from kaibo.plumbing.intake.kinds import ExportColumn
from kaibo.plumbing.intake.writing import CONTENT_TYPES, file_format, write_file
from kaibo.plumbing.tables.spec import Ahead, Cell, RowOf, Table

_FILE_CELLS = {
    "money": FileCell.MONEY,
    "count": FileCell.WHOLE,
    "rate": FileCell.RATE,
    "when": FileCell.WHEN,
    "clock": FileCell.WHEN,
    "day": FileCell.DAY,
}
_CHUNK_ROWS = 2_000


class ListUnknown(NotFound):
    code = "tables.list_unknown"
    message_zh = "没有这个列表，或它不能导出"
    message_en = "There is no such list, or it cannot be exported"


def export_list(request: HttpRequest, *, address: str, table_key: str, format_: str) -> FileResponse:
    """
    This function will give a list as xlsx or csv, with the filters and order of its address, and record the export.

    Raises: Forbidden, ListUnknown, and whatever the list's own view refuses.
    """
    table, queryset, row, ahead = _rows_behind(request, address, table_key)
    actor, now = request.actor, request.now  # type: ignore[attr-defined]
    access.require(actor, table.export_ability)
    written_as = file_format(format_)
    columns = [column for column in table.columns if column.export and not column.personal]
    heads = [
        ExportColumn(column.key, str(column.title), _FILE_CELLS.get(column.kind, FileCell.TEXT)) for column in columns
    ]
    with TemporaryDirectory(prefix="kaibo-export-") as folder:
        path = Path(folder) / f"list.{written_as}"
        count = write_file(
            path,
            heads,
            _values(queryset, row, ahead, [column.key for column in columns]),
            format_=written_as,
            title=str(table.title),
        )
        content = path.open("rb")  # the folder goes away at once; the open file stays readable until it is sent
    _record(actor, table, count, address, now)
    name = f"{table.title}-{in_shanghai(now):%Y%m%d-%H%M}.{written_as}"
    return FileResponse(content, as_attachment=True, filename=name, content_type=CONTENT_TYPES[written_as])


@transaction.atomic
def _record(actor: Any, table: Table, count: int, address: str, now: datetime) -> None:
    # The filters are named, not their values: people search for names and numbers.
    filters = sorted(QueryDict(urlsplit(address).query))
    audit.record(
        actor, "tables:list:export", subject=f"table:{table.key}", now=now, details={"rows": count, "filters": filters}
    )


def _rows_behind(request: HttpRequest, address: str, table_key: str) -> tuple[Table, QuerySet[Any], RowOf, Ahead | None]:
    parts = urlsplit(address)
    if parts.netloc or parts.scheme or not parts.path.startswith("/"):
        raise ListUnknown
    try:
        match = resolve(parts.path)
    except Resolver404 as unknown:
        raise ListUnknown from unknown
    asked = copy.copy(request)
    asked.GET = QueryDict(parts.query)  # type: ignore[assignment]
    asked.path = asked.path_info = parts.path
    asked.resolver_match = match
    asked.offered_tables = {}  # type: ignore[attr-defined]
    match.func(asked, *match.args, **match.kwargs)
    try:
        found: tuple[Table, QuerySet[Any], RowOf, Ahead | None] = asked.offered_tables[table_key]  # type: ignore[attr-defined]
    except KeyError as unknown:
        raise ListUnknown from unknown
    return found


def _values(queryset: QuerySet[Any], row: RowOf, ahead: Ahead | None, keys: list[str]) -> Iterator[tuple[Any, ...]]:
    read = queryset.iterator(chunk_size=_CHUNK_ROWS)
    while some := list(islice(read, _CHUNK_ROWS)):
        if ahead is not None:
            ahead(some)
        for one in some:
            cells = row(one).cells
            yield tuple(found.value if isinstance(found := cells.get(key), Cell) else found for key in keys)
