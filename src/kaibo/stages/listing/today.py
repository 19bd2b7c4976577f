"""What is due in listing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.plumbing import prepared
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import TodayItem
from kaibo.stages.listing import queries
from kaibo.stages.listing.models import Listing
from kaibo.stages.listing.permissions import PUBLISH
from kaibo.stages.listing.rules import State

PUBLISH_WITHIN = timedelta(days=3)


def today(actor: Actor, now: datetime) -> Sequence[TodayItem]:
    """This function will list pages that were begun and are not on sale after three days (LST-11's clock)."""
    if not actor.can(PUBLISH):
        return ()
    return [
        TodayItem(
            one.created_at + PUBLISH_WITHIN, _("上架：%(title)s · %(channel)s") % {"title": one.product.title, "channel": one.channel.name}, one.changed_by,
            reverse("listing:listing", args=[one.pk]), "red" if one.created_at + PUBLISH_WITHIN < now else "run", "listing",
        )
        for one in prepared.rows(_first_drafts, actor)
    ]


def _drafts(actor: Actor) -> QuerySet[Listing]:
    return queries.listings_for(actor).filter(state=State.DRAFT)


def _first_drafts(actor: Actor) -> QuerySet[Listing]:
    return _drafts(actor)[:30]


def badge(actor: Actor, now: datetime) -> Sequence[QuerySet]:
    """This function will give the drafts this person could publish."""
    return (_drafts(actor),) if actor.can(PUBLISH) else ()
