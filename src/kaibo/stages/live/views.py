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
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.stages.live import deeds, queries, services
from kaibo.stages.live.desk import View, item_of, look, neediest_of
from kaibo.stages.live.models import DeskAction
from kaibo.stages.live.permissions import (
    DESK_SEE,
    ITEM_STEER,
    NOTICE_POST,
    PRICE_CHANGE,
    PRICE_CONFIRM,
    RUNDOWN_STEER,
    SESSION_END,
    SESSION_START,
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
    page = _desk_context(request, session) | {"chart": _chart(session, request.now)}
    return render(request, "live/desk.html", page)


def _desk_context(request: ConsoleRequest, session: Session) -> dict[str, Any]:
    view = look(session, request.now)
    can = {key: request.actor.can(ability, shop_id=session.shop_id) for key, ability in CAN.items()}
    headline, ground = advice_words(view.suggestion)
    return {
        "session": session, "view": view, "can": can, "headline": headline, "ground": ground, "log": _log_rows(view.actions),
        "stream": f"{settings.ENV.room_url}/rooms/{session.room}/stream?after={view.last_event}", "room_page": f"{settings.ENV.room_url}/r/{session.room}",
        "figures": _moment_figures(view), "requests": [(one, one.asked_by != request.actor.person_id) for one in view.requests],
        "action_deed": _advised_deed(view), "me": request.actor.person_id, "theme": _theme(request),
        "is_flash_ready": bool(view.current and view.front and view.front.is_flash and view.front.state == "paused" and not view.front.closes_at),
        "duties": showplan.duties_of([session.pk]).get(session.pk, []), "undo_words": action_words(view.undoable) if view.undoable else "",
    }  # fmt: skip


CAN = {
    "steer": RUNDOWN_STEER, "items": ITEM_STEER, "price": PRICE_CHANGE, "confirm": PRICE_CONFIRM, "notice": NOTICE_POST, "end": SESSION_END,
}  # fmt: skip


def _theme(request: ConsoleRequest) -> str:
    """The desk is dark unless the person chose light by hand."""
    return "light" if request.COOKIES.get("kaibo_theme") == "light" else "dark"


def _advised_deed(view: View) -> dict[str, Any]:
    """The button of the suggestion: what it does and its words."""
    found = view.suggestion
    neediest = neediest_of(view.current)
    if found.advice in {Advice.SOLD_OUT, Advice.LOW_STOCK} and found.units and neediest:
        label = _("%(item)s 追加 %(units)s 件") % {"item": neediest.specification or neediest.sku_code, "units": found.units}
        return {"deed": "extend", "label": label, "units": found.units, "item": neediest.id}
    if found.advice in {Advice.OVERRUN, Advice.BEHIND} and any(row.state == "later" for row in view.rows):
        return {"deed": "replan", "label": _("重排后面各段")}
    return {}


def _moment_figures(view: View) -> list[dict[str, Any]]:
    figures, planned = view.figures, view.planned_fen
    amount_bp = view.amount_bp
    behind = amount_bp is not None and amount_bp < 0
    refused = figures.refused_sold_out + figures.refused_limit
    return [
        {"key": "viewers", "name": _("在线"), "value": f"{figures.viewers:,}", "beside": _("含中控与提词屏")},
        {"key": "amount", "name": _("成交额"), "value": f"¥{figures.claimed_fen // 100:,}", "beside": _("计划 ¥%(planned)s %(sign)s%(percent)s%%") % {"planned": f"{planned // 100:,}", "sign": "−" if behind else "+", "percent": abs(amount_bp) // 100} if amount_bp is not None else _("还没有计划线"), "state": "bad" if behind and amount_bp <= -1500 else "warn" if behind else "ok"},
        {"key": "units", "name": _("抢购"), "value": _("%(n)s 件") % {"n": f"{figures.claimed_units:,}"}, "beside": _("%(n)s 笔") % {"n": f"{figures.claims:,}"}},
        {"key": "gpm", "name": _("千次观看成交"), "value": f"¥{view.gpm // 100:,}" if view.gpm is not None else "—", "beside": _("按进场 %(n)s 次") % {"n": f"{view.watched:,}"}},
        {"key": "refused", "name": _("没抢到"), "value": f"{refused:,}", "beside": _("抢空 %(a)s · 限购 %(b)s") % {"a": figures.refused_sold_out, "b": figures.refused_limit}, "state": "warn" if refused else ""},
    ]  # fmt: skip


def _closing_figures(view: View) -> list[dict[str, Any]]:
    return [{key: value for key, value in one.items() if key != "key"} for one in _moment_figures(view) if one["key"] != "viewers"]


def _log_rows(actions: tuple[DeskAction, ...] | list[DeskAction]) -> list[dict[str, Any]]:
    return [{"action": one, "words": action_words(one), "is_undone": one.undone_by_id is not None} for one in actions]


def _chart(session: Session, now: datetime) -> dict[str, Any]:
    minutes = queries.minutes_of(session.pk, now=now)
    return {
        "kind": "line",
        "x": [in_shanghai(one.at).strftime("%H:%M") for one in minutes],
        "series": [
            {"name": str(_("在线")), "data": [one.viewers for one in minutes], "unit": "count"},
            {"name": str(_("每分钟抢购")), "data": [one.claims for one in minutes], "unit": "count", "kind": "bar", "axis": 1},
        ],
    }  # fmt: skip


@require_GET
def parts(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    """The desk's parts, to be put in place of the old ones."""
    return render(request, "live/_parts.html", _desk_context(request, _session(request, session_id)))


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
def prompter(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    """What do I say, what does it cost, what comes next, how long have I got?   Source: SEL-10, LIV-2."""
    session = _session(request, session_id)
    page = {"session": session, "view": look(session, request.now), "theme": _theme(request)}
    view = page["view"]
    page["stream"] = f"{settings.ENV.room_url}/rooms/{session.room}/stream?after={view.last_event}"
    return render(request, "live/_prompter.html" if request.GET.get("part") else "live/prompter.html", page)


@require_GET
def log(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    """Who did what, when?"""
    session = _session(request, session_id)
    return render(request, "live/log.html", {"session": session, "log": _log_rows(queries.actions_of(session.pk, most=500))})


@require_POST
def start(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    services.start_session(actor=request.actor, session_id=session_id, key="start", now=request.now)
    return done(request, _("开播了"), "live:desk", session_id)


ACTS = {**deeds.ACTS}
"""Every deed of the desk by its name; a panel adds its own module's `ACTS` and `UNHEARD` here."""
UNHEARD = deeds.UNHEARD


@require_POST
def act(request: ConsoleRequest, session_id: UUID, deed: str) -> HttpResponse:
    """One key of the desk: one call; the answer names the room's event that will prove it."""
    call = ACTS.get(deed)
    if call is None:
        raise DeedUnknown
    key = request.headers.get("Idempotency-Key", "")[:80] or services.items.new_key()
    action = call(request.actor, session_id, request.POST, key, request.now)
    is_waiting = bool(action.details.get("is_waiting"))
    return JsonResponse(
        {
            "action": str(action.pk), "seq": action.seq, "words": action_words(action), "who": action.actor_name, "at": in_shanghai(action.at).strftime("%H:%M:%S"),
            "is_waiting": is_waiting, "is_heard": deed not in UNHEARD and not is_waiting,
            "next": reverse("live:desk", args=[session_id]) if deed == "end" else "", "short": action.details.get("short", []),
        }
    )  # fmt: skip
