"""What is due in selection."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.plumbing import prepared
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import TodayItem
from kaibo.stages.selection import queries, trial_services
from kaibo.stages.selection.permissions import DECIDE, EDIT
from kaibo.stages.selection.rules import State

DECIDE_WITHIN = timedelta(days=2)
DRAFT_WITHIN = timedelta(days=7)


def today(actor: Actor, now: datetime) -> Sequence[TodayItem]:
    """This function will list candidates that wait for a decision (two days) or for their figures (a week)."""
    items: list[TodayItem] = []
    if actor.can(DECIDE):
        for one in prepared.rows(_in_state, actor, State.SCORED):
            due = (one.scored_at or one.created_at) + DECIDE_WITHIN
            items.append(_item(due, _("决定候选：%(title)s") % {"title": one.title}, one, now))
    if actor.can(EDIT):
        for one in prepared.rows(_in_state, actor, State.DRAFT):
            items.append(_item(one.created_at + DRAFT_WITHIN, _("补齐并评分：%(title)s") % {"title": one.title}, one, now))
        for one in prepared.rows(_running, actor):
            due = one.planned_at + timedelta(days=one.days)
            href = reverse("selection:trial", args=[one.pk])
            items.append(TodayItem(due, _("记试卖的数、到人数就结束：%(title)s") % {"title": one.candidate.title}, one.planned_by, href, "red" if due < now else "run", "selection"))
    return items


def _item(due: datetime, title: str, candidate: queries.Candidate, now: datetime) -> TodayItem:
    return TodayItem(due, title, candidate.created_by, reverse("selection:candidate", args=[candidate.pk]), "red" if due < now else "run", "selection")


def _in_state(actor: Actor, state: State) -> QuerySet:
    return queries.candidates_for(actor).filter(state=state)[:30]


def _running(actor: Actor) -> QuerySet:
    return trial_services.running_for(actor)[:30]


def badge(actor: Actor, now: datetime) -> Sequence[QuerySet]:
    """This function will give the candidates that wait for a decision by this person."""
    return (queries.candidates_for(actor).filter(state=State.SCORED),) if actor.can(DECIDE) else ()
