"""The prompter 提词器: what do I say, what does it cost, what must I not say, what comes next, how long have I got?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from kaibo.kit.errors import NotFound
from kaibo.master.catalog.queries import skus_of
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.compliance.queries import category_words, forbidden_for, screen_now
from kaibo.stages.live import incidents, queries, services
from kaibo.stages.live.deeds import id_of, whole
from kaibo.stages.live.desk import Row, View, look
from kaibo.stages.live.permissions import DESK_SEE, PROMPTER_ANSWER
from kaibo.stages.live.views import stream_of, theme_of
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.showplan.models import Session


class AnswerUnknown(NotFound):
    code = "live.answer_unknown"
    message_zh = "没有这样的回执"
    message_en = "There is no such answer"


@dataclass(frozen=True, slots=True)
class Point:
    """A selling point as the host sees it: how often it was said, when last, and whether it is time again."""

    place: int
    text: str
    times: int
    last_at: datetime | None
    is_due: bool


def _session(request: ConsoleRequest, session_id: UUID) -> Session:
    session = showplan.session_for(request.actor, session_id)
    access.require(request.actor, DESK_SEE, shop_id=session.shop_id)
    return session


def points_of(view: View, now: datetime) -> list[Point]:
    """This function will list the selling points on air; one is due when it was not said for `live.repeat_minutes`.   Source: SEL-10."""
    row = view.current
    if row is None or row.timing.began_at is None:
        return []
    said = queries.points_said(view.session.pk, row.segment.id)
    every = timedelta(minutes=thresholds.value("live.repeat_minutes", shop_id=view.session.shop_id))
    found = []
    for place, text in enumerate(row.segment.selling_points, start=1):
        times, last = said.get(place, (0, None))
        found.append(Point(place, text, times, last, now - max(last or row.timing.began_at, row.timing.began_at) >= every))
    return found


MOST_WORDS_OF_A_LAW = 6
"""As many as a host takes in at a glance; the number of the others stands beside them."""


@dataclass(frozen=True, slots=True)
class LawOfCategory:
    """What one law forbids to say of the goods on air in particular: the first words, and how many more."""

    source: str
    words: tuple[str, ...]
    more: int


def _category(row: Row | None) -> str:
    """The category of the product on air; empty where none is."""
    product_id = row.segment.product_id if row else None
    return next((one.category for one in skus_of([product_id]).get(product_id, ())), "") if product_id else ""


def laws_of(category: str) -> list[LawOfCategory]:
    """This function will list the laws on goods of this category with their shortest words, which say most.   Source: CMP-2, CMP-4."""
    rules = forbidden_for(category, surface="script") if category else ()
    return [
        LawOfCategory(one.source, tuple(sorted(one.words, key=len)[:MOST_WORDS_OF_A_LAW]), max(len(one.words) - MOST_WORDS_OF_A_LAW, 0)) for one in rules
    ]


def forbidden_of(row: Row | None, category: str) -> list[dict[str, str]]:
    """
    This function will list what must not be said of what is on air: every word the law objects to in our own words for it, with
    what to say instead.   Source: CMP-2, CMP-4.
    """
    if row is None:
        return []
    text = "\n".join((row.segment.title, row.segment.value_proposition, row.segment.note, *row.segment.selling_points))
    found: dict[str, dict[str, str]] = {}
    for hit in screen_now(text, surface="script", category=category_words(category) if category else "").hits:
        found.setdefault(hit.text, {"text": hit.text, "source": hit.source, "instead": hit.suggestion or ""})
    return list(found.values())


NEVER_SAID = ("最", "第一", "国家级", "全网最低", "绝对", "100% 有效")
"""Words nobody may say of anything, as a standing reminder; they are what is spoken, so they are not translated.   Source: facts/law L1."""


@require_GET
def prompter(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    """What do I say, what does it cost, what comes next, how long have I got?   Source: SEL-10, LIV-2."""
    session = _session(request, session_id)
    view = look(session, request.now)
    category = _category(view.current)
    flash = [item for row in view.rows for item in row.items if item.closes_at and not item.is_closed]
    page: dict[str, Any] = {
        "session": session, "view": view, "theme": theme_of(request), "stream": stream_of(session, view), "points": points_of(view, request.now),
        "forbidden": forbidden_of(view.current, category), "laws": laws_of(category), "never": NEVER_SAID, "flash": flash, "incident": incidents.running_at(session.pk),
        "can_answer": request.actor.can(PROMPTER_ANSWER, shop_id=session.shop_id), "repeat_minutes": thresholds.value("live.repeat_minutes", shop_id=session.shop_id),
    }  # fmt: skip
    return render(request, "live/_prompter.html" if request.GET.get("part") else "live/prompter.html", page)


@require_POST
def answer(request: ConsoleRequest, session_id: UUID, what: str) -> HttpResponse:
    """The host's two answers: read, and said again."""
    if what == "read":
        seen = services.acknowledge_prompt(actor=request.actor, session_id=session_id, action_id=id_of(request.POST, "action"), now=request.now)
        return JsonResponse({"seen_at": seen.seen_at.isoformat(), "by": seen.by_name})
    if what == "said":
        times = services.note_point_said(
            actor=request.actor, session_id=session_id, segment_id=id_of(request.POST, "segment"), place=whole(request.POST, "place"), now=request.now
        )
        return JsonResponse({"times": times})
    raise AnswerUnknown
