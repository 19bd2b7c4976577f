"""Reads of imports: kinds, runs a person may see, and rows that wait."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count, Q, QuerySet

from kaibo.kit.errors import NotFound
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.intake.headers import find_header
from kaibo.plumbing.intake.kinds import ExportKind, ImportKind
from kaibo.plumbing.intake.manifest import SEE
from kaibo.plumbing.intake.models import ImportRun, QuarantinedRow
from kaibo.plumbing.wiring import wiring


class KindUnknown(NotFound):
    code = "intake.kind_unknown"
    message_zh = "没有“{kind}”这种表格，可用的有：{known}"
    message_en = "There is no kind of file called “{kind}”; known are: {known}"


class RunUnknown(NotFound):
    code = "intake.run_unknown"
    message_zh = "没有这次导入，或你看不到它"
    message_en = "There is no such import, or you may not see it"


class RowUnknown(NotFound):
    code = "intake.row_unknown"
    message_zh = "没有这一行，或它已处理"
    message_en = "There is no such row, or it is settled"


def kind_for(key: str) -> ImportKind:
    """This function will give an import kind by its key. Raises: KindUnknown."""
    kinds = wiring().import_kinds()
    if key not in kinds:
        raise KindUnknown(kind=key, known="、".join(sorted(kinds)))
    kind: ImportKind = kinds[key]
    return kind


def export_for(key: str) -> ExportKind:
    """This function will give an export kind by its key. Raises: KindUnknown."""
    kinds = wiring().export_kinds()
    if key not in kinds:
        raise KindUnknown(kind=key, known="、".join(sorted(kinds)))
    kind: ExportKind = kinds[key]
    return kind


def kinds_that_fit(actor: Actor, run: ImportRun) -> list[ImportKind]:
    """This function will list the kinds this person may import whose required columns a file has that lacks some of its own kind's."""
    headers = ((run.error or {}).get("details") or {}).get("headers") or []
    if run.state != ImportRun.State.UNMAPPED or not headers:
        return []
    found = [(kind, find_header(kind, [(1, headers)], {})) for kind in kinds_for(actor) if kind.key != run.kind]
    fitting = [(len(header.columns), kind) for kind, header in found if header and not header.missing(kind) and len(header.columns) > 2]
    return [kind for _, kind in sorted(fitting, key=lambda one: -one[0])][:2]


def kinds_for(actor: Actor) -> list[ImportKind]:
    """This function will list the kinds this person may import, in the order of the flow."""
    return [kind for kind in wiring().import_kinds().values() if actor.can(kind.ability)]


def exports_for(actor: Actor) -> list[ExportKind]:
    """This function will list the exports this person may take."""
    return [kind for kind in wiring().export_kinds().values() if actor.can(kind.ability)]


def runs_for(actor: Actor) -> QuerySet[ImportRun]:
    """This function will give the runs of the person's shops, newest first, with how many rows still wait.   Raises: Forbidden."""
    access.require(actor, SEE)
    runs = ImportRun.objects.annotate(
        rows_waiting=Count("quarantined", filter=Q(quarantined__state=QuarantinedRow.State.WAITING))
    ).order_by("-created_at")
    if actor.is_kaibo or actor.sees_all_shops:
        return runs
    return runs.filter(Q(shop_id=None) | Q(shop_id__in=actor.shop_ids))


def run_for(actor: Actor, run_id: UUID) -> ImportRun:
    """This function will give one run the person may see.   Raises: Forbidden, RunUnknown."""
    run = runs_for(actor).filter(pk=run_id).first()
    if run is None:
        raise RunUnknown
    return run


def waiting_rows(run: ImportRun) -> QuerySet[QuarantinedRow]:
    """This function will give the rows of a run that still wait, in the order of the file."""
    return QuarantinedRow.objects.filter(run=run, state=QuarantinedRow.State.WAITING).order_by("row_number")


def row_for(actor: Actor, row_id: UUID) -> QuarantinedRow:
    """This function will give one waiting row of a run the person may see.   Raises: Forbidden, RowUnknown."""
    row = QuarantinedRow.objects.select_related("run").filter(pk=row_id, state=QuarantinedRow.State.WAITING).first()
    if row is None:
        raise RowUnknown
    access.require(actor, SEE)
    if not actor.sees(row.run.shop_id):
        raise RowUnknown
    return row


def rows_with_proposals(run: ImportRun) -> int:
    """This function will count the waiting rows whose every reason carries a proposal."""
    return (
        waiting_rows(run)
        .extra(where=["""NOT jsonb_path_exists(reasons, '$[*] ? (@.proposed == "" || @.column == "")')"""])
        .count()
    )
