"""What burns, on the home board of those who answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.kit.text import shortened
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import TodayItem
from kaibo.stages.risk import queries, supply_incidents
from kaibo.stages.risk.permissions import ANSWER, SUPPLY_HANDLE


def today(actor: Actor, now: datetime) -> Sequence[TodayItem]:
    """This function will give what is out or stuck to those who deal with it, and burning mentions to those who may answer them, overdue ones red."""
    return [*_supply(actor, now), *_mentions(actor, now)]


def _supply(actor: Actor, now: datetime) -> list[TodayItem]:
    """Stock-outs and courier trouble that are open, for those who deal with them."""
    if not actor.can(SUPPLY_HANDLE):
        return []
    found = supply_incidents.incidents_for(actor).filter(closed_at=None)[:20]
    return [
        TodayItem(one.opened_at, _("断货：%(title)s") % {"title": one.title}, one.owner_name, reverse("risk:supply"), "red", "risk")
        if one.kind == "stockout"
        else TodayItem(one.opened_at, _("快递停用：%(title)s") % {"title": one.title}, one.owner_name, reverse("risk:courier", args=[one.subject_id]), "red", "risk")
        for one in found
    ]


def _mentions(actor: Actor, now: datetime) -> list[TodayItem]:
    if not actor.can(ANSWER):
        return []
    return [
        TodayItem(
            one.answer_by or now, _("答复舆情：%(text)s") % {"text": shortened(one.text, limit=30)}, one.owner_name or _("没人认领"),
            reverse("risk:mention", args=[one.pk]), "red" if one.answer_by and one.answer_by <= now else "run", "risk",
        )
        for one in queries.burning(actor, most=20)
    ]  # fmt: skip


def badge(actor: Actor, now: datetime) -> Sequence[QuerySet]:
    """This function will give what burns, for those who answer."""
    return (queries.everything_burning(actor),) if actor.can(ANSWER) else ()
