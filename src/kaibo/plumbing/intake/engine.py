"""
The run of one import: batches, each in one transaction together with its position, its outcomes and its quarantine.

Killed at any moment, the run goes on from its position; run twice at once, the second finds the position moved and
leaves. Source: DESIGN §5 "Imports".
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F

from kaibo.kit.errors import Conflict, KaiboError
from kaibo.plumbing.access.actor import ALL_SHOPS, Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.intake import quarantine, store
from kaibo.plumbing.intake.applying import apply_rows
from kaibo.plumbing.intake.collecting import seldom_collecting
from kaibo.plumbing.intake.headers import ColumnsMissing
from kaibo.plumbing.intake.kinds import FileContext, ImportContext, ImportKind, ParsedRow, Refused, Taken
from kaibo.plumbing.intake.models import ColumnMapping, ImportRun
from kaibo.plumbing.intake.plan import Plan, RawRow, make_plan
from kaibo.plumbing.intake.queries import kind_for

BATCH_ROWS = 4_000
ReadRow = tuple[RawRow, ParsedRow | list[Refused]]
"""A row of the file, and what was read from it."""
OPEN_STATES = (ImportRun.State.WAITING, ImportRun.State.RUNNING)


class RunMovedOn(Conflict):
    code = "intake.run_moved_on"
    message_zh = "另一个进程正在处理这次导入"
    message_en = "Another process is working on this import"


@dataclass(slots=True)
class _Tally:
    counts: dict[Taken, int] = field(default_factory=lambda: dict.fromkeys(Taken, 0))
    refused: list[tuple[RawRow, list[Refused]]] = field(default_factory=list)
    taken: list[RawRow] = field(default_factory=list)


@dataclass(slots=True)
class _Pace:
    """What the rows to come are likely to be, judged by those just taken."""

    expects_new: bool = True


def run_import(run_id: UUID, *, clock: Callable[[], datetime]) -> ImportRun:
    """
    This function will take the rest of a run's rows and give the run as it then stands.

    A file that cannot be read as this kind ends `failed`, or `unmapped` when a person can say which column is which.
    Raises: RunMovedOn, and whatever makes the database unreachable.
    """
    now = clock()
    if not ImportRun.objects.filter(pk=run_id, state__in=OPEN_STATES).update(
        state=ImportRun.State.RUNNING, beat_at=now
    ):
        return ImportRun.objects.get(pk=run_id)
    ImportRun.objects.filter(pk=run_id, started_at=None).update(started_at=now)
    run = ImportRun.objects.get(pk=run_id)
    kind = kind_for(run.kind)
    try:
        plan = make_plan(
            kind, store.path_of(run.sha256), mapping=mapping_for(run.kind, run.platform), shown_name=run.file_name
        )
    except KaiboError as complaint:
        return _stop(run, complaint, clock())
    ImportRun.objects.filter(pk=run.pk).update(
        header=list(plan.header.names), columns=dict(plan.header.columns), rows_total=plan.rows_total
    )
    run.header, run.columns = list(plan.header.names), dict(plan.header.columns)
    context = context_of(run, now)
    position = run.position
    with seldom_collecting():
        pace = _Pace()
        for batch in _read_ahead(plan, context, position, pace):
            rows_new = _take_batch(run, kind, plan, context, batch, position=position, now=clock())
            pace.expects_new = rows_new * 2 >= len(batch)
            position += len(batch)
    return _finish(run, plan, position, clock())


def mapping_for(kind: str, platform: str) -> dict[str, str]:
    """This function will give what people said about the columns of this kind and platform."""
    kept = ColumnMapping.objects.filter(kind=kind, platform=platform).first()
    return dict(kept.mapping) if kept else {}


def context_of(run: ImportRun, now: datetime) -> ImportContext:
    """This function will give a kind the person who began the run, with the right to import this kind and nothing more."""
    shops = frozenset(ALL_SHOPS if shop is None else UUID(shop) for shop in run.actor_shops)
    actor = Actor(
        person_id=run.actor_id,
        name=run.actor_name,
        abilities={kind_for(run.kind).ability: shops},
        shop_ids=frozenset(shop for shop in shops if shop is not None),
        sees_all_shops=ALL_SHOPS in shops,
    )
    return ImportContext(actor, run.shop_id, run.platform, run.pk, now, run.file_exported_at)


def _read_ahead(plan: Plan, context: ImportContext, position: int, pace: _Pace) -> Iterator[list[ReadRow]]:
    """Batches, read and parsed; the next one in a thread while the database is busy with this one."""
    rows = islice(plan.rows(), position, None)
    ahead = plan.parser.kind.ahead
    told = FileContext(context.platform, context.shop_id, context.now, context.file_exported_at, settings.SECRET_KEY)

    def read() -> list[ReadRow]:
        batch = [(raw, plan.parser.parse(raw)) for raw in islice(rows, BATCH_ROWS)]
        if ahead and pace.expects_new:
            with contextlib.suppress(Exception):  # `apply` will meet the same
                ahead(told, [parsed for _, parsed in batch if isinstance(parsed, ParsedRow)])
        return batch

    with ThreadPoolExecutor(1, thread_name_prefix="intake") as reader:
        coming = reader.submit(read)
        while batch := coming.result():
            coming = reader.submit(read)
            yield batch


@transaction.atomic
def _take_batch(
    run: ImportRun,
    kind: ImportKind,
    plan: Plan,
    context: ImportContext,
    batch: list[ReadRow],
    *,
    position: int,
    now: datetime,
) -> int:
    """Take a batch and give how many of its rows were new."""
    tally = _Tally()
    raws = quarantine.with_personal_cells_restored(run, [raw for raw, _ in batch])
    parsed: list[tuple[RawRow, ParsedRow]] = []
    for raw, (first, read) in zip(raws, batch, strict=True):
        if raw is not first:
            read = plan.parser.parse(raw)  # noqa: PLW2901  the restored row counts
        if isinstance(read, ParsedRow):
            parsed.append((raw, read))
        else:
            tally.refused.append((raw, read))
    for (raw, _), outcome in zip(parsed, apply_rows(kind, context, [row for _, row in parsed]), strict=True):
        if isinstance(outcome, Refused):
            tally.refused.append((raw, [outcome]))
        else:
            tally.counts[outcome] += 1
            tally.taken.append(raw)
    quarantine.settle_taken(run, tally.taken, now=now)
    quarantine.keep_refused(run, plan.parser, tally.refused, now=now)
    moved = ImportRun.objects.filter(pk=run.pk, position=position, state=ImportRun.State.RUNNING).update(
        position=F("position") + len(batch),
        rows_read=F("rows_read") + len(batch),
        rows_new=F("rows_new") + tally.counts[Taken.NEW],
        rows_changed=F("rows_changed") + tally.counts[Taken.CHANGED],
        rows_same=F("rows_same") + tally.counts[Taken.SAME],
        rows_quarantined=F("rows_quarantined") + len(tally.refused),
        beat_at=now,
    )
    if not moved:
        raise RunMovedOn
    return tally.counts[Taken.NEW]


@transaction.atomic
def _finish(run: ImportRun, plan: Plan, position: int, now: datetime) -> ImportRun:
    finished = ImportRun.objects.filter(pk=run.pk, position=position, state=ImportRun.State.RUNNING).update(
        state=ImportRun.State.DONE,
        finished_at=now,
        rows_total=position,
        notes={str(number): note for number, note in plan.notes.items()},
        error=None,
    )
    if not finished:
        raise RunMovedOn
    run.refresh_from_db()
    audit.record(
        context_of(run, now).actor,
        "intake:run:finish",
        subject=f"import:{run.pk}",
        now=now,
        shop_id=run.shop_id,
        details={
            "kind": run.kind,
            "read": run.rows_read,
            "new": run.rows_new,
            "changed": run.rows_changed,
            "quarantined": run.rows_quarantined,
        },
    )
    return run


def _stop(run: ImportRun, complaint: KaiboError, now: datetime) -> ImportRun:
    state = ImportRun.State.UNMAPPED if isinstance(complaint, ColumnsMissing) else ImportRun.State.FAILED
    error = {
        "code": complaint.code,
        "zh": complaint.message("zh"),
        "en": complaint.message("en"),
        "details": complaint.details,
    }
    ImportRun.objects.filter(pk=run.pk, state=ImportRun.State.RUNNING).update(state=state, error=error, finished_at=now)
    run.refresh_from_db()
    return run
