"""What is due in orders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import TodayItem
from kaibo.stages.orders import queries
from kaibo.stages.orders.permissions import RELEASE, SHIP, VERIFY


def today(actor: Actor, now: datetime) -> Sequence[TodayItem]:
    """This function will list what must be verified, released and shipped, by the clock of the most urgent order."""
    items: list[TodayItem] = []
    clock = queries.ship_clock(actor, now) if actor.can(SHIP) or actor.can(VERIFY) or actor.can(RELEASE) else None
    if clock is None or clock.earliest is None:
        return items
    state = "red" if clock.overdue else "run"
    if actor.can(SHIP) and (urgent := clock.overdue + clock.within_24):
        title = _("发货：24 小时内 %(n)s 单，已超时 %(late)s 单") % {"n": urgent, "late": clock.overdue}
        items.append(TodayItem(clock.earliest, title, "", reverse("orders:picking"), state, "orders"))
    if actor.can(VERIFY) and (wrong := queries.open_findings_count(actor)):
        items.append(TodayItem(clock.earliest, _("核验：%(n)s 处不对") % {"n": wrong}, "", reverse("orders:verification"), state, "orders"))
    if actor.can(RELEASE) and (passed := queries.releasable_count(actor)):
        items.append(TodayItem(clock.earliest, _("放行：%(n)s 单核验通过") % {"n": passed}, "", reverse("orders:verification"), "run", "orders"))
    return items


def badge(actor: Actor, now: datetime) -> Sequence[QuerySet]:
    """This function will give the findings that wait for a decision by this person."""
    return (queries.open_findings(actor),) if actor.can(VERIFY) else ()
