"""The rows that wait: kept verbatim, once each, and settled when a later file or a person puts them right."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from kaibo.plumbing.intake.kinds import Refused
from kaibo.plumbing.intake.models import ImportRun, QuarantinedRow
from kaibo.plumbing.intake.plan import RawRow, RowParser
from kaibo.plumbing.intake.sealing import PLACEHOLDER, fingerprint, seal_rows, unsealed

ID_COLUMN = "隔离编号"
ROW_COLUMN = "原行号"
REASON_COLUMN = "隔离原因"
ADDED_COLUMNS = (ID_COLUMN, ROW_COLUMN, REASON_COLUMN)
"""What a downloaded quarantine file has beside its own columns; re-importing it settles the rows it names."""

WAITING = QuarantinedRow.State.WAITING


def keep_refused(
    run: ImportRun, parser: RowParser, refused: Sequence[tuple[RawRow, list[Refused]]], *, now: datetime
) -> None:
    """
    This function will let refused rows wait. A row that already waits from an earlier file moves to this one, with its
    newest reasons, so that nobody corrects the same row twice.
    """
    if not refused:
        return
    source = (run.kind, run.platform, str(run.shop_id or ""))
    marks = [fingerprint(source, run.header, raw.cells) for raw, _ in refused]
    named = _named_rows(run, [raw for raw, _ in refused])
    same: dict[str, list[UUID]] = {}
    others = QuarantinedRow.objects.filter(fingerprint__in=marks, state=WAITING).exclude(run=run)
    for mark, row_id in others.order_by("-row_number").values_list("fingerprint", "id"):
        same.setdefault(mark, []).append(row_id)
    identities = [(f"{run.pk}:{raw.number}", raw.cells) for raw, _ in refused]
    fresh = []
    for (raw, reasons), mark, sealed in zip(
        refused, marks, seal_rows(identities, parser.personal_indexes(), now=now), strict=True
    ):
        content = {
            "run_id": run.pk,
            "row_number": raw.number,
            "cells": sealed.cells,
            "sealed": sealed.blob,
            "subject_id": sealed.subject_id,
            "reasons": [reason.as_json() for reason in reasons],
            "fingerprint": mark,
        }
        waiting = named.pop(raw.number, None) or (same[mark].pop() if same.get(mark) else None)
        if waiting and QuarantinedRow.objects.filter(pk=waiting, state=WAITING).update(**content):
            continue
        fresh.append(QuarantinedRow(**content))
    QuarantinedRow.objects.bulk_create(fresh, batch_size=500)


def settle_taken(run: ImportRun, taken: Sequence[RawRow], *, now: datetime) -> None:
    """This function will settle the waiting rows that a re-imported quarantine file names and that were now taken."""
    named = _named_rows(run, taken)
    if named:
        QuarantinedRow.objects.filter(pk__in=list(named.values()), state=WAITING).update(
            state=QuarantinedRow.State.CORRECTED, settled_at=now, settled_by=run.actor_name, sealed=None
        )


def with_personal_cells_restored(run: ImportRun, batch: list[RawRow]) -> list[RawRow]:
    """This function will put the encrypted originals back where a re-imported quarantine file has placeholders."""
    if ID_COLUMN not in run.header:
        return batch
    named = _named_rows(run, [raw for raw in batch if PLACEHOLDER in raw.cells])
    originals = {
        row.pk: row for row in QuarantinedRow.objects.filter(pk__in=list(named.values())).select_related("run")
    }
    restored = []
    for raw in batch:
        original = originals.get(named.get(raw.number, UUID(int=0)))
        restored.append(RawRow(raw.number, _restore(run, raw.cells, original)) if original else raw)
    return restored


def _restore(run: ImportRun, cells: list[str], original: QuarantinedRow) -> list[str]:
    whole = unsealed(original.cells, original.subject_id, original.sealed)
    by_name = dict(zip(original.run.header, whole, strict=False))
    return [
        by_name.get(run.header[index], "") if cell == PLACEHOLDER and index < len(run.header) else cell
        for index, cell in enumerate(cells)
    ]


def _named_rows(run: ImportRun, rows: Sequence[RawRow]) -> dict[int, UUID]:
    """Row number → the waiting row of the same kind, platform and shop that the file names."""
    if ID_COLUMN not in run.header:
        return {}
    index = run.header.index(ID_COLUMN)
    wanted: dict[int, UUID] = {}
    for raw in rows:
        try:
            wanted[raw.number] = UUID(raw.cells[index].strip())
        except (ValueError, IndexError):
            continue
    waiting = set(
        QuarantinedRow.objects.filter(
            pk__in=list(wanted.values()),
            state=WAITING,
            run__kind=run.kind,
            run__platform=run.platform,
            run__shop_id=run.shop_id,
        ).values_list("pk", flat=True)
    )
    return {number: row_id for number, row_id in wanted.items() if row_id in waiting}
