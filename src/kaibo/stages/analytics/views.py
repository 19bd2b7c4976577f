"""Sessions in figures, and the retrospective of each: why was it so, what do we change?"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kaibo.kit.clock import in_shanghai
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.audit import audit
from kaibo.plumbing.intake.writing import CONTENT_TYPES, file_format, write_file
from kaibo.stages.analytics import exports, forms, imports, pages, queries, services
from kaibo.stages.analytics.next_plan import plan_next
from kaibo.stages.analytics.permissions import ACT, CONCLUDE, EXPORT, IMPORT, RECOUNT, SEE
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.showplan.permissions import SESSION_PLAN


@require_GET
def home(request: ConsoleRequest) -> HttpResponse:
    access.require(request.actor, SEE)
    rows = queries.session_rows(request.actor, shop_id=request.shop_id)
    return render(request, "analytics/home.html", pages.list_context(rows))


@require_GET
def session(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    found = showplan.session_for(request.actor, session_id)
    access.require(request.actor, SEE, shop_id=found.shop_id)
    may = {
        name: request.actor.can(ability, shop_id=found.shop_id)
        for name, ability in (("act", ACT), ("conclude", CONCLUDE), ("import", IMPORT), ("export", EXPORT), ("recount", RECOUNT), ("plan", SESSION_PLAN))
    }
    return render(request, "analytics/session.html", pages.session_context(found, may=may, now=request.now))


@require_POST
def recount(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    services.recount(actor=request.actor, session_id=session_id, now=request.now)
    return done(request, _("已重算"), "analytics:session", session_id)


@require_POST
def accept(request: ConsoleRequest, session_id: UUID, cause: str) -> HttpResponse:
    form = forms.AcceptForm(request.POST)
    if not form.is_valid():
        return render(request, "analytics/form.html", {"form": form, "title": _("采纳行动"), "session_id": session_id}, status=422)
    said = form.cleaned_data
    services.accept_action(
        actor=request.actor, session_id=session_id, cause=cause, owner_id=UUID(said["owner"]), due_on=said["due_on"], words=said["words"], now=request.now
    )
    return done(request, _("已采纳，负责人的今日清单里会看到"), "analytics:session", session_id)


@require_POST
def drop(request: ConsoleRequest, session_id: UUID, cause: str) -> HttpResponse:
    services.drop_action(actor=request.actor, session_id=session_id, cause=cause, now=request.now)
    return done(request, _("已标为不采纳"), "analytics:session", session_id)


@require_POST
def finish(request: ConsoleRequest, action_id: UUID) -> HttpResponse:
    services.finish_action(actor=request.actor, action_id=action_id, now=request.now)
    return done(request, _("行动已完成"), "analytics:session", queries.action_for(request.actor, action_id).session_id)


@require_POST
def conclude(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    form = forms.LessonsForm(request.POST)
    lessons = form.cleaned_data["lessons"] if form.is_valid() else ""
    services.conclude(actor=request.actor, session_id=session_id, lessons=lessons, now=request.now)
    return done(request, _("复盘已完成，可以生成下一场计划"), "analytics:session", session_id)


@require_POST
def next_plan(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    made = plan_next(actor=request.actor, session_id=session_id, now=request.now)
    return done(request, _("已生成下一场计划，流程单里带着结论"), "showplan:session", made.pk)


@require_POST
def take_workbook(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    form = forms.WorkbookForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "analytics/form.html", {"form": form, "title": _("导入平台数据"), "session_id": session_id}, status=422)
    file = form.cleaned_data["file"]
    with TemporaryDirectory(prefix="kaibo-compass-") as folder:
        path = Path(folder) / "sheet"
        with path.open("wb") as kept:
            for chunk in file.chunks():
                kept.write(chunk)
        count = imports.import_workbook(actor=request.actor, session_id=session_id, platform="douyin", path=path, name=file.name, now=request.now)
    return done(request, _("已导入 %(count)s 个平台指标") % {"count": count}, "analytics:session", session_id)


@require_GET
def export(request: ConsoleRequest, session_id: UUID, what: str) -> FileResponse:
    found = showplan.session_for(request.actor, session_id)
    access.require(request.actor, EXPORT, shop_id=found.shop_id)
    row = queries.SessionRow(found, queries.kept_picture(session_id), False, 0)
    columns, rows, title = (
        (exports.FIGURE_COLUMNS, exports.figures_of(row), _("指标")) if what == "figures" else (exports.MINUTE_COLUMNS, exports.minutes_of(row), _("分钟"))
    )
    audit.record(request.actor, EXPORT, subject=f"session:{session_id}", now=request.now, shop_id=found.shop_id, details={"what": what})
    written_as = file_format("xlsx")
    with TemporaryDirectory(prefix="kaibo-export-") as folder:
        path = Path(folder) / f"session.{written_as}"
        write_file(path, columns, rows, format_=written_as, title=title)
        content = path.open("rb")  # stays readable until it is sent
    name = f"{found.title}-{title}-{in_shanghai(found.starts_at):%m%d}.{written_as}"
    return FileResponse(content, as_attachment=True, filename=name, content_type=CONTENT_TYPES[written_as])
