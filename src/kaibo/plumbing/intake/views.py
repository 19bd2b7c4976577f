"""Pages of imports and exports: upload, progress, quarantine, columns, history."""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from django.core.paginator import Paginator
from django.db import transaction
from django.http import FileResponse, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kaibo.kit.clock import day_bounds, in_shanghai
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.intake import cards, exports, jobs, queries, services
from kaibo.plumbing.intake.forms import ExportForm, UploadForm
from kaibo.plumbing.intake.headers import OtherPlatform
from kaibo.plumbing.intake.lists import RUNS, run_row
from kaibo.plumbing.intake.models import ImportRun
from kaibo.plumbing.intake.reading import (
    NotASpreadsheet,
    SpreadsheetBroken,
    SpreadsheetEmpty,
    SpreadsheetLocked,
    SpreadsheetTooLarge,
    UnknownEncoding,
)
from kaibo.plumbing.intake.writing import CONTENT_TYPES, file_format
from kaibo.plumbing.tables import tables

ROWS_A_PAGE = 20
NO_USE_AGAIN = {
    one.code for one in (NotASpreadsheet, SpreadsheetBroken, SpreadsheetEmpty, SpreadsheetLocked, SpreadsheetTooLarge, UnknownEncoding, OtherPlatform)
}
"""Complaints of a file that would come again however often it is read."""


@require_GET
def runs(request: ConsoleRequest) -> HttpResponse:
    """This page will answer: what came in, what waits, and where do I bring or take a file?"""
    table = tables.page(
        request, RUNS, queries.runs_for(request.actor), row=partial(run_row, language=get_language() or "zh")
    )
    return render(
        request,
        "intake/runs.html",
        {"table": table, "exports": queries.exports_for(request.actor), "export_form": ExportForm()},
    )


def upload(request: ConsoleRequest) -> HttpResponse:
    form = UploadForm(request.POST or None, request.FILES or None, request=request)
    if request.method != "POST" or not form.is_valid():
        status = 422 if request.method == "POST" else 200
        return render(
            request, "intake/upload.html", {"form": form, "kinds": queries.kinds_for(request.actor)}, status=status
        )
    file = form.cleaned_data["file"]
    with transaction.atomic():
        run = services.start_import(
            actor=request.actor,
            kind_key=form.cleaned_data["kind"],
            chunks=file.chunks(),
            file_name=file.name,
            platform=form.cleaned_data["platform"],
            shop_id=form.shop_id,
            now=request.now,
        )
        jobs.enqueue(run)
    return done(request, _("已收到文件，正在导入"), "intake:run", run.pk)


@require_GET
def run(request: ConsoleRequest, run_id: UUID) -> HttpResponse:
    """This page will answer: how far is it, what was taken, what waits and why?"""
    found = queries.run_for(request.actor, run_id)
    kind = queries.kind_for(found.kind)
    rows = Paginator(queries.waiting_rows(found), ROWS_A_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "intake/run.html",
        {
            "run": found, "kind": kind, "kind_title": kind.title(get_language() or "zh"), "platform": cards.PLATFORM_TITLES.get(found.platform, found.platform), "state": cards.STATES[found.state],
            "rows": rows, "cards": cards.row_cards(found, kind, rows), "may_correct": request.actor.can(kind.ability, shop_id=found.shop_id),
            "mapping": cards.mapping_fields(found, kind) if found.state == ImportRun.State.UNMAPPED else [],
            "may_retry": (found.error or {}).get("code") not in NO_USE_AGAIN, "other": cards.other_platform(found, kind), "elsewhere": queries.kinds_that_fit(request.actor, found), "unused": cards.unused_headers(found),
            "headers": (found.error or {}).get("details", {}).get("headers", []),
            "error": (found.error or {}).get("en" if (get_language() or "").startswith("en") else "zh", ""),
            "proposals": queries.rows_with_proposals(found),
        },
    )  # fmt: skip


@require_GET
def progress(request: ConsoleRequest, run_id: UUID) -> JsonResponse:
    found = queries.run_for(request.actor, run_id)
    is_open = found.state in {ImportRun.State.WAITING, ImportRun.State.RUNNING}
    return JsonResponse(
        {
            "done": found.rows_read, "total": max(found.rows_total or 0, found.rows_read), "bad": found.rows_quarantined,
            "label": found.get_state_display(), "state": "run" if is_open else "ok" if found.state == ImportRun.State.DONE else "red",
            "next": "" if is_open else reverse("intake:run", args=[found.pk]),
        }
    )  # fmt: skip


@require_POST
def columns(request: ConsoleRequest, run_id: UUID) -> HttpResponse:
    chosen = {
        name.removeprefix("column-"): value
        for name, value in request.POST.items()
        if name.startswith("column-") and value
    }
    with transaction.atomic():
        jobs.enqueue(services.choose_columns(actor=request.actor, run_id=run_id, mapping=chosen, now=request.now))
    return done(request, _("已记住列的对应关系，正在重新导入"), "intake:run", run_id)


@require_POST
def platform(request: ConsoleRequest, run_id: UUID) -> HttpResponse:
    with transaction.atomic():
        jobs.enqueue(services.choose_platform(actor=request.actor, run_id=run_id, platform=request.POST.get("platform", ""), now=request.now))
    return done(request, _("已重新开始"), "intake:run", run_id)


@require_POST
def retry(request: ConsoleRequest, run_id: UUID) -> HttpResponse:
    with transaction.atomic():
        jobs.enqueue(services.retry_run(actor=request.actor, run_id=run_id, now=request.now))
    return done(request, _("已重新开始"), "intake:run", run_id)


@require_POST
def correct(request: ConsoleRequest, row_id: UUID) -> HttpResponse:
    cells = {
        int(name.removeprefix("cell-")): value
        for name, value in request.POST.items()
        if name.removeprefix("cell-").isdecimal()
    }
    row = queries.row_for(request.actor, row_id)
    correction = services.correct_row(actor=request.actor, row_id=row_id, cells=cells, now=request.now)
    if correction.taken:
        return done(request, _("第 %(row)s 行已更正并导入") % {"row": row.row_number}, "intake:run", row.run_id)
    card = cards.row_cards(row.run, queries.kind_for(row.run.kind), [queries.row_for(request.actor, row_id)])[0]
    return render(request, "intake/_row.html", {"card": card, "run": row.run, "may_correct": True}, status=422)


@require_POST
def accept_proposals(request: ConsoleRequest, run_id: UUID) -> HttpResponse:
    taken = services.accept_proposals(actor=request.actor, run_id=run_id, now=request.now)
    return done(request, _("采用建议，导入了 %(rows)s 行") % {"rows": taken}, "intake:run", run_id)


@require_POST
def discard(request: ConsoleRequest, run_id: UUID) -> HttpResponse:
    rows = services.discard_rows(
        actor=request.actor,
        run_id=run_id,
        row_ids=[UUID(row) for row in request.POST.getlist("ids")],
        reason=request.POST.get("reason", ""),
        now=request.now,
    )
    return done(request, _("已舍弃 %(rows)s 行") % {"rows": rows}, "intake:run", run_id)


@require_GET
def quarantine_file(request: ConsoleRequest, run_id: UUID) -> FileResponse:
    with TemporaryDirectory(prefix="kaibo-quarantine-") as folder:
        path = Path(folder) / "quarantine.xlsx"
        found, _count = exports.write_quarantine(actor=request.actor, run_id=run_id, path=path, now=request.now)
        content = path.open("rb")
    return FileResponse(
        content,
        as_attachment=True,
        filename=f"隔离行-{Path(found.file_name).stem}.xlsx",
        content_type=CONTENT_TYPES["xlsx"],
    )


@require_GET
def sample(request: ConsoleRequest, kind_key: str) -> FileResponse:
    with TemporaryDirectory(prefix="kaibo-sample-") as folder:
        path = Path(folder) / "sample.xlsx"
        kind = exports.write_sample(kind_key=kind_key, path=path)
        content = path.open("rb")
    return FileResponse(
        content,
        as_attachment=True,
        filename=f"{kind.title(get_language() or 'zh')}-示例.xlsx",
        content_type=CONTENT_TYPES["xlsx"],
    )


@require_POST
def export(request: ConsoleRequest, kind_key: str) -> FileResponse:
    first, last = (_day(request.POST.get(name, "")) for name in ("first", "last"))
    written_as = file_format(request.POST.get("format", "xlsx"))
    with TemporaryDirectory(prefix="kaibo-export-") as folder:
        path = Path(folder) / f"export.{written_as}"
        exports.write_export(
            actor=request.actor,
            kind_key=kind_key,
            path=path,
            format_=written_as,
            start=day_bounds(first)[0] if first else None,
            end=day_bounds(last)[1] if last else None,
            reason=request.POST.get("reason", ""),
            now=request.now,
        )
        content = path.open("rb")
    name = f"{queries.export_for(kind_key).title(get_language() or 'zh')}-{in_shanghai(request.now):%Y%m%d-%H%M}.{written_as}"
    return FileResponse(content, as_attachment=True, filename=name, content_type=CONTENT_TYPES[written_as])


def _day(said: str) -> date | None:
    return date.fromisoformat(said) if ExportForm.is_day(said) else None
