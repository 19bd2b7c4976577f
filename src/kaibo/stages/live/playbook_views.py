"""Playbooks 应急预案 and what became of them: who does what by when, and what did it cost?"""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kaibo.kit.clock import business_date, in_shanghai
from kaibo.kit.ids import new_id
from kaibo.plumbing.access import access
from kaibo.plumbing.access.access import ROLE_TITLES
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.intake.kinds import Cell, ExportColumn
from kaibo.plumbing.intake.writing import write_file
from kaibo.stages.live import incidents, services
from kaibo.stages.live.deeds import whole
from kaibo.stages.live.incidents import Line, Report
from kaibo.stages.live.models import Playbook
from kaibo.stages.live.permissions import DESK_SEE, PLAYBOOK_EDIT, PLAYBOOK_RUN, PLAYBOOK_TICK
from kaibo.stages.live.playbooks import MOST_STEPS, Step, TroubleKind
from kaibo.stages.live.services import FollowUp
from kaibo.stages.live.words import effect_words, line_words, trouble_titles

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_GET
def playbooks(request: ConsoleRequest) -> HttpResponse:
    """What do we do when it goes wrong, and have we practised?"""
    access.require(request.actor, DESK_SEE)
    shops = [shop for shop in request.shops if request.shop_id in (None, shop.pk)]
    kept = [(shop, incidents.playbooks_of(shop.pk, with_old=True), request.actor.can(PLAYBOOK_EDIT, shop_id=shop.pk), request.actor.can(PLAYBOOK_RUN, shop_id=shop.pk)) for shop in shops]
    found = incidents.incidents_for(request.actor, shop_id=request.shop_id)[:50]
    rows = incidents.briefs_of(found, request.now)
    return render(request, "live/playbooks.html", {"kept": kept, "rows": rows, "titles": trouble_titles()})


@require_POST
def propose(request: ConsoleRequest, shop_id: UUID) -> HttpResponse:
    count = services.propose_playbooks(actor=request.actor, shop_id=shop_id, now=request.now)
    return done(request, _("加了 %(n)s 个预案，按自己的人和设备改一改") % {"n": count}, "live:playbooks")


def playbook(request: ConsoleRequest, shop_id: UUID, playbook_id: UUID | None = None) -> HttpResponse:
    """Who does what, within how many seconds?"""
    access.require(request.actor, PLAYBOOK_EDIT, shop_id=shop_id)
    if request.method == "POST":
        services.write_playbook(
            actor=request.actor, shop_id=shop_id, playbook_id=playbook_id, kind=_kind(request.POST), title=request.POST.get("title", ""),
            announcement=request.POST.get("announcement", ""), steps=_steps(request.POST), is_active=bool(request.POST.get("is_active")), now=request.now,
        )  # fmt: skip
        return done(request, _("预案已保存"), "live:playbooks")
    there = next((one for one in incidents.playbooks_of(shop_id, with_old=True) if one.pk == playbook_id), None)
    return render(request, "live/playbook.html", _form(shop_id, there))


def _form(shop_id: UUID, there: Playbook | None) -> dict[str, Any]:
    steps = [*(there.steps if there else []), *({"role": "", "text": "", "within_seconds": ""} for _place in range(MOST_STEPS))][: max(len(there.steps) + 3 if there else 6, 6)]
    return {"playbook": there, "shop_id": shop_id, "steps": steps[:MOST_STEPS], "kinds": trouble_titles().items(), "roles": ROLE_TITLES}


def _kind(posted: QueryDict) -> str:
    said = posted.get("kind", "")
    return said if said in TroubleKind else TroubleKind.DEVICE.value


def _steps(posted: QueryDict) -> list[Step]:
    """The rows that say something; the form has empty ones at its end."""
    return [
        Step(posted.get(f"role_{place}", ""), posted.get(f"text_{place}", "").strip(), whole(posted, f"seconds_{place}"))
        for place in range(1, MOST_STEPS + 1) if posted.get(f"text_{place}", "").strip()
    ]  # fmt: skip


@require_POST
def drill(request: ConsoleRequest, shop_id: UUID, playbook_id: UUID) -> HttpResponse:
    key = request.POST.get("key", "") or str(new_id())
    begun = services.start_drill(actor=request.actor, shop_id=shop_id, playbook_id=playbook_id, key=key, now=request.now)
    return done(request, _("演练开始计时"), "live:incident", begun.pk)


@require_GET
def incident(request: ConsoleRequest, incident_id: UUID) -> HttpResponse:
    """What happened, who did what when, what did it cost, what is left to do?"""
    found = incidents.incident_for(request.actor, incident_id)
    access.require(request.actor, DESK_SEE, shop_id=found.shop_id)
    report = incidents.report_of(found, request.now)
    context = {
        "incident": found, "report": report, "steps": incidents.steps_of(found), "lines": [(line, line_words(line)) for line in report.lines],
        "effects": [effect_words(one) for one in report.effects], "follow_ups": found.follow_ups.all(), "titles": trouble_titles(),
        "can": {"run": request.actor.can(PLAYBOOK_RUN, shop_id=found.shop_id), "tick": request.actor.can(PLAYBOOK_TICK, shop_id=found.shop_id)},
        "today": business_date(request.now),
    }  # fmt: skip
    return render(request, "live/incident.html", context)


@require_POST
def tick(request: ConsoleRequest, incident_id: UUID, place: int) -> HttpResponse:
    call = services.untick_step if request.POST.get("back") else services.tick_step
    call(actor=request.actor, incident_id=incident_id, place=place, now=request.now)
    return done(request, _("已记下"), "" if request.headers.get("HX-Request") else "live:incident", *([] if request.headers.get("HX-Request") else [incident_id]))


@require_POST
def tell(request: ConsoleRequest, incident_id: UUID) -> HttpResponse:
    key = request.headers.get("Idempotency-Key", "")[:80] or request.POST.get("key", "") or str(new_id())
    told = services.tell_of_incident(actor=request.actor, incident_id=incident_id, text=request.POST.get("text", ""), key=key, now=request.now)
    words = _("演练：这句话没有发给观众") if told.is_drill else _("已发给所有观众")
    return done(request, words, "" if request.headers.get("HX-Request") else "live:incident", *([] if request.headers.get("HX-Request") else [incident_id]))


@require_POST
def end(request: ConsoleRequest, incident_id: UUID) -> HttpResponse:
    services.end_incident(
        actor=request.actor, incident_id=incident_id, cause=request.POST.get("cause", ""), lesson=request.POST.get("lesson", ""),
        follow_ups=_follow_ups(request), key=request.headers.get("Idempotency-Key", "")[:80] or str(new_id()), now=request.now,
    )  # fmt: skip
    return done(request, _("已结束，报告已写好"), "live:incident", incident_id)


def _follow_ups(request: ConsoleRequest) -> list[FollowUp]:
    """One line a thing to do; “@who” at its end names the owner, else it is whoever writes it."""
    due = date.fromisoformat(request.POST["due_on"]) if request.POST.get("due_on") else business_date(request.now)
    found = []
    for line in request.POST.get("follow_ups", "").splitlines():
        text, _at, who = line.strip().partition("@")
        if text.strip():
            found.append(FollowUp(text.strip()[:200], who.strip()[:80] or request.actor.name, due))
    return found[:20]


@require_GET
def report(request: ConsoleRequest, incident_id: UUID, form: str) -> HttpResponse:
    """The report as a file: a spreadsheet of its timeline, or a text to send."""
    found = incidents.incident_for(request.actor, incident_id)
    access.require(request.actor, DESK_SEE, shop_id=found.shop_id)
    made = incidents.report_of(found, request.now)
    name = f"incident-{in_shanghai(found.started_at):%Y%m%d-%H%M}"
    if form == "md":
        text = markdown_of(made)
        return HttpResponse(text, content_type="text/markdown; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}.md"'})
    columns = (ExportColumn("at", _("时间"), Cell.WHEN), ExportColumn("who", _("谁")), ExportColumn("what", _("什么")), ExportColumn("text", _("内容")))
    with tempfile.TemporaryDirectory(prefix="kaibo-report-") as folder:
        path = Path(folder) / "report.xlsx"
        write_file(path, columns, (_cells(line) for line in made.lines), format_="xlsx", title=found.title[:30])
        content = path.read_bytes()
    return HttpResponse(content, content_type=XLSX, headers={"Content-Disposition": f'attachment; filename="{name}.xlsx"'})


def _cells(line: Line) -> tuple[Any, ...]:
    kind, text = line_words(line)
    return (line.at, line.who, kind, text)


def markdown_of(report: Report) -> str:
    """This function will write the report as a text."""
    incident, score = report.incident, report.score
    head = _("演练") if incident.is_drill else _("应急")
    lines = [
        f"# {head} · {incident.title}", "",
        _("- 开始 %(at)s（%(who)s）") % {"at": f"{in_shanghai(incident.started_at):%Y-%m-%d %H:%M:%S}", "who": incident.started_by_name},
        _("- 用时 %(m)s 分 %(s)s 秒") % {"m": report.lasted_seconds // 60, "s": report.lasted_seconds % 60},
        _("- 步骤 %(done)s / %(all)s 完成，%(in_time)s 步按时，最晚迟 %(late)s 秒") % {"done": score.done, "all": score.steps, "in_time": score.in_time, "late": score.latest_seconds},
        "", f"## {_('经过')}", "", f"| {_('时间')} | {_('谁')} | {_('什么')} | {_('内容')} |", "|---|---|---|---|",
    ]  # fmt: skip
    for line in report.lines:
        kind, text = line_words(line)
        lines.append(f"| {in_shanghai(line.at):%H:%M:%S} | {_plain(line.who)} | {kind} | {_plain(text)} |")
    if report.effects:
        lines += ["", f"## {_('影响')}", "", f"| {_('指标')} | {_('之前 5 分钟')} | {_('期间')} | {_('之后 5 分钟')} |", "|---|---|---|---|"]
        lines += [f"| {one['name']} | {one['before']} | {one['during']} | {one['after']} |" for one in map(effect_words, report.effects)]
    lines += ["", f"## {_('原因')}", "", _plain(incident.cause) or "—", "", f"## {_('教训')}", "", _plain(incident.lesson) or "—", "", f"## {_('待办')}", ""]
    lines += [f"- [ ] {_plain(one.text)} · {_plain(one.owner_name)} · {one.due_on:%m-%d}" for one in incident.follow_ups.all()] or ["—"]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """Words people typed, so that they stay words in a table."""
    return text.replace("|", "／").replace("\n", " ").strip()

