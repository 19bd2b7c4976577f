"""What members have due: nothing by itself, but purchase histories that were never scored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.plumbing import prepared
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import TodayItem
from kaibo.stages.members import queries
from kaibo.stages.members.models import Member
from kaibo.stages.members.permissions import SCORE


def _without_segment(actor: Actor) -> QuerySet[Member]:
    return queries.members_for(actor).filter(segment="")


def today(actor: Actor, now: datetime) -> Sequence[TodayItem]:
    """This function will remind of members that have no segment yet."""
    if not actor.can(SCORE):
        return []
    waiting = prepared.count(_without_segment, actor)
    if not waiting:
        return []
    title = _("%(n)s 位会员还没有分层") % {"n": waiting}
    return [TodayItem(now, title, _("运营"), reverse("members:home"), "run", "members")]
