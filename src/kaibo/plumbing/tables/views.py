"""Doors of every list: export, save a view, forget one."""

from __future__ import annotations

from uuid import UUID

from django.http import FileResponse, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.tables import exporting, services


@require_GET
def export(request: ConsoleRequest) -> FileResponse:
    return exporting.export_list(
        request,
        address=request.GET.get("list", ""),
        table_key=request.GET.get("table", ""),
        format_=request.GET.get("format", "xlsx"),
    )


@require_POST
def save_view(request: ConsoleRequest) -> HttpResponse:
    query = request.POST.get("query", "")
    view = services.save_view(
        actor=request.actor,
        table=request.POST.get("table", ""),
        name=request.POST.get("name", ""),
        query=query,
        now=request.now,
    )
    return done(request, _("已保存视图“%(name)s”") % {"name": view.name}, f"{_own_path(request)}?{query}")


@require_POST
def forget_view(request: ConsoleRequest, view_id: UUID) -> HttpResponse:
    name = services.forget_view(actor=request.actor, view_id=view_id)
    return done(request, _("已删除视图“%(name)s”") % {"name": name}, _own_path(request))


def _own_path(request: ConsoleRequest) -> str:
    path = request.POST.get("path", "/")
    return path if url_has_allowed_host_and_scheme(path, allowed_hosts=None) else "/"
