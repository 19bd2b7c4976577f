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
from kaibo.stages.risk import queries
from kaibo.stages.risk.permissions import ANSWER


def today(actor: Actor, now: datetime) -> Sequence[TodayItem]:
    """This function will give burning mentions to those who may answer them, overdue ones red."""
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
