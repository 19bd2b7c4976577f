"""Taking a file out: of an export kind, of the rows that wait, of an example. Every one with real rows is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.utils.translation import get_language

from kaibo.kit.errors import Invalid
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.intake.kinds import Cell, ExportColumn, ImportKind
from kaibo.plumbing.intake.models import ImportRun
from kaibo.plumbing.intake.quarantine import ADDED_COLUMNS
from kaibo.plumbing.intake.queries import export_for, kind_for, run_for, waiting_rows
from kaibo.plumbing.intake.sealing import PLACEHOLDER
from kaibo.plumbing.intake.writing import file_format, write_file


class ExportReasonMissing(Invalid):
    code = "intake.export_reason_missing"
    message_zh = "导出个人信息需要填写原因"
    message_en = "Exporting personal data needs a reason"


def write_export(
    *,
    actor: Actor,
    kind_key: str,
    path: Path,
    format_: str,
    start: datetime | None,
    end: datetime | None,
    reason: str,
    now: datetime,
) -> int:
    """
    This function will write the actor's rows of a kind to `path`, record the export, and give the number of rows.

    The reason is required where the file holds personal data. Everything is read in one snapshot.
    Raises: Forbidden, KindUnknown, FormatUnknown, ExportReasonMissing, TooManyRows.   Source: PIPL art. 51, 55.
    """
    kind = export_for(kind_key)
    access.require(actor, kind.ability)
    if kind.personal and not reason.strip():
        raise ExportReasonMissing
    written_as = file_format(format_)
    with transaction.atomic():
        # Recorded first and in the same transaction: a file that could be written but not recorded is not given.
        audit.record(
            actor,
            "intake:export:take",
            subject=f"export:{kind.key}",
            now=now,
            reason=reason.strip(),
            details={
                "format": written_as,
                "from": start.isoformat() if start else "",
                "to": end.isoformat() if end else "",
            },
        )
        count = write_file(
            path,
            kind.columns,
            kind.rows(actor, start, end),
            format_=written_as,
            title=kind.title(get_language() or "zh"),
        )
    return count


def write_quarantine(*, actor: Actor, run_id: UUID, path: Path, now: datetime) -> tuple[ImportRun, int]:
    """
    This function will write the waiting rows of a run with their reasons; importing that file again settles them.

    Personal cells stay in the house: the file has a placeholder that is put right again on import.
    Raises: Forbidden, RunUnknown.
    """
    run = run_for(actor, run_id)
    access.require(actor, kind_for(run.kind).ability, shop_id=run.shop_id)
    own = [(index, name) for index, name in enumerate(run.header) if name not in ADDED_COLUMNS]
    columns = [ExportColumn(str(index), name or f"（第 {index + 1} 列）") for index, name in own]
    columns += [ExportColumn(name, name) for name in ADDED_COLUMNS]
    is_english = (get_language() or "").startswith("en")

    def rows() -> Iterator[tuple[str, ...]]:
        for row in waiting_rows(run).iterator(chunk_size=2_000):
            sealed = _sealed_indexes(run, kind_for(run.kind)) if row.sealed is not None else frozenset()
            cells = [
                PLACEHOLDER if index in sealed else row.cells[index] if index < len(row.cells) else ""
                for index, _ in own
            ]
            reasons = "；".join(
                f"{_title(run, reason['column'])}{reason['en' if is_english else 'zh']}" for reason in row.reasons
            )
            yield (*cells, str(row.pk), str(row.row_number), reasons)

    count = write_file(path, columns, rows(), format_="xlsx", title="隔离行")
    audit.record(
        actor,
        "intake:quarantine:download",
        subject=f"import:{run.pk}",
        now=now,
        shop_id=run.shop_id,
        details={"rows": count},
    )
    return run, count


def _sealed_indexes(run: ImportRun, kind: ImportKind) -> frozenset[int]:
    return frozenset(
        run.columns[column.key] for column in kind.columns if column.personal and column.key in run.columns
    )


def _title(run: ImportRun, column: str) -> str:
    index = run.columns.get(column)
    return f"【{run.header[index]}】" if index is not None else ""


def write_sample(*, kind_key: str, path: Path) -> ImportKind:
    """This function will write the example file of a kind: its columns and the rows its stage wrote for it.   Raises: KindUnknown."""
    kind = kind_for(kind_key)
    columns = [ExportColumn(column.key, column.title, Cell.TEXT) for column in kind.columns]
    rows = [[row.get(column.key, "") for column in kind.columns] for row in kind.sample_rows]
    write_file(path, columns, rows, format_="xlsx", title=kind.title_zh)
    return kind
