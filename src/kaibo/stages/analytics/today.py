"""What analytics has due: retrospectives to conclude, and one's own actions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.kit.clock import day_bounds
from kaibo.plumbing import prepared
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import TodayItem
from kaibo.stages.analytics import improvements, queries
from kaibo.stages.analytics.permissions import CONCLUDE, SEE
from kaibo.stages.analytics.queries.sessions import CONCLUDE_WITHIN

MOST = 30


def today(actor: Actor, now: datetime) -> Sequence[TodayItem]:
    """This function will give sessions to conclude for those who conclude, and accepted actions for their owners."""
    items: list[TodayItem] = []
    if actor.can(CONCLUDE):
        for session in prepared.rows(_to_conclude, actor):
            due = (session.ended_at or session.ends_at) + CONCLUDE_WITHIN
            title = _("复盘 %(session)s") % {"session": session.title}
            items.append(TodayItem(due, title, _("数据"), reverse("analytics:session", args=[session.pk]), "red" if due < now else "run", "analytics"))
    if actor.can(SEE):
        for action in prepared.rows(_actions, actor):
            due = day_bounds(action.due_on)[1]
            href = reverse("analytics:session", args=[action.session_id]) + "#why"
            items.append(TodayItem(due, action.words, actor.name, href, "red" if due < now else "run", "analytics"))
        for one in prepared.rows(_improvements, actor):
            due = day_bounds(one.due_on)[1]
            href = reverse("analytics:product", args=[one.product_id])
            items.append(TodayItem(due, f"{one.words} · {one.product.title}", actor.name, href, "red" if due < now else "run", "analytics"))
    return items


def _improvements(actor: Actor) -> QuerySet:
    return improvements.improvements_due(actor)[:20]


def _to_conclude(actor: Actor) -> QuerySet:
    return queries.sessions_to_conclude(actor)[:MOST]


def _actions(actor: Actor) -> QuerySet:
    return queries.actions_due(actor)[:20]


def badge(actor: Actor, now: datetime) -> Sequence[QuerySet]:
    """This function will give the retrospectives that wait for the actor."""
    return (queries.sessions_to_conclude(actor),) if actor.can(CONCLUDE) else ()
