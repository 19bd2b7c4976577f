"""
The run of one import: batches, each in one transaction together with its position, its outcomes and its quarantine.

Killed at any moment, the run goes on from its position; run twice at once, the second finds the position moved and
leaves. Source: DESIGN §5 "Imports".
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import translation

from kaibo.kit.errors import Conflict, KaiboError
from kaibo.plumbing.access.actor import ALL_SHOPS, Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.intake import quarantine, store
from kaibo.plumbing.intake.applying import apply_rows
from kaibo.plumbing.intake.batches import Batch, Pace, Reading, turns_of
from kaibo.plumbing.intake.cards import PLATFORM_TITLES
from kaibo.plumbing.intake.collecting import seldom_collecting
from kaibo.plumbing.intake.headers import ColumnsMissing, OtherPlatform, platform_of
from kaibo.plumbing.intake.kinds import FileContext, ImportContext, ImportKind, ParsedRow, Refused, Taken
from kaibo.plumbing.intake.models import ColumnMapping, ImportRun
from kaibo.plumbing.intake.plan import RowParser
from kaibo.plumbing.intake.queries import kind_for
from kaibo.plumbing.intake.reader import ReadingJob
from kaibo.plumbing.intake.reading_ahead import ReaderLost, reading_ahead

BATCH_ROWS = 4_000
USUAL_PLATFORM = "douyin"
OPEN_STATES = (ImportRun.State.WAITING, ImportRun.State.RUNNING)


class RunMovedOn(Conflict):
    code = "intake.run_moved_on"
    message_zh = "另一个进程正在处理这次导入"
    message_en = "Another process is working on this import"


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
    job = ReadingJob(
        kind, store.path_of(run.sha256), run.file_name, mapping_for(run.kind, run.platform), _told(run, now), run.position, BATCH_ROWS
    )
    pace = Pace()
    with contextlib.ExitStack() as opened:
        opened.enter_context(seldom_collecting())
        try:
            reading = opened.enter_context(reading_ahead(job, pace, size_bytes=run.size_bytes))
        except KaiboError as complaint:
            return _stop(run, complaint, clock())
        _note_layout(run, reading)
        said = _platform_said(run, kind, reading)
        if not said:
            try:
                return _take_all(run, kind, reading, pace, now=now, clock=clock)
            except ReaderLost as complaint:
                return _stop(run, complaint, clock())
    if run.platform or said not in kind.platforms:
        return _stop(run, _other_platform(run, kind, said), clock())
    ImportRun.objects.filter(pk=run.pk, state=ImportRun.State.RUNNING, position=0).update(platform=said)
    return run_import(run_id, clock=clock)


def _platform_said(run: ImportRun, kind: ImportKind, reading: Reading) -> str:
    """The platform whose columns the file has, where that is another than was chosen (or none was) and nobody insisted."""
    if run.position or run.is_platform_sure:
        return ""
    said = platform_of(kind, reading.header.names)
    return "" if said == run.platform else said


def _other_platform(run: ImportRun, kind: ImportKind, said: str) -> OtherPlatform:
    titles = {}
    for tongue, ending in (("zh-hans", "_zh"), ("en", "")):
        with translation.override(tongue):
            titles |= {f"{name}{ending}": str(PLATFORM_TITLES.get(value, value)) for name, value in (("said", said), ("chosen", run.platform or USUAL_PLATFORM))}
    return OtherPlatform(marks="、".join(kind.marks[said]), platform=said, **titles)


def _note_layout(run: ImportRun, reading: Reading) -> None:
    run.header, run.columns = list(reading.header.names), dict(reading.header.columns)
    ImportRun.objects.filter(pk=run.pk).update(header=run.header, columns=run.columns, rows_total=reading.rows_total)


def _take_all(
    run: ImportRun, kind: ImportKind, reading: Reading, pace: Pace, *, now: datetime, clock: Callable[[], datetime]
) -> ImportRun:
    context = context_of(run, now)
    position = run.position
    for batch in reading.batches:
        rows_new = _take_batch(run, kind, reading.parser, context, batch, position=position, now=clock())
        pace.expects_new = rows_new * 2 >= len(batch)
        position += len(batch)
    return _finish(run, reading.notes, position, clock())


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


def _told(run: ImportRun, now: datetime) -> FileContext:
    return FileContext(run.platform, run.shop_id, now, run.file_exported_at, settings.SECRET_KEY)


@transaction.atomic
def _take_batch(
    run: ImportRun, kind: ImportKind, parser: RowParser, context: ImportContext, batch: Batch, *, position: int, now: datetime
) -> int:
    """Take a batch and give how many of its rows were new."""
    names_waiting_rows = quarantine.ID_COLUMN in run.header
    if names_waiting_rows:
        batch = _restored(run, kind, parser, batch)
    reads = batch.reads
    parsed = [(place, read) for place, read in enumerate(reads) if isinstance(read, ParsedRow)]
    outcomes = apply_rows(kind, context, [read for _, read in parsed], [batch.turns[place] for place, _ in parsed])
    refused = [(batch.raws[place], read) for place, read in enumerate(reads) if isinstance(read, list)]
    refused += [(batch.raws[place], [one]) for (place, _), one in zip(parsed, outcomes, strict=True) if isinstance(one, Refused)]
    if names_waiting_rows:
        taken = [batch.raws[place] for (place, _), one in zip(parsed, outcomes, strict=True) if isinstance(one, Taken)]
        quarantine.settle_taken(run, taken, now=now)
    quarantine.keep_refused(run, parser, refused, now=now)
    rows_new = outcomes.count(Taken.NEW)
    moved = ImportRun.objects.filter(pk=run.pk, position=position, state=ImportRun.State.RUNNING).update(
        position=F("position") + len(batch),
        rows_read=F("rows_read") + len(batch),
        rows_new=F("rows_new") + rows_new,
        rows_changed=F("rows_changed") + outcomes.count(Taken.CHANGED),
        rows_same=F("rows_same") + outcomes.count(Taken.SAME),
        rows_quarantined=F("rows_quarantined") + len(refused),
        beat_at=now,
    )
    if not moved:
        raise RunMovedOn
    return rows_new


def _restored(run: ImportRun, kind: ImportKind, parser: RowParser, batch: Batch) -> Batch:
    """A re-imported quarantine file has placeholders where personal cells were: with the originals back, the restored row counts."""
    raws = quarantine.with_personal_cells_restored(run, list(batch.raws))
    reads = [read if raw is first else parser.parse(raw) for raw, first, read in zip(raws, batch.raws, batch.reads, strict=True)]
    return Batch(raws, reads, turns_of(kind.row_key, reads))


@transaction.atomic
def _finish(run: ImportRun, notes: Mapping[int, str], position: int, now: datetime) -> ImportRun:
    finished = ImportRun.objects.filter(pk=run.pk, position=position, state=ImportRun.State.RUNNING).update(
        state=ImportRun.State.DONE,
        finished_at=now,
        rows_total=position,
        notes={str(number): note for number, note in notes.items()},
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
