"""What counts as grave, what each level does and says, when service is closed: the rules, by version."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kaibo.kit.clock import business_date
from kaibo.kit.errors import Invalid
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.stages.aftersales import queries, rulebook, rules, words
from kaibo.stages.aftersales.permissions import RULES, SEE
from kaibo.stages.aftersales.rules import Impact, Nature, Severity


class NotUnderstood(Invalid):
    code = "aftersales.not_understood"
    message_zh = "没有看懂“{said}”，请从页面上选"
    message_en = "“{said}” is not one of the choices"


def chosen(kind: type[Any], said: str) -> Any:
    """This function will read a choice of a form.   Raises: NotUnderstood."""
    if said not in {one.value for one in kind}:
        raise NotUnderstood(said=said[:40])
    return kind(said)


def day_of(said: str) -> date:
    """This function will read a day of a form.   Raises: NotUnderstood."""
    try:
        return date.fromisoformat(said)
    except ValueError as unread:
        raise NotUnderstood(said=said[:40]) from unread


@require_GET
def severity(request: ConsoleRequest) -> HttpResponse:
    """What counts as grave, how fast must each level be answered, and what does it do and say?"""
    access.require(request.actor, SEE)
    book, hours = rulebook.in_force(), queries.hours_in_force()
    rows = [(nature.value, words.word(rules.NATURE_WORDS, nature), [_cell(book, nature, impact) for impact in Impact]) for nature in Nature]
    today = business_date(request.now)
    return render(
        request, "aftersales/severity.html",
        {
            "book": book, "rows": rows, "impacts": [words.word(rules.IMPACT_WORDS, one) for one in Impact], "levels": [_level(book, one) for one in Severity],
            "hours": hours, "service_from": f"{hours.service.opens_minute // 60}:00", "service_until": f"{hours.service.closes_minute // 60}:00",
            "level_hours": [(words.word(rules.SEVERITY_WORDS, one), words.SEVERITY_PILLS[one.value], hours.for_severity(one)) for one in Severity],
            "severities": words.choices(rules.SEVERITY_WORDS), "natures": words.choices(rules.NATURE_WORDS), "impact_choices": words.choices(rules.IMPACT_WORDS),
            "may_change": request.actor.can(RULES), "versions": rulebook.versions(), "closed": rulebook.closed_days(today - timedelta(days=7)), "today": today,
        },
    )  # fmt: skip


def _cell(book: rulebook.Book, nature: Nature, impact: Impact) -> dict[str, Any]:
    given = book.severity_of(nature, impact)
    return {"words": words.word(rules.SEVERITY_WORDS, given), "pill": words.SEVERITY_PILLS[given.value], "is_changed": book.is_changed(nature, impact)}


def _level(book: rulebook.Book, severity: Severity) -> dict[str, Any]:
    process = book.process_of(severity)
    return {
        "key": severity.value, "words": words.word(rules.SEVERITY_WORDS, severity), "pill": words.SEVERITY_PILLS[severity.value],
        "steps": [words.said(one) for one in process.steps], "phrases": [words.said(one) for one in process.phrases],
        "is_changed": severity.value in book.levels, "steps_text": "\n".join(one[0] for one in process.steps), "phrases_text": "\n".join(one[0] for one in process.phrases),
    }  # fmt: skip


def _based_on(request: ConsoleRequest) -> int | None:
    said = request.POST.get("based_on", "")
    return int(said) if said.isdigit() else None


@require_POST
def change_cell(request: ConsoleRequest) -> HttpResponse:
    said = request.POST
    rulebook.change_cell(
        actor=request.actor, nature=chosen(Nature, said.get("nature", "")), impact=chosen(Impact, said.get("impact", "")),
        severity=chosen(Severity, said.get("severity", "")), reason=said.get("reason", ""), now=request.now, based_on=_based_on(request),
    )  # fmt: skip
    return done(request, _("规则已改，之后登记的个案按新规则"), "aftersales:severity")


@require_POST
def change_level(request: ConsoleRequest, level: str) -> HttpResponse:
    said = request.POST
    rulebook.change_level(
        actor=request.actor, severity=chosen(Severity, level), steps=said.get("steps", "").splitlines(), phrases=said.get("phrases", "").splitlines(),
        reason=said.get("reason", ""), now=request.now, based_on=_based_on(request),
    )  # fmt: skip
    return done(request, _("规则已改，之后登记的个案按新规则"), "aftersales:severity")


@require_POST
def restore(request: ConsoleRequest, number: int) -> HttpResponse:
    rulebook.restore(actor=request.actor, number=number, reason=request.POST.get("reason", ""), now=request.now, based_on=_based_on(request))
    return done(request, _("已恢复，成为新的一版"), "aftersales:severity")


@require_POST
def closed_day(request: ConsoleRequest) -> HttpResponse:
    is_closed = request.POST.get("open") != "1"
    rulebook.set_closed(
        actor=request.actor, day=day_of(request.POST.get("day", "")), is_closed=is_closed, words=request.POST.get("words", ""), now=request.now
    )
    return done(request, _("店休日已记下，之后算的时限会跳过") if is_closed else _("已改回照常服务"), "aftersales:severity")
