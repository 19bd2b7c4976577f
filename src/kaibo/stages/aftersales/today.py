"""What is due in after-sales."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from kaibo.master.people.queries import names_of
from kaibo.plumbing import prepared
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import TodayItem
from kaibo.stages.aftersales import queries, rules, words
from kaibo.stages.aftersales.models import Case
from kaibo.stages.aftersales.permissions import HANDLE, RECEIVE
from kaibo.stages.aftersales.rules import State

MOST = 30


def today(actor: Actor, now: datetime) -> Sequence[TodayItem]:
    """This function will list the cases due within a day: one's own, and what nobody owns."""
    if not (actor.can(HANDLE) or actor.can(RECEIVE)):
        return ()
    is_mine_only = not actor.sees_all_shops or "service" in actor.roles
    cases: list[Case] = prepared.rows(_due, actor, is_mine_only, now=now)
    names = names_of({one.owner_id for one in cases})
    return [
        TodayItem(
            one.due_at or now, f"{words.word(rules.NEXT_WORDS, one.state)}：{one.goods or one.case_no}", names.get(one.owner_id, "") if one.owner_id else "",
            reverse("aftersales:case", args=[one.pk]), "red" if one.due_at and one.due_at < now else "run", "aftersales",
        )
        for one in cases
    ]  # fmt: skip


def _due(actor: Actor, is_mine_only: bool, *, now: Any) -> QuerySet[Case]:
    due = queries.cases_for(actor).exclude(state=State.CLOSED.value).filter(due_at__lt=now + timedelta(days=1)).order_by("due_at")
    return (due.filter(Q(owner_id=actor.person_id) | Q(owner_id=None)) if is_mine_only else due)[:MOST]


def badge(actor: Actor, now: datetime) -> Sequence[QuerySet]:
    """This function will give the cases that are late or due within four hours."""
    if not actor.can(HANDLE):
        return ()
    return (queries.cases_for(actor).exclude(state=State.CLOSED.value).filter(due_at__lt=now + queries.SOON),)
