"""The launch board and a launch's page: where each one is stuck, why, and what mends it (TEAM-4)."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kaibo.kit.clock import business_date, in_shanghai
from kaibo.master.launches import queries, services
from kaibo.master.launches.forms import LaunchForm, StagePlanForm
from kaibo.master.launches.queries import BoardRow
from kaibo.master.people.queries import names_of
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.wiring import wiring


def board(request: ConsoleRequest) -> HttpResponse:
    rows = queries.board(request.actor, request.now, shop_id=request.shop_id)
    shown = _chosen(rows, request)
    reds = [
        (row, cell) for row in shown for cell in row.cells if cell.finding.state == "red" and not cell.is_overridden
    ]
    return render(
        request, "launches/board.html",
        {
            "rows": shown, "names": _stage_names(), "reds": reds[:6], "chips": _chips(rows, request), "total": len(rows),
            "red_total": sum(1 for row in rows if row.red_count), "next_air": _next_air(rows, request), "now": request.now,
            "can_edit": request.actor.can(services.LAUNCH_EDIT),
        },
    )  # fmt: skip


def _stage_names() -> list[tuple[str, str]]:
    """The flow's stages with the short name the board uses, in the page's language."""
    is_english = (get_language() or "").startswith("en")
    return [(stage.key, stage.short_en if is_english else stage.short_zh) for stage in wiring().flow]


FILTERS = ("all", "mine", "tonight", "red")


def _matches(row: BoardRow, which: str, request: ConsoleRequest) -> bool:
    if which == "mine":
        return row.owner_id == request.actor.person_id
    if which == "tonight":
        return row.on_air_at is not None and business_date(row.on_air_at) == business_date(request.now)
    return which != "red" or row.red_count > 0


def _chosen(rows: list[BoardRow], request: ConsoleRequest) -> list[BoardRow]:
    which = request.GET.get("show", "all")
    return [row for row in rows if _matches(row, which, request)]


def _chips(rows: list[BoardRow], request: ConsoleRequest) -> list[dict]:
    words = {"all": _("全部"), "mine": _("我负责的"), "tonight": _("今晚"), "red": _("红灯")}
    active = request.GET.get("show", "all")
    return [
        {
            "label": words[which], "href": f"?show={which}", "count": sum(1 for row in rows if _matches(row, which, request)),
            "is_active": which == active, "state": "bad" if which == "red" else "",
        }
        for which in FILTERS
    ]  # fmt: skip


def _next_air(rows: list[BoardRow], request: ConsoleRequest) -> str:
    coming = sorted(row.on_air_at for row in rows if row.on_air_at and row.on_air_at >= request.now)
    return in_shanghai(coming[0]).strftime("%m-%d %H:%M") if coming else ""


def launch(request: ConsoleRequest, launch_id: UUID) -> HttpResponse:
    found = queries.launch_for(request.actor, launch_id)
    row = queries.board(request.actor, request.now, launch_ids=[launch_id])[0]
    asked = queries.overrides_of(launch_id)
    names = names_of({one.asked_by for one in asked} | {one.confirmed_by for one in asked})
    titles = dict(_stage_names())
    return render(
        request, "launches/launch.html",
        {
            "launch": found, "row": row, "now": request.now, "form": StagePlanForm(stages=_stage_names()),
            "stages": [(titles[cell.stage], cell) for cell in row.cells],
            "overrides": [
                {
                    "id": one.pk, "stage": titles[one.stage], "reason": one.reason, "asked_by": names.get(one.asked_by, ""), "asked_at": one.asked_at,
                    "confirmed_by": names.get(one.confirmed_by, ""), "confirmed_at": one.confirmed_at,
                    "can_confirm": one.confirmed_by is None and one.asked_by != request.actor.person_id,
                }
                for one in asked
            ],
            "can_edit": request.actor.can(services.LAUNCH_EDIT, shop_id=found.shop_id),
        },
    )  # fmt: skip


def new(request: ConsoleRequest) -> HttpResponse:
    form = LaunchForm(request.POST or None, actor=request.actor, shops=list(request.shops))
    if request.method == "POST" and form.is_valid():
        begun = services.begin_launch(
            actor=request.actor, shop_id=UUID(form.cleaned_data["shop"]), title=form.cleaned_data["title"],
            owner_id=UUID(form.cleaned_data["owner"]), on_air_at=form.cleaned_data["on_air_at"], now=request.now,
        )  # fmt: skip
        return done(request, _("已新建，先去选品确认卖点"), "launches:launch", begun.pk)
    return render(request, "launches/new.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
def plan_stage(request: ConsoleRequest, launch_id: UUID) -> HttpResponse:
    form = StagePlanForm(request.POST, stages=_stage_names())
    if not form.is_valid():
        return done(request, _("负责人或时间填写有误，没有改动"), "launches:launch", launch_id)
    services.plan_stage(
        actor=request.actor, launch_id=launch_id, stage=form.cleaned_data["stage"], owner_id=UUID(form.cleaned_data["owner"]),
        due_at=form.cleaned_data["due_at"], now=request.now,
    )  # fmt: skip
    return done(request, _("已更新负责人与截止时间"), "launches:launch", launch_id)


@require_POST
def ask_override(request: ConsoleRequest, launch_id: UUID, stage: str) -> HttpResponse:
    services.ask_override(
        actor=request.actor, launch_id=launch_id, stage=stage, reason=request.POST.get("reason", ""), now=request.now
    )
    return done(request, _("已申请放行，等第二个人确认"), "launches:launch", launch_id)


@require_POST
def confirm_override(request: ConsoleRequest, launch_id: UUID, override_id: UUID) -> HttpResponse:
    services.confirm_override(actor=request.actor, override_id=override_id, now=request.now)
    return done(request, _("已放行，双方姓名与原因已记入审计"), "launches:launch", launch_id)


@require_POST
def finish(request: ConsoleRequest, launch_id: UUID) -> HttpResponse:
    is_stopped = request.POST.get("how") == "stopped"
    services.finish_launch(actor=request.actor, launch_id=launch_id, now=request.now, is_stopped=is_stopped)
    return done(request, _("已终止这个上新") if is_stopped else _("已完成这个上新"), "launches:board")
