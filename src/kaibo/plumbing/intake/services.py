"""Writes of imports: begin one, say which column is which, correct a waiting row, discard rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from kaibo.kit.errors import Conflict, Invalid
from kaibo.kit.text import shortened
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import ALL_SHOPS, Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.intake import store
from kaibo.plumbing.intake.applying import apply_rows
from kaibo.plumbing.intake.headers import OtherPlatform
from kaibo.plumbing.intake.kinds import ImportContext, ImportKind, Outcome, ParsedRow, Refused
from kaibo.plumbing.intake.models import ColumnMapping, ImportRun, QuarantinedRow
from kaibo.plumbing.intake.plan import RawRow, RowParser
from kaibo.plumbing.intake.queries import kind_for, row_for, run_for, waiting_rows
from kaibo.plumbing.intake.sealing import seal_rows, unsealed

WAITING = QuarantinedRow.State.WAITING
MOST_AT_ONCE = 1_000


class ShopMissing(Invalid):
    code = "intake.shop_missing"
    message_zh = "请先选店铺：“{kind}”要知道属于哪家店"
    message_en = "Choose a shop first: “{kind}” belongs to one"


class PlatformUnknown(Invalid):
    code = "intake.platform_unknown"
    message_zh = "“{kind}”不认识平台“{platform}”，可选：{known}"
    message_en = "“{kind}” does not know the platform “{platform}”; known are: {known}"


class HeaderChosenTwice(Invalid):
    code = "intake.header_chosen_twice"
    message_zh = "“{header}”选了两次：一列只能当一个用，请改一个"
    message_en = "“{header}” was chosen twice: a column can only be one thing, change one of them"


class RunNotStopped(Conflict):
    code = "intake.run_not_stopped"
    message_zh = "这次导入不在待处理状态，可能已有人重新开始"
    message_en = "This import is not stopped; somebody may have started it again"


class RowSettled(Conflict):
    code = "intake.row_settled"
    message_zh = "这一行已经有人处理"
    message_en = "Somebody has settled this row already"


class DiscardReasonMissing(Invalid):
    code = "intake.discard_reason_missing"
    message_zh = "舍弃一行需要写明原因"
    message_en = "Discarding a row needs a reason"


@transaction.atomic
def start_import(
    *,
    actor: Actor,
    kind_key: str,
    chunks: Iterable[bytes],
    file_name: str,
    platform: str,
    shop_id: UUID | None,
    now: datetime,
    file_written_at: datetime | None = None,
) -> ImportRun:
    """
    This function will store a file and open its run, waiting; `jobs.enqueue` or `engine.run_import` then does the work.

    Raises: Forbidden, KindUnknown, ShopMissing, PlatformUnknown.   Source: ORD-7.
    """
    kind = kind_for(kind_key)
    access.require(actor, kind.ability, shop_id=shop_id)
    if kind.needs_shop and shop_id is None:
        raise ShopMissing(kind=kind.title_zh)
    if platform and kind.platforms and platform not in kind.platforms:
        raise PlatformUnknown(kind=kind.title_zh, platform=platform, known="、".join(kind.platforms))
    sha256, size_bytes = store.keep(chunks)
    shops = (
        [None]
        if actor.is_kaibo
        else sorted((None if s is ALL_SHOPS else str(s) for s in actor.shops_for(kind.ability)), key=str)
    )
    run = ImportRun.objects.create(
        kind=kind.key,
        platform=platform,
        shop_id=shop_id,
        file_name=shortened(file_name, limit=255),
        sha256=sha256,
        size_bytes=size_bytes,
        file_exported_at=store.exported_at(file_name, otherwise=min(file_written_at or now, now)),
        actor_id=actor.person_id,
        actor_name=actor.name,
        actor_shops=shops,
        created_at=now,
    )
    audit.record(
        actor,
        "intake:run:start",
        subject=f"import:{run.pk}",
        now=now,
        shop_id=shop_id,
        details={"kind": kind.key, "platform": platform, "sha256": sha256, "size_bytes": size_bytes},
    )
    return run


@transaction.atomic
def choose_columns(*, actor: Actor, run_id: UUID, mapping: Mapping[str, str], now: datetime) -> ImportRun:
    """
    This function will remember which header is which column for this kind and platform, and open the run again.

    Raises: Forbidden, RunUnknown, HeaderChosenTwice, RunNotStopped.
    """
    run = run_for(actor, run_id)
    kind = kind_for(run.kind)
    access.require(actor, kind.ability, shop_id=run.shop_id)
    chosen = {column.key: mapping[column.key] for column in kind.columns if mapping.get(column.key)}
    twice = [header for header, times in Counter(chosen.values()).items() if times > 1]
    if twice:
        raise HeaderChosenTwice(header=twice[0])
    kept, _ = ColumnMapping.objects.get_or_create(
        kind=run.kind, platform=run.platform, defaults={"actor_name": actor.name, "changed_at": now}
    )
    ColumnMapping.objects.filter(pk=kept.pk).update(
        mapping={**kept.mapping, **chosen}, actor_name=actor.name, changed_at=now
    )
    _open_again(run)
    audit.record(
        actor,
        "intake:mapping:choose",
        subject=f"import:{run.pk}",
        now=now,
        shop_id=run.shop_id,
        details={"mapping": chosen},
    )
    return run


@transaction.atomic
def retry_run(*, actor: Actor, run_id: UUID, now: datetime) -> ImportRun:
    """This function will open a failed run again; it goes on from its position.   Raises: Forbidden, RunUnknown, RunNotStopped."""
    run = run_for(actor, run_id)
    access.require(actor, kind_for(run.kind).ability, shop_id=run.shop_id)
    _open_again(run)
    audit.record(actor, "intake:run:retry", subject=f"import:{run.pk}", now=now, shop_id=run.shop_id)
    return run


@transaction.atomic
def choose_platform(*, actor: Actor, run_id: UUID, platform: str, now: datetime) -> ImportRun:
    """
    This function will open a run again that stopped because its columns look like another platform's, as of the platform a person
    now names; they are believed.   Raises: Forbidden, RunUnknown, PlatformUnknown, RunNotStopped.
    """
    run = run_for(actor, run_id)
    kind = kind_for(run.kind)
    access.require(actor, kind.ability, shop_id=run.shop_id)
    error = run.error or {}
    if error.get("code") != OtherPlatform.code:
        raise RunNotStopped
    for one in (platform, error["details"]["platform"]):  # of a platform whose files are not taken here nobody can insist
        if one not in kind.platforms:
            raise PlatformUnknown(kind=kind.title_zh, platform=one, known="、".join(kind.platforms))
    _open_again(run)
    before, run.platform = run.platform, platform
    ImportRun.objects.filter(pk=run.pk).update(platform=platform, is_platform_sure=True)
    audit.record(
        actor, "intake:platform:choose", subject=f"import:{run.pk}", now=now, shop_id=run.shop_id, details={"before": before, "platform": platform}
    )  # fmt: skip
    return run


def _open_again(run: ImportRun) -> None:
    stopped = (ImportRun.State.UNMAPPED, ImportRun.State.FAILED)
    if not ImportRun.objects.filter(pk=run.pk, state__in=stopped).update(
        state=ImportRun.State.WAITING, error=None, finished_at=None
    ):
        raise RunNotStopped
    run.refresh_from_db()


@dataclass(frozen=True, slots=True)
class Correction:
    """What a correction came to: the outcome when the row was taken, else the reasons it still waits."""

    taken: str
    reasons: tuple[Refused, ...]


@transaction.atomic
def correct_row(*, actor: Actor, row_id: UUID, cells: Mapping[int, str], now: datetime) -> Correction:
    """
    This function will put new texts into cells of a waiting row (index → text) and try it again at once.

    Personal cells left empty keep their encrypted text (`-` empties them). A row that is still wrong keeps the new texts and
    gets the new reasons.   Raises: Forbidden, RowUnknown, RowSettled, PersonErased.
    """
    row = row_for(actor, row_id)
    run = row.run
    kind = kind_for(run.kind)
    access.require(actor, kind.ability, shop_id=run.shop_id)
    # lock: one corrector a row
    if not QuarantinedRow.objects.select_for_update().filter(pk=row.pk, state=WAITING).exists():
        raise RowSettled
    texts = unsealed(row.cells, row.subject_id, row.sealed)
    texts += [""] * (len(run.header) - len(texts))
    parser = RowParser(kind, tuple(run.header), run.columns)
    kept = frozenset(parser.personal_indexes())
    given = {index: text.replace("\x00", "") for index, text in cells.items()}
    changed = {
        i: text for i, text in given.items() if 0 <= i < len(texts) and text != texts[i] and (text or i not in kept)
    }
    for index, text in changed.items():
        texts[index] = text
    outcome = _try_again(kind, parser, RawRow(row.row_number, texts), context=_context(actor, run, now))
    if isinstance(outcome, list):
        sealed = seal_rows([(f"{run.pk}:{row.row_number}", texts)], parser.personal_indexes(), now=now)[0]
        QuarantinedRow.objects.filter(pk=row.pk, state=WAITING).update(
            cells=sealed.cells,
            sealed=sealed.blob,
            subject_id=sealed.subject_id,
            reasons=[reason.as_json() for reason in outcome],
        )
        return Correction("", tuple(outcome))
    QuarantinedRow.objects.filter(pk=row.pk, state=WAITING).update(
        state=QuarantinedRow.State.CORRECTED, settled_at=now, settled_by=actor.name, sealed=None
    )
    audit.record(
        actor,
        "intake:quarantine:correct",
        subject=f"quarantine:{row.pk}",
        now=now,
        shop_id=run.shop_id,
        details={
            "kind": run.kind,
            "row": row.row_number,
            "columns": [run.header[i] for i in changed if i < len(run.header)],
        },
    )
    return Correction(str(outcome), ())


def _try_again(kind: ImportKind, parser: RowParser, raw: RawRow, *, context: ImportContext) -> Outcome | list[Refused]:
    read = parser.parse(raw)
    if not isinstance(read, ParsedRow):
        return read
    outcome = apply_rows(kind, context, [read])[0]
    return [outcome] if isinstance(outcome, Refused) else outcome


def _context(actor: Actor, run: ImportRun, now: datetime) -> ImportContext:
    return ImportContext(actor, run.shop_id, run.platform, run.pk, now, run.file_exported_at)


@transaction.atomic
def discard_rows(*, actor: Actor, run_id: UUID, row_ids: Iterable[UUID], reason: str, now: datetime) -> int:
    """
    This function will settle waiting rows as not wanted, with the reason, and drop their personal cells.

    Raises: Forbidden, RunUnknown, DiscardReasonMissing.
    """
    run = run_for(actor, run_id)
    access.require(actor, kind_for(run.kind).ability, shop_id=run.shop_id)
    if not reason.strip():
        raise DiscardReasonMissing
    discarded = QuarantinedRow.objects.filter(run=run, pk__in=list(row_ids), state=WAITING).update(
        state=QuarantinedRow.State.DISCARDED,
        discard_reason=shortened(reason.strip(), limit=200),
        settled_at=now,
        settled_by=actor.name,
        sealed=None,
    )
    audit.record(
        actor,
        "intake:quarantine:discard",
        subject=f"import:{run.pk}",
        now=now,
        shop_id=run.shop_id,
        details={"rows": discarded},
        reason=reason.strip(),
    )
    return discarded


def accept_proposals(*, actor: Actor, run_id: UUID, now: datetime) -> int:
    """
    This function will correct every waiting row of a run whose every reason carries a proposal, each in its own
    transaction, and give how many were taken.   Raises: Forbidden, RunUnknown.
    """
    run = run_for(actor, run_id)
    access.require(actor, kind_for(run.kind).ability, shop_id=run.shop_id)
    taken = 0
    for row in waiting_rows(run)[:MOST_AT_ONCE]:
        proposals = {
            run.columns[reason["column"]]: reason["proposed"]
            for reason in row.reasons
            if reason["proposed"] and reason["column"] in run.columns
        }
        if len(proposals) == len(row.reasons):
            taken += bool(correct_row(actor=actor, row_id=row.pk, cells=proposals, now=now).taken)
    return taken
