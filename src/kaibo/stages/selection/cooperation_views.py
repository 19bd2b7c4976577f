"""Pages of cooperations 品牌合作: who do we work with, what does it bring, and do we go on?"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kaibo.kit.money import yuan_text
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.tables import tables
from kaibo.stages.selection import cooperation_services as services
from kaibo.stages.selection.decision_forms import CooperationForm, CooperationSessionForm
from kaibo.stages.selection.decision_words import ADVICE_WORDS, DECISION_WORDS, PARTNER_WORDS, percent
from kaibo.stages.selection.models import Cooperation
from kaibo.stages.selection.past import selling_past
from kaibo.stages.selection.permissions import CONTACT, DECIDE, EDIT

COOPERATIONS = tables.Table(
    key="selection.cooperations",
    title=gettext_lazy("品牌合作"),
    columns=(
        tables.Column("title", gettext_lazy("品牌 / 达人"), sort="title", kind="lead"),
        tables.Column("period", gettext_lazy("期间"), sort="starts_on"),
        tables.Column("commission", gettext_lazy("佣金"), sort="commission_bp", kind="rate"),
        tables.Column("fee", gettext_lazy("坑位费"), sort="slot_fee_fen", kind="money"),
        tables.Column("contact", gettext_lazy("联系人")),
        tables.Column("decision", gettext_lazy("决定"), sort="decision", kind="pill"),
    ),
    filters=(
        tables.Search(("title__icontains",), gettext_lazy("品牌、达人名称")),
        tables.Choice("decision", gettext_lazy("决定"), tuple((key, words) for key, (words, _state) in DECISION_WORDS.items()), as_chips=True, counted=True),
    ),
    default_sort="-period",
    unit=gettext_lazy("条合作"),
    empty_title=gettext_lazy("还没有合作"),
    empty_text=gettext_lazy("记下第一条：对方是谁、佣金和坑位费、期间。每场成交记进来，该不该继续就算得出。"),
    empty_action_label=gettext_lazy("记一条合作"),
    empty_action_href="/selection/cooperations/new",
)


@require_GET
def cooperations(request: ConsoleRequest) -> HttpResponse:
    """With whom do we work, on what terms?   Source: SEL-18."""
    services.may_see(request.actor)
    found = tables.page(request, COOPERATIONS, services.cooperations_for(request.actor, shop_id=request.shop_id), row=_row)
    return render(request, "selection/cooperations.html", {"table": found, "may_edit": request.actor.can(EDIT)})


def _row(one: Cooperation) -> tables.Row:
    words, state = DECISION_WORDS[one.decision]
    return tables.Row(
        one.pk,
        {
            "title": tables.Cell(one.title, note=str(PARTNER_WORDS[one.kind])), "period": f"{one.starts_on:%Y-%m-%d} – {one.ends_on:%m-%d}",
            "commission": one.commission_bp, "fee": one.slot_fee_fen, "contact": one.contact_masked, "decision": tables.Cell(words, state=state),
        },
        reverse("selection:cooperation", args=[one.pk]),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def new_cooperation(request: ConsoleRequest) -> HttpResponse:
    access.require(request.actor, EDIT)
    form = CooperationForm(request.POST or None, shops=[(str(shop.pk), shop.name) for shop in request.shops], initial={"shop": str(request.shop_id or "")})
    if request.method == "POST" and form.is_valid():
        made = services.add_cooperation(actor=request.actor, shop_id=UUID(form.cleaned_data["shop"]), agreed=form.agreed(), now=request.now)
        return done(request, _("合作已记下，联系人已加密"), "selection:cooperation", made.pk)
    return render(request, "selection/cooperation_form.html", {"form": form, "trail": _trail()}, status=422 if request.method == "POST" else 200)


def _trail() -> list[tuple[str, str]]:
    return [(_("品牌合作"), reverse("selection:cooperations"))]


@require_GET
def cooperation(request: ConsoleRequest, cooperation_id: UUID) -> HttpResponse:
    """What did it bring after fees, and do we go on?   Source: SEL-18."""
    services.may_see(request.actor)
    found = services.cooperation_for(request.actor, cooperation_id)
    return render(request, "selection/cooperation.html", _values(request, found, _session_form(found)))


def _session_form(found: Cooperation, data: Any = None) -> CooperationSessionForm:
    own = selling_past().ended_sessions(shop_id=found.shop_id, start=found.starts_on, end=found.ends_on)
    return CooperationSessionForm(data, sessions=[(str(session_id), f"{held_at:%m-%d} {title}") for session_id, title, held_at in own])


def _values(request: ConsoleRequest, found: Cooperation, form: CooperationSessionForm) -> dict[str, Any]:
    sessions = services.sessions_of([found.pk]).get(found.pk, [])
    verdict = services.verdict_of(found, sessions, services.limits_in_force())
    total = verdict.total
    words, state = ADVICE_WORDS[verdict.advice]
    decided, decided_state = DECISION_WORDS[found.decision]
    return {
        "cooperation": found, "trail": _trail(), "sessions": sessions, "verdict": verdict, "words": words, "state": state, "decided": decided,
        "decided_state": decided_state, "partner": PARTNER_WORDS[found.kind], "form": form,
        "may_edit": request.actor.can(EDIT, shop_id=found.shop_id), "may_decide": request.actor.can(DECIDE, shop_id=found.shop_id) and found.decision == "open",
        "may_unmask": request.actor.can(CONTACT, shop_id=found.shop_id), "chart": _chart(sessions, found),
        "decisions": [(key, words) for key, (words, _state) in DECISION_WORDS.items() if key != "open"],
        "figures": [
            {"name": _("场次"), "value": f"{total.sessions}", "beside": _("至少 2 场才下结论")},
            {"name": _("留下的成交"), "value": yuan_text(total.kept_fen), "beside": _("退货率 %(rate)s") % {"rate": percent(total.return_bp)}},
            {"name": _("货品毛利"), "value": yuan_text(total.goods_fen), "beside": percent(found.goods_margin_bp)},
            {"name": _("佣金与坑位费"), "value": yuan_text(total.commission_fen + total.fee_fen), "beside": _("佣金 %(c)s · 坑位费 %(f)s") % {"c": yuan_text(total.commission_fen), "f": yuan_text(total.fee_fen)}},
            {"name": _("净赚"), "value": yuan_text(total.profit_fen), "beside": percent(total.profit_bp), "state": "bad" if total.profit_fen < 0 else "ok" if total.profit_fen else ""},
        ],
    }  # fmt: skip


def _chart(sessions: list[Any], found: Cooperation) -> dict[str, Any]:
    rows = sorted(sessions, key=lambda one: one.held_on)
    sums = [services.profit_of(found, one) for one in rows]
    return {
        "kind": "bar", "x": [f"{one.held_on:%m-%d}" for one in rows],
        "series": [{"name": _("净赚"), "unit": "fen", "data": sums}, {"name": _("留下的成交"), "unit": "fen", "kind": "line", "data": [one.paid_fen - one.returned_fen for one in rows]}],
    }


@require_POST
def note_session(request: ConsoleRequest, cooperation_id: UUID) -> HttpResponse:
    found = services.cooperation_for(request.actor, cooperation_id)
    form = _session_form(found, request.POST)
    if not form.is_valid():
        services.may_see(request.actor)
        return render(request, "selection/cooperation.html", _values(request, found, form), status=422)
    services.note_session(actor=request.actor, cooperation_id=cooperation_id, brought=form.brought(), now=request.now)
    return done(request, _("这一场已记下，建议已重算"), "selection:cooperation", cooperation_id)


@require_POST
def decide(request: ConsoleRequest, cooperation_id: UUID) -> HttpResponse:
    services.decide(
        actor=request.actor, cooperation_id=cooperation_id, decision=request.POST.get("decision", ""), reason=request.POST.get("reason", ""), now=request.now
    )
    return done(request, _("决定已记下，连同当时的数字"), "selection:cooperation", cooperation_id)


@require_POST
def contact(request: ConsoleRequest, cooperation_id: UUID) -> HttpResponse:
    """Shown once, with the reason on record."""
    fields = services.unmask_contact(actor=request.actor, cooperation_id=cooperation_id, reason=request.POST.get("reason", ""), now=request.now)
    found = services.cooperation_for(request.actor, cooperation_id)
    answer = render(request, "selection/cooperation.html", _values(request, found, _session_form(found)) | {"contact": fields})
    answer["Cache-Control"] = "no-store"
    return answer
