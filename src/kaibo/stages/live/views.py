"""The desk 中控台: what now, what next, is it going to plan, what should I do?"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kaibo.kit.clock import in_shanghai
from kaibo.kit.errors import NotFound
from kaibo.master.shops.models import platform_name
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.live import coupon_deeds, coupon_queries, deeds, history, incidents, measured, queries, services
from kaibo.stages.live.desk import View, item_of, look, neediest_of
from kaibo.stages.live.deviations import Measure
from kaibo.stages.live.models import DeskAction
from kaibo.stages.live.permissions import (
    COUPON_ISSUE,
    DESK_SEE,
    FIGURES_TELL,
    ITEM_STEER,
    NOTICE_POST,
    PLAYBOOK_RUN,
    PLAYBOOK_TICK,
    PRICE_CHANGE,
    PRICE_CONFIRM,
    RUNDOWN_STEER,
    SESSION_END,
    SESSION_START,
    STREAM_SWITCH,
)
from kaibo.stages.live.rules import Advice, ItemGone
from kaibo.stages.live.words import action_words, advice_words
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.showplan.models import Session
from kaibo.stages.showplan.opening import opening_of
from kaibo.stages.showplan.words import STATE_PILLS, STATE_TITLES


class DeedUnknown(NotFound):
    code = "live.deed_unknown"
    message_zh = "没有这个动作"
    message_en = "There is no such action"


@require_GET
def desks(request: ConsoleRequest) -> HttpResponse:
    """Which session is on air, which is next?"""
    access.require(request.actor, DESK_SEE)
    found = showplan.sessions_for(request.actor, shop_id=request.shop_id)
    live = list(found.filter(state=Session.State.LIVE).order_by("starts_at"))
    ready = list(found.filter(state=Session.State.READY).order_by("starts_at")[:10])
    ended = list(found.filter(state=Session.State.ENDED)[:10])
    titles = [(one, STATE_TITLES[one.state], STATE_PILLS[one.state]) for one in [*live, *ready, *ended]]
    return render(request, "live/desks.html", {"sessions": titles})


def _session(request: ConsoleRequest, session_id: UUID) -> Session:
    session = showplan.session_for(request.actor, session_id)
    access.require(request.actor, DESK_SEE, shop_id=session.shop_id)
    return session


@require_GET
def desk(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    session = _session(request, session_id)
    if session.state != Session.State.LIVE:
        verdict = opening_of(session, request.now) if session.state == Session.State.READY else None
        view = look(session, request.now) if session.state == Session.State.ENDED else None
        return render(
            request, "live/closed.html",
            {
                "session": session, "verdict": verdict, "view": view, "state_title": STATE_TITLES[session.state],
                "state_pill": STATE_PILLS[session.state], "can_start": request.actor.can(SESSION_START, shop_id=session.shop_id),
                "figures": _closing_figures(view) if view else [], "log": _log_rows(view.actions) if view else [],
                "can_ask": False, "can_let_through": False, "me": request.actor.person_id,
            },
        )  # fmt: skip
    page = desk_context(request, session) | {"chart": _chart(session, request.now)}
    return render(request, "live/desk.html", page)


def desk_context(request: ConsoleRequest, session: Session) -> dict[str, Any]:
    view = look(session, request.now)
    can = {key: request.actor.can(ability, shop_id=session.shop_id) for key, ability in CAN.items()}
    headline, ground = advice_words(view.suggestion)
    incident = incidents.running_at(session.pk)
    return {
        "session": session, "view": view, "can": can, "headline": headline, "ground": ground, "log": _log_rows(view.actions),
        "stream": stream_of(session, view), "room_page": "" if session.is_elsewhere else f"{settings.ENV.room_url}/r/{session.room}",
        "figures": measured.figures(view, thresholds.value("live.behind_bp", shop_id=session.shop_id)), "requests": [(one, one.asked_by != request.actor.person_id) for one in view.requests],
        "action_deed": _advised_deed(view), "me": request.actor.person_id, "theme": theme_of(request),
        "incident": incident, "steps": incidents.steps_of(incident) if incident else [], "playbooks": incidents.playbooks_of(session.shop_id),
        "platform": platform_name(session.platform), "said": queries.points_said(session.pk, view.current.segment.id) if view.current else {},
        "ingests": queries.ingests_of(session, request.now), "last_told": queries.last_sample(session.pk) if session.is_elsewhere else None,
        "is_flash_ready": bool(view.current and view.front and view.front.is_flash and view.front.state == "paused" and not view.front.closes_at),
        "coupons": coupon_queries.coupons_of(session, request.now), "coupons_waiting": [(one, one.asked_by != request.actor.person_id) for one in coupon_queries.waiting(session.pk)],
        "duties": showplan.duties_of([session.pk]).get(session.pk, []), "undo_words": action_words(view.undoable) if view.undoable else "",
    }  # fmt: skip


CAN = {
    "steer": RUNDOWN_STEER, "items": ITEM_STEER, "price": PRICE_CHANGE, "confirm": PRICE_CONFIRM, "notice": NOTICE_POST, "end": SESSION_END,
    "stream": STREAM_SWITCH, "run": PLAYBOOK_RUN, "tick": PLAYBOOK_TICK, "figures": FIGURES_TELL,
    "coupon": COUPON_ISSUE,
}  # fmt: skip


def stream_of(session: Session, view: View) -> str:
    """This function will give where the room's own events come from; a session held elsewhere has none."""
    return "" if session.is_elsewhere else f"{settings.ENV.room_url}/rooms/{session.room}/stream?after={view.last_event}"


def theme_of(request: ConsoleRequest) -> str:
    """The desk is dark unless the person chose light by hand."""
    return "light" if request.COOKIES.get("kaibo_theme") == "light" else "dark"


def _advised_deed(view: View) -> dict[str, Any]:
    """The button of the suggestion: what it does and its words."""
    found = view.suggestion
    neediest = neediest_of(view.current)
    if found.advice in {Advice.SOLD_OUT, Advice.LOW_STOCK} and found.units and neediest:
        label = _("%(item)s 追加 %(units)s 件") % {"item": neediest.specification or neediest.sku_code, "units": found.units}
        return {"deed": "extend", "label": label, "units": found.units, "item": neediest.id}
    if found.advice is Advice.CONVERSION_LOW and (point := _least_said(view)):
        return {"deed": "prompt", "label": _("请主播补讲卖点"), "text": _("请补讲：%(point)s") % {"point": point}}
    if found.advice is Advice.VIEWERS_FEW and view.front:
        return {"opens": "flash", "label": _("开一轮秒杀")}
    if found.advice is Advice.STAY_SHORT and view.following:
        return {"deed": "next", "label": _("进入下一段"), "seen": view.current.segment.id if view.current else ""}
    if found.advice in {Advice.OVERRUN, Advice.BEHIND} and any(row.state == "later" for row in view.rows):
        return {"deed": "replan", "label": _("重排后面各段")}
    return {}


def _least_said(view: View) -> str:
    """The selling point of the segment on air that was said least often, the first of equals.   Source: SEL-10."""
    if view.current is None or not view.current.segment.selling_points:
        return ""
    said = queries.points_said(view.session.pk, view.current.segment.id)
    place = min(range(1, len(view.current.segment.selling_points) + 1), key=lambda one: said.get(one, (0, None))[0])
    return view.current.segment.selling_points[place - 1]


def _closing_figures(view: View) -> list[dict[str, Any]]:
    """What a session came to, when it is over."""
    figures, amount_bp = view.figures, view.amount_bp
    refused = figures.refused_sold_out + figures.refused_limit
    planned = _("计划 ¥%(planned)s %(off)s") % {"planned": f"{view.planned_fen // 100:,}", "off": measured.off_words(amount_bp)} if amount_bp is not None else _("还没有计划线")
    return [
        {"name": _("成交额"), "value": f"¥{figures.claimed_fen // 100:,}", "beside": planned, "state": "ok" if (amount_bp or 0) >= 0 else "warn"},
        {"name": _("抢购"), "value": _("%(n)s 件") % {"n": f"{figures.claimed_units:,}"}, "beside": _("%(n)s 笔抢购") % {"n": f"{figures.claims:,}"}},
        {"name": _("千次观看成交"), "value": f"¥{view.gpm // 100:,}" if view.gpm is not None else "—", "beside": _("按进场 %(n)s 次") % {"n": f"{view.watched:,}"}},
        {"name": _("没抢到"), "value": f"{refused:,}", "beside": _("抢空 %(a)s · 限购 %(b)s") % {"a": figures.refused_sold_out, "b": figures.refused_limit}, "state": "warn" if refused else ""},
    ]  # fmt: skip


def _log_rows(actions: tuple[DeskAction, ...] | list[DeskAction]) -> list[dict[str, Any]]:
    return [{"action": one, "words": action_words(one), "is_undone": one.undone_by_id is not None} for one in actions]


def _chart(session: Session, now: datetime) -> dict[str, Any]:
    minutes = queries.minutes_of(session.pk, now=now)
    typical = history.typical_viewers(session, now)
    began = (session.started_at or now).replace(second=0, microsecond=0)
    usual = [typical.get(int((one.at - began).total_seconds()) // 60) for one in minutes]
    series = [
        {"name": str(_("在线")), "data": [one.viewers for one in minutes], "unit": "count"},
        {"name": str(_("每分钟抢购")), "data": [one.claims for one in minutes], "unit": "count", "kind": "bar", "axis": 1},
    ]
    if any(one is not None for one in usual):
        series.append({"name": str(_("近场在线中位")), "data": usual, "unit": "count", "dashed": True})
    return {"kind": "line", "x": [in_shanghai(one.at).strftime("%H:%M") for one in minutes], "series": series}


@require_GET
def parts(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    """The desk's parts, to be put in place of the old ones."""
    return render(request, "live/_parts.html", desk_context(request, _session(request, session_id)))


@require_GET
def pulse(request: ConsoleRequest, session_id: UUID) -> JsonResponse:
    """The chart's figures."""
    return JsonResponse(_chart(_session(request, session_id), request.now))


@require_GET
def explain(request: ConsoleRequest, session_id: UUID, item_id: UUID) -> HttpResponse:
    """Why is no more of this item on sale?   Source: SUP-14."""
    session = _session(request, session_id)
    item = item_of(look(session, request.now), item_id)
    if item is None:
        raise ItemGone
    return render(request, "live/_why.html", {"item": item, "availability": queries.explained(item.sku_id), "session": session})


@require_GET
def why_figure(request: ConsoleRequest, session_id: UUID, measure: str) -> HttpResponse:
    """Why does this figure stand where it stands, and what can be done?   Source: LIV-7."""
    session = _session(request, session_id)
    if measure not in set(Measure):  # a string is asked for, which an Enum itself refuses to look up
        raise DeedUnknown
    limit_bp = thresholds.value("live.behind_bp", shop_id=session.shop_id)
    return render(request, "live/_why_figure.html", measured.why(look(session, request.now), Measure(measure), limit_bp) | {"session": session})


@require_GET
def log(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    """Who did what, when?"""
    session = _session(request, session_id)
    return render(request, "live/log.html", {"session": session, "log": _log_rows(queries.actions_of(session.pk, most=500))})


@require_POST
def start(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    services.start_session(actor=request.actor, session_id=session_id, key="start", now=request.now)
    return done(request, _("开播了"), "live:desk", session_id)


ACTS = {**deeds.ACTS, **coupon_deeds.ACTS}
"""Every deed of the desk by its name; a panel adds its own module's `ACTS` and `UNHEARD` here."""
UNHEARD = deeds.UNHEARD | coupon_deeds.UNHEARD


@require_POST
def act(request: ConsoleRequest, session_id: UUID, deed: str) -> HttpResponse:
    """One key of the desk: one call; the answer names the room's event that will prove it."""
    call = ACTS.get(deed)
    if call is None:
        raise DeedUnknown
    key = request.headers.get("Idempotency-Key", "")[:80] or services.items.new_key()
    action = call(request.actor, session_id, request.POST, key, request.now)
    return JsonResponse(_receipt(action, deed))


def _receipt(action: DeskAction, deed: str) -> dict[str, Any]:
    is_waiting = bool(action.details.get("is_waiting"))
    is_heard = deed not in UNHEARD and not is_waiting and not action.session.is_elsewhere
    return {
        "action": str(action.pk), "seq": action.seq, "words": action_words(action), "who": action.actor_name, "at": in_shanghai(action.at).strftime("%H:%M:%S"),
        "is_waiting": is_waiting, "is_heard": is_heard, "next": reverse("live:desk", args=[action.session_id]) if deed == "end" else "",
        "short": action.details.get("short", []),
    }  # fmt: skip


@require_GET
def outcome(request: ConsoleRequest, session_id: UUID) -> JsonResponse:
    """What became of a press whose answer was lost? Looked up by its key, never guessed."""
    session = _session(request, session_id)
    action = queries.action_of_key(session.pk, request.GET.get("key", "")[:80])
    return JsonResponse(_receipt(action, action.kind) if action else {"action": ""})
