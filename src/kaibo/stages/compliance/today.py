"""What is due in compliance."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kaibo.kit.clock import business_date, day_bounds
from kaibo.plumbing import prepared
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import TodayItem
from kaibo.stages.compliance import queries
from kaibo.stages.compliance.models import Document, ScreenedText
from kaibo.stages.compliance.permissions import CONFIRM, RELEASE
from kaibo.stages.compliance.rules import REMIND_DAYS, DocumentState, ScreeningState, packaged_matrix


def today(actor: Actor, now: datetime) -> Sequence[TodayItem]:
    """This function will list documents that end soon, documents to check, and texts that wait for a second person."""
    items: list[TodayItem] = []
    language = get_language() or "zh"
    soon = business_date(now) + timedelta(days=max(REMIND_DAYS))
    if actor.can(CONFIRM):
        for one in prepared.rows(_ending, actor, soon=soon):
            end = day_bounds(one.valid_until)[1]
            title = _("%(kind)s 到期：%(number)s") % {"kind": packaged_matrix().title(one.kind, language), "number": one.number}
            items.append(TodayItem(end, title, one.shop.name, f"{reverse('compliance:documents')}?q={one.number}", "red" if end <= now else "run", "compliance"))
        for one in prepared.rows(_filed, actor):
            title = _("核对原件：%(kind)s %(number)s") % {"kind": packaged_matrix().title(one.kind, language), "number": one.number}
            due = one.added_at + timedelta(days=2)
            items.append(TodayItem(due, title, one.added_by, f"{reverse('compliance:documents')}?q={one.number}", "red" if due < now else "run", "compliance"))
    if actor.can(RELEASE):
        for kept in prepared.rows(_first_waiting, actor):
            due = kept.screened_at + timedelta(days=1)
            title = _("判断用词：%(text)s") % {"text": kept.text[:24]}
            items.append(TodayItem(due, title, kept.screened_by, reverse("compliance:screened", args=[kept.pk]), "red" if due < now else "run", "compliance"))
    return items


def _documents(actor: Actor) -> QuerySet[Document]:
    return queries.documents_for(actor).select_related(None).select_related("shop")


def _ending(actor: Actor, *, soon: Any) -> QuerySet[Document]:
    return _documents(actor).exclude(state=DocumentState.WITHDRAWN).filter(valid_until__lte=soon)[:30]


def _filed(actor: Actor) -> QuerySet[Document]:
    return _documents(actor).filter(state=DocumentState.FILED)[:30]


def _first_waiting(actor: Actor) -> QuerySet[ScreenedText]:
    return _waiting(actor).select_related(None)[:30]


def _waiting(actor: Actor) -> QuerySet:
    return queries.texts_for(actor).filter(state=ScreeningState.OPEN, verdict="review").exclude(subject="").exclude(screened_by_id=actor.person_id)


def badge(actor: Actor, now: datetime) -> Sequence[QuerySet]:
    """This function will give what waits for this person: originals to check and texts to judge."""
    originals = (queries.documents_for(actor).filter(state=DocumentState.FILED),) if actor.can(CONFIRM) else ()
    return (*originals, *((_waiting(actor),) if actor.can(RELEASE) else ()))
