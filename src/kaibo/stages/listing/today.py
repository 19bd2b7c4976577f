"""What is due in listing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.plumbing import prepared
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import TodayItem
from kaibo.stages.listing import queries
from kaibo.stages.listing.models import Listing, Trial
from kaibo.stages.listing.permissions import PUBLISH
from kaibo.stages.listing.rules import State
from kaibo.stages.listing.trials import TrialState

PUBLISH_WITHIN = timedelta(days=3)


def today(actor: Actor, now: datetime) -> Sequence[TodayItem]:
    """This function will list pages that were begun and are not on sale after three days, and trials by their clock.   Source: LST-11."""
    if not actor.can(PUBLISH):
        return ()
    return [*_drafts_due(actor, now), *_trials_due(actor, now)]


def _drafts_due(actor: Actor, now: datetime) -> list[TodayItem]:
    return [
        TodayItem(
            one.created_at + PUBLISH_WITHIN, _("上架：%(title)s · %(channel)s") % {"title": one.product.title, "channel": one.channel.name}, one.changed_by,
            reverse("listing:listing", args=[one.pk]), "red" if one.created_at + PUBLISH_WITHIN < now else "run", "listing",
        )
        for one in prepared.rows(_first_drafts, actor)
    ]


def _trials_due(actor: Actor, now: datetime) -> list[TodayItem]:
    """This function will list trials by their 3-day clock, and locked ones that wait to be promoted.   Source: LST-11."""
    found = []
    for one in prepared.rows(_open_trials, actor):
        is_locked = one.state == TrialState.LOCKED
        words = _("试卖已锁定，去推广：%(title)s") if is_locked else _("试卖：%(title)s · 先定版")
        state = "run" if is_locked or one.ends_at > now else "red"
        found.append(TodayItem(one.ends_at, words % {"title": one.listing.title}, one.started_by, reverse("listing:trial", args=[one.pk]), state, "listing"))
    return found


def _open_trials(actor: Actor) -> QuerySet[Trial]:
    return access.visible(Trial.objects.filter(state__in=[TrialState.RUNNING, TrialState.LOCKED]).select_related("listing"), actor).order_by("ends_at")[:30]


def _drafts(actor: Actor) -> QuerySet[Listing]:
    return queries.listings_for(actor).filter(state=State.DRAFT)


def _first_drafts(actor: Actor) -> QuerySet[Listing]:
    return _drafts(actor)[:30]


def badge(actor: Actor, now: datetime) -> Sequence[QuerySet]:
    """This function will give the drafts this person could publish."""
    return (_drafts(actor),) if actor.can(PUBLISH) else ()
